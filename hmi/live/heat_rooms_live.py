"""Rooms behind the stations in the live model: how far they fall when heat is missing.

Every station's homes need the heat that keeps them at their indoor temperature in the weather that
is measured. What arrives is judged by what they are used to: the demand factor of the last day. So
a forecast that is wrong all the time cools nobody, and a circulation that falls does. Rooms begin
at their indoor temperature, because before the first cycle nothing is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dispatch.heat_rooms import LIMIT_RULES
from dispatch.room_run import Homes
from dispatch.rulebook import RuleSet
from hmi.live.medium import F64
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.rooms import Buildings, Rooms, stepped
from hydraulics.heat.tables import HeatArrays
from hydraulics.heat.work import HeatBoundary
from network_models.elements import Substation
from network_models.network import Network
from network_models.physics import ZERO_C_K
from scenarios.heat_weather import HeatDesign

USED_TO_S = 86400.0
USED_TO = (0.6, 1.7)
"""A factor that homes can be used to; beyond it the first cycle met an outage."""
LISTED = 10


class LiveRooms:
    """The rooms of one network; `step` once a cycle."""

    def __init__(
        self,
        net: Network,
        a: HeatArrays,
        design: HeatDesign,
        rules: RuleSet,
        homes: Homes | None = None,
    ) -> None:
        homes = homes or Homes(indoor_k=design.indoor_k)
        names = [a.link_ids[int(a.structure.link[k])] for k in a.stations]
        self._place = np.array([list(net.links).index(name) for name in names], dtype=np.int64)
        base = np.array(
            [k.heat_w if isinstance(k := net.links[name], Substation) else 0.0 for name in names]
        )
        self._heated = base > 0.0
        self._names = names
        self._buildings = Buildings.alike(
            np.maximum(base, 1.0),
            indoor_k=design.indoor_k,
            outdoor_k=design.outdoor_k,
            time_constant_h=homes.time_constant_h,
            wall_share=homes.wall_share,
        )
        rule = next((r for r in LIMIT_RULES if rules.rule(r) is not None), None)
        self._limit_k = None if rule is None else rules.limit_si(rule)
        self._indoor_k = design.indoor_k
        start = np.full(len(names), design.indoor_k)
        self._rooms = Rooms(air_k=start, wall_k=start.copy())
        self._used_to: F64 | None = None
        self._known = False

    def step(
        self,
        solution: HeatSolution,
        boundary: HeatBoundary,
        outdoor_k: float | None,
        factor: F64,
        seconds: float,
    ) -> None:
        """Go on by `seconds` with the heat that arrives now; without weather rooms stand still."""
        if self._used_to is None:
            self._used_to = np.clip(factor, *USED_TO)
        else:
            share = 1.0 - math.exp(-seconds / USED_TO_S)
            self._used_to = self._used_to + share * (np.clip(factor, *USED_TO) - self._used_to)
        self._known = outdoor_k is not None
        if outdoor_k is None or not len(self._names):
            return
        need = self._buildings.loss_w_k * max(self._indoor_k - outdoor_k, 0.0)
        wanted = solution.wanted_w[self._place]
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = wanted / factor * self._used_to
            arrives = np.where(usual > 0.0, solution.heat_w[self._place] / usual, 1.0)
        arrives = np.clip(np.nan_to_num(arrives, nan=0.0), 0.0, 1.0)
        self._rooms = stepped(self._buildings, self._rooms, need * arrives, outdoor_k, seconds)

    def figures(self) -> dict[str, float]:
        """The coldest room, K, and how many stations' rooms are below the limit in force."""
        if not self._known or not self._heated.any():
            return {}
        air = self._rooms.air_k[self._heated]
        found = {"room_min_temperature": float(air.min())}
        if self._limit_k is not None:
            found["rooms_below"] = float((air < self._limit_k).sum())
        return found

    def coldest(self) -> list[dict[str, Any]]:
        """The stations with the coldest rooms, C."""
        if not self._known:
            return []
        air = np.where(self._heated, self._rooms.air_k, np.inf)
        order = np.argsort(air, kind="stable")[:LISTED]
        return [
            {"station": self._names[i], "room_c": round(float(air[i]) - ZERO_C_K, 2)}
            for i in order
            if np.isfinite(air[i])
        ]
