"""Build and validate, measured against a named peer on the same documents in one run.

    python -m benchmarks.build [--documents 250 1000 4000]

Each measurement runs in a process of its own; CPU seconds are those of that process, memory its peak. What is generated
goes to a temporary folder.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.generate import generate
from drumbeat import schema, tables
from drumbeat.build import SPLIT, write_corpus
from drumbeat.checks import validate_inputs
from drumbeat.repository import Repository

HEADER = ("documents", "ratio", "build ms", "peer ms", "validate ms", "build MiB", "peer MiB", "validate MiB")
CHECKOUT = Repository(Path(__file__).parents[1])


def ours(repository: Repository, folder: Path) -> None:
    """drumbeat: pages and annotation files -> Parquet, everything included."""
    write_corpus(repository, folder)


def peer(repository: Repository, folder: Path) -> None:
    """datasets: the same rows, ready in memory -> Parquet."""
    import datasets

    datasets.disable_progress_bars()
    for config in schema.configs():
        rows = pq.read_table(repository.corpus / config.name / f"{SPLIT}-00000-of-00001.parquet").to_pylist()  # labels as ids already
        if not rows:
            continue
        features = datasets.Features.from_arrow_schema(tables.arrow_schema(config))
        begin = time.process_time()
        datasets.Dataset.from_list(rows, features=features).to_parquet(folder / f"{config.name}.parquet")
        print(json.dumps({"cpu": time.process_time() - begin}))


def checks(repository: Repository, folder: Path) -> None:
    """drumbeat: levels 1 to 4 on pages and annotation files."""
    assert not list(validate_inputs(repository))


JOBS: dict[str, Callable[[Repository, Path], None]] = {"ours": ours, "peer": peer, "checks": checks}


def measured(job: str, root: Path) -> dict[str, float]:
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.build", "--job", job, str(root)], cwd=CHECKOUT.root, capture_output=True, text=True, check=True
    )
    found: list[dict[str, float]] = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    total = found.pop()
    return {"cpu": sum(part["cpu"] for part in found) or total["cpu"], "memory": total["memory"]}


def run_job(job: str, root: Path) -> None:
    import pandas  # noqa: F401  # pyarrow and datasets both import it on first use; neither is to pay for it in the figures

    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        JOBS[job](Repository(root), Path(folder))
        cpu = time.process_time() - begin
    print(json.dumps({"cpu": cpu, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[250, 1000, 4000])
    parser.add_argument("--job", nargs=2, metavar=("JOB", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        run_job(options.job[0], Path(options.job[1]))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, pyarrow {tables.PYARROW}")
    print("ratio: CPU of datasets' writer / CPU of drumbeat build; above 1, build is faster. Milliseconds a document, peak MiB.")
    print("{:>10}{:>8}{:>10}{:>9}{:>13}{:>11}{:>10}{:>14}".format(*HEADER))
    for number in options.documents:
        with tempfile.TemporaryDirectory() as folder:
            repository = generate(CHECKOUT, Path(folder) / "generated", number)
            repository.corpus.mkdir()
            write_corpus(repository, repository.corpus)
            parts = build, other, _ = [measured(job, repository.root) for job in ("ours", "peer", "checks")]
            cells = [1000 * part["cpu"] / number for part in parts] + [part["memory"] for part in parts]
            row = "{:>10}{:>8.2f}{:>10.2f}{:>9.2f}{:>13.2f}{:>11.0f}{:>10.0f}{:>14.0f}"
            print(row.format(number, other["cpu"] / build["cpu"], *cells), flush=True)


if __name__ == "__main__":
    main()
