"""Graph questions about a network: what hangs together, what a source reaches, what valves cut.

Nodes and links are numbered in the network's own order; all answers are arrays in that order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from network_models.elements import (
    CirculationPump,
    GasSource,
    HeatInlet,
    HeatSource,
    Reservoir,
    Tank,
)
from network_models.network import Network
from network_models.valves import IsolationValve

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LinkEnds:
    """The node numbers at both ends of each link, (L,) each, of a network with `n_nodes` nodes."""

    n_nodes: int
    start: IntArray
    end: IntArray


def link_ends(net: Network) -> LinkEnds:
    """The ends of all links; KeyError names a node that does not exist (see `validate`)."""
    number = dict(zip(net.nodes, range(len(net.nodes)), strict=True)).__getitem__
    links, n_links = net.links.values(), len(net.links)
    start = np.fromiter(map(number, map(_START, links)), np.int64, n_links)
    end = np.fromiter(map(number, map(_END, links)), np.int64, n_links)
    return LinkEnds(len(net.nodes), start, end)


_START, _END = attrgetter("start"), attrgetter("end")


def components(ends: LinkEnds, closed: BoolArray | None = None) -> IntArray:
    """The number of the connected component each node is in, (N,); `closed` links (L,) cut."""
    start, end = ends.start, ends.end
    if closed is not None:
        start, end = start[~closed], end[~closed]
    return _labels(ends.n_nodes, start, end)


def _labels(size: int, start: IntArray, end: IntArray) -> IntArray:
    # Imported here: reading a network's records must not wait for scipy.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def link_mask(net: Network, ids: Collection[str]) -> BoolArray:
    """True for the links named, (L,)."""
    wanted = frozenset(ids)
    return np.fromiter((name in wanted for name in net.links), np.bool_, len(net.links))


def initially_closed(net: Network) -> BoolArray:
    """True for the links the file has closed at the start, (L,)."""
    return np.fromiter(
        (getattr(link, "status", "open") == "closed" for link in net.links.values()),
        np.bool_,
        len(net.links),
    )


_SOURCES = frozenset((Reservoir, Tank, GasSource))


def source_nodes(net: Network) -> IntArray:
    """The numbers of the nodes that can supply: reservoirs, tanks, gas sources, heat plants.

    In a heat network also nodes that something outside holds at a pressure.
    """
    kinds = list(map(type, net.nodes.values()))
    found = list(compress(range(len(kinds)), map(_SOURCES.__contains__, kinds)))
    if HeatInlet in kinds:
        found += [
            i
            for i, node in enumerate(net.nodes.values())
            if isinstance(node, HeatInlet) and node.pressure_pa is not None
        ]
    if not set(map(type, net.links.values())).isdisjoint((HeatSource, CirculationPump)):
        index = {name: i for i, name in enumerate(net.nodes)}
        for link in net.links.values():
            if isinstance(link, HeatSource | CirculationPump):
                found += [index[link.start], index[link.end]]
    return np.unique(np.array(found, np.int64))


def supplied(
    net: Network, closed: BoolArray | None = None, *, without: Collection[str] = ()
) -> BoolArray:
    """True for the nodes with a path of links to some source, (N,).

    Links of `closed` (L,) cut the path; sources named in `without` do not count. Directions
    (check valves, pumps) are not looked at: this asks what is connected, not what flows.
    """
    labels = components(link_ends(net), closed)
    sources = source_nodes(net)
    if without:
        names = net.node_ids
        sources = np.array([i for i in sources if names[i] not in without], np.int64)
    return np.isin(labels, labels[sources])


@dataclass(frozen=True, slots=True)
class Segments:
    """The pieces a network falls into when all its isolation valves are shut.

    `node` (N,) and `link` (L,) are segment numbers; `boundary[s]` are the ids of the valves that
    shut segment `s` off. A valve with the same segment on both sides isolates nothing and is in no
    boundary.
    """

    node: IntArray
    link: IntArray
    boundary: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        """How many segments there are."""
        return len(self.boundary)

    def nodes_of(self, segment: int) -> IntArray:
        """The node numbers in a segment (none for a link between two valves)."""
        return np.flatnonzero(self.node == segment)

    def links_of(self, segment: int) -> IntArray:
        """The link numbers in a segment."""
        return np.flatnonzero(self.link == segment)


def segments(net: Network, valves: Iterable[IsolationValve]) -> Segments:
    """The segments that the given valves bound.

    The graph has a vertex for every node and every link, and an edge between a link and each of
    its end nodes; a valve takes its edge out. Segments are that graph's connected components.
    Leave out of `valves` those that cannot be shut: their segments then merge.
    """
    ends = link_ends(net)
    n_links = len(ends.start)
    index = {name: i for i, name in enumerate(net.links)}
    valves = list(valves)
    valve_link = np.fromiter((index[v.link] for v in valves), np.int64, len(valves))
    at_end = np.fromiter((v.side == "end" for v in valves), np.bool_, len(valves))
    open_edge = np.ones((2, n_links), np.bool_)
    open_edge[at_end.astype(np.int64), valve_link] = False
    link_vertex = np.arange(ends.n_nodes, ends.n_nodes + n_links)
    labels = _labels(
        ends.n_nodes + n_links,
        np.concatenate([link_vertex[open_edge[0]], link_vertex[open_edge[1]]]),
        np.concatenate([ends.start[open_edge[0]], ends.end[open_edge[1]]]),
    )
    node, link = labels[: ends.n_nodes], labels[ends.n_nodes :]
    count = int(labels.max(initial=-1)) + 1
    boundary: list[list[str]] = [[] for _ in range(count)]
    node_side = node[np.where(at_end, ends.end[valve_link], ends.start[valve_link])]
    for valve, inner, outer in zip(valves, link[valve_link], node_side, strict=True):
        if inner != outer:
            boundary[inner].append(valve.id)
            boundary[outer].append(valve.id)
    return Segments(node, link, tuple(tuple(ids) for ids in boundary))


def degrees(ends: LinkEnds) -> IntArray:
    """How many link ends meet at each node, (N,)."""
    both = np.concatenate([ends.start, ends.end])
    return np.bincount(both, minlength=ends.n_nodes)
