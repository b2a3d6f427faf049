"""Pages by the dozen, and what a silver corpus made of them holds."""

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from drumbeat.jsonl import read_json
from drumbeat.model import Receipt
from drumbeat.silver.annotate import Outcome, annotate
from drumbeat.silver.shards import Options, Shard

Row = dict[str, Any]

FAST = Options(layers=("regions",), regions="rules")
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}  # audit events, beside that a file is opened to be written to
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


def here(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
    """The engine of one process: this one."""
    for shard in shards:
        yield shard, function(shard)


def annotated(root: Path, *names: object, options: Options = FAST, **given: Any) -> Outcome:
    """A silver corpus of these inputs, made by this process."""
    return annotate([str(name) for name in names], root, options, here, **given)


def killed_before_each_step(folder: Path, pages: Path, **given: Any) -> None:
    """Make one in `folder`/0, be killed before the first step in which Python changes it; in `folder`/1 before the second, and so on.

    For a process that has nothing else to do, which the copies of it that are killed are of.
    """
    for step in count():
        run = multiprocessing.get_context("fork").Process(target=_killed, args=(step, folder / str(step), pages), kwargs=given)
        run.start()
        run.join(60)
        if run.exitcode != -signal.SIGKILL:
            run.kill()
            sys.exit(run.exitcode)  # it was done before the step, or hangs


def _killed(step: int, root: Path, pages: Path, **given: Any) -> None:
    steps = count()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        changes = event in _CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE != os.O_RDONLY)
        path = str(arguments[0])  # a bare name where a folder is removed with what is in it
        if changes and (path.startswith(str(root)) or "/" not in path) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    annotated(root, pages, **given)


def rows(root: Path, config: str) -> list[Row]:
    """All rows of a config, in an order that does not depend on how the input was cut."""
    return sorted(_rows(root, config), key=lambda row: (row["document_id"], json.dumps(row, default=str, sort_keys=True)))


def _rows(root: Path, config: str) -> Iterator[Row]:
    for file in read_json(root / "corpus" / "manifest.json")["files"]:
        if file["config"] == config:
            yield from pq.read_table(root / "corpus" / file["path"]).to_pylist()


def content(root: Path) -> dict[str, bytes]:
    """Every file and folder of a silver corpus: what must be equal, byte for byte, however it was made."""
    return {path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


def rejects(root: Path) -> list[tuple[str, str]]:
    """Place and reason of every reject."""
    lines = (line for path in sorted((root / "rejects").glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())
    return [(reject["place"], reject["reason"]) for reject in map(json.loads, lines)]
