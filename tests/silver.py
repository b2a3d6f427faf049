"""Pages by the dozen, and what a silver corpus made of them holds."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from drumbeat.jsonl import read_json
from drumbeat.silver.shards import Options

Row = dict[str, Any]

FAST = Options(layers=("regions",), regions="rules")
_PARAGRAPHS = (
    "The council of Northtown met on Monday and spoke about the bridge, which a storm had closed in the autumn.",
    "“We are ready to open it,” said Lena Ortiz, who leads the council. “Nobody should wait for another winter.”",
    "Skip to content\nSubscribe\nSign in",
    "Residents of the eastern quarter had asked for a ferry — and for “a voice” in what is built next, 🛶 they wrote.",
    "Related stories\nStorm closes bridge\nHow ferries came back",
    "By Ada Byrne | May 19, 2024",
    "Copyright © 2024 The Tide. All rights reserved.",
)


def page(number: int) -> str:
    """A page of its own, of six to sixty lines."""
    body = (_PARAGRAPHS[(number * 5 + step) % len(_PARAGRAPHS)] for step in range(6 + number % 20))
    return f"Bridge number {number} opens\n\n" + "\n\n".join(body)


def write_pages(path: Path, numbers: Sequence[int]) -> Path:
    """JSON Lines with these pages."""
    lines = (json.dumps({"text": page(number), "title": f"Bridge number {number} opens"}, ensure_ascii=False) for number in numbers)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def rows(root: Path, config: str) -> list[Row]:
    """All rows of a config, in an order that does not depend on how the input was cut."""
    return sorted(_rows(root, config), key=lambda row: (row["document_id"], json.dumps(row, default=str, sort_keys=True)))


def _rows(root: Path, config: str) -> Iterator[Row]:
    for file in read_json(root / "corpus" / "manifest.json")["files"]:
        if file["config"] == config:
            yield from pq.read_table(root / "corpus" / file["path"]).to_pylist()


def content(root: Path) -> dict[str, bytes]:
    """Every file of a silver corpus but for its time-free name: what must be equal, byte for byte, however it was made."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def rejects(root: Path) -> list[tuple[str, str]]:
    """Place and reason of every reject."""
    lines = (line for path in sorted((root / "rejects").glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())
    return [(reject["place"], reject["reason"]) for reject in map(json.loads, lines)]
