"""Reading and writing JSON, JSON Lines and files at large, so that errors have a place and writes are whole or absent."""

import gzip
import json
import math
import os
import re
import shutil
import tempfile
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from drumbeat.errors import RecordError

_decoder = json.JSONDecoder()


_OF_A_REPOSITORY = "mend the file by hand or restore it from git"


def parse_json(text: str, name: str, line: int = 1, advice: str = _OF_A_REPOSITORY) -> Any:
    """Parse one JSON value; `line` is where it begins in the file `name`, `advice` what to do where it is no JSON.

    Raises RecordError naming file, line and column on a syntax error, a duplicate key, a number that is none (NaN) or that
    would be read as infinite (1e999), a lone surrogate (which no UTF-8 file can hold) or nesting that no record has.
    """
    try:
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant, parse_float=_finite)
        if _SURROGATE.search(text):
            compact(value).encode("utf-8")
        return value
    except json.JSONDecodeError as error:
        raise RecordError(f"{name}:{line + error.lineno - 1}: not JSON: {error.msg} (column {error.colno}); {advice}") from None
    except UnicodeEncodeError:
        lines = (text.count("\n", 0, match.start()) for match in _SURROGATE.finditer(text) if match[1] is None)
        raise RecordError(f"{name}:{line + next(lines, 0)}: holds half a surrogate pair; write the whole character") from None
    except RecursionError:
        raise RecordError(f"{name}:{line}: nested deeper than any record is; restore the file from git") from None
    except ValueError as error:
        raise RecordError(f"{name}:{line}: {error}") from None


# An escaped surrogate; the group holds its other half where that follows.
_SURROGATE = re.compile(r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|[c-fC-F][0-9a-fA-F]{2})")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON; write null or leave the field out")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number} is beyond every number that can be held; write null or leave the field out")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object; keep one")
    return record


def read_bytes(path: Path) -> bytes:
    """A file.  Raises RecordError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_text(path: Path) -> str:
    """A UTF-8 text file, its line ends as they are.  Raises RecordError where it cannot be read."""
    try:
        return (data := read_bytes(path)).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(f"{path}:{line}: byte {error.start} is not UTF-8: {error.reason}") from None


def read_json(path: Path) -> Any:
    """A JSON file.  Raises RecordError."""
    return parse_json(read_text(path), str(path))


def read_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """The records of a JSON Lines file with their line numbers, from 1.  Raises RecordError."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            yield number, parse_json(line, str(path), number)


def stream_jsonl(path: Path, advice: str = "give JSON Lines, an object a line") -> Iterator[tuple[int, Any]]:
    """The records of a JSON Lines file that may be gzipped (`.gz`) and larger than memory, with their line numbers, from 1.

    `advice` is for somebody who gave another file.  Raises RecordError.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, parse_json(line.decode("utf-8"), str(path), number, advice)
    except UnicodeDecodeError as error:
        raise RecordError(f"{path}:{number}: not UTF-8 at byte {error.start} of the line; write the file anew in UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        place = path if getattr(error, "errno", None) else f"{path}:{number + 1}"  # a file that is missing has no line
        raise RecordError(f"{place}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


class Places:
    """On which lines the values of a JSON text begin; every container is read once, however many places are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[int, dict[str | int, int]] = {}
        self._line_ends = [match.start() for match in re.finditer("\n", text)]

    def line(self, path: Iterable[str | int]) -> int:
        """The line, from 1, on which the value at a path of keys and indexes begins; goes as far as the path exists."""
        return bisect_left(self._line_ends, self._begin(path)) + 1

    def stretch(self, path: Iterable[str | int]) -> tuple[int, int]:
        """Where the value at a path stands, which is text[start:end]; goes as far as the path exists."""
        start = self._begin(path)
        return start, _decoder.raw_decode(self._text, start)[1]

    def _begin(self, path: Iterable[str | int]) -> int:
        position = _skip_space(self._text, 0)
        for step in path:
            if position not in self._children:
                self._children[position] = dict(_children(self._text, position))
            found = self._children[position].get(step)
            if found is None:
                break
            position = found
        return position


def _children(text: str, position: int) -> Iterator[tuple[str | int, int]]:
    """The keys or indexes of the container at a position, and where their values begin."""
    opening = text[position]
    if opening not in "{[":
        return
    position = _skip_space(text, position + 1)
    index = 0
    while text[position] not in "}]":
        key: str | int = index
        if opening == "{":
            key, position = _decoder.raw_decode(text, position)
            position = _skip_space(text, _skip_space(text, position) + 1)
        yield key, position
        position = _skip_space(text, _decoder.raw_decode(text, position)[1])
        if text[position] == ",":
            position = _skip_space(text, position + 1)
        index += 1


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def compact(value: Any) -> str:
    """JSON on one line, as it is written everywhere in this project."""
    return json.dumps(value, ensure_ascii=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: what digests are computed over."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def layout(value: Any, indent: str = "") -> str:
    """JSON that people read and review: one record a line.

    A record is an object with an `id`, or one that holds no lists of objects.
    """
    inner = indent + "  "
    if isinstance(value, dict) and "id" not in value and any(_spreads(item) for item in value.values()):
        items = [f"{inner}{compact(key)}: {layout(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and _spreads(value):
        return "[\n" + ",\n".join(inner + layout(item, inner) for item in value) + f"\n{indent}]"
    return compact(value)


def _spreads(value: Any) -> bool:
    if isinstance(value, dict):
        return "id" not in value and any(_spreads(item) for item in value.values())
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def beside(path: Path) -> Path:
    """A new empty file in the path's folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    return Path(name)


def refuse_no_file(path: Path) -> None:
    """Raises RecordError where something else than a file is there, before work is done for it."""
    if path.exists() and not path.is_file():
        raise RecordError(f"{path}: is no file that could be replaced; give another name")


@contextmanager
def aside(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, beside the path; renamed to it at the end, so that there is the old or the new one, never half.

    Raises RecordError where something else than a file is there.
    """
    refuse_no_file(path)
    new = beside(path)
    try:
        with _on_disk(new) as file:
            yield file
        new.chmod(0o644)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def _on_disk(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, whose bytes are on the disk in the end."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def put_in_place(texts: Mapping[Path, str], written: Mapping[Path, Path]) -> None:
    """Put files in the place of those that there are, in this order, all of them or none.

    `texts` are written aside first; `written` says where files stand that already are. A file that is replaced passes its mode on.
    What fails on the way leaves every file as it was.
    """
    staged: dict[Path, Path] = {}
    former: dict[Path, Path | None] = {}
    left: list[Path] = []
    try:
        for path, text in texts.items():
            left.append(beside(path))
            staged[path] = left[-1]
            with _on_disk(staged[path]) as file:
                file.write(text.encode("utf-8"))
        for target, new in (staged | dict(written)).items():
            kept = None
            if target.exists():
                kept = beside(target)
                left.append(kept)
                shutil.copy2(target, kept)
                shutil.copymode(target, new)
            else:
                new.chmod(0o644)
            former[target] = kept
            os.replace(new, target)
    except BaseException:
        for target, kept in reversed(former.items()):
            if kept is None:
                target.unlink(missing_ok=True)
            else:
                os.replace(kept, target)
        raise
    finally:
        for path in left:
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file, whole or not at all."""
    with aside(path) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, one record a line."""
    write_text(path, layout(value) + "\n")


def write_jsonl(path: Path, records: Iterable[Any]) -> None:
    """Write a JSON Lines file."""
    write_text(path, "".join(compact(record) + "\n" for record in records))
