"""How much the districts behind gas regulators take, by the pressure at their ends.

What a regulator holds is measured, so the pressure at the end of its district depends on that
district's demand alone: one solve with all demands a little larger tells how each end answers, and
every district has a robust least-squares step of its own with a prior at the forecast. The common
factor of the network (the metered feed) stands before these, whose mean is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hmi.live.medium import F64, I64
from hydraulics.estimation import FAR
from network_models.elements import GasPipe, GasSource
from network_models.network import Network

PRIOR_SIGMA = 0.25
END_SIGMA_PA = 20.0
"""Of a user's pressure: two instruments, and the district's own pipes."""
LARGEST_STEP, LARGEST = 0.15, 1.1
DIFFERENCE = 0.05
"""By which demands are moved, as a share."""


@dataclass(frozen=True, slots=True)
class End:
    """A measured end: its point, its node's place, its district."""

    point: int
    node: int
    district: int


class Districts:
    """The districts of one network; `factor` (N,) is what each node's demand is multiplied by."""

    def __init__(self, net: Network, ends: Sequence[tuple[int, int]], demand_kgs: F64) -> None:
        """`ends` are points and node places of the pressures compared with the model,
        `demand_kgs` (N,) the demands of the records."""
        self._demand = demand_kgs
        self._district = district_of(net)
        self._ends = [
            End(point, node, int(self._district[node]))
            for point, node in ends
            if self._district[node] >= 0
        ]
        self._x = np.zeros(int(self._district.max(initial=-1)) + 1)
        self._answer: F64 | None = None
        self.due = 0
        """Cycles until the ends' answer is asked for again."""

    def __len__(self) -> int:
        return len({end.district for end in self._ends})

    @property
    def points(self) -> list[int]:
        """The points of all ends."""
        return [end.point for end in self._ends]

    @property
    def factor(self) -> F64:
        """(N,) by node; 1 outside the districts."""
        found: F64 = np.exp(np.append(self._x, 0.0))[self._district]
        return found

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest factor of a district that has an end."""
        known = np.exp([self._x[end.district] for end in self._ends])
        return (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)

    def reset(self) -> None:
        """Forget: the forecast stands."""
        self._x[:] = 0.0
        self._answer, self.due = None, 0

    def learn(self, pressure: F64, moved: F64) -> None:
        """How each end answers: pressures (N,) now, and with demands larger by `DIFFERENCE`."""
        nodes = [end.node for end in self._ends]
        self._answer = (moved[nodes] - pressure[nodes]) / DIFFERENCE

    def fit(self, pressure: F64, measured: Sequence[float | None]) -> None:
        """A step towards the measured pressures of the ends (None: not to be used)."""
        if self._answer is None:
            return
        count = len(self._x)
        normal, right = np.full(count, PRIOR_SIGMA**-2), -self._x / PRIOR_SIGMA**2
        for end, answer, shown in zip(self._ends, self._answer.tolist(), measured, strict=True):
            if shown is None or not np.isfinite(pressure[end.node]) or not np.isfinite(answer):
                continue
            residual = (shown - pressure[end.node]) / END_SIGMA_PA
            slope = answer / END_SIGMA_PA
            weight = (FAR / max(abs(residual), FAR)) ** 2
            normal[end.district] += weight * slope * slope
            right[end.district] += weight * slope * residual
        step = np.clip(right / normal, -LARGEST_STEP, LARGEST_STEP)
        self._x = np.clip(self._x + step, -LARGEST, LARGEST)
        # What all share is the common factor's, which the metered feed knows better: without this
        # the two would run apart.
        served = self._demand[self._district >= 0].sum()
        if served > 0.0:
            taken = (self._demand * self.factor)[self._district >= 0].sum()
            self._x -= np.log(taken / served)


def district_of(net: Network) -> I64:
    """(N,) each node's district: what pipes alone join and no source stands in; -1 elsewhere."""
    place = {name: i for i, name in enumerate(net.nodes)}
    pipes = [k for k in net.links.values() if isinstance(k, GasPipe)]
    ends = (
        np.array([place[k.start] for k in pipes], dtype=np.int64),
        np.array([place[k.end] for k in pipes], dtype=np.int64),
    )
    graph = coo_array((np.ones(len(pipes)), ends), shape=(len(place), len(place)))
    _, label = connected_components(graph, directed=False)
    fed = {int(label[place[n.id]]) for n in net.nodes.values() if isinstance(n, GasSource)}
    kept = {old: new for new, old in enumerate(sorted(set(label.tolist()) - fed))}
    return np.array([kept.get(int(old), -1) for old in label], dtype=np.int64)
