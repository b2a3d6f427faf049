"""Step 1: a part of the corpus, the files of one name, in the form in which pages and quotations are compared."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from drumbeat.jsonl import read_json, write_json
from drumbeat.silver.links.tasks import corpus_of
from drumbeat.silver.links.work import Records, Work, read_array, write_array, write_records
from drumbeat.suggest.links.fragments import is_attachable
from drumbeat.suggest.links.pages import Page
from drumbeat.suggest.links.read import other_text, pages_of, quotations_of, stands_twice

READ = "1-read"
ROW = np.dtype([("id", "u8"), ("text", "u8"), ("quotations", "i8"), ("regions", "?")])


class StoredPage(msgspec.Struct, frozen=True, array_like=True):
    """A page as it stands in a file."""

    document_id: str
    runs: bytes
    regions: bool
    published: str | None

    @classmethod
    def of(cls, page: Page) -> "StoredPage":
        """To be written."""
        return cls(page.document_id, page.runs.tobytes(), page.regions, page.published)

    @property
    def page(self) -> Page:
        """As it was."""
        return Page(self.document_id, np.frombuffer(self.runs, np.uint64), self.regions, self.published)


@dataclass(frozen=True, slots=True)
class ReadPart:
    """The pages of a part, sorted by id, with a row of numbers each; its quotations, sorted by text; its fragments; and counts, last."""

    work: Work
    number: int
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> Path:
        """How many pages and quotations there are."""
        return self.work.file(READ, "counts", self.number)

    def run(self) -> None:
        """Read it.  Raises as `suggest.links.read.from_corpus`."""
        part = corpus_of(self.work).part(self.name)
        pages = sorted(((page, _digest(text)) for _, page, text in pages_of(part)), key=lambda item: item[0].document_id)
        for (one, _), (other, _) in pairwise(pages):
            if one.document_id == other.document_id:
                raise stands_twice(part, self.name, one.document_id)
        said = sorted(quotations_of(part), key=lambda item: (item.text, item.speaker.order, item.key))
        on_page = Counter(item.document_id for item in said)
        rows = [(_digest(page.document_id), text, on_page[page.document_id], page.regions) for page, text in pages]
        write_array(self.work.file(READ, "rows", self.number), np.array(rows, ROW))
        write_records(self.work.file(READ, "pages", self.number), (StoredPage.of(page) for page, _ in pages))
        write_records(self.work.file(READ, "wordings", self.number), (item for item in said if not item.is_fragment))
        write_records(self.work.file(READ, "fragments", self.number), filter(is_attachable, said))
        write_json(self.target, {"pages": len(pages), "quotations": len(said)})


def _digest(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pages there are, how many of them without regions, and how many quotations."""

    pages: int
    bare: int
    quotations: int


def without_repeats(work: Work, parts: Sequence[ReadPart]) -> Counts:
    """Say, in files beside those of the parts, which of their pages an earlier part has; and how much is left.

    Raises SuggestError where the texts of such a page differ.
    """
    rows = [read_array(work.file(READ, "rows", part.number)) for part in parts]
    quotations = sum(read_json(part.target)["quotations"] for part in parts)
    gone: defaultdict[int, list[int]] = defaultdict(list)
    for part, row in _repeats(work, rows):
        gone[part].append(row)
    for part, of_part in gone.items():
        pages = _pages(work, part)
        write_records(work.file(READ, "dropped", part), [pages[row].document_id for row in of_part])
        quotations -= int(rows[part]["quotations"][of_part].sum())
        rows[part] = np.delete(rows[part], of_part)
    return Counts(sum(map(len, rows)), sum(int((~of_part["regions"]).sum()) for of_part in rows), quotations)


def dropped(work: Work, part: int) -> frozenset[str]:
    """The pages of a part that are not to count."""
    path = work.file(READ, "dropped", part)
    return frozenset(Records[str](path, str)) if path.is_file() else frozenset()


def _repeats(work: Work, rows: Sequence[NDArray[Any]]) -> Iterator[tuple[int, int]]:
    """Part and row of each page that an earlier part has."""
    first: dict[str, int] = {}
    for part, row in _same(rows):
        name, text = _pages(work, part)[row].document_id, int(rows[part]["text"][row])
        if name not in first:
            first[name] = text
        elif first[name] == text:
            yield part, row
        else:
            raise other_text(corpus_of(work), name)


def _same(rows: Sequence[NDArray[Any]]) -> Iterator[tuple[int, int]]:
    """Part and row, in their order, of each page whose id has the digest of another one's."""
    ids = np.concatenate([of_part["id"] for of_part in rows])
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    starts = np.cumsum([0, *map(len, rows)])
    for at in np.unique([order[same], order[same + 1]]):
        part = int(np.searchsorted(starts, at, "right")) - 1
        yield part, int(at - starts[part])


def _pages(work: Work, part: int) -> Records[StoredPage]:
    return Records(work.file(READ, "pages", part), StoredPage)
