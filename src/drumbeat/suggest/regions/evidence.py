"""What words say: on how many sites each word, pair of words and whole line stands in boilerplate, and on how many in main text."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from drumbeat.suggest.regions.page import Floats, Hashes, Page

_BITS = 18  # of a hash that lead into the table
_SHORT = np.uint64(32)  # bits of a hash that are kept
STEPS = 16  # to one unit of log odds, so that a byte holds them


class LookUp(Protocol):
    """Log odds of boilerplate for lines."""

    def of_lines(self, page: Page, pairs: Hashes, line: Hashes) -> Floats:
        """Of each line: the mean over its words, their sum, the mean over its pairs of words, and that of the line as a whole."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sorted short hashes, the log odds of each, and where in them each start of a hash begins; no start has more keys than `most`."""

    keys: npt.NDArray[np.uint32]
    odds: Floats
    begin: npt.NDArray[np.int32]
    most: int

    @classmethod
    def of(cls, keys: npt.NDArray[np.uint32], odds: Floats) -> "Evidence":
        """From short hashes in order and their odds."""
        begin = np.searchsorted(keys, np.arange((1 << _BITS) + 1, dtype=np.uint64) << np.uint64(32 - _BITS)).astype(np.int32)
        return cls(keys, odds, begin[:-1], int(np.diff(begin).max()))

    def of_hashes(self, hashes: Hashes) -> Floats:
        """The log odds of each, 0 where nothing is known."""
        short = (hashes >> _SHORT).astype(np.uint32)
        at = self.begin[short >> np.uint32(32 - _BITS)]
        found: Floats = np.zeros(len(short), dtype=np.float32)
        for step in range(self.most):
            here = np.minimum(at + step, len(self.keys) - 1)
            found = np.where(self.keys[here] == short, self.odds[here], found)
        return found

    def of_lines(self, page: Page, pairs: Hashes, line: Hashes) -> Floats:
        """See LookUp."""
        return of_lines(page, self.of_hashes(page.word_hash), self.of_hashes(pairs), self.of_hashes(line))


def of_lines(page: Page, word: Floats, pair: Floats, line: Floats) -> Floats:
    """The columns of LookUp from the log odds of words, pairs and lines."""
    many = np.maximum(np.bincount(page.word_line, minlength=len(page)), 1)
    single, double = (np.bincount(page.word_line, weights=odds, minlength=len(page)) for odds in (word, pair))
    return np.column_stack([single / many, single, double / many, line]).astype(np.float32)
