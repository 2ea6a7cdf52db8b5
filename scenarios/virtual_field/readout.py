"""Which number of a solved water network a point shows: gathered for all points at once.

At a node: pressure (0 where nothing is supplied), head, level above the bottom, and flow, which
is what a source delivers, a tank takes in or a junction draws. At a link: flow, velocity, status,
and the pressure at its end. A pump's `setting` or `speed` and what a control valve is set by
(`commands.SET_BY`) are set points; an FCV's flow is one only where it can be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hydraulics import Solution
from network_models.elements import Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.units import GRAVITY_MS2, PA_PER_M_WATER, WATER_DENSITY_KGM3
from scada.point import Point
from scenarios.virtual_field.commands import SET_BY, valve_reading

F64 = NDArray[np.float64]
PUMP_EFFICIENCY = 0.72


class Readout:
    """The points of one water network; `covered` are the places in the list it can answer."""

    def __init__(self, points: Sequence[Point], net: Network) -> None:
        self._net = net
        self._node = {name: i for i, name in enumerate(net.nodes)}
        self._link = {name: i for i, name in enumerate(net.links)}
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._set_points: list[tuple[int, str]] = []
        self._bottom: F64 = np.array([n.elevation_m for n in net.nodes.values()])
        sign = [-1.0 if isinstance(n, Reservoir) else 1.0 for n in net.nodes.values()]
        self._sign = np.array(sign)
        ends = [(self._node[k.start], self._node[k.end]) for k in net.links.values()]
        self._start = np.array([a for a, _ in ends], dtype=np.intp)
        self._end = np.array([b for _, b in ends], dtype=np.intp)
        for i, point in enumerate(points):
            self._place(i, point)
        chosen = [i for pairs in self._places.values() for i, _ in pairs]
        self.covered = np.array(sorted(chosen + [i for i, _ in self._set_points]), dtype=np.intp)

    def _place(self, i: int, point: Point) -> None:
        kind, _, name = point.element.partition(":")
        if kind == "node" and name in self._node:
            if point.quantity == "level" and not isinstance(
                self._net.nodes[name], Tank | Reservoir
            ):
                return
            if point.quantity in ("pressure", "head", "level", "flow"):
                self._add(f"node.{point.quantity}", i, self._node[name])
        elif kind == "link" and name in self._link:
            if self._is_set_point(point, name):
                self._set_points.append((i, name))
            elif point.quantity in ("flow", "velocity", "status", "pressure", "power"):
                self._add(f"link.{point.quantity}", i, self._link[name])
            elif point.quantity == "position":
                self._add("link.status", i, self._link[name])

    def _is_set_point(self, point: Point, name: str) -> bool:
        link = self._net.links[name]
        if isinstance(link, Pump):
            return point.quantity in ("speed", "setting")
        if not isinstance(link, Valve) or link.kind == "GPV":
            return False
        if point.quantity == "flow" and not point.writable:
            return False
        return point.quantity in SET_BY[link.kind]

    def _add(self, key: str, i: int, element: int) -> None:
        self._places.setdefault(key, []).append((i, element))

    def fill(self, values: F64, now: Solution, settings: Mapping[str, float]) -> None:
        """Set the covered places of `values` (n,), SI; `settings` in the network's own terms."""
        for key, pairs in self._places.items():
            to = [i for i, _ in pairs]
            of = np.array([e for _, e in pairs], dtype=np.intp)
            values[to] = self._gather(key, of, now)
        for i, name in self._set_points:
            link = self._net.links[name]
            setting = settings[name]
            values[i] = valve_reading(link, setting) if isinstance(link, Valve) else setting

    def _gather(self, key: str, of: NDArray[np.intp], now: Solution) -> F64:
        if key == "node.pressure":
            return now.pressure_m[of] * PA_PER_M_WATER
        if key == "link.pressure":
            return now.pressure_m[self._end[of]] * PA_PER_M_WATER
        if key == "node.head":
            return now.head_m[of]
        if key == "node.level":
            return now.head_m[of] - self._bottom[of]
        if key == "node.flow":
            return np.asarray(now.demand_m3s[of] * self._sign[of], dtype=np.float64)
        if key == "link.flow":
            return now.flow_m3s[of]
        if key == "link.velocity":
            return np.asarray(np.abs(now.velocity_ms[of]), dtype=np.float64)
        if key == "link.status":
            return np.asarray(now.status[of] > 0, dtype=np.float64)
        lift = now.head_m[self._end[of]] - now.head_m[self._start[of]]
        shaft = WATER_DENSITY_KGM3 * GRAVITY_MS2 * np.abs(now.flow_m3s[of]) * np.maximum(lift, 0.0)
        return np.asarray(shaft / PUMP_EFFICIENCY, dtype=np.float64)
