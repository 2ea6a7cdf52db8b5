"""Steady states of one heat network under many boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.heat.boundary import Boundaries
from hydraulics.heat.fluid import two_enthalpies
from hydraulics.heat.kinds import BY_RETURN, FLOW_AND_RETURN, PLANT, STATION
from hydraulics.heat.reporting import solution_of
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.settle import COUPLED, HEAT, HYDRAULICS, Outcome, settle
from hydraulics.heat.states import first_states
from hydraulics.heat.tables import HeatArrays, compile_heat
from hydraulics.heat.work import HeatBoundary, HeatWork, new_work
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network

Mode = Literal["coupled", "sequential", "hydraulics"]
_COLD_RETURN_K = 323.15


class SteadyHeat:
    """A network compiled once and solved for any boundary. Not shared between threads."""

    def __init__(self, net: Network, *, arrays: HeatArrays | None = None) -> None:
        """`arrays` is `compile_heat(net)` where that was done before; models may share them."""
        self.arrays: HeatArrays = compile_heat(net) if arrays is None else arrays
        self.work = new_work(self.arrays)
        self._boundaries = Boundaries(self.arrays)
        self._warm_nodes = _stated_temperatures(self.arrays)

    def boundary(
        self,
        time_s: float = 0.0,
        *,
        outdoor_k: float | None = None,
        changes: Sequence[Change] = (),
    ) -> HeatBoundary:
        """What the records give: see `Boundaries.at`."""
        return self._boundaries.at(time_s, outdoor_k=outdoor_k, changes=changes)

    def solve(
        self, boundary: HeatBoundary, *, mode: Mode = "coupled", warm: bool = False
    ) -> HeatSolution:
        """The state under `boundary`. `warm` goes on from the present flows and temperatures.

        "coupled" settles flows and temperatures together; "sequential" finds flows at the
        temperatures the file states and then the temperatures; "hydraulics" flows only.
        SolveError where there is no solution at all.
        """
        outcome = self.settle(boundary, mode=mode, warm=warm)
        return solution_of(self.arrays, boundary, self.work, outcome, mode)

    def settle(self, b: HeatBoundary, *, mode: Mode = "coupled", warm: bool = False) -> Outcome:
        """As `solve`, leaving the state in `work`."""
        a, w = self.arrays, self.work
        if not warm:
            w.flow[:] = a.start_flow
            w.potential[:] = 0.0
            _first_temperatures(a, b, w, self._warm_nodes)
        first_states(a.links, b, w)
        outcome = self._loop(b, COUPLED if mode == "coupled" else HYDRAULICS, fresh=not warm)
        if mode == "sequential" and outcome.converged:
            outcome = outcome._replace(
                iterations=outcome.iterations + self._loop(b, HEAT, fresh=True).iterations
            )
        if outcome.singular >= 0:
            name = a.node_ids[int(a.structure.node[outcome.singular])]
            raise SolveError(
                f"the pressure of node {name} is told by nothing: no plant, pump or node near it "
                "keeps one",
                elements=(name,),
            )
        return outcome

    def _loop(self, b: HeatBoundary, mode: int, *, fresh: bool) -> Outcome:
        a = self.arrays
        return settle(
            a.structure, a.links, a.nodes, a.fluid, a.settings, a.stations, a.plants, a.holders,
            b, self.work, mode, fresh,
        )  # fmt: skip


def _stated_temperatures(a: HeatArrays) -> F64:
    """(N,) K by row that a cold start takes: what the file states, and what is usual for a return;
    NaN for a supply, which is as warm as its plants."""
    nodes = [list(a.net.nodes.values())[int(i)] for i in a.structure.node]
    usual = np.full(len(nodes), _COLD_RETURN_K)
    if a.settings.own_laws:
        usual[[getattr(n, "side", "any") == "supply" for n in nodes]] = np.nan
    else:
        usual[:] = a.net.physics.gas_temperature_k  # the mean of what pandapipes starts from
    return np.where(np.isnan(a.nodes.inlet_k), usual, a.nodes.inlet_k)


def _first_temperatures(a: HeatArrays, b: HeatBoundary, w: HeatWork, stated: F64) -> None:
    """Temperatures to start from; a link's outlet is as warm as the node behind it."""
    hot = b.plant_k[np.isfinite(b.plant_k)]
    supply = float(hot.mean()) if len(hot) else a.settings.ambient_k
    w.node_k[:] = np.where(np.isnan(stated), supply, stated)
    w.out_k[:] = w.node_k[a.structure.end]
    kind, control = a.links.kind, a.links.control
    returns = (kind == STATION) & ((control == BY_RETURN) | (control == FLOW_AND_RETURN))
    w.out_k[returns] = a.links.return_k[returns]
    heated = (kind == PLANT) & np.isfinite(b.plant_k)
    w.out_k[heated] = b.plant_k[heated]
    two_enthalpies(a.fluid, w.node_k, w.node_h, w.out_k, w.out_h)
