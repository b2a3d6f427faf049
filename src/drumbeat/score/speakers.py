"""Whether a quotation is given to the speaker of the reference: by the place that names them, or by who they are.

Each way gives two verdicts, a strict one and a lenient one; the lenient one is what `speaker` and `end to end` count.
"""

import re
import unicodedata
from dataclasses import dataclass

from drumbeat.model import Span
from drumbeat.score.units import meet, trimmed, without_article, without_possessive

_CAPITALISED = re.compile(r"[A-Z][\w’'\-]+")
_APOSTROPHE = re.compile("[’']")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A speaker as a place in the text: public sets.

    `spans` are other places that the reference takes as equal, `heads` the words that a right answer has to cover.
    """

    span: Span
    spans: tuple[Span, ...] = ()
    heads: tuple[Span, ...] = ()

    def matches(self, text: str, other: "Speaker") -> tuple[bool, bool]:
        """Strict: the same place without edges, article and possessive.  Lenient: a head covered, or the same last word with a capital."""
        if not isinstance(other, Mentioned):
            return False, False
        ours, theirs = _bare(text, self.span), _bare(text, other.span)
        strict = ours == theirs or any(trimmed(text, span) == theirs for span in self.spans)
        lenient = strict or any(head in theirs for head in self.heads or (ours,))
        return strict, lenient or _same_last(text[ours.start : ours.end], text[theirs.start : theirs.end])


@dataclass(frozen=True, slots=True)
class Resolved:
    """A speaker as who it is: annotation sets.  `source` is where the text names them."""

    entity: str | None
    name: str | None
    source: tuple[Span, ...]

    def matches(self, text: str, other: "Speaker") -> tuple[bool, bool]:
        """Strict: the same entity; where one has none, the same name; where one has no name either, the same source.

        Lenient: the sources overlap; or, where one has no entity, the names end in the same word with a capital.
        """
        if not isinstance(other, Resolved):
            return False, False
        if self.entity and other.entity:
            strict = self.entity == other.entity
        elif self.name and other.name:
            strict = _folded(self.name) == _folded(other.name)
        else:
            strict = bool(self.source) and self.source == other.source
        alike = not (self.entity and other.entity) and _same_last(self.name or "", other.name or "")
        return strict, strict or alike or meet(self.source, other.source)


Speaker = Mentioned | Resolved


def capitalised(text: str) -> list[str]:
    """The words that begin with a capital."""
    return _CAPITALISED.findall(text)


def _same_last(one: str, other: str) -> bool:
    """Whether two names end in the same capitalised word, whatever follows an apostrophe in it."""
    ours, theirs = (_APOSTROPHE.split(words[-1])[0] if (words := capitalised(name)) else "" for name in (one, other))
    return bool(ours) and ours == theirs


def _bare(text: str, span: Span) -> Span:
    return without_article(text, without_possessive(text, trimmed(text, span)))


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    return folded.removeprefix("the ")
