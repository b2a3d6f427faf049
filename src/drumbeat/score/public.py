"""Scoring predictions for a public set, by the conventions of its scorers.

Mentions are held against each other in three classes, without leading article, possessive 's and marks, since sets differ on these.
A layer is scored where the reference has it, source by source: one that has no record of a layer on any page was not annotated for it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from drumbeat.errors import ScoreError
from drumbeat.model import Span
from drumbeat.score.figures import Confused, PageScore, Tallies
from drumbeat.score.files import Entity, Page, Prediction, Quotation, Row
from drumbeat.score.names import Name, names
from drumbeat.score.quotations import ALL, DIRECT, SPEECH, Said, quotations, units_of
from drumbeat.score.regions import BOILERPLATE, MAIN, NEITHER, boilerplate
from drumbeat.score.speakers import Mentioned, capitalised
from drumbeat.score.units import Words, trimmed, without_article, without_possessive

_KINDS = {"main": MAIN, "boilerplate": BOILERPLATE, "ignore": NEITHER}
# The classes that all sets of names have, and what sets and taggers call them; other labels are left out.
_CLASSES = {
    "PERSON": ("PERSON", "PER"),
    "ORG": ("ORG", "ORGANIZATION", "ORGANISATION", "GROUP"),
    "LOC": ("LOC", "LOCATION", "GPE", "GSP", "FAC", "FACILITY", "PLACE"),
}
_CLASS_OF = {label: name for name, labels in _CLASSES.items() for label in labels}
_BLANKS, _MARKS = " \n\t", " \n\t\"“”'’,"
_PREDICTED = {"regions": "spans", "quotes": "quotes", "entities": "entities"}  # where a prediction has each layer
_REFERENCE = _PREDICTED | {"regions": "lines"}


def chosen(reference: Mapping[str, Row], wanted: Mapping[str, Collection[str]]) -> list[Row]:
    """The pages whose fields have one of the wanted values.  Raises ScoreError where there is none."""
    rows = [row for row in reference.values() if all(row.fields.get(name) in values for name, values in wanted.items())]
    if not rows:
        asked = ", ".join(f"{name} {' or '.join(sorted(values))}" for name, values in wanted.items())
        there = ", ".join(f"{name}: {_values(reference.values(), name)}" for name in wanted)
        raise ScoreError(f"no page of the reference has {asked}; there is {there}")
    return rows


def check_field(rows: Iterable[Row], name: str) -> None:
    """Raises ScoreError where pages cannot be grouped by a field, since one lacks it."""
    for row in rows:
        if name not in row.fields:
            raise ScoreError(f"page {row.page.id!r} has no field {name!r}; it has {', '.join(row.fields)}")


def _values(rows: Iterable[Row], name: str) -> str:
    return ", ".join(sorted({row.fields[name] for row in rows if name in row.fields})[:20]) or "nothing"


def score_public(
    reference: Mapping[str, Row], predictions: Mapping[str, Prediction], rows: Sequence[Row], layers: Collection[str] = ()
) -> Iterator[PageScore]:
    """What each of the chosen `rows` adds to the figures, one at a time.

    Without `layers` those are scored that both files have.  A page without a prediction counts as one where nothing is predicted.

    Raises ScoreError where there is nothing to score, or a layer is asked for that public sets do not have.
    """
    if alien := set(layers) - _REFERENCE.keys():
        raise ScoreError(f"public sets have no {' and '.join(sorted(alien))}; they are scored for {', '.join(_REFERENCE)}")
    annotated = {(layer, _source(row)) for row in reference.values() for layer, name in _REFERENCE.items() if getattr(row.page, name)}
    given = {layer for layer, name in _PREDICTED.items() if any(getattr(item, name) is not None for item in predictions.values())}
    wanted, sources = layers or given, set(map(_source, rows))
    scored = {layer for layer, source in annotated if layer in wanted and source in sources}
    if not scored:
        has = " and ".join(sorted({layer for layer, _ in annotated})) or "nothing"
        raise ScoreError(f"nothing to score: the reference has {has}, the predictions have {' and '.join(sorted(given)) or 'nothing'}")
    for row in rows:
        here = [layer for layer in _PREDICTED if layer in scored and (layer, _source(row)) in annotated]
        yield _score(row, predictions.get(row.page.id), here)


def _source(row: Row) -> str:
    return row.fields.get("source", "")


def _score(row: Row, prediction: Prediction | None, layers: Collection[str]) -> PageScore:
    page, given = row.page, prediction or Prediction(row.page.id)
    tallies: Tallies = {}
    confused: Confused = Counter()
    if "regions" in layers:
        reference = [(Span(line.start, line.end), _KINDS[line.label]) for line in page.lines or ()]
        tallies |= boilerplate(page.text, reference, ((span, BOILERPLATE) for span in _spans(given.spans)))
    for layer, score in (("quotes", _quotations), ("entities", _names)):
        if layer in layers:
            found, which = score(page, given)
            tallies |= found
            confused += which
    missing = frozenset(layer for layer in layers if getattr(given, _PREDICTED[layer]) is None)
    return PageScore(page.id, tallies, confused, row.fields, missing)


def _quotations(page: Page, given: Prediction) -> tuple[Tallies, Confused]:
    words = Words.of(page.text)
    gold = units_of(words, (_said(page.text, quote) for quote in page.quotes or ()))
    predicted = units_of(words, (_said(page.text, quote, given=True) for quote in given.quotes or ()), distinct=True)
    return quotations(page.text, (DIRECT, SPEECH, ALL), gold, predicted)


def _said(text: str, quote: Quotation, given: bool = False) -> Said:
    speaker = _span(quote.speaker_start, quote.speaker_end)
    cue = _span(quote.cue_start, quote.cue_end)
    known = quote.speaker_names or ((quote.speaker_name,) if quote.speaker_name else ())
    called = capitalised(" ".join(known)) if known else []
    if given:
        called = (called or (capitalised(text[speaker.start : speaker.end]) if speaker else []))[-2:]
    return Said(
        _spans(quote.spans) or tuple(filter(None, [_span(quote.start, quote.end)])),
        (cue,) if cue else (),
        Mentioned(speaker, _spans(quote.speaker_spans), _spans(quote.speaker_heads)) if speaker else None,
        frozenset(called),
        speech=quote.speech,
        ignored=quote.ignore,
    )


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else Span(start, end)


def _spans(pairs: Sequence[tuple[int, int]] | None) -> tuple[Span, ...]:
    return tuple(Span(*pair) for pair in pairs or ())


def _names(page: Page, given: Prediction) -> tuple[Tallies, Confused]:
    gold, predicted = (_canonical(page.text, side.entities or ()) for side in (page, given))
    return names("entities", tuple(_CLASSES), gold, predicted)


def _canonical(text: str, entities: Iterable[Entity]) -> list[Name]:
    found = []
    for entity in entities:
        if entity.label in _CLASS_OF:
            span = without_article(text, trimmed(text, Span(entity.start, entity.end), _BLANKS))
            if span.end - span.start > 2:
                span = without_possessive(text, span)
            span = trimmed(text, span, _MARKS)
            found.append(Name(span.start, span.end, _CLASS_OF[entity.label]))
    return found
