"""A page without its format characters: zero-width spaces, direction marks, soft hyphens and whatever else Unicode calls Cf.

A reader does not see them; to a parse they are letters, so that `said` with a zero-width space is no word that it knows.  The page's
text keeps them (`drumbeat.normalize`).  So quotations and names are suggested for the text without, and what is found is put back.
"""

import dataclasses
import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from drumbeat.model import Mention, Nonquote, Region, Span
from drumbeat.suggest.quotes import Attribution

_Placed = TypeVar("_Placed", Region, Nonquote, Mention)


@dataclasses.dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what is seen of a page.

    `hidden` are the offsets in the page of the characters left out, `before` those in `text` of what follows each.
    """

    text: str
    hidden: Sequence[int] = ()
    before: Sequence[int] = ()

    @classmethod
    def of(cls, page: str) -> "Visible":
        """Leave out what is not seen."""
        signs = [sign for sign in sorted(set(page)) if unicodedata.category(sign) == "Cf"]
        if not signs:
            return cls(page)
        hidden = array("q", (match.start() for match in re.finditer(f"[{''.join(signs)}]", page)))
        return cls(page.translate(dict.fromkeys(map(ord, signs))), hidden, array("q", (at - number for number, at in enumerate(hidden))))

    def in_page(self, span: Span) -> Span:
        """A stretch of `text` as one of the page, with nothing hidden at its edges."""
        return Span(self._place(span.start), self._place(span.end - 1) + 1)

    def _place(self, at: int) -> int:
        return at + bisect_right(self.before, at)

    def record_in_page(self, record: _Placed) -> _Placed:
        """A record of `text` as one of the page."""
        span = self.in_page(Span(record.start, record.end))
        return msgspec.structs.replace(record, start=span.start, end=span.end)

    def attribution_in_page(self, item: Attribution) -> Attribution:
        """A quotation of `text` as one of the page."""
        found = {role: tuple(map(self.in_page, getattr(item.quote, role))) for role in ("content", "cue", "source")}
        quote = msgspec.structs.replace(item.quote, **found)
        return dataclasses.replace(item, quote=quote, speaker=item.speaker and self.in_page(item.speaker))

    def regions(self, of_page: Sequence[Region]) -> tuple[Region, ...]:
        """Regions of the page as those of `text`; one of hidden characters alone has no place there."""
        found = (msgspec.structs.replace(item, start=self._rank(item.start), end=self._rank(item.end)) for item in of_page)
        return tuple(item for item in found if item.start < item.end)

    def _rank(self, at: int) -> int:
        return at - bisect_left(self.hidden, at)
