"""Whose name a source stands for on this page, or why that is left open.

The rules, in order; none of them guesses:

1. A name in the source is taken.  A surname alone becomes the one full name on the page that ends with it; where several end
   with it, the surname stays.
2. `who` and `which` are the name that the clause hangs on.
3. `he` and `she` are a person named before, in this line or the one above, outside the words that are reported, whose gender does not
   speak against it: the only such person; else the only one of them who is the subject of a clause; else the last such subject,
   if the quotation before was theirs.  Gender is known from titles and from common given names.
4. An office (`the senator`) is the one person whom the page calls so with a name.
5. Without a person the institution or place in the phrase is taken (`a spokesman for the Kremlin`), the state for its officials
   where the page names it (`Russian officials`); but a person whose name only says whose aide speaks is not the speaker, and where
   two persons speak together none is taken.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.marks import Interval
from drumbeat.model import Mention
from drumbeat.suggest.quotes.lexicon import FEMALE, MALE, OFFICIALS, STATES, TITLES
from drumbeat.suggest.quotes.tree import Tree

NOT_NAMED = "described, not named"
_BODIES = {"ORG", "GPE"}
PRONOUNS = {"he": "m", "him": "m", "she": "f", "her": "f"}
_FIRST = {"i", "we", "me", "us", "you"}
_PRONOUNS_OF_ALL_KINDS = {*PRONOUNS, *_FIRST, "who", "which", "that", "they", "it", "one", "some", "many", "others", "this", "these"}
_TITLE_GENDER = dict.fromkeys(("mr", "sir", "lord", "king", "prince"), "m") | dict.fromkeys(("mrs", "ms", "miss", "lady", "dame"), "f")
_WHOSE = re.compile(
    r"\s+(?:campaign |team )?(?:[a-z]+ )*"
    r"(?:spokes\w+|aides?|advis[eo]rs?|supporters?|campaign|lawyers?|allies|officials?|voters?|surrogates?|team)\b"
)
_POSSESSIVE = re.compile("['’]s?$")
_STOP = re.compile(r"(?<=\w\w\w\w)[.,;:]$")  # of the sentence, where the tokeniser left it on the name
_OFFICES = {"sen": "senator", "gov": "governor", "rep": "representative", "gen": "general", "col": "colonel", "capt": "captain"}


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it stands: text[start:end], its label, the entity it is linked to, the title before it.

    `subject` says whether it is the subject of a clause.
    """

    start: int
    end: int
    label: str
    text: str
    entity: str | None
    title: str
    subject: bool

    @property
    def surname(self) -> str:
        """Its last word."""
        return self.text.rsplit(maxsplit=1)[-1]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Name and entity of a speaker; without a name `reason` says why."""

    name: str | None
    entity: str | None = None
    reason: str = ""


def page_names(text: str, trees: Sequence[Tree], mentions: Sequence[Mention]) -> list[Name]:
    """The names of persons, bodies and places on a page, in order: the given mentions, or those of the parse."""
    if mentions:
        spans = sorted((item.start, item.end, item.label, item.entity) for item in mentions)
    else:
        spans = [(start, end, label, None) for tree in trees for start, end, label in tree.names()]
    subjects = sorted(offset for tree in trees for offset in tree.subjects())
    names = []
    for start, end, label, entity in spans:
        subject = bisect_left(subjects, start) < bisect_left(subjects, end)
        name = _STOP.sub("", _POSSESSIVE.sub("", text[start:end]).strip())
        words = name.removeprefix("the ").removeprefix("The ").split()
        before = text[max(0, start - 24) : start].rstrip().rsplit(maxsplit=1)
        title = before[-1].lower() if before else ""
        while len(words) > 1 and words[0].lower().rstrip(".") in TITLES:
            title = words.pop(0).lower().rstrip(".")
        if words and "\n" not in name and label in {"PERSON", "NORP", *_BODIES}:
            names.append(Name(start, end, label, " ".join(words), entity, title.rstrip(".") if title in TITLES else "", subject))
    return names


class Roster:
    """The names of a page, asked whom a phrase means."""

    def __init__(self, text: str, names: Sequence[Name]) -> None:
        self.text, self.names = text, names
        self.starts = [name.start for name in names]
        self.full: dict[str, list[Name]] = {}
        self.full_by_word: dict[str, list[Name]] = {}
        self.titles: dict[str, set[str]] = {}
        self.genders: dict[str, set[str]] = {}
        for name in names:
            if name.label != "PERSON":
                continue
            known = self.full.setdefault(name.surname, [])
            self.full_by_word[name.surname.lower()] = known
            if " " in name.text and all(other.text != name.text for other in known):
                known.append(name)
            if name.title:
                self.titles.setdefault(_OFFICES.get(name.title, name.title), set()).add(name.surname)
            gender = _TITLE_GENDER.get(name.title) or _given_gender(name.text)
            if gender:
                self.genders.setdefault(name.surname, set()).add(gender)

    def words(self, span: Interval) -> str:
        """The words of a phrase, in small letters."""
        return self.text[span[0] : span[1]].lower()

    def within(self, span: Interval) -> list[Name]:
        """The names that lie in a span."""
        low, high = bisect_left(self.starts, span[0]), bisect_left(self.starts, span[1])
        return [name for name in self.names[low:high] if name.end <= span[1] + 2]

    def resolve(self, span: Interval, above: int, content: Sequence[Interval], before: str | None, antecedent: Interval | None) -> Resolved:
        """Whom the phrase at `span` means, which reports `content`.

        Pronouns look back to `above`, the start of the line before theirs; `before` is the speaker of the quotation before, and
        `antecedent` the phrase that a relative pronoun stands for.
        """
        words = self.words(span).split()
        if len(words) > 1 or words[0] not in _PRONOUNS_OF_ALL_KINDS:
            return self._named(span, words)
        word = words[0]
        if word in PRONOUNS:
            return self._pronoun(PRONOUNS[word], span[0], above, content, before)
        if word in {"who", "which", "that"}:
            if antecedent is None:
                return Resolved(None, reason=f"whom “{word}” stands for is not clear")
            return self._named(antecedent, self.words(antecedent).split())
        if word in _FIRST:
            return Resolved(None, reason="the first person is not named here")
        return Resolved(None, reason=f"“{word}” is not resolved")

    def _named(self, span: Interval, words: list[str]) -> Resolved:
        names = self.within(span)
        persons = [name for name in names if name.label == "PERSON"]
        own = [name for name in persons if not _belongs(self.text, name, span)]
        if len(own) > 1 and re.search(r"\b(?:and|or)\b|&", self.text[own[0].end : own[-1].start]):
            return Resolved(None, reason="several persons speak together")
        if own:
            return self._whole(own[0])
        if persons:
            return Resolved(None, reason="described by somebody else's name, not named")
        office = self._office(words)
        if office is not None:
            return office
        known = self.full_by_word.get(words[-1], []) if words else []
        if len(known) == 1:  # a surname that the parse took for a common word, as in a label or a headline
            return Resolved(known[0].text, known[0].entity)
        bodies = [name for name in names if name.label in _BODIES]
        state = bodies[0] if bodies else self._state(names, words)
        if state is not None:
            return Resolved(state.text, state.entity)
        return Resolved(None, reason=NOT_NAMED)

    def known(self, name: str) -> Resolved:
        """A name that is no mention: the one full name on the page that ends with it, else as it stands."""
        full = self.full.get(name, [])
        return Resolved(full[0].text, full[0].entity) if len(full) == 1 else Resolved(name)

    def _whole(self, name: Name) -> Resolved:
        full = self.full.get(name.surname, [])
        if " " not in name.text and len(full) == 1:
            return Resolved(full[0].text, name.entity or full[0].entity)
        return Resolved(name.text, name.entity)

    def _office(self, words: list[str]) -> Resolved | None:
        holders = self.titles.get(words[-1], set()) if words and words[0] == "the" else set()
        if len(holders) != 1:
            return None
        full = self.full.get(next(iter(holders)), [])
        return Resolved(full[0].text, full[0].entity) if len(full) == 1 else None

    def _state(self, names: Sequence[Name], words: Sequence[str]) -> Name | None:
        """The state whose officials a phrase names, where the page names it too."""
        wanted = {state for name in names if name.label == "NORP" for state in STATES.get(name.text.lower(), ())}
        if not wanted or not OFFICIALS & set(words):
            return None
        return next((name for name in self.names if name.label == "GPE" and name.text in wanted), None)

    def _pronoun(self, gender: str, at: int, above: int, content: Sequence[Interval], before: str | None) -> Resolved:
        word = "he" if gender == "m" else "she"
        low, high = bisect_left(self.starts, above), bisect_right(self.starts, at)
        possible: dict[str, Name] = {}  # by surname, the last mentioned last
        subjects: dict[str, Name] = {}
        for name in self.names[low:high]:
            said = any(start <= name.start < end for start, end in content)
            if name.label == "PERSON" and name.end <= at and not said and self.genders.get(name.surname, {gender}) == {gender}:
                for known in (possible, subjects) if name.subject else (possible,):
                    known.pop(name.surname, None)
                    known[name.surname] = name
        if len(possible) == 1:
            return self._whole(*possible.values())
        if len(subjects) == 1:
            return self._whole(*subjects.values())
        if subjects and self._whole(list(subjects.values())[-1]).name == before:
            return self._whole(list(subjects.values())[-1])
        if not possible:
            return Resolved(None, reason=f"no person near whom “{word}” could stand for")
        return Resolved(None, reason=f"“{word}” could stand for {' or '.join(sorted(name.text for name in possible.values())[:3])}")


def _given_gender(name: str) -> str | None:
    given = name.split()[0].lower() if " " in name else ""
    return "f" if given in FEMALE else "m" if given in MALE else None


def _belongs(text: str, name: Name, span: Interval) -> bool:
    """The name only says whose or which one: `Ms. Lee's lawyer`, `a Lee spokesman`, `an aide of Lee`."""
    after, before = text[name.end : span[1]], text[span[0] : name.start].rstrip()
    if text[name.start : name.end].endswith(("'s", "’s", "s'", "s’")) or re.match("['’]s?\\b", after):
        return True
    if re.search(r"(?:^|\s)(?:of|for|to|by|with|from|at|under|against|including)(?:\s+\S+){0,2}$", before):
        return True
    return bool(_WHOSE.match(after))
