"""The fast way through the rows of a corpus: which of them have to be looked at one by one.

The rules are those of `checks.files`, which words what is found; here they are held against Arrow columns, a batch at a time, and
whatever breaks one, or may, is handed on with everything that the rule looks at.  So too much may be handed on, but never too little.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa

from drumbeat.checks.columns.documents import Documents, Held, Part, by_name, near, parts
from drumbeat.checks.columns.shape import NONE, Positions, rows_in_doubt, together
from drumbeat.checks.columns.spans import strangers
from drumbeat.checks.columns.stretches import Stretches, repeated, whole_documents
from drumbeat.errors import CorpusError
from drumbeat.schema import Config
from drumbeat.tables import ANEW, Row, RowGroup, in_words, read_batches

__all__ = ["Documents", "Part", "Suspects", "by_name", "everything", "near", "parts", "reads_documents", "suspects"]


@dataclass(frozen=True, slots=True)
class Suspects:
    """Rows to look at, each with its number in its file; the documents they are held against; the document_id that came before them.

    `of` is of how many rows they are the suspects, 0 where that is not known.
    """

    rows: Iterator[tuple[int, Row]]
    documents: Iterator[Row] | None
    last: str = ""
    of: int = 0


def reads_documents(config: Config) -> bool:
    """Whether a config's rows are held against the documents: they belong to one, and are not the documents themselves."""
    return config.key[0] == "document_id" and len(config.key) > 1


def suspects(
    config: Config, groups: Sequence[RowGroup], documents: Documents | None, reader: str, withheld: bool, bare: bool
) -> Iterator[Suspects]:
    """The rows of a file that a rule may find something about, a batch at a time, perhaps none of it.

    Documents are suspected whole, and everything from where the order is broken.  Where words are `withheld` they may be null, in the
    `bare` form they are.  `documents` are those that the rows may be of, null where they cannot be read; `reader` is who asks for them.
    Each of the suspects is to be used up before the next is asked for.  Raises CorpusError.
    """
    if "document_id" in config.key:
        return _of_documents(config, groups, documents, reader, withheld, bare)
    return iter([Suspects(_of_one_list(config, groups, withheld, bare), None)])


def _of_one_list(config: Config, groups: Sequence[RowGroup], withheld: bool, bare: bool) -> Iterator[tuple[int, Row]]:
    """The rows, in a file whose rows are no document's, that may not conform or whose key is another row's too."""
    doubt = rows_in_doubt(config.name, withheld, bare)
    keys = list(read_batches(groups, config.key))
    twice = repeated([pa.chunked_array([batch[name] for batch in keys]).combine_chunks() for name in config.key]) if keys else NONE
    number = 0
    for batch in read_batches(groups):
        here = twice[(twice >= number) & (twice < number + len(batch))] - number
        yield from _numbered(config, batch, number, np.unique(together([doubt(batch, None), here])))
        number += len(batch)


def _of_documents(
    config: Config, groups: Sequence[RowGroup], documents: Documents | None, reader: str, withheld: bool, bare: bool
) -> Iterator[Suspects]:
    doubt = rows_in_doubt(config.name, withheld, bare)
    documents = documents if reads_documents(config) else None
    lists = any(column.kind == "list" for column in config.columns)
    ids = [column.name for column in config.columns if column.kind == "string" and not column.words and reads_documents(config)]
    batches = whole_documents(read_batches(groups, None, 1 << 13 if lists else 1 << 15, ids))
    number, last = 0, ""
    for batch in batches:
        stretches = Stretches(batch)
        held = _held(stretches, documents, reader) if stretches.follow(last) else None
        if held is None:
            rest = chain.from_iterable(_rows(config, each) for each in chain([batch], batches))
            yield Suspects(enumerate(rest, number), documents.rest(last) if documents is not None else None, last)
            return
        for piece, against in stretches.until(held):
            rows = together(
                [doubt(piece.batch, piece.begins), piece.repeated(config), _misquoted(piece.batch), *_strangers(piece, against)]
            )
            chosen = np.unique(piece.of(rows))
            documents_of = against.rows(against.places(piece.ids)[chosen]) if against is not None else None
            yield Suspects(_numbered(config, piece.batch, number, piece.rows(chosen)), documents_of, last, len(piece.batch))
            number, last = number + len(piece.batch), piece.last


def _held(stretches: Stretches, documents: Documents | None, reader: str) -> Sequence[Held | None] | None:
    """What a batch is held against, in the order of the ids; null where the documents are in no order."""
    if documents is None:
        return [None]
    window = documents.window(reader, stretches.first, stretches.last)
    return window or [Held(stretches.ids[:0], pa.array([], pa.string()))] if window is not None else None


def _strangers(piece: Stretches, against: Held | None) -> Iterator[Positions]:
    """Rows of no document, and rows with a span whose text is not their document's."""
    if against is not None:
        places = against.places(piece.ids)
        yield piece.begins[places < 0]
        yield strangers(piece.batch, np.repeat(places, piece.lengths), against.texts)


def everything(config: Config, groups: Sequence[RowGroup], documents: Documents | None) -> Iterator[Suspects]:
    """All rows, all of them to be looked at: what `suspects` stands in for.  Raises CorpusError."""
    rows = chain.from_iterable(_rows(config, batch) for batch in read_batches(groups, rows=1024))
    yield Suspects(enumerate(rows), documents.rest("") if documents is not None and reads_documents(config) else None)


def _rows(config: Config, batch: pa.RecordBatch) -> list[Row]:
    try:
        return list(map(in_words(config.columns), batch.to_pylist()))
    except (ValueError, OverflowError) as error:  # a day that Python's dates do not reach
        raise CorpusError(f"{config.name}: cannot be read to the end: {error}; {ANEW}") from None


def _numbered(config: Config, batch: pa.RecordBatch, number: int, positions: Positions) -> Iterator[tuple[int, Row]]:
    """Some rows of a batch; `number` is that of its first."""
    if len(positions):
        yield from zip((positions + number).tolist(), _rows(config, batch.take(pa.array(positions))), strict=True)


def _misquoted(batch: pa.RecordBatch) -> Positions:
    """Rows whose text has another digest than they say."""
    if "text_sha256" not in batch.schema.names:
        return NONE
    texts, said = batch["text"], batch["text_sha256"].to_pylist()
    offsets, data = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :].tolist(), memoryview(texts.buffers()[2] or b"")
    digests = (sha256(data[begin:end]).hexdigest() for begin, end in pairwise(offsets[: len(texts) + 1]))
    there = texts.is_valid().to_pylist()
    return np.array([row for row, digest in enumerate(digests) if there[row] and digest != said[row]], np.int64)
