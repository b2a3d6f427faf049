"""Level 5, the files that the manifest lists: their bytes, their columns, and their rows against schema and documents.

The rules are readable ones, a row at a time; which rows they have to look at, `drumbeat.checks.columns` finds at the speed of the data.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import chain, groupby
from pathlib import Path, PurePosixPath
from typing import Any

from drumbeat import schema, tables
from drumbeat.checks import columns
from drumbeat.checks.finding import Finding, check
from drumbeat.corpus import damage
from drumbeat.errors import CorpusError
from drumbeat.model import TEXT_FREE, WITH_WORDS, CorpusFile, Manifest, SideFile
from drumbeat.repository import Repository
from drumbeat.scale import in_order
from drumbeat.tables import Row
from drumbeat.words import columns_with_words

Passed = Callable[[int], None]
ByName = Callable[[str], Sequence[columns.Part]]


@check("D502", fix=f"{tables.ANEW}; built files are never edited")
def file_digest(repository: Repository, file: CorpusFile | SideFile) -> Iterator[Finding]:
    """Every file of the manifest is there with its size and SHA-256, and no other Parquet file is."""
    if what := damage(repository.corpus / file.path, file):
        yield Finding("D502", what, f"corpus/{file.path}")


@check("D503", fix=tables.ANEW)
def parquet_form(repository: Repository, file: CorpusFile) -> Iterator[Finding]:
    """A Parquet file can be read, and its columns and Hugging Face features are those of schema/corpus/."""
    try:
        found = tables.read_schema(repository.corpus / file.path)
    except CorpusError as error:
        yield Finding("D503", str(error).partition(": ")[2].rpartition("; ")[0], f"corpus/{file.path}")
        return
    for difference in tables.schema_differences(found, schema.config(file.config)):
        yield Finding("D503", difference, f"corpus/{file.path}")


@check("D504", fix=tables.ANEW)
def rows_conform(
    file: CorpusFile, rows: Iterable[tuple[int, Row]], documents: Iterator[Row] | None, withheld: bool = False, last: str = ""
) -> Iterator[Finding]:
    """Every row conforms to its schema and has a key of its own, and its spans cover the text they claim; the rows of all configs
    stand in the order of document_id, those of one document together.  Words of the pages may be null, but in the full form.
    """
    # Rows come with their numbers in the file, and may be some of it: all of a document's, after one whose id was `last`.  Documents are
    # read in step, so that one text is held at a time; null where they cannot be read.
    config = schema.config(file.config)
    path = f"corpus/{file.path}"
    document = next(documents or iter(()), None)
    for document_id, group in groupby(rows, lambda numbered: numbered[1].get("document_id") or ""):
        while documents is not None and document is not None and (document["document_id"] or "") < document_id:
            document = next(documents, None)
        here = document is not None and document["document_id"] == document_id
        text = document["text"] if document is not None and here else None
        number, _ = first = next(group)
        if document_id < last:
            yield Finding("D504", f"{document_id} comes after {last}: the rows are not in the order of document_id", path, row=number)
        elif document_id and documents is not None and not here:
            yield Finding("D504", f"no document {document_id!r}", path, row=number)
        last = document_id
        keys: set[tuple[Any, ...]] = set()
        for number, row in chain([first], group):
            for violation in schema.violations(f"corpus/{config.name}.json", row, withheld):
                yield Finding("D504", f"{'.'.join(map(str, violation.path))}: {violation.message}", path, row=number)
            key = tuple(row[name] for name in config.key)
            if key in keys:
                yield Finding("D504", f"key {', '.join(map(str, key))} stands twice", path, row=number)
            keys.add(key)
            if "text_sha256" in row and row["text"] is not None and hashlib.sha256(row["text"].encode()).hexdigest() != row["text_sha256"]:
                yield Finding("D504", "text_sha256 is not that of the text", path, row=number)
            for start, end in _strangers(row, text) if text is not None else ():
                yield Finding("D504", "the span's text is not the document's there", path, row=number, start=start, end=end)


def _strangers(row: Row, text: str) -> Iterator[tuple[int, int]]:
    """The spans of a row that the document does not have."""
    if "token_start" in row:
        columns = [row[name] or () for name in ("token_start", "token_end", "tokens")]
        spans = list(zip(*columns, strict=False))
        if len(set(map(len, columns))) > 1:
            yield row["start"], row["end"]
    else:
        found = [span for role in ("content", "cue", "source") for span in row.get(role) or () if span is not None]
        spans = [(span["start"], span["end"], span["text"]) for span in found]
    if "start" in row:
        spans.append((row["start"], row["end"], row["text"]))
    yield from ((start, end) for start, end, claimed in spans if text[start:end] != claimed)


@check("D505", fix=tables.ANEW)
def logical_digest(file: CorpusFile, rows: int, sha256: str) -> Iterator[Finding]:
    """The rows of a file are as many as the manifest says, and have its logical digest."""
    if rows != file.rows:
        yield Finding("D505", f"{rows} rows, not the {file.rows} of the manifest", f"corpus/{file.path}")
    elif sha256 != file.logical_sha256:
        yield Finding("D505", "its rows are not those of the manifest", f"corpus/{file.path}")


@check("D510", fix="build it anew with `drumbeat build --text-free`, and share it with nobody until then")
def no_words(file: CorpusFile, row: Row, number: int) -> Iterator[Finding]:
    """In the text-free form every column of the publishers' words is null."""
    for name in columns_with_words(schema.config(file.config), row):
        yield Finding("D510", f"{name} holds words of a page", f"corpus/{file.path}", row=number)


def check_files(repository: Repository, manifest: Manifest, jobs: int = 1, passed: Passed = lambda _: None) -> Iterator[Finding]:
    """Every finding about the files, in the order of the manifest, but for the documents, which come first."""
    if manifest.anchors is not None:
        yield from file_digest(repository, manifest.anchors)
    documents = _documents(repository, manifest)
    units = [_Unit.of(together, documents) for together in _units(manifest.files, jobs)]
    work = partial(_in_step, repository, manifest.form, passed=passed if jobs <= 1 else _unseen)
    found: dict[str, list[Finding]] = {}
    for unit, of_unit in zip(units, in_order(work, units, jobs), strict=True):
        found |= of_unit
        if jobs > 1:
            passed(sum(file.rows for file in unit.files))
    for file in sorted(manifest.files, key=lambda file: file.config != "documents"):
        yield from found[file.path]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Files of a split that are looked at together, and the documents by their name; null where those cannot be read."""

    files: Sequence[CorpusFile]
    documents: Sequence[columns.Part] | None

    @classmethod
    def of(cls, files: Sequence[CorpusFile], documents: Mapping[str, ByName]) -> "_Unit":
        """Files of one split and name with theirs of the documents of each split."""
        by_name = documents.get(files[0].split)
        return cls(files, by_name(_name(files[0])) if by_name is not None else None)


def _name(file: CorpusFile) -> str:
    return PurePosixPath(file.path).name


def _unseen(rows: int) -> None:
    """Another process has no bar to move on."""


def _units(files: Iterable[CorpusFile], jobs: int) -> list[list[CorpusFile]]:
    """Files that are looked at together, since they are likely to be of the same documents: those of the same split and name.

    Where there are fewer names than processes they are shared out, so that each has about as many bytes.
    """
    named: dict[tuple[str, str], list[CorpusFile]] = {}
    for file in files:
        named.setdefault((file.split, _name(file)), []).append(file)
    shares = -(-jobs // max(len(named), 1))
    units: list[list[CorpusFile]] = []
    for together in named.values():
        parts: list[list[CorpusFile]] = [[] for _ in range(min(shares, len(together)))]
        for file in sorted(together, key=lambda file: -file.bytes):
            min(parts, key=lambda part: sum(other.bytes for other in part)).append(file)
        units += parts
    return units


def _in_step(repository: Repository, form: str, unit: _Unit, passed: Passed) -> dict[str, list[Finding]]:
    """What is found about each file of a unit.  The one that is behind goes on, so that all share the texts that are held."""
    files = unit.files
    found: dict[str, list[Finding]] = {file.path: [] for file in files}
    readers = [file.path for file in files if columns.reads_documents(schema.config(file.config))]
    documents = columns.Documents(_near(repository, files, unit.documents), readers) if unit.documents is not None else None
    going = [_file(repository, file, documents, form, found[file.path]) for file in files]
    at, left = [("", index) for index in range(len(going))], [file.rows for file in files]
    while at:
        _, index = heappop(at)
        step = next(going[index], None)
        if step is not None:
            heappush(at, (step[0], index))
        elif documents is not None:
            documents.leave(files[index].path)
        rows = step[1] if step is not None else left[index]
        left[index] -= rows
        passed(rows)
    return found


def _near(repository: Repository, files: Sequence[CorpusFile], parts: Sequence[columns.Part]) -> Sequence[columns.Part]:
    """The documents that the rows of some files may be of."""
    found: list[Sequence[columns.Part]] = [[]]
    for file in files:
        if "document_id" in schema.config(file.config).key and not list(parquet_form(repository, file)):
            with suppress(CorpusError):  # whoever reads the file will say so
                found.append(columns.near(parts, repository.corpus / file.path))
    return max(found, key=len)


def _documents(repository: Repository, manifest: Manifest) -> dict[str, ByName]:
    """Where the documents of each split are, by the names of files; of a split none where one of its files cannot be read."""
    found: dict[str, list[columns.Part]] = {}
    broken = set()
    for file in manifest.files:
        if file.config != "documents":
            continue
        path = repository.corpus / file.path
        try:
            if not path.is_file() or any(parquet_form(repository, file)):
                broken.add(file.split)
            else:
                found.setdefault(file.split, []).extend(columns.parts(tables.row_groups(path)))
        except CorpusError:
            broken.add(file.split)
    return {split: columns.by_name(parts) for split, parts in found.items() if split not in broken}


def _file(
    repository: Repository, file: CorpusFile, documents: columns.Documents | None, form: str, found: list[Finding]
) -> Iterator[tuple[str, int]]:
    """Add what is found about a file, and say now and then which document_id was reached, and how many rows were passed since.

    `documents` are those that its rows may be of, null where they cannot be read.
    """
    found += file_digest(repository, file)
    path, config = repository.corpus / file.path, schema.config(file.config)
    if not path.is_file():
        return
    intact = not found
    found += (of_form := list(parquet_form(repository, file)))
    if of_form:
        return
    try:
        of_rows: list[Finding] = []
        groups = tables.row_groups(path)
        try:
            suspects = columns.suspects(config, groups, documents, file.path, form not in WITH_WORDS, form == TEXT_FREE)
            yield from _rows(file, suspects, form, of_rows)
        except CorpusError:  # all that can be read until there, then
            of_rows.clear()
            yield from _rows(file, columns.everything(config, groups, documents), form, of_rows)
        finally:
            found += of_rows
        found += logical_digest(file, *_count(path, config, intact))
    except CorpusError as error:
        found.append(Finding("D503", str(error).partition(": ")[2].rpartition("; ")[0], f"corpus/{file.path}"))


def _rows(file: CorpusFile, suspects: Iterable[columns.Suspects], form: str, found: list[Finding]) -> Iterator[tuple[str, int]]:
    """Add what is found about rows: whether they conform, and whether they hold words that they must not."""
    leaks: list[Finding] = []

    def passing(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        for number, row in rows:
            leaks.extend(no_words(file, row, number) if form == TEXT_FREE else ())
            yield number, row

    for each in suspects:
        found.extend(rows_conform(file, passing(each.rows), each.documents, form not in WITH_WORDS, each.last))
        yield each.last, each.of
    found += leaks


def _count(path: Path, config: schema.Config, intact: bool) -> tuple[int, str]:
    """How many rows there are, and their digest: the one that their writer noted, where the file is as it was written."""
    rows, noted = tables.read_count(path)
    if intact and noted is not None:
        return rows, noted
    digest = tables.LogicalDigest()
    for row in tables.read_rows(path, config):
        digest.add([row])
    return digest.rows, digest.sha256
