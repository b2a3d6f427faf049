"""Reading Label Studio's JSON export, measured against named peers on the same file in one run.

    python -m benchmarks.tasks [--megabytes 500]

The file is an export as Label Studio 1.23 writes it after an annotator has submitted suggestions: the corpus' own gold, over and over, each
annotation with a copy of the prediction that it was made from.  Each measurement runs in a process of its own; medians of five rounds.
Memory is what the process holds beside the pages of files, which the system takes back at need (RssAnon in `/proc/self/status`, Linux), at
its highest.
"""

import argparse
import json
import mmap
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import msgspec

from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.items import Json
from drumbeat.labelstudio.tasks import decode_task
from drumbeat.model import LAYERS
from drumbeat.repository import Repository

CHECKOUT = Repository(Path(__file__).parents[1])
ROUNDS = 5
WHEN = {"created_at": "2026-01-02T03:04:05.678901Z", "updated_at": "2026-01-02T03:04:05.678901Z"}


def submitted(task: Json, number: int) -> Json:
    """A task of ours in Label Studio's export, with the fields that the server adds, its gold suggested and submitted unchanged."""
    (sent,) = task["annotations"]
    left = [item if item["type"] == "relation" else item | {"origin": "prediction"} for item in sent["result"]]
    suggested = {"id": number, "result": sent["result"], "model_version": "m", "created_ago": "1\N{NO-BREAK SPACE}hour", "score": None}
    suggested |= {
        "cluster": None,
        "neighbors": None,
        "mislabeling": 0.0,
        **WHEN,
        "model": None,
        "model_run": None,
        "task": number,
        "project": 1,
    }
    annotation = {"id": number, "completed_by": 1, "result": left, "was_cancelled": False, "ground_truth": False, **WHEN}
    annotation |= {"draft_created_at": None, "lead_time": 12.5, "prediction": suggested, "result_count": len(left)}
    annotation |= {"unique_id": str(UUID(int=number)), "import_id": None, "last_action": None, "bulk_created": False, "task": number}
    annotation |= {"project": 1, "updated_by": 1, "parent_prediction": number, "parent_annotation": None, "last_created_by": None}
    counts = {"total_annotations": 1, "cancelled_annotations": 0, "total_predictions": 1, "comment_count": 0, "unresolved_comment_count": 0}
    return {
        **{"id": number, "annotations": [annotation], "drafts": [], "predictions": [number], "data": task["data"], "meta": {}, **WHEN},
        **{"allow_skip": True, "inner_id": number, **counts, "last_comment_updated_at": None, "project": 1, "updated_by": 1},
        "comment_authors": [],
    }


def anonymous() -> float:
    """MiB that are no file's."""
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def highest(read: Iterable[Any]) -> float:
    """Read to the end, look at the memory at every hundredth item."""
    return max([anonymous() for number, _ in enumerate(read) if number % 100 == 0], default=anonymous())


def count_bytes(path: Path) -> float:
    """The bytes at once, as they are held to be parsed."""
    data = path.read_bytes()
    return max(anonymous(), len(data) / 2**40)


def blocks(path: Path) -> float:
    """The bytes a block at a time into the same place: less than any reader of their content can do."""
    with path.open("rb") as file:
        return highest(iter(lambda: file.read(1 << 22), b""))


def ours(path: Path) -> float:
    """drumbeat: every task decoded for import, one at a time."""
    return highest(read_tasks(path, decode_task))


def all_of_it(path: Path) -> float:
    """drumbeat: every task with all that is in it, one at a time, as `migrate` reads it."""
    return highest(read_tasks(path))


def cut(path: Path) -> float:
    """The file cut into its tasks by msgspec, none of them decoded."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return highest(msgspec.json.decode(mapped, type=list[msgspec.Raw]))


def whole(path: Path) -> float:
    """json.load: the whole file."""
    with path.open(encoding="utf-8") as file:
        found = json.load(file)
    return max(anonymous(), len(found) / 2**40)


JOBS: dict[str, Callable[[Path], float]] = {
    **{"Path.read_bytes": count_bytes, "bytes in blocks": blocks},
    **{"cut, not decoded": cut, "drumbeat, a file": ours, "drumbeat, a stream": ours},
    **{"drumbeat, all of it": all_of_it, "json.load": whole},
}


def measured(job: str, path: Path) -> Json:
    """CPU seconds and MiB of a job in its own process; a stream comes through a pipe."""
    stream = job.endswith("a stream")
    command = [sys.executable, "-m", "benchmarks.tasks", "--job", job, "/dev/stdin" if stream else str(path)]
    with subprocess.Popen(["cat", str(path)] if stream else ["true"], stdout=subprocess.PIPE) as source:
        done = subprocess.run(command, cwd=CHECKOUT.root, stdin=source.stdout, capture_output=True, text=True, check=True)
    found: Json = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--job", nargs=2, metavar=("JOB", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        begin = time.process_time()
        memory = JOBS[options.job[0]](Path(options.job[1]))
        print(json.dumps({"cpu": time.process_time() - begin, "memory": memory}))
        return
    own = [submitted(task, number) for number, task in enumerate(tasks(CHECKOUT, LAYERS, "gold", ()), 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        write_tasks(path, own)
        times = -(-options.megabytes * 1_000_000 // path.stat().st_size)
        number = write_tasks(path, (task for _ in range(times) for task in own))
        print(f"{number} tasks, {path.stat().st_size / 1e6:.0f} MB\nratio: CPU of the job / CPU of Path.read_bytes")
        rounds = [{job: measured(job, path) for job in JOBS} for _ in range(ROUNDS)]
        base = median(found["Path.read_bytes"]["cpu"] for found in rounds)
        for job in JOBS:
            cpu, memory = (median(found[job][key] for found in rounds) for key in ("cpu", "memory"))
            print(f"{job:>19}: {cpu:6.2f} CPU s, ratio {cpu / base:6.2f}, {memory:5.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
