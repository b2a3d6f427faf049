"""Build and validate, measured against a named peer on the same documents in one run.

    python -m benchmarks.build [--documents 250 1000 4000]

Each measurement runs in a process of its own; CPU seconds are those of that process, memory its peak. What is generated
goes to a temporary folder.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.generate import generate
from benchmarks.measure import tell, told
from drumbeat import build, checks, schema, tables
from drumbeat.folder import SPLIT
from drumbeat.repository import Repository

CHECKOUT = Repository(Path(__file__).parents[1])


def whole_build(repository: Repository, folder: Path) -> None:
    """drumbeat: pages and annotation files -> Parquet, manifest, card; what `drumbeat build --no-validate` does."""
    build.build(repository)


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


def validate_inputs(repository: Repository, folder: Path) -> None:
    """drumbeat: levels 1 to 4 on pages and annotation files."""
    assert not list(checks.validate_inputs(repository))


def validate_corpus(repository: Repository, folder: Path) -> None:
    """drumbeat: level 5 on the built corpus."""
    assert not list(checks.validate(repository, ["D5"]))


JOBS: dict[str, Callable[[Repository, Path], None]] = {
    "build": whole_build,
    "peer": peer,
    "inputs": validate_inputs,
    "corpus": validate_corpus,
}


def measured(job: str, root: Path) -> dict[str, float]:
    *found, total = told("benchmarks.build", "--job", job, str(root))
    return {"cpu": sum(part["cpu"] for part in found) or total["cpu"], "memory": total["memory"]}


def run_job(job: str, root: Path) -> None:
    import pandas  # noqa: F401  # pyarrow and datasets both import it on first use; neither is to pay for it in the figures

    with tempfile.TemporaryDirectory() as folder:
        tell(partial(JOBS[job], Repository(root), Path(folder)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[250, 1000, 4000])
    parser.add_argument("--job", nargs=2, metavar=("JOB", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        run_job(options.job[0], Path(options.job[1]))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, pyarrow {tables.PYARROW}")
    print("ratio: CPU of datasets' writer / CPU of the build; above 1, the build is faster. CPU milliseconds a document, peak MiB.")
    columns = [f"{job} ms" for job in JOBS] + [f"{job} MiB" for job in JOBS]
    print(f"{'documents':>10}{'ratio':>8}" + "".join(f"{column:>12}" for column in columns))
    for number in options.documents:
        with tempfile.TemporaryDirectory() as folder:
            repository = generate(CHECKOUT, Path(folder) / "generated", number)
            build.build(repository)
            parts = {job: measured(job, repository.root) for job in JOBS}
            ratio = parts["peer"]["cpu"] / parts["build"]["cpu"]
            cells = [f"{1000 * part['cpu'] / number:.2f}" for part in parts.values()] + [f"{part['memory']:.0f}" for part in parts.values()]
            print(f"{number:>10}{ratio:>8.2f}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
