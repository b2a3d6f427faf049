"""The verb: pages of any input -> seeds, their lines in seeds.jsonl and annotation files to be filled; all of it or nothing."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from drumbeat.errors import IngestError
from drumbeat.ingest.page import AS_IT_IS, Flaw, Item, Page, Passed, Reading
from drumbeat.ingest.similar import Shelf
from drumbeat.ingest.sources import Source, find_sources, read
from drumbeat.ingest.web import language_of
from drumbeat.jsonl import compact, put_in_place, read_text, write_json
from drumbeat.model import Seed, to_builtins
from drumbeat.normalize import decode, normalize
from drumbeat.repository import Document, Repository, read_document, read_seeds, unannotated
from drumbeat.shingles import shingles

FIELDS = ("outlet", "title", "published", "author", "language")
RIGHTS = "The words are their publishers'; drumbeat claims and grants no rights in them"


@dataclass(frozen=True, slots=True)
class Alike:
    """A page that was added though most of it stands on another page too; `share` is that of the shorter one's word 5-grams."""

    document_id: str
    other: str
    share: float


@dataclass(slots=True)
class Report:
    """What became of the input: pages added and pages that were there, each with its place; flaws; what was no page, by kind."""

    added: list[tuple[str, Seed]] = field(default_factory=list)
    present: list[tuple[str, str]] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)


Progress = Callable[[int, int], None]  # called with how many bytes of the input were read, and how many there are


def add(
    repository: Repository,
    paths: Sequence[Path],
    reading: Reading = AS_IT_IS,
    *,
    form: str | None = None,
    rights: str | None = None,
    stdin: IO[bytes] | None = None,
    new: bool = False,
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Add pages to a repository, which is begun where `new` is set; the same pages again change nothing.

    `form` is one of `FORMATS`, else names and contents tell it; `rights` is what is noted of every page.

    Raises IngestError where there is nothing to read or, with `strict`, at the first flaw; SeedError and RecordError where the
    repository is broken.  Then nothing was written.
    """
    if new:
        _refuse_to_begin(repository)
    before = "" if new else read_text(repository.seeds)
    intake = _Intake(repository, [] if new else read_seeds(repository), rights or _rights(repository))
    with _staging(repository.root.parent if new else repository.root) as staged:
        sources, others = find_sources(paths, form, _spooled(stdin, staged.root, paths), _own_folders(repository))
        intake.report.passed.update({f"{suffix} file": count for suffix, count in others.items()})
        for item in _items(sources, reading, progress):
            if isinstance(taken := intake.take(item, staged), Flaw) and strict:
                raise IngestError(f"{taken}; nothing was added")
        if not dry_run and intake.report.added:
            _put_in_place(repository, staged, intake.report, before, new)
    return intake.report


def _refuse_to_begin(repository: Repository) -> None:
    root = repository.root
    if repository.seeds.exists():
        raise IngestError(f"{root}: is a corpus repository already; leave out --new")
    if root.exists() and not root.is_dir():
        raise IngestError(f"{root}: is a file; give --root a folder, which need not be there yet")
    if not root.parent.is_dir():
        raise IngestError(f"{root}: cannot be made, since {root.parent} is no folder; make that first, or give another --root")


def _items(sources: Sequence[Source], reading: Reading, progress: Progress) -> Iterator[Item]:
    total, before = sum(source.size for source in sources), 0
    for source in sources:
        yield from read(source, reading, lambda here, before=before: progress(before + here, total))  # type: ignore[misc]
        before += source.size
        progress(before, total)


@contextmanager
def _staging(root: Path) -> Iterator[Repository]:
    """A repository beside the real one's folders, gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=root, prefix=".add-"))
    try:
        for name in ("seeds", "annotations"):
            (folder / name).mkdir()
        yield Repository(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _spooled(stdin: IO[bytes] | None, folder: Path, paths: Sequence[Path]) -> Path | None:
    """Standard input as a file, since archives and Parquet are not read in one go."""
    if stdin is None or Path("-") not in paths:
        return None
    path = folder / "stdin"
    with path.open("wb") as file:
        shutil.copyfileobj(stdin, file)
    return path


def _own_folders(repository: Repository) -> list[Path]:
    """What a walk through the repository does not take for input."""
    return [repository.seeds.parent, repository.links.parent, repository.corpus, repository.root / "text-free"]


def _rights(repository: Repository) -> str:
    return RIGHTS + (" (LICENSE-DATA)." if (repository.root / "LICENSE-DATA").is_file() else ".")


class _Intake:
    """Takes what readers give, one at a time, and keeps of each page only what the report and the search for likeness need."""

    def __init__(self, repository: Repository, seeds: Sequence[Seed], rights: str) -> None:
        self.report = Report()
        self._repository, self._seeds, self._rights = repository, seeds, rights
        self._known = {seed.sha256: seed.document_id for seed in seeds}
        self._ids = set(self._known.values())
        self._shelf: Shelf | None = None

    def take(self, item: Item, staged: Repository) -> Item:
        """What became of an item; a new page stands in the staged repository afterwards."""
        if isinstance(item, Page):
            item = self._page(item, staged)
        if isinstance(item, Flaw):
            self.report.flaws.append(item)
        elif isinstance(item, Passed):
            self.report.passed[item.what] += 1
        return item

    def _page(self, page: Page, staged: Repository) -> Page | Flaw:
        sha256 = hashlib.sha256(page.data).hexdigest()
        if sha256 in self._known:
            self.report.present.append((page.place, self._known[sha256]))
            return page
        normalized = normalize(decode(page.data))
        seed = seed_of(page, sha256, normalized.text, self._rights)
        if seed.document_id in self._ids or _is_other(self._repository.page(seed), page.data):
            return Flaw(page.place, f"{seed.document_id} is the name of another page; move that away or rename it")
        self._known[sha256] = seed.document_id
        self._ids.add(seed.document_id)
        self._compare(normalized.text, seed)
        staged.page(seed).write_bytes(page.data)
        if not self._repository.annotation(seed.document_id).exists():  # else somebody's work on a page that was taken out
            write_json(staged.annotation(seed.document_id), to_builtins(unannotated(Document(seed, normalized))))
        self.report.added.append((page.place, seed))
        return page

    def _compare(self, text: str, seed: Seed) -> None:
        self._shelf = self._shelf or self._filled()
        found = shingles(text)
        if nearest := self._shelf.nearest(found):
            self.report.alike.append(Alike(seed.document_id, *nearest))
        self._shelf.put(seed.document_id, found)

    def _filled(self) -> Shelf:
        """The pages of the repository."""
        shelf = Shelf()
        for seed in self._seeds:
            shelf.put(seed.document_id, shingles(read_document(self._repository, seed).text))
        return shelf


def _is_other(path: Path, data: bytes) -> bool:
    return path.exists() and not (path.is_file() and path.read_bytes() == data)


def seed_of(page: Page, sha256: str, text: str, rights: str) -> Seed:
    """The line of seeds.jsonl: what the page or its record says, and nothing else; the language may be inferred."""
    said = dict(page.said)
    if "language" not in said and (language := language_of(text)):
        said["language"] = language
    found = {name: said[name] for name in FIELDS if name in said}
    evidence = {name: value.where for name, value in found.items()}
    evidence |= {"url": said["url"].value} if "url" in said else {}
    note = said.get("rights")
    return Seed(
        document_id=sha256[:16],
        file=f"{sha256[:16]}.txt",
        sha256=sha256,
        bytes=len(page.data),
        **{name: found[name].value if name in found else None for name in FIELDS},
        inferred=tuple(name for name, value in found.items() if value.inferred),
        evidence=evidence | {"text": page.made},
        rights=f"{note.value} ({note.where})" if note else rights,
    )


def _put_in_place(repository: Repository, staged: Repository, report: Report, before: str, new: bool) -> None:
    """Pages and annotation files, then seeds.jsonl, so that a page that is listed is there."""
    if not new and read_text(repository.seeds) != before:
        raise IngestError(f"{repository.seeds}: was changed meanwhile; nothing was added, run it again")
    lines = "".join(compact(to_builtins(seed)) + "\n" for _, seed in report.added)
    staged.seeds.write_text((before if not before or before.endswith("\n") else before + "\n") + lines, encoding="utf-8", newline="\n")
    pages = {repository.page(seed): staged.page(seed) for _, seed in report.added}
    annotations = {
        repository.annotation(seed.document_id): path for _, seed in report.added if (path := staged.annotation(seed.document_id)).is_file()
    }
    for path in (repository.seeds, repository.links):
        path.parent.mkdir(parents=True, exist_ok=True)
    shared = {path: "" for path in (repository.knowledge_base, repository.links) if not path.exists()} if new else {}
    put_in_place(shared, pages | annotations | {repository.seeds: staged.seeds})
