"""Public sets: JSON Lines of pages with a reference, and of predictions for them.

A page is `{"id", "text", …}` with `lines` (boilerplate), `quotes` or `entities`, and any further fields to choose and group pages by.
A prediction is `{"id"}` with `spans` (boilerplate), `quotes` or `entities`, perhaps `text_sha256`; further fields are left alone.
Files may be gzipped.  Offsets are code points over `text`, end-exclusive.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from drumbeat.errors import RecordError
from drumbeat.jsonl import stream_jsonl
from drumbeat.model import Span
from drumbeat.normalize import text_sha256

_Pair = tuple[int, int]
_Ends = tuple[int | None, int | None]


class Line(msgspec.Struct, frozen=True):
    """A line of a page, or a part of one."""

    start: int
    end: int
    label: Literal["main", "boilerplate", "ignore"]


class Quotation(msgspec.Struct, frozen=True):
    """One of a reference or of a prediction; the place is in `spans`, else in `start` and `end`."""

    spans: tuple[_Pair, ...] | None = None
    start: int | None = None
    end: int | None = None
    speaker_start: int | None = None
    speaker_end: int | None = None
    speaker_spans: tuple[_Pair, ...] | None = None
    speaker_heads: tuple[_Pair, ...] | None = None
    speaker_name: str | None = None
    speaker_names: tuple[str, ...] | None = None
    cue_start: int | None = None
    cue_end: int | None = None
    speech: bool = False
    ignore: bool = False


class Entity(msgspec.Struct, frozen=True):
    """A named mention."""

    start: int
    end: int
    label: str


class Page(msgspec.Struct, frozen=True):
    """A page with its reference."""

    id: str
    text: str
    lines: tuple[Line, ...] | None = None
    quotes: tuple[Quotation, ...] | None = None
    entities: tuple[Entity, ...] | None = None


class Prediction(msgspec.Struct, frozen=True):
    """What was predicted for a page; `spans` are boilerplate, `text_sha256` says from which text, where that is known."""

    id: str
    text_sha256: str | None = None
    spans: tuple[_Pair, ...] | None = None
    quotes: tuple[Quotation, ...] | None = None
    entities: tuple[Entity, ...] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A page with its reference, and the fields that it can be chosen and grouped by."""

    page: Page
    fields: Mapping[str, str]


def read_reference(path: Path) -> dict[str, Row]:
    """The pages of a public set by id.  Raises RecordError naming file and line."""
    rows: dict[str, Row] = {}
    for line, value in stream_jsonl(path):
        place = f"{path}:{line}"
        page = _converted(value, Page, place)
        if page.id in rows:
            raise RecordError(f"{place}: id {page.id!r} stands twice; keep one of the two")
        _refuse_outside(page.text, _spans_of(page), place)
        fields = {name: str(item) for name, item in value.items() if name != "text" and isinstance(item, str | int | float)}
        rows[page.id] = Row(page, fields)
    if not rows:
        raise RecordError(f"{path}: holds no pages; give a file with a JSON object a line")
    return rows


def read_predictions(path: Path, reference: Mapping[str, Row]) -> dict[str, Prediction]:
    """The predictions for pages of a reference, by id.  Raises RecordError naming file and line."""
    found: dict[str, Prediction] = {}
    for line, value in stream_jsonl(path):
        place = f"{path}:{line}"
        prediction = _converted(value, Prediction, place)
        if prediction.id not in reference:
            raise RecordError(f"{place}: no page of the reference has the id {prediction.id!r}; give the predictions for these pages")
        if prediction.id in found:
            raise RecordError(f"{place}: id {prediction.id!r} stands twice; keep one of the two")
        text = reference[prediction.id].page.text
        if prediction.text_sha256 not in (None, text_sha256(text)):
            made = f"the predictions for {prediction.id!r} were made from another text than the reference has"
            raise RecordError(f"{place}: {made}; make them anew from the reference's pages")
        _refuse_outside(text, _spans_of(prediction), place)
        found[prediction.id] = prediction
    return found


def _converted(value: Any, kind: Any, place: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise RecordError(f"{place}: {error}; `drumbeat score --help` says what a line holds") from None


def _spans_of(row: Page | Prediction) -> Iterator[_Ends]:
    """Every span of a row, also one that lacks an end."""
    if isinstance(row, Prediction):
        yield from row.spans or ()
    else:
        yield from ((line.start, line.end) for line in row.lines or ())
    for quote in row.quotes or ():
        yield from quote.spans or ((quote.start, quote.end),)
        yield from (ends for ends in ((quote.speaker_start, quote.speaker_end), (quote.cue_start, quote.cue_end)) if ends != (None, None))
        yield from (*(quote.speaker_spans or ()), *(quote.speaker_heads or ()))
    yield from ((entity.start, entity.end) for entity in row.entities or ())


def _refuse_outside(text: str, spans: Iterator[_Ends], place: str) -> None:
    for start, end in spans:
        if start is None or end is None:
            raise RecordError(f"{place}: a span has no start or no end; a quotation is placed by `spans`, or by `start` and `end`")
        if not Span(start, end).lies_in(text):
            where = f"span {start}..{end} does not lie in the text (0..{len(text)})"
            raise RecordError(f"{place}: {where}; offsets count code points of `text`, the end excluded")
