"""Which number of a solved gas network a point shows: gathered for all points at once.

At a node: gauge pressure (0 where no gas is), flow, which is what a gate feeds or a user takes. At
a link: flow, velocity, status, a regulator's set point, else the pressure at its end. `flow` counts
m3 at normal conditions (0 C, 101325 Pa), as gas is metered; `mass_flow` counts kg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hydraulics.gas.state import GasSolution
from network_models.elements import GasSource, Regulator
from network_models.network import Network
from scada.point import Point

F64 = NDArray[np.float64]
_NODE = ("pressure", "flow", "mass_flow")
_LINK = ("pressure", "flow", "mass_flow", "velocity", "status", "position")


class GasReadout:
    """The points of one gas network; `covered` are the places in the list it can answer."""

    def __init__(self, points: Sequence[Point], net: Network, normal_density: float) -> None:
        self._density = normal_density
        node = {name: i for i, name in enumerate(net.nodes)}
        link = {name: i for i, name in enumerate(net.links)}
        # What a source takes is negative: what it feeds is told.
        self._sign = np.array(
            [-1.0 if isinstance(n, GasSource) else 1.0 for n in net.nodes.values()]
        )
        self._end = np.array([node[k.end] for k in net.links.values()], dtype=np.intp)
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._set_points: list[tuple[int, str]] = []
        for i, point in enumerate(points):
            kind, _, name = point.element.partition(":")
            if kind == "node" and name in node and point.quantity in _NODE:
                self._places.setdefault(f"node.{point.quantity}", []).append((i, node[name]))
            elif kind == "link" and name in link:
                regulator = isinstance(net.links[name], Regulator)
                if regulator and (
                    point.quantity == "setting" or (point.quantity == "pressure" and point.writable)
                ):
                    self._set_points.append((i, name))
                elif point.quantity in _LINK:
                    self._places.setdefault(f"link.{point.quantity}", []).append((i, link[name]))
        chosen = [i for pairs in self._places.values() for i, _ in pairs]
        self.covered = np.array(sorted(chosen + [i for i, _ in self._set_points]), dtype=np.intp)

    def fill(self, values: F64, now: GasSolution, settings: Mapping[str, float]) -> None:
        """Set the covered places of `values` (n,), SI; `settings` are gauge Pa by regulator."""
        for key, pairs in self._places.items():
            to = [i for i, _ in pairs]
            values[to] = self._gather(key, np.array([e for _, e in pairs], dtype=np.intp), now)
        for i, name in self._set_points:
            values[i] = settings[name]

    def _gather(self, key: str, of: NDArray[np.intp], now: GasSolution) -> F64:
        place, _, quantity = key.partition(".")
        if quantity == "pressure":
            return now.pressure_pa[of if place == "node" else self._end[of]]
        if quantity == "velocity":
            return now.velocity_ms[of]
        if quantity in ("status", "position"):
            return np.asarray(now.status[of] > 0, dtype=np.float64)
        mass: F64 = now.demand_kgs[of] * self._sign[of] if place == "node" else now.flow_kgs[of]
        return mass if quantity == "mass_flow" else mass / self._density
