"""Two annotation sets become one gold: what both have, and for the rest what was ruled, with its history.

Pure; `drumbeat.adjudicate` reads and writes.  Offsets are code points over the document's normalised text, end-exclusive.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from drumbeat.comparison import AnyRecord, Comparison, Ids, Point, Records, compare, hull, roles_of, runs, same
from drumbeat.errors import DecisionError
from drumbeat.model import LAYERS, AnnotationSet, Decision, Quote, Region, Span, in_text_order

_UNSAID = "decided in Label Studio"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody chose for a point, or, with `point` null, for a place where no point is in question.

    `why` is null where the person left no reason, `date` where no day was given.
    """

    point: str | None
    layer: str
    start: int
    end: int
    records: Records
    why: str | None
    by: str
    date: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The gold that rulings give and its history; `still_open` are the points that nothing decides."""

    gold: AnnotationSet
    decisions: tuple[Decision, ...]
    still_open: tuple[Point, ...]


# -- deciding -------------------------------------------------------------------------------------


def history(comparison: Comparison, decisions: Sequence[Decision]) -> dict[str, tuple[Decision, ...]]:
    """The recorded decisions about each point of a document with gold; without gold nothing is decided."""
    found = {}
    for point in comparison.points:
        concerned = tuple(decision for decision in decisions if point.gold is not None and _concerns(decision, point))
        if concerned:
            found[point.id] = concerned
    return found


def _concerns(decision: Decision, point: Point) -> bool:
    if decision.layer != point.layer:
        return False
    stretch = Span(decision.start, decision.end)
    if stretch == Span(point.start, point.end):
        return decision.id is None or point.layer == "regions" or not point.gold or decision.id in [r.id for r in point.gold]
    if point.layer == "regions":
        return stretch.start < point.end and point.start < stretch.end
    if decision.id is not None:
        return decision.id in [record.id for record in point.gold or ()]
    return not point.gold and stretch in [hull(record) for record in (*point.one, *point.other)]


def is_open(point: Point, decided: Collection[str]) -> bool:
    """Whether a point still needs a decision."""
    return point.in_question and point.id not in decided


def settle(
    comparison: Comparison,
    rulings: Sequence[Ruling],
    gold: AnnotationSet | None,
    earlier: Sequence[Decision],
    *,
    by: str,
    today: str,
    partial: bool = False,
) -> Outcome:
    """The gold: what both sets have, what is ruled, and else what the earlier gold has by decision, or with `partial` anyhow.

    An earlier decision stays until a ruling about the same point replaces it.  A quotation whose parent is in no gold gets the
    nearest one above that is.  Records, decisions and dates stay as they are where nothing changes.
    """
    decided = history(comparison, earlier)
    ruled = {ruling.point: ruling for ruling in rulings if ruling.point is not None}
    still_open = tuple(
        p for p in comparison.questions if p.id not in ruled and is_open(p, decided) and not (partial and p.gold is not None)
    )
    ids = Ids(comparison.taken)
    chosen: dict[str, Records] = {}
    for point in comparison.points:
        if point.id in ruled:
            chosen[point.id] = _with_ids(ruled[point.id].records, point.slots, ids, point.layer)
        else:
            chosen[point.id] = point.gold if point.in_question and point.gold is not None else point.one
    added = [(ruling, _with_ids(ruling.records, (), ids, ruling.layer)) for ruling in rulings if ruling.point is None]
    layers = {
        layer: [
            *(record for point in comparison.points if point.layer == layer for record in chosen[point.id]),
            *(record for ruling, records in added if ruling.layer == layer for record in records),
        ]
        for layer in comparison.layers
        if layer != "regions"
    }
    if "quotes" in layers:
        layers["quotes"] = list(_with_parents([q for q in layers["quotes"] if isinstance(q, Quote)], comparison))
    if "regions" in comparison.layers:
        painted = [(point.start, point.end, chosen[point.id]) for point in comparison.points if point.layer == "regions"]
        painted += [(ruling.start, ruling.end, records) for ruling, records in added if ruling.layer == "regions"]
        layers["regions"] = list(_painted(comparison, painted, gold.regions if gold else (), ids))
    made = _gold(
        comparison, {layer: tuple(records) for layer, records in layers.items()}, gold, by, [r.date or today for r in rulings] or [today]
    )
    results = [(ruling, chosen[ruling.point]) for ruling in rulings if ruling.point is not None] + added
    return Outcome(made, _recorded(comparison, made, results, decided, earlier, today), still_open)


def _with_ids(records: Records, slots: Sequence[str], ids: Ids, layer: str) -> Records:
    """Records that came without an id get those of their point, then new ones."""
    if layer == "regions":
        return records
    used = [record.id for record in records]
    free = [slot for slot in slots if slot not in used]
    return tuple(r if r.id else msgspec.structs.replace(r, id=free.pop(0) if free else ids.mint(layer)) for r in records)


def _with_parents(quotes: Sequence[Quote], comparison: Comparison) -> Iterator[Quote]:
    points = [point for point in comparison.points if point.layer == "quotes"]
    above = {q.id: q.parent for p in points for q in (*(p.gold or ()), *p.other, *p.one) if isinstance(q, Quote)}
    kept = {quote.id for quote in quotes}
    for quote in quotes:
        parent, seen = quote.parent, {quote.id}
        while parent is not None and parent not in kept and parent in above and parent not in seen:
            seen.add(parent)
            parent = above[parent]
        yield msgspec.structs.replace(quote, parent=None if parent in seen and parent != quote.parent else parent)


def _painted(comparison: Comparison, painted: Iterable[tuple[int, int, Records]], before: Sequence[Region], ids: Ids) -> Iterator[Region]:
    """The regions: the roles that both have, and over them what was chosen; ids of the earlier gold where role and place allow."""
    roles = dict(comparison.roles)
    for start, end, pieces in painted:
        for position in range(start, end):
            roles.pop(position, None)
        roles |= roles_of([piece for piece in pieces if isinstance(piece, Region)])
    visible = [position for position, character in enumerate(comparison.text) if not character.isspace()]
    regions = list(runs(visible, roles))
    overlaps = sorted(
        (
            (min(old.end, new.end) - max(old.start, new.start), old.role == new.role, -number, old.id)
            for number, new in enumerate(regions)
            for old in before
            if old.start < new.end and new.start < old.end and (old.role == new.role or (old.start, old.end) == (new.start, new.end))
        ),
        reverse=True,
    )
    kept: dict[int, str] = {}
    for _, _, number, identifier in overlaps:
        if -number not in kept and identifier not in kept.values():
            kept[-number] = identifier
    for number, region in enumerate(regions):
        yield msgspec.structs.replace(region, id=kept.get(number) or ids.mint("regions"))


def _gold(
    comparison: Comparison, records: dict[str, Records], before: AnnotationSet | None, by: str, dates: Sequence[str]
) -> AnnotationSet:
    if before is None:
        empty = AnnotationSet(by, "manual", max(dates), (), (), (), (), comparison.layers)
        return in_text_order(msgspec.structs.replace(empty, **records))
    layers = tuple(layer for layer in LAYERS if layer in before.layers or layer in comparison.layers)
    made = in_text_order(msgspec.structs.replace(before, layers=layers, **records))
    return before if made == in_text_order(before) else msgspec.structs.replace(made, annotator=by, date=max([*dates, before.date]))


def _recorded(
    comparison: Comparison,
    gold: AnnotationSet,
    results: Sequence[tuple[Ruling, Records]],
    decided: dict[str, tuple[Decision, ...]],
    earlier: Sequence[Decision],
    today: str,
) -> tuple[Decision, ...]:
    """The history with the rulings: appended, in place of what they replace; a ruling that says nothing new adds nothing."""
    points = {point.id: point for point in comparison.points}
    kept, new = list(earlier), list[Decision]()
    for ruling, records in results:
        point = points.get(ruling.point or "")
        old = decided.get(ruling.point or "", ())
        unchanged = point is not None and point.gold is not None and same(point.gold, records)
        if unchanged and old and all(_repeats(ruling, decision) for decision in old):
            continue
        kept = [decision for decision in kept if decision not in old]
        followed = tuple(name for name, reading in comparison.readings(point).items() if same(reading, records)) if point else ()
        for identifier in _resulting(ruling, records, gold):
            decision = Decision(
                ruling.layer, ruling.start, ruling.end, identifier, followed, ruling.why or _UNSAID, ruling.by, ruling.date or today
            )
            if decision not in kept:
                new.append(decision)
    return (*kept, *new)


def _repeats(ruling: Ruling, decision: Decision) -> bool:
    if ruling.why is None:
        return True  # no new reason: the old one is better
    return (ruling.why, ruling.by) == (decision.why, decision.by) and ruling.date in (None, decision.date)


def _resulting(ruling: Ruling, records: Records, gold: AnnotationSet) -> list[str | None]:
    if ruling.layer != "regions":
        return [record.id for record in records] or [None]
    return [r.id for r in gold.regions if any(r.start < piece.end and piece.start < r.end for piece in map(hull, records))] or [None]


# -- a person's reading ---------------------------------------------------------------------------


def rulings_from(
    comparison: Comparison,
    sets: tuple[AnnotationSet, AnnotationSet],
    chosen: AnnotationSet,
    by: str,
    date: str | None,
    why: Callable[[AnyRecord], str | None] = lambda _: None,
) -> list[Ruling]:
    """What a finished third reading decides: every point on which the sets differ, and where it departs from what both have.

    `why` gives the reason that was noted on a record of the reading.
    """
    theirs = compare(comparison.text, *sets, chosen)
    names = _gold_ids(comparison, theirs)
    known = {point.id for point in comparison.points}
    rulings = []
    for point in theirs.questions:
        if point.layer not in chosen.layers:
            continue
        stretch = range(point.start, point.end)
        whole = [r for r in chosen.regions if r.start < stretch.stop and stretch.start < r.end] if point.layer == "regions" else point.gold
        reason = " ".join(dict.fromkeys(note for record in whole or () if (note := why(record)))) or None
        records = tuple(_renamed(record, point.layer, names) for record in point.gold or ())
        rulings.append(Ruling(point.id if point.id in known else None, point.layer, point.start, point.end, records, reason, by, date))
    return rulings


def _gold_ids(comparison: Comparison, theirs: Comparison) -> dict[tuple[str, str], str]:
    """The id in the gold of each record of a third reading, by layer and the reading's own id."""
    ours = {point.id: point for point in comparison.points}
    ids = Ids(comparison.taken)
    names: dict[tuple[str, str], str] = {}
    used: set[str] = set()
    for point in theirs.points:
        for record in (point.gold or ()) if point.layer != "regions" else ():
            place = ours.get(point.id)
            slots = [r.id for r in (*place.one, *place.other) if hull(r) == hull(record)] + list(place.slots) if place else []
            name = next((slot for slot in slots if slot not in used), None) or ids.mint(point.layer)
            used.add(name)
            names[point.layer, record.id] = name
    return names


def _renamed(record: AnyRecord, layer: str, names: dict[tuple[str, str], str]) -> AnyRecord:
    if isinstance(record, Region):
        return record
    if isinstance(record, Quote):
        parent = names.get((layer, record.parent), record.parent) if record.parent is not None else None
        return msgspec.structs.replace(record, id=names[layer, record.id], parent=parent)
    return msgspec.structs.replace(record, id=names[layer, record.id])


def checked(ruling: Ruling, place: str) -> Ruling:
    """The ruling.  Raises DecisionError, naming the place, where its records do not belong to the stretch that it is about."""
    spans = [hull(record) for record in ruling.records]
    stretch = Span(ruling.start, ruling.end)
    if ruling.layer == "regions" and any(span not in stretch for span in spans):
        raise DecisionError(f"{place}: a region leaves the place in question ({ruling.start}..{ruling.end}); cut it to that")
    if ruling.point is None and ruling.layer != "regions" and any(span != stretch for span in spans):
        raise DecisionError(f"{place}: start and end are not those of its record; give the record's own (a quotation's: its content's)")
    return ruling
