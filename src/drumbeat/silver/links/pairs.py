"""Steps 3 and 4: candidates, by ranges of keys; and, by ranges of the lower item, those that are alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumbeat.silver.links.parts import StoredPage
from drumbeat.silver.links.ranges import SORTED
from drumbeat.silver.links.tasks import entities_of
from drumbeat.silver.links.work import Kind, Numbered, Work, columns, write_array, write_records
from drumbeat.suggest.links.minhash import Pairs, candidates, distinct
from drumbeat.suggest.links.pages import Comparison, Page, alike
from drumbeat.suggest.links.quotations import Judge, Wording, all_pairs

FOUND, JUDGED = "3-candidates", "4-edges"
_KEYS = 2**64

Compared = tuple[int, int, Comparison]


@dataclass(frozen=True, slots=True)
class FindPairs:
    """The candidates of the range `number` of keys, `of` how many; `offsets` are the numbers of the first items of the sorted files."""

    work: Work
    kind: Kind
    number: int
    of: int
    offsets: tuple[int, ...]

    @property
    def target(self) -> Path:
        """The pairs, the lower items and the higher ones."""
        return self.work.file(FOUND, self.kind, self.number)

    def run(self) -> None:
        """Find them."""
        start = _KEYS * self.number // self.of
        stop = _KEYS * (self.number + 1) // self.of if self.number + 1 < self.of else None
        rows = []
        for file, offset in enumerate(self.offsets[:-1]):
            keys, items = columns(self.work.file(SORTED, f"{self.kind}-keys", file), start, stop)
            rows.append((keys, items.astype(np.int64) + offset))
        keys, items = (np.concatenate(side) for side in zip(*rows, strict=True))
        write_array(self.target, _two_rows(candidates(keys, items)))


@dataclass(frozen=True, slots=True)
class AllPairs:
    """Every two of a few items."""

    work: Work
    kind: Kind
    items: int

    @property
    def target(self) -> Path:
        """As of `FindPairs`."""
        return self.work.file(FOUND, self.kind, 0)

    def run(self) -> None:
        """List them."""
        write_array(self.target, _two_rows(all_pairs(self.items)))


def _two_rows(pairs: Pairs) -> Pairs:
    return np.ascontiguousarray(pairs.T)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidate pairs of `files` whose lower item lies from `start` to `stop`; `offsets` as of `FindPairs`."""

    work: Work
    number: int
    start: int
    stop: int
    files: int
    offsets: tuple[int, ...]

    def pairs(self, kind: Kind) -> Pairs:
        """They, sorted, each once."""
        found = [columns(self.work.file(FOUND, kind, file), self.start, self.stop) for file in range(self.files)]
        return distinct(np.concatenate(found, axis=1).T)


class ComparePages(Candidates):
    """Those of pages that are copies or rewrites."""

    __slots__ = ()

    @property
    def target(self) -> Path:
        """Pairs with their comparisons."""
        return self.work.file(JUDGED, "pages", self.number)

    def run(self) -> None:
        """Compare them."""
        found = alike(self.pairs("pages"), Pages(self.work, self.offsets))
        write_records(self.target, ((*pair, comparison) for pair, comparison in found.items()))


class JudgeWordings(Candidates):
    """Those of wordings that are alike and do not disagree about the speaker."""

    __slots__ = ()

    @property
    def target(self) -> Path:
        """The pairs, the lower items and the higher ones."""
        return self.work.file(JUDGED, "wordings", self.number)

    @property
    def likeness(self) -> Path:
        """How alike the pairs are."""
        return self.work.file(JUDGED, "likeness", self.number)

    def run(self) -> None:
        """Judge them."""
        numbers, pairs = np.unique(self.pairs("wordings"), return_inverse=True)
        judge = Judge(list(wordings(self.work, self.offsets).at(numbers.tolist())), entities_of(self.work))
        edges, likeness = judge.edges(pairs.reshape(-1, 2))
        write_array(self.likeness, likeness)
        write_array(self.target, _two_rows(numbers[edges]))


class Pages(Sequence[Page]):
    """The pages of the sorted files, each read when it is asked for."""

    def __init__(self, work: Work, offsets: Sequence[int]) -> None:
        paths = [work.file(SORTED, "pages", file) for file in range(len(offsets) - 1)]
        self._stored = Numbered[StoredPage](paths, StoredPage, offsets)

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, at: int) -> Page:  # type: ignore[override]  # no slices
        return self._stored[at].page


def wordings(work: Work, offsets: Sequence[int]) -> Numbered[Wording]:
    """The wordings of the sorted files, likewise, without who said them."""
    return Numbered([work.file(SORTED, "wordings", file) for file in range(len(offsets) - 1)], Wording, offsets)
