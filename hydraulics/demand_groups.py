"""Groups of demand nodes whose common factor the live model fits.

A pressure zone (what pumps and valves bound) is the natural group, since its inflow is metered;
large zones are cut along the longer side of their extent until there are enough groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from network_models.elements import HeatPipe, Pipe
from network_models.network import Network

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def demand_groups(net: Network, weight: F64, *, most: int = 10) -> I64:
    """Group number of every node, (N,) int64; -1 where `weight` (m3/s) is not positive.

    At most `most` groups, numbered from 0 by falling weight; always the same for one network.
    """
    zone = _zones(net)
    position = _positions(net)
    demanding = np.flatnonzero(weight > 0.0)
    parts = [demanding[zone[demanding] == z] for z in np.unique(zone[demanding])]
    parts.sort(key=lambda p: (-float(weight[p].sum()), int(p[0])))
    if len(parts) > most:
        parts = [*parts[: most - 1], np.sort(np.concatenate(parts[most - 1 :]))]
    while parts and len(parts) < most:
        heaviest = max(range(len(parts)), key=lambda i: float(weight[parts[i]].sum()))
        halves = _halve(parts[heaviest], position, weight)
        if halves is None:
            break
        parts[heaviest : heaviest + 1] = halves
    parts.sort(key=lambda p: (-float(weight[p].sum()), int(p[0])))
    group = np.full(len(weight), -1, dtype=np.int64)
    for number, part in enumerate(parts):
        group[part] = number
    return group


def _zones(net: Network) -> I64:
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    ends = [
        (index[link.start], index[link.end])
        for link in net.links.values()
        if isinstance(link, Pipe | HeatPipe) and link.status != "closed"
    ]
    pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
    shape = (len(index), len(index))
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=shape)
    labels: I64 = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _positions(net: Network) -> F64:
    """(N, 2); nodes without a position get their place in the file, which keeps neighbours near."""
    rows = [node.position or (float(i), 0.0) for i, node in enumerate(net.nodes.values())]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _halve(part: I64, position: F64, weight: F64) -> tuple[I64, I64] | None:
    if len(part) < 2:
        return None
    spread = np.ptp(position[part], axis=0)
    along = position[part, int(np.argmax(spread))]
    order = np.lexsort((part, along))
    cumulative = np.cumsum(weight[part[order]])
    cut = int(np.searchsorted(cumulative, cumulative[-1] / 2.0)) + 1
    cut = min(max(cut, 1), len(part) - 1)
    return np.sort(part[order[:cut]]), np.sort(part[order[cut:]])
