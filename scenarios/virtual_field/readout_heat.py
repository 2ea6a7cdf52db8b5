"""Which number of a solved heat network a point shows: gathered for all points at once.

At a node: gauge pressure and temperature. At a link: flow, velocity, status, the heat it takes (a
plant: gives), the temperature of the water that leaves it, and its pressure: of a station the
differential between supply and return, elsewhere that at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hydraulics.heat.results import HeatSolution
from network_models.elements import Substation
from network_models.network import Network
from scada.point import Point

F64 = NDArray[np.float64]
_NODE = ("pressure", "temperature")
_LINK = (
    "pressure",
    "flow",
    "mass_flow",
    "velocity",
    "status",
    "position",
    "power",
    "temperature",
)  # fmt: skip
HOT_WATER_KGM3 = 960.0
"""A meter's volume flow, where a point counts in m3."""


class HeatReadout:
    """The points of one heat network; `covered` are the places in the list it can answer."""

    def __init__(self, points: Sequence[Point], net: Network) -> None:
        node = {name: i for i, name in enumerate(net.nodes)}
        link = {name: i for i, name in enumerate(net.links)}
        self._end = np.array([node[k.end] for k in net.links.values()], dtype=np.intp)
        self._station = np.array([isinstance(k, Substation) for k in net.links.values()])
        self._places: dict[str, list[tuple[int, int]]] = {}
        for i, point in enumerate(points):
            kind, _, name = point.element.partition(":")
            if kind == "node" and name in node and point.quantity in _NODE:
                self._places.setdefault(f"node.{point.quantity}", []).append((i, node[name]))
            elif kind == "link" and name in link and point.quantity in _LINK:
                self._places.setdefault(f"link.{point.quantity}", []).append((i, link[name]))
        chosen = [i for pairs in self._places.values() for i, _ in pairs]
        self.covered = np.array(sorted(chosen), dtype=np.intp)

    def fill(self, values: F64, now: HeatSolution) -> None:
        """Set the covered places of `values` (n,), SI."""
        for key, pairs in self._places.items():
            to = [i for i, _ in pairs]
            values[to] = self._gather(key, np.array([e for _, e in pairs], dtype=np.intp), now)

    def _gather(self, key: str, of: NDArray[np.intp], now: HeatSolution) -> F64:
        place, _, quantity = key.partition(".")
        if place == "node":
            return now.pressure_pa[of] if quantity == "pressure" else now.temperature_k[of]
        match quantity:
            case "pressure":
                across = self._station[of]
                return np.where(across, now.available_pa[of], now.pressure_pa[self._end[of]])
            case "velocity":
                return now.velocity_ms[of]
            case "status" | "position":
                return np.asarray(now.status[of] > 0, dtype=np.float64)
            case "power":
                return np.abs(now.heat_w[of])
            case "temperature":
                return now.outlet_k[of]
            case "flow":
                return np.asarray(now.flow_kgs[of] / HOT_WATER_KGM3, dtype=np.float64)
            case _:
                return now.flow_kgs[of]
