"""The undo file: what a migration writes into it, and taking the migration back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from drumbeat.errors import MigrationError, RecordError
from drumbeat.jsonl import compact, layout, parse_json, put_in_place, read_json, read_text
from drumbeat.labelmap import LabelMap, as_map, label_set_text, parse_map, replaced
from drumbeat.migrate.files import Report, Tally, by_line, label_files, slots_of, values_of
from drumbeat.migrate.project import Live, TaskChange, refuse_another_project, restored, snapshot, undo_project
from drumbeat.migration import (
    Choose,
    Join,
    Json,
    Migrated,
    Moved,
    Slot,
    back,
    moved,
    relabel,
    undo_annotation,
)
from drumbeat.repository import Repository

FORMAT = "drumbeat undo 1"


def undo_entry(name: str, path: Path, before: str, after: str, labels: LabelMap, done: Sequence[Migrated]) -> Json:
    """What the undo file says of one file; its former text too where its layout was not the one that is written here."""
    entry: Json = {"path": name, "before": _sha256(before), "after": _sha256(after), "text": None}
    entry["merged"] = [asdict(item) for one in done for item in moved(labels, one)]
    entry["joined"] = [asdict(join) for one in done for join in one.joins]
    entry["decisions"] = [list(item) for one in done for item in one.decisions]
    read_back = _Undone.read(json.loads(compact(entry)))
    if _restored(path, after, back(labels, read_back.merged), read_back)[0] != before:
        entry["text"] = before
    return entry


@dataclass(frozen=True, slots=True)
class _Undone:
    """A file's part of an undo file."""

    before: str = ""
    after: str = ""
    text: str | None = None
    merged: tuple[Moved, ...] = ()
    joins: tuple[Join, ...] = ()
    decisions: tuple[tuple[int, str], ...] = ()

    @classmethod
    def read(cls, entry: Json) -> "_Undone":
        merged = tuple(Moved(**item) for item in entry["merged"])
        joins = tuple(Join(**item | {"regions": tuple(item["regions"])}) for item in entry["joined"])
        decisions = tuple((int(index), str(identifier)) for index, identifier in entry["decisions"])
        return cls(entry["before"], entry["after"], entry["text"], merged, joins, decisions)


def _restored(path: Path, text: str, choose: Choose, undone: _Undone) -> tuple[str, list[tuple[Slot, str]]]:
    if path.suffix == ".json":
        value = parse_json(text, str(path))
        new, changed = undo_annotation(value, choose, undone.joins, undone.decisions, str(path))
        return (layout(new) + "\n" if new != value else text), list(changed)
    new_text, done = by_line(path, text, lambda value: relabel(value, slots_of(path, value), choose))
    return new_text, [change for one in done for change in one.changed]


def undo(repository: Repository, undo_file: Path, labels_file: Path | None, live: Live | None = None, *, dry_run: bool = False) -> Report:
    """Take a migration back: byte for byte where nothing was edited since, else record by record, with what was done since kept.

    Files that the migration did not reach, because it was broken off, stay as they are. A `live` project is put back before the files.

    Raises MigrationError where the file is no undo file, is of another project, or what it undoes was edited away; ServerError.
    """
    labels, schema, entries, record = _read_undo(undo_file)
    tally = Tally()
    new = {} if entries is None else _restored_files(repository, undo_file, labels_file, labels, schema, entries, tally)
    first: list[TaskChange] = []
    if live is not None:
        if record is None:
            raise MigrationError(f"{undo_file}: its migration changed no project; leave out --project")
        refuse_another_project(live, labels, record, undo_file)
        with snapshot(live) as path:
            first = restored(live, path, labels, record, tally)
    elif record is not None:
        project = f"project {record['number']} ({record['title']}) of {record['url']}"
        tally.notes.append(f"{project} was migrated too, and stays as it is; --project {record['number']} puts it back")
    if not dry_run:
        if live is not None and record is not None:
            undo_project(live, labels, record, first)
        put_in_place({path: text for path, text in new.items() if text != read_text(path)}, {})
    return Report(tally.counts, tuple(tally.notes))


def _restored_files(
    repository: Repository,
    undo_file: Path,
    labels_file: Path | None,
    labels: LabelMap,
    schema: Json,
    entries: dict[str, _Undone],
    tally: Tally,
) -> dict[Path, str]:
    """Every file that a migration may have changed, with its text of before."""
    _refuse_another_repository(repository, undo_file, labels_file, schema, entries)
    new = {}
    if labels_file is not None:
        new[labels_file] = _restored_schema(labels_file, read_text(labels_file), schema, tally)
    for path in label_files(repository):
        name = path.relative_to(repository.root).as_posix()
        new[path] = _restored_file(path, name, labels, entries.pop(name, _Undone()), tally)
    tally.notes += [f"{name}: is gone since the migration" for name in entries]
    return new


def _refuse_another_repository(
    repository: Repository, undo_file: Path, labels_file: Path | None, schema: Json, entries: Mapping[str, _Undone]
) -> None:
    if schema and labels_file is None:
        raise MigrationError(f"{undo_file}: undoes a schema, and this repository has none; give the repository that was migrated")
    if labels_file is not None and not schema:
        raise MigrationError(f"{undo_file}: is of a repository without a schema, and this one has its own; give the one that was migrated")
    if entries and not any((repository.root / name).is_file() for name in entries):
        raise MigrationError(f"{undo_file}: none of its files is in {repository.root}; give the repository that was migrated")


def _restored_file(path: Path, name: str, labels: LabelMap, undone: _Undone, tally: Tally) -> str:
    text = read_text(path)
    for _ in values_of(path, text):
        pass  # a broken file is an error before anything is written
    digest = _sha256(text)
    if digest == undone.before:
        return text
    before, changed = _restored(path, text, back(labels, undone.merged), undone)
    tally.add(name, changed)
    if digest == undone.after:
        return before if undone.text is None else undone.text
    if undone.after:
        tally.notes.append(f"{name}: was edited since the migration; the labels are put back, the edits stay")
    remembered = {(item.where, item.label_set, item.id) for item in undone.merged}
    for slot, _ in changed:
        made = slot.label in labels.merged(slot.label_set) & labels.origins(slot.label_set).keys()
        if made and (slot.where, slot.label_set, slot.id) not in remembered:
            tally.notes.append(f"{name}: {slot.where}: {slot.id} is younger than the merge; see which label it should have")
    return before


def _read_undo(path: Path) -> tuple[LabelMap, Json, dict[str, _Undone] | None, Json | None]:
    """The map, the schema's labels, the files (None where only a project was changed), and the project's part."""
    value = read_json(path)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise MigrationError(f"{path}: no undo file of `drumbeat migrate`; it would begin with the format {FORMAT!r}")
    try:
        labels = LabelMap(tuple(parse_map(compact(value["map"]), str(path))))
        files = None if value["files"] is None else {entry["path"]: _Undone.read(entry) for entry in value["files"]}
        return labels, dict(value["schema"]), files, value.get("project")
    except (KeyError, TypeError, ValueError) as error:
        raise MigrationError(f"{path}: is not as `drumbeat migrate` wrote it ({error!r}); restore it from git or a backup") from None


def _restored_schema(path: Path, text: str, schema: Json, tally: Tally) -> str:
    for name, lists in schema.items():
        now = label_set_text(text, name)
        if now == lists["old"]:
            continue
        if _constants(now) != _constants(lists["new"]):
            raise MigrationError(f"{path}: the labels of {name} were changed since the migration; undo that first, or restore the file")
        if now != lists["new"]:
            tally.notes.append(f"schema/labels.json: what was written about {name} since the migration is gone with it")
        text = replaced(text, name, lists["old"])
    return text


def _constants(array: str) -> list[str]:
    return [entry["const"] for entry in json.loads(array)]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def undo_target(repository: Repository, wanted: Path | None, labels: LabelMap, live: Live | None) -> Path:
    """Where the undo file goes: into the one that the same migration of a project began, or a new one.

    Raises MigrationError where another stands there.
    """
    if wanted is not None:
        if wanted.exists() and not unfinished(wanted, labels, live):
            raise MigrationError(f"{wanted}: exists, and may be the way back from another migration; give another --undo-file")
        return wanted
    names = (f"migration-undo{'' if number == 1 else f'-{number}'}.json" for number in range(1, 10_000))
    return next(path for path in map(repository.root.joinpath, names) if not path.exists() or unfinished(path, labels, live))


def unfinished(path: Path, labels: LabelMap, live: Live | None) -> Json | None:
    """The project's part of an undo file whose migration, the same one, was broken off."""
    if live is None or not path.exists():
        return None
    with suppress(RecordError):
        value = read_json(path)
        record: Json | None = value.get("project") if isinstance(value, dict) and value.get("map") == as_map(labels) else None
        if record and not record["finished"] and (record["number"], record["url"]) == (live.project.id, live.server.url):
            return record
    return None
