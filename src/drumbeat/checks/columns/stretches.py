"""The rows of each document in a batch."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.checks.columns.documents import Held
from drumbeat.checks.columns.shape import NONE, Positions, coded
from drumbeat.schema import Config

_DOCUMENTS_AT_A_TIME = 512


def whole_documents(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, so that those of a document that stand together are in one batch, and not too many documents are."""
    kept: pa.RecordBatch | None = None
    for batch in batches:
        if kept is None or kept["document_id"][-1].as_py() != batch["document_id"][0].as_py():
            yield from _pieces(kept)
            kept = batch
            continue
        begin, end = int(_begins(kept["document_id"])[-1]), [*_begins(batch["document_id"]), len(batch)][1]
        yield from _pieces(kept[:begin])
        kept = pa.concat_batches([kept[begin:], batch[:end]])
        if end < len(batch):
            yield kept
            kept = batch[end:]
    yield from _pieces(kept)


def _pieces(batch: pa.RecordBatch | None) -> Iterator[pa.RecordBatch]:
    if batch is not None and len(batch):
        edges = [*_begins(batch["document_id"])[::_DOCUMENTS_AT_A_TIME].tolist(), len(batch)]
        yield from (batch[begin:end] for begin, end in pairwise(edges))


def _begins(ids: pa.Array) -> Positions:
    """Where other documents than the one before begin."""
    if not len(ids):
        return NONE
    if pa.types.is_dictionary(ids.type):
        ids = ids.indices
    changes = pc.not_equal(ids[1:], ids[:-1])
    changes = (changes.fill_null(True) if changes.null_count else changes).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


class Stretches:
    """The rows of each document in a batch."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch
        self.begins = _begins(batch["document_id"])
        self.lengths = np.diff(self.begins, append=len(batch))
        self.ids = self.first_of_each("document_id").cast(pa.string())

    @property
    def first(self) -> str:
        """The id of the first document."""
        return str(self.ids[0].as_py())

    @property
    def last(self) -> str:
        """The id of the last document."""
        return str(self.ids[-1].as_py())

    def first_of_each(self, column: str) -> pa.Array:
        """The value of each document's first row."""
        return self.batch[column].take(pa.array(self.begins))

    def until(self, held: Sequence[Held | None]) -> Iterator[tuple["Stretches", Held | None]]:
        """The same in pieces, each with what it is held against: the first that ends with its documents, or after them."""
        if len(held) == 1:
            yield self, held[0]
            return
        ends = [int(np.count_nonzero(pc.less_equal(self.ids, each.last))) for each in held[:-1] if each is not None]
        rows = [*self.begins.tolist(), len(self.batch)]
        for each, (begin, end) in zip(held, pairwise([0, *ends, len(self.ids)]), strict=True):
            if begin < end:
                yield Stretches(self.batch[rows[begin] : rows[end]]), each

    def follow(self, last: str) -> bool:
        """Whether the documents ascend, from one with that id on."""
        return not self.ids.null_count and last < self.ids[0].as_py() and pc.all(pc.less(self.ids[:-1], self.ids[1:])).as_py() is not False

    def of(self, rows: Positions) -> Positions:
        """Which documents rows are of."""
        return np.searchsorted(self.begins, rows, side="right") - 1

    def rows(self, documents: Positions) -> Positions:
        """The rows of some documents."""
        wanted = np.zeros(len(self.begins), bool)
        wanted[documents] = True
        return np.flatnonzero(np.repeat(wanted, self.lengths))

    def repeated(self, config: Config) -> Positions:
        """Rows whose key another row of the document has."""
        names = [name for name in config.key if name != "document_id"]
        if not names:
            return self.begins[self.lengths > 1]
        if len(names) == 1:
            key = _ranked(self.batch[names[0]])
            ascends = pc.less(key[:-1], key[1:]).fill_null(False).to_numpy(zero_copy_only=False)
            ascends = np.concatenate([[True], ascends])
            ascends[self.begins] = True
            if ascends.all():
                return NONE
        places = pa.array(np.repeat(np.arange(len(self.begins)), self.lengths))
        return repeated([places, *(self.batch[name] for name in names)])


def _ranked(column: pa.Array) -> pa.Array:
    """What sorts as a column does: for a dictionary, the places of its values among them."""
    if not pa.types.is_dictionary(column.type):
        return column
    return pc.rank(column.dictionary, tiebreaker="dense").take(column.indices)


def repeated(columns: Sequence[pa.Array]) -> Positions:
    """Where rows stand whose values together stand in another row too."""
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = coded(column)
        own = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + own, return_inverse=True)[1]
    return np.flatnonzero(np.bincount(codes)[codes] > 1) if len(codes) else NONE
