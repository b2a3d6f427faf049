"""Whether two quotations may be of one speaker."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from drumbeat.links import speaks_for
from drumbeat.model import Entity

_WORD = re.compile(r"\w+")


class Speaker(NamedTuple):
    """Who is reported to speak: the entity, or else the words of the name, lower-cased; neither where the page does not tell."""

    entity: str | None
    name: tuple[str, ...]

    @classmethod
    def of(cls, entity: str | None, name: str | None) -> "Speaker":
        """The speaker that a quotation gives as entity and as name; the name counts where there is no entity."""
        return cls(entity, tuple(_WORD.findall(name.lower())) if name and entity is None else ())

    @property
    def order(self) -> tuple[str, tuple[str, ...]]:
        """A place among others that depends on nothing else."""
        return self.entity or "", self.name


UNKNOWN = Speaker(None, ())


@dataclass(frozen=True)
class Agreement:
    """What the knowledge base says of two speakers."""

    knowledge_base: Mapping[str, Entity] = field(default_factory=dict)

    def __call__(self, one: Speaker, other: Speaker) -> bool | None:
        """Whether the two are the same, or one speaks for the other; null where that cannot be told.

        An entity and a name agree where the name is one that the entity, or what it speaks for, is known by.  Two names agree where
        one has the words of the other in their order and ends as it does: Carpenter, Michael Carpenter, Michael R. Carpenter.
        """
        if UNKNOWN in (one, other):
            return None
        if one.entity is not None and other.entity is not None:
            return other.entity in self._chain(one.entity) or one.entity in self._chain(other.entity)
        if one.entity is None and other.entity is None:
            return _same_name(one.name, other.name)
        entity, name = (one.entity, other.name) if one.entity is not None else (other.entity, one.name)
        assert entity is not None
        return True if any(_same_name(name, known) for known in self._names(entity)) else None

    def most_specific(self, speakers: Sequence[Speaker]) -> str | None:
        """The entity that all the others are or are spoken for by; null where there is none."""
        entities = sorted({speaker.entity for speaker in speakers if speaker.entity is not None})
        return max(entities, key=lambda entity: (len(set(self._chain(entity)) & set(entities)), entity), default=None)

    def _chain(self, entity: str) -> list[str]:
        return speaks_for(entity, self.knowledge_base)

    def _names(self, entity: str) -> list[tuple[str, ...]]:
        records = [self.knowledge_base[item] for item in self._chain(entity) if item in self.knowledge_base]
        return [tuple(_WORD.findall(name.lower())) for record in records for name in (record.name, *record.aliases)]


def _same_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    return bool(short) and short[-1] == long[-1] and all(word in rest for word in short)
