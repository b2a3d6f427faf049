"""Scoring an annotation set of a repository against another, or against the gold."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from drumbeat.errors import RecordError, ScoreError
from drumbeat.model import LAYERS, Annotation, AnnotationSet, Mention, Nonquote, Quote, Seed, every_span
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from drumbeat.schema import labels
from drumbeat.score.figures import Confused, Key, PageScore, Tallies, f1_of
from drumbeat.score.names import Name, links, names
from drumbeat.score.quotations import DIRECT, INDIRECT, MIXED, SPEECH, Said, quotations, units_of
from drumbeat.score.regions import regions
from drumbeat.score.speakers import Resolved, capitalised
from drumbeat.score.units import Words

GOLD = "gold"
_LABEL = {"regions": "role", "quotes": "type", "nonquotes": "reason", "entities": "label"}  # of a record, and its label set


def full_name(repository: Repository, name: str) -> str:
    """The one annotator of a repository's sets whose name begins so; the name itself where it is one, or none begins so.

    Suggesters' names say what they were made with (`drumbeat-0.1.0+regions-…`), which nobody wants to copy.

    Raises ScoreError where several begin so.
    """
    annotators = {item.annotator for seed in read_seeds(repository) for item in _annotation_sets(repository, seed)}
    if name == GOLD or name in annotators:
        return name
    begun = sorted(annotator for annotator in annotators if annotator.startswith(name))
    if len(begun) > 1:
        raise ScoreError(f"{repository.root}: the sets of several annotators begin with {name!r}; give one of {', '.join(begun)}")
    return begun[0] if begun else name


def _annotation_sets(repository: Repository, seed: Seed) -> tuple[AnnotationSet, ...]:
    if not repository.annotation(seed.document_id).is_file():
        return ()
    return read_annotation(repository, read_document(repository, seed)).sets


def score_sets(
    repository: Repository, name: str, against: str = GOLD, layers: Collection[str] = (), documents: Collection[str] = ()
) -> Iterator[PageScore]:
    """What each document adds to the figures, one at a time; nothing where it lacks one of the two sets, or a layer that both have.

    Sets are named by their annotator.  Where one has several, each layer is that of the last set that has it.

    Raises ScoreError on an unknown document, or where no document has both; RecordError where a set is broken.
    """
    seeds = read_seeds(repository)
    if unknown := set(documents) - {seed.document_id for seed in seeds}:
        raise ScoreError(f"{repository.seeds}: no document {', '.join(sorted(unknown))}; see the document_id of each line")
    there: set[str] = set()
    found = False
    for seed in seeds:
        if documents and seed.document_id not in documents:
            continue
        tallies: Tallies = {}
        confused: Confused = Counter()
        if repository.annotation(seed.document_id).is_file():
            document = read_document(repository, seed)
            annotation = read_annotation(repository, document)
            there |= {item.annotator for item in annotation.sets} | ({GOLD} if annotation.gold else set())
            place = str(repository.annotation(seed.document_id))
            sides = [_layers(annotation, which, document.text, place) for which in (against, name)]
            tallies, confused = score_page(document.text, layers or LAYERS, *sides)
        found |= bool(tallies)
        yield PageScore(seed.document_id, tallies, confused, {"document_id": seed.document_id})
    if not found:
        missing = [which for which in (name, against) if which not in there]
        what = f"set {' and no set '.join(map(repr, missing))}" if missing else f"document where {name!r} and {against!r} share a layer"
        raise ScoreError(f"{repository.root}: there is no {what}; there are {', '.join(sorted(there)) or 'no sets'}")


Layers = dict[str, tuple[Any, ...]]


def _layers(annotation: Annotation, name: str, text: str, place: str) -> Layers:
    """The records of a set by layer.  Raises RecordError where one is broken, since it would count as wrong."""
    sets = [annotation.gold] if name == GOLD else [item for item in annotation.sets if item.annotator == name]
    found: Layers = {}
    for item in filter(None, sets):
        _refuse_broken(item, text, place)
        found |= {layer: getattr(item, layer) for layer in item.layers}
    return found


def _refuse_broken(item: AnnotationSet, text: str, place: str) -> None:
    problems = [
        f"span {span.start}..{span.end} outside the text (0..{len(text)})" for *_, span in every_span(item) if not span.lies_in(text)
    ]
    for layer, field in _LABEL.items():
        given, known = [getattr(record, field) for record in getattr(item, layer)], labels(field)
        problems += [f"unknown {field} {label!r}" for label in given if label not in known]
    if problems:
        raise RecordError(f"{place}: the set of {item.annotator}: {problems[0]}; `drumbeat validate` names the line")


def score_page(text: str, layers: Collection[str], gold: Layers, given: Layers) -> tuple[Tallies, Confused]:
    """One page: every layer that is asked for and that both sides have."""
    tallies: Tallies = {}
    confused: Confused = Counter()
    for layer in LAYERS:
        if layer in gold and layer in given and layer in layers:
            found, which = _SCORES[layer](text, gold[layer], given[layer])
            tallies |= found
            confused += which
    return tallies, confused


def _quotes(text: str, gold: Sequence[Quote], given: Sequence[Quote]) -> tuple[Tallies, Confused]:
    words = Words.of(text)
    units = [units_of(words, map(_said, sorted(side, key=lambda quote: (quote.content, quote.cue)))) for side in (gold, given)]
    tallies, confused = quotations(text, (DIRECT, INDIRECT, MIXED, SPEECH), *units)
    for role in ("content", "cue", "source"):
        ours, theirs = ({span for quote in side for span in getattr(quote, role)} for side in (gold, given))
        tallies[Key("quotes", role, "spans, exact")] = f1_of(len(ours & theirs), len(theirs), len(ours))
    return tallies, confused


def _said(quote: Quote) -> Said:
    known = quote.speaker or quote.speaker_name or quote.source
    speaker = Resolved(quote.speaker, quote.speaker_name, quote.source) if known else None
    return Said(quote.content, quote.cue, speaker, frozenset(capitalised(quote.speaker_name or "")[-2:]), quote.type)


def _nonquotes(_: str, gold: Sequence[Nonquote], given: Sequence[Nonquote]) -> tuple[Tallies, Confused]:
    sides = ([Name(record.start, record.end, record.reason) for record in side] for side in (gold, given))
    return names("nonquotes", labels("reason"), *sides)


def _entities(_: str, gold: Sequence[Mention], given: Sequence[Mention]) -> tuple[Tallies, Confused]:
    sides = ([Name(record.start, record.end, record.label) for record in side] for side in (gold, given))
    tallies, confused = names("entities", labels("label"), *sides)
    return tallies | links(gold, given), confused


_SCORES: dict[str, Callable[[str, Any, Any], tuple[Tallies, Confused]]] = {
    "regions": regions,
    "quotes": _quotes,
    "nonquotes": _nonquotes,
    "entities": _entities,
}
