"""The water plant: the city's own hydraulics, which the control room sees through sensors only.

It is an extended-period run of a disturbed copy of the site's network that goes on for ever, at the
site's time of day. Operators act on it through `apply`; a held link beats the network's controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.pattern_time import pattern_time_s
from hydraulics import Solution
from hydraulics.extended import ExtendedPeriod
from hydraulics.link_rows import setting_to_si
from hydraulics.tables import CLOSED
from network_models.elements import Pump, Valve
from network_models.network import Network
from scada.point import Point
from scenarios.virtual_field.commands import hold_for
from scenarios.virtual_field.disturb import DemandWander, Misfit, choose_leak, roughen
from scenarios.virtual_field.readout import Readout

F64 = NDArray[np.float64]
MINIMUM_LEAK_PRESSURE_M = 1.0


class PlantWater:
    """A running water network; one thread uses it."""

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
        """Begin at the moment `start` (aware): patterns stand where they stand at that hour.

        `points` are those of the water network; which of them it can answer is in `covered`.
        Tanks begin at the levels of the file.
        """
        misfit = misfit or Misfit()
        self._points = list(points)
        self.started_s = pattern_time_s(start, zone, net.times)
        """Time of the network's patterns at the start, seconds (see dispatch.pattern_time)."""
        self.net = roughen(net, misfit, seed=seed)
        self._settings = {
            link.id: link.speed if isinstance(link, Pump) else link.setting
            for link in net.links.values()
            if isinstance(link, Pump) or (isinstance(link, Valve) and link.kind != "GPV")
        }
        self._waiting: set[str] = set()
        """Pumps that stand still with a speed set for their next start."""
        self._controlled = {
            name: place for place, name in enumerate(net.links) if name in self._settings
        }
        self._wander = DemandWander(net, misfit, seed=seed)
        self._readout = Readout(self._points, self.net)
        self._period = ExtendedPeriod(self.net, start_s=self.started_s)
        self._period.demand_factor[:] = self._wander.advance(0.0)
        self.now: Solution = self._period.advance(0.0)
        self._leak = self._open_leak(misfit, seed)
        self._node_ids = np.array(self.net.node_ids)
        self._link_ids = np.array(self.net.link_ids)

    @property
    def covered(self) -> NDArray[np.intp]:
        """Places in the point list that `values` answers."""
        return self._readout.covered

    @property
    def time_s(self) -> float:
        """Time of the network's patterns, seconds."""
        return self._period.time_s

    def advance(self, seconds: float) -> None:
        """Run on: patterns, tanks, controls and the slow wander of demands."""
        self._period.demand_factor[:] = self._wander.advance(seconds)
        self.now = self._period.advance(seconds)
        self._read_settings()

    def values(self, out: F64) -> None:
        """Set the covered places of `out` (n,) to the true values, SI."""
        self._readout.fill(out, self.now, self._settings)

    def apply(self, point: Point, value: float) -> None:
        """Do what writing `value` (SI) to `point` means; CommandRefusedError when it means nothing.

        The plant is solved again at once, so a reading taken after this shows the effect.
        """
        hold = hold_for(point, value, self.net)
        link = hold.link
        if hold.setting is not None:
            self._settings[link] = hold.setting
            if isinstance(self.net.links[link], Pump) and self._is_off(link):
                self._waiting.add(link)  # the speed it will run at; setting it starts nothing
                return
            self._period.hold(link, setting=hold.setting)
        elif hold.status == "open" and self._settings.get(link, 0.0) > 0.0:
            # A pump starts at the speed, a control valve works at the set point it was given last.
            self._waiting.discard(link)
            self._period.hold(link, setting=self._settings[link])
        else:
            self._period.hold(link, status=hold.status)
        self.now = self._period.advance(0.0)
        self._read_settings()

    def truth(self, time_ns: int) -> dict[str, Any]:
        """The true state, by the names of `Solution`; the leak is apart, under `leak_*`."""
        now = self.now
        state: dict[str, Any] = {
            "node_ids": self._node_ids,
            "link_ids": self._link_ids,
            "head_m": now.head_m,
            "pressure_m": now.pressure_m,
            "demand_m3s": now.demand_m3s,
            "flow_m3s": now.flow_m3s,
            "time_ns": np.int64(time_ns),
            "sim_time_s": np.float64(self.time_s),
        }
        if self._leak is not None:
            place, coefficient = self._leak
            pressure = max(float(now.pressure_m[place]), 0.0)
            state["leak_node"] = self._node_ids[place]
            state["leak_m3s"] = coefficient * pressure**self.net.options.emitter_exponent
        return state

    def _read_settings(self) -> None:
        """Follow what patterns and controls set; a closed valve keeps the set point it had."""
        engine = self._period.engine
        factor = engine.arrays.m3s_per_cfs
        for name, place in self._controlled.items():
            kind = int(engine.arrays.tables.links[place]["kind"])
            setting = setting_to_si(kind, float(engine.work.setting[place]), factor)
            if np.isfinite(setting) and name not in self._waiting:
                self._settings[name] = setting

    def _is_off(self, link: str) -> bool:
        """Whether a link was told to be closed, by an operator, a control or the file."""
        return int(self._period.engine.work.status[self._controlled[link]]) == CLOSED

    def _open_leak(self, misfit: Misfit, seed: int) -> tuple[int, float] | None:
        """Open the hidden leak as an emitter that gives its flow at the pressure of the start.

        Its node's place and its coefficient; None when nothing leaks.
        """
        chosen = choose_leak(self.net, misfit, seed=seed)
        if chosen is None:
            return None
        node, flow = chosen
        place = self.net.node_ids.index(node)
        pressure = float(self.now.pressure_m[place])
        if not pressure > MINIMUM_LEAK_PRESSURE_M:
            return None
        coefficient = flow / pressure**self.net.options.emitter_exponent
        self._period.set_emitter(node, coefficient)
        self.now = self._period.advance(0.0)
        return place, coefficient
