"""Step 5: some components of what hangs together -> relations, or groups of wordings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumbeat.silver.links.pairs import Pages, wordings
from drumbeat.silver.links.tasks import entities_of
from drumbeat.silver.links.work import Numbered, Work, write_records
from drumbeat.suggest.links import NAME
from drumbeat.suggest.links.components import Items
from drumbeat.suggest.links.pages import Alike, related
from drumbeat.suggest.links.quotations import Judge, Wording

GROUPED = "5-groups"


@dataclass(frozen=True, slots=True)
class RelatePages:
    """The relations in some components, each given with its comparisons."""

    work: Work
    number: int
    groups: tuple[tuple[list[int], Alike], ...]
    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return f"pages that are alike, part {self.number}"

    @property
    def target(self) -> Path:
        """The relations."""
        return self.work.file(GROUPED, "pages", self.number)

    def run(self) -> None:
        """Make them."""
        items = Pages(self.work, self.offsets)
        write_records(self.target, (relation for group in self.groups for relation in related(*group, items, NAME)))


@dataclass(frozen=True, slots=True)
class GroupWordings:
    """The groups in some pieces of components, given as numbers of wordings."""

    work: Work
    number: int
    pieces: tuple[Items, ...]
    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return f"wordings that are alike, part {self.number}"

    @property
    def target(self) -> Path:
        """The groups, as numbers of wordings."""
        return self.work.file(GROUPED, "wordings", self.number)

    def run(self) -> None:
        """Make them."""
        items = wordings(self.work, self.offsets)
        write_records(self.target, (group for piece in self.pieces for group in self._groups(piece, items)))

    def _groups(self, piece: Items, items: Numbered[Wording]) -> Iterator[list[int]]:
        judge = Judge(list(items.at(piece.tolist())), entities_of(self.work))
        return (piece[group].tolist() for group in judge.groups(np.arange(len(piece))))
