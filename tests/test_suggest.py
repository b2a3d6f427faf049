"""`drumbeat suggest`: sets beside the gold, and rows for pages of no repository."""

import gzip
import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat import build
from drumbeat.cli import app
from drumbeat.model import LAYERS, AnnotationSet, Region, Span
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from drumbeat.schema import kinds, labels
from drumbeat.suggest import page, parse
from drumbeat.suggest.files import read_pages, to_row
from drumbeat.suggest.page import Suggester, suggest, suggester
from drumbeat.suggest.quotes import Attribution
from drumbeat.suggest.regions.roles import BOILERPLATE_ROLES, MAIN_ROLES, SUPPLEMENTAL_ROLES
from drumbeat.suggest.sets import with_suggestion
from drumbeat.suggest.visible import Visible
from tests.sets import PIECES
from tests.test_build import contents
from tests.toy import Toy

run = CliRunner().invoke
GERMAN = (
    "Der Bürgermeister sagte am Freitag, dass die Brücke noch in diesem Jahr für den Verkehr freigegeben werden soll und nicht später. "
    "Viele haben lange darauf gewartet, und einige glauben nicht mehr daran. "
) * 5


@pytest.fixture(scope="module")
def everything() -> Suggester:
    return suggester(model="en_core_web_sm")


def sets_of(repository: Repository, document_id: str = "toy-a") -> dict[str, AnnotationSet]:
    seed = next(seed for seed in read_seeds(repository) if seed.document_id == document_id)
    return {item.annotator: item for item in read_annotation(repository, read_document(repository, seed)).sets}


def command(toy: Toy, *more: str) -> Any:
    return run(app, ["suggest", "--root", str(toy.root), "--model", "en_core_web_sm", *more])


# -- beside the gold ------------------------------------------------------------------------------


def test_suggestions_are_a_set_of_their_own_and_the_rest_stays(toy: Toy) -> None:
    toy.write()
    before = contents(toy.root)
    done = command(toy)
    assert done.exit_code == 0, done.output
    assert "2 document(s), 2 changed" in done.stderr
    after = contents(toy.root)
    assert {path for path in after if after[path] != before.get(path)} == {"annotations/toy-a.json", "annotations/toy-b.json"}
    for document_id, annotation in toy.annotations.items():
        new = json.loads(toy.repository.annotation(document_id).read_text())
        robot = new["sets"].pop()
        assert new == annotation
        assert (
            robot["method"] == "suggested" and robot["annotator"].startswith("drumbeat-") and "en_core_web_sm-3.8.0" in robot["annotator"]
        )
        assert 0 < robot["score"] <= 1
        assert all(0 <= record["confidence"] <= 1 for layer in LAYERS for record in robot[layer])
        assert robot["regions"] and robot["quotes"] and robot["entities"]


def test_suggesting_twice_changes_nothing_and_suggestions_are_valid(toy: Toy) -> None:
    toy.write()
    command(toy)
    first = contents(toy.root)
    again = command(toy)
    assert "2 document(s), 0 changed" in again.stderr
    assert contents(toy.root) == first
    build.build(toy.repository)
    validated = run(app, ["validate", str(toy.root)])
    assert validated.exit_code == 0, validated.output


def test_a_set_of_fewer_layers_leaves_the_larger_one_and_a_larger_one_takes_its_place(toy: Toy) -> None:
    toy.write()
    command(toy, "--layer", "regions", "--suggester", "rules")
    (small,) = [item for item in sets_of(toy.repository).values() if item.method == "suggested"]
    assert (small.layers, small.quotes, small.entities) == (("regions",), (), ()) and "+rules" in small.annotator
    assert "en_core" not in small.annotator
    command(toy)
    (large,) = [item for item in sets_of(toy.repository).values() if item.method == "suggested"]
    assert large.layers == LAYERS
    command(toy, "--layer", "regions")
    assert [item.layers for item in sets_of(toy.repository).values() if item.method == "suggested"] == [LAYERS, ("regions",)]


def test_sets_of_other_suggesters_and_of_people_stay(toy: Toy) -> None:
    robot = {**toy.gold(), "annotator": "rules 1.0", "method": "suggested"}
    person = {**toy.gold(), "annotator": "drumbeat-fan"}
    toy.annotations["toy-a"]["sets"] += [robot, person]
    toy.write()
    command(toy)
    assert {"alice", "bob", "rules 1.0", "drumbeat-fan"} < sets_of(toy.repository).keys()


def test_a_page_that_nobody_annotated_gets_its_file(toy: Toy) -> None:
    toy.write()
    toy.repository.annotation("toy-b").unlink()
    done = command(toy, "--document", "toy-b")
    assert (done.exit_code, len(sets_of(toy.repository, "toy-b"))) == (0, 1)
    assert json.loads(toy.repository.annotation("toy-b").read_text())["gold"] is None
    assert all(item.method != "suggested" for item in sets_of(toy.repository).values())


def test_a_table_of_results_is_no_other_language(everything: Suggester) -> None:
    text = (
        "Results of the second round on Monday:\n"
        + "Northtown 2 Easttown 1\nBarack Obama ( Kenya ) beat John Smith ( Norway ) 6-4 6-2\n" * 40
    )
    made = suggest(text, everything, "2026-01-02")
    assert made.english and made.annotations.entities


def test_another_language_is_said_and_only_its_regions_are_suggested(toy: Toy, tmp_path: Path) -> None:
    made = suggest(GERMAN, suggester(model="en_core_web_sm"), "2026-01-02")
    assert (made.english, made.annotations.layers, made.annotations.quotes) == (False, ("regions",), ())
    pages = tmp_path / "pages.jsonl"
    pages.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in (("a", GERMAN), ("b", "It is late."))))
    done = run(app, ["suggest", str(pages), "-o", str(tmp_path / "out.jsonl"), "--model", "en_core_web_sm"])
    assert "2 page(s) written" in done.stderr and "1 of them not in English" in done.stderr
    assert "a: not in English, so quotations and names are not suggested" in done.stderr and "b: not in" not in done.stderr


def test_the_labels_that_are_suggested_are_those_of_the_schema() -> None:
    for label_set, suggested in page._SUGGESTED.values():
        assert suggested == labels(label_set)
    for kind, of_kind in (("main", MAIN_ROLES), ("supplemental", SUPPLEMENTAL_ROLES), ("boilerplate", BOILERPLATE_ROLES)):
        assert of_kind == tuple(role for role in labels("role") if kinds()[role] == kind)


def test_labels_that_were_renamed_are_told(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write()
    monkeypatch.setattr(page, "labels", lambda name: tuple(label for label in labels(name) if label != "deck"))
    done = command(toy)
    assert done.exit_code == 2 and "the schema has no role deck, which is suggested for regions" in done.stderr
    assert command(toy, "--layer", "entities").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--document", "toy-z"], "no document toy-z"),
        (["--model", "en_core_web_xx"], "en_core_web_xx is not installed; install it with: pip install 'drumbeat[nlp]'"),
        (["-o", "out.jsonl"], "leave -o out, or give PAGES"),
    ],
)
def test_what_cannot_be_done_is_told(toy: Toy, arguments: list[str], message: str) -> None:
    toy.write()
    before = contents(toy.root)
    done = run(app, ["suggest", "--root", str(toy.root), *arguments])
    assert (done.exit_code, contents(toy.root)) == (2, before)
    assert message in done.stderr


def test_without_spacy_regions_are_still_suggested(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write()
    monkeypatch.setattr(parse, "_folder", lambda name: None)
    monkeypatch.setattr(parse, "_version", lambda name: None)
    done = run(app, ["suggest", "--root", str(toy.root)])
    assert done.exit_code == 2 and "pip install 'drumbeat[nlp]'" in done.stderr
    assert run(app, ["suggest", "--root", str(toy.root), "--layer", "regions"]).exit_code == 0


def test_a_newer_set_keeps_its_date_where_it_says_the_same(toy: Toy, everything: Suggester) -> None:
    toy.write()
    document = read_document(toy.repository, read_seeds(toy.repository)[0])
    annotation = read_annotation(toy.repository, document)
    first = with_suggestion(annotation, suggest(document.text, everything, "2026-01-02").annotations)
    assert with_suggestion(first, suggest(document.text, everything, "2027-01-02").annotations) == first


# -- pages of no repository -----------------------------------------------------------------------


def test_pages_come_out_as_rows_that_scorers_read(tmp_path: Path) -> None:
    text = "Bridge to open\n\n“We are ready,” said Barack Obama. “And so is the town.”\n\nRead more\n"
    pages = tmp_path / "pages.jsonl.gz"
    with gzip.open(pages, "wt") as file:
        file.write(json.dumps({"id": "one", "text": text, "lang": "en"}) + "\n\n" + json.dumps({"id": "two", "text": ""}) + "\n")
    done = run(app, ["suggest", str(pages), "-o", str(tmp_path / "out.jsonl"), "--model", "en_core_web_sm"])
    assert done.exit_code == 0, done.output
    one, two = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    (quote,) = one["quotes"]
    assert [text[start:end] for start, end in quote["spans"]] == ["“We are ready,”", "“And so is the town.”"]
    assert text[quote["speaker_start"] : quote["speaker_end"]] == "Barack Obama" == quote["speaker_name"]
    assert text[quote["cue_start"] : quote["cue_end"]] == "said"
    assert [text[item["start"] : item["end"]] for item in one["entities"]] == ["Barack Obama"]
    assert two == {
        "id": "two",
        "text_sha256": hashlib.sha256(b"").hexdigest(),
        "annotator": one["annotator"],
        "layers": list(LAYERS),
        "score": None,
    } | {layer: [] for layer in ("spans", "nested", *LAYERS)}


def test_a_quotation_inside_another_stands_apart(everything: Suggester) -> None:
    text = "“The mayor told me, ‘We are ready,’ and I believed her,” said Barack Obama."
    row = to_row("one", text, suggest(text, everything, "2026-01-02"))
    assert [(q["content"][0]["start"], q["parent"]) for q in row["quotes"]] == [(0, None)]
    assert row["nested"] and {q["parent"] for q in row["nested"]} == {row["quotes"][0]["id"]}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "a", "text": "x"}', '{"id": 3, "text": "x"}'], 'pages.jsonl:2: no page; a line must be {"id": "…", "text": "…"}'),
        (['{"id": "a"}'], "pages.jsonl:1: no page"),
        (['{"id": "a", "text": "x"}', "", '{"id": "a", "text": "y"}'], "pages.jsonl:3: id a stands twice"),
        (["{"], "pages.jsonl:1: not JSON"),
        ([], "pages.jsonl: holds no pages; give JSON Lines"),
        (["", " "], "pages.jsonl: holds no pages"),
        (["A page as plain text."], "web archives go into a repository first, with: drumbeat add FILE --root FOLDER --new"),
    ],
)
def test_a_line_that_is_no_page_stops_and_leaves_the_old_output(tmp_path: Path, lines: list[str], message: str) -> None:
    pages, output = tmp_path / "pages.jsonl", tmp_path / "out.jsonl"
    pages.write_text("\n".join(lines))
    output.write_text("old")
    done = run(app, ["suggest", str(pages), "-o", str(output), "--layer", "regions"])
    assert (done.exit_code, output.read_text()) == (2, "old")
    assert message in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "pages.jsonl"]


@pytest.mark.parametrize("other", ["pages.jsonl", "./folder/../pages.jsonl", "link.jsonl"])
def test_the_pages_are_never_replaced_by_the_suggestions(tmp_path: Path, other: str) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_text('{"id": "a", "text": "x"}\n')
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.jsonl").symlink_to(pages)
    done = run(app, ["suggest", str(pages), "-o", f"{tmp_path}/{other}", "--layer", "regions"])
    assert (done.exit_code, pages.read_text()) == (2, '{"id": "a", "text": "x"}\n')
    assert "holds the pages, and the suggestions would take their place; give another name with -o" in done.stderr


def test_pages_need_an_output_and_no_document(tmp_path: Path) -> None:
    (tmp_path / "pages.jsonl").write_text("")
    assert "say with -o FILE" in run(app, ["suggest", str(tmp_path / "pages.jsonl")]).stderr
    both = run(app, ["suggest", str(tmp_path / "pages.jsonl"), "-o", str(tmp_path / "x"), "--document", "a"])
    assert (both.exit_code, "leave it out, or PAGES" in both.stderr) == (2, True)


def test_truncated_and_missing_files_are_told(tmp_path: Path) -> None:
    data = gzip.compress(b'{"id": "a", "text": "x"}\n' * 99)
    (tmp_path / "cut.jsonl.gz").write_bytes(data[: len(data) // 2])
    (tmp_path / "latin.jsonl").write_bytes('{"id": "a", "text": "é"}'.encode("latin-1"))
    for name, message in (
        ("cut.jsonl.gz", "cannot be read"),
        ("none.jsonl", "none.jsonl: cannot be read: No such file"),
        ("latin.jsonl", ":1: not UTF-8 at byte 21"),
    ):
        done = run(app, ["suggest", str(tmp_path / name), "-o", str(tmp_path / "out"), "--layer", "regions"])
        assert (done.exit_code, (tmp_path / "out").exists()) == (2, False)
        assert message in done.stderr, done.stderr


def test_pages_are_read_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "pages.jsonl").write_text('{"id": "a", "text": "x"}\nbroken\n')
    assert next(read_pages(tmp_path / "pages.jsonl")) == ("a", "x")


# -- any page -------------------------------------------------------------------------------------


SIGNS = {"zero-width space": "\u200b", "byte order mark": "\ufeff", "direction marks": "\u200f\u200e", "soft hyphen": "\u00ad"}


@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
@pytest.mark.parametrize(
    "form",
    ["|“We will go to Lima,”| said| Ann| Lee.|", "“We will go to Lima,” said |Ann Lee.", "“We will| go to| Li|ma,” sa|id A|nn L|ee."],
)
def test_what_nobody_sees_hides_no_cue_and_no_speaker(everything: Suggester, form: str, sign: str) -> None:
    """The page with signs has the records of the page without, each in its own place and with nothing unseen at its edges."""
    page, plain = form.replace("|", sign), form.replace("|", "")
    (item,), (same,) = (suggest(text, everything, "2026-01-02").attributions[-1:] for text in (page, plain))
    found, expected = (_words(text, one) for text, one in ((page, item), (plain, same)))
    assert [words.replace(sign, "") for words in found] == expected and item.quote.speaker_name == "Ann Lee"
    assert all(words.strip(sign) == words for words in found)


def _words(text: str, item: Attribution) -> list[str]:
    quote = item.quote
    return [text[span.start : span.end] for span in (*quote.content, *quote.cue, *quote.source, *filter(None, [item.speaker]))]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["Ann Lee ", "said ", "“It is late,” ", "\n", "\u200b", "\u00ad", "\u202e", "e\u0301", "🇺🇦"]), max_size=30))
def test_what_is_seen_of_a_page_and_where_it_stands(pieces: list[str]) -> None:
    page = "".join(pieces)
    seen = "".join(sign for sign in page if unicodedata.category(sign) != "Cf")
    visible = Visible.of(page)
    assert visible.text == seen
    for start, end in ((at, until) for at in range(len(seen)) for until in range(at + 1, min(len(seen), at + 9) + 1)):
        span = visible.in_page(Span(start, end))
        assert Visible.of(page[span.start : span.end]).text == seen[start:end]
        assert unicodedata.category(page[span.start]) != "Cf" != unicodedata.category(page[span.end - 1])
        (region,) = visible.regions([Region("r1", span.start, span.end, "body")])
        assert (region.start, region.end) == (start, end)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "“", "”", '"', "'", " said ", "Mr. Smith ", "Read more", "(", "«"]), max_size=30))
def test_any_text_is_suggested_for(everything: Suggester, pieces: list[str]) -> None:
    text = "".join(pieces)
    made = suggest(text, everything, "2026-01-02").annotations
    covered = [at for region in made.regions for at in range(region.start, region.end)]
    assert len(covered) == len(set(covered))
    assert {at for at, sign in enumerate(text) if not sign.isspace()} <= set(covered)
