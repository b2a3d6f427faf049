"""What readers give: pages, what cannot be used, and what is no page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from drumbeat.errors import SeedError
from drumbeat.normalize import decode

BINARY = 0.01  # a share of control characters that no text has

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Said:
    """A value that a page or its record gives, and where; `inferred` where it is not stated outright."""

    value: str
    where: str
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it becomes a seed.

    `place` is what messages call it, `made` how its text came about, `said` what it says of itself: by field of the seed, and of
    `url` and `rights`.
    """

    place: str
    data: bytes = field(repr=False)
    made: str
    said: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A record that cannot be used: where it stands, and why."""

    place: str
    why: str

    def __str__(self) -> str:
        """One line for the terminal."""
        return f"{self.place}: {self.why}"


@dataclass(frozen=True, slots=True)
class Passed:
    """What is no page, and not meant to be one: a request, an image, a file of another kind."""

    what: str


Item = Page | Flaw | Passed


@dataclass(frozen=True, slots=True)
class Reading:
    """How inputs are read: only the `main` text of HTML or all of it, the column with the text, the size of the largest page."""

    main: bool = False
    column: str | None = None
    max_bytes: int = 50_000_000

    def too_long(self, size: int | None = None) -> str:
        """Why a page over the limit is not taken."""
        said = "more than" if size is None else f"{size:,} bytes, more than"
        return f"{said} the {self.max_bytes:,} bytes of the largest page; raise --max-bytes to take it"


AS_IT_IS = Reading()


def page(place: str, data: bytes, made: str, said: Mapping[str, Said], reading: Reading) -> Page | Flaw:
    """The page, or why it is none: too long, not UTF-8, without visible text, binary."""
    if len(data) > reading.max_bytes:
        return Flaw(place, reading.too_long(len(data)))
    try:
        text = decode(data, place)
    except SeedError as error:
        return Flaw(place, str(error).removeprefix(f"{place}: "))
    if "\0" in text or len(_CONTROLS.findall(text)) > BINARY * len(text):
        return Flaw(place, "holds control characters as no text does; is it binary data?")
    return Page(place, data, made, said)


def plain(value: object) -> str | None:
    """A value on one line, or null where there is nothing to read; of a list its items.

    >>> plain([" Ada  Byrne", "Lena Ortiz"])
    'Ada Byrne, Lena Ortiz'
    """
    if isinstance(value, list | tuple):
        return ", ".join(found for item in value if (found := plain(item))) or None
    if not isinstance(value, str):
        return None
    one_line = " ".join(_CONTROLS.sub(" ", value).encode("utf-8", "ignore").decode("utf-8").split())
    return one_line or None


def day(value: object) -> str | None:
    """The day that a date or time in ISO 8601 names, as it is written there; null for any other way to write it.

    >>> day("2022-01-26T23:30:00-05:00")
    '2022-01-26'
    """
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[0]).isoformat() if found else None
    except ValueError:
        return None


def language(value: object) -> str | None:
    """A language tag of BCP 47, or null.

    >>> language("en_US")
    'en-US'
    """
    tag = value.strip().replace("_", "-") if isinstance(value, str) else ""
    return tag if _LANGUAGE.fullmatch(tag) else None


# How the value of a field is read.
READ: Mapping[str, Callable[[object], str | None]] = {
    "outlet": plain,
    "title": plain,
    "published": day,
    "author": plain,
    "language": language,
    "url": plain,
    "rights": plain,
}
