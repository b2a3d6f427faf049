"""The command that puts words back into a text-free corpus."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from drumbeat.cli.shell import CLEAN, FOUND, Figures, app, failures, out, progress_over, say, tell
from drumbeat.hydrate import ALIGNED, MISSING, Outcome, Report, as_json, hydrate
from drumbeat.jsonl import compact
from drumbeat.repository import Repository
from drumbeat.restore import ON_NO_COPY, Remark


@app.command("hydrate")
def hydrate_command(
    folder: Annotated[Path, typer.Argument(help="A text-free corpus, as `drumbeat build --text-free` writes it.")],
    texts: Annotated[Path, typer.Option("--texts", help="A folder with your copies of the pages, as files of any name.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder to write, that must not be there yet.", show_default="FOLDER-hydrated")
    ] = None,
    format: Annotated[Figures, typer.Option("--format", help="How to print the report.")] = Figures.text,  # noqa: A002
) -> None:
    """Put the words back into a text-free corpus, from your own copies of its pages.

    A copy with the very text of a page gives the rows of the full form. In another copy of its article what can be found for certain
    is placed. Exit status 0: all of it is there; 1: something could not be placed, and is listed; 2: nothing was written.
    """
    with failures():
        target = output or folder.resolve().with_name(f"{folder.resolve().name}-hydrated")
        with progress_over(Repository(folder), "hydrating") as progress:
            report = hydrate(folder, texts, target, progress)
        if format is Figures.json:
            typer.echo(compact(as_json(report)))
        else:
            _print(report)
        say(f"{target}: the {report.form} form; {_summary(report)}")
        raise typer.Exit(CLEAN if report.complete else FOUND)


def _print(report: Report) -> None:
    table = Table(title="documents", title_justify="left")
    for name in ("document", "how", "copy", "of the article", "rows", "not placed"):
        table.add_column(name, justify="left" if name in ("document", "how", "copy") else "right", overflow="fold")
    for outcome in report.documents:
        share = "" if outcome.share is None else f"{outcome.share:.0%}"
        counts = [f"{sum(of.values()):,}" if of or outcome.copy else "" for of in (outcome.placed, outcome.lost)]
        table.add_row(outcome.document_id, outcome.how, outcome.copy or "", share, *counts)
    out.print(table)
    lines = [f"placed: {outcome.document_id}: {_by_layer(outcome)}" for outcome in report.documents if outcome.how == ALIGNED]
    lines += [f"text-free as it was: {outcome.document_id}: no copy of it" for outcome in report.documents if outcome.how == MISSING]
    lines += [f"not placed: {_line(remark)}" for remark in report.lost if remark.column != "aliases"]
    if without := [str(remark.id) for remark in report.lost if remark.column == "aliases"]:
        lines.append(f"not placed: aliases of {len(without)} record(s) of the knowledge base: {ON_NO_COPY}: {', '.join(without)}")
    lines += [f"changed: {_line(remark)}" for remark in report.changed]
    lines += [f"not used: {name}: no copy of a page" for name in report.unused]
    for line in lines:
        tell(line)


def _by_layer(outcome: Outcome) -> str:
    names = [name for name in outcome.placed if name not in ("documents", "boilerplate")]
    return ", ".join(f"{name} {outcome.placed[name]} of {outcome.placed[name] + outcome.lost.get(name, 0)}" for name in names)


def _line(remark: Remark) -> str:
    span = f"{remark.start}..{remark.end}" if remark.start is not None else None
    place = " ".join(part for part in (remark.document_id, remark.config, remark.id, remark.column, span) if part)
    return f"{place}: {remark.why}"


def _summary(report: Report) -> str:
    missing = sum(outcome.how == MISSING for outcome in report.documents)
    aligned = sum(outcome.how == ALIGNED for outcome in report.documents)
    said = f"{len(report.documents) - missing - aligned} document(s) exact, {aligned} aligned, {missing} without a copy"
    note = "; regions of aligned pages need not cover them" if aligned else ""
    return f"{said}; {len(report.lost)} thing(s) not placed{note}"
