"""Pushing to a Label Studio server, measured against a bare import through the SDK of the same tasks in the same run.

    LABEL_STUDIO_URL=… LABEL_STUDIO_API_KEY=… python -m benchmarks.server [--tasks 500] [--rounds 3]

The tasks are the corpus' own pages with their gold, over and over. Both sides send batches of the same size, take turns, and each
round has a new project, which is deleted afterwards. The target is a ratio of at most 1.2.
"""

import argparse
import os
import statistics
import time
import uuid
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from label_studio_sdk.client import LabelStudio

from drumbeat.labelstudio.config import label_config
from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.server import TIMEOUT, Server, from_environment
from drumbeat.labelstudio.transfer import BATCH, push_tasks
from drumbeat.model import LAYERS
from drumbeat.repository import Repository

CHECKOUT = Repository(Path(__file__).parents[1])
TARGET = 1.2


def generated(pages: list[Any], number: int) -> Iterator[Any]:
    """Tasks of as many documents."""
    for index, page in enumerate(islice(cycle(pages), number)):
        yield page | {"data": page["data"] | {"document_id": f"{index:06}"}}


def bare(sdk: Any, title: str, pages: list[Any], number: int) -> int:
    """The least that a script would do."""
    project = int(sdk.projects.create(title=title, label_config=label_config()).id)
    source = generated(pages, number)
    while batch := list(islice(source, BATCH)):
        sdk.projects.import_tasks(id=project, request=batch)
    return project


def pushed(server: Server, title: str, pages: list[Any], number: int) -> int:
    return push_tasks(server, title, generated(pages, number)).project.id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    pages = list(tasks(CHECKOUT, LAYERS, "gold", ()))
    sdk: Any = LabelStudio(base_url=os.environ["LABEL_STUDIO_URL"], api_key=os.environ["LABEL_STUDIO_API_KEY"], timeout=TIMEOUT)
    times: dict[str, list[float]] = {"bare SDK": [], "push": []}
    with from_environment(os.environ) as server:
        for _ in range(options.rounds):
            for name in times:
                title = f"benchmark {uuid.uuid4().hex}"
                began = time.perf_counter()
                project = bare(sdk, title, pages, options.tasks) if name == "bare SDK" else pushed(server, title, pages, options.tasks)
                times[name].append(time.perf_counter() - began)
                sdk.projects.delete(project)
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    for name, seconds in medians.items():
        print(f"{name:10} {options.tasks} tasks  median {seconds:6.2f} s  {options.tasks / seconds:5.0f}/s")
    ratio = medians["push"] / medians["bare SDK"]
    print(f"ratio {ratio:.2f} (target {TARGET}: {'kept' if ratio <= TARGET else 'missed'})")


if __name__ == "__main__":
    main()
