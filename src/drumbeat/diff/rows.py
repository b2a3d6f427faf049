"""The rows of two versions of a config, side by side.

Rows stand in the order of document_id (check D504), so both versions are read in step and memory holds one document of each.  A config
whose rows do not stand in the order of its key's first column is held whole: links are, in the order of annotations/links.jsonl.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from drumbeat.corpus import Table
from drumbeat.diff.form import common, trimmer
from drumbeat.errors import CorpusError
from drumbeat.tables import Row

Key = tuple[Any, ...]


class Placed(NamedTuple):
    """A row and the split that it is in."""

    split: str
    row: Row


class Pair(NamedTuple):
    """A key, and what each version has under it."""

    key: Key
    old: Placed | None
    new: Placed | None


Groups = Iterator[tuple[Any, dict[Key, Placed]]]


def unequal(old: Table, new: Table, key: Sequence[str]) -> Iterator[Pair]:
    """Every key under which the versions differ, in the columns that both have, or in the split.

    Raises CorpusError where a key stands twice in one version.
    """
    in_step = _ordered(old, key[0]) and _ordered(new, key[0])
    both = _tagged(_groups(old, new, key, in_step), 0), _tagged(_groups(new, old, key, in_step), 1)
    for _, sides in groupby(heapq.merge(*both, key=itemgetter(0, 1)), key=itemgetter(0)):
        group = {side: rows for _, side, rows in sides}
        before, after = group.get(0, {}), group.get(1, {})
        for identity in dict.fromkeys([*before, *after]):
            pair = Pair(identity, before.get(identity), after.get(identity))
            if pair.old != pair.new:
                yield pair


def _tagged(groups: Groups, side: int) -> Iterator[tuple[Any, int, dict[Key, Placed]]]:
    return ((first, side, rows) for first, rows in groups)


def _groups(table: Table, other: Table, key: Sequence[str], in_step: bool) -> Groups:
    """The rows that have the key's first column in common; all of a table where it is not read in step."""
    columns = common(table.columns, other.columns)
    trim = trimmer(table.columns, columns)
    splits = [_split(table, split, tuple(column.name for column in columns), trim) for split in table.splits]
    first: Callable[[Placed], Any] = (lambda placed: placed.row[key[0]]) if in_step else (lambda _: None)
    for value, rows in groupby(heapq.merge(*splits, key=first) if in_step else chain(*splits), key=first):
        group: dict[Key, Placed] = {}
        for placed in rows:
            identity = tuple(placed.row[name] for name in key)
            if identity in group:
                where = f"{table.folder}: config {table.name}: {', '.join(key)} = {', '.join(map(str, identity))}"
                raise CorpusError(f"{where} stands twice, so rows cannot be matched; `drumbeat validate` lists such rows")
            group[identity] = placed
        yield value, group


def _split(table: Table, split: str, only: tuple[str, ...], trim: Callable[[Row], Row]) -> Iterator[Placed]:
    return (Placed(split, trim(row)) for row in table.read(split, only))


def _ordered(table: Table, column: str) -> bool:
    """Whether the rows of every split stand in the order of a column that is never null."""
    for split in table.splits:
        last = None
        for row in table.read(split, (column,)):
            if row[column] is None or (last is not None and row[column] < last):
                return False
            last = row[column]
    return True
