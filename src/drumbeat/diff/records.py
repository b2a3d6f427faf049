"""What a comparison of two versions finds: immutable, and nothing but data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drumbeat.versions import Bump, Version, suffices


@dataclass(frozen=True, slots=True)
class FormChange:
    """A change that is none of single rows: of columns, labels, splits, configs, order or bytes.

    `what` is one of a few phrases such as `labels removed`, `where` the column that it concerns, dots leading into it.
    """

    what: str
    detail: str
    bump: Bump
    where: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.what, self.where, self.detail)))


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is not the same in both versions; the split is null in the version that lacks it.

    `old` and `new` hold the columns that changed, and nothing for a row that was added or removed; `words` say the change, or what
    the row is, a column each.
    """

    key: Mapping[str, Any]
    old_split: str | None
    new_split: str | None
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    words: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """`added`, `removed`, `changed`, `moved`; a row may be both of the last."""
        if self.old_split is None or self.new_split is None:
            return ("added",) if self.old_split is None else ("removed",)
        moved = ("moved",) if self.old_split != self.new_split else ()
        return (("changed",) if self.old else ()) + moved


@dataclass(frozen=True, slots=True)
class TableDifference:
    """What changed in one config; `old_rows` or `new_rows` is null where that version does not have it.

    `differing` rows are not the same, each counted in at least one of the four that follow; `rows` are the first of them.
    """

    config: str
    old_rows: int | None
    new_rows: int | None
    form: tuple[FormChange, ...]
    differing: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    rows: tuple[RowChange, ...] = ()

    @property
    def bump(self) -> Bump:
        """What this requires: rows that are edited, removed or moved are major, new ones minor."""
        of_rows = Bump.major if self.removed or self.changed or self.moved else Bump.minor if self.added else Bump.none
        return max((of_rows, *(change.bump for change in self.form)))

    def __bool__(self) -> bool:
        return self.bump > Bump.none


@dataclass(frozen=True, slots=True)
class Difference:
    """What distinguishes two versions: only the configs that differ; true where there is anything.

    `notes` say what could not be known.
    """

    old: Version
    new: Version
    form: tuple[FormChange, ...]
    tables: tuple[TableDifference, ...]
    notes: tuple[str, ...] = ()

    @property
    def bump(self) -> Bump:
        """What has to rise in the version number."""
        return max((*(change.bump for change in self.form), *(table.bump for table in self.tables)), default=Bump.none)

    @property
    def required(self) -> Version:
        """The least version that the new data may have."""
        return self.old.raised(self.bump)

    @property
    def sufficient(self) -> bool:
        """Whether the version that the new data has is late enough."""
        return suffices(self.old, self.new, self.bump)

    def __bool__(self) -> bool:
        return self.bump > Bump.none
