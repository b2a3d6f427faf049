"""The command that takes pages in."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from drumbeat.cli.labelstudio import Where
from drumbeat.cli.shell import CLEAN, FOUND, app, err, failures, say, tell
from drumbeat.ingest.add import Progress, Report, add
from drumbeat.ingest.page import AS_IT_IS, Reading
from drumbeat.ingest.sources import FORMATS
from drumbeat.repository import Repository, find_repository

Form = StrEnum("Form", list(FORMATS))  # type: ignore[misc]


class Text(StrEnum):
    """How much of an HTML page is taken."""

    all = "all"
    main = "main"


Formats = Annotated[Form | None, typer.Option("--format", help="Of all files.", show_default="by suffix; of a single file also by content")]
Texts = Annotated[Text, typer.Option("--text", help="Of HTML: all visible text, or what Resiliparse takes for the main content.")]
Columns = Annotated[
    str | None, typer.Option("--column", help="The column with the text, of JSON Lines and Parquet.", show_default="text or its like")
]
Rights = Annotated[str | None, typer.Option("--rights", help="The rights note, of pages that bring none.", show_default="publishers'")]


@app.command("add")
def add_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, folders, or - for standard input.", show_default=False)],
    form: Formats = None,
    text: Texts = Text.all,
    column: Columns = None,
    rights: Rights = None,
    max_bytes: Annotated[int, typer.Option("--max-bytes", min=1, help="Skip larger pages.")] = AS_IT_IS.max_bytes,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first record that cannot be used, and add nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, and change nothing.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Begin a corpus repository in the --root folder.")] = False,
    root: Where = Path(),
) -> None:
    """Add pages to seeds/: plain text, HTML, web archives (WARC, WET), JSON Lines or Parquet with a column of text.

    What is there already is not added again; what is nearly the same is, and reported. What cannot be used is skipped, and
    reported with its place. Exit status 0: all of it is there; 1: something was skipped; 2: nothing was written.
    """
    with failures():
        repository = Repository(root.resolve()) if new else find_repository(root)
        reading = Reading(text is Text.main, column, max_bytes)
        with _progress() as progress:
            report = add(
                repository,
                paths,
                reading,
                form=form and form.value,
                rights=rights,
                stdin=typer.get_binary_stream("stdin"),
                new=new,
                strict=strict,
                dry_run=dry_run,
                progress=progress,
            )
        _print(report, dry_run)
        raise typer.Exit(FOUND if report.flaws else CLEAN)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar over the bytes of the input, on a terminal only."""
    columns = (TextColumn("reading"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(report: Report, dry_run: bool) -> None:
    for place, seed in report.added:
        tell(f"added {seed.document_id} from {place}")
    for place, document_id in report.present:
        tell(f"there already: {document_id}, as {place}")
    for pair in report.alike:
        tell(f"alike: {pair.document_id} and {pair.other} share {pair.share:.0%} of the shorter page's word 5-grams")
    for flaw in report.flaws:
        say(f"skipped {flaw}")
    for said in _summary(report, dry_run):
        say(said)


def _summary(report: Report, dry_run: bool) -> Iterator[str]:
    if report.passed:
        yield "no pages: " + ", ".join(f"{count} {what}" for what, count in report.passed.most_common())
    languages = Counter(seed.language or "unknown" for _, seed in report.added)
    foreign = [f"{count} {tag}" for tag, count in languages.most_common() if tag.partition("-")[0].lower() not in ("en", "unknown")]
    if foreign:
        yield f"not in English, which guidelines and suggestions are for: {', '.join(foreign)}"
    counts = f"{len(report.present)} there already, {len(report.alike)} nearly so, {len(report.flaws)} skipped"
    yield f"{len(report.added)} page(s) {'would be ' if dry_run else ''}added, {counts}"
    if report.added and not dry_run:
        yield (
            "next: two annotators (`drumbeat push`, `drumbeat export-tasks`; `drumbeat suggest` where they are to correct suggestions), "
            "then `drumbeat adjudicate`; until these pages have gold, `drumbeat validate` finds D331 and nothing is built"
        )
