"""Level 1: can it be read, and does every record conform to its schema?

This level also loads: what passes it is what the other levels look at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from drumbeat import schema
from drumbeat.checks.finding import Finding, check
from drumbeat.errors import DrumbeatError, RecordError, SeedError
from drumbeat.jsonl import Places, parse_json, read_text
from drumbeat.model import Annotation, Cluster, Entity, Relation, Seed, from_builtins
from drumbeat.normalize import Normalized, decode, normalize
from drumbeat.repository import Repository, read_page


@dataclass(frozen=True, slots=True)
class Source:
    """A file that findings point into: its path in the repository, and where its values stand."""

    path: str
    places: Places

    def line(self, *steps: str | int) -> int:
        """The line of the value at a path of keys and indexes."""
        return self.places.line(steps)


@dataclass(frozen=True, slots=True)
class Line:
    """A record of a JSON Lines file and where it stands."""

    path: str
    line: int
    record: Any


@dataclass(slots=True)
class Page:
    """One document as far as it could be loaded."""

    seed: Line
    data: bytes | None = None
    decoded: str | None = None
    normalized: Normalized | None = None
    annotation: Annotation | None = None
    source: Source | None = None


@dataclass(slots=True)
class Shared:
    """The files that all documents share, as far as they could be loaded."""

    repository: Repository
    seeds: list[Line] = field(default_factory=list)
    entities: list[Line] = field(default_factory=list)
    links: list[Line] = field(default_factory=list)

    @property
    def knowledge_base(self) -> dict[str, Entity]:
        """The entities by id; the first where an id stands twice."""
        return {line.record.id: line.record for line in reversed(self.entities)}


def load_shared(repository: Repository) -> tuple[Shared, list[Finding]]:
    """What all documents share, and the findings of level 1 about it; the seeds in the order of document_id."""
    shared, findings = Shared(repository), list[Finding]()
    seeds = _lines(repository, repository.seeds, "records/seed.json", Seed, seed_form, findings)
    shared.seeds = sorted(seeds, key=lambda line: str(line.record.document_id))
    if not findings:  # else everything would look stray
        findings += _strays(repository, {line.record.document_id for line in seeds}, {line.record.file for line in seeds})
    shared.entities = _lines(repository, repository.knowledge_base, "records/entity.json", Entity, entity_form, findings)
    shared.links = _lines(repository, repository.links, "records/link.json", Relation | Cluster, link_form, findings)
    return shared, findings


def load_page(repository: Repository, seed: Line) -> tuple[Page, list[Finding]]:
    """One document as far as it could be loaded, and the findings of level 1 about it."""
    page = Page(seed)
    return page, [*_page(repository, page), *_annotation(repository, page)]


@check("D101", fix="mend the file by hand or restore it from git")
def unreadable(repository: Repository, path: Path, error: DrumbeatError) -> Finding:
    """A file that must be there is missing, or is not UTF-8, or not JSON."""
    relative = path.relative_to(repository.root).as_posix()
    message = str(error).replace(f"{path}:", "", 1).strip().partition("; ")[0]
    number, _, rest = message.partition(":")
    return Finding("D101", rest.strip(), relative, int(number)) if number.isdigit() else Finding("D101", message, relative)


@check("D102", fix="give the field a value that schema/README.md allows")
def seed_form(source: Line, violation: schema.Violation) -> Finding:
    """Every line of seeds/seeds.jsonl conforms to schema/records/seed.json."""
    return _form("D102", source.path, source.line, violation)


@check("D103", fix="give the field a value that schema/README.md allows; a new label goes into schema/labels.json first")
def annotation_form(source: Source, document_id: str, violation: schema.Violation) -> Finding:
    """Every annotation file conforms to schema/records/annotation.json: known fields, known labels."""
    return _form("D103", source.path, source.line(*violation.path), violation, document_id)


@check("D104", fix="give the field a value that schema/README.md allows")
def entity_form(source: Line, violation: schema.Violation) -> Finding:
    """Every line of the knowledge base conforms to schema/records/entity.json."""
    return _form("D104", source.path, source.line, violation)


@check("D105", fix="give the field a value that schema/README.md allows")
def link_form(source: Line, violation: schema.Violation) -> Finding:
    """Every line of annotations/links.jsonl conforms to schema/records/link.json."""
    return _form("D105", source.path, source.line, violation)


@check("D106", fix="restore the page from git, convert it to UTF-8, or take its line out of seeds.jsonl")
def page_form(repository: Repository, page: Page, error: DrumbeatError) -> Finding:
    """Every seed is there, is UTF-8 and has visible text."""
    path = repository.page(page.seed.record)
    what = str(error).replace(f"{path}:", "", 1).strip().partition("; ")[0]
    return Finding("D106", what, path.relative_to(repository.root).as_posix(), document_id=page.seed.record.document_id)


@check("D107", fix="add its line to seeds/seeds.jsonl, or remove the file")
def strays(repository: Repository, path: Path) -> Finding:
    """Every file in seeds/ and every annotation file belongs to a line of seeds.jsonl."""
    return Finding("D107", "belongs to no seed", path.relative_to(repository.root).as_posix())


def _form(code: str, path: str, line: int, violation: schema.Violation, document_id: str | None = None) -> Finding:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in violation.path).lstrip(".")
    return Finding(code, f"{where}: {violation.message}" if where else violation.message, path, line, document_id=document_id)


def _lines(
    repository: Repository,
    path: Path,
    name: str,
    kind: Any,
    form: Callable[[Line, schema.Violation], Finding],
    findings: list[Finding],
) -> list[Line]:
    """The records of a JSON Lines file that conform; what is wrong with the others is added to the findings."""
    relative = path.relative_to(repository.root).as_posix()
    good: list[Line] = []
    try:
        text = read_text(path)
    except RecordError as error:
        findings.append(unreadable(repository, path, error))
        return good
    for number, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            line = Line(relative, number, parse_json(content, str(path), number))
        except RecordError as error:
            findings.append(unreadable(repository, path, error))
            continue
        found = [form(line, violation) for violation in schema.violations(name, line.record)]
        findings += found
        if not found:
            good.append(replace(line, record=from_builtins(line.record, kind)))
    return good


def _page(repository: Repository, page: Page) -> Iterator[Finding]:
    path = repository.page(page.seed.record)
    try:
        page.data = read_page(path)
        page.decoded = decode(page.data, str(path))
        page.normalized = normalize(page.decoded)
    except SeedError as error:
        yield page_form(repository, page, error)


def _annotation(repository: Repository, page: Page) -> Iterator[Finding]:
    document_id = page.seed.record.document_id
    path = repository.annotation(document_id)
    try:
        text = read_text(path)
        value = parse_json(text, str(path))
    except RecordError as error:
        yield unreadable(repository, path, error)
        return
    source = Source(path.relative_to(repository.root).as_posix(), Places(text))
    found = [annotation_form(source, document_id, violation) for violation in schema.violations("records/annotation.json", value)]
    yield from found
    if not found:
        page.annotation, page.source = from_builtins(value, Annotation), source


def _strays(repository: Repository, documents: set[str], files: set[str]) -> Iterator[Finding]:
    for path in sorted(repository.seeds.parent.iterdir() if repository.seeds.parent.is_dir() else ()):
        if path != repository.seeds and path.name not in files and not path.name.startswith("."):
            yield strays(repository, path)
    for path in sorted(repository.links.parent.glob("*.json")):
        if path.stem not in documents:
            yield strays(repository, path)
