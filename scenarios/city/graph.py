"""Small graph tools on arrays of edges, used by every part of the city. Deterministic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


def adjacency(count: int, a: I64, b: I64, weight: F64 | None = None) -> csr_array:
    """Symmetric-by-use sparse matrix of the edges a-b."""
    data = np.ones(len(a)) if weight is None else weight
    # 32 bits: older releases of scipy's spanning tree take no others.
    ends = (a.astype(np.int32), b.astype(np.int32))
    return csr_array(coo_array((data, ends), shape=(count, count)))


def components(count: int, a: I64, b: I64) -> I64:
    """Component number of every node."""
    return np.asarray(
        connected_components(adjacency(count, a, b), directed=False)[1], dtype=np.int64
    )


def largest(label: I64) -> Bool:
    """Whether a node is in the largest component; the first of equals."""
    return np.asarray(label == int(np.argmax(np.bincount(label))))


def spanning_tree(count: int, a: I64, b: I64, weight: F64) -> Bool:
    """Which edges are in the minimum spanning forest; weights are positive and all different."""
    number = np.arange(1, len(a) + 1, dtype=np.float64)
    order = np.argsort(weight, kind="stable")
    rank = np.empty(len(a))
    rank[order] = number
    tree = minimum_spanning_tree(adjacency(count, a, b, rank))
    chosen = np.zeros(len(a), dtype=np.bool_)
    chosen[order[np.asarray(tree.data, dtype=np.int64) - 1]] = True
    return chosen


def nearest_root(count: int, a: I64, b: I64, length: F64, roots: I64) -> tuple[F64, I64, I64]:
    """Shortest ways from the nearest root: distance, previous node (-1 at roots), root number.

    Unreached nodes have an infinite distance and root -1.
    """
    graph = adjacency(count, a, b, np.round(length, 3))
    distance, previous, source = dijkstra(
        graph, directed=False, indices=roots, min_only=True, return_predecessors=True
    )
    which = np.full(count, -1, dtype=np.int64)
    number = {int(node): i for i, node in reversed(list(enumerate(roots)))}
    reached = source >= 0
    which[reached] = [number[int(node)] for node in source[reached]]
    before = np.where(previous >= 0, previous, -1).astype(np.int64)
    return np.asarray(distance), before, which


def upstream_sums(distance: F64, previous: I64, value: F64) -> F64:
    """What flows into every node of a tree of shortest ways: its own value and all behind it."""
    total = value.astype(np.float64).copy()
    for node in np.argsort(-np.where(np.isfinite(distance), distance, -1.0), kind="stable"):
        before = previous[node]
        if before >= 0:
            total[before] += total[node]
    return total
