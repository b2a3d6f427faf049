"""Text in capitals: datelines and headlines, of which the model makes little."""

from collections.abc import Iterator, Mapping, Sequence

from drumbeat.suggest.entities import lexicon
from drumbeat.suggest.entities.boundaries import Name, covered, key
from drumbeat.suggest.entities.consistency import Decision
from drumbeat.suggest.entities.words import Word

_DASHES = frozenset({"—", "–", "-", "--", "_"})
_LONGEST = 12  # words: the longest dateline looked for


def datelines(words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
    """The names, with the place of each dateline (`NEW DELHI, India (AP) —`) for what the model saw there."""
    places = list(_datelines(words))
    starts = {place.first: place for place in places}
    inside = {at for place in places for at in range(place.first, place.last)}
    kept = [name for name in names if not inside.intersection(range(name.first, name.last))]
    return sorted([*kept, *starts.values()], key=lambda name: name.first)


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


def shouting(words: Sequence[Word]) -> frozenset[int]:
    """The lines that are all in capitals."""
    counts: dict[int, list[int]] = {}
    for word in words:
        if len(word.text) > 2 and word.text.isalpha():
            counts.setdefault(word.line, [0, 0])[not word.text.isupper()] += 1
    return frozenset(line for line, (upper, other) in counts.items() if upper > 1 and upper > 4 * other)


def lowered(words: Sequence[Word], names: Sequence[Name], decisions: Mapping[lexicon.Key, Decision]) -> list[Name]:
    """The names, those in lines of capitals replaced by what the rest of the page, or a list, knows of the same words."""
    lines = shouting(words)
    if not lines:
        return list(names)
    upper = {tuple(word.upper() for word in found): decision for found, decision in decisions.items()}
    openings = lexicon.by_opening(upper)
    kept = [
        name
        for name in names
        if words[name.first].line not in lines or not name.model or key(words, name.first, name.last) in lexicon.known()
    ]
    taken = covered(words, kept)
    found: list[Name] = []
    at = 0
    while at < len(words):
        ends = (at + n for n in openings.get(words[at].text, ()) if words[at].line in lines)
        last = next((end for end in ends if _is_free(words, taken, at, end) and key(words, at, end) in upper), 0)
        if last:
            decision = upper[key(words, at, last)]
            found.append(Name(at, last, decision.label, lead=decision.lead))
        at = last or at + 1
    return sorted([*kept, *found], key=lambda name: name.first)


def _is_free(words: Sequence[Word], taken: bytearray, first: int, last: int) -> bool:
    return last <= len(words) and not any(taken[first:last]) and words[last - 1].line == words[first].line
