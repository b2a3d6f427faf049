"""How far two annotators agree on one document, in the figures that PolNeAR and its peers report.

Sets are aligned by span, never by id.  Suggested sets take no part.

- regions: Cohen's kappa and macro F1 over visible characters, a character's label being its role;
- content, cue, source: F1 over exactly equal spans, and over characters covered;
- type, speaker: share of equal values among quotations whose contents match (token Jaccard of characters >= 0.5);
- entities: F1 over equal span and label, share of equal links among them;
- alpha: Krippendorff's alpha, nominal, over characters (regions) or words (the other layers), by the `krippendorff` package.
  Krippendorff, Content Analysis (2019), chapter 12.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import krippendorff

from drumbeat import segment
from drumbeat.errors import RecordError
from drumbeat.model import AnnotationSet, Quote, Region, Span, every_span

_LAYER_OF = {"content": "quotes", "cue": "quotes", "source": "quotes"}
_MATCH = 0.5  # contents match from this Jaccard index of their characters on, as PolNeAR's and Citron's scorers have it


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of agreement; `value` is null where there is nothing to agree on. `items` is what it was computed over."""

    layer: str
    measure: str
    value: float | None
    items: int


def agreement(text: str, one: AnnotationSet, other: AnnotationSet) -> list[Figure]:
    """Every figure for two sets over one text; null for a layer that one of them did not annotate.

    Raises RecordError where a span does not lie in the text.
    """
    _refuse_outside(text, one)
    _refuse_outside(text, other)
    words = [word for line in segment.lines(text) for word in segment.words(text, line)]
    figures = [
        *_regions(text, one.regions, other.regions),
        *_roles(words, one.quotes, other.quotes),
        *_matched(one.quotes, other.quotes),
        *_entities(words, one, other),
    ]
    both = {layer for layer in one.layers if layer in other.layers}
    return [
        figure if _LAYER_OF.get(figure.layer, figure.layer) in both else Figure(figure.layer, figure.measure, None, 0) for figure in figures
    ]


def _refuse_outside(text: str, annotations: AnnotationSet) -> None:
    for *_, span in every_span(annotations):
        if not span.lies_in(text):
            where = f"span {span.start}..{span.end} does not lie in the text (0..{len(text)})"
            raise RecordError(f"{annotations.annotator}: {where}; `drumbeat validate` names the line")


def f1(one: Iterable[object], other: Iterable[object]) -> float | None:
    """F1 of two collections of comparable things: 2 |A ∩ B| / (|A| + |B|); null where both are empty."""
    left, right = Counter(iter(one)), Counter(iter(other))  # iter: a mapping counts by its keys
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else None


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa (1960) of two label sequences; null where chance agreement is total."""
    if not pairs:
        return None
    observed = sum(a == b for a, b in pairs) / len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(left[label] * right[label] for label in left) / len(pairs) ** 2
    return (observed - expected) / (1 - expected) if expected < 1 else None


def alpha(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Krippendorff's alpha of two label sequences, nominal; null where only one label occurs."""
    values = {label: index for index, label in enumerate(dict.fromkeys([*one, *other]))}
    if len(values) < 2:
        return None
    data = [[values[label] for label in labels] for labels in (one, other)]
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))


def _regions(text: str, one: Sequence[Region], other: Sequence[Region]) -> list[Figure]:
    visible = [position for position, character in enumerate(text) if not character.isspace()]
    left, right = ({p: r.role for r in regions for p in range(r.start, r.end)} for regions in (one, other))
    pairs = [(left.get(position, ""), right.get(position, "")) for position in visible]
    roles = sorted({label for pair in pairs for label in pair})
    per_role = [
        f1((p for p, (a, _) in enumerate(pairs) if a == role), (p for p, (_, b) in enumerate(pairs) if b == role)) for role in roles
    ]
    scores = [score for score in per_role if score is not None]
    return [
        Figure("regions", "kappa, characters", cohen_kappa(pairs), len(pairs)),
        Figure("regions", "macro F1, characters", sum(scores) / len(scores) if scores else None, len(pairs)),
        Figure("regions", "alpha, characters", alpha([a for a, _ in pairs], [b for _, b in pairs]), len(pairs)),
    ]


def _roles(words: Sequence[Span], one: Sequence[Quote], other: Sequence[Quote]) -> list[Figure]:
    figures = []
    for role in ("content", "cue", "source"):
        left, right = ([span for quote in quotes for span in getattr(quote, role)] for quotes in (one, other))
        inside = [["in" if any(s.start <= word.start < s.end for s in spans) else "out" for word in words] for spans in (left, right)]
        figures += [
            Figure(role, "F1, exact spans", f1(left, right), len(left) + len(right)),
            Figure(role, "F1, characters", f1(_characters(left), _characters(right)), len(left) + len(right)),
            Figure(role, "alpha, words", alpha(*inside), len(words)),
        ]
    return figures


def matched_quotes(one: Sequence[Quote], other: Sequence[Quote]) -> list[tuple[Quote, Quote]]:
    """The quotations of two sets that report the same words: best overlap of content first, then of cue."""
    candidates = []
    for a, left in enumerate(one):
        for b, right in enumerate(other):
            x, y = _characters(left.content), _characters(right.content)
            overlap = len(x & y) / max(1, len(x | y))
            if overlap >= _MATCH:
                candidates.append((overlap, len(_characters(left.cue) & _characters(right.cue)), -a, -b))
    pairs, used_a, used_b = [], set(), set()
    for _, _, a, b in sorted(candidates, reverse=True):
        if a not in used_a and b not in used_b:
            used_a.add(a)
            used_b.add(b)
            pairs.append((one[-a], other[-b]))
    return pairs


def _matched(one: Sequence[Quote], other: Sequence[Quote]) -> list[Figure]:
    pairs = matched_quotes(one, other)
    return [
        Figure("quotes", "F1, content matched", 2 * len(pairs) / (len(one) + len(other)) if one or other else None, len(one) + len(other)),
        Figure("quotes", "type, of matched", _share(pairs, lambda quote: quote.type), len(pairs)),
        Figure("quotes", "speaker, of matched", _share(pairs, lambda quote: quote.speaker), len(pairs)),
    ]


def _share(pairs: Sequence[tuple[Quote, Quote]], value: Callable[[Quote], str | None]) -> float | None:
    return sum(value(a) == value(b) for a, b in pairs) / len(pairs) if pairs else None


def _entities(words: Sequence[Span], one: AnnotationSet, other: AnnotationSet) -> list[Figure]:
    left, right = ({(m.start, m.end, m.label): m.entity for m in annotations.entities} for annotations in (one, other))
    both = left.keys() & right.keys()
    starts = [word.start for word in words]
    tags = [segment.bio(starts, [(Span(start, end), label) for start, end, label in sorted(mentions)]) for mentions in (left, right)]
    return [
        Figure("entities", "F1, span and label", f1(left, right), len(left) + len(right)),
        Figure(
            "entities", "link, of equal mentions", sum(left[key] == right[key] for key in both) / len(both) if both else None, len(both)
        ),
        Figure("entities", "alpha, words", alpha(*tags), len(words)),
    ]


def _characters(spans: Iterable[Span]) -> set[int]:
    return {position for span in spans for position in range(span.start, span.end)}
