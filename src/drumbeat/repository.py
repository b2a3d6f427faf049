"""Where things stand in a corpus repository, and reading them strictly.

Every reader here raises on the first thing that is wrong; `drumbeat.checks` reads the same files leniently and reports
all of it.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from drumbeat import __version__
from drumbeat.errors import BuildError, CorpusError, RecordError, SeedError
from drumbeat.jsonl import read_bytes, read_jsonl, read_text
from drumbeat.model import Annotation, Cluster, Entity, Inputs, Manifest, Relation, Seed
from drumbeat.normalize import Normalized, decode, normalize
from drumbeat.schema import digest


@dataclass(frozen=True, slots=True)
class Document:
    """A page: its seed's record and its normalised text."""

    seed: Seed
    normalized: Normalized

    @property
    def text(self) -> str:
        """The normalised text, that every offset counts over."""
        return self.normalized.text


@dataclass(frozen=True, slots=True)
class Repository:
    """The folders of a corpus repository; this project's checkout is one."""

    root: Path

    @property
    def seeds(self) -> Path:
        """One JSON line a raw page."""
        return self.root / "seeds" / "seeds.jsonl"

    @property
    def knowledge_base(self) -> Path:
        """One JSON line an entity."""
        return self.root / "annotations" / "knowledge_base.jsonl"

    @property
    def links(self) -> Path:
        """One JSON line a link across documents; an empty file where there is none."""
        return self.root / "annotations" / "links.jsonl"

    @property
    def corpus(self) -> Path:
        """The built corpus."""
        return self.root / "corpus"

    @property
    def manifest(self) -> Path:
        """What the last build wrote."""
        return self.corpus / "manifest.json"

    @property
    def readme(self) -> Path:
        """Its YAML block is the dataset card's."""
        return self.root / "README.md"

    @property
    def citation(self) -> Path:
        """How to cite the corpus, in the Citation File Format; not every repository has it."""
        return self.root / "CITATION.cff"

    @property
    def datasheet(self) -> Path:
        """The datasheet; not every repository has it."""
        return self.root / "DATASHEET.md"

    @property
    def croissant(self) -> Path:
        """The corpus described for machines; built."""
        return self.root / "croissant.json"

    @property
    def built_only(self) -> bool:
        """Whether this is a built corpus that stands alone, text-free or hydrated, without what it was built from."""
        return self.manifest.is_file() and not self.seeds.is_file()

    def page(self, seed: Seed) -> Path:
        """The raw page of a seed."""
        return self.seeds.parent / seed.file

    def annotation(self, document_id: str) -> Path:
        """Everything annotated on one document."""
        return self.root / "annotations" / f"{document_id}.json"


def find_repository(path: Path, *, built: bool = False) -> Repository:
    """The repository that a path lies in, or the `built` corpus.

    Raises CorpusError where none of its folders holds seeds/seeds.jsonl.
    """
    start = path.resolve()
    for folder in (start, *start.parents):
        repository = Repository(folder)
        if repository.seeds.is_file() or (built and repository.built_only):
            return repository
    raise CorpusError(f"{path}: no corpus repository here or above: seeds/seeds.jsonl is missing; give the path of a checkout")


def read_seeds(repository: Repository) -> list[Seed]:
    """The seeds in the order of document_id.  Raises RecordError, and SeedError where a page stands twice."""
    seeds: list[Seed] = []
    lines: dict[tuple[str, str], int] = {}
    for line, value in read_jsonl(repository.seeds):
        seed = record(value, Seed, f"{repository.seeds}:{line}")
        for name in ("document_id", "file", "sha256"):
            first = lines.setdefault((name, getattr(seed, name)), line)
            if first != line:
                raise SeedError(f"{repository.seeds}:{line}: same {name} as line {first}; keep one of the two")
        seeds.append(seed)
    return sorted(seeds, key=lambda seed: seed.document_id)


def read_page(path: Path) -> bytes:
    """The bytes of a raw page.  Raises SeedError."""
    try:
        return read_bytes(path)
    except RecordError as error:
        raise SeedError(f"{error}; restore the page or remove its line from seeds.jsonl") from None


def read_document(repository: Repository, seed: Seed) -> Document:
    """A page, decoded and normalised.

    Raises SeedError where the page cannot be read or decoded or is not the page that was received.
    """
    path = repository.page(seed)
    data = read_page(path)
    if hashlib.sha256(data).hexdigest() != seed.sha256:
        raise SeedError(f"{path}: the bytes are not those of seeds.jsonl (sha256 {seed.sha256[:12]}…); restore the page from git")
    return Document(seed, normalize(decode(data, str(path))))


def read_annotation(repository: Repository, document: Document) -> Annotation:
    """What was annotated on a document.  Raises RecordError, and BuildError where it counts over another text."""
    path = repository.annotation(document.seed.document_id)
    try:
        annotation = msgspec.json.decode(read_bytes(path), type=Annotation)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordError(f"{path}: {error}; `drumbeat validate` names the line") from None
    if annotation.document_id != document.seed.document_id:
        raise RecordError(f"{path}: its document_id is {annotation.document_id!r}; name the file after the document it describes")
    if annotation.normalizer != document.normalized.version or annotation.text_sha256 != document.normalized.sha256:
        raise BuildError(
            f"{path}: annotated over another text (normaliser {annotation.normalizer}, sha256 {annotation.text_sha256[:12]}…; now "
            f"{document.normalized.version}, {document.normalized.sha256[:12]}…); its offsets would shift, so nothing is built"
        )
    return annotation


def unannotated(document: Document) -> Annotation:
    """The annotation file of a page that nobody has annotated yet."""
    return Annotation(document.seed.document_id, document.normalized.sha256, document.normalized.version, None, (), ())


def read_annotations(repository: Repository) -> Iterator[tuple[Document, Annotation]]:
    """Every document with what was annotated on it, one at a time.  Raises what `read_document` and `read_annotation` raise."""
    for seed in read_seeds(repository):
        document = read_document(repository, seed)
        yield document, read_annotation(repository, document)


def read_knowledge_base(repository: Repository) -> dict[str, Entity]:
    """Every entity by id, in the order of ids.  Raises RecordError, also where an id stands twice."""
    entities: dict[str, Entity] = {}
    for line, value in read_jsonl(repository.knowledge_base):
        entity = record(value, Entity, f"{repository.knowledge_base}:{line}")
        if entities.setdefault(entity.id, entity) is not entity:
            raise RecordError(f"{repository.knowledge_base}:{line}: id {entity.id!r} stands twice; join the two records")
    return dict(sorted(entities.items()))


def read_links(repository: Repository) -> list[Relation | Cluster]:
    """Relations and clusters.  Raises RecordError."""
    return [record(value, Relation | Cluster, f"{repository.links}:{line}") for line, value in read_jsonl(repository.links)]


def corpus_version(repository: Repository) -> str:
    """The version of a corpus: that of its pyproject.toml, which a release stamps; this drumbeat's where it has none.

    Raises RecordError where that cannot be read.
    """
    path = repository.root / "pyproject.toml"
    if not path.is_file():
        return __version__
    try:
        return str(tomllib.loads(read_text(path))["project"]["version"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: has no [project] version that can be read: {error!r}; mend it") from None


def read_manifest(repository: Repository) -> Manifest:
    """What the last build wrote.  Raises CorpusError where there is none, RecordError where it cannot be read."""
    if not repository.manifest.is_file():
        raise CorpusError(f"{repository.manifest}: there is no manifest; run `drumbeat build`")
    try:
        return msgspec.json.decode(read_text(repository.manifest), type=Manifest)
    except msgspec.DecodeError as error:
        raise RecordError(f"{repository.manifest}: {error}; run `drumbeat build`") from None


def record(value: Any, kind: Any, place: str) -> Any:
    """A record of a kind from JSON.  Raises RecordError, naming the place."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise RecordError(f"{place}: {error}; `drumbeat validate` says more") from None


def inputs(repository: Repository, seeds: Iterable[Seed]) -> Inputs:
    """Digests of what a corpus is built from: seeds, annotations, schema.  Raises RecordError where a file cannot be read."""
    seeds = list(seeds)
    annotations = (repository.annotation(seed.document_id) for seed in seeds)
    return Inputs(
        seeds=_digest((repository.seeds, *map(repository.page, seeds)), repository.root),
        annotations=_digest((repository.knowledge_base, repository.links, *annotations), repository.root),
        schema=digest(),
    )


def _digest(paths: Iterable[Path], root: Path) -> str:
    """SHA-256 over files: their paths below the root and their bytes."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(read_bytes(path)).digest())
    return total.hexdigest()
