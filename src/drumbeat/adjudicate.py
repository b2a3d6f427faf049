"""Adjudicating one document of a repository; the ends that read and write.

Nothing else changes a gold.  What is written has passed the checks of levels 1 to 3, and is written whole or not at all.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from drumbeat import checks
from drumbeat.adjudication import Outcome, Ruling, checked, history, is_open, rulings_from, settle
from drumbeat.comparison import KINDS, Comparison, Point, Records, around, compare, in_words, line_of, same
from drumbeat.errors import DecisionError
from drumbeat.jsonl import read_bytes, read_jsonl, write_json, write_jsonl, write_text
from drumbeat.labelstudio.adjudication import note_on, to_adjudication_task
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.tasks import UNDATED, decode_task, from_task
from drumbeat.model import LAYERS, Annotation, AnnotationSet, Decision, to_builtins
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_seeds

Json = dict[str, Any]
GOLD, NEITHER = "gold", "neither"
_ASKED = {"choose", "why", "by", "date"}
_TOLD = {"id", "layer", "start", "end", "line", "around", "differs", "readings"}


@dataclass(frozen=True, slots=True)
class Case:
    """One document with the two sets that are compared."""

    document: Document
    annotation: Annotation
    sets: tuple[AnnotationSet, AnnotationSet]
    comparison: Comparison

    @property
    def decided(self) -> dict[str, tuple[Decision, ...]]:
        """The recorded decisions by point."""
        return history(self.comparison, self.annotation.decisions)

    @property
    def still_open(self) -> list[Point]:
        """The points that wait for a decision."""
        decided = self.decided
        return [point for point in self.comparison.questions if is_open(point, decided)]


def open_case(repository: Repository, document_id: str, names: Sequence[str] = ()) -> Case:
    """A document with its two sets: those named, else the two that nobody suggested.

    Raises DecisionError where there is no such document or there are no two such sets, and what reading the files raises.
    """
    seeds = {seed.document_id: seed for seed in read_seeds(repository)}
    if document_id not in seeds:
        raise DecisionError(f"{repository.seeds}: no document {document_id}; see the document_id of each line")
    document = read_document(repository, seeds[document_id])
    annotation = read_annotation(repository, document)
    path = repository.annotation(document_id)
    sets = {item.annotator: item for item in annotation.sets if item.method != "suggested"}
    there = f"it has {', '.join(sets) or 'none'} (suggested ones take no part)"
    if names and (missing := [name for name in names if name not in sets]):
        raise DecisionError(f"{path}: no set by {', '.join(missing)}; {there}")
    chosen = list(dict.fromkeys(names or sets))
    if len(chosen) != 2:
        raise DecisionError(f"{path}: adjudication takes two sets, not {len(chosen)}; {there}; name two with --set")
    one, other = (sets[name] for name in chosen)
    taken = [decision.id for decision in annotation.decisions if decision.id is not None]
    comparison = compare(document.text, one, other, annotation.gold, taken)
    if not comparison.layers:
        raise DecisionError(f"{path}: {one.annotator} and {other.annotator} annotated no layer in common; name two other sets")
    return Case(document, annotation, (one, other), comparison)


# -- what is in question --------------------------------------------------------------------------


def questions(case: Case, by: str = "") -> list[Json]:
    """Each point in question as an item of a decisions file; those that are decided are filled in."""
    decided = case.decided
    return [_item(case, point, decided.get(point.id, ()), by) for point in case.comparison.questions]


def _item(case: Case, point: Point, decided: Sequence[Decision], by: str) -> Json:
    text = case.document.text
    readings = case.comparison.readings(point)
    if point.gold is not None:
        readings[GOLD] = point.gold
    asked: Json = {"choose": None, "why": "", "by": by, "date": None}
    if decided:
        names = [name for name, records in readings.items() if records == point.gold and name != GOLD]
        last = decided[-1]
        asked = {"choose": names[0] if names else GOLD, "why": last.why, "by": last.by, "date": last.date}
    return {
        "id": point.id,
        **asked,
        "layer": point.layer,
        "start": point.start,
        "end": point.end,
        "line": line_of(text, point.start),
        "around": around(text, point.start, point.end),
        "differs": in_words(case.comparison, point),
        "readings": {name: [_shown(record) for record in records] for name, records in readings.items()},
    }


def _shown(record: Any) -> Json:
    """A record as JSON; a region's reading is cut to its place and has no id."""
    return {key: value for key, value in to_builtins(record).items() if (key, value) != ("id", "")}


def write_questions(case: Case, output: Path, by: str = "") -> int:
    """Write a decisions file to be filled in, one JSON line a point; the number of points."""
    items = questions(case, by)
    write_jsonl(output, items)
    return len(items)


def task_of(case: Case) -> Json:
    """A Label Studio task with both sets side by side.  Raises TaskError."""
    return to_adjudication_task(case.document, *case.sets, case.comparison)


def write_task(case: Case, output: Path) -> None:
    """Write the task to a file, for Label Studio to import.  Raises TaskError."""
    write_tasks(output, [task_of(case)])


# -- decisions ------------------------------------------------------------------------------------


def read_decisions(case: Case, file: Path, by: str = "") -> list[Ruling]:
    """The rulings of a decisions file; an item that chooses nothing yet is none.

    `by` is who decided where an item does not say.  Raises RecordError and DecisionError, naming file and line.
    """
    points = {point.id: point for point in case.comparison.points}
    rulings: list[Ruling] = []
    lines: dict[tuple[str, int, int, str | None], int] = {}
    for line, item in read_jsonl(file):
        place = f"{file}:{line}"
        if not isinstance(item, dict):
            raise DecisionError(f"{place}: a decision is an object; write the file with --output and fill it in")
        if unknown := item.keys() - _ASKED - _TOLD:
            raise DecisionError(f"{place}: unknown field {', '.join(sorted(unknown))}; a decision has {', '.join(sorted(_ASKED))}")
        point, ruling = _where(case, points, item, by, place)
        if item.get("choose") is None:
            continue
        key = (ruling.layer, ruling.start, ruling.end, ruling.point)
        if (first := lines.setdefault(key, line)) != line:
            raise DecisionError(f"{place}: decides the same as line {first}; keep one of the two")
        records = _chosen(case, point, ruling.layer, item, place)
        if not ruling.why:
            raise DecisionError(f"{place}: no reason: fill in `why` with the guideline that decides it")
        if not ruling.by:
            raise DecisionError(f"{place}: nobody decided it: fill in `by`, or give --by")
        rulings.append(checked(replace(ruling, records=records), place))
    return rulings


def _where(case: Case, points: Mapping[str, Point], item: Json, by: str, place: str) -> tuple[Point | None, Ruling]:
    """What an item is about, and its ruling still without records."""
    texts = {key: item.get(key) for key in ("id", "why", "by", "date", "layer")}
    if wrong := [key for key, value in texts.items() if not isinstance(value, str | None)]:
        raise DecisionError(f"{place}: {', '.join(wrong)} must be text")
    identifier, why, who, date, layer = texts.values()
    common = (why or "").strip(), (who or by).strip(), date or None
    if identifier is not None:
        if identifier not in points or not (points[identifier].in_question or identifier in case.decided):
            raise DecisionError(
                f"{place}: {identifier} is no disagreement of these sets (any more); write the open ones again with --output"
            )
        point = points[identifier]
        return point, Ruling(point.id, point.layer, point.start, point.end, (), *common)
    start, end = item.get("start"), item.get("end")
    if layer not in KINDS or type(start) is not int or type(end) is not int or start >= end:
        raise DecisionError(f"{place}: names no disagreement by `id`, nor a place by layer, start and end")
    at = next((p for p in points.values() if (p.layer, p.start, p.end) == (layer, start, end)), None)
    return at, Ruling(at.id if at else None, layer, start, end, (), *common)


def _chosen(case: Case, point: Point | None, layer: str, item: Json, place: str) -> Records:
    choice = item["choose"]
    allowed = [*case.comparison.names, NEITHER, *([GOLD] if case.annotation.gold else [])]
    if isinstance(choice, str):
        if choice not in allowed:
            raise DecisionError(f"{place}: cannot choose {choice!r}; choose {', '.join(allowed)}, or give a record in full")
        if point is None and layer != "regions":
            raise DecisionError(f"{place}: no record of either set stands exactly here; give a record in full")
        if choice == NEITHER:
            return ()
        if point is None:
            raise DecisionError(f"{place}: both sets have the same region here; give one in full")
        readings = case.comparison.readings(point) | {GOLD: point.gold or ()}
        told = (item.get("readings") or {}).get(choice)
        if choice != GOLD and told is not None and not same(_records(layer, told, place), readings[choice]):
            raise DecisionError(f"{place}: {choice} has something else here by now; write the open ones again with --output")
        return readings[choice]
    return _records(layer, choice if isinstance(choice, list) else [choice], place)


def _records(layer: str, values: Any, place: str) -> Records:
    """Records from JSON; one that has no id yet gets it later."""
    try:
        found: list[Any] = [msgspec.convert({**value, "id": value.get("id") or ""}, KINDS[layer]) for value in values]
    except (msgspec.ValidationError, TypeError, AttributeError) as error:
        raise DecisionError(f"{place}: not a record of {layer}: {error}; copy one from `readings` and change it") from None
    if layer == "quotes" and any(not record.content for record in found):
        raise DecisionError(f"{place}: a quotation without content; give its spans")
    if layer == "regions":
        found = [msgspec.structs.replace(record, id="") for record in found]
    return tuple(found)


def read_export(case: Case, file: Path, by: str = "", people: dict[int, str] | None = None) -> list[Ruling]:
    """The rulings of an adjudicator's annotation in Label Studio's export; of several people's that of `by`.

    Raises TaskError as reading tasks does, and DecisionError where there is not one annotation to take.
    """
    seed = case.document.seed
    tasks = [incoming for task in read_tasks(file, decode_task) if (incoming := from_task(task, people)).document_id == seed.document_id]
    if any(incoming.text_sha256 != case.annotation.text_sha256 for incoming in tasks):
        raise DecisionError(f"{file}: the task of {seed.document_id} has another text than the document; its offsets would shift")
    arrivals = {arrival.person: arrival for incoming in tasks for arrival in incoming.arrivals if not arrival.sent}
    if (by and by not in arrivals) or (len(arrivals) != 1 and not by):
        names = ", ".join(arrivals) or "nobody"
        raise DecisionError(f"{file}: {seed.document_id} needs one submitted annotation; it has those of {names}; choose with --by")
    arrival = arrivals[by] if by else next(iter(arrivals.values()))
    reading, day = arrival.annotations, arrival.day
    return rulings_from(
        case.comparison,
        case.sets,
        reading,
        arrival.person,
        None if day == UNDATED else day,
        lambda record: note_on(reading, record),
    )


# -- the gold -------------------------------------------------------------------------------------


def decide(case: Case, rulings: Sequence[Ruling], today: str, by: str = "", *, partial: bool = False) -> tuple[Annotation, Outcome]:
    """The annotation file with the gold that the rulings give.

    Raises DecisionError where it does not show whose gold it is, or `partial` has no gold to keep.
    """
    path = f"{case.document.seed.document_id}"
    gold = case.annotation.gold
    if partial and gold is None:
        raise DecisionError(f"{path}: --partial keeps the earlier gold where nothing is decided, and there is none; decide all")
    people = list(dict.fromkeys(ruling.by for ruling in rulings))
    if not by and gold is None and not people:
        raise DecisionError(f"{path}: nobody adjudicates: give --by")
    if not by and len(people) > 1:
        raise DecisionError(f"{path}: decisions by {', '.join(people)}: say with --by whose gold it becomes")
    who = by or (people[0] if people else gold.annotator if gold else "")
    outcome = settle(case.comparison, rulings, gold, case.annotation.decisions, by=who, today=today, partial=partial)
    return msgspec.structs.replace(case.annotation, gold=outcome.gold, decisions=outcome.decisions), outcome


def findings(repository: Repository, document: Document, annotation: Annotation) -> list[checks.Finding]:
    """What levels 1 to 3 find in an annotation file that is not written yet."""
    with tempfile.TemporaryDirectory() as folder:
        staged = Repository(Path(folder))
        write_jsonl(staged.seeds, [to_builtins(document.seed)])
        for path in (repository.page(document.seed), repository.knowledge_base):
            copy = staged.root / path.relative_to(repository.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(read_bytes(path))
        write_text(staged.links, "")
        write_json(staged.annotation(annotation.document_id), to_builtins(annotation))
        return list(checks.validate_inputs(staged, levels=(1, 2, 3)))


def changes(old: Annotation, new: Annotation) -> list[str]:
    """In words, record by record, what became of the gold and of its history."""
    lines = []
    for layer in LAYERS:
        before = {record.id: record for record in getattr(old.gold, layer, ())}
        after = {record.id: record for record in getattr(new.gold, layer, ())}
        for what, ids in (
            ("new", after.keys() - before.keys()),
            ("changed", {key for key in after.keys() & before.keys() if after[key] != before[key]}),
            ("removed", before.keys() - after.keys()),
        ):
            if ids:
                lines.append(f"{layer}: {len(ids)} {what}: {', '.join(sorted(ids))}")
    for sign, there, here in (("+", new, old), ("-", old, new)):
        for decision in there.decisions:
            if decision not in here.decisions:
                followed = " and ".join(decision.followed) or "neither"
                place = f"{decision.layer} {decision.start}..{decision.end} {decision.id or 'no record'}"
                lines.append(f"decision {sign} {place}, as {followed}, {decision.by}: {decision.why}")
    return lines


def write(repository: Repository, case: Case, annotation: Annotation) -> bool:
    """Write the file where something changed; whether it did."""
    if annotation == case.annotation:
        return False
    write_json(repository.annotation(annotation.document_id), to_builtins(annotation))
    return True
