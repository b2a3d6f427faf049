"""Fragments of quotations, of fewer than five words as headlines have them, attached to the cluster that holds their words.

A fragment starts no cluster and joins no two: it comes to one cluster at most, of its own event.  An event are pages that hang together
by copies, rewrites or clusters; rows of fragments and of clusters with their event may be sorted into buckets by it, and each bucket
goes through `attach` alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from drumbeat.suggest.links.components import components
from drumbeat.suggest.links.likeness import containment
from drumbeat.suggest.links.quotations import Said
from drumbeat.suggest.links.speakers import Agreement

CONTAINED = 90.0  # likeness to a stretch of the quotation, of 100
WIDEST = 100  # pages of a cluster that still make one event of them: what everybody says ties nothing
_RAREST, _LOOKED_AT = 2, 1000  # words of a fragment that are looked up, and wordings that have them

Clusters = Sequence[Sequence[Said]]
Bucket = tuple[list[Said], dict[int, list[Said]]]


def events(related: Iterable[tuple[str, str]], clusters: Clusters) -> dict[str, str]:
    """The event of each page, named by its first page; a page that nothing ties is its own."""
    ties = set(related)
    for cluster in clusters:
        pages = sorted({item.document_id for item in cluster})
        if len(pages) <= WIDEST:
            ties |= {(pages[0], page) for page in pages[1:]}
    names = sorted({page for tie in ties for page in tie})
    number = {name: index for index, name in enumerate(names)}
    edges = np.array([(number[one], number[other]) for one, other in sorted(ties)], np.int64)
    return {names[item]: names[group[0]] for group in components(edges) for item in group}


def by_event(fragments: Iterable[Said], clusters: Clusters, events: Mapping[str, str]) -> Iterator[Bucket]:
    """The fragments of each event, with the clusters that have a quotation in it, by number."""
    inside: defaultdict[str, dict[int, list[Said]]] = defaultdict(dict)
    for number, cluster in enumerate(clusters):
        for event in sorted({events.get(item.document_id, item.document_id) for item in cluster}):
            inside[event][number] = list(cluster)
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for fragment in fragments:
        found[events.get(fragment.document_id, fragment.document_id)].append(fragment)
    yield from ((found[event], inside[event]) for event in sorted(found.keys() & inside.keys()))


def attach(fragments: Sequence[Said], clusters: Mapping[int, Sequence[Said]], agreement: Agreement) -> Iterator[tuple[Said, int]]:
    """The fragments of one event with the number of the cluster that each belongs to.

    Its words stand in a quotation of the cluster, and no speaker of the cluster disagrees; of a single word, the speakers agree.  Where
    several clusters are as good (speakers that agree, then likeness, then one of the same page), it stays alone.
    """
    texts = sorted({(item.text, number) for number, cluster in clusters.items() for item in cluster})
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, (text, _) in enumerate(texts):
        for word in set(text.split(" ")):
            having[word].append(at)
    for fragment in sorted(fragments, key=lambda item: item.key):
        rarest = sorted({word for word in fragment.text.split(" ") if word in having}, key=lambda word: (len(having[word]), word))
        looked = sorted({at for word in rarest[:_RAREST] for at in having[word][:_LOOKED_AT]})
        alike = containment(f" {fragment.text} ", [f" {texts[at][0]} " for at in looked], CONTAINED) if looked else ()
        best: dict[int, float] = {}
        for at, value in zip(looked, alike, strict=True):
            if value:
                best[texts[at][1]] = max(best.get(texts[at][1], 0.0), float(value))
        ranked = sorted(_ranks(fragment, best, clusters, agreement), reverse=True)
        if ranked and ranked[0][0] not in [rank for rank, _ in ranked[1:]]:
            yield fragment, ranked[0][1]


def _ranks(
    fragment: Said, best: Mapping[int, float], clusters: Mapping[int, Sequence[Said]], agreement: Agreement
) -> Iterator[tuple[tuple[bool, float, bool], int]]:
    for number, value in best.items():
        verdicts = {agreement(fragment.speaker, speaker) for speaker in {item.speaker for item in clusters[number]}}
        if False not in verdicts and (True in verdicts or " " in fragment.text):
            yield (True in verdicts, value, fragment.document_id in {item.document_id for item in clusters[number]}), number
