"""Choosing places in a network: far from each other, far from the sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from network_models.elements import Pipe, Reservoir
from network_models.network import Network


def spread(
    x: NDArray[np.float64], y: NDArray[np.float64], count: int, first: int
) -> NDArray[np.int64]:
    """`count` places far from each other (farthest point sampling), beginning with `first`."""
    chosen = [first]
    room = np.hypot(x - x[first], y - y[first])
    while len(chosen) < min(count, len(x)):
        chosen.append(int(np.argmax(np.round(room, 3))))
        room = np.minimum(room, np.hypot(x - x[chosen[-1]], y - y[chosen[-1]]))
    return np.array(chosen, dtype=np.int64)


def distance_from_sources(net: Network) -> dict[str, float]:
    """Length of pipe from the nearest source, m, by node; nodes without a way are left out."""
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    sources = [index[n.id] for n in net.nodes.values() if isinstance(n, Reservoir)]
    if not sources or not net.links:
        return {}
    a = [index[link.start] for link in net.links.values()]
    b = [index[link.end] for link in net.links.values()]
    length = [
        max(link.length_m, 0.01) if isinstance(link, Pipe) else 0.01 for link in net.links.values()
    ]
    graph = csr_array(coo_array((length, (a, b)), shape=(len(index), len(index))))
    distance = dijkstra(graph, directed=False, indices=sources, min_only=True)
    return {id_: float(distance[i]) for id_, i in index.items() if np.isfinite(distance[i])}
