"""What news writes in a fixed form, where the form decides, whatever the model sees: datelines, picture credits, known long names."""

from collections.abc import Iterator, Sequence

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, covered, key
from drumbeat.suggest.entities.words import Word

_DASHES = frozenset({"—", "–", "-", "--", "_"})
_LONGEST = 12  # words: the longest dateline looked for


def with_formulas(words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
    """The names, with those of formulas in the place of what the model saw there."""
    fixed = [*_datelines(words), *_credits(words)]
    inside = covered(words, fixed)
    kept = [name for name in names if not any(inside[name.first : name.last])]
    return sorted([*_prolonged(words, kept, inside), *fixed], key=lambda name: name.first)


def _prolonged(words: Sequence[Word], names: Sequence[Name], inside: bytearray) -> Iterator[Name]:
    """`New York` as the model sees it in `New York Times`, a listed name, becomes that."""
    until = 0
    for name in names:
        if name.first < until:
            continue
        longer = next(
            (name.first + n for n in lexicon.openings().get(words[name.first].text, ()) if _reaches(words, name, name.first + n)), 0
        )
        if longer and not any(inside[name.first : longer]):
            until = longer
            yield Name(name.first, longer, lexicon.known()[key(words, name.first, longer)][0], name.model)
        else:
            yield name


def _reaches(words: Sequence[Word], name: Name, last: int) -> bool:
    """A listed name begins with this one, goes on over it to `last`, and cuts no other name in two."""
    return (
        name.last < last <= len(words)
        and words[last - 1].line == words[name.first].line
        and key(words, name.first, last) in lexicon.known()
        and (last == len(words) or not words[last].label or words[last].begins)
    )


def _datelines(words: Sequence[Word]) -> Iterator[Name]:
    line = -1
    for at, word in enumerate(words):
        if word.line == line:
            continue
        line = word.line
        last = at
        while last < len(words) and last - at < 4 and words[last].line == line and _is_shouted(words[last].text):
            last += 1
        if last > at and not _is_acronym(words[at].text) and _goes_on_as_dateline(words, last, line):
            listed = lexicon.known().get(tuple(word.text.title() for word in words[at:last]), ("GPE",))
            yield Name(at, last, listed[0], sure=True)


def _is_shouted(text: str) -> bool:
    return (text.isupper() and (len(text) > 2 or text.endswith("."))) or text in ("DE", "LA", "EL", "DES", "AL", "ST", "-")


def _is_acronym(text: str) -> bool:
    return (text,) in lexicon.known() and "ORG" in lexicon.known()[text,]


def _goes_on_as_dateline(words: Sequence[Word], at: int, line: int) -> bool:
    """A dash, an agency in brackets or a date follows, at once or after the name of a country or state."""
    for here in range(at, min(at + _LONGEST, len(words))):
        word = words[here]
        if word.line != line:
            return False
        if word.text in _DASHES or (word.text == "(" and words[min(here + 1, len(words) - 1)].text.isupper()) or _is_date(words, here):
            return here == at or words[at].text == ","
        if here > at + 4 or not (word.capital or word.text in (",", ".", "of", "and")):
            return False
    return False


def _is_date(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    return (
        len(text) >= 4
        and text[:4].isdigit()
        and (text[4:5] == "-" or (len(text) == 4 and at + 1 < len(words) and words[at + 1].text == "-"))
    )


def _credits(words: Sequence[Word]) -> Iterator[Name]:
    """`DENIS BALIBOUSE / REUTERS`: who took a picture stands before a slash and the agency."""
    for slash in range(2, len(words) - 1):
        if words[slash].text != "/" or words[slash + 1].line != words[slash - 2].line:
            continue
        agency = "ORG" in lexicon.known().get((words[slash + 1].text,), ()) or words[slash + 1].label == "ORG"
        first = slash
        while first > 0 and slash - first < 3 and words[first - 1].line == words[slash].line and _is_personal(words[first - 1].text):
            first -= 1
        if agency and slash - first > 1:
            yield Name(first, slash, "PERSON", sure=True)


def _is_personal(text: str) -> bool:
    return text[0].isupper() and text.isalpha() and text not in cues.NO_NAMES and bare(text) not in cues.ORG_HEADS
