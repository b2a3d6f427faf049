"""Which record of a split becomes what: the list that people fill in, and reading it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from drumbeat.errors import MigrationError
from drumbeat.jsonl import read_jsonl, write_jsonl
from drumbeat.labelmap import LabelMap, Operation
from drumbeat.labelstudio.files import read_tasks
from drumbeat.labelstudio.migration import task_slots
from drumbeat.migrate.files import applicable, checked, slots_of, values_of, went_ahead
from drumbeat.migrate.project import Live, snapshot
from drumbeat.migration import Decisions, Json, Key, Slot
from drumbeat.repository import Repository, read_document, read_seeds


def read_decisions(labels: LabelMap) -> Decisions:
    """The decisions of all splits.  Raises MigrationError naming the line."""
    by_key: dict[Key, str] = {}
    stretches: dict[tuple[str, str, int, int], set[str]] = {}
    for operation in labels.operations:
        for line, value in read_jsonl(operation.decisions) if operation.decisions else ():
            place = f"{operation.decisions}:{line}"
            try:
                entry = msgspec.convert(value, _Decided)
            except msgspec.ValidationError as error:
                raise MigrationError(f"{place}: {error}; each line is one of those that --list writes") from None
            if (entry.label_set, entry.old) != (operation.label_set, operation.old[0]) or entry.label is None:
                continue
            if entry.label not in operation.new:
                raise MigrationError(f"{place}: {entry.label!r} is none of the labels of {operation.place}: {', '.join(operation.new)}")
            key = entry.label_set, entry.document_id, entry.set, entry.id
            if by_key.setdefault(key, entry.label) != entry.label:
                raise MigrationError(f"{place}: {entry.id} was decided otherwise before; keep one of the two lines")
            if entry.start is not None and entry.end is not None:
                stretches.setdefault((entry.label_set, entry.document_id, entry.start, entry.end), set()).add(entry.label)
    return Decisions(by_key, {key: frozenset(found) for key, found in stretches.items()})


class _Decided(msgspec.Struct, frozen=True):
    """A line of a file of decisions; further fields are for the reader."""

    label_set: str
    document_id: str
    set: str
    id: str
    old: str
    label: str | None
    start: int | None = None
    end: int | None = None


def write_list(
    repository: Repository,
    operations: Sequence[Operation],
    labels_file: Path | None,
    path: Path,
    exports: Sequence[Path] = (),
    live: Live | None = None,
) -> tuple[int, int]:
    """Write the records that splits concern, with text and context, what was decided filled in; how many, and how many undecided.

    Raises MigrationError, also where the file exists and is not the decisions that were given, and ServerError.
    """
    ahead = went_ahead(operations, labels_file) if live is not None else None
    labels = ahead or applicable(operations, labels_file)
    given = {operation.decisions.resolve() for operation in operations if operation.decisions}
    if path.exists() and path.resolve() not in given:
        raise MigrationError(f"{path}: exists; give it as the split's FILE to keep what is decided in it, or take another name")
    decisions = read_decisions(labels)
    splits = {(operation.label_set, operation.old[0]) for operation in labels.operations if operation.kind == "split"}
    if not splits:
        raise MigrationError(f"{path}: only a split leaves something to decide; give --split SET:OLD=NEW|NEW")
    lines = []
    undecided = 0
    for slot, text, context in _with_text(repository, labels, labels_file, exports, live, ahead is not None):
        if (slot.label_set, slot.label) in splits:
            undecided += decisions.find(slot) is None
            line: Json = {"label_set": slot.label_set, "document_id": slot.document_id, "set": slot.where, "id": slot.id, "old": slot.label}
            line |= {"start": slot.start, "end": slot.end, "entity": slot.entity, "text": text, "context": context}
            lines.append(line | {"label": decisions.by_key.get(slot.key)})
    write_jsonl(path, sorted(lines, key=lambda line: line["document_id"] != ""))  # what mentions follow stands first
    return len(lines), undecided


def _with_text(
    repository: Repository, labels: LabelMap, labels_file: Path | None, exports: Sequence[Path], live: Live | None, ahead: bool
) -> Iterator[tuple[Slot, str, str]]:
    if not ahead:
        yield from _in_files(repository, labels, labels_file)
    for export in exports:
        yield from _in_tasks(export, export.name)
    if live is not None:
        with snapshot(live) as path:
            yield from _in_tasks(path, live.source)


def _in_files(repository: Repository, labels: LabelMap, labels_file: Path | None) -> Iterator[tuple[Slot, str, str]]:
    seeds = {seed.document_id: seed for seed in read_seeds(repository)}
    for path, content in checked(repository, labels, labels_file):
        for _, value in values_of(path, content):
            document_id = value.get("document_id")
            page = read_document(repository, seeds[document_id]).text if document_id in seeds else ""
            for slot in slots_of(path, value):
                if path.suffix == ".json":
                    yield slot, *_shown(page, slot)
                else:
                    yield (
                        slot,
                        str(value.get("name", f"{value.get('from')} {value.get('to')}")),
                        str(value.get("description", value.get("note"))),
                    )


def _in_tasks(path: Path, name: str) -> Iterator[tuple[Slot, str, str]]:
    for task in read_tasks(path):
        page = str(task["data"].get("text", ""))
        for slot in task_slots(task, name):
            yield slot, *_shown(page, slot)


def _shown(text: str, slot: Slot, around: int = 60) -> tuple[str, str]:
    start, end = slot.start or 0, slot.end or 0
    return text[start:end], text[max(0, start - around) : end + around]
