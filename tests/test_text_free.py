"""The text-free form: everything but the publishers' words, in a folder that stands alone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from drumbeat import build, tables
from drumbeat.checks import validate
from drumbeat.cli import app
from drumbeat.errors import BuildError, RecordError
from drumbeat.jsonl import read_jsonl
from drumbeat.model import Manifest
from drumbeat.repository import Repository, read_knowledge_base, read_manifest
from drumbeat.schema import config, configs, violations
from drumbeat.words import Prose, columns_with_words, without_words, word_columns
from tests.faults import spoil
from tests.test_build import contents
from tests.test_load_dataset import load
from tests.toy import Toy

run = CliRunner().invoke

WORDS = {
    "documents": ["text", "title", "author"],
    "regions": ["text"],
    "boilerplate": ["text"],
    "nonquotes": ["text"],
    "knowledge_base": ["aliases"],
    "blocks": ["text"],
    "quotes": ["content.text", "cue.text", "source.text", "speaker_name"],
    "entities": ["text"],
    "tokens": ["text", "tokens"],
}


def rows(corpus: Path, name: str) -> list[tables.Row]:
    return list(tables.read_rows(corpus / name / "train-00000-of-00001.parquet", config(name)))


@pytest.fixture(scope="module")
def text_free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The text-free form of this project's corpus."""
    folder = tmp_path_factory.mktemp("release") / "text-free"
    build.build_text_free(Repository(Path(__file__).parents[1]), folder)
    return folder


# -- nothing of the pages ---------------------------------------------------------------------------


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row; between two values of a Parquet page stands the length of the next, in bytes of which some are zero."""
    parts = [re.findall(r"\w+", part) for part in text.lower().split("\0")]
    return {run for words in parts for run in zip(*(words[at:] for at in range(5)), strict=False)}


def _everything(folder: Path) -> dict[str, str]:
    """Every byte of every file as text; of Parquet files also every value, and every figure of footer and pages."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[path.relative_to(folder).as_posix()] = path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            metadata = json.dumps(file.metadata.to_dict(), default=str, ensure_ascii=False)
            plain = path.with_suffix(".plain")
            pq.write_table(file.read(), plain, compression="none", write_page_index=True)
            found[path.relative_to(folder).as_posix() + " values"] = json.dumps(file.read().to_pylist(), default=str, ensure_ascii=False)
            found[path.relative_to(folder).as_posix() + " decompressed"] = plain.read_bytes().decode("utf-8", errors="replace") + metadata
            plain.unlink()
    return found


def _names(checkout: Repository) -> set[str]:
    """Titles, authors, names of speakers and aliases, but for those that canonical names, evidence and descriptions have too."""
    kept = [f"{entity.name}|{entity.evidence}|{entity.description}" for entity in read_knowledge_base(checkout).values()]
    found = {row[column] for row in rows(checkout.corpus, "documents") for column in ("title", "author")}
    found |= {row["speaker_name"] for row in rows(checkout.corpus, "quotes")}
    found |= {alias for row in rows(checkout.corpus, "knowledge_base") for alias in row["aliases"]}
    return {name for name in found if name and " " in name and not any(name in ours for ours in kept)}


def test_no_words_of_the_pages_are_in_any_byte_of_the_folder(text_free: Path, checkout: Repository) -> None:
    canonical = set().union(*(_runs(entity.name) | _runs(entity.id) for entity in read_knowledge_base(checkout).values()))
    pages = set().union(*(_runs(row["text"]) for row in rows(checkout.corpus, "documents")))
    kept = {("united", "states", "mission", "in", "geneva"), ("russian", "mission", "to", "the", "osce")}
    assert pages & canonical == kept and len(pages) > 4000  # names and ids of the knowledge base stay
    pages -= canonical
    names = _names(checkout)
    assert {"DENIS BALIBOUSE", "Bashar Assad"} < names and len(names) > 15
    for file, text in _everything(text_free).items():
        assert not _runs(text) & pages, file
        assert not [name for name in names if name in text], file


def test_the_search_finds_words_where_there_are_some(checkout: Repository) -> None:
    """The test above can fail: the full form has them in nearly every file, also behind compression."""
    pages = set().union(*(_runs(row["text"]) for row in rows(checkout.corpus, "documents")))
    found = [name for name, text in _everything(checkout.corpus).items() if _runs(text) & pages]
    for name in ("documents", "regions", "boilerplate", "blocks", "quotes", "tokens"):
        path = f"{name}/train-00000-of-00001.parquet"
        assert {f"{path} values", f"{path} decompressed"} & set(found), name


def test_a_sentence_of_ours_that_repeats_a_page_stops_the_build(toy: Toy, tmp_path: Path) -> None:
    toy.entities[1]["description"] = "Mayor; the bridge will open on Friday, she says."
    toy.write()
    with pytest.raises(BuildError, match=r"description of lena-ortiz repeats page toy-a .“the bridge will open on”"):
        build.build_text_free(toy.repository, tmp_path / "text-free")
    assert not list(tmp_path.glob("*text-free*"))


def test_prose_that_says_little_repeats_nothing() -> None:
    assert list(Prose([("here", None), ("there", "the drums of war")]).repeats("the drums of war sound")) == []
    assert list(Prose([("here", "The DRUMS, of war: sound loud")]).repeats("drums of war sound loud")) == [
        ("here", "drums of war sound loud")
    ]


# -- everything else --------------------------------------------------------------------------------


def test_the_schema_says_which_columns_hold_words() -> None:
    assert {of.name: word_columns(of) for of in configs() if word_columns(of)} == WORDS


@pytest.mark.parametrize("name", [of.name for of in configs()])
def test_all_other_values_stay(name: str, text_free: Path, checkout: Repository) -> None:
    full, bare = rows(checkout.corpus, name), rows(Repository(text_free).corpus, name)
    of = config(name)
    assert bare == list(map(without_words(of), full))
    assert len(bare) == len(full)
    assert not any(columns_with_words(of, row) for row in bare)
    words = {column.partition(".")[0] for column in WORDS.get(name, [])}
    assert words == {column for row in full for column in columns_with_words(of, row)}
    for before, after in zip(full, bare, strict=True):
        assert before.keys() == after.keys()
        assert all(before[column] == after[column] for column in before if column not in words)
    path = f"{name}/train-00000-of-00001.parquet"
    schemas = [tables.read_schema(repository.corpus / path) for repository in (checkout, Repository(text_free))]
    assert schemas[0].equals(schemas[1], check_metadata=True)


def test_offsets_in_spans_and_tokens_stay(text_free: Path) -> None:
    quote = rows(Repository(text_free).corpus, "quotes")[0]
    assert quote["content"][0].keys() == {"start", "end", "text"} and quote["content"][0]["text"] is None and quote["content"][0]["end"] > 0
    sentence = rows(Repository(text_free).corpus, "tokens")[0]
    assert sentence["tokens"] is None and len(sentence["token_start"]) == len(sentence["entity_tags"]) > 0


def test_the_manifest_says_its_form_and_lists_the_anchors(text_free: Path, checkout: Repository) -> None:
    full, bare = read_manifest(checkout), read_manifest(Repository(text_free))
    assert (full.form, full.anchors, bare.form) == ("full", None, "text-free")
    assert (full.inputs, full.version, [file.rows for file in full.files]) == (
        bare.inputs,
        bare.version,
        [file.rows for file in bare.files],
    )
    assert bare.anchors is not None
    data = (text_free / "corpus" / bare.anchors.path).read_bytes()
    assert (bare.anchors.bytes, bare.anchors.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_anchors_conform_to_their_schema_and_hold_offsets_and_short_digests_only(text_free: Path) -> None:
    lines = [value for _, value in read_jsonl(text_free / "corpus" / "anchors.jsonl")]
    assert not [violation for line in lines for violation in violations("records/anchors.json", line)]
    assert len(lines) == 5 and all(line["anchors"] and line["places"] for line in lines)
    lengths = {len(anchor["digest"]) for line in lines for anchor in line["anchors"]}
    assert lengths <= set(range(3, 9))


def test_a_manifest_from_before_there_were_forms_is_read(built: Toy) -> None:
    manifest = json.loads(built.repository.manifest.read_text())
    del manifest["form"], manifest["anchors"]
    built.repository.manifest.write_text(json.dumps(manifest))
    assert read_manifest(built.repository).form == "full"


def test_the_folder_is_valid_alone(text_free: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(text_free, alone)
    assert list(validate(Repository(alone))) == []
    assert run(app, ["validate", str(alone)]).exit_code == 0
    assert {"README.md", "LICENSE-DATA", "CITATION.cff", "croissant.json", "schema", "corpus"} == {path.name for path in alone.iterdir()}
    for target in re.findall(r"\]\(([^)#\s]+)\)", (alone / "README.md").read_text()):
        assert (alone / target).exists()
    (alone / "corpus" / "anchors.jsonl").write_text("")
    result = run(app, ["validate", str(alone)])
    assert result.exit_code == 1 and "D502" in result.stdout and "anchors.jsonl" in result.stdout


def test_words_that_slip_in_are_found(text_free: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(text_free, alone)
    path = alone / "corpus" / "nonquotes" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    values = table.to_pylist()
    values[2]["text"] = "“better”"
    pq.write_table(table.from_pylist(values, table.schema), path)
    assert {("D510", 2)} < {(finding.code, finding.row) for finding in validate(Repository(alone))}


def test_load_dataset_reads_it_with_the_same_features(text_free: Path, checkout: Repository, tmp_path: Path) -> None:
    names = ["-", "quotes", "tokens", "knowledge_base"]
    full, bare = (load(root, names, tmp_path / "home") for root in (checkout.root, text_free))
    for name in names:
        assert bare[name]["features"] == full[name]["features"] and bare[name]["rows"] == full[name]["rows"]
        assert bare[name]["same"]
    assert bare["-"]["first"]["text"] is None and full["-"]["first"]["text"]
    assert "pretty_name: drumbeat (text-free)" in (text_free / "README.md").read_text()


# -- how it is built ----------------------------------------------------------------------------------


def test_it_is_the_same_to_the_byte_in_any_process(text_free: Path, checkout: Repository) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    command = [sys.executable, "-m", "drumbeat", "build", "--text-free", "--check", "-o", str(text_free), str(checkout.root)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_the_command_builds_beside_the_corpus_and_again(built: Toy) -> None:
    before = contents(built.root)
    result = run(app, ["build", "--text-free", str(built.root)])
    assert result.exit_code == 0 and "text-free" in result.stdout
    first = contents(built.root / "text-free")
    assert run(app, ["build", "--text-free", str(built.root)]).exit_code == 0
    assert contents(built.root / "text-free") == first
    shutil.rmtree(built.root / "text-free")
    assert contents(built.root) == before


def test_check_tells_what_a_build_would_change(built: Toy) -> None:
    folder = built.root / "text-free"
    missing = run(app, ["build", "--text-free", "--check", str(built.root)])
    assert missing.exit_code == 2 and "there is no text-free corpus" in " ".join(missing.stderr.split())
    build.build_text_free(built.repository, folder)
    (folder / "corpus" / "anchors.jsonl").unlink()
    (folder / "schema" / "labels.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    result = run(app, ["build", "--text-free", "--check", str(built.root)])
    lines = [line.removeprefix(f"{folder}/") for line in result.stdout.splitlines() if line.startswith(str(folder))]
    assert result.exit_code == 1
    assert lines == ["corpus/anchors.jsonl: missing", "notes.txt: no build writes this file", "schema/labels.json: other bytes"]


def test_a_folder_with_something_else_is_not_replaced(built: Toy, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    for folder in (mine, mine / "thesis.txt", built.root):
        result = run(app, ["build", "--text-free", "-o", str(folder), str(built.root)])
        assert result.exit_code == 2 and "error:" in result.stderr
    assert (mine / "thesis.txt").read_text() == "mine" and built.repository.seeds.is_file()


def test_an_output_belongs_to_the_text_free_form(built: Toy) -> None:
    assert run(app, ["build", "-o", "elsewhere", str(built.root)]).exit_code == 2


@pytest.mark.parametrize("code", ["D101", "D211"])
def test_a_failed_build_leaves_the_old_folder(code: str, built: Toy) -> None:
    folder = built.root / "text-free"
    build.build_text_free(built.repository, folder)
    before = contents(folder)
    spoil(built, code)
    with pytest.raises((RecordError, BuildError)):
        build.build_text_free(built.repository, folder)
    assert contents(folder) == before and not list(built.root.glob(".text-free*"))


def test_a_card_of_another_corpus_keeps_its_keys(toy: Toy, tmp_path: Path) -> None:
    toy.repository.readme.unlink()
    manifest: Manifest = build.build_text_free(toy.repository, tmp_path / "text-free")
    assert manifest.form == "text-free"
    assert "pretty_name: corpus (text-free)" in (tmp_path / "text-free" / "README.md").read_text()
