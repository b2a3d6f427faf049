"""Clusters of quotations that report the same utterance.

Each step is a function of its own, so that shards can be mapped over: `keys` of a batch of wordings, `minhash.candidates` of a bucket of
keys, `edges` of candidates, then the groups of each component.  Wordings of fewer than `SHORTEST` words start and join no cluster here
(`fragments` attaches them).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from drumbeat.model import Entity
from drumbeat.suggest.links import likeness
from drumbeat.suggest.links.components import NEVER, Items, average_link, pieces
from drumbeat.suggest.links.likeness import Likeness
from drumbeat.suggest.links.minhash import Banding, Keys, Pairs, candidates, distinct
from drumbeat.suggest.links.speakers import Agreement, Speaker

SHORTEST = 5  # words
ALIKE = 60.0  # likeness of an edge, of 100, where the speakers agree
TOGETHER = 55.0  # mean likeness over the pairs of two groups that become one, of which an edge is the best
DOUBT = 5.0  # taken off a likeness where one of the two speakers is unknown
BANDING = Banding(bands=32, rows=4)
WHOLE = 2000  # wordings of which every two are held against each other: half a second, and the bands miss some that share few words


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation as links see it; `text` are its words as `links.content_words` gives them, with single spaces."""

    document_id: str
    id: str
    type: str
    text: str
    speaker: Speaker
    parent: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is named by."""
        return self.document_id, self.id

    @property
    def is_fragment(self) -> bool:
        """Whether it has too few words to start a cluster."""
        return self.text.count(" ") + 1 < SHORTEST


@dataclass(frozen=True, slots=True)
class Wording:
    """What quotations of the same words and the same speaker have in common; the order does not depend on how they were read."""

    text: str
    speaker: Speaker
    said: tuple[Said, ...]


def wordings(quotations: Sequence[Said]) -> list[Wording]:
    """The different wordings of what is long enough, sorted by their texts."""
    found: dict[tuple[str, Speaker], list[Said]] = {}
    for item in quotations:
        if not item.is_fragment:
            found.setdefault((item.text, item.speaker), []).append(item)
    order = sorted(found, key=lambda key: (key[0], key[1].order))
    return [Wording(*key, tuple(sorted(found[key], key=lambda item: item.key))) for key in order]


def keys(texts: Sequence[str]) -> Keys:
    """The band keys of a batch of wordings."""
    return BANDING.of_words([sorted(set(text.split(" "))) for text in texts])


class Judge:
    """Holds wordings against each other, by their words and speakers."""

    def __init__(self, items: Sequence[Wording], knowledge_base: Mapping[str, Entity]) -> None:
        self.items = items
        self._agreement = Agreement(knowledge_base)
        self._doubt = cache(self._doubt_between)

    def edges(self, pairs: Pairs) -> tuple[Pairs, Likeness]:
        """Of candidate pairs those that are alike and do not disagree about the speaker, and how alike they are."""
        alike = likeness.of_pairs([item.text for item in self.items], pairs, ALIKE)
        kept = np.flatnonzero(alike)
        doubts = [self._doubt(self.items[one].speaker, self.items[other].speaker) for one, other in pairs[kept].tolist()]
        alike = alike[kept] - np.array(doubts, np.float32)
        sure = alike >= ALIKE
        return pairs[kept][sure], alike[sure]

    def distances(self, piece: Items) -> NDArray[np.float64]:
        """How unlike each two of some wordings are, `NEVER` where their speakers disagree."""
        items = [self.items[item] for item in piece]
        speakers = list(dict.fromkeys(item.speaker for item in items))
        doubts = np.array([[self._doubt(one, other) for other in speakers] for one in speakers])
        of = np.array([speakers.index(item.speaker) for item in items])
        distance: NDArray[np.float64] = 100.0 - likeness.of_all([item.text for item in items]) + doubts[np.ix_(of, of)]
        np.fill_diagonal(distance, 0)
        return distance

    def groups(self, piece: Items) -> Iterator[Items]:
        """The groups that average linkage makes of some wordings, each of two or more."""
        return (piece[group] for group in average_link(self.distances(piece), 100 - TOGETHER))

    def _doubt_between(self, one: Speaker, other: Speaker) -> float:
        agree = self._agreement(one, other)
        return DOUBT if agree is None else 0.0 if agree else NEVER


def clusters(items: Sequence[Wording], knowledge_base: Mapping[str, Entity]) -> Iterator[list[Wording]]:
    """The groups of wordings that report one utterance, and each wording alone that several quotations have."""
    judge = Judge(items, knowledge_base)
    pairs = all_pairs(len(items)) if len(items) <= WHOLE else _near_pairs([item.text for item in items])
    found = [group for piece in pieces(*judge.edges(pairs), ALIKE) for group in judge.groups(piece)]
    repeated = [number for number, item in enumerate(items) if len(item.said) > 1]
    for group in with_alone(found, repeated):
        yield [items[item] for item in group]


def with_alone(found: Iterable[Items], repeated: Iterable[int]) -> list[list[int]]:
    """The groups, and of the wordings that several quotations have those that are in none of them, sorted."""
    groups = [group.tolist() for group in found]
    taken = {item for group in groups for item in group}
    return sorted([*groups, *([item] for item in repeated if item not in taken)])


def all_pairs(number: int) -> Pairs:
    """Every two of so many items."""
    return np.stack(np.triu_indices(number, 1), axis=1)


def _near_pairs(texts: Sequence[str]) -> Pairs:
    numbers = np.arange(len(texts))
    return distinct(np.concatenate([candidates(band, numbers) for band in keys(texts).T]))
