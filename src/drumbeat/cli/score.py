"""The command that holds annotations against a reference."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from drumbeat.cli.labelstudio import Documents, Layers, Where
from drumbeat.cli.shell import Figures, app, failures, out, say
from drumbeat.errors import ScoreError
from drumbeat.model import LAYERS
from drumbeat.repository import Repository, find_repository
from drumbeat.score.figures import BOOT, Confused, Figure, PageScore, confusions, figures, grouped
from drumbeat.score.files import read_predictions, read_reference
from drumbeat.score.public import check_field, chosen, score_public
from drumbeat.score.sets import GOLD, full_name, score_sets

_CONFUSED = 12  # how many confusions of a layer a table shows
_HEADLINES = {  # what a table of pages shows
    "bF": ("regions", "boilerplate", "tokens"),
    "mF": ("regions", "main", "tokens"),
    "role": ("regions", "role", "characters right"),
    "direct\ne2e": ("quotes", "direct", "end to end"),
    "speech\nmatch": ("quotes", "speech", "content, match"),
    "speech\ne2e": ("quotes", "speech", "end to end"),
    "non-\nquotes": ("nonquotes", "all", "strict"),
    "enti-\nties": ("entities", "all", "strict"),
    "link": ("entities", "link", "span and entity"),
}

_Values = Annotated[str | None, typer.Option(help="Only pages with this value, or one of these, with commas.", show_default="all")]


@app.command("score")
def score_command(
    predictions: Annotated[
        Path | None, typer.Argument(metavar="PRED.jsonl", help="Predictions for a public set, as `drumbeat suggest FILE -o` writes them.")
    ] = None,
    reference: Annotated[Path | None, typer.Argument(metavar="GOLD.jsonl", help="The public set, .gz too.")] = None,
    name: Annotated[
        str | None,
        typer.Option("--set", help="The annotation set of a repository, by its annotator, or by what only that one begins with."),
    ] = None,
    against: Annotated[str, typer.Option("--against", help="The set that counts as right: gold, or an annotator likewise.")] = GOLD,
    layer: Layers = None,
    document: Documents = None,
    root: Where = Path(),
    lang: _Values = None,
    source: _Values = None,
    split: _Values = None,
    by: Annotated[str | None, typer.Option("--by", help="Figures for each value of this field of the public set too.")] = None,
    mean_over: Annotated[
        str | None, typer.Option("--mean-over", help="The plain mean over the values of this field, instead of all pages in one.")
    ] = None,
    pages: Annotated[bool, typer.Option("--pages", help="Figures of each page too.")] = False,
    boot: Annotated[int, typer.Option("--boot", min=0, help="How often pages are drawn for the 95 % intervals; 0: none.")] = BOOT,
    format: Annotated[Figures, typer.Option("--format", help="How to print the figures.")] = Figures.text,  # noqa: A002
) -> None:
    """Score annotations against a reference: an annotation set with --set, or predictions for a public set.

    A line of a public set has "id", "text" and "lines" (start, end, label), "quotes" (spans, speaker_start, speaker_end, cue_start,
    cue_end) or "entities" (start, end, label); a line of predictions has "id" and "spans" (pairs of start and end, of boilerplate),
    "quotes" or "entities". Offsets are code points, end-exclusive. CONTRIBUTING.md explains every figure.
    """
    layers = [str(item) for item in layer or ()]
    wanted = {key: value.split(",") for key, value in (("lang", lang), ("source", source), ("split", split)) if value}
    with failures():
        if predictions is not None:
            if reference is None or name is not None or document:
                raise ScoreError("give PRED.jsonl and GOLD.jsonl; --set, --against and --document are for a repository")
            title, scores = _of_public(predictions, reference, wanted, [field for field in (by, mean_over) if field], layers)
        elif name is None:
            raise ScoreError("say what to score: --set NAME of a repository, or PRED.jsonl GOLD.jsonl")
        elif wanted or by or mean_over:
            raise ScoreError("--lang, --source, --split, --by and --mean-over are for public sets; choose pages by --document")
        else:
            title, scores = _of_sets(find_repository(root), name, against, layers, document or ())
        found = _scored(title, scores, by, mean_over, pages, boot)
        if format is Figures.json:
            typer.echo(json.dumps(_as_record(found), ensure_ascii=False, indent=1))
        else:
            _print(found)


_Titled = tuple[str, list[PageScore]]


def _of_sets(repository: Repository, name: str, against: str, layers: Sequence[str], documents: Sequence[str]) -> _Titled:
    """The title, and the scores of the documents that have both sets."""
    name, against = (full_name(repository, which) for which in (name, against))
    scores = list(score_sets(repository, name, against, layers, documents))
    scored = [page for page in scores if page.tallies]
    if len(scored) < len(scores):
        say(f"{len(scores) - len(scored)} of {len(scores)} documents lack one of the sets and are left out")
    return f"{name} against {against}", scored


def _of_public(
    predictions: Path, reference: Path, wanted: Mapping[str, Sequence[str]], fields: Sequence[str], layers: Sequence[str]
) -> _Titled:
    """The title, and the scores of the pages that are wanted; all of them have the `fields`."""
    rows = read_reference(reference)
    given = read_predictions(predictions, rows)
    picked = chosen(rows, wanted)
    for field in fields:
        check_field(picked, field)
    scores = list(score_public(rows, given, picked, layers))
    scored = [page for page in scores if page.tallies]
    if len(scored) < len(scores):
        which = " or ".join(layer for layer in LAYERS if any(key.layer == layer for page in scored for key in page.tallies))
        say(f"{len(scores) - len(scored)} of {len(scores)} pages are left out, since nothing of their source is annotated for {which}")
    return f"{predictions.name} against {reference.name}", scored


@dataclass(frozen=True, slots=True)
class _Group:
    """The pages with one value of a field."""

    pages: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Everything that is printed."""

    title: str
    pages: int
    missing: dict[str, int]
    boot: int
    mean_over: str | None
    figures: tuple[Figure, ...]
    by: str | None
    groups: dict[str, _Group]
    by_page: dict[str, tuple[Figure, ...]]
    confusions: Confused


def _scored(title: str, scores: Sequence[PageScore], by: str | None, mean_over: str | None, pages: bool, boot: int) -> _Scored:
    return _Scored(
        title,
        len(scores),
        {layer: count for layer in LAYERS if (count := sum(layer in page.missing for page in scores))},
        boot,
        mean_over,
        figures(scores, mean_over, boot),
        by,
        {value: _Group(len(group), figures(group, boot=boot)) for value, group in grouped(scores, by).items()} if by else {},
        {page.id: figures([page]) for page in scores} if pages else {},
        confusions(scores),
    )


def _as_record(found: _Scored) -> dict[str, Any]:
    confused = sorted(found.confusions.items(), key=lambda item: (item[0][0], -item[1], str(item[0])))
    return asdict(found) | {
        "confusions": [{"layer": layer, "gold": gold, "given": given, "count": count} for (layer, gold, given), count in confused]
    }


def _print(found: _Scored) -> None:
    for layer, count in found.missing.items():
        say(f"{layer}: {count} of {found.pages} pages have no prediction and count as pages where nothing is predicted")
    over = f", mean over {found.mean_over}" if found.mean_over else ""
    tables = [(f"{found.title}: {_pages(found.pages)}{over}", _table(found.figures))]
    tables += [(f"{found.by} {value}: {_pages(group.pages)}", _table(group.figures)) for value, group in found.groups.items()]
    tables += [("page by page", _page_table(found.by_page)), ("taken for something else, most often", _confusion_table(found.confusions))]
    for title, table in tables:
        if table.row_count:
            out.print(f"[bold]{escape(title)}[/]", table, "", sep="\n", highlight=False)


def _grid(heads: Sequence[str]) -> Table:
    """A table that fits into 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", overflow="fold", vertical="bottom")
    return table


def _table(found: Sequence[Figure]) -> Table:
    """A row for each figure that is over something, under the layer and the part that it is of."""
    table = _grid(("", "P", "R", "F1 or\nshare", "95 %\ninterval", "gold", "given"))
    shown = [figure for figure in found if figure.gold or figure.predicted]
    for layer, of_layer in groupby(shown, lambda figure: figure.layer):
        table.add_row(f"[bold]{layer}[/]")
        for part, of_part in groupby(of_layer, lambda figure: figure.part):
            rows = list(of_part)
            if len(rows) > 1:
                table.add_row(f"  {part}")
            for figure in rows:
                table.add_row(f"    {figure.measure}" if len(rows) > 1 else f"  {part}: {figure.measure}", *_cells(figure))
    return table


def _cells(figure: Figure) -> list[str]:
    between = "" if figure.low is None else f"{_cell(figure.low)}..{_cell(figure.high)}"
    counts = ("" if count is None else f"{count:,.0f}" for count in (figure.gold, figure.predicted))
    return [*map(_cell, (figure.precision, figure.recall, figure.value)), between, *counts]


def _page_table(by_page: dict[str, tuple[Figure, ...]]) -> Table:
    """A row for each page, with the headline of each layer."""
    values = {page: {(f.layer, f.part, f.measure): f.value for f in found} for page, found in by_page.items()}
    heads = {head: key for head, key in _HEADLINES.items() if any(key in found for found in values.values())}
    table = _grid(("page", *heads))
    for page, found in values.items():
        table.add_row(escape(page), *(_cell(found.get(key)) for key in heads.values()))
    return table


def _confusion_table(confused: Confused) -> Table:
    """What was most often taken for something else, layer by layer."""
    table = _grid(("", "gold", "given", "count"))
    for layer in LAYERS:
        wrong = [
            (count, str(gold or "nothing"), str(given or "nothing"))
            for (at, gold, given), count in confused.items()
            if at == layer and gold != given
        ]
        for count, gold, given in sorted(wrong, key=lambda item: (-item[0], item))[:_CONFUSED]:
            table.add_row(layer, gold, given, f"{count:,}")
    return table


def _pages(number: int) -> str:
    return f"{number:,} page{'s' * (number != 1)}"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
