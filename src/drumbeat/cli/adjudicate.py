"""The command that makes gold: lists what two sets disagree on, takes decisions, writes."""

import json
import os
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from drumbeat import adjudicate, checks
from drumbeat.adjudication import Ruling
from drumbeat.cli.labelstudio import Where, named
from drumbeat.cli.shell import CLEAN, FOUND, Figures, app, err, failures, say
from drumbeat.comparison import Point, around, in_words, line_of
from drumbeat.errors import DecisionError
from drumbeat.labelstudio import transfer
from drumbeat.labelstudio.server import from_environment
from drumbeat.repository import Repository, find_repository


@app.command("adjudicate")
def adjudicate_command(
    document: Annotated[str, typer.Argument(help="The document_id.")],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="An annotator whose set is compared; give two.", show_default="the two that nobody suggested"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a decisions file to fill in: one JSON line a disagreement.")
    ] = None,
    task_file: Annotated[
        Path | None, typer.Option("--task-file", help="Write a Label Studio task with both sets side by side as predictions.")
    ] = None,
    decisions: Annotated[Path | None, typer.Option("--decisions", help="Apply a decisions file and write the gold.")] = None,
    export: Annotated[
        Path | None, typer.Option("--from", help="Apply the adjudicator's annotation of a Label Studio export and write the gold.")
    ] = None,
    push: Annotated[
        str | None, typer.Option("--push", metavar="PROJECT", help="Send that task to a project of a Label Studio server.")
    ] = None,
    pull: Annotated[
        str | None, typer.Option("--pull", metavar="PROJECT", help="Apply the adjudicator's annotation of a project and write the gold.")
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Names a user of a plain export: 4=alice; may be given more than once.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who adjudicates; else the decisions say it.")] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Keep the earlier gold's reading where nothing is decided yet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    format: Annotated[Figures, typer.Option("--format", help="How to print disagreements.")] = Figures.text,  # noqa: A002
    root: Where = Path(),
) -> None:
    """Make gold of two annotation sets: what both have, and a decision with its reason for the rest.

    Without --decisions, --from or --pull it lists what is in question. What is written has passed the checks of levels 1 to 3.
    Exit status 0: nothing is open; 1: disagreements are open, or the gold would break a rule; 2: failure.
    """
    with failures():
        if sum(map(bool, (decisions, export, pull))) > 1:
            raise DecisionError("--decisions, --from and --pull: take decisions from one place at a time")
        repository = find_repository(root)
        case = adjudicate.open_case(repository, document, sets or ())
        if output:
            number = adjudicate.write_questions(case, output, by)
            say(f"{number} disagreement(s) written to {output}: fill in `choose`, `why` and `by`")
        if task_file:
            adjudicate.write_task(case, task_file)
            say(f"one task written to {task_file}")
        if push:
            with from_environment(os.environ) as server:
                done = transfer.push_tasks(server, push, [adjudicate.task_of(case)], case.comparison.layers)
                say(f"{done.sent} task(s) sent, {done.present} there already; {server.url}/projects/{done.project.id}/data")
        if decisions:
            _apply(repository, case, adjudicate.read_decisions(case, decisions, by), by, partial, dry_run)
        elif export:
            people = dict(named(entry) for entry in person or ())
            _apply(repository, case, adjudicate.read_export(case, export, by, people), by, partial, dry_run)
        elif pull:
            with from_environment(os.environ) as server, tempfile.TemporaryDirectory(prefix="drumbeat-adjudicate-") as folder:
                path = Path(folder) / "export.json"
                names = transfer.fetch(server, pull, path)
                rulings = adjudicate.read_export(case, path, by, names)
            _apply(repository, case, rulings, by, partial, dry_run)
        else:
            _list(case, format)


def _list(case: adjudicate.Case, form: Figures) -> None:
    """Print every point in question, with its decision where it has one."""
    still_open = case.still_open
    if form is Figures.json:
        typer.echo(json.dumps(adjudicate.questions(case), ensure_ascii=False, indent=1))
    else:
        for point in case.comparison.questions:
            _print_point(case, point)
    number = len(case.comparison.questions)
    say(f"{number} disagreement(s), {len(still_open)} open")
    raise typer.Exit(FOUND if still_open else CLEAN)


def _print_point(case: adjudicate.Case, point: Point) -> None:
    text = case.document.text
    typer.echo(f"{point.id}  line {line_of(text, point.start)}: {around(text, point.start, point.end)}")
    for line in in_words(case.comparison, point):
        typer.echo(f"  {line}")
    for decision in case.decided.get(point.id, ()):
        followed = f"as {' and '.join(decision.followed)}" if decision.followed else "as neither"
        typer.echo(f"  decided {followed} by {decision.by} on {decision.date}: {decision.why}")


def _apply(repository: Repository, case: adjudicate.Case, rulings: Sequence[Ruling], by: str, partial: bool, dry_run: bool) -> None:
    new, outcome = adjudicate.decide(case, rulings, date.today().isoformat(), by, partial=partial)
    path = repository.annotation(new.document_id)
    if outcome.still_open:
        for point in outcome.still_open:
            _print_point(case, point)
        kept = ", or keep the earlier gold there with --partial" if case.annotation.gold else ""
        err.print(
            f"{len(outcome.still_open)} disagreement(s) open: decide them{kept}; nothing was written", highlight=False, soft_wrap=True
        )
        raise typer.Exit(FOUND)
    if found := adjudicate.findings(repository, case.document, new):
        typer.echo(checks.as_text(found), nl=False)
        say(f"{len(found)} finding(s) in {path.name} as it would be: mend the decisions; nothing was written")
        raise typer.Exit(FOUND)
    changed = adjudicate.changes(case.annotation, new)
    for line in changed:
        typer.echo(line)
    if dry_run:
        say("dry run: nothing was changed")
    elif adjudicate.write(repository, case, new):
        say(f"gold written to {path}; next: `drumbeat validate`, then `drumbeat build`")
    else:
        say("the gold is so already; nothing was written")
