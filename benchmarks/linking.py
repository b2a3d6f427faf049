"""Links of a corpus by one process and by tasks, with one worker and with two: `python -m benchmarks.linking [--quotations 10000 100000]`.

Quotations are those of benchmarks.links, 70 % with a speaker, ten on a page of fifteen sentences as benchmarks.copies has them, where one
page in four is a reworded copy of the one before it.  They stand in parts of 1,000 pages.  The figures are those of the whole command:
time, CPU of all processes, and the largest of them.
"""

import argparse
import os
import platform
import random
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from math import log
from pathlib import Path

from benchmarks.copies import Editor
from benchmarks.links import Speech, make
from benchmarks.measure import Cost, cost
from tests.linkable import Part, Story, write_corpus

PART = 1000  # pages
ON_A_PAGE = 10  # quotations
WAYS = {
    "one process": [],
    "1 worker": ["--workers", "1"],
    "2 workers": ["--workers", "2"],
    "2 of Dask": ["--engine", "dask", "--workers", "2"],
}


def corpus(folder: Path, number: int, seed: int) -> Path:
    """So many quotations on a tenth as many pages."""
    chance = random.Random(seed)
    made = make(number, seed, 0.7)
    pages = number // ON_A_PAGE
    names = [f"{page:08}" for page in range(pages)]
    said = [replace(item, document_id=names[at * 7919 % pages]) for at, item in enumerate(made.quotations)]
    stories = [Story(name, text) for name, text in zip(names, _texts(chance, pages), strict=True)]
    parts: dict[str, Part] = {}
    for start in range(0, pages, PART):
        inside = set(names[start : start + PART])
        of_part = [item for item in said if item.document_id in inside]
        parts[f"{start:08}"] = stories[start : start + PART], sorted(of_part, key=lambda item: item.key)
    return write_corpus(folder, parts, made.knowledge_base.values())


def _texts(chance: random.Random, number: int) -> list[str]:
    editor = Editor(chance, Speech(chance))
    found: list[list[str]] = []
    for at in range(number):
        found.append(editor.reworded(found[-1], 0.05) if at % 4 == 3 else [editor.sentence() for _ in range(15)])
    return ["\n".join(lines) for lines in found]


def run(number: int, seed: int) -> dict[str, Cost]:
    """What each way costs; all give the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = corpus(Path(folder) / "corpus", number, seed)
        spent, given = {}, set()
        for way, options in WAYS.items():
            output = Path(folder) / "links.jsonl"
            spent[way] = cost([sys.executable, "-m", "drumbeat", "links", str(path), "-o", str(output), *options])
            given.add(output.read_bytes())
            output.unlink()
        assert len(given) == 1
        lines = given.pop().splitlines()
        relations = sum(line.startswith(b'{"link": "relation"') for line in lines)
        print(f"{number:,} quotations on {number // ON_A_PAGE:,} pages: {relations:,} relations, {len(lines) - relations:,} clusters")
        return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quotations", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    runs = {number: report(number, given.seed) for number in given.quotations}
    for (small, first), (large, second) in pairwise(runs.items()):
        grown = (f"{way} {log(second[way].cpu / first[way].cpu) / log(large / small):.2f}" for way in WAYS)
        print(f"growth exponent of CPU, {small:,} -> {large:,}: {', '.join(grown)}")


def report(number: int, seed: int) -> dict[str, Cost]:
    spent = run(number, seed)
    for way, costs in spent.items():
        print(
            f"  {way:>12}: {costs.seconds:7.1f} s, {costs.cpu:7.1f} CPU s ({costs.cpu / spent['one process'].cpu:.2f} of one process), "
            f"largest process {costs.memory:5.0f} MiB",
            flush=True,
        )
    print(f"  two workers are {spent['1 worker'].seconds / spent['2 workers'].seconds:.2f} times as fast as one", flush=True)
    return spent


if __name__ == "__main__":
    main()
