"""Silver corpora: what shards, digests and receipts cost beside a bare process pool over the same functions, and how workers share work.

    python -m benchmarks.annotate [--pages 1000] [--rounds 3] [--layer regions] [--suggester model]

Pages are those of the gold with half of their plain words exchanged.  CPU is that of all processes.  Of several rounds, in which all take
turns, the quickest counts: whatever else the machine does can only add to it.
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
from itertools import islice
from pathlib import Path

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
        spread = ["--engine", engine, "--workers", str(workers), "--shard-size", str(SHARD)]
        return cost([sys.executable, "-m", "drumbeat", "annotate", str(path), "-o", f"{folder}/out", *spread, *given])


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
        path, twice = Path(folder) / "pages.jsonl", Path(folder) / "twice.jsonl"
        write_pages(twice, 2 * given.pages)
        with twice.open(encoding="utf-8") as file:
            path.write_text("".join(islice(file, given.pages)), encoding="utf-8")
        report(path, twice, given.pages, given.rounds, options)


def engines(path: Path, options: Options, rounds: int) -> dict[tuple[str, int], Cost]:
    """What each engine costs with one worker and with two."""
    turns = [(engine, workers) for engine in ("bare", "local", "dask") for workers in (1, 2)]
    runs = [{(engine, workers): measured(path, options, workers, engine) for engine, workers in turns} for _ in range(rounds)]
    return {turn: quickest([run[turn] for run in runs]) for turn in turns}


def quickest(costs: Sequence[Cost]) -> Cost:
    """The least time and the most memory of several runs of one command."""
    return Cost(min(cost.seconds for cost in costs), min(cost.cpu for cost in costs), max(cost.memory for cost in costs))


def report(path: Path, twice: Path, pages: int, rounds: int, options: Options) -> None:
    runs = engines(path, options, rounds)
    pairs = [[measured(file, options, 1, "local") for file in (path, twice)] for _ in range(rounds)]
    once, double = (quickest(costs) for costs in zip(*pairs, strict=True))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; layers {', '.join(options.layers)}")
    print(f"CPU, local / bare pool: {runs['local', 1].cpu / runs['bare', 1].cpu:.2f}")
    for engine in ("bare", "local", "dask"):
        print(f"two workers are so many times as fast as one, {engine}: {runs[engine, 1].seconds / runs[engine, 2].seconds:.2f}")
    print(f"CPU, twice the pages / once: {double.cpu / once.cpu:.2f}")
    for (engine, workers), spent in runs.items():
        print(
            f"{engine:>6} {workers} worker(s): {spent.seconds:7.1f} s, {spent.cpu:7.1f} CPU s, "
            f"{pages / spent.cpu:7.1f} pages a CPU s, largest process {spent.memory:5.0f} MiB"
        )


if __name__ == "__main__":
    main()
