"""Task files: one JSON array, written and read task by task, so that memory does not grow with the tasks' contents."""

import gc
import gzip
import io
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import numpy as np

from drumbeat.errors import TaskError
from drumbeat.jsonl import aside

Json = dict[str, Any]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Positions = np.ndarray[Any, np.dtype[np.int64]]
_BLOCK = 1024 * 1024
_QUOTE, _BACKSLASH, _OPEN, _CLOSE = b'"\\{}'
_END = {b"[": re.compile(rb"\s*\[\s*\]\s*"), b",": re.compile(rb"\s*\]\s*")}  # of an array, by what the next object would have before it
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_LOST = {
    "JSON_MIN": "relations, region ids, skipped annotations and the link of a value to its region",
    "CSV or TSV": "relations, region ids, skipped annotations and the link of a value to its region",
    "CONLL": "all layers but one, relations, region ids and every value",
}


def write_tasks(path: Path, tasks: Iterable[Json]) -> int:
    """Write tasks as one JSON array without a byte order mark, whole or not at all; the number of tasks."""
    number = 0
    with aside(path) as file:
        for number, task in enumerate(tasks, 1):
            file.write(b"[\n" if number == 1 else b",\n")
            file.write(msgspec.json.encode(task))
        file.write(b"\n]\n" if number else b"[]\n")
    return number


def read_tasks(path: Path) -> Iterator[Json]:
    """The tasks of Label Studio's JSON export, or of a file of ours: plain, zipped, gzipped (`.gz`), or a stream (`/dev/stdin`).

    Raises TaskError on another format, naming what it loses, and where the JSON is broken or ends too soon.
    """
    try:
        with _opened(path) as stream:
            for number, data in enumerate(_written(stream, str(path)), 1):
                yield _task(data, f"{path}: task {number} of the file")
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TaskError(f"{path}: cannot be read: {error}; export the project again") from None


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if not zipfile.is_zipfile(path):
        return path.open("rb")
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if name.endswith(".json")]
    if len(names) != 1:
        raise TaskError(f"{path}: holds {len(names)} JSON files, not one; export the project as JSON")
    return archive.open(names[0])


def _written(stream: IO[bytes], name: str) -> Iterator[bytes | msgspec.Raw]:
    """The tasks as the bytes they are written in: those of a file by its map in memory, those of a stream a block at a time.

    A file that is not one whole array of objects goes block by block too: split_array has the tasks before the fault, and says what it is.
    """
    mapped = _mapped(stream)
    tasks = None if mapped is None else _objects_of(mapped)
    if mapped is None or tasks is None:
        yield from split_array(stream, name)
        return
    for number, task in enumerate(tasks, 1):
        if mapped.size() < len(mapped):  # to touch what is gone would end the process
            raise TaskError(f"{name}: was cut to {mapped.size()} bytes while task {number} was to be read; export the project again")
        yield task


def _mapped(stream: IO[bytes]) -> mmap.mmap | None:
    if not isinstance(stream, io.BufferedReader):  # packed
        return None
    try:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # a pipe, or empty
        return None


def _objects_of(mapped: mmap.mmap) -> list[msgspec.Raw] | None:
    """Where the objects of an array stand, none of them decoded or copied; None where it is anything else than a whole array of objects."""
    try:
        found = _ARRAY.decode(mapped)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if all(memoryview(item)[0] == _OPEN for item in found) else None


def _task(data: bytes | msgspec.Raw, place: str) -> Json:
    try:
        task = _decoded(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TaskError(f"{place}: not JSON: {error}") from None
    if "data" not in task:
        if "annotation_id" in task or "lead_time" in task:
            raise TaskError(f"{place}: this is JSON_MIN, which loses {_LOST['JSON_MIN']}; export the project as JSON")
        raise TaskError(f"{place}: no task of Label Studio: it has no data; export the project as JSON")
    found: Json = task
    return found


def _decoded(data: bytes | msgspec.Raw) -> Any:
    """Python 3.11 looks for cycles among what is being decoded, again and again, where there are none: a sixth of the time of reading."""
    looks = gc.isenabled()
    gc.disable()
    try:
        return msgspec.json.decode(data)
    finally:
        if looks:
            gc.enable()


def split_array(stream: IO[bytes], name: str, block: int = _BLOCK) -> Iterator[bytes]:
    """The objects of one JSON array, as the bytes they are written in.

    Braces outside strings are found by the parity of unescaped quotation marks, a block at a time. Raises TaskError where the stream is
    no array of objects, or ends inside one.
    """
    pending, held = bytearray(), b""
    inside_string, depth, before, position = False, 0, b"", 0
    while data := stream.read(block):
        if not before:
            data = data.lstrip()
            if not data:
                continue
            _refuse_other_formats(data, name)
            before = b"["
        data = held + data
        kept = data.rstrip(b"\\")  # an escape is never cut in two
        data, held = kept, data[len(kept) :]
        position += len(data)
        array = np.frombuffer(data, np.uint8)
        marks = _unescaped_marks(array)
        braces = np.flatnonzero((array == _OPEN) | (array == _CLOSE))
        braces = braces[(np.searchsorted(marks, braces) + inside_string) % 2 == 0]
        closing = array[braces] == _CLOSE
        depths = depth + np.cumsum(np.where(closing, -1, 1))
        start = 0
        for end in braces[(depths == 0) & closing] + 1:
            pending += data[start:end]
            yield _object(pending, before, name)
            pending, start, before = bytearray(), end, b","
        pending += data[start:]
        inside_string = bool((len(marks) + inside_string) % 2)
        depth = int(depths[-1]) if len(depths) else depth
    if not before:
        raise TaskError(f"{name}: is empty; export the project again")
    if not _END[before].fullmatch(pending + held):
        raise TaskError(f"{name}: ends after {position} bytes inside a task or before the array is closed: it is truncated; export again")


def _object(data: bytearray, before: bytes, name: str) -> bytes:
    start = data.index(b"{")
    if data[:start].strip() != before:
        raise TaskError(f"{name}: {bytes(data[:start].strip()[:40])!r} stands where an array of tasks has {before!r}; export again")
    return bytes(data[start:])


def _unescaped_marks(array: Bytes) -> Positions:
    """Positions of quotation marks that no odd run of backslashes escapes; the array does not end in a backslash."""
    marks: Positions = np.flatnonzero(array == _QUOTE)
    odd = np.zeros(len(marks), bool)
    active, back = np.flatnonzero(array[marks - 1] == _BACKSLASH), 1
    while len(active):
        odd[active] ^= True
        back += 1
        before = marks[active] - back
        active = active[(before >= 0) & (array[before] == _BACKSLASH)]
    unescaped: Positions = marks[~odd]
    return unescaped


def _refuse_other_formats(data: bytes, name: str) -> None:
    if data.startswith(b"["):
        return
    if data.startswith(b"\xef\xbb\xbf"):
        raise TaskError(f"{name}: begins with a byte order mark, which Label Studio refuses too; save it without")
    if data.startswith(b"{"):
        raise TaskError(f"{name}: one object, or JSON Lines; Label Studio's JSON export is one array of tasks")
    kind = "CONLL" if data.startswith(b"-DOCSTART-") else "CSV or TSV"
    raise TaskError(f"{name}: no JSON; {kind} loses {_LOST[kind]}; export the project as JSON")
