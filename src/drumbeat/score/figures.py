"""Pages' counts -> figures, with intervals.

Every figure is a ratio of two sums over pages: of counts, where items are pooled, or of pages' own figures, where these are averaged.
So one array of sums gives all figures, of all pages or of a sample of them.

The intervals are percentile bootstrap intervals over pages (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13):
pages are drawn with replacement, as many as there are, and every figure is computed anew; 95 of 100 of these lie in the interval.
Pages and not items are drawn, since the items of a page stand or fall together.  The draws are seeded, so that the same input gives
the same interval.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
SEED, BOOT = 1, 1000
_INTERVAL = (2.5, 97.5)
LABELS = "labels, mean"
SHARE, LABEL = "share", "label"


class Key(NamedTuple):
    """Which figure: of a layer, of a part of it (a kind of text, a type, a label), by a measure.

    `kind` says what it is: an F1; a share, which has no precision and recall; or an F1 of a label, of which there is a mean too.
    """

    layer: str
    part: str
    measure: str
    kind: str = "f1"


class Tally(NamedTuple):
    """What one page adds to a figure: numerator and denominator of precision, of recall and of the value."""

    correct_of_predicted: float
    predicted: float
    correct_of_gold: float
    gold: float
    over: float
    under: float


Tallies = dict[Key, Tally]
Confused = Counter[tuple[str, str | None, str | None]]  # layer, label of the reference, label given; None: nothing there


def f1_of(right: float, predicted: float, gold: float) -> Tally:
    """Precision, recall and F1 of pooled items: 2 right / (predicted + gold)."""
    return Tally(right, predicted, right, gold, 2 * right, predicted + gold)


def share_of(right: float, items: float) -> Tally:
    """The share of items that are right; it has no precision and recall."""
    return Tally(0, 0, 0, 0, right, items)


def page_f1_of(right: float, predicted: float, gold: float) -> Tally:
    """A page's own precision, recall and F1, to be averaged: over pages that predict something; over those with gold."""
    precision, recall = right / predicted if predicted else 0, right / gold if gold else 0
    return Tally(precision, bool(predicted), recall, bool(gold), 2 * right / (predicted + gold) if gold else 0, bool(gold))


@dataclass(frozen=True, slots=True)
class PageScore:
    """What one page adds to every figure.

    `fields` are what pages can be grouped by; `missing` are layers for which nothing was predicted, which counts as predicting nothing.
    """

    id: str
    tallies: Tallies
    confused: Confused = field(default_factory=Counter)
    fields: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.  `value` is an F1 or a share; null where there is nothing to score.

    `gold` and `predicted` are how many items it is over (pages, for means over pages; labels, for means over labels); a share has
    only `gold`.  `low` and `high` are the bounds of the interval of `value`.
    """

    layer: str
    part: str
    measure: str
    precision: float | None
    recall: float | None
    value: float | None
    gold: float
    predicted: float | None
    low: float | None
    high: float | None


def figures(pages: Sequence[PageScore], mean_over: str | None = None, boot: int = 0) -> tuple[Figure, ...]:
    """Every figure over some pages; `mean_over` names a field: then the plain mean of the figures of each of its values.

    `boot` is how often pages are drawn for the intervals; from one page there are none.  With `mean_over`, as many pages of each value
    are drawn as there are.
    """
    keys = list(dict.fromkeys(key for page in pages for key in page.tallies))
    groups = [_table(group, keys) for group in grouped(pages, mean_over).values()]
    averages = _label_rows(keys)
    sums = np.array([table.sum(axis=0) for table in groups])
    values = _mean(np.array([_ratios(total, averages) for total in sums]))
    low, high = _interval(groups, averages, boot) if boot and len(pages) > 1 else (np.full(len(values), np.nan),) * 2
    total = sums.sum(axis=0)
    counts = [(row[5], None) if key.kind == SHARE else (row[3], row[1]) for key, row in zip(keys, total, strict=True)]
    counts += [(float((total[rows, 5] > 0).sum()), None) for rows in averages.values()]
    layers = list(dict.fromkeys(key.layer for key in keys))
    found = sorted(zip([*keys, *averages], values, counts, low, high, strict=True), key=lambda item: layers.index(item[0].layer))
    return tuple(_figure(key, ratios, gold, given, (a, b)) for key, ratios, (gold, given), a, b in found)


def _figure(key: Key, ratios: Numbers, gold: float, predicted: float | None, bounds: tuple[float, float]) -> Figure:
    precision, recall, value, low, high = (None if np.isnan(number) else float(number) for number in (*ratios, *bounds))
    given = None if predicted is None else float(predicted)
    return Figure(key.layer, key.part, key.measure, precision, recall, value, float(gold), given, low, high)


def grouped(pages: Iterable[PageScore], by: str | None) -> dict[str, list[PageScore]]:
    """The pages by the value of a field, in the order of values; all under one name where none is asked for."""
    groups: dict[str, list[PageScore]] = {}
    for page in pages:
        groups.setdefault(page.fields[by] if by else "", []).append(page)
    return dict(sorted(groups.items()))


def confusions(pages: Iterable[PageScore]) -> Confused:
    """How often which label was given for which."""
    total: Confused = Counter()
    for page in pages:
        total.update(page.confused)
    return total


def _table(pages: Sequence[PageScore], keys: Sequence[Key]) -> Numbers:
    """Pages by figures by the six numbers of a tally."""
    nothing = Tally(0, 0, 0, 0, 0, 0)
    rows = [[page.tallies.get(key, nothing) for key in keys] for page in pages]
    return np.array(rows, dtype=np.float64).reshape(len(pages), len(keys), 6)


def _label_rows(keys: Sequence[Key]) -> dict[Key, list[int]]:
    """For each measure of labels, the rows of its labels."""
    rows: dict[Key, list[int]] = {}
    for number, key in enumerate(keys):
        if key.kind == LABEL:
            rows.setdefault(Key(key.layer, LABELS, key.measure), []).append(number)
    return rows


def _ratios(sums: Numbers, averages: Mapping[Key, Sequence[int]]) -> Numbers:
    """Precision, recall and value of every figure, and of the mean of labels: of those that occur, an undefined figure being 0."""
    over, under = sums[:, 0::2], sums[:, 1::2]
    ratios = np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)
    rows = [ratios]
    for numbers in averages.values():
        occur = ratios[numbers][under[numbers, 2] > 0]
        rows.append(np.nan_to_num(occur).mean(axis=0, keepdims=True) if len(occur) else np.full((1, 3), np.nan))
    return np.concatenate(rows)


def _mean(groups: Numbers) -> Numbers:
    """The mean over the first axis, of what is defined."""
    defined = ~np.isnan(groups)
    count = defined.sum(axis=0)
    total = np.where(defined, groups, 0).sum(axis=0)
    mean: Numbers = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean


def _interval(groups: Sequence[Numbers], averages: Mapping[Key, Sequence[int]], boot: int) -> tuple[Numbers, Numbers]:
    draw = np.random.RandomState(SEED)  # the one generator of numpy whose draws no version changes
    drawn = np.array([_mean(np.array([_ratios(_sample(table, draw), averages) for table in groups]))[:, 2] for _ in range(boot)])
    bounds = np.full((2, drawn.shape[1]), np.nan)
    for number, values in enumerate(drawn.T):
        if len(defined := values[~np.isnan(values)]):
            bounds[:, number] = np.percentile(defined, _INTERVAL)
    return bounds[0], bounds[1]


def _sample(table: Numbers, draw: np.random.RandomState) -> Numbers:
    """The sums over as many pages as there are, drawn with replacement."""
    times = np.bincount(draw.randint(0, len(table), len(table)), minlength=len(table)).astype(np.float64)
    return np.tensordot(times, table, axes=1).astype(np.float64)
