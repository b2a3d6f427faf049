"""The command that writes the gold in other tools' formats."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drumbeat.cli.labelstudio import Documents, Layers
from drumbeat.cli.shell import CLEAN, Root, app, err, failures, progress_over
from drumbeat.errors import ExportError
from drumbeat.export import files
from drumbeat.repository import Repository, find_repository

Form = StrEnum("Form", [(form.replace("-", "_"), form) for form in files.FORMATS])  # type: ignore[misc]


@app.command("export")
def export_command(
    form: Annotated[Form, typer.Option("--format", help="The format; README.md says what each can carry.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write; for brat a new folder.", show_default="standard output, where it is text"),
    ] = None,
    document: Documents = None,
    layer: Layers = None,
    root: Root = Path(),
) -> None:
    """Write the gold in another tool's format: all layers, for conll the entities.

    spacy: a DocBin. conll: words in columns with BIO tags. brat: a folder of .txt and .ann files with annotation.conf.
    webanno-json: W3C Web Annotations, a JSON-LD collection a line for each document. jsonl: a JSON object a line for each document.
    """
    with failures():
        layers, documents = [str(name) for name in layer or ()], document or ()
        repository = find_repository(root)
        if output is None:
            _print(repository, form.value, layers, documents)
            return
        with progress_over(repository, "exporting") as progress:
            number = files.export(repository, form.value, output, layers, documents, progress)
        err.print(f"{number} document(s) written to {output}", highlight=False)


def _print(repository: Repository, form: str, layers: list[str], documents: list[str] | tuple[()]) -> None:
    """The lines of a format on standard output, as UTF-8 whatever the terminal holds itself for."""
    if form not in files.LINES:
        raise ExportError(f"--format {form} is no text to print; name what to write with -o")
    stream = typer.get_binary_stream("stdout")
    try:
        for item in files.items(repository, form, layers, documents):
            stream.write(files.LINES[form](item).encode("utf-8"))
        stream.flush()
    except BrokenPipeError:  # whoever reads has enough, as `head` does; what is buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(CLEAN) from None
