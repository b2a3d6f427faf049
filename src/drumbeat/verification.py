"""Which released version data is, by its content.

`datasets` ignores the revision that is asked for when it is offline, and returns what is in its cache (huggingface/datasets#7928).  What
data says of its own version is therefore only repeated; what it is, its rows say.  `datasets` itself is not imported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumbeat import schema, tables
from drumbeat.corpus import read_corpus
from drumbeat.errors import CorpusError, VerificationError
from drumbeat.ledger import NAME, measured, names, read_ledger, shipped
from drumbeat.model import Release, ReleasedSplit
from drumbeat.schema import Column

_UNSAID = "0.0.0"  # what `datasets` gives data that has no version


@dataclass(frozen=True, slots=True)
class Found:
    """A split as it was found.

    `configs` are those that it may be of: the one it says, else those with its columns; none where it is no config of this corpus.
    """

    configs: tuple[str, ...]
    split: str | None
    rows: int
    logical_sha256: str
    features_sha256: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(filter(None, (" or ".join(self.configs) or "unknown config", self.split)))

    def is_same(self, released: ReleasedSplit) -> bool:
        """Whether these are the rows, columns and label ids of a released split."""
        mine = self.logical_sha256, self.features_sha256
        return released.config in self.configs and mine == (released.logical_sha256, released.features_sha256)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was verified, and the releases that it is.

    `says` is the version that the data calls itself.  `releases` are those in which every split that was found stands, newest first: a
    config may be the same in several.  Where there is none, `nearest` is the release that it calls itself, else the one that has most of
    what was found, and `differences` say what it has instead.  `damages` are files that are not what their manifest says.
    """

    name: str
    says: str | None
    found: tuple[Found, ...]
    releases: tuple[Release, ...]
    nearest: Release | None
    differences: tuple[str, ...]
    damages: tuple[str, ...]

    @property
    def released(self) -> bool:
        """Whether it is a released version, undamaged."""
        return bool(self.releases) and not self.damages

    @property
    def versions(self) -> tuple[str, ...]:
        """The numbers of the releases that it is, newest first."""
        return tuple(dict.fromkeys(release.version for release in self.releases))

    def __str__(self) -> str:
        lines = [f"{self.name}: {self._verdict()}", *self.damages]
        if not self.releases:
            lines.append(f"nearest is {names([self.nearest])}" if self.nearest else "no version has been released yet")
            lines += self.differences
        return "\n  ".join(lines)

    def _verdict(self) -> str:
        if self.releases:
            verdict = f"{'damaged, though its rows are those of ' if self.damages else ''}{names(self.releases)}"
            return verdict if self.says in (None, *self.versions) else f"{verdict}, though it calls itself {self.says}"
        if self.nearest and self.nearest.version == self.says:
            return f"not {self.says}, though it calls itself so"
        return f"{self.says}, unreleased" if self.says else "no released version"


def verify(data: Any, ledger: Sequence[Release] | None = None) -> Verification:
    """Tell which released version data is: a `Dataset`, an `IterableDataset`, a dictionary of these, or the path of a corpus.

    A path is a checkout, a folder of `snapshot_download` or a folder `corpus/`; its files are held to its manifest as well, and it is only
    a release if nothing of that is missing.  The ledger is the package's, for a path beside whose corpus a releases.jsonl stands, that.
    An `IterableDataset` is read to its end.

    Raises VerificationError where it is none of these or its features are unknown, CorpusError and RecordError where a path has no
    corpus that can be read.
    """
    if isinstance(data, str | Path):
        return _verify_path(Path(data), ledger)
    releases = shipped() if ledger is None else tuple(ledger)
    known = {config.name for config in schema.configs()} | {split.config for release in releases for split in release.splits}
    named = list(_datasets(data))
    if not named:
        raise VerificationError("there is no data set in the dictionary; give one of `load_dataset`, or the path of a corpus")
    found = tuple(_measured(name, dataset, known) for name, dataset in named)
    versions = {str(version) for _, dataset in named if (version := getattr(dataset, "version", None))} - {_UNSAID}
    says = versions.pop() if len(versions) == 1 else None
    return _judged(", ".join(dict.fromkeys(map(str, found))), says, found, releases, whole=False)


def _verify_path(path: Path, ledger: Sequence[Release] | None) -> Verification:
    corpus = read_corpus(path)
    if corpus.bare:
        raise CorpusError(f"{corpus.manifest}: none of its files is here, so there is nothing to verify; give the folder that has them")
    own = corpus.folder.parent / NAME
    releases = ledger if ledger is not None else read_ledger(own) if own.is_file() else shipped()
    damages = dict(corpus.damages())
    found = []
    for table in corpus.tables.values():
        try:
            found += [_found((table.name,), split, *measured(table.read(split)), table.columns) for split in table.splits]
        except CorpusError:
            if not damages.keys() & set(table.files):
                raise
    return _judged(str(path), str(corpus.version), tuple(found), releases, tuple(damages.values()), whole=True)


def _datasets(data: Any, name: str | None = None) -> Iterator[tuple[str | None, Any]]:
    """Every data set in nested dictionaries, with its name there."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _datasets(value, str(key))
    elif not hasattr(data, "features") or not hasattr(data, "__iter__"):
        raise VerificationError(f"cannot verify a {type(data).__name__}; give a data set of `load_dataset`, or the path of a corpus")
    elif not data.features:
        raise VerificationError("the features of the data set are unknown, so its labels are numbers; verify it as it was loaded")
    else:
        yield name, data


def _measured(name: str | None, dataset: Any, known: set[str]) -> Found:
    plain = dataset.with_format(None) if hasattr(dataset, "with_format") else dataset  # rows as Python has them, no tensors
    features = dataset.features
    columns = tables.columns_of(features.to_dict() if hasattr(features, "to_dict") else features)
    config = next((given for given in (getattr(dataset, "config_name", None), name) if given in known), None)
    split = getattr(dataset, "split", None) or (name if name != config else None)
    of_columns = {column.name for column in columns}
    alike = tuple(config.name for config in schema.configs() if {column.name for column in config.columns} == of_columns)
    rows, logical = measured(map(tables.in_words(columns), plain))
    return _found((config,) if config else alike, split and str(split), rows, logical, columns)


def _found(configs: tuple[str, ...], split: str | None, rows: int, logical: str, columns: Sequence[Column]) -> Found:
    return Found(configs, split, rows, logical, tables.features_sha256(columns), tuple(column.name for column in columns))


def _judged(
    name: str, says: str | None, found: tuple[Found, ...], ledger: Sequence[Release], damages: tuple[str, ...] = (), *, whole: bool
) -> Verification:
    missing = {release: _differences(found, release, whole) for release in ledger}
    releases = tuple(release for release, differences in missing.items() if not differences)
    nearest = min(ledger, key=lambda release: (release.version != says, len(missing[release])), default=None)
    differences = missing[nearest] if nearest and not releases else ()
    return Verification(name, says, found, releases, nearest, tuple(differences), damages)


def _differences(found: Sequence[Found], release: Release, whole: bool) -> list[str]:
    """What a release has instead of what was found, in words; empty where it has all of it."""
    words = [_difference(one, release) for one in found if not any(map(one.is_same, release.splits))]
    if whole:
        here = {(config, one.split) for one in found for config in one.configs}
        words += [f"{s.config} {s.split}: missing, {release.version} has it" for s in release.splits if (s.config, s.split) not in here]
    return words


def _difference(found: Found, release: Release) -> str:
    name = (found.split or "").partition("[")[0]
    there = [split for split in release.splits if split.config in found.configs]
    there = [split for split in there if split.split == name] or there
    if not there:
        return f"{found}: {release.version} has no {'such config' if found.configs else 'config with its columns'}"
    one = min(there, key=lambda split: abs(split.rows - found.rows))
    if found.rows < one.rows:
        return f"{found}: {found.rows} of the {one.rows} rows of {release.version}: not the whole split"
    if found.rows > one.rows:
        return f"{found}: {found.rows} rows, {release.version} has {one.rows}"
    if found.logical_sha256 == one.logical_sha256:
        return f"{found}: the rows of {release.version}, but other types or label ids"
    expected = {column.name for config in schema.configs() if config.name == one.config for column in config.columns}
    if gone := sorted(expected - set(found.columns)):
        return f"{found}: without the columns {', '.join(gone)}"
    return f"{found}: as many rows as in {release.version}, with other values or in another order"
