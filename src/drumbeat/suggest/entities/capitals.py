"""Lines in capitals, such as headlines, of which the model makes little."""

from collections.abc import Mapping, Sequence

from drumbeat.suggest.entities import lexicon
from drumbeat.suggest.entities.boundaries import Name, covered, key
from drumbeat.suggest.entities.consistency import Decision
from drumbeat.suggest.entities.words import Word


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
