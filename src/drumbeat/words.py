"""Which values of a row are the publishers' words, and rows without them.

The schema marks the columns (`x-words`).  Sentences of our own go into a text-free corpus as they are, so they must not repeat a page.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from drumbeat.schema import Column, Config

Row = dict[str, Any]

_RUN = 5  # words; a shorter run is a title, a name or chance
_WORD = re.compile(r"\w+")


def without_words(of: Config) -> Callable[[Row], Row]:
    """What makes the text-free row of a config's row: the words null, the rest as it is."""
    coders = {column.name: coder for column in of.columns if (coder := _withholder(column))}
    return lambda row: row | {name: coder(row[name]) for name, coder in coders.items()}


def _withholder(column: Column) -> Callable[[Any], Any] | None:
    if column.words:
        return lambda _: None
    coders = {item.name: coder for item in column.items if (coder := _withholder(item))}
    if not coders:
        return None
    if column.kind == "struct":
        return lambda value: value | {name: coder(value[name]) for name, coder in coders.items()}
    (inner,) = coders.values()
    return lambda values: list(map(inner, values))


def columns_with_words(of: Config, row: Row) -> list[str]:
    """The columns of a row that hold words of a page."""
    return [column.name for column in of.columns if _holds(column, row[column.name])]


def _holds(column: Column, value: Any) -> bool:
    if value is None or column.words:
        return value is not None
    match column.kind:
        case "list":
            return any(_holds(column.items[0], item) for item in value)
        case "struct":
            return any(_holds(item, value[item.name]) for item in column.items)
        case _:
            return False


def word_columns(of: Config) -> list[str]:
    """The names of a config's columns that may hold words of a page, those inside others with a dot."""
    return [name for column in of.columns for name in _marked(column)]


def _marked(column: Column) -> Iterator[str]:
    if column.words or (column.kind == "list" and column.items[0].words):
        yield column.name
    elif column.kind == "list":
        yield from (f"{column.name}.{item.name}" for item in column.items[0].items if item.words)


class Prose:
    """Sentences of our own, to be compared with pages."""

    def __init__(self, sentences: Iterable[tuple[str, str | None]]) -> None:
        """Take (where it stands, sentence)."""
        self._runs = {run: place for place, sentence in sentences for run in _runs(sentence or "")}

    def repeats(self, text: str) -> Iterator[tuple[str, str]]:
        """(where it stands, words) of every run of five words that a page has too."""
        for run in dict.fromkeys(_runs(text) if self._runs else ()):
            if run in self._runs:
                yield self._runs[run], " ".join(run)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return zip(*(words[index:] for index in range(_RUN)), strict=False)
