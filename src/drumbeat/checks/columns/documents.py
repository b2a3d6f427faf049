"""The documents of a corpus in their order, a few of them at a time, as the rows of the other configs pass by."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, dropwhile, groupby, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.checks.columns.shape import Positions
from drumbeat.checks.columns.spans import Texts
from drumbeat.errors import CorpusError
from drumbeat.tables import Row, RowGroup, read_batches, read_by_group, row_groups

_COLUMNS = ("document_id", "text")
_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Part:
    """Documents that stand together in a file: the ids of the first and of the last."""

    group: RowGroup
    first: str
    last: str


def parts(groups: Sequence[RowGroup]) -> list[Part]:
    """Where which documents are, by the ids that the files hold.  Raises CorpusError."""
    return list(_parts(groups))


def _parts(groups: Sequence[RowGroup]) -> Iterator[Part]:
    for group, batches in groupby(read_by_group(groups, ("document_id",)), lambda pair: pair[0]):
        ends = [(_id(batch, 0), _id(batch, -1)) for _, batch in batches if len(batch)]
        if ends:
            yield Part(group, ends[0][0], ends[-1][1])


def by_name(of: Sequence[Part]) -> Callable[[str], Sequence[Part]]:
    """What gives the documents that the rows of the files of a name may be of.

    Where the parts follow each other in the order of the ids, however they are cut into files, these are all of them.  Else files whose
    names are the same in every config belong together.
    """
    named: defaultdict[str, list[Part]] = defaultdict(list)
    for part in of if not _follow(of) else ():
        named[part.group.path.name].append(part)
    return lambda name: named.get(name, of)


def near(of: Sequence[Part], file: Path) -> Sequence[Part]:
    """Of the documents by a file's name, those that its rows may be of.  Raises CorpusError.

    Where they follow each other, these are the ones from that of the first row on.
    """
    begin = next(_parts(row_groups(file)), None)
    if begin is None:
        return []
    return of[bisect_left(of, begin.first, key=lambda part: part.last) :] if _follow(of) else of


def _follow(of: Sequence[Part]) -> bool:
    return all(before.last < after.first for before, after in pairwise(of))


class Held:
    """Some documents that stand together."""

    def __init__(self, ids: pa.Array, texts: pa.Array) -> None:
        self.ids, self._texts = ids, texts
        self.last = str(ids[-1].as_py()) if len(ids) else ""

    @cached_property
    def texts(self) -> Texts:
        """Their texts, to compare spans with."""
        return Texts(self._texts)

    def places(self, ids: pa.Array) -> Positions:
        """Where documents stand here, by their ids; -1 where they do not."""
        return np.asarray(pc.index_in(ids, value_set=self.ids).fill_null(-1), np.int64)

    def rows(self, places: Positions) -> Iterator[Row]:
        """Documents as rows."""
        at = pa.array(places[places >= 0])
        ids, texts = self.ids.take(at).to_pylist(), self._texts.take(at).to_pylist()
        return (dict(zip(_COLUMNS, pair, strict=True)) for pair in zip(ids, texts, strict=True))


class Documents:
    """Documents that are read once, from the first to the last, for several readers that keep more or less in step."""

    def __init__(self, of: Sequence[Part], readers: Collection[str]) -> None:
        """Take the names of those who will ask; documents are held until the last of them has passed, or has left."""
        self._of = of
        self._batches = read_batches((part.group for part in of), _COLUMNS, _AT_A_TIME)
        self._held: deque[Held] = deque()
        self._last = ""
        self._passed = dict.fromkeys(readers, "")
        self._in_order = True
        self._error: CorpusError | None = None

    def window(self, reader: str, first: str, last: str) -> list[Held] | None:
        """The documents from one to another, and some around them; null where the ids do not ascend.  Raises CorpusError."""
        self._passed[reader] = first
        self._let_go()
        while self._in_order and self._last < last and (batch := self._next()) is not None:
            self._take(batch)
        return [held for held in self._held if held.last >= first] if self._in_order else None

    def leave(self, reader: str) -> None:
        """The reader needs nothing more."""
        self._passed.pop(reader, None)
        self._let_go()

    def _let_go(self) -> None:
        behind = min(self._passed.values(), default="")
        while self._held and (self._held[0].last < behind or not self._passed):
            self._held.popleft()

    def _next(self) -> pa.RecordBatch | None:
        if self._error is not None:
            raise self._error  # for the others, too
        try:
            return next(self._batches, None)
        except CorpusError as error:
            self._error = error
            raise

    def _take(self, batch: pa.RecordBatch) -> None:
        ids = batch.column("document_id")
        held = Held(ids, batch.column("text"))
        ascends = pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py() is not False
        self._in_order &= not ids.null_count and ids[0].as_py() > self._last and ascends
        self._held.append(held)
        self._last = held.last

    def rest(self, document_id: str) -> Iterator[Row]:
        """All documents from the first on whose id is not under another, as rows.  Raises CorpusError."""
        rows = chain.from_iterable(batch.to_pylist() for batch in read_batches((part.group for part in self._of), _COLUMNS, _AT_A_TIME))
        return dropwhile(lambda row: (row["document_id"] or "") < document_id, rows)


def _id(batch: pa.RecordBatch, index: int) -> str:
    return batch.column("document_id")[index].as_py() or ""
