import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.errors import RecordError
from drumbeat.jsonl import Places, layout, parse_json, put_in_place, read_json, read_jsonl, write_json, write_text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(values)
def test_the_layout_is_json_of_the_same_value(value: Any) -> None:
    assert json.loads(layout(value)) == value


def test_one_record_a_line() -> None:
    value = {"name": "x", "gold": {"who": "a", "items": [{"id": "1", "spans": [{"start": 0}]}, {"id": "2", "spans": []}]}, "sets": []}
    assert layout(value).splitlines() == [
        "{",
        '  "name": "x",',
        '  "gold": {',
        '    "who": "a",',
        '    "items": [',
        '      {"id": "1", "spans": [{"start": 0}]},',
        '      {"id": "2", "spans": []}',
        "    ]",
        "  },",
        '  "sets": []',
        "}",
    ]


@given(values, st.data())
def test_a_value_is_located_on_its_line(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value, indent=1)
    path: list[str | int] = []
    current = value
    while isinstance(current, dict | list) and current and data.draw(st.booleans()):
        step: Any = data.draw(st.sampled_from(list(current) if isinstance(current, dict) else range(len(current))))
        path.append(step)
        current = current[step]
    line = text.splitlines()[Places(text).line(path) - 1]
    opening = "{" if isinstance(current, dict) else "[" if isinstance(current, list) else None
    assert (opening or json.dumps(current)) in line


def test_a_path_that_does_not_exist_goes_as_far_as_it_does() -> None:
    assert Places('{\n "a": [\n  1\n ]\n}').line(["a", 7]) == 2
    assert Places('{\n "a": 1\n}').line(["b"]) == 1
    assert Places('{\n "a": 1\n}').line(["a", "b"]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "b" 2}', r"x\.json:2: not JSON: .*column"),
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ("", "not JSON"),
        ("[" * 100_000, r"x\.json:1: nested deeper"),
        ('["\\ud83d\\ude00",\n"\\ud800"]', r"x\.json:2: holds half a surrogate pair"),
        ('{"\\udc00": 1}', r"x\.json:1: holds half"),
        ("[NaN]", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("[1e999]", r"x\.json:1: 1e999 is beyond every number"),
        ('{"score": -1.5E400}', r"x\.json:1: -1\.5E400 is beyond every number"),
    ],
)
def test_errors_name_file_and_line(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        parse_json(text, "x.json")


def test_numbers_of_any_finite_size_are_read() -> None:
    assert parse_json("[0.1, 1e308, -1E-400]", "x.json") == [0.1, 1e308, 0.0]


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_json('["\\ud83d\\ude00", "\\\\ud800"]', "x.json") == ["😀", "\\ud800"]


def test_a_bad_line_of_json_lines_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n\n{"a": \n')
    with pytest.raises(RecordError, match=r"x\.jsonl:3: not JSON"):
        list(read_jsonl(path))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"none\.json: cannot be read"):
        read_json(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    with pytest.raises(RecordError, match="byte 1 is not UTF-8"):
        read_json(tmp_path / "latin.json")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half \ud800")
    assert read_json(path) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(RecordError, match="is no file that could be replaced"):
            write_text(path, "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"] and (tmp_path / "pipe").is_fifo()


def test_files_are_put_in_place_with_the_modes_of_the_old_ones(tmp_path: Path) -> None:
    old, new, written = tmp_path / "old", tmp_path / "folder" / "new", tmp_path / "written"
    old.write_text("1")
    old.chmod(0o600)
    written.write_text("2")
    put_in_place({new: "3"}, {old: written})
    assert (old.read_text(), new.read_text()) == ("2", "3")
    assert [path.stat().st_mode & 0o777 for path in (old, new)] == [0o600, 0o644]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "new", "old"]


@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_stops_half_way_leaves_every_file_as_it_was(
    failing: int, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, last = (tmp_path / name for name in ("old", "new", "last"))
    old.write_text("1")
    last.write_text("2")
    rename, calls = os.replace, iter(range(100))

    def replace(source: Path, target: Path) -> None:
        if next(calls) == failing:
            raise error
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(error):
        put_in_place({old: "3", new: "4", last: "5"}, {})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "1", "last": "2"}
