"""Rules of quotation marks that need nothing but the text.

A *mark* is a character that opens or closes a quotation; an apostrophe is not.  Marks are paired within one line,
since a new paragraph starts a new quotation and reopens its marks.

- Double marks (straight, curly, low) are always marks, paired or not.  So are the doubled single ones of newswires
  (``''``), one mark of two characters each: it is known by the first where it opens and by the last where it closes.
- Guillemets are marks where they pair within a line; a lone one is a bullet or an arrow (``» READ MORE``).
- Single marks are marks where they pair: the first opens a word, the second ends one.  What stands inside a word
  (``Ukraine's``) or never pairs (``the workers' rights``) is an apostrophe.
- An opening mark while another is open closes it: pages garble closing marks (``do, “she said``), and no style nests
  two equal double marks.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Interval = tuple[int, int]

DOUBLE = '"“”„‟'
_GUILLEMETS = re.compile("«[^«»\n]*»|»(?! )[^«»\n]*«")
_DOUBLE = re.compile(rf"[{DOUBLE}]|``|''(?!')")
_OPENS_A_WORD = re.compile(
    r"(?:‘|(?<![^\s(\[\"“„«—–-])')"
    r"(?!\d0s\b)(?=\w)"  # but not a decade: '90s
)
_ENDS_A_WORD = re.compile(r"(?<=\S)(?<!')['’](?!\w|'(?!'))")


@dataclass(frozen=True, slots=True)
class Pair:
    """A stretch between quotation marks, the marks included: text[start:end].

    Where the closing mark is missing, `closed` is false and the stretch runs to the end of its line.
    """

    start: int
    end: int
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Marks:
    """Every quotation mark of a text: `positions` in order, and the `pairs` they form."""

    positions: tuple[int, ...]
    pairs: tuple[Pair, ...]


def find_marks(text: str) -> Marks:
    """Find and pair the quotation marks of a text."""
    positions: list[int] = []
    pairs: list[Pair] = []
    begin = 0
    for line in text.split("\n"):
        _pair_double(line, begin, positions, pairs)
        for start, end in (*map(re.Match.span, _GUILLEMETS.finditer(line)), *_single(line)):
            pairs.append(Pair(begin + start, begin + end))
            positions += begin + start, begin + end - 1
        begin += len(line) + 1
    return Marks(tuple(sorted(positions)), tuple(sorted(pairs, key=lambda pair: (pair.start, -pair.end))))


def _pair_double(line: str, begin: int, positions: list[int], pairs: list[Pair]) -> None:
    opened: int | None = None
    for match in _DOUBLE.finditer(line):
        start, end = match.span()
        if opened is not None:
            positions.append(begin + end - 1)
            pairs.append(Pair(begin + opened, begin + end))
            opened = None
        elif match[0] != "''" or not line[max(0, start - 1) : start].isdigit():  # 5'' are inches
            positions.append(begin + start)
            if match[0] != "”" or _opens_a_word(line, start):
                opened = start
    if opened is not None:
        pairs.append(Pair(begin + opened, begin + len(line.rstrip()), closed=False))


def _single(line: str) -> Iterator[Interval]:
    """An opening single mark pairs with the next one that ends a word; what stands between is not looked at again."""
    closing = [match.start() for match in _ENDS_A_WORD.finditer(line)]
    done = 0
    for match in _OPENS_A_WORD.finditer(line):
        if match.start() < done:
            continue
        at = bisect_left(closing, match.start() + 2)
        if at == len(closing):
            return
        done = closing[at] + 1
        yield match.start(), done


def _opens_a_word(line: str, position: int) -> bool:
    """Swedish and Finnish open with ” as well."""
    before, after = line[position - 1 : position] if position else "", line[position + 1 : position + 2]
    return (not before or before.isspace()) and after.isalnum()


def owned_pairs(
    pairs: Iterable[Pair], content: Sequence[Interval], children: Sequence[Interval], nonquotes: Sequence[Interval]
) -> list[Pair]:
    """The pairs that make a quotation direct: those with a mark in its content that is not only a child's or a nonquote's.

    `content` holds the quotation's own spans, `children` the content spans of the quotations inside it.
    """

    def counts(position: int) -> bool:
        return _inside(position, content) and not _inside(position, children) and not _inside(position, nonquotes)

    return [pair for pair in pairs if counts(pair.start) or (pair.closed and counts(pair.end - 1))]


def quotation_type(text: str, content: Sequence[Interval], owned: Sequence[Pair]) -> str:
    """`direct` where every word of the content stands inside marks, `indirect` where none does, else `mixed`.

    `owned` are the pairs that `owned_pairs` found.  Words are runs of letters and digits; what joins them does not count.
    """
    quoted = unquoted = False
    for start, end in content:
        for position in range(start, end):
            if text[position].isalnum():
                if any(pair.start <= position < pair.end for pair in owned):
                    quoted = True
                else:
                    unquoted = True
    if quoted and unquoted:
        return "mixed"
    return "direct" if quoted else "indirect"


def unaccounted(marks: Marks, spans: Iterable[Interval]) -> list[int]:
    """The positions of marks that no span covers: each belongs to a content or nonquote span."""
    left = list(marks.positions)
    for start, end in spans:
        low, high = bisect_left(left, start), bisect_left(left, end)
        del left[low:high]
    return left


def _inside(position: int, spans: Sequence[Interval]) -> bool:
    return any(start <= position < end for start, end in spans)
