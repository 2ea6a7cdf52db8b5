"""Who takes water where, for a study: a site's customers, or an estimate from the demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.customers import PRIORITY_CLASSES, Customer
from network_models.elements import Junction
from network_models.network import Network
from scenarios.derived import USE_M3_DAY, mean_demand_m3s

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

USUAL_LITRES = USE_M3_DAY * 1000.0
"""Litres a person and day of all uses together: our assumption, no rule source gives a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A customer to be named one by one: its node, or its link (else -1) and that one's ends."""

    name_zh: str
    name_en: str
    kind: str
    nodes: tuple[int, ...]
    link: int


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """People at nodes (N,) and along links (K,) with the links' numbers and end nodes (K,).

    `litres` is the daily use a person by which they were estimated, None where they are counted.
    """

    at_node: F64
    link: I64
    link_start: I64
    link_end: I64
    along_link: F64
    priority: tuple[Served, ...]
    litres: float | None

    @property
    def total(self) -> float:
        """Everybody."""
        return float(self.at_node.sum() + self.along_link.sum())

    def count(self, nodes: Bool, *, both_ends: bool, links: Bool | None = None) -> float:
        """People at the nodes of a mask (N,), and along links: those on a link of the mask `links`
        (L,), or with both ends (or one of them) in `nodes`."""
        total = float(self.at_node[nodes].sum())
        if len(self.link):
            start, end = nodes[self.link_start], nodes[self.link_end]
            inside = start & end if both_ends else start | end
            if links is not None:
                inside = inside | links[self.link]
            total += float(self.along_link[inside].sum())
        return total

    def priority_in(self, nodes: Bool, links: Bool) -> tuple[int, ...]:
        """The numbers of the priority customers at a node, or on a link, of the masks."""
        return tuple(
            i
            for i, customer in enumerate(self.priority)
            if nodes[list(customer.nodes)].any() or (customer.link >= 0 and links[customer.link])
        )


def people_of(net: Network, customers: Sequence[Customer] | None, litres: float) -> People:
    """The people of a site's customers, or estimated from mean demands where there are none."""
    if customers:
        return _counted(net, customers)
    at_node = np.zeros(len(net.nodes))
    for i, node in enumerate(net.nodes.values()):
        if isinstance(node, Junction):
            at_node[i] = max(0.0, mean_demand_m3s(node, net)) * 86400.0 / (litres / 1000.0)
    none = np.zeros(0, dtype=np.int64)
    return People(
        at_node=at_node,
        link=none,
        link_start=none,
        link_end=none,
        along_link=np.zeros(0),
        priority=(),
        litres=litres,
    )


def _counted(net: Network, customers: Sequence[Customer]) -> People:
    node_index = {name: i for i, name in enumerate(net.nodes)}
    link_index = {name: i for i, name in enumerate(net.links)}
    at_node = np.zeros(len(net.nodes))
    along: dict[int, float] = {}
    priority = []
    nodes: tuple[int, ...]
    links = list(net.links.values())
    for customer in customers:
        link = link_index[customer.link] if customer.link else -1
        if link >= 0:
            along[link] = along.get(link, 0.0) + customer.people
            nodes = (node_index[links[link].start], node_index[links[link].end])
        else:
            nodes = (node_index[customer.node],)
            at_node[nodes[0]] += customer.people
        if customer.kind in PRIORITY_CLASSES:
            priority.append(
                Served(
                    name_zh=customer.name_zh,
                    name_en=customer.name_en,
                    kind=customer.kind,
                    nodes=nodes,
                    link=link,
                )
            )
    return People(
        at_node=at_node,
        link=np.array(list(along), dtype=np.int64),
        link_start=np.array([node_index[links[k].start] for k in along], dtype=np.int64),
        link_end=np.array([node_index[links[k].end] for k in along], dtype=np.int64),
        along_link=np.array(list(along.values()), dtype=np.float64),
        priority=tuple(priority),
        litres=None,
    )
