"""The command that makes a silver corpus."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from drumbeat import scale
from drumbeat.cli.add import Columns, Formats, Rights, Text, Texts
from drumbeat.cli.labelstudio import Layers
from drumbeat.cli.shell import app, err, failures, say
from drumbeat.cli.suggest import How
from drumbeat.errors import ScaleError
from drumbeat.ingest.page import Reading
from drumbeat.model import LAYERS
from drumbeat.repository import find_repository, read_knowledge_base
from drumbeat.silver.annotate import Outcome, Progress, annotate
from drumbeat.silver.shards import Options


class Engines(StrEnum):
    """What the work is spread with."""

    local = "local"
    dask = "dask"


Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="The address of Dask's scheduler.", show_default="a cluster on this machine")
]
_DEFAULT = Options()


@app.command("annotate")
def annotate_command(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT…", help="Parquet, JSON Lines, WARC, WET: files, folders, globs, URLs of fsspec.", show_default=False),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of the silver corpus.", show_default=False)],
    layer: Layers = None,
    how: Annotated[How, typer.Option("--suggester", help="Regions by the trained model, or by rules alone, which is faster.")] = How.model,
    model: Annotated[str | None, typer.Option("--model", help="The spaCy model.", show_default="the best that is installed")] = None,
    root: Annotated[
        Path | None, typer.Option("--root", help="A corpus repository whose knowledge base names are linked to.", show_default="to none")
    ] = None,
    form: Formats = None,
    text: Texts = Text.all,
    column: Columns = None,
    rights: Rights = None,
    max_bytes: Annotated[int, typer.Option("--max-bytes", min=1, help="Reject larger pages.")] = _DEFAULT.reading.max_bytes,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many records.")] = None,
    sample: Annotated[
        float, typer.Option("--sample", min=0, max=1, help="Only this share of the pages, always the same ones.")
    ] = _DEFAULT.sample,
    engine: Annotated[Engines, typer.Option("--engine", help="Processes of this machine, or a Dask cluster.")] = Engines.local,
    scheduler: Scheduler = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="How many processes.", show_default="one for each core")] = None,
    shard_size: Annotated[int, typer.Option("--shard-size", min=1, help="About how many bytes of input a shard has.")] = 16_000_000,
    replace: Annotated[bool, typer.Option("--replace", help="Remove what the folder holds of other input, options or versions.")] = False,
) -> None:
    """Annotate pages by the million: a silver corpus, in the schema of the corpus, that nobody reviewed.

    The input is worked on in shards. A run that was cut short goes on where it was when the command is given again. What cannot
    become a page is a line in rejects/, with its reason. Exit status 0: the corpus is whole; 2: it is not.
    """
    with failures():
        options = Options(
            layers=tuple(str(name) for name in layer) if layer else LAYERS,
            regions=how.value,
            model=model,
            knowledge_base=tuple(read_knowledge_base(find_repository(root)).values()) if root else (),
            reading=Reading(text is Text.main, column, max_bytes),
            rights=rights,
            sample=sample,
        )
        begun = time.monotonic()
        with engine_of(engine, scheduler, workers) as by, _progress() as progress:
            outcome = annotate(
                inputs,
                output,
                options,
                by,
                form=form and form.value,
                limit=limit,
                shard_bytes=shard_size,
                replace=replace,
                progress=progress,
            )
        for line in _summary(outcome, output, time.monotonic() - begun):
            say(line)


@contextmanager
def engine_of(engine: Engines, scheduler: str | None, workers: int | None) -> Iterator[scale.Engine]:
    """The engine that options ask for, with a worker for each core where they do not say.  Raises ScaleError."""
    if scheduler and engine is not Engines.dask:
        raise ScaleError("--scheduler is Dask's; add --engine dask")
    if scheduler and workers:
        raise ScaleError("--workers starts workers on this machine, --scheduler takes those that its cluster has; leave one of them out")
    number = workers or os.cpu_count() or 1
    if engine is Engines.dask:
        with scale.dask(scheduler, number) as client:
            yield client
    else:
        yield partial(scale.on_processes, workers=number)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """A bar over the bytes of the input, with pages a second and the time that is left, on a terminal only."""
    columns = (TextColumn("annotating"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    with Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("annotating", total=None, rate="looking at the input")
        begun = time.monotonic()

        def show(progress: Progress) -> None:
            pages = progress.pages / max(time.monotonic() - begun, 1e-9)
            rejects = f", {progress.rejects:,} rejects" if progress.rejects else ""
            bar.update(task, completed=progress.done, total=progress.total, rate=f"{pages:,.0f} pages/s{rejects}")

        yield show


def _summary(outcome: Outcome, output: Path, seconds: float) -> Iterator[str]:
    if outcome.before:
        yield f"{outcome.before} of {outcome.shards} shard(s) were done by an earlier run"
    if outcome.twice:
        yield f"{outcome.twice} page(s) stand in the input more than once, in different shards: their document_id is in several files"
    if outcome.rejects:
        yield f"{outcome.rejects} record(s) did not become a page; the reasons are in {output / 'rejects'}"
    yield f"{outcome.annotator}: {outcome.pages:,} page(s) in {output}, {outcome.shards} shard(s), in {seconds:,.0f} s"
    yield f"next: drumbeat validate {output}"
