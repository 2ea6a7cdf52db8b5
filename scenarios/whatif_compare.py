"""One case beside the base: who is cut off, who falls low, what is missing and what is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from network_models.elements import Junction, Pipe
from network_models.network import Network
from scenarios.whatif_cases import Case
from scenarios.whatif_people import People

if TYPE_CHECKING:
    from hydraulics.state import Run, Solution

F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

HOUR_S = 3600.0
LEAST_DROP_M = 0.05
"""A smaller drop than this is not what pushed a node under the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a case does, compared with the base.

    People and demands (m3/h, what the base delivers there) cut off and newly low; `missing_m3h`
    what customers get less than in the base; `outflow_m3h` what a burst lets out. Over a run of
    several report times: anybody hit at any of them, mean flows, and `person_hours`.
    `worst_m` is the lowest pressure head at `worst_node` among the newly low nodes (NaN without
    one); `priority` are numbers into `People.priority`.
    """

    case: Case
    people_cut: float
    people_low: float
    demand_cut_m3h: float
    demand_low_m3h: float
    missing_m3h: float
    outflow_m3h: float
    nodes_cut: int
    nodes_low: int
    worst_node: str
    worst_m: float
    person_hours: float
    priority: tuple[int, ...]

    @property
    def people(self) -> float:
        """Everybody hit."""
        return self.people_cut + self.people_low

    @property
    def rank(self) -> tuple[float, float, float, str]:
        """Sorts the worst first: people, then demand hit, then water missing."""
        demand = self.demand_cut_m3h + self.demand_low_m3h
        return (
            -round(self.people, 6),
            -round(demand, 6),
            -round(self.missing_m3h, 6),
            self.case.id,
        )


class Comparison:
    """The base, against which the rows of cases are worked out."""

    def __init__(self, net: Network, people: People, base: Solution | Run, limit_m: float) -> None:
        nodes = net.nodes.values()
        self._net, self._people, self._limit = net, people, limit_m
        self._node_ids = net.node_ids
        self._index = {name: i for i, name in enumerate(self._node_ids)}
        self._tap = np.array([isinstance(n, Junction) for n in nodes])
        self._emitter = np.array([getattr(n, "emitter_coefficient", 0.0) for n in nodes])
        self._power = net.options.emitter_exponent
        times: Any = getattr(base, "times_s", np.zeros(1))
        span = np.append(np.diff(times), 0.0)
        self._hours = float(span.sum()) / HOUR_S
        self._weight: F64 = span / span.sum() if self._hours else np.ones(1) / len(span)
        self._pressure = np.atleast_2d(base.pressure_m)
        self._delivered = self._consumed(base)
        self.demand_m3s: F64 = self._weight @ self._delivered
        with np.errstate(invalid="ignore"):
            self._low = (self._pressure < limit_m) & self._tap
        low = self._low.any(axis=0)
        self.base_low = tuple(self._node_ids[i] for i in np.flatnonzero(low))
        self.base_people_low = people.count(low, both_ends=False)
        self._dry = np.isnan(self._pressure)

    def row(self, case: Case, state: Solution | Run) -> Row:
        """The row of a solved case."""
        people = self._people
        pressure = np.atleast_2d(state.pressure_m)
        with np.errstate(invalid="ignore"):
            low = (pressure < self._limit) & ~self._low & self._tap
            low &= self._pressure - pressure > LEAST_DROP_M
        dry = np.isnan(pressure) & ~self._dry & self._tap
        cut = dry.any(axis=0)
        fallen = low.any(axis=0) & ~cut
        out = np.zeros(len(self._net.links), dtype=np.bool_)
        out[case.links] = True
        gone = people.count(cut, both_ends=True, links=out)
        everybody = people.count(cut | fallen, both_ends=False, links=out)
        worst_node, worst_m = self._worst(pressure, low & ~cut)
        outflow = self._outflow(case, pressure)
        received = self._consumed(state).sum(axis=1) - outflow
        missing = float(self._weight @ (self._delivered.sum(axis=1) - received))
        return Row(
            case=case,
            people_cut=gone,
            people_low=everybody - gone,
            demand_cut_m3h=float(self.demand_m3s[cut].sum()) * HOUR_S,
            demand_low_m3h=float(self.demand_m3s[fallen].sum()) * HOUR_S,
            missing_m3h=missing * HOUR_S,
            outflow_m3h=float(self._weight @ outflow) * HOUR_S,
            nodes_cut=int(cut.sum()),
            nodes_low=int(fallen.sum()),
            worst_node=worst_node,
            worst_m=worst_m,
            person_hours=self._person_hours(dry | low, out),
            priority=people.priority_in(cut | fallen, out),
        )

    def _worst(self, pressure: F64, low: Bool) -> tuple[str, float]:
        if not low.any():
            return "", float("nan")
        values = np.where(low, pressure, np.inf)
        at = int(values.min(axis=0).argmin())
        return self._node_ids[at], float(values[:, at].min())

    def _person_hours(self, hit: Bool, out: Bool) -> float:
        if not self._hours:
            return 0.0
        people = np.array([self._people.count(row, both_ends=False, links=out) for row in hit])
        return float(self._weight @ people) * self._hours

    def _consumed(self, state: Solution | Run) -> F64:
        """What junctions take (T, N) without the outflow of the file's own emitters."""
        demand = np.nan_to_num(np.atleast_2d(state.demand_m3s))
        if self._emitter.any():
            heads = np.maximum(np.nan_to_num(np.atleast_2d(state.pressure_m)), 0.0)
            demand = demand - self._emitter * heads**self._power
        taken: F64 = np.where(self._tap, np.maximum(demand, 0.0), 0.0)
        return taken

    def _outflow(self, case: Case, pressure: F64) -> F64:
        """What a burst lets out at each time, (T,)."""
        pipe = self._net.links[case.id] if case.kind == "pipe" else None
        if not isinstance(pipe, Pipe):
            none: F64 = np.zeros(len(pressure))
            return none
        from hydraulics.changes import break_coefficient

        nodes = self._net.nodes
        ends = [self._index[n] for n in (pipe.start, pipe.end) if isinstance(nodes[n], Junction)]
        heads = np.maximum(np.nan_to_num(pressure[:, ends]), 0.0)
        total: F64 = break_coefficient(pipe) * (heads**self._power).sum(axis=1)
        return total
