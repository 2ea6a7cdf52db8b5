"""The cases of a study of breaks: every pipe burst open, every valve segment shut for repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network_models.changes import BreakPipe, Change, CloseLink
from network_models.elements import Pipe
from network_models.network import Network
from network_models.topology import segments, source_nodes
from network_models.valve_placing import place_valves
from network_models.valves import IsolationValve

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `links` are out of service: the pipe itself, or the links of the segment.

    `closed` are all links without flow, those of the segment and those its valves stand on;
    `nodes`, `valves` and `sources` are the segment's, empty for a burst. `segment` is the segment
    a pipe lies in, or the segment itself.
    """

    id: str
    kind: str
    segment: int
    links: I64
    closed: I64
    nodes: I64
    valves: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """All cases of a network, with where the valves come from."""

    pipes: tuple[Case, ...]
    segments: tuple[Case, ...]
    valves: int
    inoperable: int
    placed_by_rule: bool


def cases_of(net: Network, valves: Sequence[IsolationValve] | None) -> Cases:
    """Every pipe and every segment of a network.

    Without valves of its own they are placed by rule (`network_models.valve_placing`). Valves that
    cannot be shut do not bound a segment.
    """
    by_rule = not valves
    known = place_valves(net) if not valves else tuple(valves)
    operable = [v for v in known if v.operable]
    pieces = segments(net, operable)
    link_index = {name: i for i, name in enumerate(net.links)}
    valve_link = {v.id: link_index[v.link] for v in operable}
    links_of, nodes_of = _members(pieces.link, pieces.count), _members(pieces.node, pieces.count)
    is_source = np.zeros(len(net.nodes), dtype=np.bool_)
    is_source[source_nodes(net)] = True
    node_ids, empty = net.node_ids, np.zeros(0, dtype=np.int64)
    names = _names(links_of, nodes_of)
    shut = []
    for s in range(pieces.count):
        inside = links_of[s]
        bounds = np.array([valve_link[v] for v in pieces.boundary[s]], dtype=np.int64)
        shut.append(
            Case(
                id=names[s],
                kind="segment",
                segment=s,
                links=inside,
                closed=np.union1d(inside, bounds),
                nodes=nodes_of[s],
                valves=pieces.boundary[s],
                sources=tuple(node_ids[i] for i in nodes_of[s] if is_source[i]),
            )
        )
    burst = tuple(
        Case(
            id=link.id,
            kind="pipe",
            segment=int(pieces.link[k]),
            links=np.array([k]),
            closed=np.array([k]),
            nodes=empty,
        )
        for k, link in enumerate(net.links.values())
        if isinstance(link, Pipe)
    )
    return Cases(
        pipes=burst,
        segments=tuple(shut),
        valves=len(known),
        inoperable=len(known) - len(operable),
        placed_by_rule=by_rule,
    )


def changes_of(link_ids: Sequence[str], case: Case) -> tuple[Change, ...]:
    """What a case does to the network of these links."""
    if case.kind == "pipe":
        return (BreakPipe(case.id, outflow=True),)
    return tuple(CloseLink(link_ids[k]) for k in case.closed)


def _members(label: I64, count: int) -> list[I64]:
    """The numbers in each of `count` classes."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, count)))


def _names(links_of: Sequence[I64], nodes_of: Sequence[I64]) -> list[str]:
    """S1, S2 ... in the order in which the file names the segments' first links, then nodes."""
    far = 1 << 60
    first = [
        (int(k[0]) if len(k) else far, int(n[0]) if len(n) else far)
        for k, n in zip(links_of, nodes_of, strict=True)
    ]
    names = [""] * len(first)
    for place, s in enumerate(sorted(range(len(first)), key=first.__getitem__), start=1):
        names[s] = f"S{place}"
    return names
