"""Which record of the knowledge base a name means.  What fits no record, or more than one, is left open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drumbeat.model import Entity
from drumbeat.suggest.entities.boundaries import Name, key
from drumbeat.suggest.entities.cues import PEOPLE_SUFFIXES
from drumbeat.suggest.entities.lexicon import Key, split
from drumbeat.suggest.entities.words import Word

Found = tuple[Key, str]
"""The words of a name without case, and its label."""

_BODIES = frozenset({"ORG", "FAC"})  # a place that acts, such as the Kremlin, has one record


@dataclass(frozen=True, slots=True, eq=False)
class KnowledgeBase:
    """Records by their id, and the ids by name and label; people whose whole name is one word also under `mononym`."""

    records: Mapping[str, Entity]
    named: Mapping[Found, set[str]]

    @classmethod
    def of(cls, entities: Iterable[Entity]) -> "KnowledgeBase":
        """The knowledge base of these records, to be made once for all pages."""
        records = {entity.id: entity for entity in entities}
        named: dict[Found, set[str]] = defaultdict(set)
        for entity in records.values():
            labels = _BODIES if entity.type in _BODIES else {entity.type}
            for name in (entity.name, *entity.aliases):
                for label in labels:
                    named[_folded(split(name)), label].add(entity.id)
            if entity.type == "PERSON" and len(split(entity.name)) == 1:
                named[_folded(split(entity.name)), "mononym"].add(entity.id)
        return cls(records, dict(named))


def linked(words: Sequence[Word], names: Sequence[Name], knowledge_base: KnowledgeBase) -> list[str | None]:
    """For each name the id of the one record that has its name or alias and its label, else null.

    A person's surname alone means whom the page names in full; where it names nobody of that surname in full, or two people, it
    stays open, whatever the aliases say.
    """
    if not knowledge_base.records:
        return [None] * len(names)
    found = [(_folded(key(words, name.first, name.last)), name.label) for name in names]
    people: dict[str, set[Key]] = defaultdict(set)
    for words_of, label in found:
        if label == "PERSON" and len(words_of) > 1:
            people[_surname(words_of)].add(words_of)
    return [_record(knowledge_base.named, people, words_of, label) for words_of, label in found]


def _record(named: Mapping[Found, set[str]], people: Mapping[str, set[Key]], found: Key, label: str) -> str | None:
    fitting = named.get((found, label), set())
    if label == "PERSON" and len(found) == 1:
        full = {entity for name in people.get(found[0], ()) for entity in named.get((name, label), {None})}
        if people.get(found[0]):
            fitting = {entity for entity in full if entity is not None} if None not in full else set()
        else:
            fitting = {entity for entity in fitting if entity in named.get((found, "mononym"), set())}
    return next(iter(fitting)) if len(fitting) == 1 else None


def _folded(found: Key) -> Key:
    """Without case, a leading article and the full stops of abbreviations."""
    folded = tuple(word.casefold().replace(".", "") or word for word in found)
    return folded[1:] if folded[0] == "the" and len(folded) > 1 else folded


def _surname(full: Key) -> str:
    suffixes = {suffix.casefold() for suffix in PEOPLE_SUFFIXES}
    return full[-2] if full[-1] in suffixes and len(full) > 2 else full[-1]
