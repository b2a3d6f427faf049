"""Silver corpora: what shards, digests and receipts cost beside a bare process pool over the same functions, and how workers share work.

    python -m benchmarks.annotate [--pages 1000] [--rounds 3] [--layer regions] [--suggester model]

Pages are those of the gold with half of their plain words exchanged.  CPU is that of all processes.  Machines that are shared change their
speed from minute to minute, so what is compared runs one after the other, in several rounds; figures are medians of the rounds, ratios
with the least and the most.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median

from benchmarks.generate import texts
from benchmarks.measure import Cost, cost
from drumbeat.folder import CorpusWriter
from drumbeat.ingest.page import Page
from drumbeat.model import LAYERS
from drumbeat.repository import Repository
from drumbeat.schema import configs
from drumbeat.silver.folder import has_pages
from drumbeat.silver.run import page_rows
from drumbeat.silver.shards import Options
from drumbeat.suggest.page import Suggester

CHECKOUT = Repository(Path(__file__).parents[1])
SHARD = 2_000_000  # bytes: so that some thousand pages are many shards
REGIONS = replace(Options(), layers=("regions",))

Round = dict[tuple[str, int], Cost]
"""What each engine and number of workers cost."""

_by: Suggester


def write_pages(path: Path, number: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for text in texts(CHECKOUT, number):
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    return path


def bare(path: Path, folder: Path, options: Options, workers: int) -> None:
    """The peer: pages read, annotated and written by a process pool, with no plan, digest, order or receipt."""
    lines = path.read_bytes().splitlines()
    size = max(1, SHARD * len(lines) // path.stat().st_size)
    pieces = [(index, lines[index : index + size]) for index in range(0, len(lines), size)]
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, context, initializer=_load, initargs=(options,)) as pool:
        list(pool.map(partial(_bare_piece, folder=folder, options=options), pieces))


def _load(options: Options) -> None:
    global _by
    _by = options.suggester()


def _bare_piece(piece: tuple[int, list[bytes]], folder: Path, options: Options) -> None:
    index, lines = piece
    with CorpusWriter(folder, part=f"{index:08}", only=list(filter(has_pages, configs()))) as writer:
        for line in lines:
            data = json.loads(line)["text"].encode()
            writer.add_document(page_rows(Page("", data, "", {}), sha256(data).hexdigest(), options, _by))


def measured(path: Path, options: Options, workers: int, engine: str) -> Cost:
    """One engine on the pages, in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        given = ["--layer", *" --layer ".join(options.layers).split(), "--suggester", options.regions]
        if engine == "bare":
            return cost([sys.executable, "-m", "benchmarks.annotate", "--bare", str(path), folder, "--workers", str(workers), *given])
        how = ["--engine", engine, "--workers", str(workers), "--shard-size", str(SHARD)]
        return cost([sys.executable, "-m", "drumbeat", "annotate", str(path), "-o", f"{folder}/out", *how, *given])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layer", nargs="+", action="extend", choices=LAYERS)
    parser.add_argument("--suggester", choices=("model", "rules"), default="model")
    parser.add_argument("--bare", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    options = replace(REGIONS, layers=tuple(given.layer or REGIONS.layers), regions=given.suggester)
    if given.bare:
        bare(given.bare[0], given.bare[1], options, given.workers)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write_pages(Path(folder) / "pages.jsonl", given.pages)
        double = write_pages(Path(folder) / "double.jsonl", 2 * given.pages)
        report(path, double, given.pages, given.rounds, options)


def engines(path: Path, options: Options, rounds: int) -> list[Round]:
    """What each engine costs with one worker and with two, round by round."""
    turns = [(engine, workers) for engine in ("bare", "local", "dask") for workers in (1, 2)]
    return [{(engine, workers): measured(path, options, workers, engine) for engine, workers in turns} for _ in range(rounds)]


def middle(rounds: Sequence[Round]) -> Round:
    """The median times of all rounds, and the most memory."""
    runs = {turn: [each[turn] for each in rounds] for turn in rounds[0]}
    return {
        turn: Cost(median(run.seconds for run in of), median(run.cpu for run in of), max(run.memory for run in of))
        for turn, of in runs.items()
    }


def faster(rounds: Sequence[Round], engine: str) -> list[float]:
    """How many times as fast two workers are as one, in each round."""
    return [each[engine, 1].seconds / each[engine, 2].seconds for each in rounds]


def dearer(rounds: Sequence[Round], engine: str) -> list[float]:
    """How many times the CPU of a bare pool one worker takes, in each round."""
    return [each[engine, 1].cpu / each["bare", 1].cpu for each in rounds]


def spread(ratios: Sequence[float]) -> str:
    """The median of ratios, with the least and the most."""
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def report(path: Path, double: Path, pages: int, rounds: int, options: Options) -> None:
    runs = engines(path, options, rounds)
    twice = [measured(double, options, 1, "local").cpu / measured(path, options, 1, "local").cpu for _ in range(rounds)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; layers {', '.join(options.layers)}")
    print(f"{pages:,} pages, {rounds} rounds: medians (least to most)")
    print(f"CPU, local / bare pool: {spread(dearer(runs, 'local'))}")
    for engine in ("bare", "local", "dask"):
        print(f"two workers are so many times as fast as one, {engine}: {spread(faster(runs, engine))}")
    print(f"CPU, twice the pages / the pages: {spread(twice)}")
    for (engine, workers), spent in middle(runs).items():
        print(
            f"{engine:>6} {workers} worker(s): {spent.seconds:7.1f} s, {spent.cpu:7.1f} CPU s, "
            f"{pages / spent.cpu:7.1f} pages a CPU s, largest process {spent.memory:5.0f} MiB"
        )


if __name__ == "__main__":
    main()
