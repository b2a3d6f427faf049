"""The columnar pass finds every row that the readable rules find something about, and leaves the others alone."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drumbeat import build, schema, tables
from drumbeat.checks import columns, files, validate
from drumbeat.checks.columns import shape
from drumbeat.checks.finding import Finding
from drumbeat.errors import DrumbeatError, SchemaError
from drumbeat.model import FULL, TEXT_FREE, CorpusFile, Inputs, Manifest
from drumbeat.repository import Repository, read_manifest
from drumbeat.scale import in_order
from drumbeat.words import without_words
from tests.faults import FAULTS, Fault
from tests.toy import Toy, toy

Json = dict[str, Any]
Tables = dict[str, list[Json]]

PREFIXES = ("", "é ", "😀 ", "€😀ü\n", "a\u0301 ", "")  # one, two, three and four bytes before everything
NAMES = [config.name for config in schema.configs()]
TEXTS = ["", " ", "x", "a\n", "nobody", "d1", "d3", "q001", "“We are ready,”", "😀", "0" * 64, "Q0", "Q12", "a" * 65]


# -- a corpus of some documents, as rows --------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tables]:
    """The rows of six documents by config, as Arrow gives them, in full and text-free form."""
    made = toy(tmp_path_factory.mktemp("columns") / "toy")
    build.build(made.repository)
    full = {name: pq.read_table(made.repository.corpus / name).to_pylist() for name in NAMES}
    full = {name: _copies(name, of) for name, of in full.items()}
    return {FULL: full, TEXT_FREE: {name: [_bare(schema.config(name), row) for row in of] for name, of in full.items()}}


def _copies(name: str, of: list[Json]) -> list[Json]:
    if not of or "document_id" not in of[0]:
        return of
    chosen = [("toy-a", "toy-b")[index % 2] for index in range(len(PREFIXES))]
    return [_moved(row, f"d{index}", prefix) for index, prefix in enumerate(PREFIXES) for row in of if row["document_id"] == chosen[index]]


def _moved(row: Json, document_id: str, prefix: str) -> Json:
    """A row of a document whose text has a prefix."""
    if "text_sha256" in row:
        text = prefix + row["text"]
        return row | {"document_id": document_id, "text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest()}

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item + len(prefix) if key in ("start", "end") else moved(item) for key, item in value.items()}
        return [item + len(prefix) if isinstance(item, int) else moved(item) for item in value] if isinstance(value, list) else value

    tags = {key: value for key, value in row.items() if key.endswith("_tags")}
    return dict(moved(row)) | tags | {"document_id": document_id}


def _bare(config: schema.Config, row: Json) -> Json:
    return without_words(config)(row)


def write(root: Path, of: Tables, form: str, cuts: Sequence[int] = (), group: int = 1000) -> tuple[Repository, Manifest]:
    """A corpus of some configs; `cuts` are where their rows are cut into files, `group` is the number of rows a row group."""
    repository, listed = Repository(root), []
    for name, of_config in of.items():
        wanted = tables.arrow_schema(schema.config(name))
        edges = [0, *sorted(cut % (len(of_config) + 1) for cut in cuts), len(of_config)]
        for number, (begin, end) in enumerate(pairwise(edges)):
            path = f"{name}/train-{number:05}-of-{len(edges) - 1:05}.parquet"
            (root / "corpus" / name).mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(of_config[begin:end], wanted), root / "corpus" / path, row_group_size=group)
            listed.append(CorpusFile(path, name, "train", end - begin, 1, "0" * 64, "0" * 64))
    inputs = Inputs(seeds="", annotations="", schema="")
    return repository, Manifest(version="1.0.0", form=form, normalizer="1", segmenter="1", pyarrow="1", inputs=inputs, files=tuple(listed))


# -- both ways ----------------------------------------------------------------------------------------


def found(repository: Repository, manifest: Manifest) -> list[Finding]:
    return [finding for finding in files.check_files(repository, manifest) if finding.code not in ("D502", "D505")]


def found_readably(repository: Repository, manifest: Manifest) -> list[Finding]:
    """The same, every row looked at by the readable rules."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "suspects", _everything)
        return found(repository, manifest)


def _everything(config: schema.Config, groups: Any, documents: Any, *_: Any) -> Iterator[columns.Suspects]:
    return columns.everything(config, groups, documents)


def looked_at(repository: Repository, manifest: Manifest) -> list[Json]:
    """The rows that the columnar pass hands on."""
    seen: list[Json] = []
    readable = files.rows_conform

    def watched(file: CorpusFile, rows: Iterable[tuple[int, Json]], *rest: Any) -> Iterator[Finding]:
        numbered = list(rows)
        seen.extend(row for _, row in numbered)
        return readable(file, numbered, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "rows_conform", watched)
        list(files.check_files(repository, manifest))
    return seen


def both(repository: Repository, manifest: Manifest) -> list[Finding]:
    fast, readable = found(repository, manifest), found_readably(repository, manifest)
    assert [str(finding) for finding in fast] == [str(finding) for finding in readable]
    assert fast == readable
    return fast


@pytest.mark.parametrize("form", [FULL, TEXT_FREE])
@pytest.mark.parametrize("cuts", [(), (3, 4, 9, 40)])
def test_nothing_is_suspected_where_nothing_is_wrong(form: str, cuts: tuple[int, ...], rows: dict[str, Tables], tmp_path: Path) -> None:
    repository, manifest = write(tmp_path, rows[form], form, cuts, 7)
    assert both(repository, manifest) == []
    assert looked_at(repository, manifest) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_config_may_be_empty(name: str, rows: dict[str, Tables], tmp_path: Path) -> None:
    if name == "documents":
        assert both(*write(tmp_path, rows[FULL] | {name: []}, FULL))[0].message == "no document 'd0'"
    else:
        assert both(*write(tmp_path, rows[FULL] | {name: []}, FULL, (1, 1))) == []


def test_only_the_documents_with_a_fault_are_looked_at(rows: dict[str, Tables], tmp_path: Path) -> None:
    of = [dict(row) for row in rows[FULL]["entities"]]
    place = next(index for index, row in enumerate(of) if row["document_id"] == "d2")
    of[place]["end"] += 1
    repository, manifest = write(tmp_path, {"documents": rows[FULL]["documents"], "entities": of}, FULL)
    assert [finding.row for finding in both(repository, manifest)] == [place]
    assert {row["document_id"] for row in looked_at(repository, manifest)} == {"d2"}


# -- any fault ----------------------------------------------------------------------------------------


def _leaves(value: Any, kind: pa.DataType, here: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], pa.DataType]]:
    """Where in a row something stands, and of which type."""
    if here:
        yield here, kind
    if pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves((value or {}).get(field.name), field.type, (*here, field.name)) if value is not None else ()
    elif pa.types.is_list(kind):
        for index, item in enumerate(value or ()):
            yield from _leaves(item, kind.value_type, (*here, index))


def _another(draw: st.DrawFn, value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return draw(st.sampled_from([None, *TEXTS, (value or "") + "\n", (value or "")[1:]]))
    if pa.types.is_integer(kind):
        most = 2**31 - 1  # an earlier change may have made the value this
        return draw(st.sampled_from([None, -1, 0, 1, 99, most, min((value or 0) + 1, most), max((value or 0) - 1, -5)]))
    if pa.types.is_boolean(kind):
        return draw(st.sampled_from([None, True, False]))
    if pa.types.is_date(kind):
        return draw(st.sampled_from([None, date(1, 1, 1), date(9999, 12, 31), date(2026, 1, 2)]))
    if pa.types.is_list(kind):
        value = value or []
        return draw(st.sampled_from([None, [], value[::-1], value[1:], value[:-1], value + value[-1:], [*value, None]]))
    return None  # a struct


def _set(row: Json, path: tuple[Any, ...], new: Any) -> Json:
    copy: Json = json.loads(json.dumps(row, default=lambda day: {"day": day.isoformat()}))
    if "published" in copy and isinstance(copy["published"], dict):
        copy["published"] = row["published"]
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = new
    return copy


@st.composite
def spoiled(draw: st.DrawFn, of: list[Json], name: str) -> list[Json]:
    """The rows with up to three things changed."""
    kinds = pa.struct(list(tables.arrow_schema(schema.config(name))))
    changed = list(of)
    for _ in range(draw(st.integers(0, 3))):
        if not changed:
            break
        at = draw(st.integers(0, len(changed) - 1))
        match draw(st.sampled_from(["value"] * 8 + ["swap", "twice", "drop", "move", "reverse"])):
            case "value":
                path, kind = draw(st.sampled_from(list(_leaves(changed[at], kinds))))
                value: Any = changed[at]
                for step in path:
                    value = value[step]
                changed[at] = _set(changed[at], path, _another(draw, value, kind))
            case "swap":
                to = draw(st.integers(0, len(changed) - 1))
                changed[at], changed[to] = changed[to], changed[at]
            case "twice":
                changed.insert(at, changed[at])
            case "drop":
                changed.pop(at)
            case "move":
                changed.append(changed.pop(at))
            case "reverse":
                changed.reverse()
    return changed


@pytest.mark.parametrize("form", [FULL, TEXT_FREE, "hydrated"])
@pytest.mark.parametrize("name", NAMES)
def test_both_ways_find_the_same(name: str, form: str, rows: dict[str, Tables], tmp_path_factory: pytest.TempPathFactory) -> None:
    of = rows[TEXT_FREE if form == TEXT_FREE else FULL]
    seen = set()

    @settings(max_examples=60 if form == FULL else 20, database=None)
    @given(
        *(spoiled(of[name], name), spoiled(of["documents"], "documents"), st.booleans()),
        *(st.lists(st.integers(0, 400), max_size=2), st.sampled_from([3, 20, 1000])),
    )
    def check(changed: list[Json], documents: list[Json], also: bool, cuts: list[int], group: int) -> None:
        both_tables = {"documents": documents if also else of["documents"]} | {name: changed}
        seen.add(bool(both(*write(tmp_path_factory.mktemp("spoiled"), both_tables, form, cuts, group))))

    check()
    assert seen == {True, False}


@pytest.mark.parametrize("fault", [fault for code in ("D503", "D504", "D510") for fault in FAULTS[code]], ids=lambda fault: fault.name)
def test_both_ways_find_each_planted_fault(fault: Fault, built: Toy) -> None:
    fault.spoil(built)
    fast = list(validate(built.repository, ["D5"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "suspects", _everything)
        patch.setattr(tables, "read_count", lambda path: (0, None))
        assert list(validate(built.repository, ["D5"])) == fast
    assert fault.code in {finding.code for finding in fast}


# -- what no row can show -----------------------------------------------------------------------------


def _broken(rows: dict[str, Tables], tmp_path: Path, name: str, column: str, values: pa.Array) -> list[Finding]:
    repository, manifest = write(tmp_path, {"documents": rows[FULL]["documents"], name: rows[FULL][name]}, FULL)
    path = repository.corpus / manifest.files[-1].path
    table = pq.read_table(path)
    index = table.schema.get_field_index(column)
    pq.write_table(table.set_column(index, table.schema.field(index), values), path)
    return both(repository, manifest)


def test_text_that_is_no_utf8_is_found(rows: dict[str, Tables], tmp_path: Path) -> None:
    count = len(rows[FULL]["regions"])
    edges = pa.py_buffer(b"".join(index.to_bytes(4, "little") for index in range(count + 1)))
    bad = pa.Array.from_buffers(pa.string(), count, [None, edges, pa.py_buffer(b"\xff" * count)])
    findings = _broken(rows, tmp_path, "regions", "text", bad)
    assert {finding.code for finding in findings} == {"D503"}
    assert "cannot be read to the end" in findings[0].message


def test_a_day_beyond_the_calendar_is_found(rows: dict[str, Tables], tmp_path: Path) -> None:
    days = pa.array([10**7] * len(rows[FULL]["documents"]), pa.int32()).cast(pa.date32())
    repository, manifest = write(tmp_path, {"documents": rows[FULL]["documents"]}, FULL)
    path = repository.corpus / manifest.files[0].path
    table = pq.read_table(path)
    index = table.schema.get_field_index("published")
    pq.write_table(table.set_column(index, table.schema.field(index), days), path)
    assert {finding.code for finding in both(repository, manifest)} == {"D503"}


def test_files_whose_ids_cross_belong_together_by_their_names(rows: dict[str, Tables], tmp_path: Path) -> None:
    """Shards that were made apart, each in its own order."""
    listed: list[CorpusFile] = []
    for number, ids in enumerate([("d0", "d4"), ("d1", "d2"), ("d3", "d5")]):
        of = {name: [row for row in rows[FULL][name] if row["document_id"] in ids] for name in ("documents", "tokens")}
        of["tokens"] = [dict(row) for row in of["tokens"]]
        of["tokens"][-1]["text"] += "!"
        _, manifest = write(tmp_path / "each", of, FULL)
        for file in manifest.files:
            path = tmp_path / "corpus" / file.config / f"train-{number:05}-of-00003.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "each" / "corpus" / file.path).rename(path)
            listed.append(replace(file, path=path.relative_to(tmp_path / "corpus").as_posix()))
    findings = both(Repository(tmp_path), replace(manifest, files=tuple(listed)))
    assert len(findings) == 3 and {finding.message for finding in findings} == {"the span's text is not the document's there"}


# -- the schema as columns ----------------------------------------------------------------------------


@pytest.mark.parametrize("withheld", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_the_schema_is_known(name: str, withheld: bool) -> None:
    assert (
        len(shape.rows_in_doubt(name, withheld, False)(pa.RecordBatch.from_pylist([], tables.arrow_schema(schema.config(name))), None)) == 0
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "integer", "multipleOf": 2},
        {"type": "string", "maxLength": 3},
        {"type": "string", "allOf": []},
        {"type": "boolean", "const": True},
    ],
)
def test_a_rule_that_columns_are_not_checked_for_is_refused(rule: Json) -> None:
    kind = {"integer": "int", "string": "string", "boolean": "bool"}[rule["type"]]
    with pytest.raises(SchemaError, match="teach drumbeat"):
        shape._rule(rule, schema.Column("it", kind), "somewhere", False)


@pytest.mark.parametrize(
    ("rule", "kind", "doubtful"),
    [
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, [["a"], ["a", "b"], [], ["a", "a"]], [0, 2]),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, [["a"], ["a", "b"], [], ["a", "a"]], [1, 3]),
        ({"type": "array", "items": {"type": "string", "minLength": 2}}, [["ab"], ["é", "ab"], None, ["ab", ""]], [1, 2, 3]),
        ({"type": ["array", "null"], "items": {"type": ["string", "null"]}}, [["ab"], None, [None]], []),
    ],
)
def test_rules_of_lists(rule: Json, kind: list[Any], doubtful: list[int]) -> None:
    column = schema.Column("it", "list", items=(schema.Column("item", "string"),))
    found = shape._rule(rule, column, "somewhere", False)(pa.array(kind, pa.list_(pa.string())))
    assert sorted(set(found.tolist())) == doubtful


# -- the logical digest ---------------------------------------------------------------------------------


def _count(repository: Repository, name: str, intact: bool) -> tuple[int, str]:
    return files._count(repository.corpus / name / "train-00000-of-00001.parquet", schema.config(name), intact)


def test_the_digest_of_a_file_as_it_was_written_is_the_one_that_it_carries(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    promised = {file.config: (file.rows, file.logical_sha256) for file in read_manifest(built.repository).files}
    assert {name: _count(built.repository, name, False) for name in NAMES} == promised
    monkeypatch.setattr(tables, "LogicalDigest", None)
    assert {name: _count(built.repository, name, True) for name in NAMES} == promised


def test_the_digest_of_any_other_file_is_computed(built: Toy) -> None:
    path = built.repository.corpus / "quotes" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    before = tables.read_count(path)[1]
    pq.write_table(table, path)  # without the footer's digest
    assert tables.read_count(path) == (len(table), None)
    assert _count(built.repository, "quotes", True) == _count(built.repository, "quotes", False) == (len(table), before)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table[1:])
        writer.add_key_value_metadata({tables.LOGICAL: "0" * 64})
    assert _count(built.repository, "quotes", True)[1] == "0" * 64 != _count(built.repository, "quotes", False)[1] != before


# -- in several processes -----------------------------------------------------------------------------


def test_several_processes_find_the_same_in_the_same_order(built: Toy) -> None:
    for fault in (FAULTS["D311"][0], FAULTS["D504"][0], FAULTS["D503"][-1]):
        fault.spoil(built)
    alone: list[str] = []
    rows: list[int] = []
    findings = list(validate(built.repository, (), alone.append, 1, rows.append))
    assert len({finding.code for finding in findings}) > 4
    for jobs in (2, 3):
        documents: list[str] = []
        shared: list[int] = []
        assert list(validate(built.repository, (), documents.append, jobs, shared.append)) == findings
        assert documents == alone and sum(shared) == sum(rows)


def test_files_of_a_shard_are_held_against_its_documents_alone() -> None:
    def part(name: str, first: str, last: str) -> columns.Part:
        return columns.Part(tables.RowGroup(Path("documents") / name, 0), first, last)

    one, other = part("one", "a", "x"), part("other", "b", "y")
    of = columns.by_name([one, other])
    assert of("one") == [one] and of("other") == [other] and of("third") == [one, other]
    follow = [part("one", "a", "b"), part("other", "c", "d")]
    assert columns.by_name(follow)("other") == columns.by_name(follow)("third") == follow


def test_files_are_shared_out_by_their_bytes() -> None:
    def file(name: str, size: int, number: int = 0) -> CorpusFile:
        return CorpusFile(f"{name}/train-{number:05}-of-00002.parquet", name, "train", 1, size, "0" * 64, "0" * 64)

    whole = [file("documents", 3), file("tokens", 9), file("quotes", 5), file("regions", 1)]
    assert [{of.config for of in unit} for unit in files._units(whole, 1)] == [{"documents", "tokens", "quotes", "regions"}]
    assert [sorted(of.config for of in unit) for unit in files._units(whole, 2)] == [["tokens"], ["documents", "quotes", "regions"]]
    cut = [*whole, *(file(of.config, of.bytes, 1) for of in whole)]
    assert [len(unit) for unit in files._units(cut, 2)] == [4, 4]
    assert sum(map(len, files._units(whole, 9))) == 4


def test_a_process_that_is_lost_is_told() -> None:
    with pytest.raises(DrumbeatError, match="ended from outside"):
        list(in_order(os._exit, [1], 2))


def test_whoever_stops_asking_waits_for_nothing_more() -> None:
    answers = in_order(time.sleep, [0, 600], 2)
    assert next(answers) is None
    answers.close()  # type: ignore[attr-defined]
    assert not active_children()
