"""The command line: each command is one library function and a thin shell around it.

Exit status: 0 clean, 1 findings or differences, 2 usage or failure, 143 ended by SIGTERM.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from drumbeat import __version__, build, checks, docs, schema
from drumbeat.cli import add as add  # these imports enter the commands
from drumbeat.cli import adjudicate as adjudicate
from drumbeat.cli import annotate as annotate
from drumbeat.cli import export as export
from drumbeat.cli import hydrate as hydrate
from drumbeat.cli import labelstudio as labelstudio
from drumbeat.cli import links as links
from drumbeat.cli import migrate as migrate
from drumbeat.cli import publish as publish
from drumbeat.cli import release as release
from drumbeat.cli import score as score
from drumbeat.cli import suggest as suggest
from drumbeat.cli import versions as versions
from drumbeat.cli.shell import CLEAN, FOUND, Figures, Root, err, failures, out, progress_over, progress_validating, terminable
from drumbeat.cli.shell import app as app
from drumbeat.errors import DrumbeatError
from drumbeat.model import FULL, Manifest
from drumbeat.repository import Repository, find_repository, read_manifest, read_seeds


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
def main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """An annotated corpus of news pages: build it, validate it, measure agreement on it."""
    context.with_resource(terminable())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a page's letters is no reason to fail


@app.command("build")
def build_command(
    root: Root = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where the committed corpus is not what a build gives.")
    ] = False,
    text_free: Annotated[
        bool, typer.Option("--text-free", help="Build the form without the publishers' words, into a folder of its own that stands alone.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="That folder.", show_default="text-free/")] = None,
    unchecked: Annotated[
        bool,
        typer.Option("--no-validate", help="Skip the validation of the inputs: for large ones that passed it; broken ones may then build."),
    ] = False,
) -> None:
    """Build corpus/ from seeds/ and annotations/, byte for byte the same every time.

    The inputs are validated first. The old corpus stays until the new one is whole. The generated parts of README.md,
    DATASHEET.md and schema/README.md are renewed with it, and croissant.json.
    """
    with failures():
        repository = find_repository(root)
        if output and not text_free:
            raise DrumbeatError("--output is the folder of the --text-free form; the full corpus is built into corpus/")
        if not unchecked:
            _refuse_findings(repository)
        folder = output or repository.root / "text-free"
        with progress_over(repository, "building") as progress:
            if text_free and check:
                differences = build.check_text_free(repository, folder, progress)
                manifest = read_manifest(Repository(folder))
            elif text_free:
                differences, manifest = [], build.build_text_free(repository, folder, progress)
            elif check:
                differences = build.check(repository, progress)
                manifest = read_manifest(repository)
            else:
                differences, manifest = [], build.build(repository, progress)
        for difference in differences:
            typer.echo(difference)
        if differences:
            again = "`drumbeat build --text-free`" if text_free else "`drumbeat build` and commit what it writes"
            err.print(f"{len(differences)} of the built files are stale; run {again}", highlight=False)
            raise typer.Exit(FOUND)
        out.print(_contents(manifest, "is what a build gives" if check else "built"))


def _refuse_findings(repository: Repository) -> None:
    with progress_over(repository, "validating") as progress:
        findings = list(checks.validate_inputs(repository, progress))
    if findings:
        typer.echo(checks.as_text(map(_from_here(repository), findings)), nl=False)
        err.print(f"{len(findings)} finding(s) in the inputs: mend them first; corpus/ is as it was", highlight=False)
        raise typer.Exit(FOUND)


def _contents(manifest: Manifest, what: str) -> Table:
    form = "" if manifest.form == FULL else f", {manifest.form},"
    table = Table(title=f"corpus {manifest.version}{form} {what}", title_justify="left")
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
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many processes look at documents and files at once.")] = 1,
    format: Annotated[Format, typer.Option("--format", help="How to print findings.")] = Format.text,  # noqa: A002
) -> None:
    """Check a corpus repository: form, offsets, guidelines, links and the built files.

    Exit status 0: nothing found; 1: findings; 2: it could not be checked. Every code is explained in schema/README.md.
    """
    with failures():
        codes = [code for entry in select or () for code in entry.split(",") if code]
        if unknown := [code for code in codes if not any(known.startswith(code) for known in checks.CHECKS)]:
            raise DrumbeatError(f"--select {', '.join(unknown)}: no check code begins so; schema/README.md lists them")
        findings: list[checks.Finding] = []
        try:
            for repository, files in _by_repository(paths or [Path()]).items():
                with progress_validating(repository) as (page, rows):
                    concerned = _concerned(repository, files, checks.validate(repository, codes, page, jobs, rows))
                    findings += concerned if format is Format.json else map(_from_here(repository), concerned)
        finally:  # what was found before a failure is not lost
            printed = {Format.text: checks.as_text, Format.json: checks.as_json, Format.github: checks.as_github}[format](findings)
            typer.echo(printed, nl=False)
        err.print(f"{len(findings)} finding(s)" if findings else "no findings", highlight=False)
        raise typer.Exit(FOUND if findings else CLEAN)


def _by_repository(paths: list[Path]) -> dict[Repository, set[Path]]:
    """The files and folders that are asked about, relative to their repositories."""
    asked: dict[Repository, set[Path]] = {}
    for path in paths:
        if not path.exists():
            raise DrumbeatError(f"{path}: no such file or folder")
        repository = find_repository(path, built=True)
        asked.setdefault(repository, set()).add(path.resolve().relative_to(repository.root))
    return asked


def _concerned(repository: Repository, files: set[Path], findings: Iterable[checks.Finding]) -> Iterator[checks.Finding]:
    """The findings in some files, and about the documents whose page or annotations these are."""
    documents = set()
    if Path() not in files:
        with suppress(DrumbeatError):  # seeds.jsonl is broken: the findings say so
            for seed in read_seeds(repository):
                own = (repository.page(seed), repository.annotation(seed.document_id))
                documents |= {seed.document_id for path in own if path.relative_to(repository.root) in files}
    for finding in findings:
        if finding.document_id in documents or any(Path(finding.path).is_relative_to(file) for file in files):
            yield finding


def _from_here(repository: Repository) -> Callable[[checks.Finding], checks.Finding]:
    """Paths as terminals, editors and GitHub resolve them: from the working folder, where it holds the repository."""
    here = Path.cwd()
    root = repository.root.relative_to(here) if repository.root.is_relative_to(here) else repository.root
    return lambda finding: replace(finding, path=(root / finding.path).as_posix())


@app.command()
def agree(
    root: Root = Path(),
    format: Annotated[Figures, typer.Option("--format", help="How to print the figures.")] = Figures.text,  # noqa: A002
) -> None:
    """Print how far the independent annotation sets of each document agree, layer by layer.

    Sets are aligned by span. Suggested sets take no part.
    """
    with failures():
        repository = find_repository(root)
        found = list(docs.agreement_figures(repository))
        if not found:
            raise DrumbeatError(f"{repository.root}: no document has two independent annotation sets; add a second annotator's")
        if format is Figures.json:
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
        names = docs.short_names([document_id for document_id, _, _, _ in found])
        for name, (_, one, other, _) in zip(names, found, strict=True):
            table.add_column(f"{name}\n{one}\n{other}", justify="right")
        for row in docs.agreement_rows(found):
            table.add_row(*row)
        out.print(table)
