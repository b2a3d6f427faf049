"""`drumbeat score`: annotation sets of a repository, public sets, and the scorers that come with these."""

import gzip
import hashlib
import json
import random
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat.cli import app
from drumbeat.model import LAYERS
from drumbeat.repository import Document
from drumbeat.score.figures import PageScore, figures
from drumbeat.score.sets import score_page
from tests.sets import annotation_sets, documents
from tests.toy import Toy

Json = dict[str, Any]
run = CliRunner().invoke
KEYS = ["layer", "part", "measure", "precision", "recall", "value", "gold", "predicted", "low", "high"]


def score(*arguments: object) -> Json:
    result = run(app, ["score", *map(str, arguments), "--format", "json"])
    assert result.exit_code == 0, result.stderr
    found: Json = json.loads(result.stdout)
    return found


def values(found: list[Json]) -> dict[tuple[str, str, str], float | None]:
    return {(figure["layer"], figure["part"], figure["measure"]): figure["value"] for figure in found}


def refused(*arguments: object) -> str:
    result = run(app, ["score", *map(str, arguments)])
    assert result.exit_code == 2 and not result.stdout
    return result.stderr.replace("\n", " ")


# -- annotation sets ------------------------------------------------------------------------------


def suggested(toy: Toy) -> Json:
    """The second set of the first page, as a suggester's."""
    made: Json = toy.annotations["toy-a"]["sets"][1]
    made |= {"annotator": "bot-1", "method": "suggested"}
    return made


def test_a_set_that_is_the_gold_scores_one_everywhere(toy: Toy) -> None:
    found = score("--set", "alice", "--root", toy.root)
    assert found["pages"] == 2
    numbers = values(found["figures"])
    assert {value for key, value in numbers.items() if key[2] != "pages losing over 5 %"} == {1, None}
    assert numbers["regions", "main", "pages losing over 5 %"] == 0
    assert numbers["quotes", "speech", "end to end"] == numbers["entities", "link", "span and entity"] == 1


def test_each_fault_shows_in_its_own_figure(toy: Toy) -> None:
    """Of 4 quotations, 4 mentions and 6 regions one each is wrong, in another way."""
    made = suggested(toy)
    made["regions"][3]["role"] = "timestamp"  # 3 min read: 8 characters
    made["quotes"][0] |= {"speaker": "northtown", "speaker_name": "Northtown", "type": "mixed"}
    made["quotes"][1] |= {"speaker": None, "speaker_name": "Ortiz", "source": []}
    made["quotes"][3]["cue"] = []
    made["entities"][0]["entity"] = "ada-byrne"
    made["entities"][1]["label"] = "ORG"
    toy.write()
    numbers = values(score("--set", "bot-1", "--root", toy.root, "--document", "toy-a")["figures"])
    # 5 units: one of the quotations has two; `‘old lady’` names no speaker, so 4 are asked for
    assert numbers["quotes", "speech", "content, match"] == 1
    assert numbers["quotes", "speech", "speaker, strict"] == pytest.approx(1 / 4)
    assert numbers["quotes", "speech", "speaker"] == pytest.approx(4 / 4)  # by the source, and by the last name
    assert numbers["quotes", "speech", "end to end, strict"] == pytest.approx(2 / 5)
    assert numbers["quotes", "speech", "type"] == pytest.approx(4 / 5)
    assert numbers["quotes", "cue", "spans, exact"] == pytest.approx(2 * 2 / (3 + 2))
    assert numbers["entities", "all", "strict"] == pytest.approx(3 / 4)
    assert numbers["entities", "link", "entity, of equal"] == pytest.approx(2 / 3)
    assert numbers["entities", "link", "span and entity"] == pytest.approx(3 / 4)
    assert numbers["regions", "timestamp", "characters"] == 0
    assert 0.9 < (numbers["regions", "role", "characters right"] or 0) < 1
    assert numbers["nonquotes", "all", "strict"] is None  # nothing there, nothing given


def test_a_set_is_named_by_what_only_it_begins_with(toy: Toy) -> None:
    suggested(toy)["annotator"] = "drumbeat-0.1.0+regions-81655130+en_core_web_sm-3.8.0"
    toy.write()
    found = score("--set", "drumbeat-0.1.0", "--against", "ali", "--root", toy.root)
    assert found["title"] == "drumbeat-0.1.0+regions-81655130+en_core_web_sm-3.8.0 against alice" and found["pages"] == 1
    toy.annotations["toy-b"]["sets"][0]["annotator"] = "drumbeat-0.1.0+rules"
    toy.write()
    said = refused("--set", "drumbeat-0.1.0", "--root", toy.root)
    assert "several annotators begin with 'drumbeat-0.1.0'" in said
    assert "give one of drumbeat-0.1.0+regions-81655130+en_core_web_sm-3.8.0, drumbeat-0.1.0+rules" in said
    toy.annotations["toy-b"]["sets"][0]["annotator"] = "drumbeat-0.1.0"
    toy.write()
    assert score("--set", "drumbeat-0.1.0", "--root", toy.root)["title"] == "drumbeat-0.1.0 against gold"  # a name in full is itself


def test_two_sets_of_people_against_each_other(toy: Toy) -> None:
    del toy.annotations["toy-a"]["sets"][1]["entities"][0]
    toy.write()
    one, other = (
        next(f for f in score("--set", a, "--against", b, "--root", toy.root)["figures"] if f["layer"] == "entities")
        for a, b in (("alice", "bob"), ("bob", "alice"))
    )
    assert (one["precision"], one["recall"]) == (other["recall"], other["precision"]) == (5 / 6, 1)


def test_documents_without_the_set_are_left_out_and_said(toy: Toy) -> None:
    suggested(toy)
    toy.write()
    result = run(app, ["score", "--set", "bot-1", "--root", str(toy.root)])
    assert result.exit_code == 0 and "bot-1 against gold: 1 page" in result.stdout
    assert "1 of 2 documents lack one of the sets" in result.stderr


def test_only_layers_that_both_have_and_that_are_asked_for(toy: Toy) -> None:
    suggested(toy)["layers"] = ["entities", "quotes"]
    toy.write()
    assert {figure["layer"] for figure in score("--set", "bot-1", "--root", toy.root)["figures"]} == {"entities", "quotes"}
    assert {figure["layer"] for figure in score("--set", "bot-1", "--root", toy.root, "--layer", "quotes")["figures"]} == {"quotes"}
    assert "share a layer" in refused("--set", "bot-1", "--root", toy.root, "--layer", "regions")


def test_layers_of_one_annotator_in_several_sets_are_taken_together(toy: Toy) -> None:
    made = suggested(toy)
    made["layers"], made["entities"], made["nonquotes"], made["quotes"] = ["regions"], [], [], []
    toy.annotations["toy-a"]["sets"].append(
        deepcopy(toy.gold()) | {"annotator": "bot-1", "layers": ["entities"], "regions": [], "quotes": []}
    )
    toy.write()
    assert {figure["layer"] for figure in score("--set", "bot-1", "--root", toy.root)["figures"]} == {"entities", "regions"}


def test_pages_in_text_and_json(toy: Toy) -> None:
    found = score("--set", "alice", "--root", toy.root, "--pages", "--boot", 0)
    assert list(found["by_page"]) == ["toy-a", "toy-b"]
    assert values(found["by_page"]["toy-a"])["quotes", "speech", "end to end"] == 1
    assert all(figure["low"] is None for figure in found["figures"])
    text = run(app, ["score", "--set", "alice", "--root", str(toy.root), "--pages"]).stdout
    for words in ("regions", "boilerplate", "end to end", "page by page", "toy-b", "1.000"):
        assert words in text


def test_the_keys_of_the_json(toy: Toy) -> None:
    found = score("--set", "alice", "--root", toy.root)
    assert list(found) == ["title", "pages", "missing", "boot", "mean_over", "figures", "by", "groups", "by_page", "confusions"]
    assert all(list(figure) == KEYS for figure in found["figures"])
    assert all(list(item) == ["layer", "gold", "given", "count"] for item in found["confusions"])
    assert [figure["layer"] for figure in found["figures"]] == sorted((f["layer"] for f in found["figures"]), key=LAYERS.index)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say what to score"),
        (["--set", "nobody"], "no set 'nobody'; there are alice, bob, gold"),
        (["--set", "alice", "--against", "nobody"], "no set 'nobody'"),
        (["--set", "alice", "--document", "toy-z"], "no document toy-z"),
        (["--set", "alice", "--by", "source"], "public sets"),
        (["nothere.jsonl"], "give PRED.jsonl and GOLD.jsonl"),
        (["nothere.jsonl", "nor.jsonl"], "nor.jsonl: cannot be read: No such file"),
    ],
)
def test_what_cannot_be_scored_is_a_failure(arguments: list[str], words: str, toy: Toy) -> None:
    assert words in refused(*arguments, "--root", toy.root)


@pytest.mark.parametrize(("layer", "field"), [("regions", "role"), ("quotes", "type"), ("entities", "label")])
def test_an_unknown_label_is_a_failure_not_an_error_of_the_set(layer: str, field: str, toy: Toy) -> None:
    suggested(toy)[layer][0][field] = "nonsense"
    toy.write()
    assert f"unknown {field} 'nonsense'" in refused("--set", "bot-1", "--root", toy.root)


def test_a_span_outside_the_text_is_a_failure(toy: Toy) -> None:
    suggested(toy)["entities"][0]["end"] = 2**40
    toy.write()
    assert "outside the text" in refused("--set", "bot-1", "--root", toy.root)


@settings(max_examples=40)
@given(st.data())
def test_any_set_scores_one_against_itself_and_never_beyond_against_another(data: st.DataObject) -> None:
    document: Document = data.draw(documents())
    one, other = (
        {layer: getattr(made, layer) for layer in LAYERS} for made in (data.draw(annotation_sets(document.text)) for _ in range(2))
    )
    for figure in figures([PageScore("a", score_page(document.text, LAYERS, one, one)[0])]):
        assert figure.value in (1, None) or figure.measure == "pages losing over 5 %"
    for figure in figures([PageScore("a", score_page(document.text, LAYERS, one, other)[0])]):
        assert figure.value is None or 0 <= figure.value <= 1


# -- public sets ----------------------------------------------------------------------------------

TEXT = "Menu\n“Yes,” Ann Lee said in Rome.\nRead more"
PAGE: Json = {
    "id": "p1",
    "source": "x",
    "split": "dev",
    "text": TEXT,
    "lines": [
        {"start": 0, "end": 4, "label": "boilerplate", "kind": "other"},
        {"start": 5, "end": 33, "label": "main"},
        {"start": 34, "end": 43, "label": "boilerplate"},
    ],
    "quotes": [
        {"start": 5, "end": 11, "spans": [[5, 11]], "speaker_start": 12, "speaker_end": 19, "cue_start": 20, "cue_end": 24, "speech": True}
    ],
    "entities": [{"start": 12, "end": 19, "label": "PERSON"}, {"start": 28, "end": 32, "label": "LOC"}],
}
RIGHT: Json = {
    "id": "p1",
    "annotator": "bot-1",
    "spans": [[0, 4], [34, 43]],
    "quotes": PAGE["quotes"],
    "entities": [
        {"start": 12, "end": 19, "label": "PER"},
        {"start": 28, "end": 32, "label": "GPE"},
        {"start": 0, "end": 4, "label": "LAW"},
    ],
}


def files(folder: Path, pages: list[Json], predictions: list[Json]) -> tuple[Path, Path]:
    gold, given = folder / "gold.jsonl.gz", folder / "pred.jsonl"
    gold.write_bytes(gzip.compress("".join(json.dumps(page) + "\n" for page in pages).encode()))
    given.write_text("".join(json.dumps(row) + "\n" for row in predictions))
    return given, gold


def test_a_right_prediction_scores_one_in_all_three_layers(tmp_path: Path) -> None:
    numbers = values(score(*files(tmp_path, [PAGE], [RIGHT]))["figures"])
    assert {key[0] for key in numbers} == {"regions", "quotes", "entities"}
    assert {value for key, value in numbers.items() if key[2] != "pages losing over 5 %"} == {1, None}


def test_suggestions_are_scored_against_the_pages_that_they_were_made_from(tmp_path: Path) -> None:
    _, gold = files(tmp_path, [PAGE], [])
    made = tmp_path / "made.jsonl"
    assert run(app, ["suggest", str(gold), "-o", str(made), "--layer", "regions"]).exit_code == 0
    assert score(made, gold)["pages"] == 1
    other = files(tmp_path, [PAGE | {"text": TEXT.replace("Rome", "Lima")}], [])[1]
    assert "made.jsonl:1: the predictions for 'p1' were made from another text" in refused(made, other)


def test_missing_predictions_are_counted_and_score_as_nothing_found(tmp_path: Path) -> None:
    paths = files(tmp_path, [PAGE, PAGE | {"id": "p2"}], [RIGHT])
    found = score(*paths)
    assert found["missing"] == {"regions": 1, "quotes": 1, "entities": 1}
    assert values(found["figures"])["entities", "all", "strict"] == pytest.approx(2 * 2 / (2 + 4))
    assert "1 of 2 pages have no prediction" in run(app, ["score", *map(str, paths)]).stderr


def test_layers_are_those_that_both_files_have(tmp_path: Path) -> None:
    """A source without any quotation was not annotated for quotations."""
    only = {key: value for key, value in RIGHT.items() if key in ("id", "quotes")}
    bare = PAGE | {"id": "p2", "source": "y", "quotes": []}
    found = score(*files(tmp_path, [PAGE, bare], [only, only | {"id": "p2"}]))
    assert {figure["layer"] for figure in found["figures"]} == {"quotes"} and found["pages"] == 1
    left = run(app, ["score", *map(str, files(tmp_path, [PAGE, bare], [RIGHT])), "--layer", "quotes"]).stderr
    assert "1 of 2 pages are left out, since nothing of their source is annotated for quotes" in left
    assert "nothing to score" in refused(*files(tmp_path, [bare], [only | {"id": "p2"}]))


def test_a_layer_that_public_sets_lack_is_told(tmp_path: Path) -> None:
    said = refused(*files(tmp_path, [PAGE], [RIGHT]), "--layer", "nonquotes", "--layer", "quotes")
    assert "public sets have no nonquotes; they are scored for regions, quotes, entities" in said


def test_pages_are_chosen_grouped_and_averaged_by_their_fields(tmp_path: Path) -> None:
    pages = [PAGE, PAGE | {"id": "p2"}, PAGE | {"id": "p3", "source": "y"}, PAGE | {"id": "p4", "source": "z", "split": "test"}]
    paths = files(tmp_path, pages, [RIGHT, RIGHT | {"id": "p2"}, {"id": "p3", "entities": []}])
    found = score(*paths, "--split", "dev", "--by", "source", "--mean-over", "source")
    key = ("entities", "all", "strict")
    assert found["pages"] == 3 and values(found["figures"])[key] == 0.5
    assert {value: (group["pages"], values(group["figures"])[key]) for value, group in found["groups"].items()} == {
        "x": (2, 1),
        "y": (1, 0),
    }
    assert score(*paths, "--source", "x,y")["pages"] == 3
    assert "has source w; there is source: x, y, z" in refused(*paths, "--source", "w")
    assert "no field 'genre'" in refused(*paths, "--by", "genre")
    assert "source y: 1 page" in run(app, ["score", *map(str, paths), "--by", "source"]).stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "p9"}, "no page of the reference has the id 'p9'"),
        ({"id": 5}, "pred.jsonl:2"),
        ({"id": "p1"}, "stands twice"),
        ({"spans": [[0, 99]]}, "span 0..99 does not lie in the text (0..43)"),
        ({"spans": [[4, 4]]}, "does not lie in the text"),
        ({"spans": [[-1, 4]]}, "does not lie in the text"),
        ({"spans": [[0]]}, "pred.jsonl:2"),
        ({"spans": [[0, 4.5]]}, "pred.jsonl:2"),
        ({"spans": "all"}, "pred.jsonl:2"),
        ({"quotes": [{"start": 3}]}, "no start or no end"),
        ({"quotes": [{"start": 3, "end": 9, "speaker_start": 3}]}, "no start or no end"),
        ({"quotes": [{"spans": [[3, 9]], "cue_start": 3, "cue_end": 999}]}, "does not lie in the text"),
        ({"entities": [{"start": 0, "end": 4}]}, "label"),
        ({"text_sha256": hashlib.sha256(TEXT.replace("Rome", "Lima").encode()).hexdigest()}, "for 'p2' were made from another text"),
        ({"text_sha256": 5}, "pred.jsonl:2"),
    ],
)
def test_a_bad_prediction_is_named_by_file_and_line(change: Json, words: str, tmp_path: Path) -> None:
    said = refused(*files(tmp_path, [PAGE, PAGE | {"id": "p2"}], [RIGHT, RIGHT | {"id": "p2"} | change]))
    assert "pred.jsonl:2" in said and words in said


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "holds no pages"),
        ([PAGE, PAGE], "gold.jsonl.gz:2: id 'p1' stands twice"),
        ([PAGE | {"text": "short"}], "gold.jsonl.gz:1"),
        ([{"id": "p1"}], "text"),
        ([PAGE | {"lines": [{"start": 0, "end": 4, "label": "menu"}]}], "menu"),
        (["a page"], "gold.jsonl.gz:1"),
    ],
)
def test_a_bad_reference_is_named_by_file_and_line(rows: list[Any], words: str, tmp_path: Path) -> None:
    assert words in refused(*files(tmp_path, rows, [RIGHT]))


def test_a_file_that_is_no_json_lines_is_told(tmp_path: Path) -> None:
    given, gold = files(tmp_path, [PAGE], [RIGHT])
    given.write_text("A page as plain text.")
    said = refused(given, gold)
    assert "pred.jsonl:1: not JSON" in said and "give JSON Lines" in said and "git" not in said


# -- the scorers of the public sets ---------------------------------------------------------------


def damaged(span: tuple[int, int], size: int, chance: random.Random) -> tuple[int, int]:
    start, end = span
    if chance.random() < 0.3:
        start = max(0, min(size - 1, start + chance.randint(-12, 12)))
    if chance.random() < 0.4:
        end = min(size, end + chance.randint(-12, 40))
    return start, max(end, start + 1)


def predicted(page: Json, chance: random.Random) -> Json:
    """The reference with every kind of fault."""
    size = len(page["text"])
    row: Json = {"id": page["id"], "spans": [], "quotes": [], "entities": []}
    for line in page.get("lines", ()):
        if (line["label"] == "boilerplate") == (chance.random() < 0.8):
            row["spans"].append(damaged((line["start"], line["end"]), size, chance))
    for quote in page.get("quotes", ()):
        if chance.random() < 0.85:
            made: Json = {"spans": [damaged(tuple(span), size, chance) for span in quote["spans"]]}
            for name in ("speaker", "cue"):
                if quote[f"{name}_start"] is not None and chance.random() < 0.9:
                    span = damaged((quote[f"{name}_start"], quote[f"{name}_end"]), size, chance)
                    made |= {f"{name}_start": span[0], f"{name}_end": span[1]}
            row["quotes"] += [made, dict(made)] if chance.random() < 0.1 else [made]
        if chance.random() < 0.1:
            start = chance.randrange(size)
            row["quotes"].append({"start": start, "end": min(size, start + chance.randint(1, 200))})
    for entity in page.get("entities", ()):
        if chance.random() < 0.85:
            start, end = (
                damaged((entity["start"], entity["end"]), size, chance) if chance.random() < 0.3 else (entity["start"], entity["end"])
            )
            label = chance.choice(["PER", "ORG", "GPE", "DATE"]) if chance.random() < 0.2 else entity["label"]
            row["entities"].append({"start": start, "end": end, "label": label})
    return row


def public(shared: Path, name: str, folder: Path) -> tuple[Path, Path]:
    """Predictions for a development set, where it is beside the project; one page in twenty has none."""
    gold = shared / "bench" / name
    if not gold.is_file():
        pytest.skip(f"../shared/bench/{name} is not beside this checkout")
    chance = random.Random(7)
    rows = [predicted(json.loads(line), chance) for line in gzip.decompress(gold.read_bytes()).splitlines()]
    given = folder / "pred.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in rows if chance.random() < 0.95))
    return given, gold


def theirs(gold: Path, *arguments: object) -> str:
    command = [sys.executable, "-B", "score.py", *map(str, arguments)]
    return subprocess.run(command, cwd=gold.parent, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("form", ["full", "seed"])
def test_boilerplate_figures_are_those_of_the_public_scorer(form: str, shared: Path, tmp_path: Path) -> None:
    given, gold = public(shared, f"boilerplate/{form}_dev.jsonl.gz", tmp_path)
    lines = theirs(gold, given, "--data", gold.name, "--lang", "en", "--by", "source", "--json").splitlines()
    found = score(given, gold, "--lang", "en", "--by", "source", "--boot", 0)
    groups = {"all": found} | {f"source={value}": group for value, group in found["groups"].items()}
    assert len(groups) == len(lines) > 4
    for expected in map(json.loads, lines):
        by = {(figure["part"], figure["measure"]): figure for figure in groups[expected["group"]]["figures"]}
        for letter, part in (("b", "boilerplate"), ("m", "main")):
            mean = by[part, "tokens, mean of pages"]
            assert (mean["precision"], mean["recall"], mean["value"]) == pytest.approx(tuple(expected[letter + name] for name in "PRF"))
            assert by[part, "tokens"]["value"] == pytest.approx(expected[f"u{letter}F"])
        assert 100 * by["main", "pages losing over 5 %"]["value"] == pytest.approx(expected["loss>5"])
        assert groups[expected["group"]]["pages"] == expected["pages"]


QUOTES = {"content, exact": "exact", "content, match": "match", "content, words": "token", "end to end": "e2e"}
SPEAKERS = {"speaker, given": "given", "speaker, strict": "strict", "speaker": "head"}


@pytest.mark.parametrize(("source", "split"), [("polnear", "dev"), ("polnear", "train"), ("gum-news", "dev")])
def test_quotation_figures_are_those_of_the_public_scorer(source: str, split: str, shared: Path, tmp_path: Path) -> None:
    given, gold = public(shared, "spans/quotes_dev.jsonl.gz", tmp_path)
    expected = json.loads(theirs(gold, "quotes", given, "--source", source, "--split", split))
    found = score(given, gold, "--source", source, "--split", split, "--layer", "quotes", "--boot", 0)
    by = {(figure["part"], figure["measure"]): figure for figure in found["figures"]}
    for part, results in expected.items():
        for ours, name in QUOTES.items():
            figure, result = by[part, ours], results[name]
            assert (figure["precision"], figure["recall"], figure["value"]) == pytest.approx((result["P"], result["R"], result["F"]))
            assert (figure["predicted"], figure["gold"]) == (result["n_pred"], result["n_gold"])
        for ours, name in SPEAKERS.items():
            assert (by[part, ours]["value"], by[part, ours]["gold"]) == pytest.approx((results["speaker"][name], results["speaker"]["n"]))
        assert by[part, "cue"]["value"] == pytest.approx(results["cue"])
        named = by[part, "speaker, named"]
        assert (named["gold"], (named["value"] or 0) * named["gold"]) == pytest.approx(
            (results["resolved"]["n"], results["resolved"]["right"])
        )


@pytest.mark.parametrize("source", ["ieer", "gum-news", "wikigold", "cleanconll"])
def test_name_figures_are_those_of_the_public_scorer(source: str, shared: Path, tmp_path: Path) -> None:
    given, gold = public(shared, "spans/entities_dev.jsonl.gz", tmp_path)
    expected = json.loads(theirs(gold, "entities", given, "--source", source))
    found = score(given, gold, "--source", source, "--boot", 0)
    by = {(figure["part"], figure["measure"]): figure for figure in found["figures"]}
    ours = {"_span": ("all", "exact"), "_overlap": ("all", "overlap"), "micro": ("all", "strict")}
    for name, result in expected.items():
        figure = by[ours.get(name, (name, "strict"))]
        assert (figure["precision"], figure["recall"], figure["value"]) == pytest.approx((result["P"], result["R"], result["F"]))
        assert (figure["predicted"], figure["gold"]) == (result["n_pred"], result["n_gold"])
