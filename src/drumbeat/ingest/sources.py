"""What a user names -> the files that are read, each in its format, from the first byte to the last."""

import gzip
import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, BinaryIO, cast

from drumbeat.errors import IngestError
from drumbeat.ingest.page import Flaw, Item, Page, Reading, page
from drumbeat.ingest.rows import json_items, parquet_items
from drumbeat.ingest.warc import warc_items
from drumbeat.ingest.web import html_page

FORMATS = ("text", "html", "warc", "jsonl", "parquet")
SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".warc": "warc",
    ".wet": "warc",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}

_GZIP = b"\x1f\x8b"
_HEAD = 4096
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read; `shown` is what messages call it, `name` what evidence calls it, which is no path of this machine."""

    path: Path
    shown: str
    name: str
    format: str
    size: int


def find_sources(
    paths: Sequence[Path], form: str | None = None, stdin: Path | None = None, leave_out: Collection[Path] = ()
) -> tuple[list[Source], Counter[str]]:
    """The files that are named, and those below the folders that are named; and how many of other kinds, by suffix, were left out.

    Below a folder, files count by their suffix, or all where a `form` is given; hidden ones and the folders of `leave_out` do not.
    `-` is standard input, which stands in the file `stdin`.

    Raises IngestError where there is no such file, or nothing to read.
    """
    sources: list[Source] = []
    others: Counter[str] = Counter()
    for path in paths:
        if path == Path("-"):
            if stdin is None:
                raise IngestError("-: there is no standard input to read; name files")
            sources.append(_source(stdin, form, "standard input"))
        elif path.is_dir():
            for file in _below(path, {folder.resolve() for folder in leave_out}):
                if form or form_by_suffix(file):
                    sources.append(_source(file, form))
                else:
                    others[file.suffix.lower() or "suffixless"] += 1
        elif path.is_file():
            sources.append(_source(path, form))
        elif path.is_fifo():
            raise IngestError(f"{path}: is a pipe, which can be read only once; give it as standard input: drumbeat add - < {path}")
        elif path.exists():
            raise IngestError(f"{path}: is neither a file nor a folder; give the pages as files, or - for standard input")
        else:
            raise IngestError(f"{path}: no such file or folder")
    if not sources:
        found = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common())
        raise IngestError(
            f"{', '.join(map(str, paths))}: no file to read ({found or 'it is empty'}); files count by their suffix: "
            f"{' '.join(SUFFIXES)}; --format reads all of them as one format"
        )
    return sources, others


def _below(folder: Path, leave_out: Collection[Path]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (Path(parent) / name).resolve() not in leave_out)
        paths = (Path(parent) / name for name in sorted(files) if not name.startswith("."))
        yield from (path for path in paths if path.is_file())  # no pipes, which never end, and no links that lead nowhere


def _source(path: Path, form: str | None, shown: str | None = None) -> Source:
    form = form or form_by_suffix(path) or _form_by_content(path, shown or str(path))
    return Source(path, shown or str(path), shown or path.name, form, path.stat().st_size)


def form_by_suffix(path: PurePath) -> str | None:
    """The format that a file's name tells; null where it tells none."""
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return SUFFIXES.get(bare.suffix.lower())


def _form_by_content(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            return form_by_content(file)
    except OSError as error:
        raise IngestError(f"{shown}: cannot be read: {error.strerror or error}") from None


def form_by_content(file: IO[bytes]) -> str:
    """The format of a file whose name does not tell it."""
    head = file.read(_HEAD)
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except zlib.error:
            return "text"  # which it is not; reading it says where it is damaged
    if head.startswith((b"WARC/", b"PAR1")):
        return "warc" if head.startswith(b"WARC/") else "parquet"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "jsonl"
    return "html" if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")) else "text"


class _Counted(io.RawIOBase):
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._file, self._progress, self._furthest = file, progress, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        if (here := self._file.tell()) > self._furthest:
            self._furthest = here
            self._progress(here)
        return len(data)


def read(source: Source, reading: Reading, progress: Callable[[int], None] = lambda _: None) -> Iterator[Item]:
    """The pages of a file, and what of it is none; `progress` is called with how far the file was read, in bytes."""
    try:
        with source.path.open("rb") as file:
            counted = cast(BinaryIO, io.BufferedReader(_Counted(file, progress), 1 << 16))
            yield from items(source.format, counted, source.shown, source.name, reading)
    except OSError as error:
        yield Flaw(source.shown, f"cannot be read: {error.strerror or error}")


def items(form: str, file: BinaryIO, shown: str, name: str, reading: Reading) -> Iterator[Item]:
    """The pages of an open file of one of the `FORMATS`; `shown` is what messages call it, `name` what evidence does."""
    match form:
        case "warc":
            yield from warc_items(file, shown, name, reading)
        case "parquet":
            yield from parquet_items(file, shown, name, reading)
        case "jsonl":
            yield from json_items(_unzipped(file), shown, name, reading)
        case _:
            yield _one_page(form, _unzipped(file), shown, name, reading)


def _unzipped(file: BinaryIO) -> IO[bytes]:
    zipped = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    return cast(IO[bytes], gzip.GzipFile(fileobj=file)) if zipped else file


def _one_page(form: str, file: IO[bytes], shown: str, name: str, reading: Reading) -> Page | Flaw:
    """A file that is one page."""
    try:
        data = file.read(reading.max_bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return Flaw(shown, f"the compressed file is damaged or breaks off ({error})")
    if len(data) > reading.max_bytes:
        return Flaw(shown, reading.too_long())
    if form == "html":
        return html_page(shown, name, data, reading)
    return page(shown, data, f"{name}, byte for byte", {}, reading)
