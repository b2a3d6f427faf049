"""The two directions between a repository and task files; the ends that read and write."""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from drumbeat.errors import TaskError
from drumbeat.jsonl import put_in_place, write_json
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.intake import Change, take
from drumbeat.labelstudio.items import Json
from drumbeat.labelstudio.tasks import Incoming, decode_task, from_task, to_task
from drumbeat.model import LAYERS, Annotation, Seed, to_builtins
from drumbeat.repository import Repository, read_annotation, read_document, read_knowledge_base, read_seeds
from drumbeat.suggest.certainty import least_certain


def export_tasks(
    repository: Repository,
    output: Path,
    layers: Sequence[str] = LAYERS,
    sets: str = "suggested",
    documents: Collection[str] = (),
    order: str = "id",
) -> int:
    """Write documents as tasks, all of them or those that are named; the number of tasks.

    `sets` says what goes along: `gold`, `suggested` or `none`; `order` is that of document_id, or `uncertain`: the documents first whose
    suggestions are least sure, last those that have none.  Raises TaskError on an unknown document_id.
    """
    return write_tasks(output, tasks(repository, layers, sets, documents, order))


def tasks(repository: Repository, layers: Sequence[str], sets: str, documents: Collection[str], order: str = "id") -> Iterator[Json]:
    """The tasks of documents, in an order that `export_tasks` explains."""
    seeds = read_seeds(repository)
    unknown = set(documents) - {seed.document_id for seed in seeds}
    if unknown:
        raise TaskError(f"{repository.seeds}: no document {', '.join(sorted(unknown))}; see the document_id of each line")
    chosen = [seed for seed in seeds if not documents or seed.document_id in documents]
    for seed in sorted(chosen, key=lambda seed: _uncertain(repository, seed, layers)) if order == "uncertain" else chosen:
        document = read_document(repository, seed)
        annotation = read_annotation(repository, document)
        suggested = [item for item in annotation.sets if item.method == "suggested"] if sets == "suggested" else []
        yield to_task(document, suggested, annotation.gold if sets == "gold" else None, layers)


def _uncertain(repository: Repository, seed: Seed, layers: Sequence[str]) -> tuple[float, str]:
    score = least_certain(read_annotation(repository, read_document(repository, seed)).sets, layers)
    return 2.0 if score is None else score, seed.document_id


def import_annotations(repository: Repository, file: Path, people: dict[int, str] | None = None, *, dry_run: bool = False) -> list[Change]:
    """Take a task file into the annotation files: all of it, or on an error nothing of it.

    Raises TaskError naming file, task and region.
    """
    return import_tasks(repository, read_tasks(file, decode_task), str(file), people, dry_run=dry_run)


def import_tasks(
    repository: Repository, incoming: Iterable[Json], place: str, people: dict[int, str] | None = None, *, dry_run: bool = False
) -> list[Change]:
    """Take tasks into the annotation files, wherever they come from: all of them, or on an error none.

    `place` is what errors call their origin. Raises TaskError naming place, task and region.
    """
    seeds = {seed.document_id: seed for seed in read_seeds(repository)}
    entities = read_knowledge_base(repository)
    changes: list[Change] = []
    staged = Repository(Path(tempfile.mkdtemp(dir=repository.links.parent.parent, prefix=".import-")))
    try:
        for task in incoming:
            try:
                new, old, found = _taken(repository, staged, from_task(task, people), seeds, entities, f"task {task.get('id', '?')}")
            except TaskError as error:
                raise TaskError(f"{place}: {error}") from None
            changes += found
            if new != old:
                write_json(staged.annotation(new.document_id), to_builtins(new))
        if not dry_run:
            put_in_place({}, {repository.annotation(path.stem): path for path in sorted(staged.links.parent.glob("*.json"))})
    finally:
        shutil.rmtree(staged.root, ignore_errors=True)
    return changes


def _taken(
    repository: Repository, staged: Repository, incoming: Incoming, seeds: dict[str, Seed], entities: Collection[str], place: str
) -> tuple[Annotation, Annotation, list[Change]]:
    """A document's annotations with what one task brought, as they were, and what changed."""
    if incoming.document_id not in seeds:
        raise TaskError(f"{place}: no document {incoming.document_id} in this repository; is it another corpus' export?")
    document = read_document(repository, seeds[incoming.document_id])
    known = staged if staged.annotation(incoming.document_id).is_file() else repository
    old = read_annotation(known, document)
    new, found = take(old, incoming, entities)
    return new, old, found
