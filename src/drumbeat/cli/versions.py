"""The commands about versions: what distinguishes two of them, and which one this is."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from drumbeat import diff
from drumbeat.cli.shell import CLEAN, FOUND, Figures, app, failures
from drumbeat.model import Release, to_builtins
from drumbeat.places import fetched
from drumbeat.verification import Verification, verify

_PLACE = "A checkout, its corpus/, a manifest.json, a git revision such as v1.0.0, or organisation/name@v1.0.0 on the Hub."


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


@app.command("verify")
def verify_command(
    path: Annotated[
        Path, typer.Argument(help="A checkout, a folder of snapshot_download, or a folder corpus/.", show_default="here")
    ] = Path(),
    format: Annotated[Figures, typer.Option("--format", help="How to print it.")] = Figures.text,  # noqa: A002
) -> None:
    """Say which released version a corpus is, by its rows, whatever it calls itself; files are held to their manifest too.

    Data that `load_dataset` gave is verified in Python: `drumbeat.verify(dataset)`. Exit status 0: a released version;
    1: none, or damaged; 2: it could not be verified.
    """
    with failures():
        found = verify(path)
        typer.echo(found if format is Figures.text else json.dumps(_as_record(found), ensure_ascii=False, indent=1))
        raise typer.Exit(CLEAN if found.released else FOUND)


def _as_record(found: Verification) -> dict[str, Any]:
    return {
        "name": found.name,
        "says": found.says,
        "released": found.released,
        "releases": list(map(_as_reference, found.releases)),
        "nearest": found.nearest and _as_reference(found.nearest),
        "differences": found.differences,
        "damages": found.damages,
        "found": to_builtins(found.found),
    }


def _as_reference(release: Release) -> dict[str, str]:
    return {"version": release.version, "form": release.form, "date": release.date}
