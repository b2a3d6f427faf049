"""The command that suggests links across pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from drumbeat.cli.annotate import Engines, Scheduler, engine_of
from drumbeat.cli.shell import app, err, failures, progress_over, say
from drumbeat.corpus import Corpus, read_corpus
from drumbeat.errors import ScaleError, SuggestError
from drumbeat.jsonl import write_jsonl
from drumbeat.model import Cluster, Relation, to_builtins
from drumbeat.repository import Repository, find_repository
from drumbeat.scale import Engine
from drumbeat.silver.links.parts import Counts
from drumbeat.silver.links.run import link_corpus
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
    engine: Annotated[
        Engines | None,
        typer.Option("--engine", help="Of a corpus: processes of this machine, or a Dask cluster.", show_default="this process alone"),
    ] = None,
    scheduler: Scheduler = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Of a corpus: how many processes.", show_default="with --engine one for each core"),
    ] = None,
) -> None:
    """Suggest which pages copy or reword each other, and which quotations report the same utterance.

    A line that is written has the form of annotations/links.jsonl, which is never written to: copy there what you accept.
    """
    with failures():
        if output is None:
            raise SuggestError("say with -o FILE where the links go")
        if engine or workers or scheduler:
            with engine_of(engine or Engines.local, scheduler, workers) as by:
                made, counts = _by_engine(path, output, name, by)
        else:
            found = _of_corpus(path, output, name) if _is_corpus(path) else _of_repository(find_repository(path), output, name)
            made = suggest_links(found.pages, found.quotations, found.knowledge_base)
            write_jsonl(output, map(to_builtins, made))
            counts = Counts(len(found.pages), sum(not page.regions for page in found.pages), len(found.quotations))
        clusters = [link for link in made if isinstance(link, Cluster)]
        joined = sum(len(cluster.members) for cluster in clusters)
        of = f"{counts.pages:,} page(s) and {counts.quotations:,} quotation(s)"
        say(f"{of}: {len(made) - len(clusters):,} relation(s) and {len(clusters):,} cluster(s) of {joined:,} written to {output}")
        if counts.bare:
            say(f"{counts.bare:,} page(s) without regions were compared by their whole text; see `drumbeat suggest --layer regions`")


def _by_engine(path: Path, output: Path, name: str | None, engine: Engine) -> tuple[list[Relation | Cluster], Counts]:
    if not _is_corpus(path):
        raise ScaleError(f"{path}: --workers and --engine are for a built or silver corpus; leave them out, or run `drumbeat build`")
    corpus = _corpus(path, output, name)
    with _progress() as progress:
        outcome = link_corpus(corpus, output, engine, progress)
    if outcome.before:
        say(f"{outcome.before:,} task(s) were done by an earlier run")
    return outcome.links, outcome.counts


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar over the tasks of each step, on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda title, done, total: bar.update(task, description=title, completed=done, total=total)


def _is_corpus(path: Path) -> bool:
    return path.name == "manifest.json" or (path / "manifest.json").is_file() or Repository(path).built_only


def _of_corpus(path: Path, output: Path, name: str | None) -> Linkable:
    return from_corpus(_corpus(path, output, name))


def _corpus(path: Path, output: Path, name: str | None) -> Corpus:
    if name is not None:
        raise SuggestError("--set names sets of a repository; a built corpus has one, leave it out")
    corpus = read_corpus(path)
    _refuse_inside(output, corpus.folder)
    return corpus


def _of_repository(repository: Repository, output: Path, name: str | None) -> Linkable:
    for folder in (repository.seeds.parent, repository.links.parent, repository.corpus):
        _refuse_inside(output, folder)
    with progress_over(repository, "reading") as progress:
        return from_repository(repository, name, progress)


def _refuse_inside(output: Path, folder: Path) -> None:
    if output.resolve().is_relative_to(folder.resolve()):
        raise SuggestError(f"{output}: lies in {folder}, where suggestions are not written; give another name, and copy what you accept")
