"""Titles of works and nicknames, which stand in quotation marks: no other names lie inside them."""

from collections.abc import Iterator, Mapping, Sequence

from drumbeat.model import Span
from drumbeat.suggest.entities.boundaries import Name
from drumbeat.suggest.entities.words import Word

_OPEN = frozenset({"“", '"', "``", "‘", "`", "'"})
_CLOSE = frozenset({"”", '"', "''", "’", "'"})
_SMALL = ("IN", "DT", "CC", "TO", "RP", "PRP$", "POS")
_LONGEST = 12  # words: a longer quotation is no title
_LEAD = 2.5  # as sure as a name with one good reason
_SHORTEST = 3  # words that are a title even where the model does not see one


def with_works(words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
    """The names, those inside a title in quotation marks replaced by the title."""
    inside = bytearray(len(words))
    whole: list[Name] = []
    starts, ends = {name.first: name for name in names}, {name.last: name for name in names}
    for span in _titles(words):
        nicknamed = _nicknamed(words, starts, ends, span)
        if nicknamed:
            whole.append(nicknamed)
        elif span.end - span.start >= _SHORTEST or any(word.label == "WORK_OF_ART" for word in words[span.start : span.end]):
            whole.append(Name(span.start, span.end, "WORK_OF_ART", lead=_LEAD))
        first, last = (nicknamed.first, nicknamed.last) if nicknamed else (span.start, span.end)
        inside[first:last] = b"\1" * (last - first)
    return sorted([*(name for name in names if not any(inside[name.first : name.last])), *whole], key=lambda name: name.first)


def _titles(words: Sequence[Word]) -> Iterator[Span]:
    """Words in quotation marks that are written as titles are: `Last Tango in Paris`, not `yes, in Paris`."""
    opened = -1
    for at, word in enumerate(words):
        if opened >= 0 and (word.line != words[opened].line or at - opened > _LONGEST):
            opened = -1
        if word.text in _OPEN and opened < 0:
            opened = at
        elif word.text in _CLOSE and opened >= 0:
            last = at
            while last > opened + 1 and words[last - 1].text in (",", "."):
                last -= 1
            if _is_titled(words[opened + 1 : last]):
                yield Span(opened + 1, last)
            opened = -1


def _is_titled(inner: Sequence[Word]) -> bool:
    small = (word for word in inner if word.text.isalpha() and not word.capital)
    return bool(inner) and inner[0].capital and inner[-1].capital and all(len(word.text) < 5 and word.tag in _SMALL for word in small)


def _nicknamed(words: Sequence[Word], starts: Mapping[int, Name], ends: Mapping[int, Name], span: Span) -> Name | None:
    """`Roberto "Hands of Stone" Duran`, where one of the two names around is a person's: one name."""
    if span.start < 2 or span.end + 1 >= len(words) or not words[span.start - 2].capital or not words[span.end + 1].capital:
        return None
    before, after = ends.get(span.start - 1), starts.get(span.end + 1)
    if after is None or "PERSON" not in (after.label, before.label if before else ""):
        return None
    first = before.first if before else span.start - 2
    return Name(first, after.last, "PERSON", words[first].label, lead=after.lead)
