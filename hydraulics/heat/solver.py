"""Steady states of one heat network under many boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.heat.boundary import boundary_at
from hydraulics.heat.fluid import FluidTable, enthalpy_at
from hydraulics.heat.kinds import PLANT, STATION
from hydraulics.heat.reporting import solution_of
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.settle import COUPLED, HEAT, HYDRAULICS, Outcome, settle
from hydraulics.heat.states import first_states
from hydraulics.heat.tables import HeatArrays, compile_heat
from hydraulics.heat.work import HeatBoundary, new_work
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network

Mode = Literal["coupled", "sequential", "hydraulics"]
_COLD_RETURN_K = 323.15


class SteadyHeat:
    """A network compiled once and solved for any boundary. Not shared between threads."""

    def __init__(self, net: Network) -> None:
        self.arrays: HeatArrays = compile_heat(net)
        self.work = new_work(self.arrays)

    def boundary(
        self,
        time_s: float = 0.0,
        *,
        outdoor_k: float | None = None,
        changes: Sequence[Change] = (),
    ) -> HeatBoundary:
        """What the records give: see `boundary_at`."""
        return boundary_at(self.arrays, time_s, outdoor_k=outdoor_k, changes=changes)

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
            first_temperatures(a, b, w.node_k, w.out_k, w.node_h, w.out_h)
        first_states(a.links, b, w)
        outcome = self._loop(b, COUPLED if mode == "coupled" else HYDRAULICS, fresh=not warm)
        if mode == "sequential" and outcome.converged:
            outcome = outcome._replace(
                iterations=outcome.iterations + self._loop(b, HEAT, fresh=True).iterations
            )
        if outcome.singular >= 0:
            name = a.net.node_ids[int(a.structure.node[outcome.singular])]
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


def first_temperatures(
    a: HeatArrays, b: HeatBoundary, node_k: F64, out_k: F64, node_h: F64, out_h: F64
) -> None:
    """Temperatures to start from: what the file states, else those of the side a node is on."""
    nodes = [list(a.net.nodes.values())[int(i)] for i in a.structure.node]
    hot = b.plant_k[np.isfinite(b.plant_k)]
    supply = float(hot.mean()) if len(hot) else a.settings.ambient_k
    for i, node in enumerate(nodes):
        side = getattr(node, "side", "any")
        usual = supply if side == "supply" else _COLD_RETURN_K
        stated = a.nodes.inlet_k[i]
        node_k[i] = usual if np.isnan(stated) else stated
    out_k[:] = node_k[a.structure.end.astype(np.int64)]
    kind = a.links.kind
    out_k[kind == STATION] = np.where(
        a.links.return_k[kind == STATION] > 200.0,
        a.links.return_k[kind == STATION],
        out_k[kind == STATION],
    )
    heated = (kind == PLANT) & np.isfinite(b.plant_k)
    out_k[heated] = b.plant_k[heated]
    node_h[:] = enthalpies(a.fluid, node_k)
    out_h[:] = enthalpies(a.fluid, out_k)


def enthalpies(f: FluidTable, temperature_k: F64) -> F64:
    """Enthalpies (J/kg) at temperatures (K)."""
    return np.array([enthalpy_at(f, float(t)) for t in temperature_k])
