"""MinHash and its bands: what stage 1 gives of each item, so that stage 2 finds the pairs worth a look.

A set of tokens becomes `bands` x `rows` numbers, and each band of `rows` of them one key.  Two sets that share the part J of their
tokens share a key with the probability 1 - (1 - J^rows)^bands.  Keys of different bands differ, so that rows (key, item) of many
shards may be sorted into buckets by any function of the key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

Keys = NDArray[np.uint64]
Pairs = NDArray[np.int64]

WINDOW = 32  # items of one key are compared with so many that follow
_SEED = 6
_BATCH = 10_000  # signatures pass through lists, whose memory is to stay small
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Banding:
    """How many bands of how many rows."""

    bands: int
    rows: int

    def of_words(self, items: Sequence[Sequence[str]]) -> Keys:
        """The keys of sets of words, `bands` a set: an array (items, bands)."""
        parts = (RMinHash.digest_matrix_from_token_sets(items[at : at + _BATCH], self._size, _SEED) for at in range(0, len(items), _BATCH))
        return self._all_keys(np.array(part.to_rows(), np.uint64) for part in parts)

    def of_digests(self, items: Sequence[NDArray[np.uint64]]) -> Keys:
        """The same of sets of 64-bit digests."""
        batches = (items[at : at + _BATCH] for at in range(0, len(items), _BATCH))
        return self._all_keys(map(self._signatures, batches))

    def _signatures(self, items: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
        ends = np.cumsum([0, *map(len, items)], dtype=np.uint64)
        found = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(items), ends, self._size, _SEED)
        return np.array(found.to_rows(), np.uint64)

    @property
    def _size(self) -> int:
        return self.bands * self.rows

    def _all_keys(self, signatures: Iterable[NDArray[np.uint64]]) -> Keys:
        """Batch by batch, since signatures are larger than their keys."""
        return np.concatenate([np.zeros((0, self.bands), np.uint64), *map(self._keys, signatures)])

    def _keys(self, numbers: NDArray[np.uint64]) -> Keys:
        by_band = numbers.reshape(len(numbers), self.bands, self.rows)
        keys = np.broadcast_to(np.arange(1, self.bands + 1, dtype=np.uint64), by_band.shape[:2]).copy()
        for row in range(self.rows):
            keys = (keys ^ by_band[:, :, row]) * _FACTOR
            keys ^= keys >> _SHIFT
        return keys


def candidates(keys: Keys, items: NDArray[np.int64]) -> Pairs:
    """The pairs of items that share a key, the lower item first, sorted, each once: an array (pairs, 2).

    `keys` and `items` are the band rows of one bucket, in any order.  Of a key that more than `WINDOW` items have, each is paired with
    those that follow it within the window in the order of items, so that a frequent key costs no more than its items.  Items that are
    numbered in the order of their texts thereby meet their likes.
    """
    order = np.lexsort((items, keys))
    keys, items = keys[order], items[order]
    found: list[Pairs] = [np.zeros((0, 2), np.int64)]
    for step in range(1, min(WINDOW, len(keys) - 1) + 1):
        at = np.flatnonzero(keys[step:] == keys[:-step])
        if not len(at):
            break
        found.append(np.stack([items[at], items[at + step]], axis=1))
    pairs = np.concatenate(found)
    return distinct(pairs[pairs[:, 0] != pairs[:, 1]])


def distinct(pairs: Pairs) -> Pairs:
    """The pairs sorted, each once."""
    if not len(pairs):
        return pairs
    width = np.uint64(pairs.max() + 1)  # items number less than 2^32
    numbers = np.unique(pairs[:, 0].astype(np.uint64) * width + pairs[:, 1].astype(np.uint64))
    return np.stack([numbers // width, numbers % width], axis=1).astype(np.int64)
