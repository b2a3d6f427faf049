"""seeds/ + annotations/ -> corpus/: the same bytes every time.

Documents pass through one at a time, so memory does not grow with their number; row groups end after the same
documents in every config.
"""

import gc
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drumbeat import docs, normalize, segment, tables
from drumbeat.errors import BuildError
from drumbeat.jsonl import aside, read_text, write_json
from drumbeat.links import content_words
from drumbeat.model import Cluster, CorpusFile, Entity, Manifest, Quote, Relation, to_builtins
from drumbeat.repository import (
    Document,
    Repository,
    corpus_version,
    inputs,
    read_annotation,
    read_document,
    read_knowledge_base,
    read_links,
    read_manifest,
    read_seeds,
)
from drumbeat.rows import cluster_rows, document_rows, knowledge_base_rows, relation_rows
from drumbeat.schema import configs

SPLIT = "train"  # one split: all pages report one event (DATASHEET.md says why)
Progress = Callable[[str], None]
Members = dict[tuple[str, str], tuple[Quote, tuple[str, ...]]]


def build(repository: Repository, progress: Progress = lambda _: None) -> Manifest:
    """Build the corpus in place and refresh the generated parts of the documents.

    Everything is written aside first: on an error the old corpus and documents stay as they were.  `progress` is called with
    each document_id.

    Raises RecordError, SeedError, BuildError.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_aside(repository.corpus))
        manifest = write_corpus(repository, folder, progress)
        for path, text in _stale(docs.generated(repository, manifest, folder)):
            file = stack.enter_context(aside(path))  # renamed when the stack is left, after the corpus is in its place
            file.write(text.encode("utf-8"))
            file.flush()
        _swap(folder, repository.corpus)
    return manifest


def check(repository: Repository, progress: Progress = lambda _: None) -> list[str]:
    """What in the committed corpus, and in the generated parts of the documents, a rebuild would change; empty where nothing.

    Raises what `build` raises, and CorpusError where there is no manifest.
    """
    committed = read_manifest(repository)
    with _aside(repository.corpus) as folder:
        manifest = write_corpus(repository, folder, progress)
        differences = list(_differences(committed, manifest, repository.corpus, folder))
        differences += [
            f"{path.relative_to(repository.root).as_posix()}: its generated parts are stale"
            for path, _ in _stale(docs.generated(repository, manifest, folder))
        ]
    return differences


def _stale(documents: Mapping[Path, str]) -> list[tuple[Path, str]]:
    return [(path, text) for path, text in documents.items() if not path.is_file() or read_text(path) != text]


def write_corpus(repository: Repository, folder: Path, progress: Progress = lambda _: None) -> Manifest:
    """Write every config and the manifest into an empty folder."""
    entities, links = read_knowledge_base(repository), read_links(repository)
    clusters = [link for link in links if isinstance(link, Cluster)]
    members: Members = {}
    seeds = read_seeds(repository)
    wanted = {(member.document_id, member.quote_id) for cluster in clusters for member in cluster.members}
    with ExitStack() as stack:
        stack.enter_context(_no_cycle_search())
        writers = {config.name: stack.enter_context(tables.TableWriter(folder / _file(config.name), config)) for config in configs()}
        for number, seed in enumerate(seeds, 1):
            document = read_document(repository, seed)
            for quote in _add_document(repository, document, entities, writers):
                if (seed.document_id, quote.id) in wanted:
                    members[seed.document_id, quote.id] = quote, content_words(document.text, quote)
            if number % tables.DOCUMENTS_PER_ROW_GROUP == 0:
                for writer in writers.values():
                    writer.flush()
            progress(seed.document_id)
        writers["knowledge_base"].add(knowledge_base_rows(entities))
        writers["relations"].add(relation_rows([link for link in links if isinstance(link, Relation)]))
        writers["quote_clusters"].add(cluster_rows(clusters, members))
    manifest = Manifest(
        version=corpus_version(repository),
        normalizer=normalize.VERSION,
        segmenter=segment.VERSION,
        pyarrow=tables.PYARROW,
        inputs=inputs(repository, seeds),
        files=tuple(_describe(folder, name, writer) for name, writer in writers.items()),
    )
    write_json(folder / "manifest.json", to_builtins(manifest))
    return manifest


def _add_document(
    repository: Repository, document: Document, entities: Mapping[str, Entity], writers: Mapping[str, tables.TableWriter]
) -> tuple[Quote, ...]:
    annotation = read_annotation(repository, document)
    if annotation.gold is None:
        raise BuildError(
            f"{repository.annotation(document.seed.document_id)}: no gold yet; adjudicate its sets, or take its seed out of seeds.jsonl"
        )
    for name, rows in document_rows(document, annotation.gold, entities).items():
        writers[name].add(rows)
    return annotation.gold.quotes


def _file(config: str) -> Path:
    return Path(config) / f"{SPLIT}-00000-of-00001.parquet"


def _describe(folder: Path, config: str, writer: tables.TableWriter) -> CorpusFile:
    path = folder / _file(config)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return CorpusFile(_file(config).as_posix(), config, SPLIT, writer.digest.rows, path.stat().st_size, sha256, writer.digest.sha256)


def _differences(committed: Manifest, rebuilt: Manifest, old: Path, new: Path) -> Iterator[str]:
    before = {file.path: file for file in committed.files}
    for file in rebuilt.files:
        path = old / file.path
        if not path.is_file():
            yield f"corpus/{file.path}: missing"
        elif path.read_bytes() != (new / file.path).read_bytes():
            same = file.path in before and before[file.path].logical_sha256 == file.logical_sha256
            yield f"corpus/{file.path}: " + ("other bytes, though the manifest promises the same rows" if same else "other rows")
    known = {file.path for file in rebuilt.files} | {"manifest.json"}
    for path in sorted(path for path in old.rglob("*") if path.is_file()):
        if path.relative_to(old).as_posix() not in known:
            yield f"corpus/{path.relative_to(old).as_posix()}: no build writes this file"
    if committed != rebuilt:
        changed = [name for name in Manifest.__struct_fields__ if getattr(committed, name) != getattr(rebuilt, name)]
        yield f"corpus/manifest.json: {', '.join(changed)} would change"


@contextmanager
def _no_cycle_search() -> Iterator[None]:
    """Records and rows hold no reference cycles; looking for some among them takes a fifth of a build."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, gone afterwards.  Raises BuildError where the target is something else than a folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise BuildError(f"{target}: is a link or a file where the corpus' folder should stand; move it away")
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    """Put the new folder in the old one's place.

    Two renames: between them there is a moment without a corpus, never one with half of it.
    """
    old = new.with_name(new.name + "-old")
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
