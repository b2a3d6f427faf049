"""Commands of the round trip through Label Studio."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drumbeat.cli.shell import app, err, failures, progress_over, say, tell
from drumbeat.errors import DrumbeatError
from drumbeat.labelstudio import exchange, transfer
from drumbeat.labelstudio.config import label_config
from drumbeat.labelstudio.server import from_environment
from drumbeat.model import LAYERS
from drumbeat.repository import find_repository

Layer = StrEnum("Layer", list(LAYERS))  # type: ignore[misc]
Layers = Annotated[list[Layer] | None, typer.Option("--layer", help="Only this layer; may be given more than once.", show_default="all")]
Where = Annotated[Path, typer.Option("--root", help="A corpus repository, or a path inside one.", show_default="here")]
Documents = Annotated[list[str] | None, typer.Option("--document", help="Only this document_id; may be given more than once.")]


class Sets(StrEnum):
    """What goes along with a task."""

    gold = "gold"
    suggested = "suggested"
    none = "none"


class Order(StrEnum):
    """Which documents come first."""

    id = "id"
    uncertain = "uncertain"


Along = Annotated[Sets, typer.Option("--sets", help="What goes along: the gold, the suggestions as predictions, or nothing.")]


def _layers(chosen: list[Layer] | None) -> list[str]:
    return [str(layer) for layer in chosen] if chosen else list(LAYERS)


@app.command("label-config")
def label_config_command(layer: Layers = None) -> None:
    """Print the labeling configuration, to be pasted into a Label Studio project."""
    typer.echo(label_config(_layers(layer)), nl=False)


@app.command("export-tasks")
def export_tasks(
    output: Annotated[Path, typer.Option("--output", "-o", help="The task file to write, for Label Studio to import.")],
    layer: Layers = None,
    sets: Along = Sets.suggested,
    document: Documents = None,
    order: Annotated[
        Order, typer.Option("--order", help="By document_id, or first those whose suggestions are least sure, last those without any.")
    ] = Order.id,
    root: Where = Path(),
) -> None:
    """Write documents as Label Studio tasks, one JSON array."""
    with failures():
        number = exchange.export_tasks(find_repository(root), output, _layers(layer), sets.value, document or (), order.value)
        err.print(f"{number} task(s) written to {output}", highlight=False)


@app.command("import-annotations")
def import_annotations(
    files: Annotated[list[Path], typer.Argument(help="Label Studio's JSON exports, plain, zipped or gzipped; /dev/stdin.")],
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Names a user of a plain export: 4=alice; may be given more than once.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    root: Where = Path(),
) -> None:
    """Take annotations back, as sets of the people who made them. The gold is never touched.

    All of a file or nothing of it. The same file twice changes nothing the second time.
    """
    with failures():
        people = dict(named(entry) for entry in person or ())
        repository = find_repository(root)
        for file in files:
            for change in exchange.import_annotations(repository, file, people, dry_run=dry_run):
                tell(str(change))
        if dry_run:
            err.print("dry run: nothing was changed", highlight=False)


def named(entry: str) -> tuple[int, str]:
    """A user's number and name from `4=alice`.  Raises DrumbeatError."""
    number, _, name = entry.partition("=")
    if not number.isdigit() or not name:
        raise DrumbeatError(f"--person {entry}: give a user's number and name, such as 4=alice")
    return int(number), name


_SHOWN = 5  # documents named on a line; a corpus of thousands may have pushed ten
ProjectName = Annotated[str, typer.Argument(metavar="PROJECT", help="A project's title or number.")]


@app.command("push")
def push(
    project: ProjectName,
    layer: Layers = None,
    sets: Along = Sets.suggested,
    document: Documents = None,
    root: Where = Path(),
) -> None:
    """Send documents to a project of a Label Studio server, which is made if need be. What is there is not sent again.

    LABEL_STUDIO_URL says where the server is, LABEL_STUDIO_API_KEY who you are: a personal access token, or a legacy token.
    """
    with failures():
        repository = find_repository(root)
        with from_environment(os.environ) as server, progress_over(repository, "pushing") as progress:
            done = transfer.push(server, project, repository, _layers(layer), sets.value, document or (), progress)
        made = ", which is new" if done.created else ""
        say(
            f"project {done.project.id} ({done.project.title}){made}: {done.sent} task(s) sent, {done.present} there already, "
            f"{done.refreshed} prediction(s) renewed; {server.url}/projects/{done.project.id}/data"
        )


@app.command("pull")
def pull(
    project: ProjectName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    root: Where = Path(),
) -> None:
    """Take the annotations of a project back, as sets of the people who made them. The gold is never touched.

    All of them or none. A second time changes nothing. The server is named as for push.
    """
    with failures():
        repository = find_repository(root)
        with from_environment(os.environ) as server:
            done = transfer.pull(server, project, repository, dry_run=dry_run)
        for change in done.changes:
            tell(str(change))
        if done.absent:
            shown = ", ".join(done.absent[:_SHOWN]) + (", …" if len(done.absent) > _SHOWN else "")
            tell(
                f"{len(done.absent)} document(s) have no task in project {done.project.id}, as they were never pushed, or deleted there; "
                f"what is here stays: {shown}"
            )
        if dry_run:
            err.print("dry run: nothing was changed", highlight=False)
