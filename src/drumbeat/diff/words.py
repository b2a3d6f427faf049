"""Rows and their changes in words: a column each, long texts shortened around the place where they part."""

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from drumbeat.tables import Row

_SHOWN = 60  # characters of a text
_BEFORE = 20  # of them before the first difference
_LONG = 200  # a text above this many is a document's or a region's: its size is said as well
_ITEMS = 4  # of a list
_PARTS = 3  # of a row that is new or gone
_SPAN = ("start", "end", "text")
_BOOKKEEPING = {"status", "annotator", "file", "text_sha256", "seed_sha256", "seed_bytes", "normalizer", "offset_map"}


def change(old: Row, new: Row) -> tuple[str, ...]:
    """What changed between two readings of a row, which hold the same columns."""
    words = []
    before, after = _span(old), _span(new)
    if before != after:
        words.append(f"span: {_arrow(before, after)}")
    for name in old:
        if old[name] != new[name] and name not in before:
            words += _value(name, old[name], new[name])
    return tuple(words)


def gist(row: Row, key: Sequence[str]) -> tuple[str, ...]:
    """What a row is, from its first columns that say something."""
    span = _span(row)
    words = [_shown(span)] if span else []
    for name, value in row.items():
        if name not in (*key, *span, *_BOOKKEEPING) and value not in (None, False, [], ""):
            words.append(f"{name}: {_several(value) if isinstance(value, list) else _shown(value)}")
    return tuple(words[:_PARTS])


def _span(row: Row) -> Row:
    """The columns of a row that is a span itself; a text-free one has no text."""
    return {name: row[name] for name in _SPAN if name in row} if "start" in row and "end" in row else {}


def _value(name: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict) and not _is_span(old):
        return [words for field in old if old[field] != new.get(field) for words in _value(f"{name}.{field}", old[field], new.get(field))]
    if isinstance(old, list) and isinstance(new, list):
        return _list(name, old, new)
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _LONG:
        at = _alike(old, new)
        return [f"{name}: {len(old):,} -> {len(new):,} characters, different from {at:,} on: {_arrow(old, new)}"]
    return [f"{name}: {_arrow(old, new)}"]


def _list(name: str, old: list[Any], new: list[Any]) -> list[str]:
    """The items between those that both lists begin and end with."""
    begin = _alike(old, new)
    end = _alike(old[begin:][::-1], new[begin:][::-1])
    gone, come = old[begin : len(old) - end], new[begin : len(new) - end]
    if len(gone) != len(come):
        if not gone or not come:
            return [f"{name}: {'added' if come else 'removed'} {_several(gone or come)}"]
        return [f"{name}: {_several(gone)} -> {_several(come)}"]
    pairs = [(begin + at, *pair) for at, pair in enumerate(zip(gone, come, strict=True)) if pair[0] != pair[1]]
    words = [text for at, one, other in pairs[:_ITEMS] for text in _value(name if _is_span(one) else f"{name}[{at}]", one, other)]
    return words + ([f"{name}: {len(pairs) - _ITEMS} more"] if len(pairs) > _ITEMS else [])


def _several(items: list[Any]) -> str:
    return ", ".join(map(_shown, items[:_ITEMS])) + (f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS else "")


def _arrow(old: Any, new: Any) -> str:
    """Two values, texts in them shortened to the same stretch."""
    one, other = (value.get("text") if isinstance(value, dict) else value for value in (old, new))
    begin = 0
    if isinstance(one, str) and isinstance(other, str) and max(len(one), len(other)) > _SHOWN:
        begin = max(0, min(_alike(one, other) - _BEFORE, max(len(one), len(other)) - _SHOWN))
    return f"{_shown(old, begin)} -> {_shown(new, begin)}"


def _shown(value: Any, begin: int = 0) -> str:
    if _is_span(value):
        text = value.get("text")
        return f"{value['start']}..{value['end']}" + ("" if text is None else f" {_quoted(text, begin)}")
    if isinstance(value, dict):
        return "(" + ", ".join(item if isinstance(item, str) else _shown(item) for item in value.values()) + ")"
    if isinstance(value, list):
        return f"[{_several(value)}]"
    return _quoted(value, begin) if isinstance(value, str) else json.dumps(value, default=str)


def _is_span(value: Any) -> bool:
    return isinstance(value, dict) and {"start", "end"} <= value.keys() <= set(_SPAN)


def _alike(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many items two sequences begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _quoted(text: str, begin: int = 0) -> str:
    """A stretch of a text in quotation marks; what a reader would not see in it is escaped."""
    stretch = text[begin : begin + _SHOWN]
    quoted = json.dumps(stretch, ensure_ascii=False)[1:-1]
    visible = "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in quoted)
    return f'"{"…" if begin else ""}{visible}{"…" if begin + _SHOWN < len(text) else ""}"'
