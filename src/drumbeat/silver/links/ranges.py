"""Step 2: pages in the order of their ids, wordings in that of their texts, range by range; what is equal becomes one; and band keys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from drumbeat.silver.links.parts import READ, StoredPage, dropped
from drumbeat.silver.links.work import Kind, Records, Work, write_array, write_records
from drumbeat.suggest.links import pages, quotations
from drumbeat.suggest.links.minhash import Keys
from drumbeat.suggest.links.quotations import Said, Wording

SORTED = "2-sorted"
_SAMPLES = 50  # keys a range, by which ranges are told to be about equal

T = TypeVar("T")
Edges = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class SortPages:
    """The pages whose ids lie from `start` to `stop`, that have text enough to be compared."""

    work: Work
    number: int
    start: str
    stop: str | None
    parts: int

    @property
    def target(self) -> Path:
        """The pages."""
        return self.work.file(SORTED, "pages", self.number)

    def run(self) -> None:
        """Sort them."""
        found = [stored.page for part in range(self.parts) for stored in self._of(part)]
        taken = sorted(filter(pages.is_comparable, found), key=lambda page: page.document_id)
        _write_keys(self.work, "pages", self.number, pages.keys(taken))
        write_records(self.target, map(StoredPage.of, taken))

    def _of(self, part: int) -> Iterator[StoredPage]:
        gone = dropped(self.work, part)
        stored = Records[StoredPage](self.work.file(READ, "pages", part), StoredPage)
        return (page for page in stored.range(self.start, self.stop, page_key) if page.document_id not in gone)


@dataclass(frozen=True, slots=True)
class SortWordings:
    """The different wordings whose texts lie from `start` to `stop`; apart from them, in the same order, who said them."""

    work: Work
    number: int
    start: str
    stop: str | None
    parts: int

    @property
    def target(self) -> Path:
        """The wordings, without who said them."""
        return self.work.file(SORTED, "wordings", self.number)

    def run(self) -> None:
        """Sort them."""
        found = quotations.wordings([item for part in range(self.parts) for item in self._of(part)])
        repeated = [number for number, wording in enumerate(found) if len(wording.said) > 1]
        _write_keys(self.work, "wordings", self.number, quotations.keys([wording.text for wording in found]))
        write_array(self.work.file(SORTED, "repeated", self.number), np.array(repeated, np.int64))
        write_records(self.work.file(SORTED, "said", self.number), (wording.said for wording in found))
        write_records(self.target, (Wording(wording.text, wording.speaker, ()) for wording in found))

    def _of(self, part: int) -> Iterator[Said]:
        gone = dropped(self.work, part)
        said = Records[Said](self.work.file(READ, "wordings", part), Said)
        return (item for item in said.range(self.start, self.stop, said_key) if item.document_id not in gone)


def page_key(stored: StoredPage) -> str:
    """What pages are sorted by."""
    return stored.document_id


def said_key(item: Said) -> str:
    """What quotations are sorted by; equal texts lie in one range."""
    return item.text


def _write_keys(work: Work, kind: Kind, number: int, keys: Keys) -> None:
    """Band keys, sorted, each with the number of its item in the range."""
    items = np.repeat(np.arange(len(keys), dtype=np.uint64), keys.shape[1])
    order = np.argsort(keys, axis=None, kind="stable")
    write_array(work.file(SORTED, f"{kind}-keys", number), np.stack([keys.ravel()[order], items[order]]))


def ranges(paths: Sequence[Path], kind: type[T], key: Callable[[T], str], size: int) -> Edges:
    """Ranges of a key that cover all records of files sorted by it, of about `size` bytes each; by samples."""
    number = -(-sum(path.stat().st_size for path in paths) // size)
    samples = sorted(key(record) for record in _sampled(paths, kind, number * _SAMPLES)) if number > 1 else []
    edges = sorted({samples[len(samples) * at // number] for at in range(1, number)}) if samples else []
    return list(zip(["", *edges], [*edges, None], strict=True))


def _sampled(paths: Sequence[Path], kind: type[T], wanted: int) -> Iterator[T]:
    """About so many records, evenly over all files."""
    step = max(1, sum(len(Records[T](path, kind)) for path in paths) // wanted)
    before = 0
    for path in paths:
        records = Records[T](path, kind)
        yield from (records[at] for at in range(-before % step, len(records), step))
        before += len(records)
