"""Faults of the whole: no source, nodes on no link, islands that no source can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from network_models.elements import Junction
from network_models.network import Network
from network_models.topology import LinkEnds, components, degrees, link_ends, source_nodes
from network_models.validation.fault import Fault

_NAMED = 5
_SOURCES = {"water": "a reservoir or tank", "gas": "a gas source", "heat": "a heat source"}


def structure_faults(net: Network, ends: LinkEnds | None) -> Iterator[Fault]:
    """Faults of the network's graph; links with an unknown end are left out (they are reported)."""
    if len(net.nodes) < 2:
        yield Fault("network", "nodes", "", str(len(net.nodes)), "at least 2")
        return
    judged = net
    if ends is None:
        nodes = net.nodes
        sound = {k: v for k, v in net.links.items() if v.start in nodes and v.end in nodes}
        judged = replace(net, links=sound)
        ends = link_ends(judged)
    sources = source_nodes(judged)
    if len(sources) == 0:
        yield Fault("network", "source", "", "none", _SOURCES[net.medium])
    names = net.node_ids
    alone = degrees(ends) == 0
    for node in np.flatnonzero(alone):
        element = net.nodes[names[node]]
        # A tank nobody is connected to does no harm; a junction has an undefined head.
        if isinstance(element, Junction) or net.medium != "water":
            yield Fault("node", names[node], "links", "none", "at least one link to this node")
    labels = components(ends)
    dry = ~np.isin(labels, labels[sources]) & ~alone
    if len(sources) == 0:
        return
    for label in np.unique(labels[dry]):
        island = np.flatnonzero(labels == label)
        shown = ", ".join(names[i] for i in island[:_NAMED])
        more = f" and {len(island) - _NAMED} more" if len(island) > _NAMED else ""
        first = names[island[0]]
        found = f"no path of links from {shown}{more}"
        yield Fault("node", first, "source", found, f"a way to {_SOURCES[net.medium]}")
