"""A difference for people, for release notes and for machines."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from drumbeat.diff.records import Difference, RowChange, TableDifference

_COUNTS = ("added", "removed", "changed", "moved")


def as_text(difference: Difference) -> str:
    """Lines for a terminal, ending in a line feed: a row that changed is one."""
    return "".join(f"{line}\n" for line in (*(f"note: {note}" for note in difference.notes), *_lines(difference), _verdict(difference)))


def _lines(difference: Difference) -> Iterator[str]:
    yield from map(str, difference.form)
    for table in difference.tables:
        yield f"{table.config}: {_summary(table)}"
        yield from (f"  {change}" for change in table.form)
        yield from (f"  {_kinds(row)} {_key(row)}: {'; '.join((*_move(row), *row.words))}" for row in table.rows)
        if hidden := _hidden(table):
            yield f"  {hidden}"


def as_markdown(difference: Difference) -> str:
    """What release notes are made of: no headings, so that it fits below any; text of pages stands in code spans."""
    parts = [_verdict(difference), *(f"Note: {note}." for note in difference.notes)]
    parts += ["\n".join(lines) for lines in (_counts(difference.tables), list(_points(difference))) if lines]
    return "\n\n".join(parts) + "\n"


def _counts(differing: Sequence[TableDifference]) -> list[str]:
    """A Markdown table."""
    if not differing:
        return []
    header = ["config", "rows before", "rows now", *_COUNTS]
    cells = [
        [f"`{table.config}`", _rows(table.old_rows), _rows(table.new_rows), *(f"{getattr(table, kind):,}" for kind in _COUNTS)]
        for table in differing
    ]
    return [f"| {' | '.join(row)} |" for row in (header, ["---", *["---:"] * (len(header) - 1)], *cells)]


def _points(difference: Difference) -> Iterator[str]:
    yield from (f"- {change}" for change in difference.form)
    for table in difference.tables:
        point = f"- `{table.config}`:"
        yield from (f"{point} {change}" for change in table.form)
        yield from (f"{point} {_kinds(row)} {', '.join(map(_code, (_key(row), *_move(row), *row.words)))}" for row in table.rows)
        if hidden := _hidden(table):
            yield f"{point} {hidden}"


def as_json(difference: Difference) -> str:
    """Everything that is known, for machines."""
    record = {
        "old": str(difference.old),
        "new": str(difference.new),
        "equal": not difference,
        "bump": difference.bump.name,
        "required": str(difference.required),
        "sufficient": difference.sufficient,
        "notes": difference.notes,
        "form": [_form(change) for change in difference.form],
        "configs": [_table(table) for table in difference.tables],
    }
    return json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n"


def _table(table: TableDifference) -> dict[str, Any]:
    return {
        "config": table.config,
        "bump": table.bump.name,
        "old_rows": table.old_rows,
        "new_rows": table.new_rows,
        "differing": table.differing,
        **{kind: getattr(table, kind) for kind in _COUNTS},
        "form": [_form(change) for change in table.form],
        "rows": [
            {"kinds": row.kinds, "key": row.key, "old_split": row.old_split, "new_split": row.new_split}
            | {"old": row.old, "new": row.new, "words": row.words}
            for row in table.rows
        ],
    }


def _form(change: Any) -> dict[str, str]:
    return {"what": change.what, "where": change.where, "detail": change.detail, "bump": change.bump.name}


def _verdict(difference: Difference) -> str:
    versions = f"{difference.old} -> {difference.new}"
    if not difference:
        return f"{versions}: no differences in the data"
    short = "" if difference.sufficient else f"; it says {difference.new}"
    return f"{versions}: the new data needs a {difference.bump.name} version, {difference.required} or later{short}"


def _summary(table: TableDifference) -> str:
    counts = [f"{getattr(table, kind):,} {kind}" for kind in _COUNTS if getattr(table, kind)]
    return f"{', '.join(counts) or 'no row changed'} ({_rows(table.old_rows)} -> {_rows(table.new_rows)} rows): {table.bump.name}"


def _rows(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _kinds(row: RowChange) -> str:
    return " and ".join(row.kinds)


def _key(row: RowChange) -> str:
    return " ".join(map(str, row.key.values()))


def _move(row: RowChange) -> tuple[str, ...]:
    return (f"split: {row.old_split} -> {row.new_split}",) if "moved" in row.kinds else ()


def _hidden(table: TableDifference) -> str:
    """What stands for the rows that are counted and not listed."""
    more = table.differing - len(table.rows)
    return f"… and {more:,} more rows" if table.rows and more else ""


def _code(text: str) -> str:
    """A code span, whatever backticks the text holds."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
