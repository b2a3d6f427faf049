"""Changing labels in all files of a repository, in copies of task files, and in a project."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drumbeat.errors import MigrationError
from drumbeat.jsonl import beside, layout, parse_json, put_in_place, read_text, write_json
from drumbeat.labelmap import LabelMap, Operation, as_map, edited, label_set_text
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.migration import migrate_task
from drumbeat.migrate.back import FORMAT, undo_entry, undo_target, unfinished
from drumbeat.migrate.decisions import read_decisions
from drumbeat.migrate.files import Report, Tally, applicable, by_line, checked, refuse_undecided, slots_of, went_ahead
from drumbeat.migrate.project import Change, Live, TaskChange, migrate_project, new_record, planned, remember, snapshot
from drumbeat.migration import (
    Choose,
    Json,
    Key,
    Migrated,
    Slot,
    chooser,
    migrate_annotation,
    relabel,
)
from drumbeat.repository import Repository
from drumbeat.schema import digest, digest_of


def migrate(
    repository: Repository,
    operations: Sequence[Operation],
    labels_file: Path | None,
    exports: Sequence[Path] = (),
    output: Path | None = None,
    undo_file: Path | None = None,
    live: Live | None = None,
    *,
    dry_run: bool = False,
) -> Report:
    """Change labels in annotations, links, knowledge base, schema, and in copies of task files: all of it or nothing.

    A `live` project is changed before any file, as there the same call goes on where it was broken off. `labels_file` is what
    `own_labels` gave; where it is None the schema has to have the new labels already. Where it has them, only the project follows.

    Raises MigrationError, RecordError, TaskError, ServerError.
    """
    ahead = went_ahead(operations, labels_file) if live is not None else None
    labels = ahead or applicable(operations, labels_file)
    decisions = read_decisions(labels)
    target = undo_target(repository, undo_file, labels, live)
    tally = Tally()
    met: set[Key] = set()
    choose = chooser(labels, decisions)

    def noted(slot: Slot) -> str | None:
        met.add(slot.key)
        return choose(slot)

    new, undo, schema_digest = _repository(repository, labels, labels_file, noted, tally, ahead is not None)
    with _task_files(exports, output, noted, schema_digest, tally, dry_run) as copies:
        first: list[TaskChange] = []
        if live is not None:
            with snapshot(live) as path:
                first = planned(live, path, noted, schema_digest, tally)
        refuse_undecided(tally)
        unused = decisions.by_key.keys() - met
        tally.notes += [f"{len(unused)} decision(s) name no record of theirs, such as {' '.join(sorted(unused)[0])}"] if unused else []
        if not dry_run:
            if live is not None:
                undo["project"] = unfinished(target, labels, live) or new_record(live, schema_digest)
                undo["project"]["schema"]["new"] = schema_digest
                _change_project(live, labels, choose, first, undo, target, tally)
                undo["project"]["finished"] = True
            put_in_place({target: layout(undo) + "\n"} | new, copies)
    return Report(tally.counts, tuple(tally.notes), None if dry_run else target)


def _repository(
    repository: Repository, labels: LabelMap, labels_file: Path | None, choose: Choose, tally: Tally, ahead: bool
) -> tuple[dict[Path, str], Json, str]:
    """The repository's files that change with their new text, the undo file, and the digest of the schema that there is then."""
    undo: Json = {"format": FORMAT, "map": as_map(labels), "schema": {}, "files": None}
    if ahead:
        tally.notes.append("schema/labels.json has these labels already: the project follows, and the files stay as they are")
        return {}, undo, digest()
    new, undo["files"] = _new_files(repository, labels, labels_file, choose, tally)
    if labels_file is None:
        return new, undo, digest()
    old = read_text(labels_file)
    new[labels_file] = edited(old, labels)
    undo["schema"] = {name: {"old": label_set_text(old, name), "new": label_set_text(new[labels_file], name)} for name in labels.label_sets}
    tally.notes += [*_schema_notes(labels, old), *_by_hand(repository, labels)]
    return new, undo, digest_of(labels_file.parent, {labels_file.name: new[labels_file].encode()})


def _change_project(
    live: Live, labels: LabelMap, choose: Choose, first: Sequence[TaskChange], undo: Json, target: Path, tally: Tally
) -> None:
    """Change the project, with the way back written before each step, and a note of what was saved meanwhile."""
    later = Tally()

    def plan(path: Path) -> list[TaskChange]:
        changes = planned(live, path, choose, undo["project"]["schema"]["new"], later)
        refuse_undecided(later)
        return changes

    def save(changes: Sequence[TaskChange], stale: Sequence[Change]) -> None:
        remember(undo["project"], changes, stale)
        write_json(target, undo)

    migrate_project(live, labels, first, plan, save)
    if later.counts:
        tally.notes.append(f"{live.name}: {sum(later.counts.values())} label(s) were saved meanwhile, and changed after that")


def _new_files(
    repository: Repository, labels: LabelMap, labels_file: Path | None, choose: Choose, tally: Tally
) -> tuple[dict[Path, str], list[Json]]:
    """The files that change with their new text, and what the undo file says of each."""
    new: dict[Path, str] = {}
    entries: list[Json] = []
    for path, text in checked(repository, labels, labels_file):
        name = path.relative_to(repository.root).as_posix()
        after, done = _migrated(path, text, choose)
        tally.add(name, (change for one in done for change in one.changed), (slot for one in done for slot in one.undecided))
        tally.notes += [
            f"{name}: {join.where}: {', '.join(r['id'] for r in join.regions)} are one region now, {join.id} {join.start}..{join.end}"
            for one in done
            for join in one.joins
        ]
        if after != text:
            new[path] = after
            entries.append(undo_entry(name, path, text, after, labels, done))
    return new, entries


def _migrated(path: Path, text: str, choose: Choose) -> tuple[str, list[Migrated]]:
    """A file's text with its new labels; lines and files without any stay as they are."""
    if path.suffix == ".json":
        done = migrate_annotation(parse_json(text, str(path)), choose)
        return (layout(done.value) + "\n" if done.changed else text), [done]
    return by_line(path, text, lambda value: relabel(value, slots_of(path, value), choose))


@contextmanager
def _task_files(
    exports: Sequence[Path], output: Path | None, choose: Choose, schema: str, tally: Tally, dry_run: bool
) -> Iterator[dict[Path, Path]]:
    """Migrated copies of task files, written aside: where each is to stand, and where it stands now."""
    targets = _outputs(exports, output)
    copies: dict[Path, Path] = {}

    def tasks(export: Path) -> Iterator[Json]:
        for task in read_tasks(export):
            done = migrate_task(task, choose, schema, export.name)
            tally.add(export.name, done.changed, done.undecided)
            yield done.value

    try:
        for export, target in targets.items():
            if dry_run:
                for _ in tasks(export):
                    pass
                continue
            copies[target] = beside(target)
            write_tasks(copies[target], tasks(export))
        yield copies
    finally:
        for path in copies.values():
            path.unlink(missing_ok=True)


def _outputs(exports: Sequence[Path], output: Path | None) -> dict[Path, Path]:
    """Where the copy of each task file goes: beside it, or to the output, which is a folder for several.

    The files themselves stay: they are the way back.
    """
    if output is not None and not exports:
        raise MigrationError(f"{output}: an output is for the copies of task files; give them with --export")
    targets = {export: export.with_name(f"{export.stem}.migrated.json") for export in exports}
    if output is not None:
        folder = output.is_dir() or len(exports) > 1
        targets = {export: output / f"{export.stem}.json" if folder else output for export in exports}
    if len(set(targets.values())) < len(exports):
        raise MigrationError("--export: two files have one name; migrate them one after the other, each with its own -o")
    for export, target in targets.items():
        if target.resolve() in {other.resolve() for other in exports}:
            raise MigrationError(f"{target}: is the file that is read, and stays as the way back; give another name with -o")
        if not export.is_file():
            raise MigrationError(f"{export}: no such file; give Label Studio's JSON export")
    return targets


def _schema_notes(labels: LabelMap, text: str) -> Iterator[str]:
    sets = json.loads(text)["$defs"]
    for operation in labels.operations:
        kinds = {entry["const"]: entry.get("x-kind") for entry in sets[operation.label_set]["oneOf"]}
        name, old, new = operation.label_set, ", ".join(operation.old), ", ".join(operation.new)
        if operation.kind == "rename":
            yield f"schema/labels.json: {name} {old} is {new}, with the same id; a major version"
        elif operation.kind == "merge":
            yield f"schema/labels.json: {name} {old} are {new}; labels behind one that is gone have other ids: a major version"
            target = operation.new[0] if operation.new[0] in kinds else operation.old[0]
            for label in operation.old:
                if kinds[label] != kinds[target]:
                    yield f"schema/labels.json: records of {label} change their kind from {kinds[label]} to {kinds[target]}"
        else:
            gone = "" if operation.old[0] in operation.new else f", and {old} is gone: a major version"
            yield f"schema/labels.json: {name} {old} is split into {new}{gone}; further labels are appended, other ids stay"
        yield f"schema/labels.json: see that the description and the peers of {new} say what it is now"


def _by_hand(repository: Repository, labels: LabelMap) -> Iterator[str]:
    """Where code, tests and guidelines name a label that is gone or split."""
    changed = {label for operation in labels.operations for label in operation.old if operation.new != (label,)}
    quoted = re.compile("[\"'`](" + "|".join(sorted(changed)) + ")[\"'`]")
    folders = (("src", "*.py"), ("tests", "*.py"), ("annotations", "*.md"))
    for path in (path for folder, pattern in folders for path in sorted((repository.root / folder).rglob(pattern))):
        lines = [number for number, line in enumerate(read_text(path).split("\n"), 1) if quoted.search(line)]
        if lines:
            shown = ", ".join(map(str, lines[:5])) + (", …" if len(lines) > 5 else "")
            yield f"{path.relative_to(repository.root).as_posix()}: line {shown}: names a label that changed; look whether it means it"
