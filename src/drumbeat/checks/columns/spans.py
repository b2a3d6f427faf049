"""Stretches of documents' texts, compared with the words that rows claim for them, a batch at a time.

Offsets count code points, Arrow's buffers bytes of UTF-8.  Bytes that continue a code point are few, so a sorted list of them leads
from the one to the other; the stretches themselves are one array over the texts' own buffer, whose every second slot is a gap.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat.checks.columns.shape import NONE, Positions, together, values

Numbers = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


class Texts:
    """The texts of some documents, by their places in an array of strings that may hold nulls."""

    def __init__(self, texts: pa.Array) -> None:
        offsets: Offsets = np.zeros(1, np.int32)
        if len(texts):
            offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        self._data = texts.buffers()[2] or pa.py_buffer(b"")
        first, end = int(offsets[0]), int(offsets[-1])
        continuing = np.flatnonzero(np.frombuffer(self._data, np.int8)[first:end] < -64).astype(np.int32) + np.int32(first)  # 10xxxxxx
        self._before = continuing - np.arange(len(continuing), dtype=np.int32)  # how many code points begin before each, in the buffer
        edges = offsets - np.searchsorted(continuing, offsets).astype(np.int32)
        self._begin, self._length = edges[:-1], np.diff(edges)
        self._there = ~texts.is_null().to_numpy(zero_copy_only=False)

    def there(self, place: Positions) -> Mask:
        """Whether there is a text at each of some places; -1 is none."""
        return (place >= 0) & self._there[place] if len(self._there) else np.zeros(len(place), bool)

    def differ(self, place: Positions, counts: Numbers, start: pa.Array, end: pa.Array, claimed: pa.Array) -> Positions:
        """Which of some stretches are not the claimed words, or do not lie in their text at all.

        They come in rows, of which `place` says which text they are of, and `counts` how many they have.  Where there is no text, nothing
        differs.
        """
        if not len(claimed) or not len(self._there) or self._all_same(place, counts, start, end, claimed):
            return NONE
        of_each, starts, ends = np.repeat(place, counts), _numbers(start), _numbers(end)
        known = self.there(of_each)
        inside = known & (starts >= 0) & (starts <= ends) & (ends <= self._length[of_each])
        held = np.flatnonzero(inside)
        if not len(held):
            return np.flatnonzero(known)
        begins, words = self._begin[of_each[held]].astype(np.int64), claimed.take(pa.array(held))
        unlike = self._unlike(self._bytes(begins + starts[held]), self._bytes(begins + ends[held]), words)
        return together([np.flatnonzero(known & ~inside), held[unlike]])

    def _all_same(self, place: Positions, counts: Numbers, start: pa.Array, end: pa.Array, claimed: pa.Array) -> bool:
        """Whether nothing differs, as far as that can be told at once: of stretches that follow each other."""
        filled = counts > 0
        if start.null_count or end.null_count or not self.there(place[filled]).all():
            return False
        ends = end.to_numpy()
        longest = self._length.max()  # nothing is beyond 32 bits, then
        if pc.min(start).as_py() < 0 or pc.max(start).as_py() > longest or pc.max(end).as_py() > longest:
            return False
        edges = self._edges(np.repeat(self._begin[place], counts), start.to_numpy(), ends)
        lasts = ends[np.cumsum(counts)[filled] - 1]
        if (edges[1:] < edges[:-1]).any() or (lasts > self._length[place[filled]]).any():
            return False
        if len(self._before) < len(edges):  # of few and many, the few are looked up
            reached = np.searchsorted(edges, self._before)
            edges += np.repeat(np.arange(len(reached) + 1, dtype=np.int32), np.diff(reached, prepend=0, append=len(edges)))
        else:
            edges = self._bytes(edges).astype(np.int32)
        return bool(self._stretches(edges).equals(claimed.view(pa.binary())))

    @staticmethod
    def _edges(base: Numbers | int, starts: Numbers, ends: Numbers) -> Offsets:
        """Starts and ends in turn, and the last one again: what Arrow takes for the stretches and the gaps between them."""
        edges = np.empty(2 * len(starts) + 1, np.int32)
        np.add(base, starts, out=edges[:-1:2], casting="unsafe")
        np.add(base, ends, out=edges[1::2], casting="unsafe")
        edges[-1] = edges[-2]
        return edges

    def _stretches(self, edges: Offsets) -> pa.Array:
        slots = pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), self._data])
        return slots.take(pa.array(np.arange(0, len(edges) - 1, 2, dtype=np.int32)))

    def _bytes(self, code_points: Numbers | Offsets) -> Numbers:
        return code_points + np.searchsorted(self._before, code_points, side="right")

    def _unlike(self, begins: Numbers, ends: Numbers, claimed: pa.Array) -> Positions:
        """Which stretches, from byte to byte, are not the claimed words."""
        reached = np.maximum.accumulate(ends)
        follows = np.concatenate([[True], begins[1:] >= reached[:-1]])
        in_order, others = np.flatnonzero(follows), np.flatnonzero(~follows)
        edges = self._edges(0, begins[in_order], ends[in_order])
        same = pc.equal(self._stretches(edges), claimed.take(pa.array(in_order)).view(pa.binary()))
        found = in_order[~same.fill_null(False).to_numpy(zero_copy_only=False)]
        data, words = memoryview(self._data).cast("B"), claimed.take(pa.array(others)).view(pa.binary()).to_pylist()
        stretches = zip(others.tolist(), begins[others].tolist(), ends[others].tolist(), words, strict=True)
        return together([found, np.array([at for at, begin, end, word in stretches if data[begin:end] != word], np.int64)])


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
                spans, counts = values(batch.column(role))
                found.append(_rows(counts, texts.differ(place, counts, *_parts(spans))))
    if "start" in names:
        found.append(texts.differ(place, np.ones(len(place), np.int64), *(batch.column(name) for name in ("start", "end", "text"))))
    return together(found)


def _rows(counts: Numbers, spans: Positions) -> Positions:
    """The rows that some spans are of."""
    return np.searchsorted(np.cumsum(counts), spans, side="right") if len(spans) else spans


def _parts(spans: pa.Array) -> list[pa.Array]:
    names = [field.name for field in spans.type]
    parts = spans.flatten()
    return [parts[names.index(name)] for name in ("start", "end", "text")]


def _strange_tokens(batch: pa.RecordBatch, place: Positions, texts: Texts) -> Positions:
    (starts, counts), (ends, of_ends), (words, of_words) = (values(batch.column(name)) for name in ("token_start", "token_end", "tokens"))
    uneven = (counts != of_ends) | (counts != of_words)
    if uneven.any():
        even = np.flatnonzero(~uneven)
        rest = even[_strange_tokens(batch.take(pa.array(even)), place[even], texts)] if len(even) else NONE
        return together([np.flatnonzero(uneven & texts.there(place)), rest])
    return _rows(counts, texts.differ(place, counts, starts, ends, words))
