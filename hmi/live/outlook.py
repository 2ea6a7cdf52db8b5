"""What comes if nothing is done: the solved present carried two hours ahead. Pure.

Demands follow the patterns times the factors just fitted, pumps, valves and sources stay as they
are, tanks fill and empty by their flows. A tank that is empty gives no more: its links are shut.
So the present state's consequence has a number and a time: "4,120 people below 0.14 MPa in 35 min".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydraulics.estimation import Estimate
from hydraulics.state import CLOSED_LINK, Boundary, Solution
from hydraulics.water import SteadyWater
from network_models.elements import Tank
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scenarios.whatif_people import People

F64 = NDArray[np.float64]

STEPS_MIN = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
NEARLY = 0.9
"""The time told is when so much of the worst is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How many people fall below the limit, when, and which tank is empty first."""

    limit_pa: float
    people_now: int
    people: int
    """At the worst moment within the horizon."""
    in_min: float
    """Until `NEARLY` as many are below the limit; 0: they are now."""
    tank: str
    tank_empty_min: float | None
    horizon_min: float

    def as_dict(self) -> dict[str, Any]:
        """As it travels with the model's values."""
        return {name: getattr(self, name) for name in self.__slots__}


class Forecaster:
    """Looks ahead in one network."""

    def __init__(self, net: Network, model: SteadyWater, people: People, limit_pa: float) -> None:
        self._model = model
        self._people = people
        self._limit_pa = limit_pa
        index = {id_: i for i, id_ in enumerate(net.node_ids)}
        tanks = [node for node in net.nodes.values() if isinstance(node, Tank)]
        self._names = [tank.id for tank in tanks]
        self._tank = np.array([index[tank.id] for tank in tanks], dtype=np.int64)
        self._area_m2 = np.array([math.pi / 4 * tank.diameter_m**2 for tank in tanks])
        self._lowest_m = np.array([t.elevation_m + t.minimum_level_m for t in tanks])
        self._highest_m = np.array([t.elevation_m + t.maximum_level_m for t in tanks])
        self._links = [
            np.array(
                [k for k, link in enumerate(net.links.values()) if id_ in (link.start, link.end)]
            )
            for id_ in self._names
        ]

    def look(
        self, boundary_at: Callable[[float], Boundary], estimate: Estimate, group: NDArray[np.int64]
    ) -> Outlook:
        """`boundary_at(seconds from now)` has the plant as it is now; SolveError passes through."""
        factor = np.append(estimate.factor, 1.0)[group]
        below = [self._below(estimate.solution)]
        state, head = estimate.solution, boundary_at(0.0).fixed_head_m[self._tank]
        before_min, empty = 0.0, np.full(len(self._tank), np.inf)
        for at_min in STEPS_MIN:
            rate = state.demand_m3s[self._tank] / self._area_m2
            left_min = np.where(
                rate < 0, (head - self._lowest_m) / np.minimum(rate, -1e-12), -np.inf
            )
            dry = np.isinf(empty) & (-left_min / 60.0 <= at_min - before_min) & (rate < 0)
            empty[dry] = before_min - left_min[dry] / 60.0
            head = np.clip(
                head + rate * 60.0 * (at_min - before_min), self._lowest_m, self._highest_m
            )
            state = self._model.solve(
                self._boundary(boundary_at(60.0 * at_min), factor, head, np.isfinite(empty)), state
            )
            below.append(self._below(state))
            before_min = at_min
        return self._told(np.array(below), empty)

    def _boundary(
        self, boundary: Boundary, factor: F64, head: F64, empty: NDArray[np.bool_]
    ) -> Boundary:
        heads, status = boundary.fixed_head_m.copy(), boundary.status.copy()
        heads[self._tank] = head
        for place in np.flatnonzero(empty):
            status[self._links[place]] = CLOSED_LINK
        demand = boundary.demand_m3s * factor
        return replace(boundary, demand_m3s=demand, fixed_head_m=heads, status=status)

    def _below(self, state: Solution) -> float:
        low = ~(state.pressure_m * PA_PER_M_WATER >= self._limit_pa)  # unsupplied: below as well
        return self._people.count(low, both_ends=False)

    def _told(self, below: F64, empty: F64) -> Outlook:
        worst = float(below.max())
        first = int(np.argmax(below >= NEARLY * worst)) if worst > 0 else 0
        soonest = int(np.argmin(empty)) if len(empty) else -1
        some = soonest >= 0 and bool(np.isfinite(empty[soonest]))
        return Outlook(
            limit_pa=self._limit_pa,
            people_now=round(float(below[0])),
            people=round(worst),
            in_min=(0.0, *STEPS_MIN)[first],
            tank=self._names[soonest] if some else "",
            tank_empty_min=round(float(empty[soonest]), 1) if some else None,
            horizon_min=STEPS_MIN[-1],
        )
