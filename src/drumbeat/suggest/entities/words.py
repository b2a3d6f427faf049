"""A page's words, from its parse: what the rules on names look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drumbeat.suggest.parse import Line, Parsed

_GLUED = re.compile(r"(?<=[a-z])(?=[A-Z]{2,}\b)|(?<=[a-z][.,!?”])(?=[A-Z])|(?<=^[DRI])(?=-[A-Z])|(?<=^[DRI]-)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Word:
    """text[start:end] of the page, with what the parse says of it.  `opens`: a sentence or a line begins with it."""

    text: str
    start: int
    end: int
    line: int
    opens: bool
    tag: str
    label: str  # of the name that the model sees here, empty for none
    begins: bool  # that name begins here
    capital: bool


def words(parsed: Parsed) -> list[Word]:
    """The words of all lines, in order."""
    return [word for number, line in enumerate(parsed.lines) for word in _line(line, number)]


def _line(line: Line, number: int) -> Iterator[Word]:
    opens = True
    for token in line.tokens:
        text, start, begins = token.text, token.start, token.begins
        opens = opens or token.opens
        for part in _GLUED.split(text) if len(text) > 3 else (text,):
            yield Word(part, start, start + len(part), number, opens, token.tag, token.label, begins, part[0].isupper())
            start += len(part)
            begins = bool(token.label)  # no name goes on over the seam
            opens = opens and not part[-1].isalnum() and part not in ")]"
