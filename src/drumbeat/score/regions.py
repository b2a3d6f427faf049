"""Regions against a reference: boilerplate against main text, and the roles.

Boilerplate and main text are counted in tokens, as the boilerplate sets count: runs of letters and digits, a token being what most of
its characters are, since pages glue words of two regions together.  And in characters that are not blank.  What is neither
(`supplemental` in a repository, `ignore` in a public set: captions, bylines, dates) is left out, since reference sets differ on it.

Means over pages give a short page the weight of a long one, as Bevendorff and others, An Empirical Comparison of Web Content Extraction
Algorithms (2023), average; pooled counts stand beside them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from drumbeat.model import Region, Span
from drumbeat.schema import kinds, labels
from drumbeat.score.figures import LABEL, SHARE, Confused, Key, Tallies, f1_of, page_f1_of, share_of

MAIN, BOILERPLATE, NEITHER = "main", "boilerplate", "neither"
PARTS = (BOILERPLATE, MAIN)
_LAYER = "regions"
_TOO_MUCH = 0.05  # of the main text: what the page loses then is no longer a detail
# A run of letters and digits; of Chinese and Japanese, which have no spaces, a character.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_Mask = NDArray[np.bool_]


Stretches = Iterable[tuple[Span, str]]


def boilerplate(text: str, reference: Stretches, predicted: Stretches) -> Tallies:
    """One page: both sides say of stretches what they are, `MAIN`, `BOILERPLATE` or `NEITHER`; what is predicted no boilerplate is kept."""
    is_gold = {part: np.zeros(len(text), dtype=np.bool_) for part in PARTS}
    for span, kind in reference:
        for part, mask in is_gold.items():
            mask[span.start : span.end] = part == kind
    is_cut = np.zeros(len(text), dtype=np.bool_)
    for span, kind in predicted:
        is_cut[span.start : span.end] = kind == BOILERPLATE
    tokens = np.array([match.span() for match in _TOKEN.finditer(text)], dtype=np.int64).reshape(-1, 2)
    by_token = _counts({part: _mostly(mask, tokens) for part, mask in is_gold.items()}, _mostly(is_cut, tokens))
    seen = visible(text)
    by_character = _counts({part: mask[seen] for part, mask in is_gold.items()}, is_cut[seen])
    tallies: Tallies = {}
    for part in PARTS:
        tallies[Key(_LAYER, part, "tokens, mean of pages")] = page_f1_of(*by_token[part])
        tallies[Key(_LAYER, part, "tokens")] = f1_of(*by_token[part])
        tallies[Key(_LAYER, part, "characters")] = f1_of(*by_character[part])
    kept, _, main = by_token[MAIN]
    tallies[Key(_LAYER, MAIN, "pages losing over 5 %", SHARE)] = share_of(main - kept > _TOO_MUCH * main, 1)
    return tallies


def _mostly(mask: _Mask, tokens: NDArray[np.int64]) -> _Mask:
    """Which tokens have more than half of their characters in a mask."""
    before = np.concatenate([[0], np.cumsum(mask)])
    inside = before[tokens[:, 1]] - before[tokens[:, 0]]
    return np.asarray(2 * inside > tokens[:, 1] - tokens[:, 0])


def _counts(gold: dict[str, _Mask], cut: _Mask) -> dict[str, tuple[int, int, int]]:
    """Of boilerplate and main text: right, predicted, gold."""
    found = {}
    for part, given in ((BOILERPLATE, cut), (MAIN, ~cut)):
        among = given & (gold[MAIN] | gold[BOILERPLATE])
        found[part] = (int((among & gold[part]).sum()), int(among.sum()), int(gold[part].sum()))
    return found


def regions(text: str, gold: Sequence[Region], predicted: Sequence[Region]) -> tuple[Tallies, Confused]:
    """One page of a repository: boilerplate by the kinds of its regions, and the roles of its characters."""
    tallies = boilerplate(text, _kinds(gold), _kinds(predicted))
    pairs = _role_pairs(text, gold, predicted)
    right = Counter({a: count for (a, b), count in pairs.items() if a == b})
    tallies[Key(_LAYER, "role", "characters right", SHARE)] = share_of(right.total(), pairs.total())
    golds, given = Counter[str | None](), Counter[str | None]()
    for (a, b), count in pairs.items():
        golds[a] += count
        given[b] += count
    for role in labels("role"):
        tallies[Key(_LAYER, role, "characters", LABEL)] = f1_of(right[role], given[role], golds[role])
    return tallies, Counter({(_LAYER, *pair): count for pair, count in pairs.items()})


def _role_pairs(text: str, gold: Sequence[Region], predicted: Sequence[Region]) -> Counter[tuple[str | None, str | None]]:
    """How many characters have which role in the reference and which here; those that have none in the reference are left out."""
    names = (None, *labels("role"))
    seen = visible(text)
    codes = []
    for regions_ in (gold, predicted):
        code = np.zeros(len(text), dtype=np.int64)
        for region in regions_:
            code[region.start : region.end] = names.index(region.role)
        codes.append(code[seen])
    values, counts = np.unique(codes[0] * len(names) + codes[1], return_counts=True)
    pairs = {divmod(int(value), len(names)): int(count) for value, count in zip(values, counts, strict=True)}
    return Counter({(names[a], names[b]): count for (a, b), count in pairs.items() if a})


def visible(text: str) -> _Mask:
    """Which characters are not blank."""
    return np.fromiter((not character.isspace() for character in text), dtype=np.bool_, count=len(text))


def _kinds(found: Iterable[Region]) -> Iterator[tuple[Span, str]]:
    kind_of = kinds()
    return ((Span(region.start, region.end), kind_of[region.role]) for region in found)
