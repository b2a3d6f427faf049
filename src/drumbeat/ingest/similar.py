"""Pages that share most of their words in the same order, found without comparing each with each.

A page is the set of its word 5-grams, as 64-bit digests.  Its sketch, the smallest 1/16 of them and at least 32, is looked up in an
index of the sketches of the other pages; the three that share most are compared in full.  A 5-gram points to the first 32 pages that
have it, so that menus and footers of a site with thousands of pages cost no more than of one with 32.  So the work grows as the pages
do.  Sketches of this kind are those of Broder, On the resemblance and containment of documents (1997).
"""

from collections import Counter

from drumbeat.shingles import Shingles, share

ALIKE = 0.5  # of the shorter page's 5-grams that stand on the other too

_SHARE, _LEAST, _PLACES, _COMPARED = 16, 32, 32, 3


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
