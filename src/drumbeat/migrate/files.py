"""The files of a repository that hold labels: which they are, reading them, and the report."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drumbeat.errors import MigrationError
from drumbeat.jsonl import compact, parse_json, read_text
from drumbeat.labelmap import LabelMap, Operation, already, known_labels, label_map
from drumbeat.migration import (
    Json,
    Key,
    Migrated,
    Slot,
    annotation_slots,
    entity_slots,
    link_slots,
)
from drumbeat.model import Annotation, Cluster, Entity, Relation
from drumbeat.repository import Repository, record
from drumbeat.schema import schema_folder

Count = tuple[str, str, str, str, str]  # file, set, label set, old label, new label


@dataclass(frozen=True, slots=True)
class Report:
    """How many records of which label changed, file by file and set by set, and what is to be known of it."""

    counts: Mapping[Count, int]
    notes: tuple[str, ...]
    undo: Path | None = None

    def lines(self) -> Iterator[str]:
        """A line for each file, set and label."""
        for (file, where, label_set, old, new), number in self.counts.items():
            yield f"{file}: {where.removeprefix(f'{file}: ')}: {label_set} {old} -> {new}: {number}"


@dataclass(slots=True)
class Tally:
    """What a run has met so far."""

    counts: Counter[Count] = field(default_factory=Counter)
    undecided: list[tuple[str, Slot]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, file: str, changed: Iterable[tuple[Slot, str]], undecided: Iterable[Slot] = ()) -> None:
        """Count what changed in a file, and keep what is undecided."""
        for slot, new in changed:
            self.counts[file, slot.where, slot.label_set, slot.label, new] += 1
        self.undecided += [(file, slot) for slot in undecided]


def refuse_undecided(tally: Tally) -> None:
    """Raises MigrationError where records of a split are undecided."""
    if tally.undecided:
        file, slot = tally.undecided[0]
        raise MigrationError(
            f"{len(tally.undecided)} record(s) are undecided, the first is {file}: {slot.where.removeprefix(f'{file}: ')}: {slot.id} "
            f"({slot.label}); write the list with --list FILE, fill in each label, and give it: --split SET:OLD=NEW|NEW:FILE"
        )


def own_labels(repository: Repository) -> Path | None:
    """The repository's labels.json; None where it uses the installed package's.

    Raises MigrationError where it has one, but this drumbeat reads another.
    """
    path, used = repository.root / "schema" / "labels.json", schema_folder() / "labels.json"
    if not path.is_file():
        return None
    if path.resolve() != used.resolve():
        raise MigrationError(f"{path}: this drumbeat reads {used}; run the one that is installed from {repository.root}")
    return path


def applicable(operations: Sequence[Operation], labels_file: Path | None) -> LabelMap:
    """The operations as a map for the labels that there are.  Raises MigrationError."""
    if labels_file is not None:
        return label_map(operations, known_labels(read_text(labels_file)))
    used = schema_folder() / "labels.json"
    known = known_labels(read_text(used))
    found = already(operations, known)
    if found is None:
        label_map(operations, known)  # whatever is wrong with the map itself is said first
        raise MigrationError(
            f"{used}: the labels are those of the installed drumbeat, since this repository has no schema/; migrate a checkout of "
            "drumbeat, install that here, and give the same map again: then only the annotations follow"
        )
    return found


def went_ahead(operations: Sequence[Operation], labels_file: Path | None) -> LabelMap | None:
    """The map, where a repository's own schema is what it makes of it: only a project has to follow, the files have."""
    return already(operations, known_labels(read_text(labels_file))) if labels_file is not None else None


def label_files(repository: Repository) -> Iterator[Path]:
    """The files whose records have labels that can change."""
    folder = repository.links.parent
    yield from sorted(folder.glob("*.json"))
    yield from (path for path in (repository.knowledge_base, repository.links) if path.is_file())


def slots_of(path: Path, value: Json) -> Iterator[Slot]:
    """Every label of a record, by the file that it stands in."""
    if path.suffix == ".json":
        return annotation_slots(value)
    return entity_slots(value) if path.name == "knowledge_base.jsonl" else link_slots(value)


def values_of(path: Path, text: str) -> Iterator[tuple[int, Json]]:
    """The records of a file with their line; one annotation file is one record."""
    if path.suffix == ".json":
        value = parse_json(text, str(path))
        record(value, Annotation, str(path))
        yield 1, value
        return
    kind = Entity if path.name == "knowledge_base.jsonl" else Relation | Cluster
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            value = parse_json(line, str(path), number)
            record(value, kind, f"{path}:{number}")
            yield number, value


def _check_slots(path: Path, text: str, allowed: Mapping[str, set[str]]) -> None:
    seen: set[Key] = set()
    for slot in (slot for _, value in values_of(path, text) for slot in slots_of(path, value)):
        place = f"{path}: {slot.where}: {slot.id}"
        if slot.label not in allowed[slot.label_set]:
            raise MigrationError(f"{place}: {slot.label!r} is no {slot.label_set} of the schema; `drumbeat validate` says more")
        if slot.key in seen:
            raise MigrationError(f"{place}: the id stands twice, so that it names no record; `drumbeat validate` says more")
        seen.add(slot.key)


def checked(repository: Repository, labels: LabelMap, labels_file: Path | None) -> Iterator[tuple[Path, str]]:
    """Every file with its text, its records sound and their labels known.  Raises RecordError and MigrationError."""
    known = known_labels(read_text(labels_file or schema_folder() / "labels.json"))
    allowed = {name: set(known_of_set) | labels.targets(name).keys() for name, known_of_set in known.items()}
    for path in label_files(repository):
        text = read_text(path)
        _check_slots(path, text, allowed)
        yield path, text


def by_line(path: Path, text: str, change: Callable[[Json], Migrated]) -> tuple[str, list[Migrated]]:
    """A JSON Lines file's text with its records changed; the other lines stay as they are."""
    lines, found = text.split("\n"), []
    for number, value in values_of(path, text):
        done = change(value)
        found.append(done)
        if done.changed:
            lines[number - 1] = compact(done.value)
    return "\n".join(lines), found
