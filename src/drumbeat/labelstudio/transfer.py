"""Push and pull: what of a repository is sent to a project of a server, and what comes back."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from drumbeat.errors import ServerError, TaskError
from drumbeat.labelstudio.config import config_labels, label_config
from drumbeat.labelstudio.exchange import import_tasks, tasks
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.intake import Change
from drumbeat.labelstudio.items import Json
from drumbeat.labelstudio.server import Project, Server
from drumbeat.labelstudio.tasks import decode_task, from_task
from drumbeat.model import LAYERS
from drumbeat.normalize import text_sha256
from drumbeat.repository import Repository, read_seeds

BATCH, BATCH_CHARACTERS = 100, 2_000_000  # of one request: a page's results may take ten times its text


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: numbers of tasks and predictions."""

    project: Project
    created: bool
    sent: int
    present: int
    refreshed: int


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did, and the documents that have no task in the project."""

    project: Project
    changes: list[Change]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A task that a project has; its predictions as ids by version and digest."""

    id: int
    text_sha256: str
    layers: tuple[str, ...]
    predictions: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class _Summary:
    """What of a task that is to be sent decides how; `versions` are those of its predictions."""

    text_sha256: str
    layers: tuple[str, ...]
    versions: tuple[str, ...]


def _nothing(_: str) -> None:
    pass


# -- push -----------------------------------------------------------------------------------------


def push(
    server: Server,
    name: str,
    repository: Repository,
    layers: Sequence[str] = LAYERS,
    sets: str = "suggested",
    documents: Collection[str] = (),
    progress: Callable[[str], None] = _nothing,
) -> Pushed:
    """Send documents to the project of that title or number, which is made where there is none; those that it has are not sent again.

    Raises ServerError, and TaskError for what cannot be sent.
    """
    return push_tasks(server, name, tasks(repository, layers, sets, documents), layers, progress)


def push_tasks(
    server: Server,
    name: str,
    outgoing: Iterable[Json],
    layers: Sequence[str] = LAYERS,
    progress: Callable[[str], None] = _nothing,
) -> Pushed:
    """Send tasks to a project.

    All of them are read and checked before the first is sent. Raises ServerError, and TaskError for what cannot be sent.
    """
    with tempfile.TemporaryDirectory(prefix="drumbeat-push-") as folder:
        spool = Path(folder) / "tasks.json"
        summaries: dict[str, _Summary] = {}
        write_tasks(spool, _checked(outgoing, summaries))
        return _push(server, name, spool, summaries, label_config(layers), progress)


def _checked(outgoing: Iterable[Json], summaries: dict[str, _Summary]) -> Iterator[Json]:
    """Tasks that could be taken back, for the server accepts any span and any id; their summaries are noted by document."""
    for task in outgoing:
        from_task(task)
        data = task["data"]
        if data["document_id"] in summaries:
            raise TaskError(f"{data['document_id']}: stands twice among the tasks; a project holds each document once")
        versions = tuple(str(prediction["model_version"]) for prediction in task["predictions"])
        summaries[data["document_id"]] = _Summary(data["text_sha256"], tuple(data["layers"]), versions)
        yield task


def _push(
    server: Server, name: str, spool: Path, summaries: Mapping[str, _Summary], config: str, progress: Callable[[str], None]
) -> Pushed:
    project = server.find_project(name)
    there = _standing(server, project) if project else {}
    if project:
        for document_id in sorted(summaries.keys() & there.keys()):
            _refuse_conflict(document_id, summaries[document_id], there[document_id], project)
    created = project is None
    if project is None:
        project = server.create_project(name, config)
    elif project.label_config.strip() != config.strip():
        _refuse_lost_labels(server, project, config)
        server.set_label_config(project, config)
    server.ensure_view(project)
    if summaries.keys() - there.keys():
        _send_new(server, project, read_tasks(spool), there, progress)
    present = summaries.keys() & there.keys()
    refreshed = 0
    if any(summaries[document_id].versions for document_id in present):
        for task in read_tasks(spool):
            document_id = task["data"]["document_id"]
            if document_id in there:
                refreshed += _refresh(server, there[document_id], task["predictions"])
                progress(document_id)
    versions = Counter(version for summary in summaries.values() for version in summary.versions)
    if versions and project.model_version not in versions:
        server.set_model_version(project, versions.most_common(1)[0][0])
    if server.unsure:
        _standing(server, project)  # an answer was lost: a task that stands twice is told now rather than by the next command
    return Pushed(project, created, len(summaries) - len(present), len(present), refreshed)


def _send_new(
    server: Server, project: Project, outgoing: Iterable[Json], there: Mapping[str, _Standing], progress: Callable[[str], None]
) -> None:
    highest = max((task.id for task in there.values()), default=0)
    for batch in _batches(task for task in outgoing if task["data"]["document_id"] not in there):
        server.send(project, batch, _key, highest)
        for task in batch:
            progress(task["data"]["document_id"])


def _key(task: Json) -> object:
    return task["data"].get("document_id"), task["data"].get("text_sha256")


def _batches(outgoing: Iterable[Json]) -> Iterator[list[Json]]:
    batch: list[Json] = []
    size = 0
    for task in outgoing:
        length = len(task["data"]["text"])
        if batch and (len(batch) == BATCH or size + length > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += length
    if batch:
        yield batch


def _standing(server: Server, project: Project) -> dict[str, _Standing]:
    """The project's tasks by document.

    Raises ServerError where a task is none of ours, its text was changed, or a document has two.
    """
    found: dict[str, _Standing] = {}
    for task in server.tasks(project):
        place, data, document_id = f"project {project.id}, task {task['id']}", task["data"], document_of(task, project)
        if text_sha256(data["text"]) != data.get("text_sha256"):
            raise ServerError(
                f"{place} ({document_id}): its text was changed after it was sent, so its spans count over another one; delete the task"
                " there, and push it again"
            )
        if document_id in found:
            raise ServerError(
                f"{place} ({document_id}): task {found[document_id].id} is of the same document; delete the one nobody worked on"
            )
        predictions = tuple((str(p.get("model_version")), _digest(p), int(p["id"])) for p in task["predictions"])
        found[document_id] = _Standing(task["id"], data["text_sha256"], tuple(data.get("layers", LAYERS)), predictions)
    return found


def document_of(task: Json, project: Project) -> str:
    """The document that a project's task is of.  Raises ServerError where it is none of drumbeat's."""
    data = task["data"]
    if not isinstance(data.get("document_id"), str) or not isinstance(data.get("text"), str):
        raise ServerError(
            f"project {project.id}, task {task['id']}: its data has no text and document_id, so the project is none of drumbeat's; "
            "give another one"
        )
    return str(data["document_id"])


def _digest(prediction: Json) -> str:
    """What makes two predictions of one version the same one."""
    score = prediction.get("score")
    parts = [None if score is None else float(score), prediction.get("result") or []]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def _refuse_conflict(document_id: str, new: _Summary, old: _Standing, project: Project) -> None:
    place = f"project {project.id}, task {old.id} ({document_id})"
    if old.text_sha256 != new.text_sha256:
        raise ServerError(
            f"{place}: was sent over another text (sha256 {old.text_sha256[:12]}…, now {new.text_sha256[:12]}…); its annotations do not"
            " fit the new one: pull with the old text, delete the task there and push again, or push to another project"
        )
    if set(old.layers) != set(new.layers):
        raise ServerError(
            f"{place}: was sent for the layers {', '.join(old.layers)}, not {', '.join(new.layers)}; what was not asked for would count"
            " as not found: push other layers to another project"
        )


def _refresh(server: Server, old: _Standing, wanted: Sequence[Json]) -> int:
    """Make the predictions of a task those of now, per version; the number of new ones.

    The new one is there before the old one goes, so that an interruption leaves an annotator with something.
    """
    refreshed = 0
    for prediction in wanted:
        version, digest = prediction["model_version"], _digest(prediction)
        same = [(number, found) for known, found, number in old.predictions if known == version]
        kept = next((number for number, found in same if found == digest), None)
        if kept is None:
            server.create_prediction(old.id, prediction)
            refreshed += 1
        for number, _ in same:
            if number != kept:
                server.delete_prediction(number)
    return refreshed


# -- labels ---------------------------------------------------------------------------------------


def _refuse_lost_labels(server: Server, project: Project, config: str) -> None:
    """Raises ServerError where annotations or drafts use a label that the new configuration lacks: the server would accept that."""
    if not project.tasks or config_labels(project.label_config) <= config_labels(config):
        return
    with tempfile.TemporaryDirectory(prefix="drumbeat-labels-") as folder:
        path = Path(folder) / "snapshot.json"
        server.download(project, path)
        inuse = lost_labels(project.label_config, config, read_tasks(path))
    if inuse:
        raise ServerError(
            f"project {project.id}: the new labeling configuration lacks labels that annotations use: {inuse}; "
            f"run `drumbeat migrate` with --project {project.id}, or push to another project"
        )


def lost_labels(old: str, new: str, tasks: Iterable[Json]) -> str:
    """The labels that annotations or drafts use and a new configuration lacks, in words."""
    lost = config_labels(old) - config_labels(new)
    used = Counter(label for task in tasks for label in _used(task))
    return ", ".join(f"{control}/{label} ({used[control, label]} times)" for control, label in sorted(lost) if used[control, label])


def _used(task: Json) -> Iterator[tuple[str, str]]:
    for work in (*(task.get("annotations") or ()), *(task.get("drafts") or ())):
        for item in work.get("result") or ():
            if item.get("type") == "relation":
                yield from (("relation", label) for label in item.get("labels") or ())
            else:
                value = item.get("value") or {}
                yield from ((str(item.get("from_name")), label) for key in ("labels", "choices") for label in value.get(key) or ())


# -- pull -----------------------------------------------------------------------------------------


def pull(server: Server, name: str, repository: Repository, *, dry_run: bool = False) -> Pulled:
    """Take every annotation of a project into the annotation files: all of them, or on an error none.

    What is gone from the server stays here. Raises ServerError, and TaskError naming task and region.
    """
    project = existing(server, name)
    people = server.people()
    seen: dict[str, object] = {}
    place = f"{server.url}, project {project.id}"
    with tempfile.TemporaryDirectory(prefix="drumbeat-pull-") as folder:
        path = Path(folder) / "snapshot.json"
        server.download(project, path)
        incoming = _whole(read_tasks(path, decode_task), project, seen, place)
        changes = import_tasks(repository, incoming, place, people, dry_run=dry_run)
    absent = tuple(seed.document_id for seed in read_seeds(repository) if seed.document_id not in seen)
    return Pulled(project, changes, absent)


def fetch(server: Server, name: str, path: Path) -> dict[int, str]:
    """Write everything of a project to a file, as Label Studio exports it; the people by number.  Raises ServerError."""
    server.download(existing(server, name), path)
    return server.people()


def existing(server: Server, name: str) -> Project:
    """The project of that title or number.  Raises ServerError where there is none."""
    project = server.find_project(name)
    if project is None:
        raise ServerError(f"{server.url}: no project is titled {name!r}; push makes one")
    return project


def _whole(incoming: Iterable[Json], project: Project, seen: dict[str, object], place: str) -> Iterator[Json]:
    """The tasks, each document once, and no fewer than the project had."""
    number = 0
    for task in incoming:
        number += 1
        document_id = (task.get("data") or {}).get("document_id")
        if document_id in seen:
            raise TaskError(f"{place}: tasks {seen[document_id]} and {task.get('id')} are both of {document_id}; delete the idle one there")
        if isinstance(document_id, str):
            seen[document_id] = task.get("id")
        yield task
    if number < project.tasks:
        raise ServerError(f"{place}: gave {number} of {project.tasks} tasks; pull again, and see whether tasks are being deleted there")
