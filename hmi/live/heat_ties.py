"""Which heat point sets what in the live model, and which is compared with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hmi.live.mapping import MODEL_DRIVER
from hmi.live.medium import F64, I64, Usable
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.tables import HeatArrays
from network_models.elements import HeatSource, Substation
from scada.point import Point
from scenarios.virtual_field.readout_heat import HOT_WATER_KGM3

SIGMA = {"temperature": 1.5, "pressure": 2e4}
"""Instrument, pipes and insulation together: K, Pa."""
DROP_SIGMA = 0.3
"""Of the drop on the way to a station: pipes and the demands of its neighbours."""
SHARE_SIGMA = 0.05
FLOW_LEAST_KGS = 0.5
UNMET_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Meter:
    """Point `point` times `kgs` is the flow through plant `slot` of the network `part`."""

    point: int
    slot: int
    part: int
    kgs: float


@dataclass(frozen=True, slots=True)
class Beside:
    """Point `point` is the model's `array` at `index` times `factor`."""

    point: int
    quantity: str
    array: str
    index: int
    factor: float = 1.0


class HeatTies:
    """The ties of one compiled network's points, by handle.

    Boundary: `supply` and `back` (temperatures behind plants, and of the returns of stations that
    stand alone at their node), `keeps` (slot and row of the pressure a plant keeps), `status`,
    `outdoor`. `circulation` meters plants; `beside` is compared. `part_of_station` (B,) says which
    of the `parts` networks a station hangs in.
    """

    def __init__(self, a: HeatArrays, points: Sequence[Point]) -> None:
        self._arrays = a
        net = a.net
        self._node = {name: i for i, name in enumerate(net.nodes)}
        self._link = {name: i for i, name in enumerate(net.links)}
        count = len(net.nodes)
        ends = (a.structure.start.astype(np.int64), a.structure.end.astype(np.int64))
        graph = coo_array((np.ones(len(ends[0])), ends), shape=(count, count))
        self.parts, part_of_row = connected_components(graph, directed=False)
        self._part_of_row: I64 = part_of_row.astype(np.int64)
        self.part_of_station: I64 = self._part_of_row[a.structure.start[a.stations]]
        self.supply: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.keeps: dict[int, tuple[int, int]] = {}
        self.status: dict[int, int] = {}
        self.outdoor: list[int] = []
        self.circulation: list[Meter] = []
        self.beside: list[Beside] = []
        self.needed_pa: dict[int, float] = {
            self._link[k.id]: k.available_head_pa
            for k in net.links.values()
            if isinstance(k, Substation) and k.available_head_pa is not None
        }
        """The differential a station needs, by link: its contract's, else its point's low limit."""
        self._plant_at_end: dict[str, int] = {}
        self._keeper_at: dict[str, tuple[int, int]] = {}
        self._alone: dict[str, int] = {}
        self._prepare()
        for handle, point in enumerate(points):
            if point.utility == "heat" and point.driver != MODEL_DRIVER:
                self._tie(handle, point)

    def _prepare(self) -> None:
        a = self._arrays
        names = a.link_ids
        arriving = Counter(link.end for link in a.net.links.values())
        base = {int(k): names[int(a.structure.link[k])] for k in a.plants}
        for slot, name in base.items():
            plant = a.net.links[name]
            if not isinstance(plant, HeatSource):
                continue
            self._plant_at_end[plant.end] = slot
            if plant.keeps_pressure:
                self._keeper_at[plant.start] = (slot, int(a.structure.start[slot]))
        for k in a.stations:
            station = a.net.links[names[int(a.structure.link[k])]]
            if isinstance(station, Substation) and arriving[station.end] == 1:
                self._alone[station.end] = int(k)

    def _tie(self, handle: int, point: Point) -> None:
        kind, _, name = point.element.partition(":")
        if point.end_point and point.quantity == "temperature":
            return  # the air of a room, no water of the network
        if not point.element and point.quantity == "temperature":
            self.outdoor.append(handle)
        elif kind == "node" and name in self._node:
            self._tie_node(handle, point, name)
        elif kind == "link" and name in self._link:
            self._tie_link(handle, point, name)

    def _tie_node(self, handle: int, point: Point, name: str) -> None:
        quantity = point.quantity
        if quantity == "temperature" and name in self._plant_at_end:
            self.supply[handle] = self._plant_at_end[name]
        elif quantity == "temperature" and name in self._alone:
            self.back[handle] = self._alone[name]
        elif quantity == "pressure" and name in self._keeper_at:
            self.keeps[handle] = self._keeper_at[name]
        elif quantity in SIGMA:
            array = "temperature_k" if quantity == "temperature" else "pressure_pa"
            self.beside.append(Beside(handle, quantity, array, self._node[name]))

    def _tie_link(self, handle: int, point: Point, name: str) -> None:
        a, index = self._arrays, self._link[name]
        slot, link = int(a.structure.slot_of[index]), a.net.links[name]
        match point.quantity:
            case "status":
                self.status[handle] = slot
            case "mass_flow" | "flow":
                per = 1.0 if point.quantity == "mass_flow" else HOT_WATER_KGM3
                if isinstance(link, HeatSource):
                    part = int(self._part_of_row[a.structure.start[slot]])
                    self.circulation.append(Meter(handle, slot, part, per))
                self.beside.append(Beside(handle, "flow", "flow_kgs", index, 1.0 / per))
            case "pressure" if isinstance(link, Substation):
                self.beside.append(Beside(handle, "pressure", "available_pa", index))
                if point.limits.low is not None:
                    self.needed_pa.setdefault(index, point.limits.low)
            case "power" if isinstance(link, Substation):
                self.beside.append(Beside(handle, "power", "heat_w", index))
            case _:
                pass

    @property
    def differentials(self) -> list[Beside]:
        """The ties of stations' differentials."""
        return [tie for tie in self.beside if tie.array == "available_pa"]

    def modelled(self, solution: HeatSolution) -> tuple[I64, F64, F64]:
        """Handles, modelled SI values and standard deviations of the measured points."""
        values, sigma = np.empty(len(self.beside)), np.empty(len(self.beside))
        available = solution.available_pa[np.isfinite(solution.available_pa)]
        most = float(available.max(initial=0.0))
        for i, tie in enumerate(self.beside):
            values[i] = getattr(solution, tie.array)[tie.index] * tie.factor
            least = SIGMA.get(tie.quantity, FLOW_LEAST_KGS * tie.factor)
            share = 0.0 if tie.quantity in SIGMA else SHARE_SIGMA
            known = np.isfinite(values[i])
            sigma[i] = max(least, share * abs(values[i]) if known else 0.0)
            if tie.array == "available_pa" and known:
                sigma[i] = np.hypot(least, DROP_SIGMA * (most - values[i]))
        return np.array([t.point for t in self.beside], dtype=np.int64), values, sigma

    def residuals(self, solution: HeatSolution, quantity: str, value: F64, usable: Usable) -> F64:
        """Measured less modelled of the usable points of a quantity, SI."""
        found = [
            value[tie.point] - getattr(solution, tie.array)[tie.index]
            for tie in self.beside
            if tie.quantity == quantity and usable[tie.point]
        ]
        return np.array(found, dtype=np.float64)

    def short(self, solution: HeatSolution) -> list[str]:
        """Stations below the differential they need, or without their heat, worst first."""
        lacking = {
            s.station: s.unmet_w
            for s in solution.report.shortfalls
            if s.unmet_w > UNMET_SHARE * s.wanted_w
        }
        for index, needed in self.needed_pa.items():
            if not solution.available_pa[index] >= needed:
                lacking.setdefault(solution.link_ids[index], 0.0)
        return sorted(lacking, key=lambda name: (-lacking[name], name))
