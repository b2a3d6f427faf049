"""Fragments of quotations, of fewer than five words as headlines have them, attached to the cluster that holds their words.

A fragment starts no cluster and joins no two: it comes to one cluster at most, of its own event.  An event are pages that hang together
by copies, rewrites or clusters; rows of fragments and of clusters with their event may be sorted into buckets by it, and each bucket
goes through `attach` alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumbeat.suggest.links.components import components
from drumbeat.suggest.links.likeness import containment
from drumbeat.suggest.links.quotations import Said
from drumbeat.suggest.links.speakers import Agreement, Speaker

CONTAINED = 90.0  # likeness to a stretch of the quotation, of 100
WIDEST = 100  # pages of a cluster that still make one event of them: what everybody says ties nothing
_RAREST, _LOOKED_AT = 2, 1000  # words of a fragment that are looked up, and wordings that have them

Clusters = Sequence[Sequence[Said]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a fragment needs to know of a cluster, by its number: a row of its own, however many quotations there are."""

    number: int
    texts: tuple[str, ...]
    speakers: frozenset[Speaker]
    pages: frozenset[str]

    @classmethod
    def of(cls, number: int, cluster: Sequence[Said]) -> "Gathered":
        """The different words, speakers and pages of a cluster."""
        texts = tuple(sorted({item.text for item in cluster}))
        return cls(number, texts, frozenset(item.speaker for item in cluster), pages_of(cluster))


def is_attachable(item: Said) -> bool:
    """Whether a quotation is a fragment that has words."""
    return item.is_fragment and bool(item.text)


def pages_of(cluster: Iterable[Said]) -> frozenset[str]:
    """The pages that a cluster has quotations on."""
    return frozenset(item.document_id for item in cluster)


def events(related: Iterable[tuple[str, str]], pages: Iterable[frozenset[str]]) -> dict[str, str]:
    """The event of each page, named by its first page, by the relations and by the pages of each cluster; what nothing ties is its own."""
    ties = set(related)
    for of_cluster in pages:
        if len(of_cluster) <= WIDEST:
            first = min(of_cluster)
            ties |= {(first, page) for page in of_cluster if page != first}
    names = sorted({page for tie in ties for page in tie})
    number = {name: index for index, name in enumerate(names)}
    edges = np.array([(number[one], number[other]) for one, other in sorted(ties)], np.int64)
    return {names[item]: names[group[0]] for group in components(edges) for item in group}


def by_event(
    fragments: Iterable[Said], clusters: Clusters, pages: Sequence[frozenset[str]], events: Mapping[str, str]
) -> Iterator[tuple[str, list[Said], list[Gathered]]]:
    """Each event that has both, with its fragments and the clusters that have a quotation in it; `pages` are those of each cluster.

    Fragments of other events are passed over as they come, and clusters of events without fragments are not looked at.
    """
    there = [{events.get(page, page) for page in of_cluster} for of_cluster in pages]
    known = set().union(*there)
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for fragment in fragments:
        if (event := events.get(fragment.document_id, fragment.document_id)) in known:
            found[event].append(fragment)
    inside: defaultdict[str, list[Gathered]] = defaultdict(list)
    for number, of_cluster in enumerate(there):
        if wanted := of_cluster & found.keys():
            gathered = Gathered.of(number, clusters[number])
            for event in wanted:
                inside[event].append(gathered)
    yield from ((event, found[event], inside[event]) for event in sorted(inside))


def attach(fragments: Sequence[Said], clusters: Sequence[Gathered], agreement: Agreement) -> Iterator[tuple[Said, int]]:
    """The fragments of one event with the number of the cluster that each belongs to.

    Its words stand in a quotation of the cluster, and no speaker of the cluster disagrees; of a single word, the speakers agree.  Where
    several clusters are as good (speakers that agree, then likeness, then one of the same page), it stays alone.
    """
    rows = [(text, cluster) for cluster in clusters for text in cluster.texts]
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, (text, _) in enumerate(rows):
        for word in set(text.split(" ")):
            having[word].append(at)
    padded = [f" {text} " for text, _ in rows]
    for fragment in sorted(fragments, key=lambda item: item.key):
        looked = _looked_at(fragment.text, having)
        alike = containment(f" {fragment.text} ", [padded[at] for at in looked], CONTAINED)
        best: dict[int, tuple[Rank, int]] = {}
        for at, value in zip(looked, alike, strict=True):
            cluster = rows[at][1]
            if value and (rank := _rank(fragment, value, cluster, agreement)):
                best[cluster.number] = max(best.get(cluster.number, (rank, cluster.number)), (rank, cluster.number))
        ranked = sorted(best.values(), reverse=True)
        if ranked and (len(ranked) == 1 or ranked[0][0] > ranked[1][0]):
            yield fragment, ranked[0][1]


Rank = tuple[bool, float, bool]


def _looked_at(text: str, having: Mapping[str, list[int]]) -> list[int]:
    """The rows that have one of the rarest words of a fragment."""
    known = sorted({word for word in text.split(" ") if word in having}, key=lambda word: (len(having[word]), word))
    return sorted({at for word in known[:_RAREST] for at in having[word][:_LOOKED_AT]})


def _rank(fragment: Said, alike: float, cluster: Gathered, agreement: Agreement) -> Rank | None:
    """How well a fragment fits; null where the speakers do not."""
    verdicts = {agreement(fragment.speaker, speaker) for speaker in cluster.speakers}
    if False in verdicts or (True not in verdicts and " " not in fragment.text):
        return None
    return True in verdicts, alike, fragment.document_id in cluster.pages
