"""Which record of the knowledge base a name means.  What fits no record, or more than one, is left open."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from drumbeat.model import Entity
from drumbeat.suggest.entities.boundaries import Name, key
from drumbeat.suggest.entities.cues import PEOPLE_SUFFIXES
from drumbeat.suggest.entities.lexicon import Key, split
from drumbeat.suggest.entities.words import Word

Found = tuple[Key, str]
"""The words of a name without case, and its label."""

_BODIES = frozenset({"ORG", "FAC"})  # a place that acts, such as the Kremlin, has one record


def linked(words: Sequence[Word], names: Sequence[Name], knowledge_base: Sequence[Entity]) -> list[str | None]:
    """For each name the id of the one record that has its name or alias and its label, else null.

    A person's surname alone means whom the page names in full; where it names nobody of that surname in full, or two people, it
    stays open, whatever the aliases say.
    """
    if not knowledge_base:
        return [None] * len(names)
    records = _by_name(tuple(knowledge_base))
    found = [(_folded(key(words, name.first, name.last)), name.label) for name in names]
    people: dict[str, set[Key]] = defaultdict(set)
    for words_of, label in found:
        if label == "PERSON" and len(words_of) > 1:
            people[_surname(words_of)].add(words_of)
    return [_record(records, people, words_of, label) for words_of, label in found]


def _record(records: Mapping[Found, set[str]], people: Mapping[str, set[Key]], found: Key, label: str) -> str | None:
    fitting = records.get((found, label), set())
    if label == "PERSON" and len(found) == 1:
        full = {entity for name in people.get(found[0], ()) for entity in records.get((name, label), {None})}
        if people.get(found[0]):
            fitting = {entity for entity in full if entity is not None} if None not in full else set()
        else:
            fitting = {entity for entity in fitting if entity in records.get((found, "mononym"), set())}
    return next(iter(fitting)) if len(fitting) == 1 else None


@lru_cache(maxsize=1)  # pages by the million have one knowledge base
def _by_name(knowledge_base: tuple[Entity, ...]) -> Mapping[Found, set[str]]:
    """The records by name and label; people whose whole name is one word also under `mononym`."""
    records: dict[Found, set[str]] = defaultdict(set)
    for entity in knowledge_base:
        labels = _BODIES if entity.type in _BODIES else {entity.type}
        for name in (entity.name, *entity.aliases):
            for label in labels:
                records[_folded(split(name)), label].add(entity.id)
        if entity.type == "PERSON" and len(split(entity.name)) == 1:
            records[_folded(split(entity.name)), "mononym"].add(entity.id)
    return records


def _folded(found: Key) -> Key:
    """Without case, a leading article and the full stops of abbreviations."""
    folded = tuple(word.casefold().replace(".", "") or word for word in found)
    return folded[1:] if folded[0] == "the" and len(folded) > 1 else folded


def _surname(full: Key) -> str:
    suffixes = {suffix.casefold() for suffix in PEOPLE_SUFFIXES}
    return full[-2] if full[-1] in suffixes and len(full) > 2 else full[-1]
