"""From edges between items to groups of items: stage 3.

scipy is imported where it is used, since it would be a quarter of the start of every command.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drumbeat.suggest.links.likeness import Likeness
from drumbeat.suggest.links.minhash import Pairs

Items = NDArray[np.int64]

NEVER = 1e9  # a distance that no average of others makes up for
LARGEST = 1000  # items whose pairs are all measured
_STEP = 5.0


def components(edges: Pairs) -> list[Items]:
    """The connected components of what the edges join, each sorted, in the order of their first items."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(edges):
        return []
    items, ends = np.unique(edges, return_inverse=True)
    ends = ends.reshape(edges.shape)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(items), len(items)))
    labels = connected_components(graph, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    return sorted(np.split(items[order], np.flatnonzero(np.diff(labels[order])) + 1), key=lambda group: int(group[0]))


def pieces(edges: Pairs, likeness: Likeness, least: float) -> Iterator[Items]:
    """The connected components, none of them larger than `LARGEST`.

    One that is larger keeps only the edges of a likeness that is 5 higher, and so on; one that hangs together by equal texts is cut
    in the order of its items.
    """
    for group in components(edges):
        if len(group) <= LARGEST:
            yield group
            continue
        inside = np.isin(edges[:, 0], group)
        if least >= 100:
            yield from np.split(group, range(LARGEST, len(group), LARGEST))
            continue
        kept = inside & (likeness >= least + _STEP)
        yield from pieces(edges[kept], likeness[kept], least + _STEP)


def average_link(distance: NDArray[np.float64], most: float) -> list[NDArray[np.int64]]:
    """Groups by average linkage: two are joined while their items' mean distance is at most `most`.

    `distance` is a symmetric square; a pair at the distance `NEVER` comes into no group together.  Groups of one are left out.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(distance) == 2:
        return [np.arange(2)] if distance[0, 1] <= most else []
    tree = linkage(squareform(distance, checks=False), method="average")
    labels = fcluster(tree, most, criterion="distance")
    groups = (np.flatnonzero(labels == label) for label in np.unique(labels))
    return [group for group in groups if len(group) > 1]
