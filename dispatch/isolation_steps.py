"""How an isolation is carried out: valves found stuck, the other way round, back-feeds, air."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch.isolation import Isolation, isolate
from network_models.elements.heat import HeatJunction, HeatPipe
from network_models.network import Network
from network_models.topology import initially_closed, link_mask, supplied
from network_models.valves import IsolationValve


@dataclass(frozen=True, slots=True, kw_only=True)
class BackFeed:
    """A link closed today through which nodes that lose supply would get it back.

    `nodes` are how many; `valves` stand on it and would be opened.
    """

    link: str
    nodes: int
    diameter_m: float
    valves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The order of work: `close`, then later `open_`; where air gets out and dirty water runs off.

    `bleed` is the highest node of the piece, `flush` the lowest and its dead ends.
    """

    close: tuple[str, ...]
    open_: tuple[str, ...]
    bleed: tuple[str, ...]
    flush: tuple[str, ...]
    back_feeds: tuple[BackFeed, ...]


def replan(
    net: Network,
    valves: Sequence[IsolationValve],
    element: str | Sequence[str],
    stuck: Collection[str],
) -> Isolation:
    """The isolation when crews find valves that cannot be shut: the next ones behind them."""
    found = [replace(v, operable=False) if v.id in stuck else v for v in valves]
    return isolate(net, found, element)


def steps_of(net: Network, valves: Sequence[IsolationValve], isolation: Isolation) -> Steps:
    """The order of work of an isolation.

    Opening starts with the smallest valve, so that the piece fills slowly and the air gets out.
    """
    close = tuple(valve.id for valve in isolation.valves)
    slow_first = sorted(isolation.valves, key=lambda v: (v.dn_mm or 0.0, v.id))
    heights = {name: net.nodes[name].elevation_m for name in isolation.segment_nodes}
    ordered = sorted(heights, key=lambda name: (heights[name], name))
    ends = _dead_ends(net, isolation)
    flush = [*ordered[:1], *(name for name in ends if name != ordered[0])] if ordered else []
    return Steps(
        close=close,
        open_=tuple(valve.id for valve in slow_first),
        bleed=tuple(ordered[-1:]),
        flush=tuple(flush),
        back_feeds=back_feeds(net, valves, isolation),
    )


def back_feeds(
    net: Network, valves: Sequence[IsolationValve], isolation: Isolation
) -> tuple[BackFeed, ...]:
    """Links closed today that would give nodes outside the piece their supply back, best first."""
    lost = set(isolation.extra_cut_off_nodes)
    if not lost:
        return ()
    closed = initially_closed(net)
    shut = closed | link_mask(net, isolation.closed_links)
    ids = net.link_ids
    inside = set(isolation.segment_nodes)
    lost_mask = np.fromiter((name in lost for name in net.nodes), np.bool_, len(net.nodes))
    found = []
    for number in np.flatnonzero(closed):
        link = net.links[ids[number]]
        ends = {link.start, link.end}
        if len(ends & lost) != 1 or ends & inside:
            continue
        opened = shut.copy()
        opened[number] = False
        regained = int((supplied(net, opened, without=isolation.sources_lost) & lost_mask).sum())
        if regained:
            found.append(
                BackFeed(
                    link=link.id,
                    nodes=regained,
                    diameter_m=float(getattr(link, "diameter_m", 0.0) or 0.0),
                    valves=tuple(v.id for v in valves if v.link == link.id),
                )
            )
    return tuple(sorted(found, key=lambda b: (-b.nodes, -b.diameter_m, b.link)))


def heat_pair(net: Network, link_id: str) -> str | None:
    """The pipe of the other side that lies beside a supply or return pipe; None without one.

    Both are shut together. It is the pipe of the other side whose ends lie nearest.
    """
    pipe = net.links.get(link_id)
    side = _side(net, link_id)
    if not isinstance(pipe, HeatPipe) or side not in {"supply", "return"}:
        return None
    here = _ends(net, link_id)
    if here is None:
        return None
    best: tuple[float, str] | None = None
    for other in net.links:
        there = _ends(net, other) if _side(net, other) not in {side, "any"} else None
        if there is None:
            continue
        same = np.hypot(*(here - there).T).sum()
        turned = np.hypot(*(here - there[::-1]).T).sum()
        apart = (float(min(same, turned)), other)
        best = apart if best is None or apart < best else best
    return None if best is None else best[1]


def _side(net: Network, link_id: str) -> str:
    """The side a heat pipe lies on; `any` for other links and pipes between sides."""
    link = net.links.get(link_id)
    if not isinstance(link, HeatPipe):
        return "any"
    sides = {
        node.side
        for node in (net.nodes[link.start], net.nodes[link.end])
        if isinstance(node, HeatJunction)
    } - {"any"}
    return sides.pop() if len(sides) == 1 else "any"


def _ends(net: Network, link_id: str) -> NDArray[np.float64] | None:
    link = net.links[link_id]
    places = [net.nodes[name].position for name in (link.start, link.end)]
    return None if None in places else np.array(places, float)


def _dead_ends(net: Network, isolation: Isolation) -> list[str]:
    """Nodes of the piece with one link in the whole network."""
    inside = set(isolation.segment_nodes)
    counts = dict.fromkeys(isolation.segment_nodes, 0)
    for link in net.links.values():
        for end in (link.start, link.end):
            if end in inside:
                counts[end] += 1
    return sorted(name for name, count in counts.items() if count == 1)
