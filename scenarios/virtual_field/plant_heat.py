"""The heat plant: the city's own heat network, supply and return, seen through sensors only.

A disturbed copy of the site's network runs as plug flow for ever, at the site's time of day and in
the field's own weather: stations ask for their share of the design heat, plants and stations keep
their temperatures by the heating curve. Operators act on it through `apply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.pattern_time import pattern_time_s
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.run import HeatPeriod
from hydraulics.heat.solver import SteadyHeat
from hydraulics.heat.work import HeatBoundary
from network_models.elements import HeatSource
from network_models.network import Network
from network_models.physics import ZERO_C_K
from scada.point import Point
from scenarios.heat_weather import HeatDesign, Regulation
from scenarios.virtual_field.commands import CommandRefusedError, opens
from scenarios.virtual_field.disturb import DemandWander, Drift, Misfit, roughen
from scenarios.virtual_field.readout_heat import HeatReadout
from scenarios.virtual_field.signals import outdoor_c

F64 = NDArray[np.float64]
AT_ONCE_S = 0.5
"""How far the plant runs on after a command, so that a reading shows the effect."""
WARMEST_K, COLDEST_K = 453.15, 278.15


class PlantHeat:
    """A running heat network; one thread uses it."""

    def __init__(
        self,
        net: Network,
        points: Sequence[Point],
        *,
        start: datetime,
        zone: ZoneInfo,
        seed: int = 1,
        misfit: Misfit | None = None,
    ) -> None:
        """Begin in the steady state of the moment `start` (aware).

        `points` are those of the heat network; which of them it can answer is in `covered`.
        """
        misfit = misfit or Misfit()
        self.net = roughen(net, misfit, seed=seed)
        self._start, self._zone = start.astimezone(zone), zone
        self._started_s = pattern_time_s(start, zone, net.times)
        self._run_s = self._ran_s = 0.0
        model = SteadyHeat(self.net)
        self._model = model
        self._design = HeatDesign()
        self._regulation = Regulation(model.arrays, self._design)
        self._wander = DemandWander(net, misfit, seed=seed)
        self._drift = Drift(len(model.arrays.plants), misfit.plant_pressure, seed=[seed, 6])
        self._open: dict[int, bool] = {}
        self._supply: dict[int, float] = {}
        self._advance_noise(0.0)
        self._period = HeatPeriod(
            self.net, start_s=self._started_s, model=model, boundary=self._boundary()
        )
        self._readout = HeatReadout(points, self.net)
        self.now: HeatSolution = self._period.solution()

    @property
    def covered(self) -> NDArray[np.intp]:
        """Places in the point list that `values` answers."""
        return self._readout.covered

    @property
    def outdoor_k(self) -> float:
        """The field's weather now."""
        return ZERO_C_K + outdoor_c(self._start + timedelta(seconds=self._run_s))

    def advance(self, seconds: float) -> None:
        """Run on: weather, patterns, the slow wander of demands, water on its way."""
        self._run_s += seconds
        self._advance_noise(seconds)
        # A command has run ahead already; the clock catches up with it.
        self._run_on(self._run_s - self._ran_s)

    def values(self, out: F64) -> None:
        """Set the covered places of `out` (n,) to the true values, SI."""
        self._readout.fill(out, self.now)

    def apply(self, point: Point, value: float) -> None:
        """Do what writing `value` (SI) to `point` means; CommandRefusedError when it means nothing.

        A link opens and closes by status or position; a plant takes a supply temperature.
        """
        kind, _, name = point.element.partition(":")
        if kind != "link" or name not in self.net.links:
            raise CommandRefusedError(f"{point.id} commands nothing of the network")
        a = self._model.arrays
        k = int(a.structure.slot_of[a.link_ids.index(name)])
        if point.quantity in ("status", "position"):
            self._open[k] = opens(point, value)
        elif isinstance(self.net.links[name], HeatSource) and point.quantity in (
            "temperature",
            "setting",
        ):
            if not COLDEST_K <= value <= WARMEST_K:
                low, high = COLDEST_K - ZERO_C_K, WARMEST_K - ZERO_C_K
                raise CommandRefusedError(f"a supply temperature is {low:g} to {high:g} C")
            self._supply[k] = value
        else:
            raise CommandRefusedError(f"{point.quantity} of {name} cannot be commanded")
        self._run_on(AT_ONCE_S)

    def truth(self, time_ns: int) -> dict[str, Any]:
        """The true state, by the names of `HeatSolution`."""
        now = self.now
        return {
            "node_ids": np.array(now.node_ids),
            "link_ids": np.array(now.link_ids),
            "pressure_pa": now.pressure_pa,
            "temperature_k": now.temperature_k,
            "flow_kgs": now.flow_kgs,
            "heat_w": now.heat_w,
            "available_pa": now.available_pa,
            "outdoor_k": np.float64(self.outdoor_k),
            "time_ns": np.int64(time_ns),
            "sim_time_s": np.float64(self._started_s + self._run_s),
        }

    def _advance_noise(self, seconds: float) -> None:
        self._factor = self._wander.advance(seconds)
        self._share = self._drift.advance(seconds)

    def _run_on(self, seconds: float) -> None:
        if seconds > 0.0:
            self._period.advance(seconds, boundary=self._boundary())
            self._ran_s += seconds
        self.now = self._period.solution()

    def _boundary(self) -> HeatBoundary:
        """What is asked for and held now."""
        a, outdoor = self._model.arrays, self.outdoor_k
        b = self._model.boundary(self._started_s + self._run_s, outdoor_k=outdoor)
        start = a.structure.node[a.structure.start[a.stations]]
        b.wanted[a.stations] *= self._factor[start] * self._design.share(outdoor)
        for slot, supply in self._regulation.supply(outdoor):
            b.plant_k[slot] = self._supply.get(slot, supply)
        b.keeps_pa[a.plants] *= self._share
        a.links.return_k[self._regulation.stations] = self._regulation.returns(outdoor)
        for slot, is_open in self._open.items():
            b.is_open[slot] = is_open
        return b
