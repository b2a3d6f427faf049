"""Stretches of documents' texts, compared with the words that rows claim for them, a batch at a time.

Offsets count code points, Arrow's buffers bytes of UTF-8.  Bytes that continue a code point are few, so a sorted list of them leads
from the one to the other; the stretches themselves are one array over the texts' own buffer, whose every second slot is a gap.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.checks.columns.shape import Positions, together, values

Numbers = npt.NDArray[np.int64]


class Texts:
    """The texts of some documents, by their places in an array of strings that may hold nulls."""

    def __init__(self, texts: pa.Array) -> None:
        offsets: npt.NDArray[np.int32] = np.zeros(1, np.int32)
        if len(texts):
            offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        self._data = texts.buffers()[2] or pa.py_buffer(b"")
        first, end = int(offsets[0]), int(offsets[-1])
        continuing = np.flatnonzero(np.frombuffer(self._data, np.int8)[first:end] < -64) + first  # 10xxxxxx
        self._before = continuing - np.arange(len(continuing))  # how many code points begin before each of them, of the whole buffer
        edges = offsets - np.searchsorted(continuing, offsets)
        self._begin, self._length = edges[:-1].astype(np.int64), np.diff(edges)
        self.there = ~texts.is_null().to_numpy(zero_copy_only=False)

    def differ(self, place: Positions, start: pa.Array, end: pa.Array, claimed: pa.Array) -> Positions:
        """Which of some stretches are not the claimed words, or do not lie in their text at all.

        `place` says which text a stretch is of; one of no text (-1), or of a text that is null, is no stranger.
        """
        starts, ends = _numbers(start), _numbers(end)
        known = (place >= 0) & self.there[place] if len(self.there) else np.zeros(len(place), bool)
        inside = known & (starts >= 0) & (starts <= ends) & (ends <= self._length[place]) if known.any() else known
        outside = np.flatnonzero(known & ~inside)
        if not inside.all():
            held = np.flatnonzero(inside)
            if not len(held):
                return outside
            place, starts, ends, claimed = place[held], starts[held], ends[held], claimed.take(pa.array(held))
            return together([outside, held[self._unlike(place, starts, ends, claimed)]])
        return self._unlike(place, starts, ends, claimed)

    def _unlike(self, place: Positions, starts: Numbers, ends: Numbers, claimed: pa.Array) -> Positions:
        begins = self._bytes(self._begin[place] + starts)
        ends = self._bytes(self._begin[place] + ends)
        reached = np.maximum.accumulate(ends) if len(ends) else ends
        behind = np.flatnonzero(begins[1:] < reached[:-1]) + 1  # overlaps what came before, or stands before it
        if not len(behind):
            return self._unlike_in_order(begins, ends, claimed)
        in_order = np.ones(len(ends), bool)
        in_order[behind] = False
        rest = np.flatnonzero(in_order)
        found = rest[self._unlike_in_order(begins[rest], ends[rest], claimed.take(pa.array(rest)))]
        return together([found, self._unlike_anywhere(behind, begins[behind], ends[behind], claimed.take(pa.array(behind)))])

    def _bytes(self, code_points: Numbers) -> Numbers:
        return code_points + np.searchsorted(self._before, code_points, side="right")

    def _unlike_in_order(self, begins: Numbers, ends: Numbers, claimed: pa.Array) -> Positions:
        edges = np.empty(2 * len(begins) + 1, np.int32)
        edges[:-1:2], edges[1::2] = begins, ends
        edges[-1] = edges[-2] if len(begins) else 0
        slots = pa.Array.from_buffers(pa.binary(), 2 * len(begins), [None, pa.py_buffer(edges), self._data])
        found = slots.take(pa.array(np.arange(0, 2 * len(begins), 2, dtype=np.int64)))
        same = pc.equal(found, claimed.view(pa.binary()))
        if pc.all(same, skip_nulls=False).as_py():
            return np.empty(0, np.int64)
        return np.flatnonzero(~same.fill_null(False).to_numpy(zero_copy_only=False))

    def _unlike_anywhere(self, positions: Positions, begins: Numbers, ends: Numbers, claimed: pa.Array) -> Positions:
        data = memoryview(self._data).cast("B")
        words = claimed.view(pa.binary()).to_pylist()
        stretches = zip(positions.tolist(), begins.tolist(), ends.tolist(), words, strict=True)
        return np.array([position for position, begin, end, word in stretches if data[begin:end] != word], np.int64)


def _numbers(array: pa.Array) -> Numbers:
    numbers: Numbers = (array.fill_null(-1) if array.null_count else array).to_numpy().astype(np.int64)
    return numbers


def strangers(batch: pa.RecordBatch, place: Positions, texts: Texts) -> Positions:
    """The rows of a batch with a span whose text is not the document's there; `place` is where each row's document stands in the texts."""
    names = batch.schema.names
    found = []
    if "token_start" in names:
        found.append(_strange_tokens(batch, place, texts))
    else:
        for role in ("content", "cue", "source"):
            if role in names:
                spans, lengths = values(batch.column(role))
                rows = np.repeat(np.arange(len(lengths)), lengths)
                found.append(rows[texts.differ(place[rows], *_parts(spans))])
    if "start" in names:
        found.append(texts.differ(place, *(batch.column(name) for name in ("start", "end", "text"))))
    return together(found)


def _parts(spans: pa.Array) -> list[pa.Array]:
    names = [field.name for field in spans.type]
    parts = spans.flatten()
    return [parts[names.index(name)] for name in ("start", "end", "text")]


def _strange_tokens(batch: pa.RecordBatch, place: Positions, texts: Texts) -> Positions:
    (starts, counts), (ends, of_ends), (words, of_words) = (values(batch.column(name)) for name in ("token_start", "token_end", "tokens"))
    known = (place >= 0) & texts.there[place] if len(texts.there) else np.zeros(len(place), bool)
    uneven = np.flatnonzero(known & ((counts != of_ends) | (counts != of_words)))
    if (counts != of_ends).any() or (counts != of_words).any():
        even = np.flatnonzero((counts == of_ends) & (counts == of_words))
        if not len(even):
            return uneven
        return together([uneven, even[_strange_tokens(batch.take(pa.array(even)), place[even], texts)]])
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows[texts.differ(place[rows], starts, ends, words)]
