"""Finding the words of a page again in another copy of it, without having kept them.

A page that is fetched anew has other menus, teasers and line breaks around the same article.  What a text-free corpus keeps to
recognise the article is, for each page, a list of *anchors*: runs of whole sentences with a short digest of their words.  Beside
them stand the offsets of the words, which the corpus has anyway.

**What an anchor gives away.**  Whoever guesses a sentence can compare digests.  So that guessing leads nowhere,

- anchors never overlap: a word stands in one of them.  Overlapping digests (of every five words, say) could be cracked one word at
  a time;
- an anchor has at least `MIN_WORDS` words.  A shorter sentence goes with its neighbours of the same region, and a region with
  fewer words has none: nothing in it can be placed in another copy;
- a digest is cut to one hexadecimal digit for `WORDS_PER_DIGIT` words, at most `MAX_DIGITS`: it tells at most 4/3 bits a word,
  however long one computes.  English holds about one bit a character (Shannon 1951), on the five pages some six a word; the
  lengths of words, which the corpus has anyway, take at most 3.3 of them.  So more wordings than one fit, and a digest alone
  proves no guess.  This is an estimate of what words hold and no proof: who knows most of a sentence can tell which rest fits.

**When a stretch counts as found.**  All is counted in visible characters, so copies may differ in white space.  The lengths of the
words of an anchor must follow each other in the copy as they do in the corpus, and the words there must have its digest.  Only a
sentence that was reworded without changing the length of one word can pass for the old one: one in 4,096 of those with nine
words, one in 4 thousand millions of those with 24.  Anchors that stand as often in the copy as in the corpus are paired in
order, the longest sequence of pairs that follow each other is kept, and the rest is looked for between its neighbours.  A span is
placed where all its words lie in anchors that were found, one right behind the other; what is not certain is not placed.
"""

import hashlib
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple, Protocol

from drumbeat.model import Anchor, Span

MIN_WORDS = 9
WORDS_PER_DIGIT = 3
MAX_DIGITS = 8

TOO_SHORT = "too few words stand around it to recognise the place"
ABSENT = "its words are not in the copy"
UNCERTAIN = "its words stand in the copy more often, or in another order"
INTERRUPTED = "other words stand inside it in the copy"

_WORD = re.compile(r"\w+")
_RUN = re.compile(r"\S+")

Key = tuple[str, str]


class Unplaced(Exception):  # noqa: N818  it stops no operation: the span is listed
    """A span that is not in a copy for certain; `why` says why in words."""

    def __init__(self, start: int, end: int, why: str) -> None:
        super().__init__(why)
        self.start, self.end, self.why = start, end, why


class Placing(Protocol):
    """Where the spans of a document stand in a copy of it."""

    def place(self, start: int, end: int) -> Span:
        """The span of the copy with the same words.  Raises Unplaced."""

    def pieces(self, start: int, end: int) -> tuple[list[Span], list[Unplaced]]:
        """The stretches of the copy that a stretch of the document became, and what of it is lost."""


class Same:
    """The placing of a copy with the same text."""

    def place(self, start: int, end: int) -> Span:
        """The span itself."""
        return Span(start, end)

    def pieces(self, start: int, end: int) -> tuple[list[Span], list[Unplaced]]:
        """The stretch itself."""
        return [Span(start, end)], []


def anchors(text: str, regions: Sequence[Span], blocks: Sequence[Span], sentences: Sequence[Span]) -> tuple[Anchor, ...]:
    """The anchors of a text, in its order; regions hold blocks and blocks sentences, all of them in the order of the text."""
    in_block = _grouped(sentences, blocks)
    lines = [_joined(text, of_block) for of_block in in_block]
    found = []
    for of_region in _grouped([span for line in lines for span in line], regions):
        for span in _joined(text, of_region):
            if _words(text, span) >= MIN_WORDS:
                found.append(Anchor(span.start, span.end, digest(text[span.start : span.end])))
    return tuple(found)


def digest(words: str) -> str:
    """The digest of an anchor's words, whatever white space stands between them."""
    digits = min(len(_WORD.findall(words)) // WORDS_PER_DIGIT, MAX_DIGITS)
    return hashlib.sha256(" ".join(words.split()).encode("utf-8")).hexdigest()[:digits]


def _grouped(spans: Sequence[Span], holders: Sequence[Span]) -> list[list[Span]]:
    """The spans by the holder that they begin in."""
    starts = [holder.start for holder in holders]
    return [list(group) for _, group in groupby(spans, lambda span: bisect_right(starts, span.start))]


def _joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Neighbours joined until each has words enough; what is left over at the end goes with the last."""
    joined: list[Span] = []
    for span in spans:
        if joined and _words(text, joined[-1]) < MIN_WORDS:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    if len(joined) > 1 and _words(text, joined[-1]) < MIN_WORDS:
        last = joined.pop()
        joined[-1] = Span(joined[-1].start, last.end)
    return joined


def _words(text: str, span: Span) -> int:
    return len(_WORD.findall(text, span.start, span.end))


@dataclass(frozen=True)
class Layout:
    """Where the visible characters of a text stand, in runs between white space: its shape without its words.

    The *rank* of a character is the number of visible ones before it.  `outline` has a letter for each, `B` where a run begins.
    """

    runs: tuple[Span, ...]
    starts: tuple[int, ...]
    ranks: tuple[int, ...]
    outline: str

    @classmethod
    def of(cls, runs: Sequence[Span]) -> "Layout":
        """The layout of runs; those that touch are one."""
        edges: list[Span] = []
        for run in runs:
            if edges and edges[-1].end == run.start:
                edges[-1] = Span(edges[-1].start, run.end)
            else:
                edges.append(run)
        lengths = [run.end - run.start for run in edges]
        outline = "".join("B" + "x" * (length - 1) for length in lengths)
        return cls(tuple(edges), tuple(run.start for run in edges), tuple(accumulate(lengths, initial=0))[:-1], outline)

    @classmethod
    def of_text(cls, text: str) -> "Layout":
        """The layout of a text."""
        return cls.of([Span(*match.span()) for match in _RUN.finditer(text)])

    def rank(self, offset: int) -> int:
        """How many visible characters stand before an offset."""
        at = bisect_right(self.starts, offset) - 1
        return self.ranks[at] + min(offset, self.runs[at].end) - self.starts[at] if at >= 0 else 0

    def span(self, first: int, last: int) -> Span:
        """The stretch from the character of rank `first` up to that of rank `last`, without it."""
        return Span(self._offset(first), self._offset(last - 1) + 1)

    def _offset(self, rank: int) -> int:
        at = bisect_right(self.ranks, rank) - 1
        return self.starts[at] + rank - self.ranks[at]


class Alignment:
    """The placing of a copy with another text: what of the document it has, and where."""

    def __init__(self, anchors: Sequence[Anchor], layout: Layout, text: str) -> None:
        """Look for the anchors of a document with this layout in the text of a copy."""
        self.anchors = anchors
        self._old, self._new = layout, Layout.of_text(text)
        self._first = [layout.rank(anchor.start) for anchor in anchors]
        self._last = [layout.rank(anchor.end) for anchor in anchors]
        places = [list(self._occurrences(index, text)) for index in range(len(anchors))]
        old = [(index, self._key(index)) for index in range(len(anchors))]
        new = sorted({(rank, key) for (_, key), ranks in zip(old, places, strict=True) for rank in ranks})
        self._found = _paired(old, new)
        self._why = [UNCERTAIN if ranks else ABSENT for ranks in places]

    def found(self, index: int) -> bool:
        """Whether an anchor stands in the copy for certain."""
        return index in self._found

    def place(self, start: int, end: int) -> Span:
        """The span of the copy with the same words.  Raises Unplaced."""
        first, last = self._old.rank(start), self._old.rank(end)
        index = bisect_right(self._first, first) - 1
        fates: list[int | str] = []
        done = first
        while done < last:
            if not (0 <= index < len(self.anchors) and self._first[index] <= done < self._last[index]):
                raise Unplaced(start, end, TOO_SHORT)
            fates.append(self._fate(index))
            done, index = self._last[index], index + 1
        if why := next((fate for fate in fates if isinstance(fate, str)), None):
            raise Unplaced(start, end, why)
        shifts = {fate for fate in fates if isinstance(fate, int)}
        if len(shifts) != 1:
            raise Unplaced(start, end, INTERRUPTED if shifts else TOO_SHORT)
        (shift,) = shifts
        return self._new.span(first + shift, last + shift)

    def pieces(self, start: int, end: int) -> tuple[list[Span], list[Unplaced]]:
        """The stretches of the copy that a stretch of whole anchors became, and what of it is lost."""
        here = range(bisect_left(self._first, self._old.rank(start)), bisect_left(self._first, self._old.rank(end)))
        if not here:
            return [], [Unplaced(start, end, TOO_SHORT)]
        pieces: list[Span] = []
        lost: list[Unplaced] = []
        for fate, group in groupby(here, self._fate):
            indices = list(group)
            if isinstance(fate, str):
                lost.append(Unplaced(self.anchors[indices[0]].start, self.anchors[indices[-1]].end, fate))
            else:
                pieces.append(self._new.span(self._first[indices[0]] + fate, self._last[indices[-1]] + fate))
        return pieces, lost

    def _fate(self, index: int) -> int | str:
        """How far an anchor moved, in visible characters; or why it is not in the copy."""
        return self._found[index] - self._first[index] if index in self._found else self._why[index]

    def _key(self, index: int) -> Key:
        return self._shape(index), self.anchors[index].digest

    def _shape(self, index: int) -> str:
        """The outline of an anchor but for its first character, before which other words may stand glued in a copy."""
        return self._old.outline[self._first[index] + 1 : self._last[index]]

    def _occurrences(self, index: int, text: str) -> Iterator[int]:
        """The ranks at which an anchor's words stand in the copy."""
        shape = self._shape(index)
        at = self._new.outline.find(shape, 1)
        while at >= 0:
            span = self._new.span(at - 1, at + len(shape))
            if digest(text[span.start : span.end]) == self.anchors[index].digest:
                yield at - 1
            at = self._new.outline.find(shape, at + 1)


def _paired(old: Sequence[tuple[int, Key]], new: Sequence[tuple[int, Key]]) -> dict[int, int]:
    """Which anchor of the document (by index) is which stretch of the copy (by rank).

    What stands as often on both sides is paired in order; of these pairs the longest sequence is kept whose stretches follow each
    other in the copy; then the same between every two of them.
    """
    pairs: dict[int, int] = {}
    gaps = [(old, new)]
    while gaps:
        here, there = gaps.pop()
        kept = _following(_as_often(here, there))
        pairs |= {pair.anchor: pair.first for pair in kept}
        edges = [_Pair(-1, 0, 0), *kept, _Pair(len(old), sys.maxsize, sys.maxsize)] if kept else []
        for left, right in pairwise(edges):
            between = (
                [(index, key) for index, key in here if left.anchor < index < right.anchor],
                [(rank, key) for rank, key in there if left.last <= rank and _last(rank, key) <= right.first],
            )
            if all(between):
                gaps.append(between)
    return pairs


class _Pair(NamedTuple):
    """An anchor by its index, and its stretch of the copy in ranks; `last` is exclusive."""

    anchor: int
    first: int
    last: int


def _last(rank: int, key: Key) -> int:
    return rank + 1 + len(key[0])


def _as_often(old: Sequence[tuple[int, Key]], new: Sequence[tuple[int, Key]]) -> list[_Pair]:
    counts = Counter(key for _, key in old), Counter(key for _, key in new)
    ranks: dict[Key, deque[int]] = defaultdict(deque)
    for rank, key in new:
        ranks[key].append(rank)
    alike = ((index, key) for index, key in old if counts[0][key] == counts[1][key])
    return [_Pair(index, rank := ranks[key].popleft(), _last(rank, key)) for index, key in alike]


def _following(pairs: Sequence[_Pair]) -> list[_Pair]:
    """The longest sequence of pairs, in their order, of which each stretch begins behind the one before."""
    ends: list[int] = []  # of the sequences of each length, the lowest last rank
    heads: list[int] = []  # the pair that each of these ends with
    before: list[int | None] = []
    for position, pair in enumerate(pairs):
        length = bisect_right(ends, pair.first)
        before.append(heads[length - 1] if length else None)
        if length == len(ends) or pair.last < ends[length]:
            ends[length : length + 1], heads[length : length + 1] = [pair.last], [position]
    chain: list[_Pair] = []
    at = heads[-1] if heads else None
    while at is not None:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
