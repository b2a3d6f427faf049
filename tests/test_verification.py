import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import drumbeat
from drumbeat import build, ledger
from drumbeat.cli import app
from drumbeat.corpus import read_corpus
from drumbeat.errors import CorpusError, RecordError, VerificationError
from drumbeat.jsonl import write_jsonl
from drumbeat.model import Release, to_builtins
from drumbeat.repository import Repository
from drumbeat.schema import Column, config
from drumbeat.verification import verify
from tests.corpora import edit_manifest, renew_digest, rows_of, shape, write
from tests.toy import Toy

run = CliRunner().invoke
ENTITIES = "entities/train-00000-of-00001.parquet"


def line(root: Path, version: str | None = None, form: str = "full") -> Release:
    """What the ledger would say of a corpus, under a version of our choice."""
    found = ledger.ledger_line(read_corpus(root), form, "2026-01-31")
    return msgspec.structs.replace(found, version=version or found.version)


class Stream:
    """The least that makes a data set: rows with label ids, and features."""

    def __init__(self, root: Path, name: str, **known: Any) -> None:
        path = root / "corpus" / name / "train-00000-of-00001.parquet"
        self._rows = pq.read_table(path).to_pylist()
        self.features: Any = json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]["features"]
        self.__dict__ |= {"config_name": name, "split": "train"} | known

    def __iter__(self) -> Any:
        return iter(self._rows)

    def part(self, stop: int, split: str) -> "Stream":
        self._rows, self.split = self._rows[:stop], split
        return self


# -- data sets ------------------------------------------------------------------------------------


def test_a_data_set_is_recognised_by_its_rows(built: Toy) -> None:
    found = verify(Stream(built.root, "quotes"), [line(built.root, "1.0.0")])
    assert found.released and found.versions == ("1.0.0",) and found.nearest is not None and not found.differences
    assert str(found) == "quotes train: 1.0.0 (full)"


def test_a_config_may_be_the_same_in_several_versions_and_forms(built: Toy, tmp_path: Path) -> None:
    lines = [line(built.root, version, form) for version, form in (("1.0.0", "full"), ("1.10.0", "full"), ("1.9.0", "text-free"))]
    lines.append(line(built.root, "1.10.0", "text-free"))
    write_jsonl(tmp_path / "releases.jsonl", map(to_builtins, lines))
    found = verify(Stream(built.root, "knowledge_base"), ledger.read_ledger(tmp_path / "releases.jsonl"))
    assert found.versions == ("1.10.0", "1.9.0", "1.0.0")
    assert str(found) == "knowledge_base train: 1.10.0 (full), 1.10.0 (text-free), 1.9.0 (text-free), 1.0.0 (full)"


def test_what_it_calls_itself_does_not_matter(built: Toy) -> None:
    found = verify(Stream(built.root, "quotes", version="2.0.0"), [line(built.root, "1.0.0")])
    assert found.released and str(found) == "quotes train: 1.0.0 (full), though it calls itself 2.0.0"


def test_several_configs_are_of_one_version(built: Toy) -> None:
    first = line(built.root, "1.0.0")
    before = {name: {"train": Stream(built.root, name)} for name in ("quotes", "entities")}
    built.gold()["quotes"][0]["negated"] = True
    built.write()
    build.build(built.repository)
    second = line(built.root, "2.0.0")
    assert verify(before, [second, first]).versions == ("1.0.0",)
    assert verify(before["entities"], [second, first]).versions == ("2.0.0", "1.0.0")
    mixed = verify(before | {"quotes": Stream(built.root, "quotes"), "tokens": Stream(built.root, "tokens")}, [first])
    assert not mixed.released and mixed.differences == ("quotes train: as many rows as in 1.0.0, with other values or in another order",)


@pytest.mark.parametrize("split", ["train[:2]", "train"])
def test_a_slice_is_not_the_whole_split(split: str, built: Toy) -> None:
    found = verify(Stream(built.root, "entities").part(2, split), [line(built.root, "1.0.0")])
    assert not found.released and found.nearest is not None and found.nearest.version == "1.0.0"
    assert f"entities {split}: 2 of the 6 rows of 1.0.0: not the whole split" in str(found)


def test_the_nearest_version_is_the_one_with_most_splits_in_common(built: Toy) -> None:
    lines = [line(built.root, "1.0.0")]
    built.gold()["quotes"][0]["negated"] = True
    built.write()
    build.build(built.repository)
    lines.insert(0, line(built.root, "2.0.0"))
    data = {"quotes": Stream(built.root, "quotes"), "entities": Stream(built.root, "entities").part(3, "train")}
    found = verify(data, lines)
    assert found.nearest == lines[0] and found.differences == ("entities train: 3 of the 6 rows of 2.0.0: not the whole split",)


def test_columns_tell_the_config_where_it_is_not_named(built: Toy) -> None:
    of = {"config_name": "default-0123456789abcdef", "split": None}
    assert verify(Stream(built.root, "quotes", **of), [line(built.root)]).released
    regions = verify(Stream(built.root, "regions", **of), [line(built.root)])  # `boilerplate` has the same columns
    assert regions.released and regions.found[0].configs == ("regions", "boilerplate")


def test_data_of_no_config_is_no_release(built: Toy) -> None:
    other = Stream(built.root, "quotes", config_name="imdb")
    other.features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    other._rows = [{"label": 1}]
    found = verify({"test": other}, [line(built.root, "1.0.0")])
    assert not found.released and found.differences == ("unknown config train: 1.0.0 has no config with its columns",)


def test_columns_that_were_left_out_are_named(built: Toy) -> None:
    part = Stream(built.root, "entities")
    del part.features["wikidata"]
    part._rows = [{name: row[name] for name in part.features} for row in part._rows]
    assert verify(part, [line(built.root)]).differences == ("entities train: without the columns wikidata",)


def test_label_ids_are_part_of_a_version(tmp_path: Path, built: Toy) -> None:
    """The rows are the same, label by label, but whoever works with ids would be misled."""
    of = next(column for column in config("entities").columns if column.name == "label")
    other = {"entities": shape("entities", label=Column("label", "label", names=of.names[::-1]))}
    root = write(tmp_path / "other", {"entities": rows_of(built.root)["entities"]}, other)
    old, new = line(built.root, "1.0.0"), line(root, "2.0.0")
    assert verify(Stream(built.root, "entities"), [new, old]).versions == ("1.0.0",)
    assert verify(Stream(built.root, "entities"), [new]).differences == ("entities train: the rows of 2.0.0, but other types or label ids",)


@pytest.mark.parametrize("data", [5, None, [], {}, {"train": {}}, {"train": 5}, b"path"])
def test_what_is_no_data_set_is_refused(data: Any) -> None:
    with pytest.raises(VerificationError, match="give"):
        verify(data, [])


def test_without_features_labels_are_numbers(built: Toy) -> None:
    mapped = Stream(built.root, "quotes")
    mapped.features = None
    with pytest.raises(VerificationError, match="features of the data set are unknown"):
        verify(mapped, [])


SCRIPT = """
import json, os, sys
import datasets, drumbeat
from datasets import load_dataset
from drumbeat.ledger import read_ledger
from pathlib import Path
datasets.disable_progress_bars()
root, name = sys.argv[1:3]
ledger = read_ledger(Path(root) / "releases.jsonl")
plain = load_dataset(root, name)
given = {
    "plain": plain,
    "split": plain["train"],
    "streaming": load_dataset(root, name, streaming=True),
    "stream": load_dataset(root, name, split="train", streaming=True),
    "numpy": plain["train"].with_format("numpy"),
    "file": load_dataset("parquet", data_files=f"{root}/corpus/{name}/*.parquet", split="train"),
    "slice": load_dataset(root, name, split="train[:50%]"),
    "taken": load_dataset(root, name, split="train", streaming=True).take(3),
    "reversed": plain["train"].select(range(len(plain["train"]) - 1, -1, -1)),
    "columns": plain["train"].remove_columns("annotator"),
    "edited": plain["train"].map(lambda row: {"annotator": "me"}),
}
found = {key: drumbeat.verify(data, ledger) for key, data in given.items()}
print(json.dumps({key: [one.released, one.versions, one.says, list(one.differences)] for key, one in found.items()}), flush=True)
os._exit(0)  # reader threads of streaming can abort a process that is already done and leaving
"""


@pytest.mark.parametrize("name", ["documents", "quotes", "tokens", "quote_clusters"])
def test_what_load_dataset_gives_is_recognised(name: str, checkout: Repository, tmp_path: Path) -> None:
    """Plain, streaming, by file and in any format; a part of it is not."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "corpus").symlink_to(checkout.corpus)
    (root / "README.md").symlink_to(checkout.readme)
    write_jsonl(root / "releases.jsonl", [to_builtins(line(root, "9.9.9"))])
    environment = os.environ | {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    result = subprocess.run([sys.executable, "-c", SCRIPT, str(root), name], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    version = str(read_corpus(root).version)
    for key in ("plain", "split", "streaming", "stream", "numpy"):
        assert found[key] == [True, ["9.9.9"], version, []], key
    assert found["file"] == [True, ["9.9.9"], None, []]
    rows = sum(file.rows for file in read_corpus(root).tables[name].files)
    assert found["slice"][0] is False and f"of the {rows} rows of 9.9.9: not the whole split" in found["slice"][3][0]
    assert found["taken"][3] == [f"{name} train: 3 of the {rows} rows of 9.9.9: not the whole split"]
    assert found["columns"][3] == [f"{name} train: without the columns annotator"]
    for key in ("reversed", "edited"):
        assert found[key][3] == [f"{name} train: as many rows as in 9.9.9, with other values or in another order"]


# -- paths ----------------------------------------------------------------------------------------


def release(toy: Toy, version: str | None = None) -> None:
    write_jsonl(toy.root / "releases.jsonl", [to_builtins(line(toy.root, version))])


def test_a_released_checkout_is_recognised(built: Toy) -> None:
    release(built)
    for path in (built.root, built.repository.corpus, built.repository.manifest):
        result = run(app, ["verify", str(path)])
        assert (result.exit_code, result.stdout) == (0, f"{path}: {drumbeat.__version__} (full)\n"), result.stderr


def test_an_unreleased_checkout_says_its_version(built: Toy) -> None:
    (built.root / "releases.jsonl").touch()
    result = run(app, ["verify", str(built.root)])
    assert result.exit_code == 1
    assert result.stdout == f"{built.root}: {drumbeat.__version__}, unreleased\n  no version has been released yet\n"


def test_a_checkout_after_a_release_says_what_it_has_instead(built: Toy) -> None:
    release(built, "0.0.9")
    built.entities.append(built.entities[0] | {"id": "zoe", "name": "Zoe"})
    built.write()
    build.build(built.repository)
    result = run(app, ["verify", str(built.root), "--format", "json"])
    record = json.loads(result.stdout)
    assert (result.exit_code, record["released"], record["says"]) == (1, False, drumbeat.__version__)
    assert record["nearest"] == {"version": "0.0.9", "form": "full", "date": "2026-01-31"}
    assert record["differences"] == ["knowledge_base train: 5 rows, 0.0.9 has 4"]


def _tampered(toy: Toy) -> str:
    path = toy.repository.corpus / ENTITIES
    pq.write_table(pq.read_table(path), path, compression="none")
    return f"damaged, though its rows are those of {drumbeat.__version__} (full)\n  {path}: its bytes are not those of the manifest"


def _truncated(toy: Toy) -> str:
    path = toy.repository.corpus / ENTITIES
    path.write_bytes(path.read_bytes()[:-20])
    return f"{path}: its bytes are not those of the manifest"


def _missing(toy: Toy) -> str:
    (toy.repository.corpus / ENTITIES).unlink()
    return f"{toy.repository.corpus / ENTITIES}: listed in the manifest, but missing"


def _edited_with_its_manifest(toy: Toy) -> str:
    path = toy.repository.corpus / ENTITIES
    table = pq.read_table(path)
    column = table.schema.get_field_index("entity")
    pq.write_table(table.set_column(column, table.schema.field(column), pa.array(["nobody"] * table.num_rows)), path)
    renew_digest(toy.root, ENTITIES)
    nearest = f"not {drumbeat.__version__}, though it calls itself so\n  nearest is {drumbeat.__version__} (full)\n  entities train: "
    return f"{nearest}as many rows as in {drumbeat.__version__}, with other values or in another order"


def _fewer_configs(toy: Toy) -> str:
    manifest = json.loads(toy.repository.manifest.read_text())
    edit_manifest(toy.root, files=[file for file in manifest["files"] if file["config"] != "entities"])
    return f"entities train: missing, {drumbeat.__version__} has it"


@pytest.mark.parametrize("spoil", [_tampered, _truncated, _missing, _edited_with_its_manifest, _fewer_configs])
def test_a_release_that_was_touched_is_none(spoil: Callable[[Toy], str], built: Toy) -> None:
    release(built)
    says = spoil(built)
    result = run(app, ["verify", str(built.root)])
    assert result.exit_code == 1 and says in result.stdout, result.stdout + result.stderr


def _no_corpus(toy: Toy) -> str:
    for path in toy.repository.corpus.rglob("*.*"):
        path.unlink()
    return "no corpus here"


def _manifest_alone(toy: Toy) -> str:
    for path in toy.repository.corpus.rglob("*.parquet"):
        path.unlink()
    return "none of its files is here"


def _no_manifest_of_ours(toy: Toy) -> str:
    toy.repository.manifest.write_text("[]")
    return "is no manifest of a corpus"


def _broken_ledger(toy: Toy) -> str:
    (toy.root / "releases.jsonl").write_text('{"version": "1.0"}\n')
    return "releases.jsonl:1: "


def _version_twice(toy: Toy) -> str:
    path = toy.root / "releases.jsonl"
    path.write_text(path.read_text() * 2)
    return f"releases.jsonl:2: {drumbeat.__version__} (full) stands twice"


def _no_parquet(toy: Toy) -> str:
    (toy.repository.corpus / ENTITIES).write_bytes(b"PAR1, or so it says")
    renew_digest(toy.root, ENTITIES)
    return "not a whole Parquet file"


@pytest.mark.parametrize("spoil", [_no_corpus, _manifest_alone, _no_manifest_of_ours, _broken_ledger, _version_twice, _no_parquet])
def test_what_cannot_be_verified_is_a_failure(spoil: Callable[[Toy], str], built: Toy) -> None:
    release(built)
    says = spoil(built)
    result = run(app, ["verify", str(built.root)])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1) and says in result.stderr
    assert run(app, ["verify", str(built.root / "nowhere")]).exit_code == 2


def test_errors_are_those_of_the_library(built: Toy) -> None:
    with pytest.raises(CorpusError, match="no such file or folder"):
        verify("org/name")
    with pytest.raises(RecordError, match="cannot be read"):
        ledger.read_ledger(built.root / "nowhere.jsonl")


def test_the_digest_of_a_split_goes_over_all_its_files(tmp_path: Path, built: Toy) -> None:
    rows = rows_of(built.root)["entities"]["train"]
    whole = line(write(tmp_path / "whole", {"entities": {"train": rows}}))
    root = write(tmp_path / "parts", {"entities": {"train": rows[:2], "rest": rows[2:]}})
    (root / "corpus" / "entities" / "rest-00000-of-00001.parquet").rename(root / "corpus" / "entities" / "train-00001-of-00002.parquet")
    manifest = json.loads((root / "corpus" / "manifest.json").read_text())
    manifest["files"][1] |= {"path": "entities/train-00001-of-00002.parquet", "split": "train"}
    edit_manifest(root, files=manifest["files"])
    assert line(root) == whole and verify(root, [whole]).released


# -- the package ----------------------------------------------------------------------------------


def test_the_ledger_of_this_repository_is_in_order(checkout: Repository) -> None:
    shipped = ledger.read_ledger(checkout.root / ledger.NAME)
    assert shipped == ledger.shipped()


def _modules_after(statements: str) -> set[str]:
    script = f"import json, sys\n{statements}\nprint(json.dumps(list(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout))


def test_the_package_is_light_until_it_is_used(built: Toy) -> None:
    assert not _modules_after("import drumbeat") & {"pyarrow", "msgspec", "datasets", "jsonschema"}
    used = f"from drumbeat import verify\nimport drumbeat.verification\nverify({str(built.root)!r})\nassert verify is drumbeat.verify"
    assert _modules_after(used) & {"pyarrow", "datasets"} == {"pyarrow"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        drumbeat.nothing  # noqa: B018
