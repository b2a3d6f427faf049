"""What a user names, on this machine or anywhere that fsspec reaches -> the files that are read; the only module that knows fsspec."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import fsspec

from drumbeat.errors import IngestError
from drumbeat.ingest.sources import SUFFIXES, form_by_content, form_by_suffix

_WILD = "*?["
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """A file of pages.

    `url` is how it is opened, `name` what rows call it (no path of this machine), `form` one of `FORMATS`.  `digest` tells it from every
    other: SHA-256 of its bytes where it is on this machine, else of what its store says of it (address, size, ETag and the like).
    """

    url: str
    name: str
    form: str
    size: int
    digest: str


def find_inputs(names: Sequence[str], form: str | None = None, leave_out: Path | None = None) -> list[Input]:
    """The files that are named by path, glob or URL, and those below folders that are named, in the order of their names.

    Below a folder files count by their suffix, or all where a `form` is given; hidden ones do not, nor for a glob.  No file does of the
    folder `leave_out`.

    Raises IngestError where there is nothing to read, a place cannot be reached, or two files would be called alike.
    """
    found: dict[str, Input] = {}
    for name in names:
        for item in _inputs(name, form, leave_out):
            found.setdefault(item.url, item)
    inputs = sorted(found.values(), key=lambda item: item.name)
    for one, other in pairwise(inputs):
        if one.name == other.name:
            raise IngestError(f"{one.url} and {other.url} would both be called {one.name}; name a folder that holds both")
    return inputs


@contextmanager
def opened(url: str) -> Iterator[BinaryIO]:
    """A file to read, from which it can be sought.  Raises OSError."""
    system, path = fsspec.core.url_to_fs(url)
    with system.open(path, "rb") as file, io.BufferedReader(cast(Any, file), _BUFFER) as buffered:
        yield cast(BinaryIO, buffered)


def _inputs(name: str, form: str | None, leave_out: Path | None) -> list[Input]:
    if not name:
        raise IngestError("an input has no name; give files, folders, globs or URLs")
    if "::" in name:
        raise IngestError(f"{name}: a file inside another, as :: names one, is not read; unpack it")
    try:
        system, path = fsspec.core.url_to_fs(str(Path(name).absolute()) if Path(name).exists() else name)
        base, files = _files(system, path, form)
    except IngestError:
        raise
    except FileNotFoundError:
        raise IngestError(f"{name}: no such file or folder") from None
    except OSError as error:
        raise IngestError(f"{name}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a library that is missing, an unknown protocol, and each store raises what it likes
        raise IngestError(f"{name}: cannot be reached: {error}") from None
    if _is_local(system):
        files = [file for file in files if _is_readable(Path(file), leave_out)]
    if not files:
        raise IngestError(
            f"{name}: no file to read; files count by their suffix: {' '.join(SUFFIXES)}, and .gz; --format reads all of them as one format"
        )
    return [_input(system, file, str(PurePosixPath(file).relative_to(base)), form) for file in files]


def _files(system: Any, path: str, form: str | None) -> tuple[PurePosixPath, list[str]]:
    """The files, and the folder that their names are relative to."""
    if any(mark in path for mark in _WILD) and not system.exists(path):
        steps = PurePosixPath(path).parts
        wild = next(index for index, step in enumerate(steps) if any(mark in step for mark in _WILD))
        base = PurePosixPath(*steps[:wild])
        return base, [file for file in sorted(system.glob(path)) if not _is_hidden(file, base) and system.isfile(file)]
    if system.isdir(path):
        base = PurePosixPath(path)
        inside = (file for file in sorted(system.find(path)) if not _is_hidden(file, base))
        return base, [file for file in inside if form or form_by_suffix(PurePosixPath(file))]
    if not system.exists(path):
        raise FileNotFoundError(path)
    if not system.isfile(path):
        raise IngestError(f"{path}: is neither a file nor a folder; give the pages as files")
    return PurePosixPath(path).parent, [path]


def _is_readable(file: Path, leave_out: Path | None) -> bool:
    """No pipe, which never ends, no link that leads nowhere, and not in the folder to leave out."""
    return file.is_file() and (leave_out is None or leave_out.resolve() not in file.resolve().parents)


def _is_hidden(file: str, base: PurePosixPath) -> bool:
    return any(step.startswith(".") for step in PurePosixPath(file).relative_to(base).parts)


def _input(system: Any, path: str, name: str, form: str | None) -> Input:
    url, size = str(system.unstrip_protocol(path)), int(system.size(path))
    try:
        with system.open(path, "rb") as file:
            form = form or form_by_suffix(PurePosixPath(path)) or form_by_content(file)
            digest = _digest(system, path, url, size)
    except OSError as error:
        raise IngestError(f"{name}: cannot be read: {error.strerror or error}") from None
    return Input(url, name, form, size, digest)


def _is_local(system: Any) -> bool:
    return bool(getattr(system, "local_file", False))


def _digest(system: Any, path: str, url: str, size: int) -> str:
    if _is_local(system):
        with open(path, "rb") as file:  # noqa: PTH123  # as the path stands
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{url}\0{size}\0{system.ukey(path)}".encode()).hexdigest()
