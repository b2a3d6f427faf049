"""Two annotation sets side by side: what they agree on, and where they or the gold differ, as data and in words.

Sets are aligned by span and content, never by id.  What is in question at one place is a `Point`; its records bear the
ids that they have or would get in the gold, so that the readings of a point can be compared and exchanged as they are.
Offsets are code points over the document's normalised text, end-exclusive.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import msgspec

from drumbeat.agreement import matched_quotes
from drumbeat.model import LAYERS, AnnotationSet, Mention, Nonquote, Quote, Region, Span

AnyRecord = Region | Quote | Nonquote | Mention
Records = tuple[AnyRecord, ...]
KINDS: dict[str, type[AnyRecord]] = {"regions": Region, "quotes": Quote, "nonquotes": Nonquote, "entities": Mention}
_LETTERS = {"regions": "r", "quotes": "q", "nonquotes": "n", "entities": "m"}


@dataclass(frozen=True, slots=True)
class Point:
    """One place of one layer, with what each set has there, and the gold where there is one.

    A region's reading is cut to the place and has no id.  `slots` are the ids for the first, second... record that results.
    """

    id: str
    layer: str
    start: int
    end: int
    one: Records
    other: Records
    gold: Records | None
    slots: tuple[str, ...] = ()

    @property
    def agreed(self) -> bool:
        """Both sets have the same."""
        return self.one == self.other

    @property
    def in_question(self) -> bool:
        """The sets differ, or the gold has something else than both."""
        return not self.agreed or (self.gold is not None and self.gold != self.one)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets over one text, point by point; `roles` are the region roles, by character, that both have."""

    text: str
    names: tuple[str, str]
    layers: tuple[str, ...]
    points: tuple[Point, ...]
    roles: dict[int, str]
    taken: frozenset[str]

    @property
    def questions(self) -> tuple[Point, ...]:
        """The points that need a decision, in the order of layers and text."""
        return tuple(point for point in self.points if point.in_question)

    def readings(self, point: Point) -> dict[str, Records]:
        """What each set has at a point, by annotator."""
        return dict(zip(self.names, (point.one, point.other), strict=True))


class Ids:
    """Mints ids above all that were ever seen, so that none is used again."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self._last: defaultdict[str, int] = defaultdict(int)
        for identifier in self.taken:
            if found := re.fullmatch(r"([a-z])([0-9]+)", identifier):
                self._last[found[1]] = max(self._last[found[1]], int(found[2]))

    def mint(self, layer: str) -> str:
        """The next id of a layer."""
        letter = _LETTERS[layer]
        self._last[letter] += 1
        identifier = f"{letter}{self._last[letter]:03d}"
        self.taken.add(identifier)
        return identifier


def hull(record: AnyRecord) -> Span:
    """From a record's first character to its last; a quotation's are those of its content."""
    if isinstance(record, Quote):
        return Span(record.content[0].start, max(span.end for span in record.content))
    return Span(record.start, record.end)


def same(one: Iterable[AnyRecord], other: Iterable[AnyRecord]) -> bool:
    """Whether records say the same, whatever their ids are."""
    return [msgspec.structs.replace(item, id="") for item in one] == [msgspec.structs.replace(item, id="") for item in other]


# -- comparing ------------------------------------------------------------------------------------


def compare(
    text: str, one: AnnotationSet, other: AnnotationSet, gold: AnnotationSet | None = None, taken: Collection[str] = ()
) -> Comparison:
    """Every point of the layers that both sets annotated.

    Where there is a gold its records keep their ids; new ids are minted above those of the gold, of the sets and of `taken`.
    """
    layers = tuple(layer for layer in LAYERS if layer in one.layers and layer in other.layers)
    before = [record.id for item in (gold, one, other) if gold and item for layer in LAYERS for record in getattr(item, layer)]
    ids = Ids([*before, *taken])
    roles: dict[int, str] = {}
    points: list[Point] = []
    for layer in layers:
        theirs = gold if gold is not None and layer in gold.layers else None
        if layer == "regions":
            roles, found = _regions(text, one, other, theirs)
        elif layer == "quotes":
            found = _quotes(one.quotes, other.quotes, theirs.quotes if theirs else None, ids)
        else:
            found = _spans(layer, getattr(one, layer), getattr(other, layer), getattr(theirs, layer) if theirs else None, ids)
        points += _named(found)
    return Comparison(text, (one.annotator, other.annotator), layers, tuple(points), roles, frozenset(ids.taken))


def _named(points: Iterable[Point]) -> list[Point]:
    """In text order, with ids from layer and place; what only the gold has never moves the id of what the sets have."""
    seen: defaultdict[str, int] = defaultdict(int)
    named = []
    for point in sorted(points, key=lambda p: (not (p.one or p.other), p.start, -p.end, not p.one)):
        identifier = f"{point.layer}-{point.start}-{point.end}"
        seen[identifier] += 1
        named.append(replace(point, id=identifier if seen[identifier] == 1 else f"{identifier}-{seen[identifier]}"))
    return sorted(named, key=lambda p: (p.start, -p.end))


def _regions(text: str, one: AnnotationSet, other: AnnotationSet, gold: AnnotationSet | None) -> tuple[dict[int, str], list[Point]]:
    """The roles that both have, and a point for each run of characters on which the two, or they and the gold, differ alike."""
    ours, theirs, golds = (roles_of(item.regions) if item else {} for item in (one, other, gold))
    visible = [position for position, character in enumerate(text) if not character.isspace()]
    agreed = {position: ours[position] for position in visible if position in ours and ours[position] == theirs.get(position)}

    def alike(position: int) -> tuple[str | None, ...]:
        a, b, c = ours.get(position), theirs.get(position), golds.get(position)
        return (a, b) if a != b or gold is None else (a, b, c)

    points = []
    for _, run in groupby(visible, alike):
        stretch = list(run)
        point = Point(
            "",
            "regions",
            stretch[0],
            stretch[-1] + 1,
            tuple(runs(stretch, ours)),
            tuple(runs(stretch, theirs)),
            tuple(runs(stretch, golds)) if gold else None,
        )
        if point.in_question:
            points.append(point)
    return agreed, points


def roles_of(regions: Sequence[Region]) -> dict[int, str]:
    """The role of each character."""
    return {position: region.role for region in regions for position in range(region.start, region.end)}


def runs(visible: Iterable[int], roles: dict[int, str]) -> Iterator[Region]:
    """Maximal runs of one role over visible characters, blanks between them included."""
    for role, run in groupby(visible, roles.get):
        if role is not None:
            stretch = list(run)
            yield Region("", stretch[0], stretch[-1] + 1, role)


def _quotes(one: Sequence[Quote], other: Sequence[Quote], gold: Sequence[Quote] | None, ids: Ids) -> list[Point]:
    """A point for each quotation, the two sets' joined where their contents match."""
    pair_of = {id(a): b for a, b in matched_quotes(one, other)}
    paired = {id(b) for b in pair_of.values()}
    units: list[list[Quote | None]] = [[a, pair_of.get(id(a)), None] for a in one]
    units += [[None, b, None] for b in other if id(b) not in paired]
    left = list(gold or ())
    for side in (0, 1):  # the gold's are joined by the first set's content, else by the second's
        unit_of = {id(unit[side]): unit for unit in units if unit[side] is not None and unit[2] is None}
        free = [quote for unit in unit_of.values() if (quote := unit[side]) is not None]
        for theirs, ours in matched_quotes(left, free):
            unit_of[id(ours)][2] = theirs
        joined = {id(unit[2]) for unit in units}
        left = [quote for quote in left if id(quote) not in joined]
    units += [[None, None, quote] for quote in left]

    def stretch(unit: list[Quote | None]) -> Span:
        spans = [hull(quote) for quote in unit[:2] if quote] or [hull(quote) for quote in unit if quote]
        return Span(min(span.start for span in spans), max(span.end for span in spans))

    units.sort(key=lambda unit: (stretch(unit).start, -stretch(unit).end))
    slots = [kept.id if (kept := unit[2]) else ids.mint("quotes") for unit in units]
    names = [{named.id: slot for unit, slot in zip(units, slots, strict=True) if (named := unit[side])} for side in range(3)]

    def reading(unit: list[Quote | None], side: int, slot: str) -> Records:
        quote = unit[side]
        if quote is None:
            return ()
        parent = names[side].get(quote.parent, quote.parent) if quote.parent is not None else None
        return (msgspec.structs.replace(quote, id=slot, parent=parent),)

    points = []
    for unit, slot in zip(units, slots, strict=True):
        a, b, c = (reading(unit, side, slot) for side in range(3))
        place = stretch(unit)
        points.append(Point("", "quotes", place.start, place.end, a, b, c if gold is not None else None, (slot,)))
    return points


Named = Nonquote | Mention


def _spans(layer: str, one: Sequence[Named], other: Sequence[Named], gold: Sequence[Named] | None, ids: Ids) -> list[Point]:
    """A point for each record that both have, and for each run of overlapping records that they do not."""
    sides = [_by_place(records) for records in (one, other, gold or ())]
    equal = {place for place in sides[0] if same(sides[0][place], sides[1].get(place, ()))}
    groups = [[place] for place in equal]
    end = -1
    for place in sorted((sides[0].keys() | sides[1].keys()) - equal):
        if place.start < end:
            groups[-1].append(place)
        else:
            groups.append([place])
        end = max(end, place.end)
    left = sides[2].keys() - equal
    points = []
    for places in sorted(groups):
        stretch = Span(places[0].start, max(place.end for place in places))
        near = {place for place in left if place.start < stretch.end and stretch.start < place.end} if places[0] not in equal else set()
        left -= near
        readings = [[record for place in places for record in side.get(place, ())] for side in sides[:2]]
        golds = [record for place in sorted({*places, *near}) for record in sides[2].get(place, ())]
        points.append(_point(layer, stretch, readings, golds if gold is not None else None, ids))
    return [*points, *(_point(layer, place, [[], []], sides[2][place], ids) for place in sorted(left))]


def _by_place(records: Sequence[Named]) -> dict[Span, list[Named]]:
    """Records by their span; those that stand at one place in an order that does not depend on ids."""
    placed: defaultdict[Span, list[Named]] = defaultdict(list)
    for record in sorted(records, key=lambda record: repr(msgspec.structs.replace(record, id=""))):
        placed[hull(record)].append(record)
    return dict(placed)


def _point(layer: str, span: Span, readings: Sequence[Sequence[Named]], gold: Sequence[Named] | None, ids: Ids) -> Point:
    """A point whose records have the gold's ids where spans are equal, else one of the gold's there, else new ones."""
    slots = [record.id for record in gold or ()]
    slots += [ids.mint(layer) for _ in range(max(map(len, readings)) - len(slots))]
    renamed = []
    for records in readings:
        names: dict[int, str] = {}
        for number, record in enumerate(records):
            equal = [g.id for g in gold or () if hull(g) == hull(record) and g.id not in names.values()]
            if equal:
                names[number] = equal[0]
        free = iter([slot for slot in slots if slot not in names.values()])
        renamed.append(tuple(msgspec.structs.replace(r, id=names[n] if n in names else next(free)) for n, r in enumerate(records)))
    return Point("", layer, span.start, span.end, renamed[0], renamed[1], tuple(gold) if gold is not None else None, tuple(slots))


# -- in words -------------------------------------------------------------------------------------

_FIELDS = ("type", "content", "cue", "source", "speaker", "speaker_name", "parent", "negated", "garbled")


def line_of(text: str, position: int) -> int:
    """The number of a line, from 1."""
    return text.count("\n", 0, position) + 1


def around(text: str, start: int, end: int, room: int = 40) -> str:
    """The words of a place within its line, marked by brackets."""
    before = text[max(0, start - room) : start].rpartition("\n")[2]
    after = text[end : end + room].partition("\n")[0]
    return " ".join(f"{before}[{_shown(text[start:end])}]{after}".split())


def in_words(comparison: Comparison, point: Point) -> list[str]:
    """What each set has at a point, one line a difference."""
    readings = comparison.readings(point)
    if point.gold is not None and point.gold not in (point.one, point.other):
        readings["the gold"] = point.gold
    if point.layer == "quotes" and all(readings.values()):
        quotes = {name: record for name, (record, *_) in readings.items() if isinstance(record, Quote)}
        return [
            f"{field}: " + "; ".join(f"{name} has {_value(comparison, quote, field)}" for name, quote in quotes.items())
            for field in _FIELDS
            if len({getattr(quote, field) for quote in quotes.values()}) > 1
        ]
    return [f"{name} has {', '.join(_words(comparison, r) for r in records) or 'nothing here'}" for name, records in readings.items()]


def _words(comparison: Comparison, record: AnyRecord) -> str:
    text = comparison.text
    if isinstance(record, Quote):
        shown = [f"{field} {_value(comparison, record, field)}" for field in _FIELDS[1:] if getattr(record, field)]
        return f"a quotation ({record.type}): {', '.join(shown)}"
    words = f"{_shown(text[record.start : record.end])!r} {record.start}..{record.end}"
    if isinstance(record, Region):
        return f"{record.role} for {words}"
    if isinstance(record, Nonquote):
        return f"no quotation but {record.reason} at {words}"
    return f"{record.label} {words}, {'link ' + record.entity if record.entity else 'no link'}"


def _value(comparison: Comparison, quote: Quote, field: str) -> str:
    value = getattr(quote, field)
    if field in ("content", "cue", "source"):
        return " + ".join(f"{_shown(comparison.text[s.start : s.end])!r} {s.start}..{s.end}" for s in value) or "none"
    if field == "parent" and value is not None:
        quotes = [q for p in comparison.points if p.layer == "quotes" for q in (*p.one, *p.other, *(p.gold or ())) if q.id == value]
        return f"{value} " + (repr(_shown(comparison.text[hull(quotes[0]).start : hull(quotes[0]).end])) if quotes else "")
    return {None: "none", True: "yes", False: "no"}.get(value, str(value))


def _shown(text: str, limit: int = 70) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[1 - limit // 2 :]}"
