"""What a map of labels does to results and tasks; pure, and the counterpart of `drumbeat.migration`, which changes records."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from drumbeat.errors import MigrationError
from drumbeat.labelmap import LabelMap
from drumbeat.migration import LAYER_SETS, Choose, Json, Migrated, Moved, Slot, back, chooser, moved, neighbours, relabel

_KINDS = ("annotations", "predictions", "drafts")


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
    done = relabel({"result": result}, _slots_within(result, document_id, where), choose)
    items: list[Json] = done.value["result"]
    for slot, _ in done.changed:
        value = items[int(slot.path[1])]["value"]
        value["labels"] = list(dict.fromkeys(value["labels"]))
    if any(slot.label_set == "role" for slot, _ in done.changed):
        items = _joined(result, items, text)
    return Migrated(items, done.changed, done.undecided)


def _slots_within(result: Sequence[Json], document_id: str = "", where: str = "result") -> Iterator[Slot]:
    """The slots of a result, as they lie in the value {"result": result}."""
    return (replace(slot, path=("result", *slot.path)) for slot in result_slots(result, document_id, where))


def _joined(before: list[Json], items: list[Json], text: str | None) -> list[Json]:
    into: dict[int, int] = {}
    ends: dict[int, int] = {}
    for run in _runs(before, items):
        ends[run[0]] = max(_span(items[index])[1] for index in run)
        into |= dict.fromkeys(run[1:], run[0])
    ids = {items[gone].get("id"): items[kept].get("id") for gone, kept in into.items()}
    return [_redirected(_extended(item, ends.get(index), text), ids) for index, item in enumerate(items) if index not in into]


def _runs(before: list[Json], items: list[Json]) -> list[list[int]]:
    """The regions that have become neighbours of one role, as indexes into the items."""
    roles = {int(slot.path[0]): slot for slot in result_slots(items) if slot.label_set == "role" and slot.start is not None}
    alone = {index for index in roles if items[index].get("meta") or len(items[index]["value"]["labels"]) > 1}
    order = [index for index in roles if roles[index].end is not None]
    old = [str(before[index]["value"]["labels"][0]) for index in order]
    new = [f"{roles[index].label} {index}" if index in alone else roles[index].label for index in order]
    return [[order[place] for place in run] for run in neighbours([_span(items[index]) for index in order], old, new)]


def _span(item: Json) -> tuple[int, int]:
    return int(item["value"]["start"]), int(item["value"]["end"])


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


def _is_join_of(item: Json, regions: Sequence[Json]) -> bool:
    whole = _span(regions[0])[0], max(_span(region)[1] for region in regions)
    value = item.get("value") or {}
    return value.get("labels") == regions[0]["value"]["labels"] and (_number(value.get("start")), _number(value.get("end"))) == whole


def undo_result(now: list[Json], former: Sequence[list[Json]], labels: LabelMap, where: str) -> tuple[list[Json], Migrated, list[str]]:
    """A result that was edited since a migration, or made since, with the labels of before; the edits stay.

    `former` are the results that the migration changed. With what changed come notes on what cannot be told apart.
    """
    remembered: list[Moved] = []
    joined: list[list[Json]] = []
    for result in former:
        done = relabel({"result": result}, _slots_within(result, where=where), chooser(labels))
        remembered += moved(labels, done)
        joined += [[result[index] for index in run] for run in _runs(result, done.value["result"])]
    done = relabel({"result": now}, _slots_within(now, where=where), back(labels, remembered))
    items: list[Json] = done.value["result"]
    known = {(item.label_set, item.id) for item in remembered}
    notes = [
        f"{where}: {slot.id} is younger than the merge; see which label it should have"
        for slot, _ in done.changed
        if slot.label in labels.merged(slot.label_set) and (slot.label_set, slot.id) not in known
    ]
    for regions in joined:
        there = {item.get("id"): index for index, item in enumerate(items) if item.get("from_name") == regions[0]["from_name"]}
        first, *others = (region.get("id") for region in regions)
        index = there.get(first)
        if index is None or there.keys() & set(others):
            continue  # somebody deleted it, or they are themselves again
        if _is_join_of(items[index], regions):
            note = {"meta": items[index]["meta"]} if "meta" in items[index] else {}
            items = [*items[:index], deepcopy(regions[0]) | note, *deepcopy(regions[1:]), *items[index + 1 :]]
        else:
            notes.append(
                f"{where}: {', '.join(map(str, (first, *others)))} were one region, which was edited since; see what each should be"
            )
    return items, done, notes


def migrate_task(task: Json, choose: Choose, schema: str, name: str) -> Migrated:
    """A task with its annotations, predictions and drafts changed; its data names the schema that its labels now are from."""
    data = task.get("data") or {}
    changed: list[tuple[Slot, str]] = []
    undecided: list[Slot] = []
    new = task | {kind: list(task[kind]) for kind in _KINDS if isinstance(task.get(kind), list)}
    for kind, index, entry, where in _entries(task, name):
        done = relabel_result(entry["result"], choose, data.get("text"), str(data.get("document_id", "")), where)
        changed += done.changed
        undecided += done.undecided
        new[kind][index] = entry | {"result": done.value}
    if "schema" in data:
        new["data"] = data | {"schema": schema}
    return Migrated(new, tuple(changed), tuple(undecided))


def task_slots(task: Json, name: str) -> Iterator[Slot]:
    """Every label of a task's annotations, predictions and drafts; `name` is that of its file."""
    for _, _, entry, where in _entries(task, name):
        yield from result_slots(entry["result"], str((task.get("data") or {}).get("document_id", "")), where)


def _entries(task: Json, name: str) -> Iterator[tuple[str, int, Json, str]]:
    """What has a result: its kind, its index among those, itself, and what it is called."""
    for kind in _KINDS:
        entries = task.get(kind)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("result"), list):  # a plain export lists numbers of predictions
                yield kind, index, entry, f"{name}: {kind[:-1]} {entry.get('model_version', entry.get('id', '?'))}"
