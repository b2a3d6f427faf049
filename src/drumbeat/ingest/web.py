"""HTML bytes -> the text of the page and what it says of itself; the only module that knows Resiliparse.

`extract_plain_text` is called with its defaults but for `main_content`: lists keep their bullets and images their alternative texts,
and hidden elements, form fields and link targets are left out.  With `main_content=True` it made the five seeds; with
`main_content=False` nothing that a reader sees is dropped.
"""

import codecs
import hashlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from drumbeat.errors import IngestError
from drumbeat.ingest.page import READ, Flaw, Page, Reading, Said, page

# Where a page says it, the best place first; names of <meta> in lower case.
_META = {
    "outlet": ("og:site_name",),
    "title": ("og:title",),
    "published": ("article:published_time", "datepublished", "pubdate", "parsely-pub-date", "dc.date.issued"),
    "author": ("author", "article:author"),
    "url": ("og:url",),
}

LOST = 0.001  # of the characters may be undecodable: one cut or foreign byte does not spoil a page, another encoding does
DEPTH = 1000  # of nested elements; finding the main content takes the square of it, and browsers stop at 512
CERTAIN = 350  # rank of `detect_fast`: below it, it was wrong on 5 of 1,304 public pages, where it erred between neighbours
ENOUGH = 500  # characters: of stretches of this length 477 had such a rank, and 2 of them were wrong


def available() -> bool:
    """Whether Resiliparse is installed."""
    return importlib.util.find_spec("resiliparse") is not None


def require(what: str) -> None:
    """Raises IngestError where Resiliparse, or FastWARC that comes with it, is not installed."""
    if not available():
        raise IngestError(f"{what} needs Resiliparse, which is an extra: pip install 'drumbeat[ingest]'")


def html_page(place: str, name: str, data: bytes, reading: Reading, charset: str | None = None) -> Page | Flaw:
    """The page of an HTML document; `name` is what its evidence calls it, `charset` the encoding that the server gave.

    Raises IngestError where Resiliparse is not installed.
    """
    require("HTML")
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    if len(data) > reading.max_bytes:
        return Flaw(place, reading.too_long(len(data)))
    html, encoding = to_text(data, charset)
    if html is None:
        return Flaw(place, f"cannot be decoded ({encoding} at best); is it HTML?")
    if "\0" in html:
        return Flaw(place, "holds NUL characters; is it binary data?")
    tree = HTMLTree.parse(html)
    if reading.main and _deeper_than(tree, DEPTH):
        return Flaw(place, f"its elements are nested more than {DEPTH} deep, which no page needs; take it with --text all")
    said = dict(_said(tree))
    text = extract_plain_text(tree, main_content=reading.main)
    if not text.strip():
        return Flaw(place, "HTML without visible text" + ("; perhaps --text all finds some" if reading.main else ""))
    which = "main content" if reading.main else "all visible text"
    how = f"Resiliparse {version('resiliparse')}, main_content={reading.main}"
    made = f"{which} of {name} (HTML in {encoding}, sha256 {hashlib.sha256(data).hexdigest()}), by {how}"
    return page(place, text.encode("utf-8"), made, said, reading)


def to_text(data: bytes, charset: str | None = None) -> tuple[str | None, str]:
    """Decoded bytes and the encoding: by a byte order mark, UTF-8 where it is that, what the server or the page says, or a guess.

    Characters that cannot be decoded become U+FFFD where they are few; else the text is null.
    """
    from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

    marks = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
    if marked := [name for mark, name in marks if data.startswith(mark)]:
        candidates = marked
    elif _is_utf8(data):
        candidates = ["utf-8"]
    else:
        told = map_encoding_to_html5(charset, fallback_utf8=False) if charset else None
        guesses = (told, detect_encoding(data, from_html_meta=True), detect_encoding(data), "utf-8")
        candidates = [name for name in dict.fromkeys(guesses) if name and _known(name)]
    decoded = ((data.decode(name, "replace").removeprefix("\ufeff"), name) for name in candidates)
    text, encoding = min(decoded, key=lambda found: found[0].count("\ufffd"))
    return (text if text.count("\ufffd") <= max(1, LOST * len(text)) else None), encoding


def _is_utf8(data: bytes) -> bool:
    """UTF-8 that is more than ASCII, but for damage: characters of several bytes do not come about by chance."""
    text = data.decode("utf-8", "replace")
    beyond, lost = len(text) - len(text.encode("ascii", "ignore")), text.count("\ufffd")
    return beyond - lost > lost


def _known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def language_of(text: str) -> Said | None:
    """The language of a text where it can be told from its letters, and Resiliparse is installed."""
    if not available() or len(text) < ENOUGH:
        return None
    from resiliparse.parse.lang import detect_fast

    found, rank = detect_fast(text)
    return Said(found, f"inferred from the text (detect_fast of Resiliparse, rank {rank})", inferred=True) if rank < CERTAIN else None


def _deeper_than(tree: Any, limit: int) -> bool:
    from resiliparse.parse.html import traverse_dom

    deepest = 0

    def enter(context: Any) -> None:
        nonlocal deepest
        deepest = max(deepest, context.depth)

    traverse_dom(tree.document, enter)
    return deepest > limit


def _said(tree: Any) -> Iterator[tuple[str, Said]]:
    """What the head of a page says."""
    metas: dict[str, str] = {}
    for element in tree.document.query_selector_all("meta"):
        for attribute in ("property", "name", "itemprop"):
            if (key := element.getattr(attribute)) and (content := element.getattr("content")):
                metas.setdefault(key.strip().lower(), content)
    for name, keys in _META.items():
        found = ((key, READ[name](metas.get(key))) for key in keys)
        if first := next(((key, value) for key, value in found if value), None):
            if name == "author" and first[1].startswith(("http://", "https://")):
                continue  # the address of a profile is no name
            yield name, Said(first[1], f"meta {first[0]}")
        elif name == "title" and (title := READ[name](tree.title)):
            yield name, Said(title, "title element")
    root = tree.document.query_selector("html")
    if root is not None and (tag := READ["language"](root.getattr("lang"))):
        yield "language", Said(tag, "lang attribute of the html element")
    licence = tree.document.query_selector("head link[rel=license]")
    if licence is not None and (address := READ["rights"](licence.getattr("href"))):
        yield "rights", Said(f"The page names its licence: {address}", "link rel=license")
