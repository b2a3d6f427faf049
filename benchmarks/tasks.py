"""Reading Label Studio's JSON export, measured against named peers on the same file in one run.

    python -m benchmarks.tasks [--megabytes 500]

The file is the corpus' own gold as tasks, over and over. Each measurement runs in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.model import LAYERS
from drumbeat.repository import Repository

CHECKOUT = Repository(Path(__file__).parents[1])


def ours(path: Path) -> int:
    """drumbeat: task by task from a stream."""
    return sum(1 for _ in read_tasks(path))


def whole(path: Path) -> int:
    """json.load: the whole file."""
    with path.open(encoding="utf-8") as file:
        return len(json.load(file))


def count_bytes(path: Path) -> int:
    """Only reading the bytes, a block at a time."""
    with path.open("rb") as file:
        return sum(len(block) for block in iter(lambda: file.read(1 << 22), b""))


JOBS: dict[str, Callable[[Path], int]] = {"drumbeat": ours, "json.load": whole, "bytes": count_bytes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--job", nargs=2, metavar=("JOB", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        begin = time.process_time()
        JOBS[options.job[0]](Path(options.job[1]))
        cpu = time.process_time() - begin
        print(json.dumps({"cpu": cpu, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    own = list(tasks(CHECKOUT, LAYERS, "gold", ()))
    one = sum(len(json.dumps(task, ensure_ascii=False).encode()) for task in own)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        number = write_tasks(path, (task for _ in range(options.megabytes * 1_000_000 // one + 1) for task in own))
        megabytes = path.stat().st_size / 1e6
        print(f"{number} tasks, {megabytes:.0f} MB")
        for job in JOBS:
            command = [sys.executable, "-m", "benchmarks.tasks", "--job", job, str(path)]
            found = json.loads(subprocess.run(command, cwd=CHECKOUT.root, capture_output=True, text=True, check=True).stdout)
            print(
                f"{job:>10}: {found['cpu']:6.2f} CPU s, {megabytes / found['cpu']:7.0f} MB a CPU s, peak {found['memory']:6.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
