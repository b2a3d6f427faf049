"""The ledger of released versions: releases.jsonl at the root of a repository, one line a version and form.

The package carries its own, so that data can be recognised offline.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from drumbeat import schema, tables
from drumbeat.corpus import Corpus, Table
from drumbeat.errors import RecordError
from drumbeat.jsonl import read_jsonl
from drumbeat.model import Release, ReleasedSplit, from_builtins
from drumbeat.tables import Row
from drumbeat.versions import Version

NAME = "releases.jsonl"
_SCHEMA = "records/release.json"


def shipped() -> tuple[Release, ...]:
    """What was released by the time this package was made: from inside the installed package, or beside `src/` in a checkout."""
    package = Path(__file__).parent
    inside = package / f"_{NAME}"
    return read_ledger(inside if inside.is_file() else package.parents[1] / NAME)


def read_ledger(path: Path) -> tuple[Release, ...]:
    """Every release, the newest first, the full form before the text-free one.

    Raises RecordError where a line does not conform to schema/records/release.json or a release stands twice.
    """
    forms = schema.load(_SCHEMA)["properties"]["form"]["enum"]
    lines: dict[tuple[Version, str], Release] = {}
    for number, value in read_jsonl(path):
        for violation in schema.violations(_SCHEMA, value):
            where = ": ".join(filter(None, (f"{path}:{number}", ".".join(map(str, violation.path)))))
            raise RecordError(f"{where}: {violation.message}; restore the file from git")
        release: Release = from_builtins(value, Release)
        if lines.setdefault((Version.parse(release.version), release.form), release) is not release:
            raise RecordError(f"{path}:{number}: {release.version} ({release.form}) stands twice; restore the file from git")
    return tuple(lines[key] for key in sorted(lines, key=lambda key: (key[0], -forms.index(key[1])), reverse=True))


def ledger_line(corpus: Corpus, form: str, date: str) -> Release:
    """What the ledger is to say of a built corpus that is released on a date, in ISO form.  Raises CorpusError."""
    splits = (_released(table, split) for table in corpus.tables.values() for split in table.splits)
    return Release(str(corpus.version), form, date, tuple(splits))


def _released(table: Table, split: str) -> ReleasedSplit:
    rows, logical = measured(table.read(split))
    return ReleasedSplit(table.name, split, rows, logical, tables.features_sha256(table.columns))


def measured(rows: Iterable[Row]) -> tuple[int, str]:
    """The number and the logical digest of rows in the words of the schema."""
    digest = tables.LogicalDigest()
    for row in rows:
        digest.add([row])
    return digest.rows, digest.sha256


def names(releases: Sequence[Release]) -> str:
    """Releases as messages name them."""
    return ", ".join(f"{release.version} ({release.form})" for release in releases)
