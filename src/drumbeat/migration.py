"""What a map of labels does to records, and how that is undone; pure.

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
