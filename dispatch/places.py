"""Where an element lies on the plan."""

from __future__ import annotations

from dispatch.element import element_name
from network_models.network import Network


def place_of(net: Network, element: str) -> tuple[float, float] | None:
    """A node's place, a link's middle; None for what is not in the network or has no place."""
    name = element_name(element)
    if name.kind != "link" and name.id in net.nodes:
        return net.nodes[name.id].position
    if name.kind != "node" and name.id in net.links:
        link = net.links[name.id]
        ends = [net.nodes[link.start].position, net.nodes[link.end].position]
        places = [*ends[:1], *link.vertices, *ends[1:]]
        known = [place for place in places if place is not None]
        if known:
            middle = known[len(known) // 2]
            if len(known) > 2:
                return middle
            return sum(p[0] for p in known) / len(known), sum(p[1] for p in known) / len(known)
    return None
