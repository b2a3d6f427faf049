"""Pages that copy or reword each other.

The runs of five words of two pages' main texts are held against each other.  Steps as for quotations: `keys` of a batch of pages,
`minhash.candidates` of a bucket, `compare` of candidates, connected components of what is alike.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

import numpy as np

from drumbeat.model import Relation, Span
from drumbeat.shingles import Shingles, runs, share
from drumbeat.suggest.links.components import Items, components
from drumbeat.suggest.links.minhash import Banding, Keys, Pairs, candidates, distinct

COPY = 0.8  # of the shorter page's runs; the words between the others were edited
IN_ORDER = 0.9  # of the shared runs of a copy
REWRITE = 0.25  # of the shorter page's runs; shared quotations alone seldom come to it
SHORTEST = 20  # runs; less text says nothing
BANDING = Banding(bands=64, rows=2)  # half a chance at 1 of 10 shared runs: rewrites share few, unlike pages none
WHOLE = 32  # pages of a component whose pairs are all compared


@dataclass(frozen=True, slots=True)
class Page:
    """A page as links see it: the runs of its main text in order; of the whole text where `regions` does not hold."""

    document_id: str
    runs: Shingles
    regions: bool
    published: str | None

    @classmethod
    def of(cls, document_id: str, text: str, main: Sequence[Span] | None, published: str | None) -> "Page":
        """A page whose main text is where `main` says; null where that is not known."""
        told = text if main is None else "\n".join(text[span.start : span.end] for span in main)
        return cls(document_id, runs(told), main is not None, published)

    @property
    def age(self) -> tuple[bool, str, str]:
        """The page first published first; pages without a date last."""
        return self.published is None, self.published or "", self.document_id


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two pages share: the part of the shorter one's runs, and the part of those that stand in the same order.

    `told` is false where neither main text is known: then menus and footers of one site may be what is shared, and only a copy counts.
    """

    shared: float
    in_order: float
    told: bool

    @property
    def label(self) -> str | None:
        """The relation, null where there is none."""
        if self.shared >= COPY and self.in_order >= IN_ORDER:
            return "syndicated_copy"
        return "rewrite" if self.shared >= REWRITE and self.told else None


Alike = dict[tuple[int, int], Comparison]


def keys(pages: Sequence[Page]) -> Keys:
    """The band keys of a batch of pages."""
    return BANDING.of_digests([np.unique(page.runs) for page in pages])


def compare(one: Page, other: Page) -> Comparison:
    """Hold two pages against each other."""
    short, long = sorted((one, other), key=lambda page: (len(page.runs), page.document_id))
    shared = share(np.unique(short.runs), np.unique(long.runs))
    in_order = _in_order(short.runs, long.runs) if shared >= COPY else 0.0
    return Comparison(shared, in_order, one.regions or other.regions)


def _in_order(one: Shingles, other: Shingles) -> float:
    """Of the runs that stand once in each of two pages, the part that the longest common order has."""
    (first, at), (second, there) = _once(one), _once(other)
    _, mine, theirs = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    tops: list[int] = []
    for place in there[theirs][np.argsort(at[mine])].tolist():
        position = bisect_left(tops, place)
        tops[position : position + 1] = [place]
    return len(tops) / len(mine) if len(mine) else 0.0


def _once(found: Shingles) -> tuple[Shingles, Items]:
    values, places, counts = np.unique(found, return_index=True, return_counts=True)
    return values[counts == 1], places[counts == 1]


def relations(pages: Sequence[Page], by: str) -> list[Relation]:
    """The copies and rewrites among pages, each pair once, in the order of their ids.

    Of up to `WHOLE` pages that hang together all pairs are compared.  Of more, each is linked to the one that was published first and to
    the most like one of those that it was compared with, so that there are at most two relations a page.
    """
    items = sorted(filter(is_comparable, pages), key=lambda page: page.document_id)
    numbers = np.arange(len(items))
    pairs = distinct(np.concatenate([candidates(band, numbers) for band in keys(items).T]))
    made = [relation for group in groups(alike(pairs, items)) for relation in related(*group, items, by)]
    return in_order_of_ids(made)


def is_comparable(page: Page) -> bool:
    """Whether a page has text enough to be compared."""
    return len(page.runs) >= SHORTEST


def alike(pairs: Pairs, items: Sequence[Page]) -> Alike:
    """The comparisons of those candidate pairs that have a label."""
    return {(one, other): found for one, other in pairs.tolist() if (found := compare(items[one], items[other])).label}


def groups(alike: Alike) -> Iterator[tuple[list[int], Alike]]:
    """The components of what is alike, each with its own comparisons."""
    of_first: defaultdict[int, Alike] = defaultdict(dict)
    for pair, found in alike.items():
        of_first[pair[0]][pair] = found
    for group in components(np.array(sorted(alike), np.int64)):
        members = group.tolist()
        yield members, {pair: found for item in members for pair, found in of_first.get(item, {}).items()}


def related(group: list[int], inside: Alike, items: Sequence[Page], by: str) -> Iterator[Relation]:
    """The relations of one component."""
    for one, other in _wanted(group, inside, items):
        found = inside.get((one, other)) or compare(items[one], items[other])
        if found.label:
            yield _relation(items[one], items[other], found.label, found, by)


def in_order_of_ids(relations: Iterable[Relation]) -> list[Relation]:
    """Relations as they are listed."""
    return sorted(relations, key=lambda relation: (relation.from_document, relation.to_document))


def _wanted(group: list[int], inside: Alike, items: Sequence[Page]) -> list[tuple[int, int]]:
    """The pairs of a component that are to be related where they are alike."""
    if len(group) <= WHOLE:
        return list(combinations(group, 2))
    first = min(group, key=lambda item: items[item].age)
    best: dict[int, tuple[float, tuple[int, int]]] = {}
    for pair, found in inside.items():
        for item in pair:
            best[item] = max(best.get(item, (0.0, pair)), (found.shared, pair))
    return sorted({(min(first, item), max(first, item)) for item in group if item != first} | {pair for _, pair in best.values()})


def _relation(one: Page, other: Page, label: str, found: Comparison, by: str) -> Relation:
    """From the page published first to the other; without two dates that differ, undirected in the order of ids."""
    directed = None not in (one.published, other.published) and one.published != other.published
    first, second = sorted((one, other), key=lambda page: page.age if directed else page.document_id)
    identifier = sha256(f"{first.document_id} {second.document_id}".encode()).hexdigest()[:16]
    order = f", {found.in_order:.0%} of them in order" if found.in_order else ""
    note = f"suggested by {by}: {found.shared:.0%} of the shorter page's runs of five words stand on the other{order}"
    return Relation(f"l{identifier}", label, first.document_id, second.document_id, directed, note)
