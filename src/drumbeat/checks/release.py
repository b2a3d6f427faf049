"""Level 5: the built corpus against its manifest, its schema and its card."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from drumbeat import card, schema, tables
from drumbeat.checks.finding import Finding, check
from drumbeat.checks.form import unreadable
from drumbeat.errors import CorpusError, RecordError
from drumbeat.jsonl import read_json
from drumbeat.model import CorpusFile, Manifest, from_builtins
from drumbeat.repository import Repository, inputs

_MANIFEST = "corpus/manifest.json"


@check("D501", fix="run `drumbeat build`")
def manifest_form(repository: Repository, message: str) -> Finding:
    """There is a manifest, it conforms to schema/records/manifest.json, and it lists every config."""
    return Finding("D501", message, _MANIFEST)


@check("D502", fix="run `drumbeat build`; built files are never edited")
def file_digest(repository: Repository, file: CorpusFile) -> Iterator[Finding]:
    """Every file of the manifest is there with its size and SHA-256, and no other Parquet file is."""
    path = repository.corpus / file.path
    if not path.is_file():
        yield Finding("D502", "listed in the manifest, but missing", f"corpus/{file.path}")
    elif path.stat().st_size != file.bytes or hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
        yield Finding("D502", "its bytes are not those of the manifest", f"corpus/{file.path}")


@check("D503", fix="run `drumbeat build`")
def parquet_form(repository: Repository, file: CorpusFile) -> Iterator[Finding]:
    """A Parquet file can be read, and its columns and Hugging Face features are those of schema/corpus/."""
    try:
        found = tables.read_schema(repository.corpus / file.path)
    except CorpusError as error:
        yield Finding("D503", str(error).partition(": ")[2].rpartition("; ")[0], f"corpus/{file.path}")
        return
    for difference in tables.schema_differences(found, schema.config(file.config)):
        yield Finding("D503", difference, f"corpus/{file.path}")


@check("D504", fix="run `drumbeat build`")
def rows_conform(repository: Repository, file: CorpusFile, texts: dict[str, str] | None) -> Iterator[Finding]:
    """Every row conforms to its schema, has a key of its own, and its spans cover the text they claim."""
    config = schema.config(file.config)
    keys: Counter[tuple[Any, ...]] = Counter()
    path = f"corpus/{file.path}"
    for number, row in enumerate(tables.read_rows(repository.corpus / file.path, config)):
        for violation in schema.violations(f"corpus/{config.name}.json", row):
            yield Finding("D504", f"{'.'.join(map(str, violation.path))}: {violation.message}", path, row=number)
        key = tuple(row.get(name) for name in config.key)
        keys[key] += 1
        if keys[key] > 1:
            yield Finding("D504", f"key {key} stands twice", path, row=number)
        if config.name == "documents" or texts is None:
            continue
        text = texts.get(row.get("document_id", ""))
        if "document_id" in row and text is None:
            yield Finding("D504", f"no document {row['document_id']!r}", path, row=number)
        elif text is not None:
            for span in _row_spans(row):
                if text[span["start"] : span["end"]] != span["text"]:
                    yield Finding(
                        "D504", "the span's text is not the document's there", path, row=number, start=span["start"], end=span["end"]
                    )


@check("D505", fix="run `drumbeat build`")
def logical_digest(repository: Repository, file: CorpusFile) -> Iterator[Finding]:
    """The rows of a file are as many as the manifest says, and have its logical digest."""
    total, rows = hashlib.sha256(), 0
    for row in tables.read_rows(repository.corpus / file.path, schema.config(file.config)):
        total.update(tables.canonical_rows([row]))
        rows += 1
    if rows != file.rows or total.hexdigest() != file.logical_sha256:
        yield Finding("D505", f"{rows} rows, not the {file.rows} of the manifest, or other ones", f"corpus/{file.path}")


@check("D506", fix="run `drumbeat build`")
def corpus_fresh(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    """The corpus was built from the seeds, annotations and schema that are here."""
    now = inputs(repository)
    for name in ("seeds", "annotations", "schema"):
        if getattr(now, name) != getattr(manifest.inputs, name):
            yield Finding("D506", f"{name} changed since the corpus was built", _MANIFEST)


@check("D507", fix="run `drumbeat build`, which rewrites the card's YAML")
def card_matches(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    """The YAML of README.md says what manifest and schema say: configs, features, rows, digests."""
    for difference in card.differences(repository, manifest):
        yield Finding("D507", difference, "README.md", 1)


def check_corpus(repository: Repository) -> Iterator[Finding]:
    """Every finding of level 5."""
    try:
        value = read_json(repository.manifest)
    except RecordError as error:
        if repository.manifest.is_file():
            yield unreadable(repository, repository.manifest, error)
        else:
            yield manifest_form(repository, "there is no manifest")
        return
    found = [": ".join(filter(None, [".".join(map(str, v.path)), v.message])) for v in schema.violations("records/manifest.json", value)]
    listed = {entry.get("config") for entry in value.get("files", [])} if not found else set()
    found += [f"config {config.name} is not listed" for config in schema.configs() if not found and config.name not in listed]
    known = {config.name for config in schema.configs()}
    found += [f"config {name} is not in the schema" for name in sorted(listed - known)]
    yield from (manifest_form(repository, message) for message in found)
    if found:
        return
    manifest = from_builtins(value, Manifest)
    yield from corpus_fresh(repository, manifest)
    yield from card_matches(repository, manifest)
    yield from _unlisted(repository, manifest)
    yield from _files(repository, manifest)


def _files(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    texts: dict[str, str] | None = None  # unknown until the documents could be read
    for file in sorted(manifest.files, key=lambda file: file.config != "documents"):
        found = [*file_digest(repository, file)]
        if (repository.corpus / file.path).is_file():
            found += parquet_form(repository, file)
            if not any(finding.code == "D503" for finding in found):
                try:
                    if file.config == "documents":
                        rows = tables.read_rows(repository.corpus / file.path, schema.config("documents"))
                        texts = {row["document_id"]: row["text"] for row in rows}
                    found += [*logical_digest(repository, file), *rows_conform(repository, file, texts)]
                except CorpusError as error:
                    found.append(Finding("D503", str(error), f"corpus/{file.path}"))
        yield from found


def _unlisted(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    listed = {file.path for file in manifest.files}
    for path in sorted(repository.corpus.rglob("*.parquet")):
        relative = path.relative_to(repository.corpus).as_posix()
        if relative not in listed:
            yield Finding("D502", "not listed in the manifest", f"corpus/{relative}")


def _row_spans(row: dict[str, Any]) -> list[dict[str, Any]]:
    own = [row] if "start" in row and "text" in row else []
    return own + [span for role in ("content", "cue", "source") for span in row.get(role) or []]
