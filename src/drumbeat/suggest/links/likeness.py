"""How alike wordings are, from 0 to 100: what rapidfuzz measures, over many at once.

Likeness is twice the characters that both have in the same order, by their longest common subsequence, over the characters of both.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from drumbeat.suggest.links.minhash import Pairs

Likeness = NDArray[np.float32]


def of_pairs(texts: Sequence[str], pairs: Pairs, least: float) -> Likeness:
    """The likeness of each pair; 0 where it is below `least`."""
    sides = ([texts[item] for item in side] for side in pairs.T.tolist())
    found: Likeness = process.cpdist(*sides, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float32)
    return found


def of_all(texts: Sequence[str]) -> Likeness:
    """The likeness of each text and each: a square."""
    found: Likeness = process.cdist(texts, texts, scorer=fuzz.ratio, dtype=np.float32)
    return found


def containment(short: str, texts: Sequence[str], least: float) -> list[float]:
    """How alike a short text is to the stretch of each text that is most like it; 0 where it is below `least`."""
    if not texts:
        return []
    found: list[float] = process.cdist([short], texts, scorer=fuzz.partial_ratio, score_cutoff=least, dtype=np.float32)[0].tolist()
    return found
