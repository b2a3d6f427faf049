"""Taking what came back into the annotation files: as sets of the people who made them, never into the gold."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from drumbeat.errors import TaskError
from drumbeat.labelstudio.items import Json
from drumbeat.labelstudio.tasks import Arrival, Incoming
from drumbeat.model import LAYERS, Annotation, AnnotationSet, in_text_order

_ENTITY_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does to one person's set on one document; `kind` is new, changed, unchanged, removed, skipped or note."""

    document_id: str
    person: str
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        """One line for the terminal."""
        return f"{self.document_id}: {self.kind} by {self.person}" + (f": {self.detail}" if self.detail else "")


def take(annotation: Annotation, incoming: Incoming, entities: Collection[str]) -> tuple[Annotation, list[Change]]:
    """The annotation file with the sets that a task brought, and what changed.  The gold is never touched.

    Taking the same task twice changes nothing the second time. Entity ids that the knowledge base lacks are kept as foreign.

    Raises TaskError where the task counts over another text.
    """
    if incoming.text_sha256 != annotation.text_sha256:
        raise TaskError(
            f"{incoming.document_id}: the task's text (sha256 {incoming.text_sha256[:12]}…) is not the document's "
            f"({annotation.text_sha256[:12]}…): the page changed after it was sent; its offsets would shift, so nothing is imported"
        )
    sets = {item.annotator: item for item in annotation.sets}
    changes: list[Change] = []
    seen: set[str] = set()
    for arrival in incoming.arrivals:
        sent = annotation.gold if arrival.gold else sets.get(arrival.annotations.annotator)
        changes += [Change(incoming.document_id, arrival.person, "note", note) for note in arrival.notes]
        if arrival.sent and sent is not None and _same(sent, arrival.annotations):
            changes.append(Change(incoming.document_id, arrival.person, "unchanged", f"what was sent as {sent.annotator}'s"))
            continue
        if arrival.person in seen:
            changes.append(Change(incoming.document_id, arrival.person, "note", "has two annotations; the later one in the file counts"))
        seen.add(arrival.person)
        old = sets.get(arrival.person)
        new, notes = _own_set(arrival, old, entities)
        changes += [Change(incoming.document_id, arrival.person, "note", note) for note in notes]
        changes.append(_change(incoming.document_id, arrival, old, new))
        sets[arrival.person] = new
    changes += [Change(incoming.document_id, person, "skipped", reason) for person, reason in incoming.skipped]
    return msgspec.structs.replace(annotation, sets=tuple(sets.values())), changes


def _same(one: AnnotationSet, other: AnnotationSet) -> bool:
    return all(getattr(one, layer) == getattr(other, layer) for layer in other.layers) and one.foreign == other.foreign


def _own_set(arrival: Arrival, old: AnnotationSet | None, entities: Collection[str]) -> tuple[AnnotationSet, list[str]]:
    """The person's set: the layers that arrived, and of the others what the person had before."""
    new, notes = _resolved(arrival.annotations, entities)
    new = msgspec.structs.replace(new, annotator=arrival.person, method="imported", date=arrival.day)
    if old is not None:
        others = [layer for layer in old.layers if layer not in new.layers]
        layers = tuple(layer for layer in LAYERS if layer in (*others, *new.layers))
        new = msgspec.structs.replace(new, layers=layers, **{layer: getattr(old, layer) for layer in others})
        if msgspec.structs.replace(new, date=old.date, method=old.method) == old:
            new = old  # submitted again without a change: the day of the work stays
    return new, notes


def _resolved(annotations: AnnotationSet, entities: Collection[str]) -> tuple[AnnotationSet, list[str]]:
    """Ids that are no records yet become null, and are kept as foreign beside the region that they were typed for."""
    foreign: list[Json] = []
    notes: list[str] = []

    def known(identifier: str, field: str, value: str | None) -> str | None:
        if value is None or (value in entities and _ENTITY_ID.fullmatch(value)):
            return value
        foreign.append({"id": identifier, "type": "entity", "field": field, "value": value})
        notes.append(f"{identifier}: {field} {value!r} is not in the knowledge base; kept as foreign until it has a record")
        return None

    mentions = tuple(msgspec.structs.replace(m, entity=known(m.id, "entity", m.entity)) for m in annotations.entities)
    quotes = tuple(msgspec.structs.replace(q, speaker=known(q.id, "speaker", q.speaker)) for q in annotations.quotes)
    filled = msgspec.structs.replace(annotations, entities=mentions, quotes=quotes, foreign=(*annotations.foreign, *foreign))
    return in_text_order(filled), notes


def _change(document_id: str, arrival: Arrival, old: AnnotationSet | None, new: AnnotationSet) -> Change:
    edited = f"an edit of what was sent as {arrival.annotations.annotator}'s; " if arrival.sent else ""
    if old is None:
        counts = ", ".join(f"{len(getattr(new, layer))} {layer}" for layer in new.layers)
        return Change(document_id, arrival.person, "new", edited + counts)
    if old == new:
        return Change(document_id, arrival.person, "unchanged")
    parts = []
    for layer in new.layers:
        before = {record.id: record for record in getattr(old, layer)}
        after = {record.id: record for record in getattr(new, layer)}
        added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
        changed = sum(before[key] != after[key] for key in before.keys() & after.keys())
        if added or removed or changed:
            parts.append(f"{layer}: {added} new, {changed} changed, {removed} removed")
    return Change(document_id, arrival.person, "changed", edited + ("; ".join(parts) or "what is foreign, or the layers"))
