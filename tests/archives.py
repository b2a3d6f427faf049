"""Web archives that tests fabricate, record by record."""

import gzip
import uuid


def record(kind: str, body: bytes, uri: str = "https://example.org/a", media: str = "text/plain", length: int | None = None) -> bytes:
    """A WARC record; a `length` other than the body's is a lie."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, uri)}>\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def response(body: bytes, uri: str = "https://example.org/a", headers: str = "Content-Type: text/html", status: str = "200 OK") -> bytes:
    """A record with what a server answered."""
    message = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body
    return record("response", message, uri, "application/http; msgtype=response")


def gzipped(*records: bytes) -> bytes:
    """Records as an archive compresses them, each by itself."""
    return b"".join(map(gzip.compress, records))
