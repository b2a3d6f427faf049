"""The command that changes labels everywhere at once."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from drumbeat import migrate
from drumbeat.cli.shell import Root, app, err, failures, say, tell
from drumbeat.errors import MigrationError
from drumbeat.jsonl import read_text
from drumbeat.labelmap import parse_map, parse_option
from drumbeat.labelstudio.server import from_environment
from drumbeat.labelstudio.transfer import existing
from drumbeat.repository import find_repository

Options = list[str] | None


@contextmanager
def _live(project: str) -> Iterator[migrate.Live]:
    with from_environment(os.environ) as server:
        yield migrate.Live(server, existing(server, project))


@app.command("migrate")
def migrate_command(
    root: Root = Path(),
    rename: Annotated[Options, typer.Option(help="SET:OLD=NEW, such as role:related=teaser; may be given more than once.")] = None,
    merge: Annotated[Options, typer.Option(help="SET:OLD,OLD=NEW, such as role:credit,caption=caption.")] = None,
    split: Annotated[
        Options, typer.Option(help="SET:OLD=NEW|NEW:FILE, such as label:ORG=ORG|GOV:decided.jsonl; --list writes the FILE to be filled in.")
    ] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="The same as a JSON file; CONTRIBUTING.md shows one.")] = None,
    list_file: Annotated[
        Path | None, typer.Option("--list", help="Only write the records that a split concerns, to be decided, and change nothing.")
    ] = None,
    export: Annotated[
        list[Path] | None, typer.Option(help="Also a task file or export of Label Studio: a migrated copy is written, the file stays.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where that copy goes; a folder for several.", show_default="NAME.migrated.json")
    ] = None,
    undo_file: Annotated[
        Path | None, typer.Option("--undo-file", help="Where the way back is written.", show_default="migration-undo.json")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Also a live project of a Label Studio server, by title or number; the server as for push."),
    ] = None,
    undo: Annotated[Path | None, typer.Option("--undo", help="Take back the migration that wrote this file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Rename, merge or split labels in annotations, links, knowledge base, schema and Label Studio's files alike.

    All of it or nothing. What was done is reported, and can be undone. A project goes first: broken off, the same command goes on.
    """
    with failures(), ExitStack() as stack:
        repository = find_repository(root)
        operations = [
            parse_option(kind, text) for kind, texts in (("rename", rename), ("merge", merge), ("split", split)) for text in texts or ()
        ]
        operations += parse_map(read_text(map_file), str(map_file)) if map_file else []
        labels_file = migrate.own_labels(repository)
        live = stack.enter_context(_live(project)) if project is not None else None
        if undo is not None:
            if operations or list_file or export or output or undo_file:
                raise MigrationError("--undo takes back what its file says; give it alone, or with --project and --dry-run")
            report = migrate.undo(repository, undo, labels_file, live, dry_run=dry_run)
        elif list_file is not None:
            number, undecided = migrate.write_list(repository, operations, labels_file, list_file, export or (), live)
            err.print(f"{number} record(s) listed in {list_file}, {undecided} of them undecided", highlight=False, soft_wrap=True)
            return
        else:
            report = migrate.migrate(repository, operations, labels_file, export or (), output, undo_file, live, dry_run=dry_run)
        for line in (*report.lines(), *(f"note: {note}" for note in report.notes)):
            tell(line)
        total = f"{sum(report.counts.values())} label(s)"
        if dry_run:
            err.print(f"dry run: {total} would change; nothing was changed", highlight=False)
        elif report.undo is not None:
            way_back = f"drumbeat migrate --undo {report.undo}" + (f" --project {live.project.id}" if live else "")
            said = f"{total} changed; back: {way_back}; now `drumbeat build`, then commit"
            say(said)
        else:
            err.print(f"{total} put back; now `drumbeat build`", highlight=False)
