"""What a map of labels does to records and to Label Studio's results, and how that is undone; pure.

A *slot* is one place where a label stands.  Values are the JSON of the files, so that what is not touched stays as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from drumbeat.errors import MigrationError
from drumbeat.labelmap import LabelMap

Json = dict[str, Any]
Path = tuple[str | int, ...]
Key = tuple[str, str, str, str]
LAYER_SETS = {"regions": "role", "nonquotes": "reason", "entities": "label"}  # a record's field has the name of its label set
KNOWLEDGE_BASE, LINKS, GOLD = "knowledge_base", "links", "gold"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a label stands: `path` into the value, `where` the set (gold, an annotator, knowledge_base, links) and the record's id.

    `entity` is the record of the knowledge base that a mention is linked to.
    """

    path: Path
    label_set: str
    label: str
    document_id: str
    where: str
    id: str
    start: int | None = None
    end: int | None = None
    entity: str | None = None

    @property
    def key(self) -> Key:
        """What a decision names the record by."""
        return self.label_set, self.document_id, self.where, self.id


Choose = Callable[[Slot], str | None]  # the new label of a slot, None where nobody decided


@dataclass(frozen=True, slots=True)
class Decisions:
    """The new labels of split records, by key, and by stretch of a document for task files, whose ids may be others."""

    by_key: Mapping[Key, str] = field(default_factory=dict)
    by_stretch: Mapping[tuple[str, str, int, int], frozenset[str]] = field(default_factory=dict)

    def find(self, slot: Slot) -> str | None:
        """What was decided on the record; else on the entity that it names; else, alike in all sets, on its stretch."""
        own = self.by_key.get(slot.key)
        if own is None and slot.entity is not None:
            own = self.by_key.get((slot.label_set, "", KNOWLEDGE_BASE, slot.entity))
        if own is None and slot.start is not None and slot.end is not None:
            alike = self.by_stretch.get((slot.label_set, slot.document_id, slot.start, slot.end), frozenset())
            own = next(iter(alike)) if len(alike) == 1 else None
        return own


@dataclass(frozen=True, slots=True)
class Join:
    """Neighbouring regions of a set that a merge made one: `regions` as they were, `id`, `start` and `end` of the one."""

    where: str
    id: str
    start: int
    end: int
    regions: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A record whose label was one of those that became one: what is needed to tell them apart again."""

    where: str
    label_set: str
    id: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """A value with its new labels, what changed, and what is undecided."""

    value: Any
    changed: tuple[tuple[Slot, str], ...] = ()
    undecided: tuple[Slot, ...] = ()
    joins: tuple[Join, ...] = ()
    decisions: tuple[tuple[int, str], ...] = ()  # index and former id of decisions on regions that were joined


def chooser(labels: LabelMap, decisions: Decisions | None = None) -> Choose:
    """The choice that a map makes; a split asks the decisions."""
    of_set = {label_set: labels.targets(label_set) for label_set in labels.label_sets}
    decided = decisions or Decisions()

    def choose(slot: Slot) -> str | None:
        targets = of_set.get(slot.label_set, {}).get(slot.label, (slot.label,))
        if len(targets) == 1:
            return targets[0]
        found = decided.find(slot)
        return found if found in targets else None

    return choose


# -- records --------------------------------------------------------------------------------------


def annotation_slots(annotation: Json) -> Iterator[Slot]:
    """Every label of an annotation file, gold first."""
    for path, where, item in annotation_sets(annotation):
        for layer, label_set in LAYER_SETS.items():
            for index, record in enumerate(item[layer]):
                place = (*path, layer, index, label_set)
                stretch = record["start"], record["end"]
                yield Slot(
                    place, label_set, record[label_set], annotation["document_id"], where, record["id"], *stretch, record.get("entity")
                )


def annotation_sets(annotation: Json) -> Iterator[tuple[Path, str, Json]]:
    """The sets of an annotation file with their path and name."""
    if annotation["gold"] is not None:
        yield ("gold",), GOLD, annotation["gold"]
    for index, item in enumerate(annotation["sets"]):
        yield ("sets", index), f"set {item['annotator']}", item


def entity_slots(entity: Json) -> Iterator[Slot]:
    """The label of a record of the knowledge base."""
    yield Slot(("type",), "label", entity["type"], "", KNOWLEDGE_BASE, entity["id"])


def link_slots(link: Json) -> Iterator[Slot]:
    """The label of a relation; clusters have none that can change."""
    if link["link"] == "relation":
        yield Slot(("label",), "relation", link["label"], "", LINKS, link["id"])


def relabel(value: Json, slots: Iterable[Slot], choose: Choose) -> Migrated:
    """The value with the labels that were chosen; the given one is not touched."""
    changed: list[tuple[Slot, str]] = []
    undecided: list[Slot] = []
    for slot in slots:
        new = choose(slot)
        if new is None:
            undecided.append(slot)
        elif new != slot.label:
            changed.append((slot, new))
    if changed:
        value = deepcopy(value)
        for slot, new in changed:
            _at(value, slot.path[:-1])[slot.path[-1]] = new
    return Migrated(value, tuple(changed), tuple(undecided))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def migrate_annotation(annotation: Json, choose: Choose) -> Migrated:
    """An annotation file with its new labels; regions of one role that a merge made neighbours are joined (D303)."""
    done = relabel(annotation, annotation_slots(annotation), choose)
    if not any(slot.label_set == "role" for slot, _ in done.changed):
        return done
    value, joins, moved_decisions = done.value, [], []
    for path, where, item in annotation_sets(value):
        before = _at(annotation, path)["regions"]
        own = [(group, _join(where, [item["regions"][i] for i in group], [before[i] for i in group])) for group in _groups(item, before)]
        joins += [join for _, join in own]
        gone = {index for group, _ in own for index in group[1:]}
        kept = {group[0]: join for group, join in own}
        ids = {item["regions"][index]["id"]: join.id for group, join in own for index in group[1:]}
        item["regions"] = [
            region | ({"start": kept[index].start, "end": kept[index].end} if index in kept else {})
            for index, region in enumerate(item["regions"])
            if index not in gone
        ]
        if where == GOLD:
            for index, decision in enumerate(value["decisions"]):
                if decision["layer"] == "regions" and decision["id"] in ids:
                    moved_decisions.append((index, decision["id"]))
                    decision["id"] = ids[decision["id"]]
    return Migrated(value, done.changed, done.undecided, tuple(joins), tuple(moved_decisions))


def _groups(item: Json, before: Sequence[Json]) -> list[list[int]]:
    spans = [(region["start"], region["end"]) for region in item["regions"]]
    return neighbours(spans, [region["role"] for region in before], [region["role"] for region in item["regions"]])


def neighbours(spans: Sequence[tuple[int, int]], before: Sequence[str], after: Sequence[str]) -> list[list[int]]:
    """The runs of neighbours that have one label now and had not before, as indexes in the order of the text."""
    runs: list[list[int]] = []
    for index in sorted(range(len(spans)), key=lambda index: spans[index]):
        if runs and after[runs[-1][-1]] == after[index]:
            runs[-1].append(index)
        else:
            runs.append([index])
    return [run for run in runs if len({before[index] for index in run}) > 1]


def _join(where: str, now: Sequence[Json], before: Sequence[Json]) -> Join:
    return Join(where, now[0]["id"], now[0]["start"], max(region["end"] for region in now), tuple(before))


# -- the way back ---------------------------------------------------------------------------------


def moved(labels: LabelMap, done: Migrated) -> Iterator[Moved]:
    """What has to be remembered of a value: the records that a merge gave another label."""
    for slot, new in done.changed:
        if new in labels.merged(slot.label_set):
            yield Moved(slot.where, slot.label_set, slot.id, slot.label, new)


def back(labels: LabelMap, remembered: Iterable[Moved]) -> Choose:
    """The choice that undoes a map: records that are remembered get their label back, the others what the map made it from."""
    old_of = {(item.where, item.label_set, item.id): item for item in remembered}
    origins = {label_set: labels.origins(label_set) for label_set in labels.label_sets}

    def choose(slot: Slot) -> str:
        item = old_of.get((slot.where, slot.label_set, slot.id))
        if item and slot.label == item.new:
            return item.old
        return origins.get(slot.label_set, {}).get(slot.label, slot.label)

    return choose


def undo_annotation(
    annotation: Json, choose: Choose, joins: Sequence[Join], decisions: Sequence[tuple[int, str]], place: str
) -> tuple[Json, tuple[tuple[Slot, str], ...]]:
    """An annotation file with its former labels and regions.  Raises MigrationError where a joined region was edited since."""
    done = relabel(annotation, annotation_slots(annotation), choose)
    value = deepcopy(done.value)
    sets = {where: item for _, where, item in annotation_sets(value)}
    for join in joins:
        regions = sets[join.where]["regions"] if join.where in sets else []
        index = next((i for i, r in enumerate(regions) if (r["id"], r["start"], r["end"]) == (join.id, join.start, join.end)), None)
        if index is None:
            raise MigrationError(
                f"{place}, {join.where}: region {join.id} is not {join.start}..{join.end} any more, so the regions that it was joined "
                "from cannot be put back; restore its span, then undo again"
            )
        regions[index : index + 1] = deepcopy(list(join.regions))
    for index, identifier in decisions:
        if index < len(value["decisions"]) and value["decisions"][index]["id"] in {join.id for join in joins}:
            value["decisions"][index]["id"] = identifier
    return value, done.changed


# -- Label Studio ---------------------------------------------------------------------------------


def result_slots(result: Sequence[Json], document_id: str = "", where: str = "result") -> Iterator[Slot]:
    """Every label of a result whose control belongs to a label set."""
    linked = {item.get("id"): _last(item) for item in result if item.get("from_name") == "entity"}
    for index, item in enumerate(result):
        label_set = LAYER_SETS.get(str(item.get("from_name")))
        value = item.get("value")
        if label_set is None or item.get("type") != "labels" or not isinstance(value, dict):
            continue
        start, end = _number(value.get("start")), _number(value.get("end"))
        entity = linked.get(item.get("id")) if label_set == "label" else None
        for place, label in enumerate(value.get("labels") or ()):
            path = (index, "value", "labels", place)
            yield Slot(path, label_set, str(label), document_id, where, str(item.get("id")), start, end, entity)


def _last(item: Json) -> str | None:
    text = (item.get("value") or {}).get("text")
    texts = [text] if isinstance(text, str) else list(text or ())
    return str(texts[-1]) if texts else None


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def migrate_result(result: list[Json], labels: LabelMap, choose: Choose | None = None, text: str | None = None) -> list[Json]:
    """The result of an annotation, prediction or draft with its labels changed; `text` is the task's.

    Raises MigrationError where a split left a region undecided.
    """
    done = relabel_result(result, choose or chooser(labels), text)
    if done.undecided:
        slot = done.undecided[0]
        raise MigrationError(f"region {slot.id}: nobody decided what its {slot.label_set} {slot.label} becomes; give the decisions")
    found: list[Json] = done.value
    return found


def relabel_result(result: list[Json], choose: Choose, text: str | None = None, document_id: str = "", where: str = "result") -> Migrated:
    """A result with the labels that were chosen; regions that a merge made neighbours are joined, as in the annotation files.

    One with an annotator's note stays apart, since the note is on it alone.
    """
    done = relabel({"result": result}, _inside(result_slots(result, document_id, where)), choose)
    items: list[Json] = done.value["result"]
    for slot, _ in done.changed:
        value = items[int(slot.path[1])]["value"]
        value["labels"] = list(dict.fromkeys(value["labels"]))
    if any(slot.label_set == "role" for slot, _ in done.changed):
        items = _joined(result, items, text)
    return Migrated(items, done.changed, done.undecided)


def _inside(slots: Iterable[Slot]) -> Iterator[Slot]:
    for slot in slots:
        yield Slot(
            ("result", *slot.path), slot.label_set, slot.label, slot.document_id, slot.where, slot.id, slot.start, slot.end, slot.entity
        )


def _joined(before: list[Json], items: list[Json], text: str | None) -> list[Json]:
    roles = {int(slot.path[0]): slot for slot in result_slots(items) if slot.label_set == "role" and slot.start is not None}
    alone = {index for index in roles if items[index].get("meta") or len(items[index]["value"]["labels"]) > 1}
    order = [index for index in roles if roles[index].end is not None]
    spans = [(int(roles[index].start or 0), int(roles[index].end or 0)) for index in order]
    old = [str(before[index]["value"]["labels"][0]) for index in order]
    new = [f"{roles[index].label} {index}" if index in alone else roles[index].label for index in order]
    into: dict[int, int] = {}
    ends: dict[int, int] = {}
    for run in neighbours(spans, old, new):
        ends[order[run[0]]] = max(spans[place][1] for place in run)
        into |= {order[place]: order[run[0]] for place in run[1:]}
    ids = {items[gone].get("id"): items[kept].get("id") for gone, kept in into.items()}
    return [_redirected(_extended(item, ends.get(index), text), ids) for index, item in enumerate(items) if index not in into]


def _extended(item: Json, end: int | None, text: str | None) -> Json:
    if end is None:
        return item
    value = {key: part for key, part in item["value"].items() if key != "text"} | {"end": end}
    if text is not None:
        value["text"] = text[int(value["start"]) : end]
    return item | {"value": value}


def _redirected(item: Json, ids: Mapping[Any, Any]) -> Json:
    if item.get("type") != "relation" or not ids.keys() & {item.get("from_id"), item.get("to_id")}:
        return item
    return item | {name: ids.get(item.get(name), item.get(name)) for name in ("from_id", "to_id")}


def migrate_task(task: Json, choose: Choose, schema: str, name: str) -> Migrated:
    """A task with its annotations, predictions and drafts changed; its data names the schema that its labels now are from."""
    data = task.get("data") or {}
    text, document_id = data.get("text"), str(data.get("document_id", ""))
    changed: list[tuple[Slot, str]] = []
    undecided: list[Slot] = []
    new = dict(task)
    for kind in ("annotations", "predictions", "drafts"):
        if not isinstance(task.get(kind), list):
            continue
        new[kind] = []
        for entry in task[kind]:
            if isinstance(entry, dict) and isinstance(entry.get("result"), list):  # a plain export lists numbers of predictions
                where = f"{name}: {kind[:-1]} {entry.get('model_version', entry.get('id', '?'))}"
                done = relabel_result(entry["result"], choose, text, document_id, where)
                changed += done.changed
                undecided += done.undecided
                entry = entry | {"result": done.value}
            new[kind].append(entry)
    if "schema" in data:
        new["data"] = data | {"schema": schema}
    return Migrated(new, tuple(changed), tuple(undecided))
