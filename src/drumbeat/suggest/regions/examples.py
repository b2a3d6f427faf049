"""What the line classifier learns from: public pages with labelled lines, roles that were read, and words by the sites they stand on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from drumbeat.jsonl import read_jsonl, stream_jsonl
from drumbeat.suggest.regions import cues
from drumbeat.suggest.regions.evidence import STEPS, Evidence
from drumbeat.suggest.regions.features import Lines, hash_of_lines, measure
from drumbeat.suggest.regions.page import Floats, Hashes, Ints, Page, read

RENDITIONS = ("full", "seed")
NEWS = ("aeb", "fundus", "wcxb-news")  # the sources of news; the others are articles of any kind
MAIN, BOILERPLATE, IGNORE = 0, 1, 2
SITES = 3  # that a word must stand on to be evidence


@dataclass(frozen=True, slots=True)
class Example:
    """A page of a public set: of each line its label, its kind there, its roles where they were read; and how much the page counts."""

    id: str
    rendition: str
    source: str
    site: str
    language: str
    page: Page
    label: Ints
    kinds: tuple[str, ...]
    roles: tuple[tuple[str, ...], ...] | None
    weight: float = 1.0

    @property
    def tokens(self) -> Floats:
        """Words of each line, which the figures of the sets count."""
        return np.bincount(self.page.word_line, minlength=len(self.page)).astype(np.float32)


def examples(folder: Path) -> Iterator[Example]:
    """The pages of both renditions."""
    roles = {(row["rendition"], row["id"]): row["runs"] for _, row in read_jsonl(data_folder() / "roles.jsonl")}
    for rendition in RENDITIONS:
        for _, row in stream_jsonl(folder / f"{rendition}_dev.jsonl.gz"):
            page = read(row["text"])
            at = {line["start"]: number for number, line in enumerate(row["lines"])}
            number = [at.get(start) for start in page.start.tolist()]
            label = [IGNORE if n is None else ["main", "boilerplate", "ignore"].index(row["lines"][n]["label"]) for n in number]
            kinds = tuple("" if n is None else row["lines"][n]["kind"] for n in number)
            told = _told(roles.get((rendition, row["id"])), number)
            site = row["domain"]
            yield Example(row["id"], rendition, row["source"], site, row["lang"], page, np.array(label, dtype=np.int64), kinds, told)


def _told(runs: Sequence[Any] | None, number: Sequence[int | None]) -> tuple[tuple[str, ...], ...] | None:
    if runs is None:
        return None
    by_line = {line: tuple(roles) for first, last, roles in runs for line in range(first, last + 1)}
    return tuple(() if n is None else by_line.get(n, ()) for n in number)


def data_folder() -> Path:
    """Where the model is, and the roles that taught it."""
    return Path(str(files("drumbeat.suggest.regions") / "data"))


# -- evidence -------------------------------------------------------------------------------------


class Sites:
    """For each site the short hashes that stand in its main text, and those in its boilerplate; and on how many sites each stands."""

    def __init__(self, pages: Iterable[Example]) -> None:
        found: defaultdict[str, list[list[Hashes]]] = defaultdict(lambda: [[], []])
        for example in pages:
            page = example.page
            for hashes, line in (
                (page.word_hash, page.word_line),
                (cues.pairs(page), page.word_line),
                (hash_of_lines(page), np.arange(len(page))),
            ):
                for label in (MAIN, BOILERPLATE):
                    found[example.site][label].append(hashes[example.label[line] == label] >> np.uint64(32))
        self._own = {site: [np.unique(np.concatenate(of_label)) for of_label in both] for site, both in found.items()}
        self.keys, self._counts = self._count()

    def _count(self) -> tuple[Hashes, Ints]:
        on_sites = [
            np.unique(np.concatenate([own[label] for own in self._own.values()]), return_counts=True) for label in (MAIN, BOILERPLATE)
        ]
        keys = np.union1d(on_sites[0][0], on_sites[1][0])
        counts = np.zeros((2, len(keys)), dtype=np.int64)
        for label, (known, many) in enumerate(on_sites):
            counts[label, np.searchsorted(keys, known)] = many
        often = counts.sum(axis=0) >= SITES
        return keys[often], counts[:, often]

    def without(self, site: str | None) -> Evidence:
        """Log odds from all sites but one, each site counted once: (boilerplate + 1) / (main text + 1)."""
        counts = self._counts.copy()
        if site is not None:
            for label in (MAIN, BOILERPLATE):
                own = self._own[site][label]
                at = np.minimum(np.searchsorted(self.keys, own), len(self.keys) - 1)
                counts[label, at[self.keys[at] == own]] -= 1
        odds = np.where(counts.sum(axis=0) >= SITES - (site is not None), np.log((counts[1] + 1) / (counts[0] + 1)), 0)
        return Evidence.of(self.keys.astype(np.uint32), (np.rint(odds * STEPS) / STEPS).astype(np.float32))


def measured(pages: Sequence[Example], sites: Sites) -> list[Lines]:
    """The features of pages to train on: the evidence for each is that of all other sites."""
    by_site = {site: sites.without(site) for site in sorted({example.site for example in pages})}
    return [measure(example.page, by_site[example.site]) for example in pages]
