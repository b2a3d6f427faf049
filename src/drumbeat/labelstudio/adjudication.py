"""Adjudication in Label Studio: both sets side by side as predictions, and the adjudicator's own annotation back."""

import msgspec

from drumbeat.comparison import AnyRecord, Comparison
from drumbeat.labelstudio.items import Json
from drumbeat.labelstudio.tasks import to_task
from drumbeat.model import LAYERS, AnnotationSet, Quote
from drumbeat.repository import Document

AGREED = "agreed"


def to_adjudication_task(document: Document, one: AnnotationSet, other: AnnotationSet, comparison: Comparison) -> Json:
    """A task without annotations: the two sets as predictions named after their annotators, and what both have as a third.

    Raises TaskError as `to_task` does.
    """
    shown = [msgspec.structs.replace(item, method="suggested", foreign=()) for item in (one, other)]
    return to_task(document, [*shown, _agreed(comparison, one)], layers=comparison.layers)


def _agreed(comparison: Comparison, one: AnnotationSet) -> AnnotationSet:
    """What an adjudicator can begin with: regions whole where both have the same, the other records that are equal."""
    records: dict[str, tuple[AnyRecord, ...]] = {
        layer: tuple(r for p in comparison.points if p.layer == layer and p.agreed for r in p.one) for layer in LAYERS if layer != "regions"
    }
    kept = {record.id for record in records["quotes"]}
    records["quotes"] = tuple(
        msgspec.structs.replace(quote, parent=quote.parent if quote.parent in kept else None)
        for quote in records["quotes"]
        if isinstance(quote, Quote)
    )
    questions = [point for point in comparison.points if point.layer == "regions" and not point.agreed]
    records["regions"] = tuple(r for r in one.regions if not any(r.start < p.end and p.start < r.end for p in questions))
    return msgspec.structs.replace(one, annotator=AGREED, method="suggested", layers=comparison.layers, score=None, foreign=(), **records)


def note_on(reading: AnnotationSet, record: AnyRecord) -> str | None:
    """The note that the adjudicator left on a record's region in Label Studio, or on another span of the quotation."""
    for item in reading.foreign:
        if item.get("type") == "meta" and str(item.get("id")).partition(".")[0] == record.id:
            found = (item.get("meta") or {}).get("text")
            words = found if isinstance(found, str) else " ".join(map(str, found or ()))
            if words.strip():
                return words.strip()
    return None
