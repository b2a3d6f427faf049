"""Level 5: the built corpus against its manifest, its schema, its card and its croissant.json."""

from collections.abc import Iterator

from drumbeat import card, croissant, ledger, normalize, schema, segment, tables
from drumbeat.checks import files
from drumbeat.checks.finding import Finding, check
from drumbeat.checks.form import unreadable
from drumbeat.errors import BuildError, DrumbeatError, RecordError
from drumbeat.jsonl import Places, parse_json, read_json, read_text
from drumbeat.model import FULL, SILVER, Manifest, from_builtins
from drumbeat.repository import Repository, corpus_version, inputs, read_seeds

_MANIFEST = "corpus/manifest.json"


@check("D501", fix="run `drumbeat build`, for a silver corpus `drumbeat annotate` again")
def manifest_form(repository: Repository, message: str) -> Finding:
    """There is a manifest, it conforms to schema/records/manifest.json, and it lists every config."""
    return Finding("D501", message, _MANIFEST)


@check("D506", fix="run `drumbeat build`")
def corpus_fresh(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    """The corpus was built from the seeds, annotations and schema that are here, by the versions that are here."""
    try:
        now, version = inputs(repository, read_seeds(repository)), corpus_version(repository)
    except DrumbeatError as error:
        what = str(error).replace(f"{repository.root}/", "").partition("; ")[0]
        yield Finding("D506", f"what it was built from cannot be read: {what}", _MANIFEST)
        return
    changed = [name for name in ("seeds", "annotations", "schema") if getattr(now, name) != getattr(manifest.inputs, name)]
    for name in changed:
        yield Finding("D506", f"{name} changed since the corpus was built", _MANIFEST)
    versions = {"version": version, "form": FULL, "normalizer": normalize.VERSION, "segmenter": segment.VERSION, "pyarrow": tables.PYARROW}
    for name, here in versions.items():
        if getattr(manifest, name) != here:
            yield Finding("D506", f"built with {name} {getattr(manifest, name)}, this is {here}", _MANIFEST)


@check("D507", fix="run `drumbeat build`, for a silver corpus `drumbeat annotate` again, which rewrites the card's YAML")
def card_matches(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    """The YAML of README.md says what manifest and schema say: configs, features, rows, digests."""
    for difference in card.differences(repository, manifest):
        yield Finding("D507", difference, "README.md", 1)


@check("D508", fix="run `drumbeat build`, which writes croissant.json anew")
def croissant_matches(repository: Repository, manifest: Manifest, sources: croissant.Sources) -> Iterator[Finding]:
    """croissant.json is there, and says what manifest, schema, card, CITATION.cff and DATASHEET.md say."""
    path = repository.croissant
    if not path.is_file():
        yield Finding("D508", "there is no croissant.json, so machines find no description of the corpus", path.name)
        return
    try:
        text = read_text(path)
        found = parse_json(text, str(path))
    except RecordError as error:
        yield unreadable(repository, path, error)
        return
    if not isinstance(found, dict):
        yield Finding("D508", "is no JSON object", path.name, 1)
        return
    places, differences = Places(text), list(croissant.differences(found, croissant.metadata(sources, manifest)))
    for steps, what in differences:
        yield Finding("D508", f"{what}: is not what manifest, schema, card, citation and datasheet say", path.name, places.line(steps))
    if not differences and text != croissant.text(sources, manifest):
        yield Finding("D508", "is laid out otherwise than a build writes it", path.name, 1)


@check("D509", fix="mend the file by hand")
def sources_suffice(repository: Repository, error: DrumbeatError) -> Iterator[Finding]:
    """CITATION.cff and DATASHEET.md, where they are there, hold what croissant.json takes from them: title, authors, and an answer to
    each question behind a property of Croissant RAI.
    """
    path, _, message = str(error).removeprefix(f"{repository.root}/").partition(":")
    if path != repository.readme.name:  # D507 has said so
        yield Finding("D509", message.rpartition("; ")[0].strip() or message.strip(), path)


def _croissant(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    try:
        sources = croissant.read_sources(repository)
        croissant.metadata(sources, manifest)
    except (BuildError, RecordError) as error:
        yield from sources_suffice(repository, error)
    else:
        yield from croissant_matches(repository, manifest, sources)


@check("D511", fix="restore the file from git; a release writes it, nobody edits it")
def ledger_sound(repository: Repository) -> Iterator[Finding]:
    """releases.jsonl, where it is there, conforms to schema/records/release.json, and each version and form stands in it once."""
    path = repository.root / ledger.NAME
    if not path.is_file():
        return
    try:
        ledger.read_ledger(path)
    except RecordError as error:
        line, _, message = str(error).removeprefix(f"{path}:").partition(":")
        yield Finding("D511", message.rpartition("; ")[0].strip() or message.strip(), path.name, int(line) if line.isdigit() else 1)


def check_corpus(repository: Repository, jobs: int = 1, passed: files.Passed = lambda _: None) -> Iterator[Finding]:
    """Every finding of level 5; `jobs` processes look at the rows, of which `passed` is told how many more were."""
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
    if not repository.built_only:
        yield from corpus_fresh(repository, manifest)
    yield from card_matches(repository, manifest)
    yield from ledger_sound(repository)
    if manifest.form != SILVER:  # whose files are too many to be described one by one
        yield from _croissant(repository, manifest)
    yield from _unlisted(repository, manifest)
    yield from files.check_files(repository, manifest, jobs, passed)


def _unlisted(repository: Repository, manifest: Manifest) -> Iterator[Finding]:
    listed = {file.path for file in manifest.files}
    for path in sorted(repository.corpus.rglob("*.parquet")):
        relative = path.relative_to(repository.corpus).as_posix()
        if relative not in listed:
            yield Finding("D502", "not listed in the manifest", f"corpus/{relative}")
