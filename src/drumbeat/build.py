"""seeds/ + annotations/ -> corpus/, or a folder with the text-free form of it: the same bytes every time.

Documents pass through one at a time, so memory does not grow with their number; row groups end after the same
documents in every config.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from drumbeat import docs, normalize, papers, segment, tables
from drumbeat.corpus import side_file
from drumbeat.errors import BuildError, CorpusError, DrumbeatError
from drumbeat.folder import CorpusWriter, folder_aside, swap
from drumbeat.jsonl import aside, compact, read_text, write_json
from drumbeat.links import content_words
from drumbeat.model import FULL, TEXT_FREE, Cluster, Entity, Manifest, Quote, Relation, to_builtins
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
from drumbeat.restore import Rows, anchors_of, by_first_word
from drumbeat.rows import cluster_rows, document_rows, knowledge_base_rows, relation_rows
from drumbeat.words import Prose

ANCHORS = "anchors.jsonl"
Progress = Callable[[str], None]
Members = dict[tuple[str, str], tuple[Quote, tuple[str, ...]]]


def build(repository: Repository, progress: Progress = lambda _: None) -> Manifest:
    """Build the corpus in place and refresh the generated parts of the documents.

    Everything is written aside first: on an error the old corpus and documents stay as they were.  `progress` is called with
    each document_id.

    Raises RecordError, SeedError, BuildError.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(folder_aside(repository.corpus))
        manifest = write_corpus(repository, folder, progress)
        for path, text in _stale(docs.generated(repository, manifest, folder)):
            file = stack.enter_context(aside(path))  # renamed when the stack is left, after the corpus is in its place
            file.write(text.encode("utf-8"))
            file.flush()
        swap(folder, repository.corpus)
    return manifest


def build_text_free(repository: Repository, folder: Path, progress: Progress = lambda _: None) -> Manifest:
    """Build the text-free form into a folder of its own, that stands alone: tables, manifest, anchors, card, licence, schema.

    Everything is written aside first; a text-free folder that is there is replaced, anything else is not.

    Raises what `build` raises, and BuildError where a sentence of ours repeats a page.
    """
    with folder_aside(folder) as new:
        if folder.exists() and any(folder.iterdir()) and not _is_text_free(folder):
            raise BuildError(f"{folder}: holds something else than a text-free corpus; give another folder with -o, or empty it")
        manifest = _write_text_free(repository, new, progress)
        swap(new, folder)
    return manifest


def check_text_free(repository: Repository, folder: Path, progress: Progress = lambda _: None) -> list[str]:
    """What in a text-free folder a build would change; empty where nothing.

    Raises what `build_text_free` raises, and CorpusError where there is none.
    """
    if not _is_text_free(folder):
        raise CorpusError(f"{folder}: there is no text-free corpus; run `drumbeat build --text-free`")
    with folder_aside(folder) as new:
        _write_text_free(repository, new, progress)
        old, rebuilt = ({path.relative_to(root): path for path in root.rglob("*") if path.is_file()} for root in (folder, new))
        return [
            f"{folder / name}: " + ("missing" if name not in old else "no build writes this file" if name not in rebuilt else "other bytes")
            for name in sorted(old | rebuilt)
            if name not in old or name not in rebuilt or old[name].read_bytes() != rebuilt[name].read_bytes()
        ]


def _write_text_free(repository: Repository, folder: Path, progress: Progress) -> Manifest:
    manifest = write_corpus(repository, Repository(folder).corpus, progress, TEXT_FREE)
    papers.write_text_free(repository, folder, manifest)
    return manifest


def _is_text_free(folder: Path) -> bool:
    try:
        return read_manifest(Repository(folder)).form == TEXT_FREE
    except DrumbeatError:
        return False


def check(repository: Repository, progress: Progress = lambda _: None) -> list[str]:
    """What in the committed corpus, and in the generated parts of the documents, a rebuild would change; empty where nothing.

    Raises what `build` raises, and CorpusError where there is no manifest.
    """
    committed = read_manifest(repository)
    with folder_aside(repository.corpus) as folder:
        manifest = write_corpus(repository, folder, progress)
        differences = list(_differences(committed, manifest, repository.corpus, folder))
        differences += [
            f"{path.relative_to(repository.root).as_posix()}: its generated parts are stale"
            for path, _ in _stale(docs.generated(repository, manifest, folder))
        ]
    return differences


def _stale(documents: Mapping[Path, str]) -> list[tuple[Path, str]]:
    return [(path, text) for path, text in documents.items() if not path.is_file() or read_text(path) != text]


def write_corpus(repository: Repository, folder: Path, progress: Progress = lambda _: None, form: str = FULL) -> Manifest:
    """Write every config and the manifest into an empty folder, in full or text-free form."""
    entities, links = read_knowledge_base(repository), read_links(repository)
    clusters = [link for link in links if isinstance(link, Cluster)]
    members: Members = {}
    seeds = read_seeds(repository)
    wanted = {(member.document_id, member.quote_id) for cluster in clusters for member in cluster.members}
    with ExitStack() as stack:
        stack.enter_context(_no_cycle_search())
        corpus = stack.enter_context(CorpusWriter(folder, form))
        side = stack.enter_context(_AnchorWriter(folder / ANCHORS, repository, entities)) if form == TEXT_FREE else None
        for seed in seeds:
            document = read_document(repository, seed)
            quotes, rows = _document(repository, document, entities)
            corpus.add_document(rows)
            if side is not None:
                side.add(document, rows)
            for quote in quotes:
                if (seed.document_id, quote.id) in wanted:
                    members[seed.document_id, quote.id] = quote, content_words(document.text, quote)
            progress(seed.document_id)
        corpus.add("knowledge_base", knowledge_base_rows(entities))
        corpus.add("relations", relation_rows([link for link in links if isinstance(link, Relation)]))
        corpus.add("quote_clusters", cluster_rows(clusters, members))
    manifest = Manifest(
        version=corpus_version(repository),
        form=form,
        normalizer=normalize.VERSION,
        segmenter=segment.VERSION,
        pyarrow=tables.PYARROW,
        inputs=inputs(repository, seeds),
        files=corpus.files(),
        anchors=side_file(folder / ANCHORS) if form == TEXT_FREE else None,
    )
    write_json(folder / "manifest.json", to_builtins(manifest))
    return manifest


class _AnchorWriter:
    """The anchors of a text-free corpus, one line a document; also sees to it that our own sentences repeat no page."""

    def __init__(self, path: Path, repository: Repository, entities: Mapping[str, Entity]) -> None:
        self._path, self._aliases = path, by_first_word(entities.values())
        sentences = ((entity, name) for entity in entities.values() for name in ("description", "evidence"))
        place = f"{repository.knowledge_base}: {{}} of {{}}"
        self._prose = Prose((place.format(name, entity.id), getattr(entity, name)) for entity, name in sentences)

    def __enter__(self) -> "_AnchorWriter":
        self._file = self._path.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, document: Document, rows: Rows) -> None:
        """Take a document with its rows.  Raises BuildError where a sentence of ours repeats its text."""
        for place, words in self._prose.repeats(document.text):
            page = document.seed.document_id
            raise BuildError(f"{place} repeats page {page} (“{words}”), and would give it away: say it in other words")
        self._file.write(compact(to_builtins(anchors_of(document.text, rows, self._aliases))) + "\n")


def _document(repository: Repository, document: Document, entities: Mapping[str, Entity]) -> tuple[tuple[Quote, ...], Rows]:
    """The gold quotations of a document, and its rows by config."""
    annotation = read_annotation(repository, document)
    if annotation.gold is None:
        raise BuildError(
            f"{repository.annotation(document.seed.document_id)}: no gold yet; adjudicate its sets, or take its seed out of seeds.jsonl"
        )
    return annotation.gold.quotes, document_rows(document, annotation.gold, entities)


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
