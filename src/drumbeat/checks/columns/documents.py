"""The documents of a corpus in their order, a window of them at a time, as the rows of another config pass by."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.tables import Row, RowGroup, read_batches, row_groups

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
    found = []
    for group in groups:
        batches = [batch for batch in read_batches([group], ("document_id",)) if len(batch)]
        if batches:
            found.append(Part(group, _id(batches[0], 0), _id(batches[-1], -1)))
    return found


def near(of: Sequence[Part], file: Path) -> Sequence[Part]:
    """The documents that a file's rows may be of.  Raises CorpusError.

    Where the parts follow each other in the order of the ids, however they are cut into files, these are the ones from that of the
    first row on.
    Else files whose names are the same in every config belong together.
    """
    begin = next((part for group in row_groups(file) for part in parts([group])), None)
    if begin is None:
        return []
    if all(before.last < after.first for before, after in pairwise(of)):
        return of[next((index for index, part in enumerate(of) if part.last >= begin.first), len(of)) :]
    return [part for part in of if part.group.path.name == file.name] or of


class Documents:
    """Documents that are read once, from the first to the last."""

    def __init__(self, of: Sequence[Part]) -> None:
        self._batches = read_batches((part.group for part in of), _COLUMNS, _AT_A_TIME)
        self._held: deque[pa.RecordBatch] = deque()
        self._last = ""
        self.in_order = True

    def window(self, first: str, last: str) -> pa.Table:
        """Ids and texts of the documents from one to another, and some around them.

        Documents before the first are let go.  Where the ids turn out not to ascend, `in_order` is false, and the window is of no use.
        """
        while self._held and _id(self._held[0], -1) < first:
            self._held.popleft()
        while self.in_order and self._last < last and (batch := next(self._batches, None)) is not None:
            self._take(batch)
            if self._last < first and self.in_order:
                self._held.pop()
        return pa.Table.from_batches(self._held, self._held[0].schema if self._held else _NO_DOCUMENTS)

    def _take(self, batch: pa.RecordBatch) -> None:
        ids = batch.column("document_id")
        ascends = not ids.null_count and _id(batch, 0) > self._last and pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py() is not False
        self.in_order &= ascends
        self._held.append(batch)
        self._last = _id(batch, -1)

    def rest(self, document_id: str) -> Iterator[Row]:
        """What was not let go, from the document with an id on, as rows; nothing can be read afterwards."""
        waiting = True
        for batch in chain(tuple(self._held), self._batches):
            for row in batch.to_pylist():
                waiting = waiting and (row["document_id"] or "") < document_id
                if not waiting:
                    yield row


def _id(batch: pa.RecordBatch, index: int) -> str:
    return batch.column("document_id")[index].as_py() or ""


_NO_DOCUMENTS = pa.schema([(name, pa.string()) for name in _COLUMNS])
