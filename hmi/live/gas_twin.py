"""One cycle of the live gas model: values in, solved state and judged figures out. Pure.

Boundary: what gates hold, and what regulators really hold, from the pressures measured at them;
links that are shut. One demand factor brings the modelled feed to the measured one, and one for
each district the pressure at its end (`district_fit`). The state is steady: the pack of a city's
mains follows its demand within minutes, and how long it lasts without a gate is asked of `whatif
gas-loss`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dispatch.gas_compliance import band_pa, gas_kind, gas_users
from dispatch.rulebook import RuleSet
from hmi.live.district_fit import DIFFERENCE, Districts
from hmi.live.gas_ties import GasTies
from hmi.live.mapping import MODEL_DRIVER
from hmi.live.medium import F64, Held, MediumFrame, Usable, largest, nearer, normalised
from hydraulics import SolveError
from hydraulics.gas.boundary import GasCase, plain_case
from hydraulics.gas.model import GasModel
from hydraulics.gas.state import GasSolution
from hydraulics.gas.tables import OPEN, SHUT
from network_models.network import Network
from scada.point import Point

SMOOTHING_S = 30.0
FITTED = 0.002
"""Modelled and measured feed agree within this share."""
MOST_SOLVES = 4
LEARN_EVERY = 6
"""Cycles between two looks at how districts' ends answer to their demand."""
LISTED = 20


class GasTwin:
    """The live model of one gas network: structure once, a few solves every cycle."""

    utility = "gas"

    def __init__(self, net: Network, points: Sequence[Point], rules: RuleSet) -> None:
        """SolveError for a network that cannot be compiled."""
        self.net = net
        self._model = GasModel(net)
        arrays = self._model.arrays
        self._band = band_pa(rules, gas_kind(net))
        self._users = np.array([arrays.node_index[id_] for id_ in gas_users(net)], dtype=np.int64)
        self._low_level = np.array([getattr(n, "level", "") == "low" for n in net.nodes.values()])
        self.figures = {
            p.address: h
            for h, p in enumerate(points)
            if p.driver == MODEL_DRIVER and p.utility == "gas"
        }
        self._ties = ties = GasTies(self._model, points)
        pressures = [
            h
            for some in (self._ties.gates, self._ties.settings)
            for hs in some.values()
            for h in hs
        ]
        self._pressures = Held(pressures, SMOOTHING_S)
        self._districts = Districts(
            net,
            [(b.point, b.index) for b in ties.beside if not b.is_flow],
            arrays.base_kgs[arrays.structure.row_of],
        )
        self._ends = Held(self._districts.points, SMOOTHING_S)
        self._flows = Held([feed.point for feed in self._ties.feeds], SMOOTHING_S)
        self._statuses = Held(list(ties.status), 1e-9)
        self._factor = 1.0
        self._cold = True

    def cycle(
        self, value: F64, usable: Usable, pattern_time_s: float, seconds: float
    ) -> MediumFrame:
        """Solve the present, `seconds` after the last cycle.

        SolveError when there is no state that satisfies the network; the next cycle starts cold.
        """
        for held in (self._pressures, self._ends, self._flows, self._statuses):
            held.take(value, usable, seconds)
        try:
            solution, solves, remarks = self._fitted(usable, pattern_time_s)
            if not solution.report.converged:
                raise SolveError("gas: " + ("; ".join(solution.report.flags) or "not converged"))
        except Exception:
            self._factor, self._cold = 1.0, True
            self._districts.reset()
            raise
        self._cold = False
        handle, modelled, sigma = self._ties.modelled(solution)
        pressure = solution.pressure_pa[self._users]
        outside = self._outside(pressure)
        kept = (*self._pressures.kept, *self._statuses.kept)
        return MediumFrame(
            state={
                "pressure_pa": solution.pressure_pa,
                "demand_kgs": solution.demand_kgs,
                "flow_kgs": solution.flow_kgs,
                "velocity_ms": solution.velocity_ms,
                "status": solution.status,
            },
            report=_report(solution),
            factors=(self._factor,),
            handle=handle,
            value=modelled,
            normalised=normalised(value, usable, handle, modelled, sigma),
            figures=self._figures(solution, pressure, outside, value, usable),
            low_end_nodes=tuple(self.net.node_ids[i] for i in self._users[outside]),
            kept=kept,
            remarks=remarks,
            solves=solves,
            more={
                "band_pa": self._band,
                "district_factors": [round(f, 3) for f in self._districts.spread],
            },
        )

    def _fitted(self, usable: Usable, time_s: float) -> tuple[GasSolution, int, tuple[str, ...]]:
        """The state whose feed is the measured one."""
        model = self._model
        case = plain_case(model.arrays)
        self._bound(case)
        model.set_case(case)
        feeds = [feed for feed in self._ties.feeds if usable[feed.point]]
        measured = sum((self._flows.get(feed.point) or 0.0) * feed.kgs for feed in feeds)
        remarks = () if feeds else ("no feed is measured: demand is the forecast times its last",)
        solves = 0
        while True:
            self._load(self._factor)
            solution = model.solve(time_s=time_s, cold=self._cold and solves == 0)
            solves += 1
            modelled = sum(float(solution.flow_kgs[feed.index]) * feed.sign for feed in feeds)
            factor = nearer(self._factor, measured, modelled)
            if abs(factor / self._factor - 1.0) < FITTED or solves == MOST_SOLVES:
                break
            self._factor = factor
        solves += self._fit_districts(solution, usable, time_s)
        return solution, solves, remarks

    def _load(self, factor: float) -> None:
        """Multiply every node's demand by the common factor and its district's."""
        by_node = factor * self._districts.factor
        self._model.case.factor[:] = by_node[self._model.arrays.structure.node]

    def _fit_districts(self, solution: GasSolution, usable: Usable, time_s: float) -> int:
        """Move the districts' factors for the next cycle; how many solves it took."""
        districts = self._districts
        if not len(districts) or not solution.report.converged:
            return 0
        asked = 0
        if districts.due <= 0:
            self._load(self._factor * (1.0 + DIFFERENCE))
            moved = self._model.solve(time_s=time_s)
            asked, districts.due = 1, LEARN_EVERY
            if moved.report.converged:
                districts.learn(solution.pressure_pa, moved.pressure_pa)
        districts.due -= 1
        shown = [self._ends.get(h) if usable[h] else None for h in districts.points]
        districts.fit(solution.pressure_pa, shown)
        return asked

    def _bound(self, case: GasCase) -> None:
        """Take over what gates and regulators hold, and what is shut."""
        tables = self._model.tables
        for row, handles in self._ties.gates.items():
            gauge = _mean(self._pressures, handles)
            if gauge is not None:
                case.held[row] = max(gauge, 1.0) + tables.ambient[row]
        for k, handles in self._ties.settings.items():
            gauge = _mean(self._pressures, handles)
            if gauge is not None:
                case.setting[k] = max(gauge, 1.0) + tables.ambient[tables.held_row[k]]
        for handle, slot in self._ties.status.items():
            on = self._statuses.get(handle)
            if on is None:
                continue
            if on < 0.5:
                case.state[slot] = SHUT
            elif case.state[slot] == SHUT:
                case.state[slot] = OPEN

    def _outside(self, pressure: F64) -> Usable:
        """Users outside their band or without gas, compared in whole pascals."""
        if self._band is None:
            return np.isnan(pressure)
        low, high = self._band
        pascals = np.round(pressure)
        return np.asarray(~((pascals >= low) & (pascals <= high)))

    def _figures(
        self, solution: GasSolution, pressure: F64, outside: Usable, value: F64, usable: Usable
    ) -> dict[str, float]:
        """Values of the model-filled points, SI, by the name in their address."""
        figures = {
            "users_outside": float(outside.sum()),
            "unsupplied_nodes": float(np.isnan(solution.pressure_pa).sum()),
            "demand_factor": self._demand_factor(),
        }
        supplied = pressure[np.isfinite(pressure)]
        if len(supplied):
            figures["user_min_pressure"] = float(supplied.min())
            figures["user_max_pressure"] = float(supplied.max())
        for name, low in (("user_residual_max", True), ("residual_max", False)):
            ties = [
                b
                for b in self._ties.beside
                if not b.is_flow and self._low_level[b.index] == low and usable[b.point]
            ]
            gap = largest(
                np.array(
                    [value[b.point] - solution.pressure_pa[b.index] for b in ties], dtype=float
                )
            )
            if gap is not None:
                figures[name] = gap
        return figures

    def _demand_factor(self) -> float:
        """All demand of the model over its forecast."""
        base = self._model.arrays.base_kgs[self._model.arrays.structure.row_of]
        total = float(base.sum())
        return self._factor * (
            float((base * self._districts.factor).sum()) / total if total else 1.0
        )


def _mean(held: Held, handles: Sequence[int]) -> float | None:
    """The mean of the instruments at one place that ever had a value."""
    known = [v for h in handles if (v := held.get(h)) is not None]
    return sum(known) / len(known) if known else None


def _report(solution: GasSolution) -> dict[str, object]:
    """What the page and the log need of the solver's report."""
    report = solution.report
    return {
        "converged": report.converged,
        "iterations": report.iterations,
        "mass_kgs": report.mass_kgs,
        "energy_pa": report.energy_pa,
        "unsupplied": list(report.unsupplied[:LISTED]),
        "shortfalls": [s.node for s in report.shortfalls[:LISTED]],
        "controls": {name: word for name, word in report.controls if word != "control"},
        "warnings": list(report.warnings[:LISTED]),
    }
