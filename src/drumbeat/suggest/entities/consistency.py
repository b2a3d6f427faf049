"""One page, one meaning: a name is the same thing wherever it stands on a page, and is found everywhere once it is found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from drumbeat.suggest.entities import cues, evidence, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, covered, key
from drumbeat.suggest.entities.evidence import Vote
from drumbeat.suggest.entities.lexicon import Key
from drumbeat.suggest.entities.words import Word

Votes = dict[str, float]
_KIND = {"GPE": "place", "LOC": "place", "FAC": "place"}
_LONGEST_PERSON = 8  # words
_MOST = 4.0  # what the hints of all occurrences may add up to, so that a page full of one verb does not outvote the rest


@dataclass(frozen=True, slots=True)
class Decision:
    """The label that a name has on the page, and how much more spoke for it than for the next one."""

    label: str
    lead: float


def decided(words: Sequence[Word], names: Sequence[Name]) -> dict[Key, Decision]:
    """What each name of the page is: full names first, since they tell what their parts are."""
    places: dict[Key, list[Name]] = defaultdict(list)
    for name in names:
        places[key(words, name.first, name.last)].append(name)
    decisions: dict[Key, Decision] = {}
    parts: dict[Key, Votes] = defaultdict(dict)
    for found in sorted(places, key=len, reverse=True):
        votes = _votes(words, found, places[found])
        _count(votes, parts.get(found, {}).items())
        decisions[found] = _best(votes)
        for part, label, weight in _parts(found, decisions[found].label):
            parts[part][label] = max(parts[part].get(label, 0.0), weight)
    for part, votes in parts.items():
        if part not in decisions and max(votes.values()) >= _MOST:
            decisions[part] = _best(votes)
    return decisions


def _count(votes: Votes, more: Iterable[Vote]) -> None:
    for label, weight in more:
        votes[label] = votes.get(label, 0.0) + weight


def _votes(words: Sequence[Word], found: Key, names: Sequence[Name]) -> Votes:
    """What the words of a name say, what its finders say on average, and what stands around it."""
    votes: Votes = {}
    hints: Votes = {}
    _count(votes, evidence.of_the_words(found))
    for name in names:
        _count(votes, ((label, weight / len(names)) for label, weight in evidence.of_the_finder(name)))
        _count(hints, evidence.of_the_context(words, name.first, name.last))
    _count(votes, ((label, max(-_MOST, min(_MOST, weight))) for label, weight in hints.items()))
    return votes


def _best(votes: Votes) -> Decision:
    """The label of most weight; places weigh together before it is asked what kind of place it is."""
    kinds: Votes = {}
    _count(kinds, ((_KIND.get(label, label), weight) for label, weight in votes.items()))
    kind = max(kinds, key=lambda found: kinds[found])
    label = max((label for label in votes if _KIND.get(label, label) == kind), key=lambda label: votes[label])
    return Decision(label, kinds.pop(kind) - max(0.0, *kinds.values(), 0.0))


def _parts(found: Key, label: str) -> Iterator[tuple[Key, str, float]]:
    """What a full name tells of shorter ones: surname, given name, a company without `Corp.`, a body's initials, a dateline's city."""
    match label:
        case "PERSON" if 1 < len(found) < _LONGEST_PERSON:
            full = _unsuffixed(found)
            for start in range(1, len(full)):
                yield full[start:], "PERSON", 5.0 if start == len(full) - 1 or len(full) > 3 else 4.0
            yield full[:1], "PERSON", 4.0 if full[0] in lexicon.first_names() else 3.0
            yield full, "PERSON", 5.0
        case "ORG" if len(found) > 1:
            short = found
            while len(short) > 1 and (bare(short[-1]) in cues.COMPANY_SUFFIXES or short[-1] in (",", "&")):
                short = short[:-1]
            if short != found:
                yield short, "ORG", 4.0
            if len(found) < 4 and found[:1] not in lexicon.known() and found[0] not in cues.TITLE_PARTS:
                yield found[:1], "ORG", 2.0
            initials = "".join(word[0] for word in found if word[0].isupper())
            if len(initials) > 1:
                yield (initials,), "ORG", 4.0
        case "GPE" if found[0].isupper() and len(found[0]) > 3:
            yield tuple(word.title() for word in found), "GPE", 4.0


def surnames(words: Sequence[Word], names: Sequence[Name]) -> frozenset[Key]:
    """The last words of the people that the page names in full, and names that a title stands before."""
    people = [key(words, name.first, name.last) for name in names if name.label == "PERSON"]
    titled = {key(words, name.first, name.last) for name in names if name.first and bare(words[name.first - 1].text) in cues.PLAIN_TITLES}
    return frozenset({_unsuffixed(found)[-1:] for found in people if len(found) > 1} | titled)


def _unsuffixed(found: Key) -> Key:
    return found[:-1] if found[-1] in cues.PEOPLE_SUFFIXES and len(found) > 2 else found


def everywhere(words: Sequence[Word], names: Sequence[Name], decisions: Mapping[Key, Decision]) -> list[Name]:
    """The names, each with its label, and every other place where the same words stand."""
    lengths = lexicon.by_opening(decisions)
    kept = [_as_decided(words, name, decisions) for name in names]
    taken = covered(words, kept)
    return sorted([*kept, *_free(words, taken, lengths, decisions)], key=lambda name: name.first)


def _as_decided(words: Sequence[Word], name: Name, decisions: Mapping[Key, Decision]) -> Name:
    decision = decisions[key(words, name.first, name.last)]
    return replace(name, label=decision.label, lead=decision.lead)


def _free(
    words: Sequence[Word], taken: bytearray, lengths: Mapping[str, Iterable[int]], decisions: Mapping[Key, Decision]
) -> Iterator[Name]:
    at = 0
    while at < len(words):
        length = 0 if taken[at] else next((n for n in lengths.get(words[at].text, ()) if _stands(words, taken, at, n, decisions)), 0)
        if length:
            yield _as_decided(words, Name(at, at + length, ""), decisions)
        at += length or 1


def _stands(words: Sequence[Word], taken: bytearray, at: int, length: int, decisions: Collection[Key]) -> bool:
    last = at + length
    return (
        words[at].capital
        and last <= len(words)
        and words[last - 1].line == words[at].line
        and not any(taken[at:last])
        and key(words, at, last) in decisions
        and not (length == 1 and (words[at].text in cues.NO_NAMES or _goes_on(words, at)))
    )


def _goes_on(words: Sequence[Word], at: int) -> bool:
    """An unrecognised capitalised word follows: the two are another name."""
    after = words[at + 1] if at + 1 < len(words) else None
    return after is not None and after.line == words[at].line and after.capital and after.tag in ("NNP", "NNPS") and not after.label
