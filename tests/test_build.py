import hashlib
import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from drumbeat import build, tables
from drumbeat.cli import app
from drumbeat.errors import BuildError, RecordError, SeedError
from drumbeat.repository import Repository, read_manifest
from drumbeat.schema import config, configs
from tests.faults import spoil
from tests.toy import Page, Toy

run = CliRunner().invoke


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(repository: Repository, name: str) -> list[tables.Row]:
    return list(tables.read_rows(repository.corpus / name / "train-00000-of-00001.parquet", config(name)))


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
    ],
)
def test_the_committed_corpus_is_rebuilt_to_the_byte_in_any_process(checkout: Repository, environment: dict[str, str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "drumbeat", "build", "--check", str(checkout.root)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_a_second_build_changes_nothing(built: Toy) -> None:
    before = contents(built.root)
    build.build(built.repository)
    assert contents(built.root) == before


def test_the_order_of_the_seeds_does_not_matter(built: Toy) -> None:
    before = contents(built.repository.corpus / "quotes")
    built.seeds.reverse()
    built.write()
    build.build(built.repository)
    assert contents(built.repository.corpus / "quotes") == before


def test_every_config_is_in_the_manifest_with_its_digests(built: Toy) -> None:
    manifest = read_manifest(built.repository)
    assert [file.config for file in manifest.files] == [config.name for config in configs()]
    for file in manifest.files:
        data = (built.repository.corpus / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert file.rows == len(rows(built.repository, file.config))


def test_derived_columns(built: Toy) -> None:
    repository = built.repository
    quotes = {(row["document_id"], row["quote_id"]): row for row in rows(repository, "quotes")}
    assert quotes["toy-a", "q002"]["content"][1]["text"] == "“and so is the ‘old lady’.”"
    assert quotes["toy-a", "q002"]["region"] == "body" and not quotes["toy-a", "q002"]["in_boilerplate"]
    names = {(row["document_id"], row["mention_id"]): row for row in rows(repository, "entities")}
    assert names["toy-a", "m001"]["wikidata"] == "Q1" and names["toy-a", "m001"]["region"] == "headline"
    assert [row["text"] for row in rows(repository, "boilerplate")] == ["Skip to content", "3 min read", "Read more"]
    assert [row["role"] for row in rows(repository, "blocks")][:4] == ["navigation", "headline", "byline", "interface"]
    (cluster,) = rows(repository, "quote_clusters")
    assert (cluster["reference_document"], cluster["reference_quote"]) == ("toy-a", "q002")
    (document,) = (row for row in rows(repository, "documents") if row["document_id"] == "toy-b")
    assert [edit["kind"] for edit in document["offset_map"]] == ["bom", "space"]
    assert document["published"] == "2026-01-01"


def test_what_lies_wholly_in_boilerplate_says_so(toy: Toy) -> None:
    gold = toy.gold()
    gold["regions"][4]["role"] = "related"
    toy.write()
    build.build(toy.repository)
    assert [row["in_boilerplate"] for row in rows(toy.repository, "quotes") if row["document_id"] == "toy-a"] == [True] * 4


def test_only_what_lies_wholly_in_boilerplate_says_so(toy: Toy) -> None:
    """From the headline over the byline, which is none, into the boilerplate; a cue or source elsewhere counts as well."""
    gold = toy.gold()
    text = Page(toy.pages["toy-a"])
    over = text.span("by Ada Byrne 3 min read")
    gold["quotes"].append(gold["quotes"][3] | {"id": "q005", "type": "indirect", "content": [over], "cue": [], "source": []})
    gold["quotes"].append(gold["quotes"][4] | {"id": "q006", "content": [text.span("3 min read")]})
    gold["quotes"].append(gold["quotes"][5] | {"id": "q007", "cue": [text.span("by")]})
    gold["quotes"].append(gold["quotes"][5] | {"id": "q008", "source": [text.span("Ada Byrne")]})
    gold["quotes"].append(gold["quotes"][5] | {"id": "q009", "content": [text.span("Skip to content"), text.span("Read more")]})
    gold["quotes"].append(gold["quotes"][5] | {"id": "q010", "content": [text.span("Skip to content\n\nBridge")]})
    toy.write()
    build.build(toy.repository)
    found = {
        row["quote_id"]: (row["region"], row["in_boilerplate"]) for row in rows(toy.repository, "quotes") if row["document_id"] == "toy-a"
    }
    assert found["q005"] == ("byline", False)
    assert found["q006"] == ("interface", True)
    assert found["q007"] == found["q008"] == ("interface", False)
    assert found["q009"] == ("navigation", True)
    assert found["q010"] == ("navigation", False)


def test_row_groups_end_after_the_same_documents_in_every_config(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        name = f"toy-{number}"
        toy.pages[name] = toy.pages["toy-b"] + f"{number}\n".encode()
        annotation = toy.annotations[name] = deepcopy(toy.annotations["toy-b"]) | {"document_id": name}
        data = toy.pages[name]
        digest = hashlib.sha256(data).hexdigest()
        toy.seeds.append(toy.seeds[1] | {"document_id": name, "file": f"{name}.txt", "sha256": digest, "bytes": len(data)})
        annotation["text_sha256"] = Page(data).sha256
        annotation["gold"]["regions"][-1]["end"] = len(Page(data).text.rstrip())
    toy.write()
    monkeypatch.setattr(tables, "DOCUMENTS_PER_ROW_GROUP", 2)
    build.build(toy.repository)
    for name in ("documents", "regions", "quotes", "nonquotes", "entities", "blocks", "tokens"):
        file = pq.ParquetFile(toy.repository.corpus / name / "train-00000-of-00001.parquet")
        groups = [set(file.read_row_group(index)["document_id"].to_pylist()) for index in range(file.num_row_groups)]
        assert groups[:2] == [{"toy-0", "toy-1"}, {"toy-2", "toy-a"}] or name == "nonquotes", name
        assert len(groups) == 3


def test_tokens_tag_names_and_the_outermost_quotation(built: Toy) -> None:
    row = next(row for row in rows(built.repository, "tokens") if "We are ready" in row["text"] and row["document_id"] == "toy-a")
    tagged = dict(zip(row["tokens"], row["content_tags"], strict=True))
    assert tagged["“"] == "B-content" or tagged["We"] == "I-content"
    assert [token for token, tag in zip(row["tokens"], row["content_tags"], strict=True) if tag == "B-content"] == ["“", "“"]
    assert [token for token, tag in zip(row["tokens"], row["cue_tags"], strict=True) if tag != "O"] == ["added"]
    assert all(
        row["text"][start - row["start"] : end - row["start"]] == token
        for token, start, end in zip(row["tokens"], row["token_start"], row["token_end"], strict=True)
    )


# -- nothing half-written -------------------------------------------------------------------------


BROKEN = {
    "D101": RecordError,
    "D103": BuildError,
    "D106": SeedError,
    "D201": SeedError,
    "D202": BuildError,
    "D211": BuildError,
    "D301": BuildError,
    "D302": BuildError,
    "D411": BuildError,
}


@pytest.mark.parametrize(("code", "error"), BROKEN.items(), ids=list(BROKEN))
def test_a_failed_build_leaves_the_old_corpus(code: str, error: type[Exception], built: Toy) -> None:
    spoil(built, code)
    before = contents(built.root)
    with pytest.raises(error):
        build.build(built.repository)
    assert contents(built.root) == before


def test_a_document_without_gold_is_named(toy: Toy) -> None:
    toy.annotations["toy-a"]["gold"] = None
    toy.write()
    with pytest.raises(BuildError, match=r"toy-a\.json: no gold yet"):
        build.build(toy.repository)


def test_a_build_that_is_interrupted_leaves_the_old_corpus(built: Toy) -> None:
    before = contents(built.root)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.build(built.repository, interrupt)
    assert contents(built.root) == before


# -- the command ----------------------------------------------------------------------------------


def test_the_corpus_has_the_version_of_its_own_pyproject(built: Toy) -> None:
    (built.repository.root / "pyproject.toml").write_text('[project]\nname = "toy"\nversion = "7.1.0"\n')
    assert build.check(built.repository) and build.build(built.repository).version == "7.1.0"
    assert "version: 7.1.0" in built.repository.readme.read_text()
    assert not build.check(built.repository)


@pytest.mark.parametrize("text", ["[project", "[project]\n", 'project = "toy"\n'])
def test_a_pyproject_without_a_version_is_an_error(text: str, toy: Toy) -> None:
    (toy.repository.root / "pyproject.toml").write_text(text)
    with pytest.raises(RecordError, match="that can be read"):
        build.build(toy.repository)


def test_the_command_prints_what_it_built(toy: Toy) -> None:
    result = run(app, ["build", str(toy.root)])
    assert result.exit_code == 0, result.stderr
    assert all(config.name in result.stdout for config in configs())


def test_the_command_refuses_inputs_with_findings(built: Toy) -> None:
    spoil(built, "D311")
    before = contents(built.root)
    result = run(app, ["build", str(built.root)])
    assert result.exit_code == 1 and "D311" in result.stdout and "corpus/ is as it was" in result.stderr
    assert contents(built.root) == before


def test_check_exits_zero_on_what_a_build_gives(built: Toy) -> None:
    assert run(app, ["build", "--check", str(built.root)]).exit_code == 0


def _edited(toy: Toy) -> str:
    toy.entities[0]["description"] = "changed"
    toy.write()
    return "corpus/knowledge_base/train-00000-of-00001.parquet: other rows"


def _other_bytes(toy: Toy) -> str:
    path = toy.repository.corpus / "quotes" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    return "corpus/quotes/train-00000-of-00001.parquet: other bytes"


def _missing(toy: Toy) -> str:
    (toy.repository.corpus / "quotes" / "train-00000-of-00001.parquet").unlink()
    return "corpus/quotes/train-00000-of-00001.parquet: missing"


def _stray(toy: Toy) -> str:
    (toy.repository.corpus / "notes.txt").write_text("mine")
    return "corpus/notes.txt: no build writes this file"


def _card(toy: Toy) -> str:
    toy.repository.readme.write_text(toy.repository.readme.read_text().replace("default: true", "default: false"))
    return "README.md: its generated parts are stale"


@pytest.mark.parametrize("change", [_edited, _other_bytes, _missing, _stray, _card])
def test_check_exits_one_on_anything_else_and_writes_nothing(change: object, built: Toy) -> None:
    assert callable(change)
    expected = change(built)
    before = contents(built.root)
    result = run(app, ["build", "--check", str(built.root)])
    assert result.exit_code == 1
    assert expected in result.stdout
    assert contents(built.root) == before


def test_check_without_a_manifest_fails(toy: Toy) -> None:
    result = run(app, ["build", "--check", str(toy.root)])
    assert result.exit_code == 2 and "there is no manifest" in result.stderr.replace("\n", " ")


def test_another_pyarrow_is_told_apart_from_other_rows(built: Toy) -> None:
    """Another writer changes bytes and not rows: the manifest's logical digest tells which it was."""
    manifest = json.loads(built.repository.manifest.read_text())
    manifest["pyarrow"] = "0.0.0"
    built.repository.manifest.write_text(json.dumps(manifest))
    assert build.check(built.repository) == ["corpus/manifest.json: pyarrow would change"]
