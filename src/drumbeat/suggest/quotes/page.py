"""The reports of a page: line by line, then across lines."""

from collections.abc import Iterator, Sequence

from drumbeat.marks import Marks, Pair
from drumbeat.model import Region
from drumbeat.suggest.quotes.direct import add_direct
from drumbeat.suggest.quotes.indirect import add_indirect
from drumbeat.suggest.quotes.line import Draft, draft
from drumbeat.suggest.quotes.nested import add_nested
from drumbeat.suggest.quotes.nonquotes import transparent
from drumbeat.suggest.quotes.tree import Tree
from drumbeat.suggest.quotes.turns import add_turns
from drumbeat.suggest.quotes.uncued import add_uncued

_HEADLINE_ROLES = frozenset(("headline", "subheading", "related"))
_LONGEST_HEADLINE = 20  # words


def outer(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs that stand in no other pair; `pairs` in text order."""
    kept: list[Pair] = []
    for pair in pairs:
        if not kept or pair.start >= kept[-1].end:
            kept.append(pair)
    return kept


def drafts(text: str, trees: Sequence[Tree], marks: Marks, regions: Sequence[Region] = ()) -> list[Draft]:
    """Every line with its reports, in order.  A pair of marks may reach over several pieces of a long line."""
    pairs = outer(marks.pairs)
    inner = sorted(set(marks.pairs).difference(pairs), key=lambda pair: pair.start)
    shares = list(_shares(trees, inner))
    lines = []
    for tree, here in zip(trees, _shares(trees, pairs), strict=True):
        line = draft(text, tree, [pair for pair in here if not transparent(text, pair)])
        add_direct(line)
        add_indirect(line)
        lines.append(line)
    headlines = _headlines(lines, regions)
    add_turns(lines, headlines)
    add_uncued(lines, headlines)
    for line, inside in zip(lines, shares, strict=True):
        add_nested(line, inside)
    _mark_garbled(lines)
    return lines


def _headlines(lines: Sequence[Draft], regions: Sequence[Region]) -> list[bool]:
    """Which lines are headlines: by the region that they begin in, else short ones that end without a stop."""
    if regions:
        role = {}
        at = 0
        for line in lines:
            while at + 1 < len(regions) and regions[at].end <= line.start:
                at += 1
            role[line.start] = regions[at].role
        return [role[line.start] in _HEADLINE_ROLES and len(line.tree) <= 2 * _LONGEST_HEADLINE for line in lines]
    return [len(line.tree) <= _LONGEST_HEADLINE and line.tree.words[-1][-1:] not in '.?!,;:”"’)' for line in lines]


def _mark_garbled(lines: Sequence[Draft]) -> None:
    """A piece that is never closed is broken, unless the next line takes it up with a mark of its own."""
    for number, line in enumerate(lines):
        if line.pieces and not line.pieces[-1].closed:
            report = line.of_piece.get(len(line.pieces) - 1)
            following = lines[number + 1] if number + 1 < len(lines) else None
            taken_up = following is not None and bool(following.pieces) and following.pieces[0].first == 0
            if report is not None and not taken_up:
                report.garbled = True


def _shares(trees: Sequence[Tree], pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """For each line the pairs that reach into it."""
    at = 0
    for tree in trees:
        while at < len(pairs) and pairs[at].end <= tree.starts[0]:
            at += 1
        upto = at
        while upto < len(pairs) and pairs[upto].start < tree.ends[-1]:
            upto += 1
        yield list(pairs[at:upto])
