"""Sentences, words and blocks of a page's text, by rules (version `VERSION`).

Rules and not a model, since the bytes of the corpus depend on them.  A *block* is a line, or a part of one where
regions meet inside it.  A sentence never leaves its block.  Words follow the Penn Treebank in spirit (punctuation and
the possessive 's apart) and what names need: hyphens apart (`Russian|-|backed`, `UK|-|EU`), abbreviations whole
(`U.S.`), words that a page glued apart where lower case meets two capitals (`more|DENIS`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap

from drumbeat.model import Region, Span

VERSION = "1"

_TITLES = "Mr|Mrs|Ms|Dr|Prof|St|Gov|Gen|Sen|Rep|Lt|Col|Capt|Sgt"
_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_WORD = re.compile(
    rf"""
    [A-Z]?[a-z]+(?=[ ,])                                # most words: what the longer rule below gives, sooner
    | (?:[^\W\d_]\.){{2,}}                                  # U.S., U.S.S.R.
    | (?:{_TITLES}|{_MONTHS}|No|Inc|Ltd|Co|Corp|vs|etc)\.(?=\s)
    | \d+(?:[.,:]\d+)*                                  # 100,000, 4.4, 9:38
    | ['’](?:s|re|ve|ll|d|m)\b | n['’]t\b               # clitics
    | [^\W\d_](?:(?!(?<=[a-z])[A-Z]{{2}})(?!n['’]t\b)[^\W_]|[\u0300-\u036f\u200c\u200d])*
    | [^\w\s] | \d | _
    """,
    re.VERBOSE,
)
_STOP = re.compile(r"""[.!?…]++["”’')\]]*+""")
_BEGIN = re.compile(r"""\s+["“‘'(\[]?[A-Z0-9À-ÞΑ-ΩА-Я]""")
_ABBREVIATION = re.compile(rf"(?:\b(?:{_TITLES}|{_MONTHS}|No|vs)|\b(?:[A-Za-z]\.)*[A-Za-z])\.$")


def lines(text: str) -> Iterator[Span]:
    """The non-blank lines, without the white space at their edges."""
    begin = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = begin + len(line) - len(line.lstrip())
            yield Span(start, start + len(stripped))
        begin += len(line) + 1


def blocks(text: str, regions: Sequence[Region]) -> Iterator[tuple[Span, Region]]:
    """Every line, cut where regions meet, with its region.  `regions` are in text order and do not overlap."""
    index = 0
    for line in lines(text):
        while index < len(regions) and regions[index].end <= line.start:
            index += 1
        here = index
        while here < len(regions) and regions[here].start < line.end:
            region = regions[here]
            start, end = max(region.start, line.start), min(region.end, line.end)
            if text[start:end].strip():
                yield Span(start, end), region
            here += 1


def sentences(text: str, block: Span) -> Iterator[Span]:
    """The sentences of one block.

    A stop ends one where white space and a capital, digit or opening mark follow and no abbreviation stands before it.
    """
    begin = block.start
    for match in _STOP.finditer(text, block.start, block.end):
        if not _BEGIN.match(text, match.end(), block.end):
            continue
        if match[0] == ".":
            word = max(begin, text.rfind(" ", begin, match.start()) + 1)  # no abbreviation holds a space
            if _ABBREVIATION.search(text, word, match.end()):
                continue
        yield Span(begin, match.end())
        begin = match.end()
        while text[begin].isspace():
            begin += 1
    yield Span(begin, block.end)


def words(text: str, sentence: Span) -> list[Span]:
    """The words and punctuation marks of a sentence; every visible character is in exactly one."""
    return list(starmap(Span, map(re.Match.span, _WORD.finditer(text, sentence.start, sentence.end))))


def bio(starts: Sequence[int], spans: Iterable[tuple[Span, str]]) -> list[str]:
    """BIO tags: a word belongs to the first of the spans that covers its first character.

    `starts` are the words' first characters, in text order.
    """
    tags = ["O"] * len(starts)
    for span, label in spans:
        prefix = "B"
        for index in range(bisect_left(starts, span.start), bisect_left(starts, span.end)):
            if tags[index] == "O":
                tags[index] = f"{prefix}-{label}"
                prefix = "I"
    return tags


def begun(tags: Sequence[str]) -> list[str]:
    """The tags of a sentence: a span that runs on from the sentence before begins anew."""
    return [f"B{tags[0][1:]}", *tags[1:]] if tags and tags[0].startswith("I-") else list(tags)
