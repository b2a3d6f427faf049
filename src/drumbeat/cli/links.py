"""The command that suggests links across pages."""

from pathlib import Path
from typing import Annotated

import typer

from drumbeat.cli.shell import app, failures, progress_over, say
from drumbeat.corpus import read_corpus
from drumbeat.errors import SuggestError
from drumbeat.jsonl import write_jsonl
from drumbeat.model import Cluster, to_builtins
from drumbeat.repository import Repository, find_repository
from drumbeat.suggest.links import suggest_links
from drumbeat.suggest.links.read import Linkable, from_corpus, from_repository


@app.command("links")
def links(
    path: Annotated[
        Path, typer.Argument(exists=True, help="A corpus repository, or the folder of a built or silver corpus.", show_default="here")
    ] = Path(),
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the links go, as JSON Lines.")] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--set",
            help="gold, an annotator, or what only one annotator begins with.",
            show_default="the gold, else the last suggestions",
        ),
    ] = None,
) -> None:
    """Suggest which pages copy or reword each other, and which quotations report the same utterance.

    A line that is written has the form of annotations/links.jsonl, which is never written to: copy there what you accept.
    """
    with failures():
        if output is None:
            raise SuggestError("say with -o FILE where the links go")
        found = _of_corpus(path, output, name) if _is_corpus(path) else _of_repository(find_repository(path), output, name)
        made = suggest_links(found.pages, found.quotations, found.knowledge_base)
        write_jsonl(output, map(to_builtins, made))
        clusters = [link for link in made if isinstance(link, Cluster)]
        joined = sum(len(cluster.members) for cluster in clusters)
        of = f"{len(found.pages):,} page(s) and {len(found.quotations):,} quotation(s)"
        say(f"{of}: {len(made) - len(clusters):,} relation(s) and {len(clusters):,} cluster(s) of {joined:,} written to {output}")
        if bare := sum(not page.regions for page in found.pages):
            say(f"{bare:,} page(s) without regions were compared by their whole text; `drumbeat suggest --layer regions` tells the rest")


def _is_corpus(path: Path) -> bool:
    return path.name == "manifest.json" or (path / "manifest.json").is_file() or Repository(path).built_only


def _of_corpus(path: Path, output: Path, name: str | None) -> Linkable:
    if name is not None:
        raise SuggestError("--set names sets of a repository; a built corpus has one, leave it out")
    corpus = read_corpus(path)
    _refuse_inside(output, corpus.folder)
    return from_corpus(corpus)


def _of_repository(repository: Repository, output: Path, name: str | None) -> Linkable:
    for folder in (repository.seeds.parent, repository.links.parent, repository.corpus):
        _refuse_inside(output, folder)
    with progress_over(repository, "reading") as progress:
        return from_repository(repository, name, progress)


def _refuse_inside(output: Path, folder: Path) -> None:
    if output.resolve().is_relative_to(folder.resolve()):
        raise SuggestError(f"{output}: lies in {folder}, where suggestions are not written; give another name, and copy what you accept")
