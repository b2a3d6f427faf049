"""What speaks for a name being a person, a body or a place: weights, added up by `consistency`.

The weights are coarse on purpose.  1 is a hint, such as a preposition before the name; 2 is worth one opinion of the model; 4 settles it
unless several hints stand against it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, of_a_title
from drumbeat.suggest.entities.words import Word

Vote = tuple[str, float]

_OPENS = frozenset({"the", "a", "an", "his", "her", "whose", "former"})
_ENDS = frozenset({",", ".", "of", "for", "and"})
_AGE = re.compile(r"\d{1,2}$")


def of_the_words(key: lexicon.Key) -> Iterator[Vote]:
    """What the words of a name say by themselves."""
    last = bare(key[-1])
    for label in lexicon.known().get(key, ()):
        yield label, 6.0 if len(key) > 1 else 3.0 / len(lexicon.known()[key])
    if len(key) == 1:
        if key[0] in lexicon.first_names():
            yield "PERSON", 1.5
        elif len(key[0]) > 1 and key[0].isupper() and key[0].isalpha() and len(key[0]) <= 5:
            yield "ORG", 1.0
            yield "PERSON", -2.0
        elif key[0][0].isalpha() and any(sign.isdigit() for sign in key[0]):
            yield "PRODUCT", 1.0
            yield "PERSON", -2.0
            yield "GPE", -2.0
        return
    if last in cues.COMPANY_SUFFIXES:
        yield "ORG", 6.0
    elif last in cues.SURNAME_HEADS and len(key) < 4 and key[0] in lexicon.first_names() and key not in lexicon.known():
        yield "PERSON", 4.0
    elif last in cues.ORG_HEADS:
        yield "ORG", 4.0
    elif last in cues.FACILITY_HEADS:
        yield "FAC", 3.0
    elif last in cues.EVENT_HEADS:
        yield "EVENT", 3.0
    elif last in cues.LAW_HEADS:
        yield "LAW", 3.0
    elif last in cues.PLACE_HEADS:
        yield "LOC", 3.0
    elif key[0] in lexicon.first_names() and key[1] not in ("of", "and", "-") and len(key) <= 5:
        yield "PERSON", 3.0
    elif len(key[0]) == 2 and key[0][1] == "." and key[0][0].isupper() and key[1][0].isupper():
        yield "PERSON", 1.5
    if any(word in ("of", "for", "and", "&") for word in key[1:-1]) and any(word in cues.ORG_HEADS for word in key):
        yield "ORG", 3.0


def of_the_context(words: Sequence[Word], first: int, last: int) -> Iterator[Vote]:
    """What stands before and after a name."""
    line = words[first].line
    around = [
        words[at].text if 0 <= at < len(words) and words[at].line == line else "" for at in (first - 1, first - 2, last, last + 1, last + 2)
    ]
    before, second, after, next_, third = around
    modifies = last < len(words) and words[last].line == line and words[last].tag in ("NN", "NNS") and words[last].text.islower()
    yield from _before(words, first, before, second, last - first, modifies)
    yield from _after(words, last, after, next_, last - first)
    if after in ("'s", "’s"):
        yield from _possessed(next_, third)
    if after in (",", "(") and next_ in ("D", "R") and third == "-":  # `Chuck Schumer, D-N.Y.`
        yield "PERSON", 3.0
    yield from _apposed(words, last, line) if after == "," else ()
    yield from _pronoun(words, last, line)


def _possessed(next_: str, third: str) -> Iterator[Vote]:
    for label, nouns in (("PERSON", cues.PERSONAL), ("ORG", cues.CORPORATE), ("GPE", cues.NATIONAL)):
        if next_ in nouns or third in nouns:
            yield label, 1.0


def _apposed(words: Sequence[Word], last: int, line: int) -> Iterator[Vote]:
    """`X, the longtime leader of …`: the first common noun after the comma that tells."""
    inner = list(takewhile(lambda word: word.line == line and word.text not in _ENDS, words[last + 1 : last + 7]))
    if not inner or inner[0].text.lower() not in _OPENS | cues.ROLE_NOUNS:
        return
    for word in inner:
        for label, nouns, weight in (("PERSON", cues.ROLE_NOUNS, 2.0), ("ORG", cues.BODY_NOUNS, 1.5), ("GPE", cues.PLACE_NOUNS, 1.5)):
            if word.text in nouns:
                yield label, weight
                return


def _pronoun(words: Sequence[Word], last: int, line: int) -> Iterator[Vote]:
    """The first pronoun after the name in its sentence, no other name between."""
    for word in words[last : last + 12]:
        if word.line != line or word.opens or (word.capital and word.text != "I"):
            return
        if word.text in cues.PEOPLE_PRONOUNS:
            yield "PERSON", 0.7
            return
        if word.text in cues.BODY_PRONOUNS:
            yield "ORG", 0.5
            yield "PERSON", -0.5
            return


def _before(words: Sequence[Word], first: int, before: str, second: str, length: int, modifies: bool) -> Iterator[Vote]:
    lower = before.lower()
    if is_title(words, first - 1):
        yield "PERSON", 4.0 if bare(before) in cues.PLAIN_TITLES else 2.5
    elif lower in cues.ROLE_NOUNS:
        yield "PERSON", 1.5
    elif lower == "by" and words[first - 1].opens:
        yield "PERSON", 2.0
    elif lower in cues.BODY_NOUNS:
        yield "ORG", 2.0
    elif before in ("said", "says", "asked", "added", "wrote"):
        yield "PERSON", 1.0
    elif lower in ("in", "near", "outside", "across"):
        yield "GPE", 1.0
    elif lower in ("at", "for", "of") and second.lower() in cues.ROLE_NOUNS:
        yield "ORG", 1.0
    elif lower == "of" and second.lower() in cues.PLACE_NOUNS:
        yield "GPE", 4.0
    elif lower == "of" and second.lower() in ("shares", "stock", "percent", "subsidiary", "unit", "members", "member"):
        yield "ORG", 1.0
    elif before == "," and second.lower() in cues.ROLE_NOUNS | cues.BODY_NOUNS:
        yield ("PERSON" if second.lower() in cues.ROLE_NOUNS else "ORG"), 1.0
    elif lower == "the" and length == 1 and not modifies:
        yield "PERSON", -1.5
        yield ("GPE", 1.0) if second == "in" else ("ORG", 0.5)


def _after(words: Sequence[Word], last: int, after: str, next_: str, length: int) -> Iterator[Vote]:
    if after in cues.SAID:
        yield "PERSON", 1.0
    elif after == "," and _AGE.match(next_) and last + 2 < len(words) and words[last + 2].text in ",.)":
        yield "PERSON", 3.0
    elif after == "," and next_ in ("who", "whose", "whom"):
        yield "PERSON", 2.0
    elif after == "," and "GPE" in lexicon.known().get((next_,), ()):
        yield "GPE", 1.0
    elif after in ("shares", "stock", "executives", "employees", "officials", "CEO", "spokesman", "spokeswoman", "chairman", "executive"):
        yield "ORG", 2.5
    elif after in cues.PLACE_NOUNS and length == 1:
        yield "GPE", 2.0


def is_title(words: Sequence[Word], at: int) -> bool:
    """A capitalised title such as `President` stands there."""
    return at >= 0 and words[at].capital and (bare(words[at].text) in cues.PERSON_TITLES or of_a_title(words, at))


def of_the_finder(name: Name) -> Iterator[Vote]:
    """The opinion of who found one occurrence."""
    if name.sure:
        yield name.label, 4.0
    elif name.model:
        yield name.model, 2.0
