"""Web archives (WARC, WET) -> pages; the only module that knows FastWARC.

FastWARC says nothing where a record breaks off, and reads on as if what follows belonged to it.  So lengths are compared here, and
behind damage the next record is looked for.  Of a compressed archive it gets the gzip members unpacked, one at a time, since it does not
say either where one is damaged.  Most archives have a member for each record; what `gzip` compressed is one member, of which the records
before the damage are read.
"""

import zlib
from collections.abc import Generator, Iterator
from dataclasses import replace
from io import BytesIO, RawIOBase
from typing import Any, BinaryIO

from drumbeat.ingest.page import READ, Flaw, Item, Passed, Reading, Said, page
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
    start: int | None = 0
    damage, tries = "", 0
    while start is not None and tries < _TRIES:
        file.seek(start)
        zipped = file.read(len(_GZIP)) == _GZIP
        items = (_member_items if zipped else _plain_items)(file, start, place, name, reading)
        try:
            while True:
                position, item = next(items)
                if damage:
                    yield Flaw(damage, f"not read; reading goes on at byte {position}")
                    damage, tries = "", 0
                yield item
        except StopIteration as end:
            start = end.value
        except _DamageError as error:
            damage = damage or str(error)
            start, tries = _next_record(file, error.position + 1), tries + 1
    if damage:
        yield Flaw(damage, "the rest is not read")


class _DamageError(Exception):
    """What is wrong, with its place; behind the byte `position` reading may go on."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.position = position


Items = Generator[tuple[int, Item], None, int | None]  # with the byte where each begins; in the end, where reading goes on


def _plain_items(file: BinaryIO, start: int, place: str, name: str, reading: Reading) -> Items:
    """The records from a byte on."""
    from fastwarc.warc import ArchiveIterator

    position = start
    file.seek(start)
    try:
        for record in ArchiveIterator(file, fsspec_args=False):
            position = start + record.stream_pos
            item, whole = _item(record, f"{place}: record at byte {position}", name, reading)
            yield position, item
            if not whole:
                return _next_record(file, position + 1)
    except OSError as error:
        raise _DamageError(f"{place}: behind byte {position}: {error}", position) from None
    return None


def _member_items(file: BinaryIO, start: int, place: str, name: str, reading: Reading) -> Items:
    """The records of the gzip member at a byte; its only one not unless the member is whole."""
    from fastwarc.warc import ArchiveIterator

    member, here = _Member(file, start), f"{place}: record at byte {start}"
    held: Item | None = None
    whole, count, wrong = True, 0, ""
    try:
        for record in ArchiveIterator(member, fsspec_args=False):
            if held:
                yield start, held
            count += 1
            held, whole = _item(record, here if count == 1 else f"{here}, the {count}th compressed with it", name, reading)
            if not whole:
                break
    except OSError as error:
        wrong = str(error)
    while member.read(_CHUNK):
        pass  # only its end tells whether it is whole
    if held and (not member.damage or (whole and count > 1)):
        yield start, held
    if member.damage or wrong:
        together = f"behind {count if whole else count - 1} records compressed together: " if count > 1 else ""
        raise _DamageError(f"{here}: {together}{member.damage or wrong}", start)
    file.seek(member.end)
    behind = file.read(len(_PLAIN))
    if behind and not behind.startswith((_GZIP, _PLAIN)):
        raise _DamageError(f"{place}: behind byte {member.end}: no record begins there", member.end - 1)
    return member.end if behind else None


class _Member(RawIOBase):
    """The bytes of a gzip member, unpacked as they are read, as far as they can be.

    Then `damage` says what is wrong with it, or `end` where it ends in the file.
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self.damage, self.end = "", start
        self._file, self._inflater = file, zlib.decompressobj(wbits=31)
        self._packed, self._unpacked, self._given = b"", b"", 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not (self._unpacked or self.damage or self._inflater.eof):
            self._unpack(len(buffer))
        data, self._unpacked = self._unpacked[: len(buffer)], self._unpacked[len(buffer) :]
        buffer[: len(data)] = data
        self._given += len(data)
        return len(data)

    def _unpack(self, size: int) -> None:
        packed = self._packed or self._file.read(_PIECE)
        before = self._inflater.copy()
        try:
            self._unpacked = self._inflater.decompress(packed, size)
        except zlib.error as error:
            self.damage = f"the compressed data is damaged ({error}), letters before that may be wrong"
            self._unpacked = _until_damage(before, packed)
            return
        self._packed = self._inflater.unconsumed_tail
        if self._inflater.eof:
            self.end = self._file.tell() - len(self._inflater.unused_data)
        elif not (packed or self._unpacked):
            self.damage = "a compressed record breaks off"


def _until_damage(inflater: Any, packed: bytes) -> bytes:
    """What can be unpacked; in one go zlib gives nothing of it."""
    data = b""
    try:
        for place in range(len(packed)):
            data += inflater.decompress(packed[place : place + 1])
    except zlib.error:
        pass
    return data


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
