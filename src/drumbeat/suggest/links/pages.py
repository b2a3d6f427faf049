"""Pages that copy or reword each other.

The runs of five words of two pages' main texts are held against each other.  Steps as for quotations: `keys` of a batch of pages,
`minhash.candidates` of a bucket, `compare` of candidates, connected components of what is alike.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

import numpy as np

from drumbeat.model import Relation, Span
from drumbeat.shingles import Shingles, runs, share
from drumbeat.suggest.links.components import Items, components
from drumbeat.suggest.links.minhash import Banding, Keys, candidates, distinct

COPY = 0.8  # of the shorter page's runs; the words between the others were edited
IN_ORDER = 0.9  # of the shared runs of a copy
LENGTH = 0.5  # of the longer one, that a copy has; less of it is an excerpt, which counts as a rewrite
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
    """What two pages share: the part of the shorter one's runs, and the part of those that stand in the same order."""

    shared: float
    in_order: float
    length: float

    @property
    def label(self) -> str | None:
        """The relation, null where there is none."""
        if self.shared >= COPY and self.in_order >= IN_ORDER and self.length >= LENGTH:
            return "syndicated_copy"
        return "rewrite" if self.shared >= REWRITE else None


def keys(pages: Sequence[Page]) -> Keys:
    """The band keys of a batch of pages."""
    return BANDING.of_digests([np.unique(page.runs) for page in pages])


def compare(one: Page, other: Page) -> Comparison:
    """Hold two pages against each other.  The length counts where both main texts are known: around them stands what is not shared."""
    short, long = sorted((one, other), key=lambda page: (len(page.runs), page.document_id))
    shared = share(np.unique(short.runs), np.unique(long.runs))
    length = len(short.runs) / len(long.runs) if one.regions and other.regions else 1.0
    return Comparison(shared, _in_order(short.runs, long.runs) if shared >= COPY else 0.0, length)


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

    Of up to `WHOLE` pages that hang together all pairs are compared; of more, each with the one that was published first.
    """
    items = sorted((page for page in pages if len(page.runs) >= SHORTEST), key=lambda page: page.document_id)
    numbers = np.arange(len(items))
    pairs = distinct(np.concatenate([candidates(band, numbers) for band in keys(items).T]))
    alike = [pair for pair in pairs.tolist() if compare(items[pair[0]], items[pair[1]]).label]
    found: list[Relation] = []
    for group in components(np.array(alike, np.int64)):
        for one, other in _compared([items[item] for item in group]):
            comparison = compare(one, other)
            if label := comparison.label:
                found.append(_relation(one, other, label, comparison, by))
    return sorted(found, key=lambda relation: (relation.from_document, relation.to_document))


def _compared(group: Sequence[Page]) -> Iterator[tuple[Page, Page]]:
    if len(group) <= WHOLE:
        yield from combinations(group, 2)
    else:
        first = min(group, key=lambda page: page.age)
        yield from ((first, page) for page in group if page is not first)


def _relation(one: Page, other: Page, label: str, found: Comparison, by: str) -> Relation:
    """From the page published first to the other; without two dates that differ, undirected in the order of ids."""
    directed = None not in (one.published, other.published) and one.published != other.published
    first, second = sorted((one, other), key=lambda page: page.age if directed else page.document_id)
    identifier = sha256(f"{first.document_id} {second.document_id}".encode()).hexdigest()[:16]
    order = f", {found.in_order:.0%} of them in order" if found.in_order else ""
    note = f"suggested by {by}: {found.shared:.0%} of the shorter page's runs of five words stand on the other{order}"
    return Relation(f"l{identifier}", label, first.document_id, second.document_id, directed, note)
