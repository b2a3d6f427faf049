"""Names that the model breaks into pieces, or sees only a part of."""

from collections.abc import Sequence
from dataclasses import replace

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, key
from drumbeat.suggest.entities.words import Word

_NATIONAL = frozenset({"U.S.", "US", "U.N.", "UN", "U.K.", "UK"})


def joined(words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
    """The names, those that are pieces of one name made one, and those that the words around belong to made whole."""
    found: list[Name] = []
    for name in names:
        grown = _grown(words, name, found[-1].last if found else 0)
        while found and (whole := _whole(words, found[-1], grown)) is not None:
            found.pop()
            grown = whole
        found.append(grown)
    return found


def _whole(words: Sequence[Word], one: Name, two: Name) -> Name | None:
    """Two neighbouring names as one, where they are one."""
    if words[one.first].line != words[two.first].line:
        return None
    gap = [word.text for word in words[one.last : two.first]] if two.first - one.last < 3 else ["", ""]
    both = replace(one, last=two.last)
    match gap:
        case []:
            if _is_person(words, one, two):
                return replace(both, label="PERSON", model="PERSON")
            if two.label == "ORG" and (_is_national(words, one) or _names_the_body(words, one, two)):
                return replace(both, label="ORG", model=two.model)
        case [","] if _is_suffix(words, two) or _is_firm(words, one, two):
            return replace(both, label="ORG")
        case [link] | [link, "the"] if link in cues.LINKS and _takes_of(words, one) and two.label in ("ORG", "GPE", "LOC", "NORP"):
            return replace(both, label="ORG", model=one.model)
        case ["and"] if one.label == two.label == "ORG" and _goes_on(words, one, two):
            return both
    return None


def _is_person(words: Sequence[Word], one: Name, two: Name) -> bool:
    """Given name and surname, which the model took for two names."""
    labels = {one.label, two.label}
    if "PERSON" not in labels or not labels <= {"PERSON", "ORG", "GPE"} or two.last - one.first > 4:
        return False
    titled = all(bare(word.text) in cues.TITLE_PARTS for word in words[one.first : one.last])
    return not (titled or _listed(words, one) or _listed(words, two) or bare(words[two.last - 1].text) in cues.ORG_HEADS)


def _is_national(words: Sequence[Word], name: Name) -> bool:
    return name.last - name.first == 1 and words[name.first].text in _NATIONAL


def _names_the_body(words: Sequence[Word], one: Name, two: Name) -> bool:
    """`Frank Lloyd Wright | Foundation`, `World | Jewish | Congress`; not `German | Foreign Ministry`, which every state has."""
    headed = bare(words[two.last - 1].text) in cues.ORG_HEADS
    return headed and (not _listed(words, two) or one.label == "PERSON") and not words[one.last - 1].text.endswith("s")


def _listed(words: Sequence[Word], name: Name) -> bool:
    return key(words, name.first, name.last) in lexicon.known()


def _is_suffix(words: Sequence[Word], name: Name) -> bool:
    return name.last - name.first == 1 and bare(words[name.first].text).capitalize() in cues.COMPANY_SUFFIXES


def _is_firm(words: Sequence[Word], one: Name, two: Name) -> bool:
    """`Donaldson, | Lufkin & Jenrette`."""
    return two.label == "ORG" and one.last - one.first == 1 and any(word.text == "&" for word in words[two.first + 1 : two.last - 1])


def _takes_of(words: Sequence[Word], name: Name) -> bool:
    """`University`, `Bank`: what of, follows."""
    return (
        name.label == "ORG"
        and words[name.last - 1].text in cues.ORG_HEADS
        and not any(word.text in cues.LINKS for word in words[name.first : name.last])
    )


def _goes_on(words: Sequence[Word], one: Name, two: Name) -> bool:
    """`League of American Producers | and | Theater Owners`."""
    ofs = any(word.text in cues.LINKS for word in words[one.first : one.last])
    return (
        ofs
        and not _listed(words, two)
        and (words[two.last - 1].text in cues.FIELDS or words[one.last - 1].tag == words[two.last - 1].tag == "NNPS")
    )


def _grown(words: Sequence[Word], name: Name, after: int) -> Name:
    if name.label == "PERSON":
        return _grown_person(words, name, after)
    if name.label == "ORG":
        return _grown_body(words, name)
    if name.label in ("GPE", "NORP", "LOC"):
        return _grown_place(words, name)
    return name


def _grown_place(words: Sequence[Word], name: Name) -> Name:
    """`London | Newsroom`, `Saudi | Gazette`: what follows makes it a body."""
    last = name.last
    while last < len(words) and last - name.last < 3 and words[last].line == words[name.first].line and _is_unseen(words[last]):
        last += 1
    if last > name.last and bare(words[last - 1].text) in cues.ORG_HEADS and key(words, name.last, last) not in lexicon.known():
        return replace(name, last=last, label="ORG")
    return name


def _is_unseen(word: Word) -> bool:
    return word.capital and word.tag in ("NNP", "NNPS") and not word.label and not word.opens


def _grown_person(words: Sequence[Word], name: Name, after: int) -> Name:
    first, last = name.first, name.last
    while (
        first > after
        and _belongs(words, first - 1, first)
        and (not words[first - 1].opens or words[first - 1].text in lexicon.first_names())
    ):
        first -= 1
    while last < len(words) and last - first < 4 and _belongs(words, last, last - 1):
        last += 1
    return replace(name, first=first, last=last)


def _belongs(words: Sequence[Word], at: int, beside: int) -> bool:
    """An unlabelled capitalised word beside a person's name is a part of it."""
    word = words[at]
    return (
        word.capital
        and (word.tag == "NNP" or word.text in lexicon.first_names())
        and not word.label
        and word.line == words[beside].line
        and len(word.text) > 1
        and bare(word.text) not in cues.TITLE_PARTS | cues.ORG_HEADS | cues.FACILITY_HEADS | cues.PLACE_HEADS | cues.EVENT_HEADS
        and word.text not in cues.NO_NAMES
        and (word.text,) not in lexicon.known()
        and not word.text.isupper()
    )


def _grown_body(words: Sequence[Word], name: Name) -> Name:
    """`Center for Internet | and Society`, `Mercantile | Inc`."""
    last = name.last
    if last < len(words) and words[last].line == words[name.first].line:
        if words[last].capital and not words[last].label and bare(words[last].text) in cues.COMPANY_SUFFIXES:
            return replace(name, last=last + 1)
        ofs = any(word.text in cues.LINKS for word in words[name.first : name.last])
        if ofs and words[last].text == "and" and last + 1 < len(words) and words[last + 1].text in cues.FIELDS:
            return replace(name, last=last + 2)
    return name
