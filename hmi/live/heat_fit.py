"""Where in a heat network the heat goes, by the differentials measured at its stations.

A plant's circulation tells how much its network takes together. Groups of neighbouring stations
have a factor each on top, of mean 1, fitted as water's demands are (`hydraulics.estimation`): the
differentials by robust least squares with a prior at the common factor. How differentials answer to
each group is asked of a second set of work arrays, a few groups a cycle, so that neither the water
on its way nor the other media are disturbed.
"""

from __future__ import annotations

import numpy as np

from hmi.live.medium import F64, I64
from hydraulics.demand_groups import demand_groups
from hydraulics.estimation import robust_step
from hydraulics.heat.solver import SteadyHeat
from hydraulics.heat.work import HeatBoundary
from network_models.network import Network

LEAST_GROUPS, MOST_GROUPS = 10, 40
"""At most so many in a small city, and two for each of a large one's networks."""
FIRST_CYCLES = 4
"""Cycles until all groups' answers are known; then one is asked for anew in every cycle."""
DIFFERENCE = 0.05
PRIOR_SIGMA = 0.35
SIGMA_PA, DROP_SIGMA = 5e3, 0.05
"""Of a differential: the instrument, and the pipes' share of the drop on the way."""
DAMPING, LARGEST = 0.5, 0.9
_COPIED = (
    "potential",
    "flow",
    "state",
    "held",
    "reached",
    "want",
    "density",
    "viscosity",
    "node_h",
    "node_k",
    "out_h",
    "out_k",
)


class HeatGroups:
    """The station groups of one network; `factor` (B,) stands on top of the common one."""

    def __init__(self, net: Network, model: SteadyHeat, measured: I64, part: I64) -> None:
        """`measured` (M,) are the slots of stations whose differential is a point, `part` (B,)
        the network each station hangs in."""
        a = model.arrays
        self._model, self._measured = model, measured
        self._probe = SteadyHeat(net, arrays=a)
        weight = np.zeros(len(net.nodes))
        start = a.structure.node[a.structure.start[a.stations]].astype(np.int64)
        self._heat, self._part = _records_w(model), part
        np.add.at(weight, start, self._heat)
        most = min(max(LEAST_GROUPS, 2 * len(np.unique(part))), MOST_GROUPS)
        groups = demand_groups(net, weight, most=most)
        self._of_station: I64 = groups[start]
        self._x = np.zeros(int(groups.max(initial=-1)) + 1)
        self._jacobian = np.zeros((len(measured), len(self._x)))
        """Pa a unit of each group's factor (its logarithm); 0 where it was not asked yet."""
        self._asked = 0

    @property
    def factor(self) -> F64:
        """(B,) by station."""
        found: F64 = np.exp(np.append(self._x, 0.0))[self._of_station]
        return found

    def reset(self) -> None:
        """Forget: the common factor stands."""
        self._x[:] = 0.0
        self._jacobian[:] = 0.0
        self._asked = 0

    def fit(self, boundary: HeatBoundary, shown: F64) -> int:
        """Move the factors for the next cycle towards the differentials (M,) `shown`, NaN: unknown.

        How many solves it took.
        """
        if not len(self._x) or not np.isfinite(shown).any():
            return 0
        solves = self._learn(boundary)
        now = available(self._model, self._measured)
        drop = np.nanmax(now, initial=0.0) - now
        sigma = np.hypot(SIGMA_PA, DROP_SIGMA * drop)
        residual = (shown - now) / sigma
        rows = self._jacobian / sigma[:, None]
        seen = np.isfinite(residual) & np.isfinite(rows).all(axis=1)
        step = robust_step(residual[seen], rows[seen], self._x, PRIOR_SIGMA)
        self._x = np.clip(self._x + DAMPING * step, -LARGEST, LARGEST)
        self._centre()
        return solves

    def _centre(self) -> None:
        """What all groups of a network share is the common factor's, which its meter knows better:
        without this the two would run apart."""
        for part in np.unique(self._part):
            inside = self._part == part
            heat, factor = self._heat[inside], self.factor[inside]
            groups = np.unique(self._of_station[inside])
            groups = groups[groups >= 0]
            # a group that reaches into other parts is none of this one's alone
            own = [g for g in groups if inside[self._of_station == g].all()]
            if own and heat.sum() > 0.0:
                self._x[own] -= np.log((heat * factor).sum() / heat.sum())

    def _learn(self, boundary: HeatBoundary) -> int:
        """Ask how differentials answer to the groups whose turn it is; how many solves it took."""
        a, count = self._model.arrays, len(self._x)
        turns = -(-count // FIRST_CYCLES) if self._asked < count else 1
        base = self._solved(boundary)
        if base is None:
            return 1
        for turn in range(self._asked, self._asked + turns):
            g = turn % count
            moved = boundary._replace(wanted=boundary.wanted.copy())
            moved.wanted[a.stations[self._of_station == g]] *= 1.0 + DIFFERENCE
            answer = self._solved(moved)
            if answer is not None:
                self._jacobian[:, g] = (answer - base) / DIFFERENCE
        self._asked += turns
        return turns + 1

    def _solved(self, boundary: HeatBoundary) -> F64 | None:
        for name in _COPIED:
            getattr(self._probe.work, name)[:] = getattr(self._model.work, name)
        outcome = self._probe.settle(boundary, mode="hydraulics", warm=True)
        return available(self._probe, self._measured) if outcome.converged else None


def available(model: SteadyHeat, slots: I64) -> F64:
    """The differentials at stations now, Pa; NaN where no pressure reaches."""
    a, w = model.arrays, model.work
    start, end = a.structure.start[slots], a.structure.end[slots]
    lift = w.density[slots] * a.settings.gravity * a.links.drop_height[slots]
    live = (w.reached[start] != 0) & (w.reached[end] != 0)
    return np.where(live, w.potential[start] - w.potential[end] + lift, np.nan)


def _records_w(model: SteadyHeat) -> F64:
    """(B,) W that stations want by their records."""
    a = model.arrays
    wanted: F64 = model.boundary(0.0).wanted[a.stations]
    return wanted
