"""The command line: each command is one library function and a thin shell around it.

Exit status: 0 clean, 1 findings or differences, 2 usage or failure.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from drumbeat import __version__, build, checks, docs, schema
from drumbeat.cli import labelstudio as labelstudio  # its import enters the commands
from drumbeat.cli.shell import CLEAN, FOUND, Root, err, failures, out, progress_over
from drumbeat.cli.shell import app as app
from drumbeat.errors import DrumbeatError
from drumbeat.model import Manifest
from drumbeat.repository import Repository, find_repository, read_manifest


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


def _version(show: bool) -> None:
    if show:
        typer.echo(f"drumbeat {__version__}")
        raise typer.Exit


@app.callback()
def main(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """An annotated corpus of news pages: build it, validate it, measure agreement on it."""


@app.command("build")
def build_command(
    root: Root = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where the committed corpus is not what a build gives.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--no-validate", help="Build without validating the inputs first (for large, known-good inputs).")
    ] = False,
) -> None:
    """Build corpus/ from seeds/ and annotations/, byte for byte the same every time.

    The inputs are validated first. The old corpus stays until the new one is whole. The generated parts of README.md,
    DATASHEET.md and schema/README.md are renewed with it.
    """
    with failures():
        repository = find_repository(root)
        if not force:
            _refuse_findings(repository)
        with progress_over(repository, "building") as progress:
            if check:
                differences = build.check(repository, progress)
                manifest = read_manifest(repository)
            else:
                differences, manifest = [], build.build(repository, progress)
        for difference in differences:
            typer.echo(difference)
        if differences:
            err.print(f"{len(differences)} of the built files are stale; run `drumbeat build` and commit what it writes", highlight=False)
            raise typer.Exit(FOUND)
        out.print(_contents(manifest, "is what a build gives" if check else "built"))


def _refuse_findings(repository: Repository) -> None:
    findings = list(checks.validate_inputs(repository))
    if findings:
        typer.echo(checks.as_text(findings), nl=False)
        err.print(f"{len(findings)} finding(s) in the inputs; nothing was built", highlight=False)
        raise typer.Exit(FOUND)


def _contents(manifest: Manifest, what: str) -> Table:
    table = Table(title=f"corpus {manifest.version} {what}", title_justify="left")
    for name in ("config", "rows", "bytes", "sha256"):
        table.add_column(name, justify="right" if name in ("rows", "bytes") else "left", no_wrap=True)
    table.add_column("one row")
    for file in manifest.files:
        table.add_row(
            file.config,
            f"{file.rows:,}",
            f"{file.bytes:,}",
            file.sha256[:12],
            _what_a_row_is(file.config),
        )
    table.add_row("all", f"{sum(f.rows for f in manifest.files):,}", f"{sum(f.bytes for f in manifest.files):,}", "", "", style="bold")
    return table


def _what_a_row_is(config: str) -> str:
    return schema.config(config).description.partition(":")[0].removeprefix("One row ").partition(", ")[0].rstrip(".")


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Corpus repositories, or files inside one (then only their findings).", show_default="here")
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", help="Only codes that begin so, such as D3 or D311; may be given more than once, or with commas."),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to print findings.")] = Format.text,  # noqa: A002
) -> None:
    """Check a corpus repository: form, offsets, guidelines, links and the built files.

    Exit status 0: nothing found; 1: findings; 2: it could not be checked. Every code is explained in schema/README.md.
    """
    with failures():
        codes = [code for entry in select or () for code in entry.split(",") if code]
        if unknown := [code for code in codes if not any(known.startswith(code) for known in checks.CHECKS)]:
            raise DrumbeatError(f"--select {', '.join(unknown)}: no check code begins so; schema/README.md lists them")
        findings = [finding for path in paths or [Path()] for finding in _findings(path, codes)]
        printed = {Format.text: checks.as_text, Format.json: checks.as_json, Format.github: checks.as_github}[format](findings)
        sys.stdout.write(printed)
        err.print(f"{len(findings)} finding(s)" if findings else "no findings", highlight=False)
        raise typer.Exit(FOUND if findings else CLEAN)


def _findings(path: Path, codes: list[str]) -> Iterator[checks.Finding]:
    if not path.exists():
        raise DrumbeatError(f"{path}: no such file or folder")
    repository = find_repository(path)
    inside = path.resolve().relative_to(repository.root)
    for finding in checks.validate(repository, codes):
        if inside == Path() or Path(finding.path).is_relative_to(inside):
            yield finding


@app.command()
def agree(root: Root = Path(), format: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.text) -> None:  # noqa: A002
    """Print how far the independent annotation sets of each document agree, layer by layer.

    Sets are aligned by span. Suggested sets take no part.
    """
    with failures():
        repository = find_repository(root)
        found = list(docs.agreement_figures(repository))
        if not found:
            raise DrumbeatError(f"{repository.root}: no document has two independent annotation sets; add a second annotator's")
        if format is Format.json:
            rows = [
                {"document_id": document_id, "annotators": [one, other]} | asdict(figure)
                for document_id, one, other, figures in found
                for figure in figures
            ]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        table = Table(title="agreement of independent sets", title_justify="left")
        table.add_column("layer")
        table.add_column("measure")
        for document_id, one, other, _ in found:
            table.add_column(f"{document_id.partition('_')[0]}\n{one}\n{other}", justify="right")
        for index, figure in enumerate(found[0][3]):
            table.add_row(figure.layer, figure.measure, *(docs.agreement_cell(figures[index]) for _, _, _, figures in found))
        out.print(table)
