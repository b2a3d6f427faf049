"""A page's words, from its parse: what the rules on names look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drumbeat.suggest.parse import Parsed

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
    """The words of all lines, in order, white space left out."""
    return [word for number, line in enumerate(parsed.lines) for word in _line(line.doc, line.start, number)]


def _line(doc: Any, offset: int, number: int) -> Iterator[Word]:
    opens = True
    for token in doc:
        text = token.text
        if text.isspace():
            continue
        start = offset + token.idx
        opens = opens or bool(token.is_sent_start)
        label = token.ent_type_
        begins = token.ent_iob_ == "B"
        for part in _GLUED.split(text) if len(text) > 3 else (text,):
            yield Word(part, start, start + len(part), number, opens, token.tag_, label, begins, part[0].isupper())
            start += len(part)
            begins = bool(label)  # no name goes on over the seam
            opens = opens and not part[-1].isalnum() and part not in ")]"
