"""A text-free corpus + a user's own copies of its pages -> a corpus with words.

A copy with the very text of a page gives the rows of the full form again.  Another copy of the article is *aligned* with it
(`drumbeat.anchor`): what stands in both moves to where it stands in the copy, and what does not is listed.  A page without a copy
stays as it is.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec

from drumbeat import papers, tables
from drumbeat.anchor import Alignment, Layout, Same
from drumbeat.corpus import damage
from drumbeat.errors import HydrationError
from drumbeat.folder import CorpusWriter, folder_aside, swap
from drumbeat.jsonl import read_bytes, write_json, write_text
from drumbeat.model import FULL, HYDRATED, TEXT_FREE, Anchors, CorpusFile, Manifest, SideFile, Span, to_builtins
from drumbeat.normalize import VERSION, Normalized, decode, normalize
from drumbeat.repository import Repository, read_manifest
from drumbeat.restore import ON_NO_COPY, Remark, Row, Rows, Values, put_back, restored, restored_clusters
from drumbeat.schema import config, configs

# The share of an article's anchors that makes a page a copy of it.  On the five pages: 1.0 between the two that have one article, 0.0
# between any others.  It only decides which page is tried: every span is placed by the words around it.
SHARE = 1 / 3

EXACT, ALIGNED, MISSING = "exact", "aligned", "missing"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Copy:
    """A page of the user's by its digests; `name` is its path in the user's folder, its text is read again where it is needed."""

    path: Path
    name: str
    sha256: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class Match:
    """Which copy a document has; `share` of the article's anchors are in it."""

    copy: Copy
    how: str
    share: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: `how` is `exact`, `aligned` or `missing`; `placed` and `lost` count rows by config.

    Of regions, that may be placed in part, `lost` counts the stretches that are not.
    """

    document_id: str
    how: str
    copy: str | None
    share: float | None
    placed: dict[str, int]
    lost: dict[str, int]


@dataclass(slots=True)
class Report:
    """What a hydration did: every document, what was lost, what is not as it was, copies of no document."""

    documents: list[Outcome] = field(default_factory=list)
    lost: list[Remark] = field(default_factory=list)
    changed: list[Remark] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all of it has its words."""
        return not self.lost and all(outcome.how != MISSING for outcome in self.documents)

    @property
    def form(self) -> str:
        """The form of the corpus that was made: `full` where it has the rows of the full form."""
        return FULL if self.complete and all(outcome.how == EXACT for outcome in self.documents) else HYDRATED


def hydrate(source: Path, texts: Path, output: Path, progress: Progress = lambda _: None) -> Report:
    """Write a corpus with the words of the copies in `texts` into the folder `output`, whole or not at all.

    `source` is a folder that `build_text_free` wrote.  `progress` is called with each document_id.

    Raises HydrationError, and SeedError where a copy is no UTF-8 text.
    """
    if output.exists() or output.is_symlink():
        raise HydrationError(f"{output}: is there already; give another folder with -o, or move it away")
    manifest = _opened(source)
    corpus = Repository(source).corpus
    copies = read_copies(texts)
    matches = matched(corpus, manifest, copies)
    with folder_aside(output) as new:
        report = _write(corpus, manifest, matches, Repository(new).corpus, progress)
        used = {match.copy.path for match in matches.values()}
        report.unused += [copy.name for copy in copies if copy.path not in used]
        write_text(new / "hydration.json", msgspec.json.format(msgspec.json.encode(as_json(report)), indent=1).decode() + "\n")
        papers.write_hydrated(source, new, read_manifest(Repository(new)))
        swap(new, output)
    return report


def as_json(report: Report) -> Row:
    """A report as JSON has it."""
    return {"form": report.form} | asdict(report)


def _opened(source: Path) -> Manifest:
    """The manifest of a text-free folder whose files are all there, as they were written."""
    repository = Repository(source)
    if not repository.manifest.is_file():
        raise HydrationError(f"{source}: has no corpus/manifest.json; give a folder that `drumbeat build --text-free` wrote")
    manifest = read_manifest(repository)
    if manifest.form != TEXT_FREE or manifest.anchors is None:
        raise HydrationError(f"{source}: is the {manifest.form} form; only the text-free form can be hydrated")
    if manifest.normalizer != VERSION:
        here = f"its offsets count over normaliser {manifest.normalizer}, this drumbeat has {VERSION}"
        raise HydrationError(f"{source}: {here}; use drumbeat {manifest.version}")
    files: list[CorpusFile | SideFile] = [*manifest.files, manifest.anchors]
    for file in files:
        if what := damage(repository.corpus / file.path, file):
            raise HydrationError(f"{repository.corpus / file.path}: {what}; get the folder anew")
    listed = {file.config: repository.corpus / file.path for file in manifest.files}
    for of in configs():
        if of.name not in listed or tables.schema_differences(tables.read_schema(listed[of.name]), of):
            raise HydrationError(f"{source}: config {of.name} is missing or has another schema; use drumbeat {manifest.version}")
    return manifest


# -- which copy is whose ----------------------------------------------------------------------------


def read_copies(folder: Path) -> list[Copy]:
    """Every file below a folder, but hidden ones, as a copy of a page.

    Raises HydrationError where there is none, SeedError where one is no UTF-8 text.
    """
    if not folder.is_dir():
        raise HydrationError(f"{folder}: is no folder; put your copies of the pages into one")
    below = sorted(path for path in folder.rglob("*") if path.is_file())
    paths = [path for path in below if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not paths:
        raise HydrationError(f"{folder}: holds no files; put your copies of the pages into it")
    return [_copy(path, path.relative_to(folder).as_posix()) for path in paths]


def _copy(path: Path, name: str) -> Copy:
    data = read_bytes(path)
    return Copy(path, name, hashlib.sha256(data).hexdigest(), _normalized(path, data).sha256)


def _normalized(path: Path, data: bytes) -> Normalized:
    return normalize(decode(data, str(path)))


def matched(corpus: Path, manifest: Manifest, copies: Sequence[Copy]) -> dict[str, Match]:
    """The copy of each document that has one: by the digest of the page or of its text, else by the share of its article's anchors."""
    pages = {copy.sha256: copy for copy in reversed(copies)}
    texts = {copy.text_sha256: copy for copy in reversed(copies)}
    matches: dict[str, Match] = {}
    for row in _rows(corpus, manifest, "documents", ("document_id", "seed_sha256", "text_sha256")):
        if (copy := pages.get(row["seed_sha256"]) or texts.get(row["text_sha256"])) is not None:
            matches[row["document_id"]] = Match(copy, EXACT, 1.0)
    free = [copy for copy in copies if copy.path not in {match.copy.path for match in matches.values()}]
    read = {copy.path: _normalized(copy.path, read_bytes(copy.path)).text for copy in free}
    tried: list[tuple[float, int, str, Copy]] = []
    for rows, record in _documents(corpus, manifest, ("documents", "regions", "tokens")) if free else ():
        if record.document_id not in matches:
            for copy in free:
                share, found = similarity(rows, record, read[copy.path])
                tried.append((share, found, record.document_id, copy))
    taken: set[Path] = set()
    for share, _, document_id, copy in sorted(tried, key=lambda entry: (-entry[0], -entry[1], entry[2], entry[3].path)):
        if share >= SHARE and document_id not in matches and copy.path not in taken:
            matches[document_id] = Match(copy, ALIGNED, share)
            taken.add(copy.path)
    return matches


def similarity(rows: Rows, record: Anchors, text: str) -> tuple[float, int]:
    """How much of a document a text has: the share of the article's anchors (of all where the article has none), and the number of all."""
    alignment = aligned(rows, record, text)
    article = [Span(row["start"], row["end"]) for row in rows["regions"] if row["kind"] == "main"]
    main = [index for index, anchor in enumerate(record.anchors) if any(Span(anchor.start, anchor.end) in region for region in article)]
    asked = main or range(len(record.anchors))
    found = sum(map(alignment.found, range(len(record.anchors))))
    return sum(map(alignment.found, asked)) / max(len(asked), 1), found


def aligned(rows: Rows, record: Anchors, text: str) -> Alignment:
    """The placing of a document in another text."""
    words = (Span(*word) for row in rows["tokens"] for word in zip(row["token_start"], row["token_end"], strict=True))
    return Alignment(record.anchors, Layout.of(list(words)), text)


# -- reading and writing ----------------------------------------------------------------------------


def _rows(corpus: Path, manifest: Manifest, name: str, columns: Sequence[str] | None = None) -> Iterator[Row]:
    for file in manifest.files:
        if file.config == name:
            yield from tables.read_rows(corpus / file.path, config(name), columns)


def _documents(corpus: Path, manifest: Manifest, names: Sequence[str]) -> Iterator[tuple[Rows, Anchors]]:
    """The rows of each document, of some configs, with its anchors; every file holds the documents in one order."""
    assert manifest.anchors is not None
    groups = {name: groupby(_rows(corpus, manifest, name), itemgetter("document_id")) for name in names}
    ahead = {name: next(of_config, None) for name, of_config in groups.items()}
    path = corpus / manifest.anchors.path
    with path.open("rb") as lines:
        for number, record in enumerate(map(_anchors, lines), 1):
            document = ahead["documents"]
            if record is None or document is None or document[0] != record.document_id:
                raise HydrationError(f"{path}:{number}: is not the line of the next document; get the folder anew")
            rows: Rows = {}
            for name, group in ahead.items():
                here = group is not None and group[0] == record.document_id
                rows[name] = list(group[1]) if group is not None and here else []
                ahead[name] = next(groups[name], None) if here else group
            yield rows, record
    if left := [group[0] for group in ahead.values() if group is not None]:
        raise HydrationError(f"{path}: has no line of {left[0]}; get the folder anew")


def _anchors(line: bytes) -> Anchors | None:
    try:
        return msgspec.json.decode(line, type=Anchors)
    except msgspec.DecodeError:
        return None


def _write(corpus: Path, manifest: Manifest, matches: Mapping[str, Match], folder: Path, progress: Progress) -> Report:
    report, values = Report(), Values()
    by_document = [of.name for of in configs() if of.key[0] == "document_id"]
    with CorpusWriter(folder) as writer:
        for rows, record in _documents(corpus, manifest, by_document):
            writer.add_document(_hydrated(rows, record, matches.get(record.document_id), report, values))
            progress(record.document_id)
        entities = [put_back(config("knowledge_base"), row, values) for row in _rows(corpus, manifest, "knowledge_base")]
        without = (row["entity"] for row in entities if None in row["aliases"])
        report.lost += [Remark(None, "knowledge_base", entity, "aliases", None, None, ON_NO_COPY) for entity in without]
        lost = {(item.document_id, item.id) for item in report.lost if item.config == "quotes" and item.column is None}
        clusters, gone, changed = restored_clusters(_rows(corpus, manifest, "quote_clusters"), lost)
        report.lost += gone
        report.changed += changed
        writer.add("knowledge_base", entities)
        writer.add("quote_clusters", clusters)
        writer.add("relations", list(_rows(corpus, manifest, "relations")))
    made = msgspec.structs.replace(manifest, form=report.form, pyarrow=tables.PYARROW, files=writer.files(), anchors=None)
    write_json(folder / "manifest.json", to_builtins(made))
    return report


def _hydrated(rows: Rows, record: Anchors, match: Match | None, report: Report, values: Values) -> Rows:
    """The rows of a document with the words of its copy, entered into report and values of other configs."""
    if match is None:
        report.documents.append(Outcome(record.document_id, MISSING, None, None, {}, {}))
        return rows
    data = read_bytes(match.copy.path)
    copy = _normalized(match.copy.path, data)
    if match.how == EXACT:
        done = restored(rows, record, copy.text, {}, Same())
    else:
        done = restored(rows, record, copy.text, _origin(copy, data), aligned(rows, record, copy.text))
    for key, value in done.values.items():
        values.setdefault(key, value)
    placed = {name: len(of_config) for name, of_config in done.rows.items()}
    lost = dict(Counter(item.config for item in done.lost if item.column is None))
    report.documents.append(Outcome(record.document_id, match.how, match.copy.name, match.share, placed, lost))
    report.lost += done.lost
    report.changed += done.changed
    return done.rows


def _origin(copy: Normalized, data: bytes) -> Row:
    """What the row of a document says of its page, where that is another one."""
    return {
        "text_sha256": copy.sha256,
        "seed_sha256": hashlib.sha256(data).hexdigest(),
        "seed_bytes": len(data),
        "normalizer": copy.version,
        "offset_map": [asdict(edit) for edit in copy.edits],
    }
