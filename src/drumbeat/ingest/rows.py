"""JSON Lines and Parquet with a column of text -> pages, in the layouts of FineWeb, CC-News and their like."""

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from gzip import BadGzipFile
from itertools import islice
from typing import IO, Any

from drumbeat.errors import CorpusError
from drumbeat.ingest.page import READ, Flaw, Item, Page, Reading, Said, page
from drumbeat.tables import read_foreign

# The names that such files use, the first that a record has counts.
TEXT = ("text", "plain_text", "maintext", "content", "body", "raw_content", "article")
SAID = {
    "outlet": ("outlet", "sitename", "site_name", "publication", "publisher"),
    "title": ("title", "headline"),
    "published": ("published", "published_date", "date_published", "date_publish", "publish_date", "pub_date", "date"),
    "author": ("author", "authors", "byline"),
    "language": ("language", "lang"),
    "url": ("url", "requested_url", "responded_url", "source_url", "link"),
    "rights": ("rights", "license", "licence"),
}
CRAWLED = "dump"  # with this column, FineWeb's, the date is the day of the crawl, which says nothing of the page
DETECTED = "language_score"  # with this one the language was detected

_COLUMNS = {*TEXT, *(name for names in SAID.values() for name in names), CRAWLED, DETECTED}


def json_items(file: IO[bytes], place: str, name: str, reading: Reading) -> Iterator[Item]:
    """The pages of a JSON Lines file."""
    number = 0
    try:
        for number, line in enumerate(_lines(file, reading.max_bytes), 1):
            yield from _line_items(line, f"{place}:{number}", f"line {number} of {name}", reading)
    except (EOFError, BadGzipFile, zlib.error) as error:
        yield Flaw(f"{place}:{number + 1}", f"the compressed file is damaged or breaks off here ({error}); the rest is not read")


def json_items_between(file: IO[bytes], start: int, stop: int, place: str, name: str, reading: Reading) -> Iterator[Item]:
    """The pages of those lines of an uncompressed JSON Lines file that begin at the bytes from `start` on and before `stop`.

    Where the file is cut, each line belongs to one piece; lines are called by the byte where they begin, since nobody counted them.
    """
    if start:
        file.seek(start - 1)
        for _ in _pieces(file, reading.max_bytes):
            pass  # the rest of a line that begins before, or the line feed alone
    position = file.tell()
    lines = _lines(file, reading.max_bytes)
    while position < stop and (line := next(lines, b"")) != b"":
        where = f"line at byte {position}"
        yield from _line_items(line, f"{place}: {where}", f"{where} of {name}", reading)
        position = file.tell()


def _line_items(line: bytes | None, here: str, where: str, reading: Reading) -> Iterator[Item]:
    row = Flaw(here, reading.too_long()) if line is None else _parsed(line, here)
    if row is not None:
        yield row if isinstance(row, Flaw) else page_of(row, here, where, reading)


def parquet_items(file: IO[bytes], place: str, name: str, reading: Reading, groups: range | None = None) -> Iterator[Item]:
    """The pages of a Parquet file, or of some of its row groups."""
    number = 0
    try:
        for number, row in read_foreign(file, columns_read(reading), groups):
            yield page_of(row, f"{place}: row {number}", f"row {number} of {name}", reading)
    except CorpusError as error:
        yield Flaw(f"{place}: row {number + 1}", f"{error}; the rest is not read")


def columns_read(reading: Reading) -> set[str]:
    """The columns that are looked for."""
    return _COLUMNS | ({reading.column} if reading.column else set())


def text_column(columns: Collection[str], reading: Reading) -> str | None:
    """The column with the text, of those that there are; null where none is."""
    return next((name for name in ((reading.column,) if reading.column else TEXT) if name in columns), None)


def no_text_column(reading: Reading) -> str:
    """What is said of a record or table without a column of text."""
    sought = f"column {reading.column!r}" if reading.column else f"column of text ({', '.join(TEXT)})"
    return f"has no {sought}; name it with --column"


def _lines(file: IO[bytes], limit: int) -> Iterator[bytes | None]:
    """The lines; null for one that is longer than twice the largest page, as JSON may escape what a page holds."""
    while pieces := list(islice(_pieces(file, limit), 2)):
        if len(pieces) == 1:
            yield pieces[0]
            continue
        for _ in _pieces(file, limit, pieces[-1]):
            pass
        yield None


def _pieces(file: IO[bytes], limit: int, before: bytes = b"") -> Iterator[bytes]:
    """The rest of a line, in pieces of twice the largest page; nothing behind its line feed."""
    while not before.endswith(b"\n") and (before := file.readline(2 * limit + 1)):
        yield before


def _parsed(line: bytes, place: str) -> dict[str, Any] | Flaw | None:
    """A line as an object; null where it is blank."""
    if not line.strip():
        return None
    try:
        value = json.loads(line.decode("utf-8-sig").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return Flaw(place, f"byte {error.start} of the line is not UTF-8: {error.reason}")
    except json.JSONDecodeError as error:
        return Flaw(place, f"not JSON: {error.msg} (column {error.colno})")
    except (RecursionError, ValueError) as error:  # a number of more digits than Python reads is a ValueError
        return Flaw(place, f"not JSON that can be read: {error}")
    return value if isinstance(value, dict) else Flaw(place, "no JSON object")


def page_of(row: Mapping[str, Any], place: str, where: str, reading: Reading) -> Page | Flaw:
    """The page of a record, by its columns; `where` is what its evidence calls it."""
    column = text_column(row, reading)
    if column is None:
        return Flaw(place, no_text_column(reading))
    text = row[column]
    if not isinstance(text, str):
        return Flaw(place, f"column {column!r} holds no text but {'nothing' if text is None else type(text).__name__}")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        return Flaw(place, f"column {column!r} holds half a surrogate pair (character {error.start}), which no page does")
    return page(place, data, f"column {column} of {where}", dict(_said(row, column)), reading)


def _said(row: Mapping[str, Any], column: str) -> Iterator[tuple[str, Said]]:
    for name, columns in SAID.items():
        for key in columns:
            if key == column or (key == "date" and CRAWLED in row):
                continue
            if value := READ[name](row.get(key)):
                detected = name == "language" and row.get(DETECTED) is not None
                yield name, Said(value, f"column {key}" + (", detected" if detected else ""), inferred=detected)
                break
