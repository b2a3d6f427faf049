"""What a command costs with all its descendants, those that outlive their parent too: seconds, CPU seconds, MiB of the largest process.

    python -m benchmarks.measure COMMAND…

Linux only.  Prints JSON; the command's output goes to standard error.  Jobs that leave their start out measure themselves (`tell`) and
are asked (`told`).
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): orphans become ours, so that their time is counted


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float
    cpu: float
    memory: float


def cost(arguments: list[str]) -> Cost:
    """Run a command in a process that counts.  Raises RuntimeError, with what the command said, where it fails."""
    counting = [sys.executable, "-m", "benchmarks.measure", *arguments]
    counted = subprocess.run(counting, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    if counted.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {counted.stderr}")
    return Cost(**json.loads(counted.stdout))


def told(module: str, *arguments: str) -> list[dict[str, float]]:
    """What `python -m module` prints as JSON, a record a line; raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def tell(work: Callable[[], object]) -> None:
    """Work, and print the CPU seconds that it took and the MiB that this process had at its highest."""
    begun = time.process_time()
    work()
    cpu = time.process_time() - begun
    print(json.dumps({"cpu": cpu, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _count(arguments: list[str]) -> int:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begun = time.monotonic()
    status = subprocess.run(arguments, stdout=sys.stderr, check=False).returncode
    seconds = time.monotonic() - begun
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps(asdict(Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))))
    return status


if __name__ == "__main__":
    sys.exit(_count(sys.argv[1:]))
