"""Comparing two versions of the corpus: as little is read as tells them apart."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from drumbeat import schema
from drumbeat.corpus import Corpus, Table, read_corpus
from drumbeat.diff import words
from drumbeat.diff.form import column_changes, common
from drumbeat.diff.records import Difference, FormChange, RowChange, TableDifference
from drumbeat.diff.rows import Pair, unequal
from drumbeat.errors import CorpusError
from drumbeat.schema import Column
from drumbeat.versions import Bump

LIMIT = 200  # changed rows of a config that are listed; what is held does not grow with the corpus


def diff(old: Path, new: Path, limit: int = LIMIT) -> Difference:
    """What distinguishes two versions, each a checkout, a folder `corpus/` or a manifest.

    Every changed row is counted, the first `limit` of each config are listed. Where a manifest stands without its files only the digests
    are compared, and what they cannot tell is held to be major.

    Raises CorpusError where one of them cannot be read or a file is not what its manifest says, RecordError.
    """
    before, after = read_corpus(old), read_corpus(new)
    bare = [f"{corpus.manifest}: its files are not here" for corpus in (before, after) if corpus.bare]
    for corpus in (before, after):
        for _, damage in () if corpus.bare else corpus.damages():
            raise CorpusError(f"{damage}; restore it from git or run `drumbeat build`")
    names = [*after.tables, *(name for name in before.tables if name not in after.tables)]
    found = (_table(before, after, name, None if bare else limit) for name in names)
    notes = (f"{', '.join(bare)}: only what digests tell is known, and what they cannot tell counts as major",) if bare else ()
    return Difference(before.version, after.version, tuple(_config_changes(before, after)), tuple(filter(None, found)), notes)


def _config_changes(before: Corpus, after: Corpus) -> Iterator[FormChange]:
    old, new = list(before.tables), list(after.tables)
    if old[:1] != new[:1]:
        yield FormChange("default config", f"{', '.join(old[:1])} -> {', '.join(new[:1])}", Bump.major)
    kept, now = [name for name in old if name in new], [name for name in new if name in old]
    if kept != now:
        yield FormChange("configs reordered", f"{', '.join(kept)} -> {', '.join(now)}", Bump.patch)


def _table(before: Corpus, after: Corpus, name: str, limit: int | None) -> TableDifference | None:
    """What changed in a config; by the digests alone where there is no limit."""
    old, new = before.tables.get(name), after.tables.get(name)
    if old is None or new is None:
        change = FormChange("config added", "", Bump.minor) if old is None else FormChange("config removed", "", Bump.major)
        return TableDifference(name, old.rows if old else None, new.rows if new else None, (change,))
    if _digests(old, "sha256") == _digests(new, "sha256"):
        return None
    splits = tuple(_split_changes(old, new))
    if limit is None:
        same_schema = before.schema is not None and before.schema == after.schema
        return TableDifference(name, old.rows, new.rows, (*splits, _by_digest(old, new, same_schema)))
    return _compared(old, new, splits, limit)


def _digests(table: Table, kind: str) -> list[tuple[str, str]]:
    return [(file.split, getattr(file, kind)) for file in table.files]


_ANEW = FormChange("bytes differ", "the same rows, serialised anew", Bump.patch)


def _split_changes(old: Table, new: Table) -> Iterator[FormChange]:
    yield from (FormChange("split removed", split, Bump.major) for split in old.splits if split not in new.splits)
    yield from (FormChange("split added", split, Bump.minor) for split in new.splits if split not in old.splits)


def _by_digest(old: Table, new: Table, same_schema: bool) -> FormChange:
    if _digests(old, "logical_sha256") != _digests(new, "logical_sha256"):
        return FormChange("rows differ", "only the files tell which", Bump.major)
    if same_schema:
        return _ANEW
    return FormChange("bytes differ", "the same rows, built by another schema: only the files tell whether label ids changed", Bump.major)


def _compared(old: Table, new: Table, splits: tuple[FormChange, ...], limit: int) -> TableDifference:
    form = (*splits, *column_changes(old.columns, new.columns))
    if _digests(old, "logical_sha256") == _digests(new, "logical_sha256"):
        return TableDifference(old.name, old.rows, new.rows, form or (_ANEW,))
    key = _key(old.name, old.columns, new.columns)
    if key is None:
        unmatched = FormChange("rows not matched", "the columns that identify a row are not the same in both", Bump.major)
        return TableDifference(old.name, old.rows, new.rows, (*form, unmatched), old.rows + new.rows, new.rows, old.rows)
    counts, listed = Counter[str](), list[RowChange]()
    for pair in unequal(old, new, key):
        change = _row(pair, key)
        counts.update(("differing", *change.kinds))
        if len(listed) < limit:
            listed.append(change)
    if not counts and not form:
        form = (FormChange("order differs", "the same rows, in another order or other files", Bump.patch),)
    return TableDifference(old.name, old.rows, new.rows, form, **counts, rows=tuple(listed))


def _key(name: str, old: Sequence[Column], new: Sequence[Column]) -> tuple[str, ...] | None:
    """The columns that identify a row in both versions: the schema's.

    For a config that it does not know, the document and the column after it, or the first column. None where a version lacks them.
    """
    kinds = {column.name: column.kind for column in new}
    shared = [column.name for column in common(old, new) if column.kind == kinds[column.name]]
    known = {config.name: config.key for config in schema.configs()}
    key = known.get(name) or tuple(shared[: 2 if shared[:1] == ["document_id"] else 1])
    return key if key and set(key) <= set(shared) else None


def _row(pair: Pair, key: Sequence[str]) -> RowChange:
    identity = dict(zip(key, pair.key, strict=True))
    if pair.old is None or pair.new is None:
        there = pair.old or pair.new
        said = words.gist(there.row, key) if there else ()
        return RowChange(identity, pair.old and pair.old.split, pair.new and pair.new.split, {}, {}, said)
    before, after = pair.old.row, pair.new.row
    changed = [name for name in before if before[name] != after[name]]
    old, new = ({name: row[name] for name in changed} for row in (before, after))
    return RowChange(identity, pair.old.split, pair.new.split, old, new, words.change(before, after))
