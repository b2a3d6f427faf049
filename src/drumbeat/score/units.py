"""What the scorers of quotations compare: units, words, and what lies inside quotation marks.

A *unit* is the part of a quotation's content in one paragraph (a line), without white space, marks and punctuation at its edges and
without a leading `that` or `whether`, since corpora differ on these; parts with nothing but such characters between them are one.
These are the conventions of the scorers of the public development sets, so that figures can be compared.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from drumbeat.model import Span

EDGES = " \t\r\n\"“”„«»‟＂`.,;:!?…—–-_()[]'‘’"
_WORD = re.compile(r"\w+(?:[’'\-]\w+)*")
_COMPLEMENTIZER = re.compile(r"(?:that|whether)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_MARK = re.compile(r"[“„«‟]|``|[”»]|[\"＂]|''")
_OPENS, _CLOSES = ("“", "„", "«", "‟", "``"), ("”", "»")
_DIRECT = 0.9  # of the words inside marks


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a page: where they begin, and which of its characters lie inside double quotation marks."""

    text: str
    starts: tuple[int, ...]
    quoted: bytes

    @classmethod
    def of(cls, text: str) -> "Words":
        """Find the words of a text."""
        return cls(text, tuple(match.start() for match in _WORD.finditer(text)), inside_marks(text))

    def between(self, span: Span) -> frozenset[int]:
        """Where the words of a stretch begin; a word that it cuts begins with the stretch."""
        first, last = bisect_left(self.starts, span.start), bisect_left(self.starts, span.end)
        begun = frozenset(self.starts[first:last])
        return begun | {span.start} if _WORD.match(self.text, span.start, span.end) else begun

    def kind(self, words: frozenset[int]) -> str:
        """The type that marks tell: `direct` from nine in ten words inside them, `indirect` where none is."""
        share = sum(self.quoted[word] for word in words) / len(words)
        return "direct" if share >= _DIRECT else "mixed" if share else "indirect"


def inside_marks(text: str) -> bytes:
    """For each character 1 where it stands between double quotation marks, else 0.

    A line that does not close its marks is inside to its end.  Straight marks and '' open or close in turn, `` opens.
    """
    inside = bytearray(len(text))
    begin = 0
    for line in text.split("\n"):
        opened = -1
        for mark in _MARK.finditer(line):
            if opened >= 0 and mark[0] not in _OPENS:
                inside[begin + opened : begin + mark.start()] = b"\1" * (mark.start() - opened)
                opened = -1
            elif opened < 0 and mark[0] not in _CLOSES:
                opened = mark.end()
        if opened >= 0:
            inside[begin + opened : begin + len(line)] = b"\1" * (len(line) - opened)
        begin += len(line) + 1
    return bytes(inside)


def units(text: str, content: Iterable[Span]) -> list[Span]:
    """The units of a quotation, in text order."""
    joined: list[Span] = []
    for piece in sorted(piece for span in content for piece in _paragraphs(text, span)):
        piece = trimmed(text, piece)
        if piece.start >= piece.end:
            continue
        gap = text[joined[-1].end : piece.start] if joined else "\n"
        if "\n" not in gap and not gap.strip(EDGES):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, piece.end))
        else:
            joined.append(piece)
    return [_without_complementizer(text, unit) for unit in joined]


def _paragraphs(text: str, span: Span) -> Iterable[Span]:
    begin = span.start
    for line in text[span.start : span.end].split("\n"):
        if line:
            yield Span(begin, begin + len(line))
        begin += len(line) + 1


def _without_complementizer(text: str, unit: Span) -> Span:
    found = _COMPLEMENTIZER.match(text, unit.start, unit.end)
    return trimmed(text, Span(found.end() if found else unit.start, unit.end))


def trimmed(text: str, span: Span, edges: str = EDGES) -> Span:
    """A stretch without such characters at its edges; empty where there is nothing else."""
    words = text[span.start : span.end]
    start = span.end - len(words.lstrip(edges))
    return Span(start, max(start, span.start + len(words.rstrip(edges))))


def without_article(text: str, span: Span) -> Span:
    """A stretch without a leading article."""
    found = _ARTICLE.match(text, span.start, span.end)
    return Span(found.end(), span.end) if found else span


def without_possessive(text: str, span: Span) -> Span:
    """A stretch without a possessive 's at its end."""
    return Span(span.start, span.end - 2) if text[max(span.start, span.end - 2) : span.end] in ("'s", "’s") else span


def meet(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Whether a span of the one overlaps a span of the other; both are few."""
    return any(a.start < b.end and b.start < a.end for a in one for b in other)


def overlapping(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The indexes of every two spans that overlap, by one sweep over the text: the work is that of sorting and of the pairs found."""
    order = sorted((start, side, index, end) for side, spans in enumerate((one, other)) for index, (start, end) in enumerate(spans))
    open_: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for start, side, index, end in order:
        against = open_[1 - side]
        for ended in [number for number, until in against.items() if until <= start]:
            del against[ended]
        for number in against:
            yield (index, number) if side == 0 else (number, index)
        open_[side][index] = end
