"""What every command shares: the application, its consoles, failures, progress.

Exit status: 0 clean, 1 findings or differences, 2 usage or failure, 143 ended by SIGTERM.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from drumbeat.errors import DrumbeatError
from drumbeat.repository import Repository, read_manifest, read_seeds

CLEAN, FOUND, FAILED = 0, 1, 2
TERMINATED = 128 + signal.SIGTERM  # what shells report


class Figures(StrEnum):
    """How figures and other tables are printed."""

    text = "text"
    json = "json"


app = typer.Typer(
    help="An annotated corpus of news pages: build it, validate it, annotate it in Label Studio, measure agreement on it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
out = Console()
err = Console(stderr=True)

_ROOT = "A corpus repository (a folder with seeds/seeds.jsonl), or a path inside one."
Root = Annotated[Path, typer.Argument(exists=True, help=_ROOT, show_default="here")]


@contextmanager
def failures() -> Iterator[None]:
    """What stops an operation becomes one line on standard error and exit status 2."""
    try:
        yield
    except (DrumbeatError, OSError) as error:
        err.print(f"[bold red]error:[/] {_plain(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None


@contextmanager
def terminable() -> Iterator[None]:
    """Within, SIGTERM unwinds the command as Ctrl-C does, so that no half-written file is left; then the exit status is 143.

    Who started us with SIGTERM ignored, or uses the commands from a program with a handler of its own, is not interfered with.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(*_: object) -> None:
        raise SystemExit(TERMINATED)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def tell(text: str) -> None:
    """Print what was asked for, as it stands: no markup, no line breaks of ours."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print, likewise, what the user should know beside it, on standard error."""
    err.print(text, markup=False, highlight=False, soft_wrap=True)


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


@contextmanager
def progress_over(repository: Repository, title: str) -> Iterator[Callable[[str], None]]:
    """A bar over the documents, on a terminal only."""
    with progress_of({title: _seeds(repository)}) as (advance,):
        yield lambda _: advance(1)


@contextmanager
def progress_of(totals: Mapping[str, int | None]) -> Iterator[list[Callable[[int], None]]]:
    """Bars, each seen from its first step on, on a terminal only; what is given moves each of them on by some steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:

        def advance(task: TaskID, steps: int) -> None:
            bar.update(task, advance=steps, visible=True)

        yield [partial(advance, bar.add_task(title, total=total, visible=False)) for title, total in totals.items()]


@contextmanager
def progress_validating(repository: Repository) -> Iterator[tuple[Callable[[str], None], Callable[[int], None]]]:
    """A bar over the documents, and one over the rows of the built corpus."""
    with progress_of({"validating pages": _seeds(repository), "validating rows": _rows(repository)}) as (pages, rows):
        yield lambda _: pages(1), rows


def _rows(repository: Repository) -> int | None:
    try:
        return sum(file.rows for file in read_manifest(repository).files)
    except DrumbeatError:
        return None


def _seeds(repository: Repository) -> int | None:
    try:
        return len(read_seeds(repository))
    except DrumbeatError:
        return None  # whoever reads them in earnest will say what is wrong
