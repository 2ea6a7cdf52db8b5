"""Where to draw the nodes of a network: its own places, or a scheme where the file has none."""

from __future__ import annotations

import math
from collections import deque

from hmi.api.geometry import Place, node_places
from network_models.elements import Reservoir, Tank
from network_models.network import Network


def places_of(net: Network) -> tuple[dict[str, Place], bool]:
    """A place for every node, and whether it is a scheme only.

    Without any coordinates the network is laid out as a tree around its sources: rings by the
    number of links to the nearest source, each branch in a sector as wide as it has tips.
    """
    if any(node.position is not None for node in net.nodes.values()):
        return node_places(net)[0], False
    return _rings(net), True


def _rings(net: Network) -> dict[str, Place]:
    near: dict[str, list[str]] = {name: [] for name in net.nodes}
    for link in net.links.values():
        near[link.start].append(link.end)
        near[link.end].append(link.start)
    roots = [n.id for n in net.nodes.values() if isinstance(n, Reservoir)]
    roots += [n.id for n in net.nodes.values() if isinstance(n, Tank)]
    children: dict[str, list[str]] = {name: [] for name in net.nodes}
    depth: dict[str, int] = {}
    order: list[str] = []
    tops: list[str] = []
    for first in [*roots, *net.nodes]:
        if first in depth:
            continue
        tops.append(first)
        depth[first] = 1
        queue = deque([first])
        while queue:
            here = queue.popleft()
            order.append(here)
            for other in near[here]:
                if other not in depth:
                    depth[other] = depth[here] + 1
                    children[here].append(other)
                    queue.append(other)
    tips: dict[str, int] = {}
    for name in reversed(order):
        tips[name] = sum(tips[c] for c in children[name]) or 1
    start: dict[str, float] = {}
    total = sum(tips[name] for name in tops)
    at = 0.0
    for name in tops:
        start[name] = at
        at += tips[name]
    places = {}
    for name in order:
        angle = 2.0 * math.pi * (start[name] + tips[name] / 2.0) / total
        places[name] = (depth[name] * math.cos(angle), depth[name] * math.sin(angle))
        at = start[name]
        for child in children[name]:
            start[child] = at
            at += tips[child]
    return places
