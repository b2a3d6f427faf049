"""What a map of labels does to results and tasks; pure, and the counterpart of `drumbeat.migration`, which changes records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from drumbeat.errors import MigrationError
from drumbeat.labelmap import LabelMap
from drumbeat.migration import LAYER_SETS, Choose, Json, Migrated, Slot, chooser, neighbours, relabel

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
    slots = (replace(slot, path=("result", *slot.path)) for slot in result_slots(result, document_id, where))
    done = relabel({"result": result}, slots, choose)
    items: list[Json] = done.value["result"]
    for slot, _ in done.changed:
        value = items[int(slot.path[1])]["value"]
        value["labels"] = list(dict.fromkeys(value["labels"]))
    if any(slot.label_set == "role" for slot, _ in done.changed):
        items = _joined(result, items, text)
    return Migrated(items, done.changed, done.undecided)


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
