"""Labelled spans against a reference: mentions by their label, nonquotes by their reason.

The four ways to count are those of SemEval-2013 task 9 (Segura-Bedmar and others, 2013), as `nervaluate` counts them; `strict` is also
CoNLL-2003's, and what `seqeval` counts.  They agree with both tools on spans that do not overlap within one side.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from drumbeat.model import Mention
from drumbeat.score.figures import LABEL, SHARE, Confused, Key, Tallies, f1_of, share_of

_NEAR = 100  # names that overlap one prediction among which the nearest is looked for; no page that makes sense has more


class Name(NamedTuple):
    """A labelled span, end-exclusive."""

    start: int
    end: int
    label: str


def names(layer: str, labels: Sequence[str], gold: Collection[Name], predicted: Collection[Name]) -> tuple[Tallies, Confused]:
    """One page; records that are equal count once."""
    ours, theirs = sorted(set(gold)), sorted(set(predicted))
    strict = set(ours) & set(theirs)
    spans = [{name[:2] for name in side} for side in (ours, theirs)]
    exact, partial = _partial(ours, theirs)
    tallies: Tallies = {
        Key(layer, "all", "strict"): f1_of(len(strict), len(theirs), len(ours)),
        Key(layer, "all", "exact"): f1_of(len(spans[0] & spans[1]), len(spans[1]), len(spans[0])),
        Key(layer, "all", "partial"): f1_of(exact + partial / 2, len(theirs), len(ours)),
        Key(layer, "all", "type"): f1_of(_typed(ours, theirs), len(theirs), len(ours)),
        Key(layer, "all", "overlap"): f1_of(_overlap(ours, theirs), len(theirs), len(ours)),
    }
    right, given, golds = (Counter(name.label for name in side) for side in (strict, theirs, ours))
    for label in labels:
        tallies[Key(layer, label, "strict", LABEL)] = f1_of(right[label], given[label], golds[label])
    return tallies, _confused(layer, ours, theirs)


def links(gold: Iterable[Mention], predicted: Iterable[Mention]) -> Tallies:
    """One page: whether mentions lead to the entity that the reference names.

    `entity, of equal` asks of mentions with equal span and label; `span and entity` wants span and entity, whatever the label: strong
    annotation match of GERBIL (Usbeck and others, 2015).
    """
    ours, theirs = ({Name(m.start, m.end, m.label): m.entity for m in side if m.entity is not None} for side in (gold, predicted))
    given = {Name(m.start, m.end, m.label) for m in predicted}
    equal = ours.keys() & given
    linked = [{(*name[:2], entity) for name, entity in side.items()} for side in (ours, theirs)]
    return {
        Key("entities", "link", "entity, of equal", SHARE): share_of(sum(ours[name] == theirs.get(name) for name in equal), len(equal)),
        Key("entities", "link", "span and entity"): f1_of(len(linked[0] & linked[1]), len(linked[1]), len(linked[0])),
    }


class _Free:
    """The names of one side, in order, that no name of the other has taken yet.

    They are asked for in the order of the text, so one that ended before is passed for good: the work is that of the names and of what
    is found.
    """

    def __init__(self, names: Sequence[Name], taken: Collection[Name]) -> None:
        self._names, self._taken = names, taken
        self._next = list(range(len(names) + 1))  # after each name the next that may be free, the first one's place before

    def overlapping(self, name: Name) -> Iterator[Name]:
        """Those that overlap a name, which begins no earlier than the one before it did."""
        before = 0
        while (at := self._next[before]) < len(self._names) and (other := self._names[at]).start < name.end:
            if other in self._taken or other.end <= name.start:
                self._next[before] = self._next[at + 1]
            else:
                yield other
                before = at + 1


def _partial(gold: Sequence[Name], predicted: Sequence[Name]) -> tuple[int, int]:
    """How many predictions have the exact span of a name that is free, and how many else overlap one that is."""
    taken: set[Name] = set()
    free = _Free(gold, taken)
    equal: defaultdict[tuple[int, int], deque[Name]] = defaultdict(deque)
    for name in gold:
        equal[name[:2]].append(name)
    exact = partial = 0
    for name in predicted:
        same = equal[name[:2]]
        while same and same[0] in taken:
            same.popleft()
        found = same[0] if same else next(free.overlapping(name), None)
        if found is not None:
            taken.add(found)
            exact += bool(same)
            partial += not same
    return exact, partial


def _typed(gold: Sequence[Name], predicted: Sequence[Name]) -> int:
    """How many predictions overlap a free name of their label; the one with the nearest bounds is taken, or else one of another label."""
    taken: set[Name] = set()
    free = _Free(gold, taken)
    labelled: defaultdict[str, list[Name]] = defaultdict(list)
    for name in gold:
        labelled[name.label].append(name)
    alike = {label: _Free(of_label, taken) for label, of_label in labelled.items()}
    right = 0
    for name in predicted:
        near = list(islice(alike[name.label].overlapping(name), _NEAR)) if name.label in alike else []
        if near:
            right += 1
            taken.add(min(near, key=lambda other: abs(other.start - name.start) + abs(other.end - name.end)))
        else:
            taken.update(islice(free.overlapping(name), 1))
    return right


def _overlap(gold: Sequence[Name], predicted: Sequence[Name]) -> int:
    """How many names of the reference find, in the order of the text, a free prediction of their label that overlaps them."""
    free: defaultdict[str, deque[Name]] = defaultdict(deque)
    for name in predicted:
        free[name.label].append(name)
    right = 0
    for name in gold:
        waiting = free[name.label]
        while waiting and waiting[0].end <= name.start:
            waiting.popleft()  # no later name can reach it
        if waiting and waiting[0].start < name.end:
            waiting.popleft()
            right += 1
    return right


def _confused(layer: str, gold: Sequence[Name], predicted: Sequence[Name]) -> Confused:
    """The labels at each span, one side's against the other's; none where the other side has no such span."""
    sides: tuple[dict[tuple[int, int], list[str]], ...] = (defaultdict(list), defaultdict(list))
    for side, records in zip(sides, (gold, predicted), strict=True):
        for name in records:
            side[name[:2]].append(name.label)
    found: Confused = Counter()
    for span in sides[0].keys() | sides[1].keys():
        ours, theirs = (Counter(side.get(span, ())) for side in sides)
        same = ours & theirs
        found.update((layer, label, label) for label in same.elements())
        left = [sorted((labels - same).elements()) for labels in (ours, theirs)]
        found.update((layer, one, other) for one, other in zip_longest(*left))
    return found
