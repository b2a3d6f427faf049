"""Columns and labels of two versions, side by side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from drumbeat.diff.records import FormChange
from drumbeat.schema import Column
from drumbeat.versions import Bump

Columns = Sequence[Column]


def column_changes(old: Columns, new: Columns, inside: str = "") -> Iterator[FormChange]:
    """What became of columns and labels; `inside` is the column that these are fields of."""
    before, after = ({column.name: column for column in columns} for columns in (old, new))
    for name in (name for name in before if name not in after):
        yield FormChange("column removed", before[name].kind, Bump.major, inside + name)
    for name in (name for name in after if name not in before):
        yield FormChange("column added", after[name].kind, Bump.minor, inside + name)
    both = [name for name in before if name in after]
    for name in both:
        yield from _change(before[name], after[name], inside + name)
    if both != (now := [name for name in after if name in before]):
        yield FormChange("columns reordered", f"{', '.join(both)} -> {', '.join(now)}", Bump.patch, inside.rstrip("."))


def _change(old: Column, new: Column, where: str) -> Iterator[FormChange]:
    if old.kind != new.kind:
        yield FormChange("type changed", f"{old.kind} -> {new.kind}", Bump.major, where)
    elif old.kind == "label":
        yield from _label_changes(old.names, new.names, where)
    elif old.kind == "struct":
        yield from column_changes(old.items, new.items, f"{where}.")
    elif old.kind == "list":
        yield from _change(old.items[0], new.items[0], where)


def _label_changes(old: Sequence[str], new: Sequence[str], where: str) -> Iterator[FormChange]:
    """A label's id is its place, and what columns hold: an id that means another label is a change of every row that has it."""
    if removed := [name for name in old if name not in new]:
        yield FormChange("labels removed", ", ".join(removed), Bump.major, where)
    if moved := [f"{name} {old.index(name)} -> {new.index(name)}" for name in old if name in new and old.index(name) != new.index(name)]:
        yield FormChange("label ids changed", ", ".join(moved), Bump.major, where)
    if added := [name for name in new if name not in old]:
        yield FormChange("labels added", ", ".join(added), Bump.minor, where)


def common(old: Columns, new: Columns) -> tuple[Column, ...]:
    """The columns, and the fields inside them, that both versions have; a column is the older one's."""
    after = {column.name: column for column in new}
    return tuple(_common(column, after[column.name]) for column in old if column.name in after)


def _common(old: Column, new: Column) -> Column:
    if old.kind != new.kind or not old.items:
        return old
    items = (_common(old.items[0], new.items[0]),) if old.kind == "list" else common(old.items, new.items)
    return replace(old, items=items)


def trimmer(whole: Columns, part: Columns) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What takes the fields that are not common out of the values of a row, whose columns are those of `part` already."""
    by_name = {column.name: column for column in whole}
    cuts = {column.name: cut for column in part if (cut := _cut(by_name[column.name], column))}
    return lambda row: row | {name: cut(row[name]) for name, cut in cuts.items()} if cuts else row


def _cut(whole: Column, part: Column) -> Callable[[Any], Any] | None:
    if whole.kind != part.kind or not whole.items:
        return None
    if whole.kind == "list":
        inner = _cut(whole.items[0], part.items[0])
        return inner and (lambda values: values and [inner(value) for value in values])
    by_name = {item.name: item for item in whole.items}
    cuts = {item.name: _cut(by_name[item.name], item) for item in part.items}
    if len(cuts) == len(whole.items) and not any(cuts.values()):
        return None
    return lambda value: value and {name: cut(value[name]) if cut else value[name] for name, cut in cuts.items()}
