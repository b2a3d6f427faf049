"""JSON records with one thing changed, of the kind that breaks a schema's rules, or looks as if it did."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]
Json = Any

REPLACEMENTS: list[Json] = [
    *(None, True, False, 0, -1, 1, 58, 58.0, 58.5, 1e300, 2**31, 2**70, -0.0, 0.5, 1.0),
    *("", " ", "x", "0", "nobody", "body", "é", "a\n", "😀", "a" * 64, "a" * 65, "0" * 64, "A" * 64, "Q1", "Q0", "direct", "gold"),
    *("2022-02-30", "2022-02-28", "2022-2-3", "20220203", "2022-W01-1", "２０２２-02-03", "2024-02-29", "2023-02-29", "0000-01-01"),
    *([], [None], ["title", "title"], ["quotes"], {}, {"start": 0, "end": 1}, {"start": 0.0, "end": 1}),
]


def paths(value: Json, here: Path = ()) -> Iterator[Path]:
    """Where in a record something stands, the record itself first."""
    yield here
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield from paths(child, (*here, step))


def at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def changed(value: Json, path: Path, new: Json) -> Json:
    """The record with another value at a path."""
    if not path:
        return new
    copy = json.loads(json.dumps(value))
    at(copy, path[:-1])[path[-1]] = new
    return copy


def without(value: Json, path: Path) -> Json:
    """The record without what stands at a path."""
    copy = json.loads(json.dumps(value))
    if path:
        del at(copy, path[:-1])[path[-1]]
    return copy


@st.composite
def mutated(draw: st.DrawFn, records: list[Json]) -> Json:
    """One of the records, with up to two things changed."""
    record = draw(st.sampled_from(records))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(paths(record))))
        value = at(record, path)
        match draw(st.sampled_from(["replace", "replace", "drop", "add", "tail", "float", "twice"])):
            case "replace":
                record = changed(record, path, draw(st.sampled_from(REPLACEMENTS)))
            case "drop":
                record = without(record, path)
            case "add" if isinstance(value, dict):
                record = changed(record, path, value | {"mood": "glum"})
            case "tail" if isinstance(value, str):
                record = changed(record, path, value + draw(st.sampled_from(["\n", " ", "\r", "\u2028", "é", "\0", "_", "-"])))
            case "float" if isinstance(value, int) and not isinstance(value, bool):
                record = changed(record, path, float(value))
            case "twice" if isinstance(value, list):
                record = changed(record, path, value + value)
    return record
