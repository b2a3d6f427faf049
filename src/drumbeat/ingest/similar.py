"""Pages that share most of their words in the same order, found without comparing each with each.

A page is the set of its word 5-grams, as 64-bit digests.  Its sketch, the smallest 1/16 of them and at least 32, is looked up in an
index of the sketches of the other pages; the three that share most are compared in full.  A 5-gram points to the first 32 pages that
have it, so that menus and footers of a site with thousands of pages cost no more than of one with 32.  So the work grows as the pages
do.  Sketches of this kind are those of Broder, On the resemblance and containment of documents (1997).
"""

import re
import zlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint64]

WORDS = 5
ALIKE = 0.5  # of the shorter page's 5-grams that stand on the other too

_WORD = re.compile(r"\w+")
_SHARE, _LEAST, _PLACES, _COMPARED = 16, 32, 32, 3
_FACTOR, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)  # odd; those of SplitMix64


def shingles(text: str) -> Shingles:
    """The word 5-grams of a text, case ignored, as sorted digests; of a text of fewer words there is one."""
    words = [zlib.crc32(word.encode("utf-8")) for word in _WORD.findall(text.lower())]
    numbers = np.array(words, np.uint64)
    length = min(WORDS, len(words))
    digests: Shingles = np.zeros(len(words) - length + 1, np.uint64)
    for offset in range(length):
        digests = digests * _FACTOR + numbers[offset : offset + len(digests)]
    digests ^= digests >> np.uint64(29)
    digests *= _MIX
    return np.unique(digests ^ (digests >> np.uint64(32)))


def share(one: Shingles, other: Shingles) -> float:
    """How many of the shorter page's 5-grams stand on the other too, as a share."""
    return len(np.intersect1d(one, other, assume_unique=True)) / min(len(one), len(other))


class Shelf:
    """The pages so far, by their 5-grams."""

    def __init__(self) -> None:
        self._pages: list[tuple[str, Shingles]] = []
        self._index: dict[int, list[int]] = {}

    def nearest(self, page: Shingles) -> tuple[str, float] | None:
        """The name of the page that shares most with this one, and the share; null where it is less than `ALIKE`."""
        found = Counter(number for digest in _sketch(page) for number in self._index.get(digest, ()))
        compared = [(share(page, self._pages[number][1]), -number) for number, _ in found.most_common(_COMPARED)]
        best, number = max(compared, default=(0.0, 0))
        return (self._pages[-number][0], best) if best >= ALIKE else None

    def put(self, name: str, page: Shingles) -> None:
        """Add a page."""
        for digest in _sketch(page):
            numbers = self._index.setdefault(digest, [])
            if len(numbers) < _PLACES:
                numbers.append(len(self._pages))
        self._pages.append((name, page))


def _sketch(page: Shingles) -> list[int]:
    return [int(digest) for digest in page[: max(_LEAST, len(page) // _SHARE)]]
