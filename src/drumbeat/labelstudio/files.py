"""Task files: one JSON array, written and read task by task, so that memory does not grow with the tasks' contents."""

import gc
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import numpy as np

from drumbeat.errors import TaskError
from drumbeat.jsonl import aside
from drumbeat.labelstudio.items import Json

Decode = Callable[[bytes | memoryview], Any]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Positions = np.ndarray[Any, np.dtype[np.int64]]
_BLOCK = 1024 * 1024
_WINDOW = 100  # bytes; the first key and value of a task are not longer
_LARGEST = 16 * _BLOCK  # a task that a guess can be right about
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_QUOTE, _BACKSLASH, _OPEN, _CLOSE = b'"\\{}'
_END = {b"[": re.compile(rb"\s*\[\s*\]\s*"), b",": re.compile(rb"\s*\]\s*")}  # of an array, by what the next object would have before it
_FIRST = re.compile(  # `begin`, such as {"id": and, after a short value, `mark`, such as ,"annotations":
    rb"""\s*\[\s*(?P<begin>\{\s*"[^"\\]*"\s*:)(?:\s*(?:\d+|"[^"\\]{,40}")(?P<mark>\s*,\s*"[^"\\]*"\s*:))?"""
)
_GAP = re.compile(rb"\}(?P<gap>\s*,\s*)\Z")  # between two tasks
_LOST = {
    "JSON_MIN": "relations, region ids, skipped annotations and the link of a value to its region",
    "CSV or TSV": "relations, region ids, skipped annotations and the link of a value to its region",
    "CONLL": "all layers but one, relations, region ids and every value",
}


def decode_all(data: bytes | memoryview) -> Any:
    """All of a task, from the bytes that it is written in.

    Python 3.11 looks for cycles among what is being decoded, again and again, where there are none: a sixth of the time of reading.
    """
    looks = gc.isenabled()
    gc.disable()
    try:
        return msgspec.json.decode(data)
    finally:
        if looks:
            gc.enable()


def write_tasks(path: Path, tasks: Iterable[Json]) -> int:
    """Write tasks as one JSON array without a byte order mark, whole or not at all; the number of tasks."""
    number = 0
    with aside(path) as file:
        for number, task in enumerate(tasks, 1):
            file.write(b"[\n" if number == 1 else b",\n")
            file.write(msgspec.json.encode(task))
        file.write(b"\n]\n" if number else b"[]\n")
    return number


def read_tasks(path: Path, decode: Decode = decode_all) -> Iterator[Json]:
    """The tasks of Label Studio's JSON export, or of a file of ours: plain, zipped, gzipped (`.gz`), or a stream (`/dev/stdin`).

    `decode` makes a task of its bytes, and raises as msgspec does where these are no JSON.

    Raises TaskError on another format, naming what it loses, and where the JSON is broken or ends too soon.
    """
    number = 0
    try:
        with _opened(path) as stream:
            for number, task in enumerate(_tasks(stream, str(path), decode), 1):
                yield _checked(task, f"{path}: task {number} of the file")
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TaskError(f"{path}: cannot be read: {error}; export the project again") from None
    except _NO_JSON as error:
        raise TaskError(f"{path}: task {number + 1} of the file: not JSON: {error}") from None


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


def _tasks(stream: IO[bytes], name: str, decode: Decode) -> Iterator[Any]:
    """Each task of an array, decoded: by guess as far as that goes, and from there on by looking at every byte."""
    left, done = yield from _by_guess(stream, decode)
    blocks = _blocks(left, stream)
    del left
    for task in split_array(blocks, name, done):
        yield decode(task)


def _blocks(left: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    for start in range(0, len(left), _BLOCK):
        yield left[start : start + _BLOCK]
    del left
    yield from iter(partial(stream.read, _BLOCK), b"")


def _by_guess(stream: IO[bytes], decode: Decode) -> Generator[Any, None, tuple[bytes, int]]:
    """The tasks whose ends are found where another begins as the first one did; then what was read after them, and how many bytes they had.

    A right guess is proven by decoding: no object of JSON is the beginning of another.  A wrong one, or a task that is larger than
    `_LARGEST`, ends the guessing.
    """
    data, kept, done = stream.read(_BLOCK), 0, 0  # data[:kept] was decoded, `done` bytes were before data
    first = _FIRST.match(data)
    if first is None:
        return data, done
    begin, mark = first["begin"], first["mark"] or first["begin"]
    start, search = first.start("begin"), first.end()
    while True:
        at = data.find(mark, search)
        if at < 0:
            held = len(data) - kept
            more = stream.read(max(_BLOCK, held)) if held < _LARGEST else b""  # ever more, so that a large task is copied a few times only
            if not more:
                return data[kept:], done + kept
            search = max(len(data) - len(mark), search) - kept
            data, start, kept, done = data[kept:] + more, start - kept, 0, done + kept
            continue
        search = at + len(mark)
        found = data.rfind(begin, max(start + 1, at - _WINDOW), at + len(begin))
        gap = _GAP.search(data, max(start, found - _WINDOW), found)
        if gap is None:
            continue
        try:
            task = decode(memoryview(data)[start : gap.start("gap")])
        except _NO_JSON:
            return data[kept:], done + kept
        yield task
        start, kept = found, gap.start("gap")


def _checked(task: Json, place: str) -> Json:
    if "data" not in task:
        if "annotation_id" in task or "lead_time" in task:
            raise TaskError(f"{place}: this is JSON_MIN, which loses {_LOST['JSON_MIN']}; export the project as JSON")
        raise TaskError(f"{place}: no task of Label Studio: it has no data; export the project as JSON")
    return task


def split_array(blocks: Iterable[bytes], name: str, done: int = 0) -> Iterator[bytes]:
    """The objects of one JSON array, as the bytes they are written in; where so many bytes are `done`, those that stand after them.

    Braces outside strings are found by the parity of unescaped quotation marks, a block at a time. Raises TaskError where the blocks are
    no array of objects, or end inside one.
    """
    pending, held = bytearray(), b""
    inside_string, depth, before, position = False, 0, b"," if done else b"", done
    for data in blocks:
        if not before:
            position += len(data)
            data = data.lstrip()
            position -= len(data)
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
        raise TaskError(
            f"{name}: ends after {position + len(held)} bytes inside a task or before the array is closed: it is truncated; export again"
        )


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
