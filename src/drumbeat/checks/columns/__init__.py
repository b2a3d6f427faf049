"""The fast way through the rows of a corpus: which of them have to be looked at one by one.

The rules are those of `checks.release`, which words what is found; here they are held against Arrow columns, a batch at a time, and
whatever breaks one, or may, is handed on with everything that the rule looks at.  So too much may be handed on, but never too little.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.checks.columns.documents import Documents, Part, near, parts
from drumbeat.checks.columns.shape import NONE, Positions, rows_in_doubt, together
from drumbeat.checks.columns.spans import Texts, strangers
from drumbeat.errors import CorpusError
from drumbeat.schema import Config
from drumbeat.tables import Row, RowGroup, in_words, read_batches

__all__ = ["Part", "Suspects", "everything", "near", "parts", "suspects"]

_DOCUMENTS_AT_A_TIME = 512  # their texts are held


@dataclass(frozen=True, slots=True)
class Suspects:
    """Rows to look at, each with its number in its file; the documents they are held against; the document_id that came before them."""

    rows: Iterator[tuple[int, Row]]
    documents: Iterator[Row] | None
    last: str = ""


def suspects(
    config: Config, groups: Sequence[RowGroup], documents: Sequence[Part] | None, withheld: bool, bare: bool
) -> Iterator[Suspects]:
    """The rows of a file that a rule may find something about: documents whole, and everything from where the order is broken.

    Where words are `withheld` they may be null, in the `bare` form they are.  `documents` are those that the rows may be of, null where
    they cannot be read.  Each of the suspects is to be used up before the next is asked for.  Raises CorpusError.
    """
    if "document_id" in config.key:
        return _of_documents(config, groups, documents, withheld, bare)
    return iter([Suspects(_of_one_list(config, groups, withheld, bare), None)])


def _of_one_list(config: Config, groups: Sequence[RowGroup], withheld: bool, bare: bool) -> Iterator[tuple[int, Row]]:
    """The rows, in a file whose rows are no document's, that may not conform or whose key is another row's too."""
    doubt = rows_in_doubt(config.name, withheld, bare)
    keys = [pa.chunked_array([batch[name] for batch in read_batches(groups, config.key)], pa.string()) for name in config.key]
    twice = _repeated([key.combine_chunks() for key in keys])
    number = 0
    for batch in read_batches(groups):
        here = twice[(twice >= number) & (twice < number + len(batch))] - number
        yield from _numbered(config, batch, number, np.unique(together([doubt(batch), here])))
        number += len(batch)


def _of_documents(
    config: Config, groups: Sequence[RowGroup], parts: Sequence[Part] | None, withheld: bool, bare: bool
) -> Iterator[Suspects]:
    doubt = rows_in_doubt(config.name, withheld, bare)
    documents = Documents(parts) if parts is not None else None
    batches = _whole_documents(read_batches(groups))
    number, last = 0, ""
    for batch in batches:
        stretches = _Stretches(batch)
        held = _held(config, batch, stretches, documents) if stretches.follow(last) else None
        if held is None:
            rest = chain.from_iterable(_rows(config, each) for each in chain([batch], batches))
            yield Suspects(enumerate(rest, number), documents.rest(last) if documents is not None else None, last)
            return
        found = [doubt(batch), stretches.repeated(config), _misquoted(batch), *held.strangers(batch, stretches)]
        chosen = np.unique(stretches.of(together(found)))
        if len(chosen):
            rows = _numbered(config, batch, number, stretches.rows(chosen))
            yield Suspects(rows, held.rows(chosen), last)
        number, last = number + len(batch), stretches.last


def everything(config: Config, groups: Sequence[RowGroup], documents: Sequence[Part] | None) -> Iterator[Suspects]:
    """All rows, all of them to be looked at: what `suspects` stands in for.  Raises CorpusError."""
    rows = chain.from_iterable(_rows(config, batch) for batch in read_batches(groups, rows=1024))
    yield Suspects(enumerate(rows), Documents(documents).rest("") if documents is not None else None)


def _rows(config: Config, batch: pa.RecordBatch) -> list[Row]:
    try:
        return list(map(in_words(config.columns), batch.to_pylist()))
    except (ValueError, OverflowError) as error:  # a day that Python's dates do not reach
        raise CorpusError(f"{config.name}: cannot be read to the end: {error}; run `drumbeat build`") from None


def _numbered(config: Config, batch: pa.RecordBatch, number: int, positions: Positions) -> Iterator[tuple[int, Row]]:
    """Some rows of a batch; `number` is that of its first."""
    if len(positions):
        yield from zip((positions + number).tolist(), _rows(config, batch.take(pa.array(positions))), strict=True)


def _whole_documents(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, so that those of a document that stand together are in one batch, and not too many documents are."""
    kept: pa.RecordBatch | None = None
    for batch in batches:
        if kept is not None and kept["document_id"][-1].equals(batch["document_id"][0]):
            begin = int(_begins(kept["document_id"])[-1])
            yield from _pieces(kept[:begin])
            kept = pa.concat_batches([kept[begin:], batch])
        else:
            yield from _pieces(kept)
            kept = batch
    yield from _pieces(kept)


def _pieces(batch: pa.RecordBatch | None) -> Iterator[pa.RecordBatch]:
    if batch is not None and len(batch):
        edges = [*_begins(batch["document_id"])[::_DOCUMENTS_AT_A_TIME].tolist(), len(batch)]
        yield from (batch[begin:end] for begin, end in pairwise(edges))


def _begins(ids: pa.Array) -> Positions:
    """Where other documents than the one before begin."""
    if not len(ids):
        return NONE
    changes = pc.not_equal(ids[1:], ids[:-1])
    changes = (changes.fill_null(True) if changes.null_count else changes).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


class _Stretches:
    """The rows of each document in a batch."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self.begins = _begins(batch["document_id"])
        self.lengths = np.diff(self.begins, append=len(batch))
        self.ids = batch["document_id"].take(pa.array(self.begins))

    @property
    def last(self) -> str:
        return str(self.ids[-1].as_py())

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
            ascends = pc.less((key := self._batch[names[0]])[:-1], key[1:]).fill_null(False).to_numpy(zero_copy_only=False)
            ascends = np.concatenate([[True], ascends])
            ascends[self.begins] = True
            if ascends.all():
                return NONE
        places = pa.array(np.repeat(np.arange(len(self.begins)), self.lengths))
        return _repeated([places, *(self._batch[name] for name in names)])


def _repeated(columns: Sequence[pa.Array]) -> Positions:
    """Where rows stand whose values together stand in another row too."""
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        encoded = column.dictionary_encode()
        own = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + own, return_inverse=True)[1]
    return np.flatnonzero(np.bincount(codes)[codes] > 1) if len(codes) else NONE


def _misquoted(batch: pa.RecordBatch) -> Positions:
    """Rows whose text has another digest than they say."""
    if "text_sha256" not in batch.schema.names:
        return NONE
    pairs = zip(batch["text"].cast(pa.binary()).to_pylist(), batch["text_sha256"].to_pylist(), strict=True)
    return np.array([row for row, (text, said) in enumerate(pairs) if text is not None and sha256(text).hexdigest() != said], np.int64)


@dataclass(frozen=True, slots=True)
class _Held:
    """The documents that a batch is held against: `ids` and `texts`, and where in them that of each stretch is, -1 where it is not.

    Null where there are none to hold anything against.
    """

    table: pa.Table | None
    place: Positions

    def strangers(self, batch: pa.RecordBatch, stretches: _Stretches) -> Iterator[Positions]:
        """Rows of no document, and rows with a span whose text is not their document's."""
        if self.table is not None:
            yield stretches.begins[self.place < 0]
            texts = self.table["text"].combine_chunks() if self.table["text"].num_chunks != 1 else self.table["text"].chunk(0)
            yield strangers(batch, np.repeat(self.place, stretches.lengths), Texts(texts))

    def rows(self, chosen: Positions) -> Iterator[Row] | None:
        """The documents of some stretches, as rows."""
        if self.table is None:
            return None
        places = self.place[chosen]
        rows: list[Row] = self.table.take(pa.array(places[places >= 0])).to_pylist()
        return iter(rows)


def _held(config: Config, batch: pa.RecordBatch, stretches: _Stretches, documents: Documents | None) -> _Held | None:
    """What a batch is held against; null where the documents are in no order."""
    if documents is None:
        return _Held(None, NONE)
    if config.name == "documents":  # they are their own
        table = pa.table({"document_id": stretches.ids, "text": batch["text"].take(pa.array(stretches.begins))})
        return _Held(table, np.arange(len(stretches.ids)))
    window = documents.window(stretches.ids[0].as_py(), stretches.last)
    if not documents.in_order:
        return None
    place = pc.index_in(stretches.ids, value_set=window["document_id"].combine_chunks())
    return _Held(window, place.fill_null(-1).to_numpy().astype(np.int64))
