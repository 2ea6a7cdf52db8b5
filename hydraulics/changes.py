"""Changes carried out on a network: what a what-if, an outage or a drill does to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hydraulics.types import F64
from network_models.changes import (
    BreakPipe,
    Change,
    CloseLink,
    LoseSource,
    ScaleDemand,
    SetStatus,
)
from network_models.elements import Junction, Link, Node, Pipe
from network_models.network import Network

GRAVITY = 9.80665
FRICTION = 0.02
"""Darcy friction factor taken for the flow to a break."""
END_LOSS = 1.5
"""Entrance into the half pipe and exit into the open, in velocity heads."""

Hold = tuple[str, Literal["open", "closed"] | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A network with changes: itself, hands on links, demand factors (N,), what to know."""

    network: Network
    holds: tuple[Hold, ...]
    factor: F64
    warnings: tuple[str, ...] = ()


def apply_changes(net: Network, changes: Sequence[Change]) -> Changed:
    """Carry out `changes` in their order. ValueError names ids the network does not have."""
    holds: list[Hold] = []
    factor = np.ones(len(net.nodes))
    nodes: dict[str, Node] = {}
    check_changes(net, changes)
    index: dict[str, int] = {}
    for change in changes:
        match change:
            case CloseLink(id=id_):
                holds.append((id_, "closed", None))
            case SetStatus(id=id_, value="open" | "closed" as status):
                holds.append((id_, status, None))
            case SetStatus(id=id_, value=value):
                holds.append((id_, None, float(value)))
            case ScaleDemand(factor=f, nodes=None):
                factor *= f
            case ScaleDemand(factor=f, nodes=chosen):
                index = index or {id_: i for i, id_ in enumerate(net.nodes)}
                for id_ in chosen or ():
                    factor[index[id_]] *= f
            case LoseSource(id=id_):
                touching = (k for k, v in net.links.items() if id_ in (v.start, v.end))
                holds.extend((k, "closed", None) for k in touching)
            case BreakPipe(id=id_, outflow=outflow):
                holds.append((id_, "closed", None))
                if outflow:
                    nodes.update(_break_ends(net, net.links[id_], nodes))
    if nodes:
        options = replace(net.options, emitter_backflow=False)
        net = replace(net, nodes={**net.nodes, **nodes}, options=options)
    return Changed(network=net, holds=tuple(holds), factor=factor)


def check_changes(net: Network, changes: Sequence[Change], pipe: type = Pipe) -> None:
    """ValueError naming ids the network does not have, or a break of what is not a `pipe`."""
    missing: list[str] = []
    for change in changes:
        match change:
            case CloseLink(id=id_) | SetStatus(id=id_) | BreakPipe(id=id_):
                if id_ not in net.links:
                    missing.append(f"link {id_}")
            case LoseSource(id=id_):
                if id_ not in net.nodes:
                    missing.append(f"node {id_}")
            case ScaleDemand(nodes=chosen):
                missing.extend(f"node {id_}" for id_ in chosen or () if id_ not in net.nodes)
    if missing:
        raise ValueError("the network does not have " + ", ".join(missing))
    for change in changes:
        if isinstance(change, BreakPipe) and not isinstance(net.links[change.id], pipe):
            raise ValueError(f"link {change.id} is not a pipe: only pipes break")


def break_coefficient(pipe: Pipe) -> float:
    """Emitter coefficient of each half of a pipe broken in its middle, m3/s a square root of m.

    q = A * sqrt(2 g p / (f (L/2) / D + 1.5)) at the end's own height.
    """
    area = math.pi * pipe.diameter_m**2 / 4.0
    loss = FRICTION * pipe.length_m / 2.0 / pipe.diameter_m + END_LOSS
    return area * math.sqrt(2.0 * GRAVITY / loss)


def _break_ends(net: Network, link: Link, done: dict[str, Node]) -> dict[str, Node]:
    """Both ends of a pipe broken in its middle, each with the outflow of its half as an emitter.

    Air instead of water comes in where the pressure is negative, so backflow is off in such a
    network.
    """
    if not isinstance(link, Pipe):
        return {}
    coefficient = break_coefficient(link)
    ends: dict[str, Node] = {}
    for id_ in (link.start, link.end):
        node = done.get(id_, net.nodes[id_])
        if isinstance(node, Junction):
            total = node.emitter_coefficient + coefficient
            ends[id_] = replace(node, emitter_coefficient=total)
    return ends
