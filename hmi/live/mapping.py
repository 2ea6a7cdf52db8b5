"""Which point sets what in the model, and which point is compared with what.

A point on a tank's level, a source's head or pressure, a link's status, speed or set point is a
boundary: the model takes it over. A point on a junction's pressure or a link's flow is a
measurement: the model is fitted to it and judged by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from network_models.elements import Junction, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scada.point import Point

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

MODEL_DRIVER = "model"
"""Points of this driver are filled by the live model; their address names the figure."""


class Role(Enum):
    """What a point does in the model."""

    SOURCE_HEAD = "source head"
    LINK_STATUS = "link status"
    LINK_SETTING = "link setting"
    NODE_HEAD = "node head"
    LINK_FLOW = "link flow"


@dataclass(frozen=True, slots=True)
class Tie:
    """Point `point` (handle) is value * factor + offset of the model at `index`."""

    point: int
    role: Role
    index: int
    factor: float
    offset: float

    def to_model(self, value: float) -> float:
        """The point's SI value in the model's quantity (head in m, flow in m3/s, ...)."""
        return value * self.factor + self.offset

    def to_point(self, value: float) -> float:
        """The model's value as the point's SI value."""
        return (value - self.offset) / self.factor


@dataclass(frozen=True, slots=True)
class Mapping:
    """All ties of a network; the measurements apart, as arrays for the estimator."""

    ties: tuple[Tie, ...]
    figures: dict[str, int]
    """Model-filled points: figure name (the point's address) to handle."""

    def of(self, role: Role) -> tuple[Tie, ...]:
        """The ties of one role."""
        return tuple(t for t in self.ties if t.role is role)


def map_points(points: Sequence[Point], net: Network) -> Mapping:
    """Tie every point of the network's utility that the model knows a counterpart of."""
    node_index = {id_: i for i, id_ in enumerate(net.nodes)}
    link_index = {id_: i for i, id_ in enumerate(net.links)}
    ties: list[Tie] = []
    figures: dict[str, int] = {}
    for handle, point in enumerate(points):
        if point.utility != net.medium:
            continue
        if point.driver == MODEL_DRIVER:
            figures[point.address] = handle
            continue
        kind, _, id_ = point.element.partition(":")
        if kind == "node" and id_ in node_index:
            tie = _node_tie(handle, point, net, id_, node_index[id_])
        elif kind == "link" and id_ in link_index:
            tie = _link_tie(handle, point, net, id_, link_index[id_])
        else:
            tie = None
        if tie is not None:
            ties.append(tie)
    return Mapping(tuple(ties), figures)


def _node_tie(handle: int, point: Point, net: Network, id_: str, index: int) -> Tie | None:
    node = net.nodes[id_]
    scale = {"pressure": 1.0 / PA_PER_M_WATER, "level": 1.0, "head": 1.0}.get(point.quantity)
    if scale is None:
        return None
    datum = 0.0 if point.quantity == "head" else node.elevation_m
    if isinstance(node, Junction):
        return Tie(handle, Role.NODE_HEAD, index, scale, datum)
    if isinstance(node, (Tank, Reservoir)):
        return Tie(handle, Role.SOURCE_HEAD, index, scale, datum)
    return None


def _link_tie(handle: int, point: Point, net: Network, id_: str, index: int) -> Tie | None:
    link = net.links[id_]
    if point.quantity == "flow":
        return Tie(handle, Role.LINK_FLOW, index, 1.0, 0.0)
    if point.quantity == "status":
        return Tie(handle, Role.LINK_STATUS, index, 1.0, 0.0)
    if point.quantity == "speed" and isinstance(link, Pump):
        return Tie(handle, Role.LINK_SETTING, index, 1.0, 0.0)
    if isinstance(link, Valve) and point.quantity in ("setting", "pressure", "level"):
        metres = point.quantity == "pressure"
        return Tie(handle, Role.LINK_SETTING, index, 1.0 / PA_PER_M_WATER if metres else 1.0, 0.0)
    return None
