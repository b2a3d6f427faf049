"""Runs of five words as numbers: what pages are compared by.

A 5-gram of words, case ignored, is a 64-bit digest, so that two pages share a digest where they share the run.
"""

import re
import zlib

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint64]

WORDS = 5

_WORD = re.compile(r"\w+")
_FACTOR, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)  # odd; those of SplitMix64


def runs(text: str) -> Shingles:
    """The word 5-grams of a text in its order; of a text of fewer words there is one."""
    words = [zlib.crc32(word.encode("utf-8")) for word in _WORD.findall(text.lower())]
    numbers = np.array(words, np.uint64)
    length = min(WORDS, len(words))
    digests: Shingles = np.zeros(len(words) - length + 1, np.uint64)
    for offset in range(length):
        digests = digests * _FACTOR + numbers[offset : offset + len(digests)]
    digests ^= digests >> np.uint64(29)
    digests *= _MIX
    return digests ^ (digests >> np.uint64(32))


def shingles(text: str) -> Shingles:
    """The word 5-grams of a text as a set: sorted, each once."""
    return np.unique(runs(text))


def share(one: Shingles, other: Shingles) -> float:
    """How many of the shorter page's 5-grams stand on the other too, as a share; of two sets."""
    return len(np.intersect1d(one, other, assume_unique=True)) / min(len(one), len(other))
