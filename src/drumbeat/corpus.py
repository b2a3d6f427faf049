"""A built corpus of any version, as its own manifest and files describe it.

`repository` reads strictly what this version writes; here other versions are read: what is unknown in a manifest is passed over, columns
and labels are those of each file's metadata.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import msgspec

from drumbeat import tables
from drumbeat.errors import CorpusError, RecordError, VersionError
from drumbeat.jsonl import read_json
from drumbeat.model import CorpusFile, SideFile, from_builtins
from drumbeat.schema import Column
from drumbeat.tables import Row
from drumbeat.versions import Version

_FIELDS = CorpusFile.__struct_fields__


@dataclass(frozen=True)
class Table:
    """A config of a corpus; `files` stand in the order that their rows are read in, those of a split together."""

    name: str
    folder: Path
    files: tuple[CorpusFile, ...]

    @property
    def rows(self) -> int:
        """How many there are, by the manifest."""
        return sum(file.rows for file in self.files)

    @property
    def splits(self) -> tuple[str, ...]:
        """Their names, in the order of the manifest."""
        return tuple(dict.fromkeys(file.split for file in self.files))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What its files say they hold.  Raises CorpusError where two of them do not say the same."""
        found = [tables.read_config(self.folder / file.path, self.name).columns for file in self.files]
        for file, columns in zip(self.files, found, strict=True):
            if columns != found[0]:
                raise CorpusError(f"{self.folder / file.path}: has other columns or labels than {self.files[0].path}; build it anew")
        return found[0]

    def read(self, split: str, only: tuple[str, ...] | None = None) -> Iterator[Row]:
        """The rows of a split, all columns or some, in the words of the schema.  Raises CorpusError."""
        for file in self.files:
            if file.split == split:
                yield from self.read_file(file, only)

    def read_file(self, file: CorpusFile, only: tuple[str, ...] | None = None) -> Iterator[Row]:
        """The rows of one of the files, likewise.  Raises CorpusError."""
        path = self.folder / file.path
        yield from tables.read_rows(path, tables.read_config(path, self.name), only)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a manifest lists, and where: `folder` holds the files, `tables` are the configs by name, the default one first.

    `schema` is the digest of the schema files it was built with, null where the manifest does not say.
    """

    manifest: Path
    version: Version
    schema: str | None
    tables: Mapping[str, Table]
    side_files: tuple[SideFile, ...] = ()

    @property
    def folder(self) -> Path:
        """What the manifest's paths are relative to."""
        return self.manifest.parent

    @property
    def files(self) -> Iterator[CorpusFile]:
        """Every file that is listed."""
        return (file for table in self.tables.values() for file in table.files)

    @property
    def bare(self) -> bool:
        """Whether none of its files is there: a manifest alone."""
        return any(self.files) and not any((self.folder / file.path).exists() for file in self.files)

    def part(self, name: str) -> "Corpus":
        """The files of this name alone: a silver corpus has one of each config for each part of a shard."""
        named = {config: [file for file in table.files if PurePosixPath(file.path).name == name] for config, table in self.tables.items()}
        return replace(self, tables={config: _table(config, self.folder, files) for config, files in named.items() if files})

    def damages(self) -> Iterator[tuple[CorpusFile | SideFile, str]]:
        """Every file that is not as the manifest says, and what is wrong with it."""
        files: list[CorpusFile | SideFile] = [*self.files, *self.side_files]
        for file in files:
            if what := damage(self.folder / file.path, file):
                yield file, f"{self.folder / file.path}: {what}"


def damage(path: Path, file: CorpusFile | SideFile) -> str | None:
    """What is wrong with a file that a manifest lists; None where it has its size and SHA-256."""
    if not path.is_file():
        return "listed in the manifest, but missing"
    found = side_file(path)
    return None if (found.bytes, found.sha256) == (file.bytes, file.sha256) else "its bytes are not those of the manifest"


def side_file(path: Path) -> SideFile:
    """A file as a manifest lists it, with its size and SHA-256."""
    with path.open("rb") as file:
        return SideFile(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def read_corpus(path: Path) -> Corpus:
    """The corpus of a checkout, of a folder `corpus/`, or of a manifest, whose files may be missing.

    Raises CorpusError where there is none, or its manifest is no JSON or has another shape.
    """
    manifest = _manifest(path)
    try:
        value = read_json(manifest)
    except RecordError as error:
        raise CorpusError(f"{str(error).partition('; ')[0]}; give the manifest.json that `drumbeat build` wrote") from None
    try:
        files = [from_builtins({name: entry[name] for name in _FIELDS}, CorpusFile) for entry in value["files"]]
        version = Version.parse(value["version"])
        schema = value.get("inputs", {}).get("schema")
        anchors = value.get("anchors")
        side_files = (from_builtins(anchors, SideFile),) if anchors else ()
    except (KeyError, TypeError, AttributeError, msgspec.ValidationError, VersionError) as error:
        named = isinstance(error, msgspec.ValidationError | VersionError)
        what = f"no {error}" if isinstance(error, KeyError) else str(error) if named else "its fields are of other types"
        raise CorpusError(f"{manifest}: is no manifest of a corpus: {what}; give the manifest.json that `drumbeat build` wrote") from None
    for listed in (*(file.path for file in files), *(file.path for file in side_files)):
        if PurePosixPath(listed).is_absolute() or ".." in PurePosixPath(listed).parts:
            raise CorpusError(f"{manifest}: lists {listed}, which leads out of its folder; restore it from git")
    names = dict.fromkeys(file.config for file in files)
    by_name = {name: _table(name, manifest.parent, [file for file in files if file.config == name]) for name in names}
    return Corpus(manifest, version, schema if isinstance(schema, str) else None, MappingProxyType(by_name), side_files)


def _manifest(path: Path) -> Path:
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder; give a checkout, its corpus/ or a manifest.json")
    if not path.is_dir():
        return path
    for manifest in (path / "corpus" / "manifest.json", path / "manifest.json"):
        if manifest.is_file():
            return manifest
    raise CorpusError(f"{path}: no corpus here: corpus/manifest.json is missing; run `drumbeat build`, or give a checkout that has one")


def _table(name: str, folder: Path, files: list[Any]) -> Table:
    splits = list(dict.fromkeys(file.split for file in files))
    return Table(name, folder, tuple(sorted(files, key=lambda file: (splits.index(file.split), file.path))))
