"""A live project of a Label Studio server: its labels changed in place while people work there, and back.

The configuration has old and new labels meanwhile, so that nothing anybody does is refused; whatever somebody saved in between is met by
the next snapshot.  What is changed has no old label any more, so that the same command goes on where an earlier one was broken off.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from drumbeat.errors import DrumbeatError, MigrationError, ServerError
from drumbeat.labelmap import LabelMap
from drumbeat.labelstudio.config import config_labels, with_labels, without_labels
from drumbeat.labelstudio.files import read_tasks
from drumbeat.labelstudio.migration import migrate_task, undo_result
from drumbeat.labelstudio.results import result_digest
from drumbeat.labelstudio.server import Project, Server
from drumbeat.labelstudio.tasks import noted_migration
from drumbeat.labelstudio.transfer import document_of, lost_labels
from drumbeat.migrate.files import Tally
from drumbeat.migration import LAYER_SETS, Choose, Json, Slot

KINDS = ("annotations", "drafts", "predictions")
ROUNDS = 5  # snapshots that are taken before somebody who works there without a pause is asked to make one


@dataclass(frozen=True, slots=True)
class Live:
    """The project that is to change along with the files."""

    server: Server
    project: Project

    @property
    def name(self) -> str:
        """What reports call it."""
        return f"{self.source} ({self.project.title})"

    @property
    def source(self) -> str:
        """What decisions on its records call it, whose title may change meanwhile."""
        return f"project {self.project.id}"


@dataclass(frozen=True, slots=True)
class Change:
    """A result that becomes another one."""

    kind: str
    id: int
    before: list[Json]
    after: list[Json]


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What changes on one task: results, and the schema that its data names."""

    id: int
    data: Json
    schema: str | None
    changes: tuple[Change, ...]


Plan = Callable[[Path], Sequence[TaskChange]]  # what is to change in a snapshot
Save = Callable[[Sequence[TaskChange], Sequence[Change]], None]  # keeps what is about to change, and forgets what did not


@contextmanager
def snapshot(live: Live) -> Iterator[Path]:
    """Everything of the project as of one moment, as a task file.  Raises ServerError."""
    with tempfile.TemporaryDirectory(prefix="drumbeat-migrate-") as folder:
        path = Path(folder) / "snapshot.json"
        live.server.download(live.project, path)
        yield path


def _tasks(live: Live, path: Path) -> Iterator[Json]:
    number = 0
    for task in read_tasks(path):
        number += 1
        document_of(task, live.project)
        yield task
    if number < live.project.tasks:
        raise ServerError(f"{live.name}: gave {number} of {live.project.tasks} tasks; see whether some are being deleted there; try again")


# -- there ----------------------------------------------------------------------------------------


def planned(live: Live, path: Path, choose: Choose, schema: str, tally: Tally) -> list[TaskChange]:
    """What a map changes in a snapshot; counted by kind, for annotations are many."""
    found = []
    for task in _tasks(live, path):
        done = migrate_task(task, choose, schema, live.source)
        tally.add(live.name, [(_counted(slot, live.source), new) for slot, new in done.changed])
        tally.add(live.source, (), done.undecided)
        changes = tuple(
            Change(kind, old["id"], old["result"], new["result"])
            for kind in KINDS
            for old, new in zip(task.get(kind) or (), done.value.get(kind) or (), strict=True)
            if old.get("result") != new.get("result")
        )
        if changes or done.value["data"] != task["data"]:
            found.append(TaskChange(task["id"], task["data"], done.value["data"].get("schema"), changes))
    return found


def _counted(slot: Slot, source: str) -> Slot:
    return replace(slot, where=slot.where.removeprefix(f"{source}: ").split()[0] + "s")


def new_record(live: Live, schema: str) -> Json:
    """The project's part of an undo file, before anything is changed."""
    where = {"url": live.server.url, "number": live.project.id, "title": live.project.title, "finished": False}
    return where | {"config": live.project.label_config, "schema": {"new": schema, "old": {}}, "work": []}


def remember(record: Json, changes: Sequence[TaskChange], stale: Sequence[Change]) -> None:
    """Add to the undo file's part what is about to change: each result as it is, and how to know the one that it becomes.

    What was to change before, and had been saved by somebody, is taken out.
    """
    left = {(change.kind, change.id, result_digest(change.after)) for change in stale}
    record["work"] = [entry for entry in record["work"] if (entry["kind"], entry["id"], entry["after"]) not in left]
    known = {(entry["kind"], entry["id"], entry["after"]) for entry in record["work"]}
    tasks = {task for of_schema in record["schema"]["old"].values() for task in of_schema}
    for task in changes:
        if task.schema != task.data.get("schema") and task.id not in tasks:
            record["schema"]["old"].setdefault(task.data.get("schema"), []).append(task.id)
        for change in task.changes:
            entry = {"kind": change.kind, "id": change.id, "after": result_digest(change.after), "before": change.before}
            if (change.kind, change.id, entry["after"]) not in known:
                record["work"].append(entry)


def migrate_project(live: Live, labels: LabelMap, first: Sequence[TaskChange], plan: Plan, save: Save) -> None:
    """Change a project; `save` writes the way back before anything is changed.

    Raises ServerError, saying that the same command goes on.
    """
    origins, gone = _config_changes(labels)
    wide = with_labels(live.project.label_config, origins, gone)
    _change(live, wide, lambda config: without_labels(config, gone), first, plan, save)


def _config_changes(labels: LabelMap) -> tuple[dict[str, dict[str, str]], dict[str, set[str]]]:
    """For each control what every new label comes from, and the labels that go."""
    controls = {label_set: control for control, label_set in LAYER_SETS.items()}
    origins: defaultdict[str, dict[str, str]] = defaultdict(dict)
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for operation in labels.operations:
        if control := controls.get(operation.label_set):
            origins[control] |= dict.fromkeys(operation.new, operation.old[0])
            gone[control] |= set(operation.old) - set(operation.new)
    return origins, gone


# -- either way -----------------------------------------------------------------------------------


def _change(live: Live, wide: str, narrow: Callable[[str], str], first: Sequence[TaskChange], plan: Plan, save: Save) -> None:
    with _resumable(live):
        save(first, ())
        _set_config(live, wide)
        changes = first
        for _ in range(ROUNDS):
            stale = [change for task in changes for change in _carry_out(live.server, task)]
            with snapshot(live) as path:
                changes = plan(path)
                save(changes, stale)
                if not changes:
                    _narrow(live, narrow, path)
                    return
        raise ServerError(f"{live.name}: somebody saves faster than labels are changed; ask for a pause")


@contextmanager
def _resumable(live: Live) -> Iterator[None]:
    try:
        yield
    except DrumbeatError as error:
        raise type(error)(
            f"{error}; {live.name} may be changed in part, the files are not: give the same command again, which goes on from there"
        ) from None


def _carry_out(server: Server, task: TaskChange) -> list[Change]:
    """Change what still is as it was planned; the rest, which somebody saved since, is for the next round."""
    drafts = server.drafts(task.id) if any(change.kind != "predictions" for change in task.changes) else {}
    annotations = {c.id: server.annotation(c.id) or {} for c in task.changes if c.kind == "annotations"}
    there: Mapping[str, Mapping[int, Json]] = {"annotations": annotations, "drafts": drafts}
    fresh = [c for c in task.changes if c.kind not in there or there[c.kind].get(c.id, {}).get("result") == c.before]
    noted = {str(c.id): noted_migration(annotations[c.id], task.data, c.after) for c in fresh if c.kind == "annotations"}
    data = task.data | ({} if task.schema is None else {"schema": task.schema})
    if noted:
        data["migrated"] = task.data.get("migrated", {}) | noted
    if data != task.data:
        server.update("tasks", task.id, {"data": data})
    for change in fresh:
        if change.kind == "annotations":
            _update_annotation(server, change, [number for number, draft in drafts.items() if draft.get("annotation") == change.id])
        else:
            server.update(change.kind, change.id, {"result": change.after})
    return [change for change in task.changes if change not in fresh]


def _update_annotation(server: Server, change: Change, drafts: Sequence[int]) -> None:
    """Change an annotation; the drafts that belong to it are taken off it meanwhile, for the server would delete them."""
    for draft in drafts:
        server.update("drafts", draft, {"annotation": None})
    there = True
    try:
        there = server.update("annotations", change.id, {"result": change.after})
    finally:
        for draft in drafts if there else ():
            server.update("drafts", draft, {"annotation": change.id})


def _set_config(live: Live, config: str) -> None:
    if config_labels(live.server.get_project(live.project.id).label_config) != config_labels(config):
        live.server.set_label_config(live.project, config)


def _narrow(live: Live, narrow: Callable[[str], str], path: Path) -> None:
    """Take the labels out that nothing uses any more, which the server would not find out."""
    now = live.server.get_project(live.project.id).label_config
    config = narrow(now)
    if lost := lost_labels(now, config, read_tasks(path)):
        raise ServerError(f"{live.name}: its labeling configuration would lose labels that are in use: {lost}")
    if config.strip() != now.strip():
        live.server.set_label_config(live.project, config)


# -- back -----------------------------------------------------------------------------------------


def refuse_another_project(live: Live, labels: LabelMap, record: Json, place: Path) -> None:
    """Raises MigrationError where an undo file is of another project, or the project has labels since that it does not know."""
    same = (record["number"], record["url"]) == (live.project.id, live.server.url)
    if not same and (record["number"], record["title"]) != (live.project.id, live.project.title):
        raise MigrationError(
            f"{place}: undoes project {record['number']} ({record['title']}) of {record['url']}, not {live.name} of {live.server.url}"
        )
    origins, gone = _config_changes(labels)
    younger = config_labels(live.project.label_config) - config_labels(with_labels(record["config"], origins, gone))
    if found := ", ".join(f"{control}/{label}" for control, label in sorted(younger) if control in origins):
        raise MigrationError(f"{live.name}: has labels that it did not have when it was migrated: {found}; undo first what brought them")


def restored(live: Live, path: Path, labels: LabelMap, record: Json, tally: Tally) -> list[TaskChange]:
    """What an undo changes in a snapshot."""
    known: defaultdict[tuple[str, int], list[Json]] = defaultdict(list)
    for entry in record["work"]:
        known[entry["kind"], entry["id"]].append(entry)
    schemas = {task: digest for digest, tasks in record["schema"]["old"].items() for task in tasks}
    found = []
    for task in _tasks(live, path):
        changes = []
        for kind in KINDS:
            for work in task.get(kind) or ():
                after = _restored_result(live, kind, work, known[kind, work["id"]], labels, tally)
                if after != work["result"]:
                    changes.append(Change(kind, work["id"], work["result"], after))
        schema = task["data"].get("schema")
        if schema == record["schema"]["new"]:
            schema = schemas.get(task["id"], schema)
        if changes or schema != task["data"].get("schema"):
            found.append(TaskChange(task["id"], task["data"], schema, tuple(changes)))
    return found


def _restored_result(live: Live, kind: str, work: Json, known: Sequence[Json], labels: LabelMap, tally: Tally) -> list[Json]:
    """The result of before where nobody edited it since, else with the labels of before."""
    now: list[Json] = work["result"]
    former: list[Json] = now
    for entry in reversed(known):
        if result_digest(former) == entry["after"]:
            former = entry["before"]
    if known and now == known[0]["before"]:
        return now
    place = f"{kind[:-1]} {work['id']}"
    value, done, notes = undo_result(former, [entry["before"] for entry in known], labels, place)
    if known and former == known[0]["before"]:
        value, done = former, undo_result(now, [former], labels, place)[1]  # for the counts
    else:
        edited = [f"{place} was edited since the migration; the labels are put back, the edits stay"] if known else []
        tally.notes += [f"{live.name}: {note}" for note in (*edited, *notes)]
    tally.add(live.name, [(replace(slot, where=kind), new) for slot, new in done.changed])
    return value


def undo_project(live: Live, labels: LabelMap, record: Json, first: Sequence[TaskChange]) -> None:
    """Put a project back; the configuration becomes what it was.  Raises ServerError, saying that the same command goes on."""
    wide = with_labels(record["config"], *_config_changes(labels))
    _change(live, wide, lambda _: record["config"], first, lambda path: restored(live, path, labels, record, Tally()), lambda *_: None)
