"""Two sets become gold: where they agree, where they differ, what was decided, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat.adjudication import Ruling, history, rulings_from, settle
from drumbeat.cli import app
from drumbeat.comparison import Comparison, Point, Records, compare, in_words, same
from drumbeat.jsonl import write_jsonl
from drumbeat.labelstudio.adjudication import to_adjudication_task
from drumbeat.model import LAYERS, AnnotationSet, Decision, in_text_order
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from tests.sets import annotation_sets, documents
from tests.test_corpus import PAGES
from tests.toy import Json, Page, Toy

invoke = CliRunner().invoke
TODAY = "2026-03-04"


def flat(text: str) -> str:
    return " ".join(text.split())


# -- pure: comparing and settling -----------------------------------------------------------------


def following(comparison: Comparison, side: str) -> list[Ruling]:
    """Everything decided for one of the two sets."""
    return [Ruling(p.id, p.layer, p.start, p.end, getattr(p, side), "fabricated", "carol", None) for p in comparison.points if not p.agreed]


def shape(annotations: AnnotationSet) -> dict[str, Any]:
    """A set without its ids: parents by what they say; regions by character, since random ones may overlap."""
    parents = {quote.id: msgspec.structs.replace(quote, id="", parent=None) for quote in annotations.quotes}
    layers = ("nonquotes", "entities")
    bare = {layer: sorted((msgspec.structs.replace(r, id="") for r in getattr(annotations, layer)), key=repr) for layer in layers}
    quotes = sorted((repr(parents[q.id]), repr(parents.get(q.parent or ""))) for q in annotations.quotes)
    return bare | {"quotes": quotes}


def roles(text: str, annotations: AnnotationSet) -> list[str | None]:
    found = {position: region.role for region in annotations.regions for position in range(region.start, region.end)}
    return [found.get(position) for position, character in enumerate(text) if not character.isspace()]


def settled(
    comparison: Comparison, rulings: list[Ruling], gold: AnnotationSet | None = None, earlier: tuple[Decision, ...] = ()
) -> AnnotationSet:
    outcome = settle(comparison, rulings, gold, earlier, by="carol", today=TODAY)
    assert not outcome.still_open
    return outcome.gold


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, AnnotationSet, AnnotationSet]:
    text = draw(documents()).text
    one, other = draw(annotation_sets(text, "alice")), draw(annotation_sets(text, "bob"))
    shared = draw(st.sets(st.sampled_from(LAYERS)))
    return text, one, msgspec.structs.replace(other, **{layer: getattr(one, layer) for layer in shared})


@given(cases())
def test_equal_sets_leave_nothing_open_and_are_the_gold(case: tuple[str, AnnotationSet, AnnotationSet]) -> None:
    text, one, _ = case
    comparison = compare(text, one, msgspec.structs.replace(one, annotator="bob"))
    assert comparison.questions == ()
    gold = settled(comparison, [])
    assert shape(gold) == shape(one) and roles(text, gold) == roles(text, one)


@given(cases(), st.sampled_from(["one", "other"]))
def test_deciding_all_for_one_set_gives_its_records(case: tuple[str, AnnotationSet, AnnotationSet], side: str) -> None:
    text, one, other = case
    comparison = compare(text, one, other)
    gold = settled(comparison, following(comparison, side))
    wanted = one if side == "one" else other
    assert shape(gold) == shape(wanted) and roles(text, gold) == roles(text, wanted)
    for layer in LAYERS:
        ids = [record.id for record in getattr(gold, layer)]
        assert len(set(ids)) == len(ids)
    assert gold == in_text_order(gold)


@given(cases(), st.sampled_from(["one", "other"]))
def test_settling_again_changes_nothing(case: tuple[str, AnnotationSet, AnnotationSet], side: str) -> None:
    text, one, other = case
    first = compare(text, one, other)
    outcome = settle(first, following(first, side), None, (), by="carol", today=TODAY)
    again = compare(text, one, other, outcome.gold, [d.id for d in outcome.decisions if d.id])
    assert [point.id for point in again.points if not point.agreed] == [point.id for point in first.points if not point.agreed]
    second = settle(again, following(again, side), outcome.gold, outcome.decisions, by="carol", today="2027-01-01")
    assert (second.gold, second.decisions) == (outcome.gold, outcome.decisions)
    untouched = settle(again, [], outcome.gold, outcome.decisions, by="dave", today="2027-01-01")
    assert untouched.gold == outcome.gold and not untouched.still_open


@given(cases(), st.sampled_from(["one", "other"]))
def test_a_finished_reading_that_follows_one_set_decides_all_for_it(case: tuple[str, AnnotationSet, AnnotationSet], side: str) -> None:
    text, one, other = case
    comparison = compare(text, one, other)
    reading = msgspec.structs.replace(one if side == "one" else other, annotator="carol")
    outcome = settle(comparison, rulings_from(comparison, (one, other), reading, "carol", TODAY), None, (), by="carol", today=TODAY)
    assert shape(outcome.gold) == shape(reading) and roles(text, outcome.gold) == roles(text, reading) and not outcome.still_open
    name = one.annotator if side == "one" else other.annotator
    assert all(name in decision.followed for decision in outcome.decisions)


# -- the toy --------------------------------------------------------------------------------------


def load(repository: Repository, document_id: str = "toy-a") -> tuple[str, Any]:
    seed = next(seed for seed in read_seeds(repository) if seed.document_id == document_id)
    document = read_document(repository, seed)
    return document.text, read_annotation(repository, document)


@pytest.fixture
def split(toy: Toy) -> Toy:
    """The toy without gold, and with a difference in every layer of toy-a but nonquotes."""
    annotation = toy.annotations["toy-a"]
    annotation["gold"], annotation["decisions"] = None, []
    page = Page(toy.pages["toy-a"])
    bob = annotation["sets"][1]
    bob["regions"][3]["role"] = "timestamp"
    bob["quotes"][0] |= {"speaker": None, "cue": []}
    del bob["quotes"][3]
    bob["nonquotes"] = [{"id": "n001", "reason": "scare_quote"} | page.span("“white elephant”")]
    bob["entities"][2] |= page.span("Mayor Lena Ortiz")
    bob["entities"][3]["label"] = "LOC"
    toy.write()
    return toy


def adjudicate(toy: Toy, *options: object) -> Any:
    return invoke(app, ["adjudicate", "toy-a", "--root", str(toy.root), *map(str, options)])


def items(toy: Toy) -> list[Json]:
    found: list[Json] = json.loads(adjudicate(toy, "--format", "json").stdout)
    return found


def decided(toy: Toy, choose: Any = "alice", **more: Any) -> Path:
    """A decisions file in which everything is decided alike."""
    path = toy.root / "decisions.jsonl"
    write_jsonl(path, [item | {"choose": choose, "why": "fabricated", "by": "carol"} | more for item in items(toy)])
    return path


def recorded(toy: Toy) -> Json:
    data: Json = json.loads(toy.repository.annotation("toy-a").read_text())
    return data


def test_each_difference_is_said_in_words_with_its_line(split: Toy) -> None:
    result = adjudicate(split)
    assert result.exit_code == 1
    said = flat(result.stdout)
    for words in (
        "line 4: by Ada Byrne [3 min read]",
        "alice has interface for '3 min read'",
        "bob has timestamp for '3 min read'",
        "cue: alice has 'said' 78..82; bob has none".replace("78..82", said.partition("cue: alice has 'said' ")[2].split(";")[0]),
        "speaker: alice has lena-ortiz; bob has none",
        "alice has a quotation (mixed): content 'a “white elephant”'",
        "bob has no quotation but scare_quote at '“white elephant”'",
        "bob has PERSON 'Mayor Lena Ortiz'",
        "bob has LOC 'Northtown’s'" if "Northtown’s'" in said else "bob has LOC 'Northtown'",
    ):
        assert words in said, words
    assert "6 disagreement(s), 6 open" in flat(result.stderr)


def test_only_what_differs_is_named(split: Toy) -> None:
    text, annotation = load(split.repository)
    comparison = compare(text, *annotation.sets)
    (point,) = [p for p in comparison.questions if p.layer == "quotes" and p.one and p.other]
    assert [line.partition(":")[0] for line in in_words(comparison, point)] == ["cue", "speaker"]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_decisions_file_makes_gold_with_its_history(name: str, split: Toy) -> None:
    if name == "bob":  # his readings must hold the rules to become gold
        split.annotations["toy-a"]["sets"][1]["quotes"][0]["speaker"] = "lena-ortiz"
        split.annotations["toy-a"]["sets"][1]["entities"][2] |= {"start": split.annotations["toy-a"]["sets"][0]["entities"][2]["start"]}
        split.annotations["toy-a"]["sets"][1]["entities"][3]["label"] = "GPE"
        split.write()
    result = adjudicate(split, "--decisions", decided(split, name))
    assert result.exit_code == 0, result.output
    data = recorded(split)
    wanted = next(item for item in data["sets"] if item["annotator"] == name)
    assert all(data["gold"][layer] == wanted[layer] for layer in LAYERS)
    assert data["gold"]["annotator"] == "carol" and data["gold"]["method"] == "manual"
    assert data["decisions"] and all(d["followed"] == [name] and d["by"] == "carol" and d["why"] == "fabricated" for d in data["decisions"])
    assert invoke(app, ["validate", "--select", "D1,D2,D3,D4", str(split.root)]).exit_code == 0


def test_the_same_file_twice_changes_nothing_the_second_time(split: Toy) -> None:
    path = decided(split)
    assert adjudicate(split, "--decisions", path).exit_code == 0
    before = split.repository.annotation("toy-a").read_bytes()
    again = adjudicate(split, "--decisions", path)
    assert again.exit_code == 0 and "nothing was written" in again.stderr
    assert split.repository.annotation("toy-a").read_bytes() == before
    assert adjudicate(split).exit_code == 0  # nothing is open any more


def test_a_dry_run_says_and_writes_nothing(split: Toy) -> None:
    path = decided(split)
    before = split.repository.annotation("toy-a").read_bytes()
    result = adjudicate(split, "--decisions", path, "--dry-run")
    assert result.exit_code == 0 and "quotes: 4 new" in result.stdout
    assert split.repository.annotation("toy-a").read_bytes() == before


def test_the_written_file_is_filled_in_and_applied(split: Toy) -> None:
    path = split.root / "out" / "d.jsonl"
    assert adjudicate(split, "--output", path, "--by", "carol").exit_code == 1
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(item["choose"] is None and item["why"] == "" and item["by"] == "carol" for item in written)
    write_jsonl(path, [item | {"choose": "alice", "why": "x", "date": "2026-01-05"} for item in written])
    assert adjudicate(split, "--decisions", path).exit_code == 0
    data = recorded(split)
    assert {decision["date"] for decision in data["decisions"]} == {"2026-01-05"} and data["gold"]["date"] == "2026-01-05"
    adjudicate(split, "--output", path)
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert all((item["choose"], item["why"], item["by"], item["date"]) == ("alice", "x", "carol", "2026-01-05") for item in written)


def test_an_own_record_follows_nobody_and_gets_the_id_of_its_place(split: Toy) -> None:
    path = decided(split)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (item,) = [item for item in lines if item["layer"] == "quotes" and item["readings"]["bob"]]
    own = item["readings"]["bob"][0] | {"speaker": None, "speaker_name": "the mayor"}
    item["choose"] = {key: value for key, value in own.items() if key != "id"}
    write_jsonl(path, lines)
    assert adjudicate(split, "--decisions", path).exit_code == 0
    data = recorded(split)
    assert data["gold"]["quotes"][0]["speaker_name"] == "the mayor" and data["gold"]["quotes"][0]["id"] == "q001"
    assert [d["followed"] for d in data["decisions"] if d["id"] == "q001"] == [[]]


def test_what_both_have_can_be_changed_by_place(split: Toy) -> None:
    path = decided(split)
    page = Page(split.pages["toy-a"])
    place = page.span("Ada Byrne")
    more = [
        {"layer": "entities", **place, "choose": "neither", "why": "x", "by": "carol"},
        {"layer": "regions", **page.span("Bridge"), "choose": {"role": "deck", **page.span("Bridge")}, "why": "x", "by": "carol"},
        {
            "layer": "entities",
            **page.span("Friday"),
            "choose": {"label": "EVENT", "entity": "tide", **page.span("Friday")},
            "why": "x",
            "by": "carol",
        },
    ]
    write_jsonl(path, [*(json.loads(line) for line in path.read_text().splitlines()), *more])
    assert adjudicate(split, "--decisions", path, "--dry-run").exit_code == 1  # an EVENT under an ORG's record is a finding
    split.entities[3]["type"], split.entities[3]["aliases"] = "EVENT", ["Tide", "Friday"]
    split.annotations["toy-b"]["gold"]["entities"].pop()
    split.write()
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 0, result.output
    gold = recorded(split)["gold"]
    spans = [(mention["start"], mention["label"]) for mention in gold["entities"]]
    assert place["start"] not in dict(spans) and (page.span("Friday")["start"], "EVENT") in spans
    assert [region["role"] for region in gold["regions"]][:4] == ["navigation", "deck", "headline", "byline"]
    before = split.repository.annotation("toy-a").read_bytes()
    assert adjudicate(split, "--decisions", path).exit_code == 0
    assert split.repository.annotation("toy-a").read_bytes() == before


def test_an_earlier_gold_keeps_its_ids_and_its_decisions(split: Toy) -> None:
    assert adjudicate(split, "--decisions", decided(split)).exit_code == 0
    data = recorded(split)
    for record in data["gold"]["quotes"]:
        record["id"] = f"q1{record['id'][2:]}"
        record["parent"] = record["parent"] and f"q1{record['parent'][2:]}"
    for decision in data["decisions"]:
        if decision["layer"] == "quotes":
            decision["id"] = f"q1{decision['id'][2:]}"
    data["gold"]["quotes"].pop()  # the last one becomes a decision against it
    for decision in data["decisions"]:
        if decision["id"] == "q104":
            decision |= {"id": None, "followed": ["bob"]}
    data["gold"]["nonquotes"] = data["sets"][1]["nonquotes"]
    for decision in data["decisions"]:
        if decision["layer"] == "nonquotes":
            decision |= {"id": "n001", "followed": ["bob"]}
    split.annotations["toy-a"] = data
    split.write()
    assert adjudicate(split).exit_code == 0
    lines = items(split)
    (item,) = [item for item in lines if item["layer"] == "quotes" and not item["readings"]["bob"]]
    (marks,) = [item for item in lines if item["layer"] == "nonquotes"]
    path = split.root / "some.jsonl"
    asked = {"choose": "alice", "why": "seen again", "by": "dave"}
    write_jsonl(path, [item | asked, marks | asked])
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 0, result.output
    new = recorded(split)
    assert [quote["id"] for quote in new["gold"]["quotes"]] == ["q101", "q102", "q103", "q104"]
    assert new["gold"]["annotator"] == "dave"
    kept = [d for d in data["decisions"] if d["layer"] not in ("quotes", "nonquotes") or d["id"] == "q101"]
    assert [d for d in new["decisions"] if d["why"] != "seen again"] == kept
    assert [(d["id"], d["followed"]) for d in new["decisions"] if d["why"] == "seen again"] == [("q104", ["alice"]), (None, ["alice"])]


def test_a_gold_that_nobody_explained_is_open_and_partial_keeps_it(toy: Toy) -> None:
    toy.gold()["quotes"][0]["speaker_name"] = "the mayor"
    toy.annotations["toy-a"]["decisions"] = []
    toy.write()
    result = adjudicate(toy)
    assert result.exit_code == 1 and "the gold has the mayor" in flat(result.stdout)
    empty = toy.root / "none.jsonl"
    empty.write_text("")
    before = toy.repository.annotation("toy-a").read_bytes()
    assert adjudicate(toy, "--decisions", empty).exit_code == 1
    assert adjudicate(toy, "--decisions", empty, "--partial").exit_code == 0
    assert toy.repository.annotation("toy-a").read_bytes() == before


def test_equal_sets_become_gold_by_an_empty_file(split: Toy) -> None:
    annotation = split.annotations["toy-a"]
    annotation["sets"][1] = annotation["sets"][0] | {"annotator": "bob"}
    split.write()
    assert adjudicate(split).exit_code == 0
    empty = split.root / "none.jsonl"
    empty.write_text("")
    assert adjudicate(split, "--decisions", empty).exit_code == 2  # whose gold would it be?
    assert adjudicate(split, "--decisions", empty, "--by", "carol").exit_code == 0
    assert recorded(split)["gold"]["quotes"] == annotation["sets"][0]["quotes"]


def test_a_child_of_a_dropped_quotation_goes_to_the_nearest_one_that_stays(split: Toy) -> None:
    bob = split.annotations["toy-a"]["sets"][1]
    bob["quotes"] = [quote | {"parent": None} for quote in bob["quotes"] if quote["id"] != "q002"]
    split.write()
    text, annotation = load(split.repository)
    comparison = compare(text, *annotation.sets)
    child, parent = (next(p for p in comparison.points if p.layer == "quotes" and p.slots == (name,)) for name in ("q003", "q002"))

    def ruled(point: Point, records: Records) -> Ruling:
        return Ruling(point.id, point.layer, point.start, point.end, records, "x", "carol", None)

    rest = [ruling for ruling in following(comparison, "one") if ruling.point not in (child.id, parent.id)]
    gold = settled(comparison, [*rest, ruled(child, child.one), ruled(parent, ())])
    assert [(quote.id, quote.parent) for quote in gold.quotes if quote.id == "q003"] == [("q003", None)]


def test_gold_that_breaks_a_rule_is_not_written(split: Toy) -> None:
    path = decided(split, "neither")
    before = split.repository.annotation("toy-a").read_bytes()
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 1
    assert "D301" in result.stdout and "annotations/toy-a.json" in result.stdout and "nothing was written" in result.stderr
    assert split.repository.annotation("toy-a").read_bytes() == before


def test_layers_that_one_did_not_annotate_are_left_to_the_earlier_gold(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1] |= {"layers": ["entities"], "regions": [], "quotes": [], "nonquotes": []}
    toy.annotations["toy-a"]["sets"][1]["entities"].pop()
    toy.write()
    path = toy.root / "d.jsonl"
    (item,) = items(toy)
    write_jsonl(path, [item | {"choose": "alice", "why": "x", "by": "carol"}])
    gold = toy.gold()
    assert adjudicate(toy, "--decisions", path).exit_code == 0
    assert recorded(toy)["gold"] == gold


# -- what people do wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "quotes-1-2"}, "quotes-1-2 is no disagreement"),
        ({"why": " "}, "no reason"),
        ({"why": None}, "no reason"),
        ({"by": ""}, "nobody decided it"),
        ({"choose": "mallory"}, "cannot choose 'mallory'; choose alice, bob, neither, or give a record in full"),
        ({"choose": "gold"}, "cannot choose 'gold'"),
        ({"choose": 7}, "not a record of regions"),
        ({"choose": {"role": "body"}}, "not a record of regions"),
        ({"choose": {"role": "body", "start": 0, "end": 9999}}, "leaves the place in question"),
        ({"chose": "alice"}, "unknown field chose"),
        ({"why": 5}, "why must be text"),
        ({"id": None}, "both sets have the same"),
        ({"id": None, "layer": "verse"}, "names no disagreement"),
        ({"readings": {"alice": []}}, "alice has something else here by now"),
    ],
)
def test_a_wrong_decision_is_named_with_file_and_line(change: Json, words: str, split: Toy) -> None:
    path = decided(split)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    index = next(number for number, item in enumerate(lines) if item["layer"] == "regions")
    lines[index] |= change
    if change.get("id", "") is None and "layer" not in change:
        lines[index] |= {"start": 0, "end": 4}
    write_jsonl(path, lines)
    before = split.repository.annotation("toy-a").read_bytes()
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 2
    assert words in flat(result.stderr) and f"decisions.jsonl:{index + 1}:" in result.stderr
    assert split.repository.annotation("toy-a").read_bytes() == before


@pytest.mark.parametrize("content", ["{", "[1]", "null", '"alice"', "\ufeff{}"])
def test_a_file_that_holds_no_decisions_is_a_failure(content: str, split: Toy) -> None:
    path = split.root / "d.jsonl"
    path.write_text(content)
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 2 and "d.jsonl:1:" in result.stderr


def test_one_disagreement_decided_twice_is_a_failure(split: Toy) -> None:
    path = decided(split)
    path.write_text(path.read_text() + path.read_text().splitlines()[0] + "\n")
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 2 and "decides the same as line 1" in flat(result.stderr)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "alice"], "takes two sets, not 1"),
        (["--set", "alice", "--set", "zoe"], "no set by zoe"),
        (["--decisions", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
        (["--decisions", "a", "--from", "b"], "one place at a time"),
        (["--from", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_wrong_options_are_failures(options: list[str], words: str, split: Toy) -> None:
    result = adjudicate(split, *options)
    assert result.exit_code == 2 and words in flat(result.stderr)


def test_an_unknown_document_is_a_failure(split: Toy) -> None:
    result = invoke(app, ["adjudicate", "toy-z", "--root", str(split.root)])
    assert result.exit_code == 2 and "no document toy-z" in flat(result.stderr)


def test_suggested_sets_are_not_adjudicated(split: Toy) -> None:
    split.annotations["toy-a"]["sets"][1]["method"] = "suggested"
    split.write()
    result = adjudicate(split)
    assert result.exit_code == 2 and "takes two sets, not 1" in flat(result.stderr)


def test_partial_without_gold_is_a_failure(split: Toy) -> None:
    result = adjudicate(split, "--decisions", decided(split), "--partial")
    assert result.exit_code == 2 and "there is none" in flat(result.stderr)


def test_open_disagreements_refuse_the_gold(split: Toy) -> None:
    path = decided(split)
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    before = split.repository.annotation("toy-a").read_bytes()
    result = adjudicate(split, "--decisions", path)
    assert result.exit_code == 1 and "1 disagreement(s) open" in flat(result.stderr)
    assert split.repository.annotation("toy-a").read_bytes() == before


# -- through Label Studio -------------------------------------------------------------------------


def export(toy: Toy, reading: Json, person: str = "carol@example.org", note: str | None = None, **more: Any) -> Path:
    """What Label Studio exports after somebody worked on the adjudication task."""
    file = toy.root / "task.json"
    adjudicate(toy, "--task-file", file)
    (task,) = json.loads(file.read_text())
    result = next(p["result"] for p in task["predictions"] if p["model_version"] == reading["annotator"])
    if note:
        next(item for item in result if item["id"] == "q001")["meta"] = {"text": [note]}
    annotation = {"id": 77, "import_id": None, "result": result, "completed_by": {"email": person}, "was_cancelled": False}
    task["annotations"] = [annotation | {"updated_at": "2026-05-06T07:08:09Z"} | more]
    file.write_text(json.dumps([task]))
    return file


def test_the_task_shows_both_sets_and_what_they_agree_on_as_predictions(split: Toy) -> None:
    file = split.root / "task.json"
    assert adjudicate(split, "--task-file", file).exit_code == 1
    (task,) = json.loads(file.read_text())
    assert [prediction["model_version"] for prediction in task["predictions"]] == ["alice", "bob", "agreed"]
    assert task["annotations"] == []
    agreed = {item["id"] for item in task["predictions"][2]["result"] if item["type"] == "labels"}
    assert {"q002", "q003", "m001", "m002", "r001"} <= agreed and not {"q001", "q004", "m003", "r004", "n001"} & agreed


def test_the_adjudicators_annotation_decides_everything(split: Toy) -> None:
    alice = split.annotations["toy-a"]["sets"][0]
    file = export(split, alice, note="She is named two lines above (guideline on speaker).")
    result = adjudicate(split, "--from", file)
    assert result.exit_code == 0, result.output
    data = recorded(split)
    assert all(data["gold"][layer] == alice[layer] for layer in LAYERS)
    assert data["gold"]["annotator"] == "carol@example.org"
    assert {decision["date"] for decision in data["decisions"]} == {"2026-05-06"}
    why = {(decision["layer"], decision["id"]): decision["why"] for decision in data["decisions"]}
    assert why["quotes", "q001"] == "She is named two lines above (guideline on speaker)."
    assert why["nonquotes", None] == "decided in Label Studio" and ("regions", "r004") in why
    assert all(decision["followed"] == ["alice"] for decision in data["decisions"])
    before = split.repository.annotation("toy-a").read_bytes()
    assert adjudicate(split, "--from", file).exit_code == 0
    assert split.repository.annotation("toy-a").read_bytes() == before


def test_of_several_people_one_has_to_be_named(split: Toy) -> None:
    file = export(split, split.annotations["toy-a"]["sets"][0])
    (task,) = json.loads(file.read_text())
    task["annotations"].append(task["annotations"][0] | {"id": 78, "completed_by": {"email": "dave@example.org"}})
    file.write_text(json.dumps([task]))
    result = adjudicate(split, "--from", file)
    assert result.exit_code == 2 and "carol@example.org, dave@example.org" in flat(result.stderr)
    assert adjudicate(split, "--from", file, "--by", "dave@example.org").exit_code == 0


@pytest.mark.parametrize("more", [{"was_cancelled": True}, {"result": []}])
def test_an_annotation_that_was_not_submitted_decides_nothing(more: Json, split: Toy) -> None:
    result = adjudicate(split, "--from", export(split, split.annotations["toy-a"]["sets"][0], **more))
    assert result.exit_code == 2 and "nobody" in result.stderr and recorded(split)["gold"] is None


# -- the five pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("document_id", PAGES)
def test_the_recorded_gold_is_what_its_decisions_give(document_id: str, checkout: Repository) -> None:
    text, annotation = load(checkout, document_id)
    taken = [decision.id for decision in annotation.decisions if decision.id]
    comparison = compare(text, annotation.sets[0], annotation.sets[1], annotation.gold, taken)
    print(document_id, len(comparison.questions))
    assert len(comparison.questions) > 0
    assert history(comparison, annotation.decisions).keys() >= {point.id for point in comparison.questions}
    outcome = settle(comparison, [], annotation.gold, annotation.decisions, by="x", today=TODAY)
    assert (outcome.gold, outcome.decisions, outcome.still_open) == (annotation.gold, annotation.decisions, ())


@pytest.mark.parametrize("document_id", PAGES)
@pytest.mark.parametrize("side", [0, 1])
def test_a_real_page_decided_for_one_set_is_that_set(document_id: str, side: int, checkout: Repository) -> None:
    text, annotation = load(checkout, document_id)
    wanted = annotation.sets[side]
    for gold, earlier in ((None, ()), (annotation.gold, annotation.decisions)):
        comparison = compare(text, annotation.sets[0], annotation.sets[1], gold)
        rulings = [Ruling(p.id, p.layer, p.start, p.end, (p.one, p.other)[side], "x", "carol", None) for p in comparison.questions]
        made = settled(comparison, rulings, gold, earlier)
        assert shape(made) == shape(wanted) and same(made.regions, wanted.regions)


@pytest.mark.parametrize("document_id", PAGES)
def test_a_real_page_goes_through_label_studio(document_id: str, checkout: Repository) -> None:
    seed = next(seed for seed in read_seeds(checkout) if seed.document_id == document_id)
    document = read_document(checkout, seed)
    annotation = read_annotation(checkout, document)
    one, other = annotation.sets
    comparison = compare(document.text, one, other, annotation.gold)
    assert len(to_adjudication_task(document, one, other, comparison)["predictions"]) == 3
    assert annotation.gold is not None
    rulings = rulings_from(comparison, (one, other), annotation.gold, "carol", None)
    outcome = settle(comparison, rulings, annotation.gold, annotation.decisions, by="carol", today=TODAY)
    assert (outcome.gold, outcome.decisions) == (annotation.gold, annotation.decisions)


@pytest.mark.parametrize("document_id", PAGES)
def test_a_real_page_is_adjudicated_anew_by_its_own_history(document_id: str, checkout: Repository, tmp_path: Path) -> None:
    """The decisions of the corpus, applied to the sets alone, give the gold of the corpus."""
    for name in ("seeds", "annotations"):
        shutil.copytree(checkout.root / name, tmp_path / name)
    copy, file = Repository(tmp_path), tmp_path / "d.jsonl"
    base = ["adjudicate", document_id, "--root", str(tmp_path)]
    assert invoke(app, [*base, "--output", str(file)]).exit_code == 0
    data = json.loads(copy.annotation(document_id).read_text())
    gold, decisions = data["gold"], data["decisions"]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for item in lines:
        if item["choose"] == "gold":
            item["choose"] = item["readings"]["gold"]
            if item["readings"]["llm-a"] == item["readings"]["llm-b"]:
                item["id"] = None
        del item["readings"]
    write_jsonl(file, lines)
    copy.annotation(document_id).write_text(json.dumps(data | {"gold": None, "decisions": []}))
    result = invoke(app, [*base, "--decisions", str(file)])
    assert result.exit_code == 0, result.output
    made = json.loads(copy.annotation(document_id).read_text())
    for layer in ("regions", "nonquotes", "entities"):
        assert [r | {"id": ""} for r in made["gold"][layer]] == [r | {"id": ""} for r in gold[layer]]
    assert [q | {"id": "", "parent": None} for q in made["gold"]["quotes"]] == [q | {"id": "", "parent": None} for q in gold["quotes"]]

    def said(history: list[Json]) -> list[str]:
        return sorted(str([d[key] for key in ("layer", "followed", "why", "by", "date")]) for d in history)

    assert said(made["decisions"]) == said(decisions)
