"""Words put back: exactly from the very pages, by alignment from other copies, and never wrongly."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat import build, tables
from drumbeat.anchor import TOO_SHORT, Same, Unplaced
from drumbeat.checks import validate
from drumbeat.cli import app
from drumbeat.errors import HydrationError, SeedError
from drumbeat.hydrate import SHARE, aligned, hydrate, similarity
from drumbeat.model import Anchors, Place, Span
from drumbeat.repository import Repository, read_knowledge_base, read_manifest
from drumbeat.restore import NOT_ON_THE_PAGE, Row, Rows, anchors_of, by_first_word, restored, restored_clusters
from drumbeat.schema import config, configs
from drumbeat.words import without_words
from tests.test_build import contents
from tests.test_corpus import PAGES
from tests.test_load_dataset import load
from tests.test_text_free import rows
from tests.toy import Toy
from tests.toy import toy as make_toy

run = CliRunner().invoke
ROOT = Path(__file__).parents[1]
BY_DOCUMENT = [of.name for of in configs() if of.key[0] == "document_id"]


@pytest.fixture(scope="module")
def text_free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "text-free"
    build.build_text_free(Repository(ROOT), folder)
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """The five pages, under names that say nothing."""
    folder = tmp_path / "texts"
    (folder / "below").mkdir(parents=True)
    for number, path in enumerate(sorted((ROOT / "seeds").glob("*.txt"))):
        shutil.copyfile(path, folder / "below" / f"page {9 - number}")
    (folder / ".DS_Store").write_bytes(b"\xff")
    return folder


# -- exactly ------------------------------------------------------------------------------------------


def test_the_very_pages_give_the_full_corpus_to_the_byte(text_free: Path, texts: Path, tmp_path: Path, checkout: Repository) -> None:
    report = hydrate(text_free, texts, tmp_path / "full")
    assert report.complete and report.form == "full" and not report.changed and not report.unused
    assert {(outcome.how, outcome.share) for outcome in report.documents} == {("exact", 1.0)}
    made = read_manifest(Repository(tmp_path / "full"))
    assert {file.config: file.logical_sha256 for file in made.files} == {
        file.config: file.logical_sha256 for file in read_manifest(checkout).files
    }
    assert contents(tmp_path / "full" / "corpus") == contents(checkout.corpus)
    assert list(validate(Repository(tmp_path / "full"))) == []


def test_load_dataset_reads_what_was_hydrated(text_free: Path, texts: Path, tmp_path: Path, checkout: Repository) -> None:
    hydrate(text_free, texts, tmp_path / "full")
    names = ["-", "quotes", "tokens", "knowledge_base"]
    assert load(tmp_path / "full", names, tmp_path / "home") == load(checkout.root, names, tmp_path / "home")


def test_the_same_text_in_other_bytes_is_the_page(text_free: Path, texts: Path, tmp_path: Path, checkout: Repository) -> None:
    """With a byte order mark and other line ends: normalisation takes them out."""
    for path in texts.rglob("page *"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert hydrate(text_free, texts, tmp_path / "full").form == "full"
    assert contents(tmp_path / "full" / "corpus") == contents(checkout.corpus)


def test_row_groups_are_those_of_the_full_corpus(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "DOCUMENTS_PER_ROW_GROUP", 1)
    build.build(toy.repository)
    build.build_text_free(toy.repository, tmp_path / "text-free")
    assert hydrate(tmp_path / "text-free", toy.root / "seeds", tmp_path / "full").form == "full"
    assert contents(tmp_path / "full" / "corpus") == contents(toy.repository.corpus)


def test_pages_without_a_copy_stay_text_free(text_free: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "below" / "page 9").unlink()
    report = hydrate(text_free, texts, tmp_path / "out")
    assert [outcome.how for outcome in report.documents] == ["missing", *["exact"] * 4]
    assert not report.complete and report.form == "hydrated" == read_manifest(Repository(tmp_path / "out")).form
    before, after = (rows(Repository(root).corpus, "quotes") for root in (text_free, tmp_path / "out"))
    assert [row for row in after if row["document_id"] == PAGES[0]] == [row for row in before if row["document_id"] == PAGES[0]]
    assert all(span["text"] for row in after if row["document_id"] != PAGES[0] for span in row["content"])
    without = {remark.id for remark in report.lost}
    assert {(remark.config, remark.column) for remark in report.lost} == {("knowledge_base", "aliases")} and "abdalla-hamdok" in without
    aliases = {row["entity"]: row["aliases"] for row in rows(Repository(tmp_path / "out").corpus, "knowledge_base")}
    assert aliases["abdalla-hamdok"] == [None] and aliases["nato"][0] == "NATO"
    assert list(validate(Repository(tmp_path / "out"))) == []


# -- from another copy ----------------------------------------------------------------------------------


def only(number: str, root: Path) -> Repository:
    """A corpus repository of one page of the five."""
    (root / "seeds").mkdir(parents=True)
    shutil.copytree(ROOT / "annotations", root / "annotations")
    (root / "annotations" / "links.jsonl").write_text("")
    line = next(line for line in (ROOT / "seeds" / "seeds.jsonl").read_text().splitlines() if f'"{number}_' in line)
    (root / "seeds" / "seeds.jsonl").write_text(line + "\n")
    page = next((ROOT / "seeds").glob(f"{number}_*"))
    shutil.copyfile(page, root / "seeds" / page.name)
    return Repository(root)


def by_key(repository: Repository, name: str) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[column] for column in config(name).key): row for row in rows(repository.corpus, name)}


# What of the one article the other site has too: its headline and body.  Not placed are stamp, caption, credit, and `Go deeper`; of page
# 000 all that its site put around the article.
AXIOS = {
    ("001", "000"): {"regions": (3, 4), "blocks": (11, 5), "quotes": (12, 0), "entities": (46, 7), "tokens": (13, 5)},
    ("000", "001"): {"regions": (3, 10), "blocks": (11, 56), "quotes": (12, 32), "entities": (46, 202), "tokens": (13, 82)},
}


@pytest.mark.parametrize(("one", "other"), AXIOS, ids=lambda number: str(number))
def test_a_syndicated_copy_gets_the_annotations_of_the_article(one: str, other: str, tmp_path: Path) -> None:
    repository = only(one, tmp_path / "own")
    build.build(repository)
    build.build_text_free(repository, tmp_path / "text-free")
    (tmp_path / "texts").mkdir()
    page = shutil.copyfile(next((ROOT / "seeds").glob(f"{other}_*")), tmp_path / "texts" / "refetched.txt")
    report = hydrate(tmp_path / "text-free", tmp_path / "texts", tmp_path / "out")
    out = Repository(tmp_path / "out")
    (outcome,) = report.documents
    assert (outcome.how, outcome.copy, outcome.share) == ("aligned", "refetched.txt", 1.0)
    assert {name: (outcome.placed[name], outcome.lost.get(name, 0)) for name in AXIOS[one, other]} == AXIOS[one, other]
    assert list(validate(out)) == []

    (document,) = rows(out.corpus, "documents")
    (original,) = rows(repository.corpus, "documents")
    assert document["seed_sha256"] == hashlib.sha256(page.read_bytes()).hexdigest() and document["seed_bytes"] == page.stat().st_size
    assert document["text"] != original["text"] and document["title"] == original["title"]
    for name in ("quotes", "nonquotes", "entities"):
        before = by_key(repository, name)
        for key, row in by_key(out, name).items():
            assert _spans(row) == _spans(before[key]), key
            assert all(document["text"][span["start"] : span["end"]] == span["text"] for span in _places(row))
            for column in {"type", "speaker", "label", "entity", "wikidata", "region", "in_boilerplate"} & row.keys():
                assert row[column] == before[key][column]
            if name == "quotes" and row["speaker_name"] != before[key]["speaker_name"]:
                assert row["speaker_name"] is None and (key[1], "speaker_name") in {(remark.id, remark.column) for remark in report.lost}
    sentences = {row["text"]: row for row in rows(repository.corpus, "tokens")}
    for row in rows(out.corpus, "tokens"):
        assert row["tokens"] == sentences[row["text"]]["tokens"] and row["entity_tags"] == sentences[row["text"]]["entity_tags"]
    parts = [row for row in rows(out.corpus, "regions") if row["role"] in ("headline", "body")]
    assert [row["role"] for row in parts] == ["headline", "body", "body"] and len({row["region_id"] for row in parts}) == 3
    assert [remark.config for remark in report.changed] == (["regions"] if one == "001" else [])

    placed = {name: by_key(out, name).keys() for name in ("quotes", "entities", "nonquotes")}
    for name, kept in placed.items():
        listed = {(remark.document_id, remark.id) for remark in report.lost if remark.config == name and remark.column is None}
        assert listed == by_key(repository, name).keys() - kept  # what is not placed is listed, one by one
    assert all(remark.why for remark in report.lost)


def _places(row: Row) -> list[Row]:
    return [row] if "start" in row else [span for role in ("content", "cue", "source") for span in row[role]]


def _spans(row: Row) -> list[str]:
    return [span["text"] for span in _places(row)]


def test_each_copy_goes_to_one_page_and_the_nearest(text_free: Path, tmp_path: Path) -> None:
    """Both Axios pages have the article; other menus around it do not confuse them, and a page of something else is not used."""
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in ("000", "001"):
        page = next((ROOT / "seeds").glob(f"{number}_*")).read_text()
        (texts / f"copy of {number}").write_text(f"Home\nWorld\n\n{page}\n\nTerms of use\n")
    (texts / "other").write_text("Nothing of the kind.\n")
    report = hydrate(text_free, texts, tmp_path / "out")
    assert [(outcome.how, outcome.copy) for outcome in report.documents] == [
        ("aligned", "copy of 000"),
        ("aligned", "copy of 001"),
        *[("missing", None)] * 3,
    ]
    assert report.unused == ["other"]
    assert all(outcome.share is None or outcome.share > SHARE for outcome in report.documents)


def test_links_to_what_is_lost_are_taken_out_and_listed(text_free: Path, texts: Path, tmp_path: Path) -> None:
    """Page 000 comes as the copy of another site that has the article only: its teasers' quotations leave their clusters."""
    article = next((ROOT / "seeds").glob("001_*")).read_text()
    (texts / "below" / "page 9").write_text(f"Yesterday\n{article}")
    report = hydrate(text_free, texts, tmp_path / "out")
    assert [outcome.how for outcome in report.documents] == ["aligned", *["exact"] * 4]
    corpus = Repository(tmp_path / "out").corpus
    quotes = {(row["document_id"], row["quote_id"]): row for row in rows(corpus, "quotes")}
    clusters = rows(corpus, "quote_clusters")
    for cluster in clusters:
        assert (cluster["reference_document"], cluster["reference_quote"]) in quotes
        assert len(cluster["members"]) > 1
        assert all((member["document_id"], member["quote_id"]) in quotes for member in cluster["members"])
    gone = {remark.id for remark in report.lost if remark.config == "quote_clusters"}
    changed = {remark.id for remark in report.changed if remark.config == "quote_clusters"}
    assert gone and changed and not gone & changed
    assert {row["cluster_id"] for row in clusters} | gone == {
        row["cluster_id"] for row in rows(Repository(text_free).corpus, "quote_clusters")
    }
    assert all(row["parent"] is None or (row["document_id"], row["parent"]) in quotes for row in quotes.values())
    assert len(rows(corpus, "relations")) == 10
    assert list(validate(Repository(tmp_path / "out"))) == []


# -- never wrongly ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documents() -> dict[str, tuple[str, Rows, Rows, Anchors]]:
    """Of each page: its text, its rows, those without words, its anchors."""
    repository = Repository(ROOT)
    index = by_first_word(read_knowledge_base(repository).values())
    every = {name: rows(repository.corpus, name) for name in BY_DOCUMENT}
    found = {}
    for document in every["documents"]:
        own = {name: [row for row in of if row["document_id"] == document["document_id"]] for name, of in every.items()}
        bare = {name: list(map(without_words(config(name)), of)) for name, of in own.items()}
        found[document["document_id"]] = document["text"], own, bare, anchors_of(document["text"], own, index)
    return found


@settings(max_examples=30)
@given(st.sampled_from(PAGES), st.integers(0, 2**32))
def test_every_row_that_is_placed_has_its_old_words(documents: dict[str, tuple[str, Rows, Rows, Anchors]], page: str, seed: int) -> None:
    """Lines of other pages between, before and instead of lines, other white space, doubled lines."""
    text, own, bare, record = documents[page]
    others = [line for other, *_ in documents.values() for line in other.split("\n") if line]
    chance = random.Random(seed)  # hundreds of draws an example are more than hypothesis is made for
    copy: list[str] = []
    for line in [*chance.choices(others, k=chance.randrange(4)), *text.split("\n")]:
        match chance.randrange(15):
            case 0:
                copy += chance.choices(others, k=chance.randrange(3))
            case 1:
                copy += [line, line]
            case 2:
                copy += [f"Read more{line}", ""]
            case 3:
                copy += line.split(" ")
            case _:
                copy.append(line)
    again = "\n".join(copy)
    done = restored(bare, record, again, {}, aligned(bare, record, again))
    for name in ("quotes", "nonquotes", "entities"):
        key = config(name).key[1]
        before = {row[key]: row for row in own[name]}
        for row in done.rows[name]:
            assert [words.split() for words in _spans(row)] == [words.split() for words in _spans(before[row[key]])]
            assert all(again[span["start"] : span["end"]] == span["text"] for span in _places(row))
        lost = [remark.id for remark in done.lost if remark.config == name and remark.column is None]
        assert sorted([*lost, *(row[key] for row in done.rows[name])]) == sorted(before)
        if name == "quotes":
            assert all(row["speaker_name"] in (None, before[row[key]]["speaker_name"]) for row in done.rows[name])
    old = {(" ".join(row["text"].split()), tuple(row["tokens"])) for row in own["tokens"]}
    assert all((" ".join(row["text"].split()), tuple(row["tokens"])) in old for row in done.rows["tokens"])
    roles = {row["region_id"]: (row["role"], " ".join(row["text"].split())) for row in own["regions"]}
    for row in done.rows["regions"]:
        role, words = roles[row["region_id"].partition("-")[0]]
        assert row["role"] == role and " ".join(row["text"].split()) in words
    for name in ("regions", "blocks", "tokens"):
        assert all(one["end"] <= other["start"] for one, other in pairwise(done.rows[name]))


def test_the_share_of_the_article_tells_copies_from_other_pages(documents: dict[str, tuple[str, Rows, Rows, Anchors]]) -> None:
    shares = {
        (one[:3], other[:3]): similarity(bare, record, text)[0]
        for one, (_, _, bare, record) in documents.items()
        for other, (text, *_) in documents.items()
        if one != other
    }
    assert shares.pop(("000", "001")) == shares.pop(("001", "000")) == 1.0
    assert set(shares.values()) == {0.0}


class Only:
    """A placing that has lost some stretches."""

    def __init__(self, *lost: tuple[int, int]) -> None:
        self.lost = lost

    def place(self, start: int, end: int) -> Span:
        if any(start < stop and begin < end for begin, stop in self.lost):
            raise Unplaced(start, end, TOO_SHORT)
        return Span(start, end)

    def pieces(self, start: int, end: int) -> tuple[list[Span], list[Unplaced]]:
        return Same().pieces(start, end)


def test_a_quotation_is_placed_whole_or_not_and_its_children_go_up(documents: dict[str, tuple[str, Rows, Rows, Anchors]]) -> None:
    text, _, bare, record = documents[PAGES[1]]
    quotes = [quote | {"parent": None} for quote in bare["quotes"][:4]]
    for child, parent in ((1, 0), (2, 1), (3, 2)):
        quotes[child]["parent"] = quotes[parent]["quote_id"]
    source = quotes[2]["source"][0]
    done = restored(bare | {"quotes": quotes}, record, text, {}, Only((source["start"], source["end"])))
    ids = [quote["quote_id"] for quote in quotes]
    assert [row["quote_id"] for row in done.rows["quotes"]] == [ids[0], ids[1], ids[3]]
    assert [row["parent"] for row in done.rows["quotes"]] == [None, ids[0], ids[1]]
    assert [remark.id for remark in done.lost if remark.config == "quotes" and not remark.column] == [ids[2]]
    (changed,) = [remark for remark in done.changed if remark.config == "quotes"]
    assert changed.id == ids[3] and ids[2] in changed.why and ids[1] in changed.why
    content = quotes[0]["content"][0]
    done = restored(bare | {"quotes": quotes[:2]}, record, text, {}, Only((content["start"], content["start"] + 1)))
    assert [row["parent"] for row in done.rows["quotes"]] in ([None], [])


def test_a_value_that_the_page_does_not_have_is_lost_and_reported(documents: dict[str, tuple[str, Rows, Rows, Anchors]]) -> None:
    text, own, bare, record = documents[PAGES[1]]
    own = own | {"documents": [own["documents"][0] | {"author": "Zachary Basu"}]}
    record = anchors_of(text, own, {})
    assert Place("documents", (PAGES[1],), "author", None, None, None) in record.places
    done = restored(bare, record, text, {}, Same())
    assert [(remark.column, remark.why) for remark in done.lost] == [("author", NOT_ON_THE_PAGE)]
    assert done.rows["documents"][0]["author"] is None


def test_clusters_without_their_lost_members() -> None:
    members = [{"document_id": "d", "quote_id": f"q{number}", "wording": "verbatim"} for number in range(4)]

    def cluster(name: str, *numbers: int) -> Row:
        return {"cluster_id": name, "members": [members[n] for n in numbers]} | {
            "reference_document": "d",
            "reference_quote": f"q{numbers[0]}",
        }

    kept, gone, changed = restored_clusters(
        [cluster("a", 0, 1, 3), cluster("b", 0, 3), cluster("c", 3, 0, 1), cluster("e", 0, 1)], {("d", "q3")}
    )
    assert [row["cluster_id"] for row in kept] == ["a", "e"] and kept[0]["members"] == members[:2]
    assert [remark.id for remark in gone] == ["b", "c"] and [remark.id for remark in changed] == ["a"]


# -- the command --------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did(text_free: Path, texts: Path, tmp_path: Path) -> None:
    arguments = ["hydrate", str(text_free), "--texts", str(texts), "-o", str(tmp_path / "out")]
    result = run(app, arguments)
    assert result.exit_code == 0 and "the full form; 5 document(s) exact" in result.stderr
    (texts / "below" / "page 9").write_text("Yesterday\n" + (texts / "below" / "page 8").read_text())
    (texts / "below" / "page 5").unlink()
    result = run(app, [*arguments[:-1], str(tmp_path / "again")])
    assert result.exit_code == 1 and "3 document(s) exact, 1 aligned, 1 without a copy" in result.stderr
    assert f"placed: {PAGES[0]}: regions 3 of" in result.stdout and "quotes 12 of 44" in result.stdout
    assert f"not placed: {PAGES[0]} quotes q013 " in result.stdout and f"text-free as it was: {PAGES[4]}" in result.stdout
    assert "regions of aligned pages need not cover them" in result.stderr


def test_the_command_in_json(text_free: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "below" / "page 9").unlink()
    result = run(app, ["hydrate", str(text_free), "--texts", str(texts), "-o", str(tmp_path / "out"), "--format", "json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 1 and report["form"] == "hydrated"
    assert [document["how"] for document in report["documents"]] == ["missing", *["exact"] * 4]
    assert report == json.loads((tmp_path / "out" / "hydration.json").read_text())


def test_the_output_stands_beside_the_folder(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    build.build_text_free(built.repository, built.root / "text-free")
    monkeypatch.chdir(built.root / "text-free")
    result = run(app, ["hydrate", ".", "--texts", "../seeds"])
    assert result.exit_code == 0, result.stderr
    assert contents(built.root / "text-free-hydrated" / "corpus") == contents(built.repository.corpus)


def _full_form(folder: Path, texts: Path) -> None:
    manifest = json.loads((folder / "corpus" / "manifest.json").read_text())
    (folder / "corpus" / "manifest.json").write_text(json.dumps(manifest | {"form": "full"}))


def _no_manifest(folder: Path, texts: Path) -> None:
    (folder / "corpus" / "manifest.json").unlink()


def _other_normaliser(folder: Path, texts: Path) -> None:
    manifest = json.loads((folder / "corpus" / "manifest.json").read_text())
    (folder / "corpus" / "manifest.json").write_text(json.dumps(manifest | {"normalizer": "0"}))


def _edited_file(folder: Path, texts: Path) -> None:
    with (folder / "corpus" / "anchors.jsonl").open("a") as file:
        file.write("{}\n")


def _lost_file(folder: Path, texts: Path) -> None:
    (folder / "corpus" / "quotes" / "train-00000-of-00001.parquet").unlink()


def _config_not_listed(folder: Path, texts: Path) -> None:
    manifest = json.loads((folder / "corpus" / "manifest.json").read_text())
    manifest["files"].pop()
    (folder / "corpus" / "manifest.json").write_text(json.dumps(manifest))


def _no_copies(folder: Path, texts: Path) -> None:
    shutil.rmtree(texts)
    texts.mkdir()
    (texts / ".hidden").write_text("x")


def _no_folder(folder: Path, texts: Path) -> None:
    shutil.rmtree(texts)


def _no_utf8(folder: Path, texts: Path) -> None:
    (texts / "latin").write_bytes("été".encode("latin-1"))


def _empty_page(folder: Path, texts: Path) -> None:
    (texts / "empty").write_bytes(b" \n")


def _output_exists(folder: Path, texts: Path) -> None:
    (folder.parent / "out").mkdir()


WRONG: dict[Callable[[Path, Path], None], str] = {
    _full_form: "is the full form",
    _no_manifest: "has no corpus/manifest.json",
    _other_normaliser: "count over normaliser 0",
    _edited_file: "anchors.jsonl: its bytes are not those of the manifest",
    _lost_file: "listed in the manifest, but missing",
    _config_not_listed: "config relations is missing or has another schema",
    _no_copies: "holds no files",
    _no_folder: "is no folder",
    _no_utf8: "is not UTF-8",
    _empty_page: "the page is empty",
    _output_exists: "is there already",
}


@pytest.mark.parametrize(("spoil", "says"), WRONG.items(), ids=[spoil.__name__ for spoil in WRONG])
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    spoil: Callable[[Path, Path], None], says: str, toy: Toy, tmp_path: Path
) -> None:
    folder, texts = tmp_path / "text-free", tmp_path / "texts"
    build.build_text_free(toy.repository, folder)
    shutil.copytree(toy.root / "seeds", texts)
    spoil(folder, texts)
    before = contents(tmp_path)
    with pytest.raises((HydrationError, SeedError), match=says):
        hydrate(folder, texts, tmp_path / "out")
    result = run(app, ["hydrate", str(folder), "--texts", str(texts), "-o", str(tmp_path / "out")])
    assert result.exit_code == 2 and result.stderr.startswith("error: ") and result.stderr.count("\n") == 1 and not result.stdout
    assert contents(tmp_path) == before and not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_hydration_that_breaks_off_leaves_nothing(
    error: BaseException, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build_text_free(toy.repository, tmp_path / "text-free")

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("drumbeat.papers.write_hydrated", full)
    with pytest.raises(type(error)):
        hydrate(tmp_path / "text-free", toy.root / "seeds", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))


def test_the_toy_is_another_corpus(tmp_path: Path) -> None:
    """Copies of another corpus' pages are no copies of these."""
    toy = make_toy(tmp_path / "toy")
    build.build_text_free(toy.repository, tmp_path / "text-free")
    report = hydrate(tmp_path / "text-free", ROOT / "seeds", tmp_path / "out")
    assert {outcome.how for outcome in report.documents} == {"missing"} and len(report.unused) == 6
