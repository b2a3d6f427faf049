"""Web archives (WARC, WET) -> pages; the only module that knows FastWARC.

FastWARC says nothing where a record breaks off, and reads on as if what follows belonged to it.  So lengths are compared here, and
behind damage the next record is looked for; in a compressed archive that is the next gzip member.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO

from drumbeat.ingest.page import READ, Flaw, Item, Page, Passed, Reading, Said, page
from drumbeat.ingest.web import html_page, require, to_text

_HTML, _TEXT = ("text/html", "application/xhtml+xml"), "text/plain"
_GZIP, _PLAIN = b"\x1f\x8b\x08", b"WARC/1."  # how a record begins
_CHUNK, _PIECE = 1 << 20, 1 << 14
_TRIES = 1000  # beginnings behind damage that turn out to be none


def warc_items(file: BinaryIO, place: str, name: str, reading: Reading) -> Iterator[Item]:
    """The pages of an archive: HTML and plain text that a server gave (status 200), and the text of a WET file.

    `place` is what messages call the file, `name` what the evidence calls it.  Raises IngestError where FastWARC is not installed.
    """
    require("a web archive")
    from fastwarc.warc import ArchiveIterator

    start: int | None = 0
    damage, tries = "", 0
    while start is not None and tries < _TRIES:
        file.seek(start)
        here, start = start, None
        position = here
        try:
            for record in ArchiveIterator(file, fsspec_args=False):
                position = here + record.stream_pos
                if damage:
                    yield Flaw(damage, f"not read; reading goes on at byte {position}")
                    damage, tries = "", 0
                item, whole = _item(record, f"{place}: record at byte {position}", name, reading)
                if isinstance(item, Page) and _member_end(file, position) is None:
                    item, whole = Flaw(item.place, "its compressed record is damaged"), False
                yield item
                if not whole:
                    start = _next_record(file, position + 1)
                    break
            else:
                if not _whole_to_the_end(file, position):
                    raise OSError("a compressed record breaks off")
        except OSError as error:
            damage = damage or f"{place}: behind byte {position}: {error}"
            start, tries = _next_record(file, position + 1), tries + 1
    if damage:
        yield Flaw(damage, "the rest is not read")


def _next_record(file: BinaryIO, start: int) -> int | None:
    """Where the next record may begin, from a byte on; null at the end of the file."""
    file.seek(0)
    head = file.read(len(_PLAIN))
    marks = [mark for mark in (_GZIP, _PLAIN) if head.startswith(mark)] or [_GZIP, _PLAIN]
    file.seek(start)
    kept = b""
    while chunk := file.read(_CHUNK):
        kept += chunk
        if found := [place for mark in marks if (place := kept.find(mark)) >= 0]:
            return start + min(found)
        cut = max(0, len(kept) - len(_PLAIN) + 1)
        start, kept = start + cut, kept[cut:]
    return None


def _member_end(file: BinaryIO, start: int) -> int | None:
    """Where the gzip member ends that begins at a byte, its checksum tested; null where it is damaged; `start` where none begins."""
    back = file.tell()
    try:
        file.seek(start)
        if file.read(len(_GZIP)) != _GZIP:
            return start
        file.seek(start)
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof and (chunk := file.read(_PIECE)):
            inflater.decompress(chunk)
        return file.tell() - len(inflater.unused_data) if inflater.eof else None
    except zlib.error:
        return None
    finally:
        file.seek(back)


def _whole_to_the_end(file: BinaryIO, start: int) -> bool:
    """Whether all gzip members are whole, from one on."""
    end: int | None = start
    while end is not None and (after := _member_end(file, end)) != end:
        end = after
    return end is not None


def _item(record: Any, place: str, name: str, reading: Reading) -> tuple[Item, bool]:
    """What a record is, and whether it is all there."""
    length = record.content_length  # of what follows the headers of HTTP
    kind = str(record.record_type)
    if record.headers.get("Content-Length") is None:
        return Flaw(place, "has no Content-Length, so that its end is unknown"), False
    what = _what(record)
    if what not in (*_HTML, _TEXT) or length > reading.max_bytes:
        read = record.consume()
        item: Item = Passed(what) if what not in (*_HTML, _TEXT) else Flaw(place, reading.too_long(length))
    else:
        data = record.reader.read()
        read = len(data)
        item = Passed(what) if read < length else _page(record, what, data, place, f"record {record.record_id} of {name}", reading)
    if read < length:
        return Flaw(place, f"breaks off: {read:,} of {length:,} bytes of this {kind} record are there"), False
    return item, True


def _what(record: Any) -> str:
    """The media type of a record that may be a page, else what it is."""
    kind = str(record.record_type)
    if kind not in ("response", "resource", "conversion"):
        return f"{kind} record"
    if record.is_http and record.http_headers.status_code != 200:
        return f"status {record.http_headers.status_code}"
    told = record.http_content_type if record.is_http else record.headers.get("Content-Type")
    return (told or record.headers.get("WARC-Identified-Payload-Type") or "no media type").partition(";")[0].strip().lower()


def _page(record: Any, what: str, data: bytes, place: str, name: str, reading: Reading) -> Item:
    charset = record.http_charset if record.is_http else None
    body = _decoded(record, data, reading.max_bytes) if record.is_http else data
    if isinstance(body, str):
        return Flaw(place, body)
    if what in _HTML:
        item = html_page(place, name, body, reading, charset)
    elif record.is_http:
        text, encoding = to_text(body, charset)
        if text is None:
            return Flaw(place, f"cannot be decoded ({encoding} at best); is it text?")
        item = page(place, text.encode("utf-8"), f"the text of {name} (in {encoding})", {}, reading)
    else:
        item = page(place, body, f"the content of {name}", {}, reading)
    if isinstance(item, Flaw):
        return item
    address = READ["url"](record.headers.get("WARC-Target-URI"))
    said = {"url": Said(address.strip("<>"), "WARC-Target-URI")} if address else {}
    return replace(item, said={**item.said, **said})


def _decoded(record: Any, data: bytes, limit: int) -> bytes | str:
    """The body of an HTTP message without its transfer and content encodings, or what is wrong with it.

    Some crawlers store the body decoded and leave the headers, so what does not look encoded is taken as it is.
    """
    from fastwarc.stream_io import BrotliReader, ChunkedReader

    def coding(header: str) -> str:
        return (record.http_headers.get(header) or "").strip().lower()

    try:
        if coding("Transfer-Encoding") == "chunked" and data.split(b"\r\n", 1)[0].split(b";")[0].strip().isalnum():
            data = ChunkedReader(BytesIO(data)).read(limit + 1)
        if coding("Content-Encoding") == "br":
            data = BrotliReader(BytesIO(data)).read(limit + 1)
        elif coding("Content-Encoding") in ("gzip", "x-gzip", "deflate") and data[:2] in (b"\x1f\x8b", b"x\x9c", b"x\x01", b"x\xda"):
            inflater = zlib.decompressobj(wbits=47)  # either header
            data = inflater.decompress(data, limit + 1)
            if not inflater.eof and len(data) <= limit:
                return "its compressed body breaks off"
    except (OSError, zlib.error) as error:
        return f"its body cannot be decoded: {error}"
    return data
