"""Quotations against a reference, as attribution is scored for PARC 3 and PolNeAR: content, speaker, cue, and all of it end to end.

Units (`drumbeat.score.units`) are matched from a Jaccard index of their words of 0.5 on, the best first.  For one part, say the direct
ones, predictions that stand for quotations of another part count neither way: those that match nothing and lie by half or more of
their words in the other part's content.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drumbeat.model import Span
from drumbeat.score.figures import SHARE, Confused, Key, Tallies, f1_of, share_of
from drumbeat.score.speakers import Speaker
from drumbeat.score.units import Words, meet, overlapping, units

_LAYER = "quotes"
_MATCH = 0.5
DIRECT, INDIRECT, MIXED, SPEECH, ALL = "direct", "indirect", "mixed", "speech", "all"


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation as it is scored; without a `type` its marks tell it.

    `names` are words of the speaker's name: of the reference all, of a prediction the last two.  `speech` is false where somebody only
    thinks or plans, which belongs to `ALL` alone; an `ignored` one counts for no part.
    """

    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    speaker: Speaker | None
    names: frozenset[str] = frozenset()
    type: str | None = None
    speech: bool = True
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a quotation with where its words begin."""

    span: Span
    words: frozenset[int]
    type: str
    said: Said


def units_of(page: Words, quotations: Iterable[Said], distinct: bool = False) -> list[Unit]:
    """The units of quotations; `distinct` takes the first of those with one span."""
    found: list[Unit] = []
    seen: set[Span] = set()
    for said in quotations:
        for span in units(page.text, said.content):
            words = page.between(span)
            if words and not (distinct and span in seen):
                seen.add(span)
                found.append(Unit(span, words, said.type or page.kind(words), said))
    return found


def quotations(text: str, parts: Sequence[str], gold: Sequence[Unit], predicted: Sequence[Unit]) -> tuple[Tallies, Confused]:
    """One page: the figures of each part, the widest last, and the types of matched units and of those that match none."""
    tallies: Tallies = {}
    for part in parts:
        wanted = [unit for unit in gold if _belongs(unit, part)]
        others = [unit for unit in gold if not _belongs(unit, part)]
        given = [unit for unit in predicted if part in (SPEECH, ALL) or unit.type == part]
        tallies |= _part(text, part, wanted, others, given)
    pairs = [(i, j) for i, j in matched(gold, predicted) if not gold[i].said.ignored]
    found: Confused = Counter((_LAYER, gold[i].type, predicted[j].type) for i, j in pairs)
    ours, theirs = {i for i, _ in pairs}, {j for _, j in pairs}
    found.update((_LAYER, unit.type, None) for i, unit in enumerate(gold) if i not in ours and not unit.said.ignored)
    found.update((_LAYER, None, unit.type) for j, unit in enumerate(predicted) if j not in theirs)
    alike = sum(gold[i].type == predicted[j].type for i, j in pairs)
    return tallies | {Key(_LAYER, parts[-1], "type", SHARE): share_of(alike, len(pairs))}, found


def matched(gold: Sequence[Unit], predicted: Sequence[Unit]) -> list[tuple[int, int]]:
    """The indexes of units that report the same words: the best Jaccard index first, then in the order given."""
    found = []
    for i, j in overlapping([_edges(unit) for unit in gold], [_edges(unit) for unit in predicted]):
        common = len(gold[i].words & predicted[j].words)
        index = common / (len(gold[i].words) + len(predicted[j].words) - common)
        if index >= _MATCH:
            found.append((-index, i, j))
    ours: set[int] = set()
    theirs: set[int] = set()
    pairs = []
    for _, i, j in sorted(found):
        if i not in ours and j not in theirs:
            ours.add(i)
            theirs.add(j)
            pairs.append((i, j))
    return pairs


def _edges(unit: Unit) -> tuple[int, int]:
    return unit.span.start, unit.span.end


def _belongs(unit: Unit, part: str) -> bool:
    if unit.said.ignored:
        return False
    return part == ALL or unit.said.speech if part in (SPEECH, ALL) else unit.type == part


def _part(text: str, part: str, gold: Sequence[Unit], others: Sequence[Unit], given: Sequence[Unit]) -> Tallies:
    pairs = matched(gold, given)
    words = _words(gold)
    elsewhere = _words(others) - words
    taken = {j for _, j in pairs}
    predicted = [unit for j, unit in enumerate(given) if j in taken or 2 * len(unit.words & elsewhere) < len(unit.words)]
    given_words = _words(predicted) - elsewhere
    ours, theirs = ({unit.span for unit in side} for side in (gold, predicted))
    found = [(gold[i].said, given[j].said) for i, j in pairs]
    whose = [(ours.speaker, theirs.speaker) for ours, theirs in found]
    right = [(a.matches(text, b) if b else (False, False)) if a else (True, True) for a, b in whose]
    named = [verdict for (a, _), verdict in zip(whose, right, strict=True) if a]
    known = [bool(ours.names & theirs.names) for ours, theirs in found if ours.speaker and ours.names]
    cued = [meet(ours.cue, theirs.cue) for ours, theirs in found if ours.speaker and ours.cue]

    def key(measure: str, kind: str = "f1") -> Key:
        return Key(_LAYER, part, measure, kind)

    return {
        key("content, exact"): f1_of(len(ours & theirs), len(theirs), len(ours)),
        key("content, match"): f1_of(len(pairs), len(predicted), len(gold)),
        key("content, words"): f1_of(len(words & given_words), len(given_words), len(words)),
        key("speaker, given", SHARE): share_of(sum(a is not None and b is not None for a, b in whose), len(named)),
        key("speaker, strict", SHARE): share_of(sum(strict for strict, _ in named), len(named)),
        key("speaker", SHARE): share_of(sum(head for _, head in named), len(named)),
        key("speaker, named", SHARE): share_of(sum(known), len(known)),
        key("cue", SHARE): share_of(sum(cued), len(cued)),
        key("end to end, strict"): f1_of(sum(strict for strict, _ in right), len(predicted), len(gold)),
        key("end to end"): f1_of(sum(head for _, head in right), len(predicted), len(gold)),
    }


def _words(found: Sequence[Unit]) -> frozenset[int]:
    return frozenset().union(*(unit.words for unit in found))
