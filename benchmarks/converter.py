"""Task files out and back, measured against the converter of Label Studio's SDK on the same tasks in one run.

    python -m benchmarks.converter [--tasks 10000] [--layer entities]

The tasks are the corpus' own gold, over and over. Each measurement runs in a process of its own; needs the extra `labelstudio`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.measure import tell, told
from drumbeat.labelstudio.config import label_config
from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.tasks import decode_task, from_task, to_task
from drumbeat.model import LAYERS
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds

CHECKOUT = Repository(Path(__file__).parents[1])


def exported(layers: list[str]) -> Iterator[Any]:
    """Tasks without end as Label Studio exports them, each with a number and an annotator."""
    own = list(tasks(CHECKOUT, layers, "gold", ()))
    for number, task in enumerate(cycle(own), 1):
        yield task | {"id": number, "annotations": [task["annotations"][0] | {"completed_by": 1}]}


def take_back(path: Path, folder: Path, layers: list[str], number: int) -> None:
    """drumbeat: every task read, checked and made annotation sets."""
    assert sum(len(from_task(task).arrivals) for task in read_tasks(path, decode_task)) == number


def read(path: Path, folder: Path, layers: list[str], number: int) -> None:
    """What of an import is JSON: the file cut into tasks and decoded, nothing done with them."""
    assert sum(1 for _ in read_tasks(path, decode_task)) == number


def send_out(path: Path, folder: Path, layers: list[str], number: int) -> None:
    """drumbeat: documents and gold, read once, made tasks and written."""
    pages = [read_document(CHECKOUT, seed) for seed in read_seeds(CHECKOUT)]
    own = [(page, read_annotation(CHECKOUT, page).gold) for page in pages]
    write_tasks(folder / "tasks.json", (to_task(page, gold=gold, layers=layers) for page, gold in islice(cycle(own), number)))


def sdk(form: str) -> Callable[[Path, Path, list[str], int], None]:
    def convert(path: Path, folder: Path, layers: list[str], number: int) -> None:
        from label_studio_sdk.converter import Converter

        converter = Converter(label_config(layers), str(folder), download_resources=False)
        getattr(converter, f"convert_to_{form}")(str(path), str(folder), is_dir=False)

    return convert


JOBS = {
    "export-tasks": send_out,
    "import": take_back,
    "reading alone": read,
    "SDK, JSON_MIN": sdk("json_min"),
    "SDK, CoNLL": sdk("conll2003"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--layer", choices=LAYERS, action="append")
    parser.add_argument("--job", nargs=2, metavar=("JOB", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    layers = options.layer or list(LAYERS)
    if options.job:
        with tempfile.TemporaryDirectory() as folder:
            tell(partial(JOBS[options.job[0]], Path(options.job[1]), Path(folder), layers, options.tasks))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        write_tasks(path, islice(exported(layers), options.tasks))
        print(f"{options.tasks} tasks, {path.stat().st_size / 1e6:.0f} MB, layers {', '.join(layers)}")
        print("ratio: CPU of the SDK's converter to JSON_MIN / CPU of the job; above 1, the job is faster")
        found = {}
        for job in JOBS:
            given = [*(f"--layer={layer}" for layer in layers), f"--tasks={options.tasks}", "--job", job, str(path)]
            found[job] = told("benchmarks.converter", *given)[-1]
        for job, figures in found.items():
            ratio = found["SDK, JSON_MIN"]["cpu"] / figures["cpu"]
            print(f"{job:>14}: {figures['cpu']:7.2f} CPU s, peak {figures['memory']:6.0f} MiB, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
