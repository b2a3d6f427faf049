"""Everything measured in one run, beside its peers, as one page: `python -m benchmarks`, which writes benchmarks/RESULTS.md.

    python -m benchmarks [--only NAME…] [--pages 12000] [--output FILE]

Each measurement runs in a process of its own; preparing its input does not count.  CPU seconds are those of all its processes.
"""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log10
from pathlib import Path
from statistics import median

from benchmarks import annotate
from benchmarks.jobs import JOBS, Job, find
from benchmarks.measure import Cost, cost
from drumbeat import __version__, tables
from drumbeat.docs import table
from drumbeat.model import LAYERS

STEPS = (1, 10, 100)
MANY = 10_000_000  # pages
ROUNDS = 5  # of the workers


@dataclass(frozen=True, slots=True)
class Measured:
    """A job and its peer at each size, the peer at fewer or at none, where it is not installed."""

    job: Job
    ours: Sequence[Cost]
    peer: Sequence[Cost]

    @property
    def ratio(self) -> float | None:
        """How many times the CPU time of ours the peer takes, at the largest size that both were measured at."""
        return self.peer[-1].cpu / self.ours[len(self.peer) - 1].cpu if self.peer else None

    @property
    def exponent(self) -> float:
        """CPU time grows with the size to this power, from the second size to the third."""
        return log10(self.ours[2].cpu / self.ours[1].cpu)


def work(name: str, number: int, who: str, output: Path) -> None:
    """In a process of its own: do a job, and write down what it took, and the CPU time before."""
    job = find(name)
    with tempfile.TemporaryDirectory() as folder:
        measured = (job.work if who == "ours" else job.by_peer)(Path(folder), number)
        begun, before = time.monotonic(), time.process_time()
        measured()
        output.write_text(json.dumps({"seconds": time.monotonic() - begun, "before": before}), encoding="utf-8")


def measure(job: Job, number: int, who: str) -> Cost:
    with tempfile.NamedTemporaryFile() as file:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks", "--job", job.name, str(number), who, file.name]
        whole = cost(command)
        told = json.loads(Path(file.name).read_text(encoding="utf-8"))
    return Cost(told["seconds"], max(whole.cpu - told["before"], 1e-3), whole.memory)


def measure_all(jobs: Sequence[Job]) -> Iterator[Measured]:
    for job in jobs:
        say(job.name)
        ours = [measure(job, job.size * step, "ours") for step in STEPS]
        peer: list[Cost] = []
        try:
            peer += (measure(job, job.size * step, "peer") for step in STEPS[: job.peer_steps])
        except RuntimeError as error:
            if "ImportError" not in str(error) and "ModuleNotFoundError" not in str(error):
                raise
            say(f"{job.peer} is not installed: pip install 'drumbeat[peers]'")
        yield Measured(job, ours, peer)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def jobs_table(measured: Sequence[Measured]) -> str:
    rows = []
    for each in measured:
        job = each.job
        rate = job.size * STEPS[-1] / each.ours[-1].cpu
        seconds = [f"{spent.cpu:.2f}" for spent in each.ours]
        ratio = "not installed" if each.ratio is None else f"{each.ratio:.2f}"
        size = f"{job.size:,} {job.unit}"
        rows.append([job.name, ratio, job.peer, f"{each.exponent:.2f}", size, *seconds, f"{rate:,.0f}", f"{each.ours[-1].memory:,.0f}"])
    header = ["job", "times as fast", "as", "exponent", "1x", "CPU s at 1x", "10x", "100x", "units a CPU s", "MiB at 100x"]
    return table(header, rows, right=(1, 3, 5, 6, 7, 8, 9))


def engines_table(rounds: Sequence[annotate.Round], pages: int) -> str:
    names = {"bare": "a bare process pool", "local": "`--engine local`", "dask": "`--engine dask`"}
    rows, runs = [], annotate.middle(rounds)
    for engine, name in names.items():
        one, two = runs[engine, 1], runs[engine, 2]
        over, faster = (annotate.spread(of(rounds, engine)) for of in (annotate.dearer, annotate.faster))
        rows.append([name, over, faster, f"{pages / one.cpu:,.1f}", f"{max(one.memory, two.memory):,.0f}"])
    header = ["engine", "CPU / bare pool's", "two workers / one", "pages a CPU s", "MiB of the largest process"]
    return table(header, rows, right=(1, 2, 3, 4))


def projection(rates: dict[str, float], share: float) -> str:
    """Hours for very many pages, from pages a CPU second and from what of a second worker arrives as speed."""
    rows = [
        [what, *(f"{MANY / (rate * workers * (1 if workers == 1 else share)) / 3600:,.1f}" for workers in (1, 16, 256))]
        for what, rate in rates.items()
    ]
    return table(["layers", "1 worker", "16 workers", "256 workers"], rows, right=(1, 2, 3))


def machine() -> str:
    info = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.+)$", info.read_text(encoding="utf-8"), re.MULTILINE) if info.is_file() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, "
        f"pyarrow {tables.PYARROW}, drumbeat {__version__}, {date.today().isoformat()}"
    )


PAGE = """\
# What it costs

Written by `python -m benchmarks`; do not edit. One run on: {machine}.

CPU seconds of all processes, preparation of the input left out. The ratio is the peer's CPU time over ours on the same input in the same
run: above 1, ours is faster. A peer that was measured at fewer sizes is compared at the largest of those. The exponent says with which
power of the size the time grows, from 10x to 100x. What the peers do and leave out is in `benchmarks/jobs.py`.

{jobs}

## Workers

`drumbeat annotate`, regions alone, {pages:,} pages; CPU time includes starting. Medians of {rounds} rounds, ratios with the least
and the most: a machine that is shared changes its speed, and what a second worker is worth depends on what else it does.

{engines}

## Ten million pages

Hours, projected from the figures above, not measured.

{projection}

Assumed: pages as long as those of the gold ({characters:,} characters on average); as many pages a CPU second on each worker as here; of
several workers, each does {share:.2f} of what one alone does, as each of two did here; storage that keeps up; no worker waits for the
last shards, of which there are some thousands.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[job.name for job in JOBS], help="print these rows, and write no page")
    parser.add_argument("--pages", type=int, default=12_000, help="for the workers")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--job", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        name, number, who, output = given.job
        work(name, int(number), who, Path(output))
        return
    measured = list(measure_all([job for job in JOBS if not given.only or job.name in given.only]))
    print(jobs_table(measured))
    if not given.only:
        given.output.write_text(page(measured, given.pages), encoding="utf-8")


def page(measured: Sequence[Measured], pages: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = annotate.write_pages(Path(folder) / "pages.jsonl", pages)
        say("workers")
        runs = annotate.engines(path, annotate.REGIONS, ROUNDS)
        lines = path.read_text(encoding="utf-8").splitlines()[:1000]
        characters = sum(len(json.loads(line)["text"]) for line in lines) // len(lines)
        few = min(max(1, pages // 40), len(lines))
        path.write_text("".join(f"{line}\n" for line in lines[:few]), encoding="utf-8")
        say("all layers")
        everything = annotate.measured(path, replace(annotate.REGIONS, layers=LAYERS), 1, "local")
    share = min(1.0, median(annotate.faster(runs, "local")) / 2)
    rates = {"regions": pages / annotate.middle(runs)["local", 1].cpu, "all": few / everything.cpu}
    return PAGE.format(
        machine=machine(),
        jobs=jobs_table(measured),
        pages=pages,
        rounds=ROUNDS,
        engines=engines_table(runs, pages),
        projection=projection(rates, share),
        characters=characters,
        share=share,
    )


if __name__ == "__main__":
    main()
