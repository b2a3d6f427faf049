"""Where names begin and end: the model's spans, mended to what the scheme calls a name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.words import Word

LABELS = frozenset({"PERSON", "NORP", "ORG", "GPE", "LOC", "FAC", "EVENT", "WORK_OF_ART", "LAW", "PRODUCT"})
_POSSESSIVE = frozenset({"'s", "’s", "'", "’", "'S", "’S"})
_LONGEST = 25  # words; what the model takes for a longer name is none
_PREFIXES = frozenset({"anti", "pro", "ex", "non", "pre", "post", "mid", "then", "Anti", "Pro", "Ex", "Non", "Pre", "Post", "Mid", "Then"})
_NO_EDGE = frozenset("\"'“”‘’`.,:;!?-–—_()[]{}<>|*/&$%#+=~") | {"--", "``", "''", "…", "..."}


@dataclass(frozen=True, slots=True)
class Name:
    """words[first:last] with a label; `model` is what the model called it, empty where it saw none; `sure` where a rule needs no
    vote, `lead` by how much the label was decided.
    """

    first: int
    last: int
    label: str
    model: str = ""
    sure: bool = False
    lead: float = 0.0


def model_names(words: Sequence[Word]) -> list[Name]:
    """The model's names, those of dates and numbers left out, each mended; in text order, none overlapping."""
    return [mended for name in _runs(words) for mended in _mended(words, name)]


def _runs(words: Sequence[Word]) -> Iterator[Name]:
    first = 0
    for at in range(1, len(words) + 1):
        word = words[first]
        if at < len(words) and words[at].label == word.label and not words[at].begins and words[at].line == word.line:
            continue
        if word.label in LABELS and at - first <= _LONGEST:
            yield Name(first, at, word.label, word.label)
        first = at


def _mended(words: Sequence[Word], name: Name) -> Iterator[Name]:
    for part in _parts(words, name):
        trimmed = trim(words, part)
        letter = trimmed.last - trimmed.first == 1 and len(words[trimmed.first].text) == 1
        if (
            trimmed.first < trimmed.last
            and not letter
            and any(word.capital or word.text[0].isdigit() for word in words[trimmed.first : trimmed.last])
        ):
            yield trimmed


def _parts(words: Sequence[Word], name: Name) -> Iterator[Name]:
    """Cut a span that holds more than one name: at commas and slashes, at a hyphen between two listed places."""
    first = name.first
    for at in range(name.first + 1, name.last - 1):
        if _separates(words, name, first, at):
            yield replace(name, first=first, last=at)
            first = at + 1
    yield replace(name, first=first)


def _separates(words: Sequence[Word], name: Name, first: int, at: int) -> bool:
    match words[at].text:
        case ",":
            return bare(words[at + 1].text) not in cues.COMPANY_SUFFIXES and not _enumerates(words, first, name.last)
        case "/" | ";" | "(" | ")":
            return True
        case "-" | "–":
            return words[at - 1].text in ("D", "R") or (_is_listed(words, first, at) and _is_listed(words, at + 1, name.last))
        case "and":
            return name.label == "PERSON" or (_is_listed(words, first, at) and _is_listed(words, at + 1, name.last))
        case _:
            return words[at].tag in ("VBD", "VBZ") and words[at].text.islower()


def _enumerates(words: Sequence[Word], first: int, last: int) -> bool:
    """`Ministry of Trade, Industry and Energy`: one name, since the things it is of are listed."""
    texts = [word.text for word in words[first:last]]
    return ("of" in texts or "for" in texts) and ("and" in texts or "&" in texts)


def _is_listed(words: Sequence[Word], first: int, last: int) -> bool:
    return key(words, first, last) in lexicon.known()


def trim(words: Sequence[Word], name: Name) -> Name:
    """Without what stands around a name: article, title, possessive, weekday, date, marks."""
    first, last = name.first, name.last
    while first < last and _leads(words, first, last, name.label):
        first += 1
    while last > first and _trails(words, first, last, name.label):
        last -= 1
    return replace(name, first=first, last=last)


def _leads(words: Sequence[Word], first: int, last: int, label: str) -> bool:
    word = words[first]
    if word.text in _NO_EDGE or word.text in _POSSESSIVE:
        return True
    if last - first == 1:
        return False
    if word.text in _PREFIXES and words[first + 1].text == "-":
        return True
    if word.text in cues.INTERFACE or _of_a_title(words, first):
        return True
    if word.text.lower() in ("the", "a", "an") or (word.text in cues.MONTHS and label == "ORG"):
        return True
    if label == "PERSON":
        return _leads_a_person(words, first, last)
    return word.text.islower() and words[first + 1].text != "-" and word.text not in cues.NAME_PARTICLES


def _of_a_title(words: Sequence[Word], at: int) -> bool:
    """`Secretary of State John Kerry`: the model takes `State John Kerry` for a name."""
    return of_a_title(words, at) and words[at + 1].tag == "NNP" and bare(words[at + 1].text) not in cues.ORG_HEADS


def of_a_title(words: Sequence[Word], at: int) -> bool:
    """A title ends there that goes on with `of`: `Secretary of | State`."""
    titled = at > 1 and words[at - 1].text == "of" and bare(words[at - 2].text) in cues.PERSON_TITLES
    return titled and words[at].text in cues.TITLE_PARTS


def _leads_a_person(words: Sequence[Word], first: int, last: int) -> bool:
    word, following = words[first], words[first + 1]
    if word.text in lexicon.first_names():
        return False
    titled = bare(word.text) in cues.TITLE_PARTS and following.capital
    people = "NORP" in lexicon.known().get((word.text,), ())
    echoing = word.opens and word.tag in ("VBG", "VBN", "IN")
    return titled or people or echoing or (word.text.islower() and word.text not in cues.NAME_PARTICLES and following.text not in "-'’")


def _trails(words: Sequence[Word], first: int, last: int, label: str) -> bool:
    word = words[last - 1]
    if word.text in _POSSESSIVE:
        return last - first == 1 or key(words, first, last) not in lexicon.known()
    if word.text in _NO_EDGE:
        return True
    if last - first == 1:
        return False
    caption = last < len(words) and words[last].text == ":" and word.text in ("Image", "Photo", "Picture")
    dated = word.text[:1].isdigit() and (label in ("PERSON", "GPE", "LOC", "NORP") or (label == "ORG" and len(word.text) > 3))
    common = (
        word.text.islower()
        and word.text.isalpha()
        and label in ("PERSON", "ORG", "GPE", "LOC", "FAC")
        and words[last - 2].text not in ("-", "–")
    )
    return (
        caption
        or dated
        or common
        or word.text in cues.INTERFACE
        or word.text in cues.WEEKDAYS
        or word.text in ("and", "of", "the", "in", "for", "at", "who")
    )


def bare(text: str) -> str:
    """A word without the full stop of an abbreviation."""
    return text[:-1] if text[-1:] == "." and len(text) > 1 else text


def key(words: Sequence[Word], first: int, last: int) -> lexicon.Key:
    """The words of a name."""
    return tuple(word.text.replace("’", "'") for word in words[first:last])


def covered(words: Sequence[Word], names: Iterable[Name]) -> bytearray:
    """For each word, 1 where a name covers it."""
    taken = bytearray(len(words))
    for name in names:
        taken[name.first : name.last] = b"\1" * (name.last - name.first)
    return taken
