"""What jsonschema-rs calls valid is what python jsonschema, by which the schema's rules are defined here, calls valid."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat import build, schema, tables
from drumbeat.jsonl import read_json, read_jsonl
from drumbeat.repository import Repository
from tests.mutations import mutated, paths
from tests.toy import toy

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.relative_to(schema.schema_folder()).as_posix() for path in schema.schema_folder().glob("*/*.json"))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Records that conform, by schema file."""
    made = toy(tmp_path_factory.mktemp("parity") / "toy")
    build.build(made.repository)
    build.build_text_free(made.repository, bare := made.root / "bare")
    of: dict[str, list[Any]] = {
        "records/seed.json": made.seeds,
        "records/annotation.json": [json.loads(path.read_text()) for path in sorted(made.repository.links.parent.glob("*.json"))],
        "records/entity.json": made.entities,
        "records/link.json": made.links,
        "records/manifest.json": [read_json(made.repository.manifest), read_json(Repository(bare).manifest)],
        "records/anchors.json": [value for _, value in read_jsonl(Repository(bare).corpus / "anchors.jsonl")],
        "records/release.json": [_release()],
        "records/receipt.json": [_receipt(read_json(made.repository.manifest)["files"])],
        "records/reject.json": [{"place": "pages.jsonl: line at byte 0", "reason": "no JSON object"}],
    }
    suggested = json.loads(json.dumps(of["records/annotation.json"][0]))
    suggested["sets"][0] |= {"score": 1, "layers": ["regions"], "foreign": [{"a": [1.0, None]}]}
    suggested["sets"][0]["regions"][0]["confidence"] = 1.0
    of["records/annotation.json"].append(suggested)
    for config in schema.configs():
        files = [root / config.name / "train-00000-of-00001.parquet" for root in (made.repository.corpus, Repository(bare).corpus)]
        of[f"corpus/{config.name}.json"] = [row for file in files for row in tables.read_rows(file, config)]
    return of


def _release() -> dict[str, Any]:
    split = {"config": "quotes", "split": "train", "rows": 1, "logical_sha256": "0" * 64, "features_sha256": "0" * 64}
    return {"version": "1.0.0", "form": "full", "date": "2026-01-02", "splits": [split]}


def _receipt(files: list[Any]) -> dict[str, Any]:
    rejects = {"path": "rejects/0123456789abcdef.jsonl", "bytes": 9, "sha256": "0" * 64}
    return {"shard": "0123456789abcdef", "input": "pages.jsonl", "pages": 2, "rejects": 1, "files": files[:2], "side_files": [rejects]}


@cache
def _reference(name: str, withheld: bool) -> Any:
    return schema.validator(name, withheld)


def agree(name: str, record: Any, withheld: bool) -> bool:
    valid = schema.conforms(name, record, withheld)
    assert valid == _reference(name, withheld).is_valid(record), record
    assert valid == (not list(schema.violations(name, record, withheld)))
    return valid


def test_every_schema_has_records(records: dict[str, list[Any]]) -> None:
    assert sorted(name for name, of in records.items() if of) == NAMES
    for name, of in records.items():
        assert all(agree(name, record, True) for record in of)


@pytest.mark.parametrize("withheld", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_both_call_the_same_records_valid(name: str, withheld: bool, records: dict[str, list[Any]]) -> None:
    seen: set[bool] = set()

    @settings(max_examples=250, database=None)
    @given(mutated(records[name]))
    def check(record: Any) -> None:
        seen.add(agree(name, record, withheld))

    check()
    assert seen == {True, False}


@pytest.mark.parametrize("value", [None, 58.0, 58.5, True, -1, "58", 2**31, 2**70])
def test_offsets_are_whole_numbers_for_both(value: Any, records: dict[str, list[Any]]) -> None:
    record = records["records/annotation.json"][0]
    for path in paths(record):
        if path[-1:] == ("start",):
            changed = json.loads(json.dumps(record))
            parent = changed
            for step in path[:-1]:
                parent = parent[step]
            parent["start"] = value
            assert agree("records/annotation.json", changed, False) == (value in (2**31, 2**70) and not isinstance(value, bool))


DAYS = ["2024-02-29", "9999-12-31", "0001-01-01"]
NO_DAYS = ["0000-01-01", "2022-02-30", "2022-02-28\n", "20220228", "2022-W01-1", "２０２２-02-28", "2022-2-28", " 2022-02-28", ""]


@pytest.mark.parametrize(("value", "valid"), [*((day, True) for day in DAYS), *((day, False) for day in NO_DAYS)])
def test_days_are_those_of_the_calendar_for_both(value: str, valid: bool) -> None:
    assert agree("records/release.json", _release() | {"date": value}, False) == valid


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), lambda of: st.lists(of)))
def test_what_is_no_record_is_valid_for_neither(value: Any) -> None:
    assert not agree("records/seed.json", value, False)


def test_half_a_surrogate_pair_is_left_to_python() -> None:
    row = {"kind": "\ud800"}
    assert not schema.conforms("corpus/blocks.json", row)
    assert list(schema.violations("corpus/blocks.json", row))
