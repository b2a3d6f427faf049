"""The commands about versions: what distinguishes two of them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drumbeat import diff
from drumbeat.cli.shell import CLEAN, FOUND, app, failures
from drumbeat.places import fetched

_PLACE = "A checkout, its corpus/, a manifest.json, or a git revision such as v1.0.0."


class Format(StrEnum):
    """How a difference is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


@app.command("diff")
def diff_command(
    old: Annotated[str, typer.Argument(help=_PLACE)],
    new: Annotated[str, typer.Argument(help="The same, of the later version.")],
    root: Annotated[
        Path, typer.Option("--root", exists=True, help="The repository that git revisions are of.", show_default="here")
    ] = Path(),
    limit: Annotated[int, typer.Option(min=0, help="How many changed rows of each config are listed; all are counted.")] = diff.LIMIT,
    format: Annotated[Format, typer.Option("--format", help="How to print it; markdown is for release notes.")] = Format.text,  # noqa: A002
) -> None:
    """Say what changed between two versions of the built corpus, row by row, and which version number that requires.

    Rows are matched by their keys: an edited span is a change, not a removal and an addition. Edits, removals and moves
    between splits need a major version, additions a minor one, other bytes a patch. Exit status 0: the data is the same;
    1: it differs; 2: it could not be compared.
    """
    with failures():
        with fetched(old, root) as before, fetched(new, root) as after:
            difference = diff.diff(before, after, limit)
        printed = {Format.text: diff.as_text, Format.json: diff.as_json, Format.markdown: diff.as_markdown}[format](difference)
        typer.echo(printed, nl=False)
        raise typer.Exit(FOUND if difference else CLEAN)
