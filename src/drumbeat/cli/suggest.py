"""The command that suggests annotations."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from drumbeat.cli.labelstudio import Documents, Layers, Where
from drumbeat.cli.shell import app, err, failures, progress_over, say
from drumbeat.errors import SuggestError
from drumbeat.model import LAYERS
from drumbeat.repository import find_repository, read_knowledge_base
from drumbeat.suggest.files import suggest_file
from drumbeat.suggest.page import Suggester, Suggestion, suggester
from drumbeat.suggest.sets import suggest_documents


class How(StrEnum):
    """How regions are told."""

    model = "model"
    rules = "rules"


@app.command("suggest")
def suggest(
    pages: Annotated[
        Path | None,
        typer.Argument(help='Pages of no repository: JSON Lines {"id", "text"}, .gz too.', show_default="the documents of a repository"),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the suggestions for PAGES go, as JSON Lines.")] = None,
    layer: Layers = None,
    how: Annotated[How, typer.Option("--suggester", help="Regions by the trained model, or by rules alone, which is faster.")] = How.model,
    model: Annotated[str | None, typer.Option("--model", help="The spaCy model.", show_default="the best that is installed")] = None,
    document: Documents = None,
    root: Where = Path(),
) -> None:
    """Suggest regions, quotations and names, beside the gold and never into it.

    Suggestions become an annotation set of their own, with a confidence for each record; export-tasks and push send it along as a
    prediction. Quotations and names need spaCy and a model: pip install 'drumbeat[nlp]'. Nothing is downloaded.
    """
    layers = [str(name) for name in layer] if layer else list(LAYERS)
    with failures():
        if pages is not None:
            if output is None:
                raise SuggestError("say with -o FILE where the suggestions go")
            if document:
                raise SuggestError("--document names documents of a repository; leave it out, or PAGES")
            _pages(pages, output, suggester(layers, how.value, model))
        elif output is not None:
            raise SuggestError("suggestions for a repository go into annotations/; leave -o out, or give PAGES")
        else:
            repository = find_repository(root)
            entities = tuple(read_knowledge_base(repository).values())
            by = suggester(layers, how.value, model, entities)
            done = changed = 0
            with progress_over(repository, "suggesting") as progress:
                for suggested in suggest_documents(repository, by, date.today().isoformat(), document or (), progress):
                    done += 1
                    changed += suggested.changed
                    _say_language(suggested.document_id, suggested.suggestion, by)
            say(f"{by.name}: {done} document(s), {changed} changed")


def _pages(pages: Path, output: Path, by: Suggester) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.completed} pages"), TimeElapsedColumn())
    other = 0
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("suggesting", total=None)

        def progress(identifier: str, suggestion: Suggestion) -> None:
            nonlocal other
            other += not suggestion.english
            _say_language(identifier, suggestion, by)
            bar.advance(task)

        count = suggest_file(pages, output, by, date.today().isoformat(), progress)
    left = f"; {other} of them not in English" if other and by.parser else ""
    say(f"{by.name}: {count} page(s) written to {output}{left}")


def _say_language(identifier: str, suggestion: Suggestion, by: Suggester) -> None:
    if not suggestion.english and by.parser is not None:
        say(f"{identifier}: not in English, so quotations and names are not suggested")
