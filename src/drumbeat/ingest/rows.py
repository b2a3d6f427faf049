"""JSON Lines and Parquet with a column of text -> pages, in the layouts of FineWeb, CC-News and their like."""

import json
import zlib
from collections.abc import Iterator, Mapping
from gzip import BadGzipFile
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
        for number, line in _lines(file, reading.max_bytes):
            here = f"{place}:{number}"
            row = Flaw(here, reading.too_long()) if line is None else _parsed(line, here)
            if row is not None:
                yield row if isinstance(row, Flaw) else _page(row, here, f"line {number} of {name}", reading)
    except (EOFError, BadGzipFile, zlib.error) as error:
        yield Flaw(f"{place}:{number + 1}", f"the compressed file is damaged or breaks off here ({error}); the rest is not read")


def parquet_items(file: IO[bytes], place: str, name: str, reading: Reading) -> Iterator[Item]:
    """The pages of a Parquet file."""
    number = 0
    try:
        for number, row in enumerate(read_foreign(file, _COLUMNS | ({reading.column} if reading.column else set())), 1):
            yield _page(row, f"{place}: row {number}", f"row {number} of {name}", reading)
    except CorpusError as error:
        yield Flaw(f"{place}: row {number + 1}", f"{error}; the rest is not read")


def _lines(file: IO[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; null for one that is longer than twice the largest page, as JSON may escape what a page holds."""
    number = 0
    while line := file.readline(2 * limit + 1):
        number += 1
        if len(line) <= 2 * limit:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(limit)
        yield number, None


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


def _page(row: Mapping[str, Any], place: str, where: str, reading: Reading) -> Page | Flaw:
    column = reading.column or next((name for name in TEXT if name in row), None)
    if column is None or column not in row:
        sought = f"column {column!r}" if column else f"column of text ({', '.join(TEXT)})"
        return Flaw(place, f"has no {sought}; name it with --column")
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
