"""Pieces that page text glues into one line: bylines, dates, controls, credits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from drumbeat.suggest.regions.cues import Table, look_up, packed
from drumbeat.suggest.regions.features import Lines
from drumbeat.suggest.regions.page import BAR, BRACKET, EXCLAIM, LOWER, QUOTE, STOP, UPPER, Ints, read
from drumbeat.suggest.regions.roles import ROLES

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?"
    r"|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_CLOCK = r"\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b\.?|\s?[AP]\.?M\b\.?)?(?:\s(?:[A-Z]{2,4}T|ET|UTC|GMT|BST))?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    r"(?:(?:Updated|Published|Posted|Last updated|First published)(?: on| at)?:?\s)?"
    r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,?\s)?"
    rf"(?:{_MONTH}\s{_DAY},?\s(?:19|20)\d\d|{_DAY}\s{_MONTH},?\s(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)(?:,?\s?(?:at\s|[-–|]\s?)?{_CLOCK})?"
)
_READING = r"\d{1,3}\s?(?:-\s?)?min(?:ute)?s?(?:\sread)?"
_NAME = r"[A-Z][\w.'’-]*(?:\s(?:[A-Z][\w.'’-]*|de|van|von|der|bin|al-\w+)){1,4}"
_CONTROLS = (
    r"Read more|Read More|READ MORE|Show more|Show More|See more|View more|Share(?: this(?: article)?)?|Listen to (?:this )?article"
    r"|Link copied(?: to clipboard)?|Copy link|Expand|Collapse|Click to (?:expand|enlarge)|[Hh]ide caption|toggle caption|Edit post"
)
_AGENCY = (
    r"(?:AP|AFP|Reuters|REUTERS|Getty Images|Getty|EPA|TASS|Bloomberg|Associated Press|AP Photo|Anadolu(?: Agency)?|Shutterstock|UPI|PA"
    r"|Sputnik|NurPhoto|dpa|Xinhua|via AP)"
)
_CREDIT = (
    rf"\((?:[^()\n]{{2,60}}[/|,]\s?(?:[^()\n]{{2,40}}\svia\s)?{_AGENCY}[^()\n]{{0,30}}"
    r"|(?:Photo|Image|Picture|Photograph|AP Photo)(?:\sby|:|/)[^()\n]{2,80})\)"
    r"|(?:Photo(?:graph)?|Image|Picture)(?:\scredit)?(?:\sby\s|:\s)[^\n.]{2,60}$"
    rf"|(?:[A-Z][A-Za-z.'’-]+\s){{1,3}}?[A-Z][A-Za-z.'’-]+\s?/\s?{_AGENCY}(?:\svia\s{_AGENCY})?$"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """text[start:end] of a line, and its role; null where it has the role of its line."""

    start: int
    end: int
    role: str | None


_BYLINE = re.compile(
    rf"(?P<byline>(?:[Bb]y|BY|Written by)\s{_NAME}(?:(?:,|\sand|\s&)\s{_NAME})*(?:\s?[,|/–-]\s?[A-Z][\w .]{{2,40}})??)"
    rf"[\s|•·,–-]*(?P<timestamp>{_DATE})(?:[\s|•·,–-]*(?P<interface>{_READING}))?\W*"
)
_DATE_READ = re.compile(rf"(?P<timestamp>{_DATE})[\s|•·,–-]*(?P<interface>{_READING})\W*")
_BYLINE_READ = re.compile(rf"(?P<byline>(?:[Bb]y|BY)\s{_NAME})[\s|•·,–-]*(?P<interface>{_READING})\W*")
_ALONE = re.compile(
    rf"(?P<byline>(?:[Bb]y|BY|Written by|Story by)\s{_NAME}(?:(?:,|\sand|\s&)\s{_NAME})*)\W*"
    rf"|(?P<timestamp>{_DATE}|(?:Published|Posted|Updated|Last updated)\s\d+\s\w+\sago)\W*|(?P<interface>{_READING})\W*"
)
_INSIDE = re.compile(rf"(?<=[.!?”\"’)\w])(?P<control>{_CONTROLS})(?=[A-Z(\s]|$)(?P<rest>[^\n]*)")
_BY_AGENCY = re.compile(rf"{_AGENCY}\s*\)?$")
_END_CREDIT = re.compile(rf"(?P<credit>{_CREDIT})\s*$")
_WRITERS = r"(?:The )?Associated Press (?:writers?|journalists?|reporters?) |(?:Additional )?[Rr]eporting by |With reporting (?:by|from) "
_CONTRIBUTED = re.compile(
    rf"(?:(?<=[.!?”\"] )|^)(?P<credit>(?:{_WRITERS})?{_NAME}[^.\n]{{0,200}}\bcontributed (?:to|reporting)[^.\n]{{0,80}}\.)\s*$"
)
_SHORT = 200  # characters that a byline with its date has at most
_READ = ("body", "caption", "credit", "deck")  # roles of lines that controls and credits are glued to
_READ_NUMBERS = np.array([ROLES.index(role) for role in _READ])
_HEAD_WORDS = "by written story min mins minute minutes 3min 3mins 3minute ago published posted updated 2000 2000-01-01"  # digits are alike
_TAIL_WORDS = "contributed photo photograph image picture"
_LONGEST = 2_000  # characters of a line that are searched: behind them stands running text


def seldom_whole(lines: Lines, role: Ints, above: Ints) -> Ints:
    """Which lines may be glued of pieces, by what signs and words they have: the others need not be read again."""
    page = lines.page
    n, classes = len(page), page.classes
    head = above & (page.end - page.start <= _SHORT)
    head &= np.bincount(page.word_line[look_up(page.word_hash, _words(_HEAD_WORDS)) >= 0], minlength=n) > 0
    # a letter right behind the end of a sentence, or a capital right behind a small letter
    letter = (classes[1:] == UPPER) | (classes[1:] == LOWER)
    seam = letter & ((classes[:-1] == STOP) | (classes[:-1] == EXCLAIM) | (classes[:-1] == QUOTE) | (classes[:-1] == BRACKET))
    seam |= (classes[1:] == UPPER) & (classes[:-1] == LOWER)
    glued = np.bincount(np.searchsorted(page.start, np.flatnonzero(seam), side="right") - 1, minlength=n)[:n] > 0
    tail = np.bincount(page.word_line[look_up(page.word_hash, _words(_TAIL_WORDS)) >= 0], minlength=n) > 0
    tail |= (classes[page.end - 1] == BRACKET) | (page.counts[:, BAR] > 0)
    told = np.bincount(page.word_line[look_up(page.word_hash, _words("contributed")) >= 0], minlength=n) > 0
    return np.asarray(head | told | (glued & tail) | ((glued | tail) & np.isin(role, _READ_NUMBERS)))


@cache
def _words(words: str) -> Table:
    return packed({int(found): 0 for found in read(words).word_hash})


def pieces(line: str, role: str, above: bool = False) -> Iterator[Piece]:
    """The pieces of a line, in order and without white space at their edges; a line that is no more than one piece is given whole.

    `above`: whether it stands above the running text, where bylines and dates are the article's own.
    """
    yield from _trimmed(line, list(_pieces(line, role, above)))


def _trimmed(line: str, found: list[Piece]) -> Iterator[Piece]:
    for piece in found:
        inner = line[piece.start : piece.end]
        if inner.strip():
            start = piece.start + len(inner) - len(inner.lstrip())
            yield Piece(start, start + len(inner.strip()), piece.role)


def _pieces(line: str, role: str, above: bool) -> Iterator[Piece]:
    if above and len(line) <= _SHORT:
        for form in (_BYLINE, _DATE_READ, _BYLINE_READ, _ALONE):
            match = form.fullmatch(line)
            if match:
                yield from _groups(match)
                return
    if len(line) > _LONGEST:
        yield Piece(0, len(line), None)
        return
    inside = _INSIDE.search(line)
    credited = inside is not None and len(inside["rest"]) < 80 and _BY_AGENCY.search(inside["rest"]) is not None
    if inside and _glued(line, inside) and (credited or role in _READ):
        if credited and role not in ("body", "deck"):
            yield Piece(0, inside.start(), "caption")  # a control, then a credit: what stands before them is a caption
        else:
            yield from _ended(line, 0, inside.start(), role)
        yield Piece(inside.start("control"), inside.end("control"), "interface")
        yield Piece(inside.start("rest"), len(line), "credit" if credited else None)
        return
    yield from _ended(line, 0, len(line), role)


def _glued(line: str, match: re.Match[str]) -> bool:
    """A control stands where no sentence would have it: right behind its end, without a space."""
    return match.start() > 0 and not line[match.start() - 1].isspace()


def _ended(line: str, start: int, end: int, role: str) -> Iterator[Piece]:
    """A credit at the end of a caption or text is a piece of its own."""
    part = line[start:end]
    match = None
    if role in ("caption", "body", "deck"):
        match = _END_CREDIT.search(part, max(0, len(part) - 200)) if role == "caption" or part.endswith(")") else None
    match = match or (_CONTRIBUTED.search(part) if "contributed" in part[-120:] else None)
    if match and match.start() == 0:
        yield Piece(start, end, "credit")
    elif match:
        yield Piece(start, start + match.start(), None)
        yield Piece(start + match.start(), end, "credit")
    else:
        yield Piece(start, end, None)


def _groups(match: re.Match[str]) -> Iterator[Piece]:
    """The named groups, each with what stands behind it up to the next."""
    found = [(match.start(name), name) for name, value in match.groupdict().items() if value is not None]
    for (start, name), end in zip(found, [*(at for at, _ in found[1:]), match.end()], strict=True):
        yield Piece(start, end, name)
