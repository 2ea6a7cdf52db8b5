"""Collects the states of a run and makes one report of theirs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hydraulics.gas.model import GasModel
from hydraulics.gas.outcome import Outcome, solution_of
from hydraulics.gas.state import GasReport, GasRun, GasSolution, Shortfall
from hydraulics.types import F64


class Records:
    """Rows of a run by report time."""

    def __init__(self, model: GasModel, times: F64) -> None:
        nodes, links = len(model.arrays.node_ids), len(model.arrays.link_ids)
        self._model, self._times = model, times
        self._pressure, self._demand = np.empty((2, len(times), nodes))
        self._flow, self._speed = np.empty((2, len(times), links))
        self._status = np.empty((len(times), links), dtype=np.int64)
        self._reports: list[GasReport] = []
        self._unsettled = 0

    def add(self, i: int, solution: GasSolution) -> None:
        """Keep the state of report time `i`."""
        self._pressure[i], self._demand[i] = solution.pressure_pa, solution.demand_kgs
        self._flow[i], self._speed[i] = solution.flow_kgs, solution.velocity_ms
        self._status[i] = solution.status
        self._reports.append(solution.report)

    def take(self, i: int, outcome: Outcome, unsettled: int) -> None:
        """Keep the model's present state; `unsettled` steps so far have not balanced."""
        self.add(i, solution_of(self._model, outcome))
        self._unsettled = unsettled

    def run(self, line_pack_kg: F64 | None = None, stored_error_kg: float | None = None) -> GasRun:
        """The whole run."""
        arrays = self._model.arrays
        return GasRun(
            times_s=self._times,
            node_ids=arrays.node_ids,
            link_ids=arrays.link_ids,
            pressure_pa=self._pressure,
            demand_kgs=self._demand,
            flow_kgs=self._flow,
            velocity_ms=self._speed,
            status=self._status,
            report=self._report(),
            line_pack_kg=line_pack_kg,
            stored_error_kg=stored_error_kg,
        )

    def _report(self) -> GasReport:
        reports = self._reports
        mass = max(reports, key=lambda r: r.mass_kgs)
        energy = max(reports, key=lambda r: r.energy_pa)
        late = [t for t, r in zip(self._times.tolist(), reports, strict=True) if not r.converged]
        flags = dict.fromkeys(text for r in reports for text in r.flags)
        if self._unsettled:
            flags[f"{self._unsettled} steps between report times did not balance"] = None
        return replace(
            reports[-1],
            converged=not late and not self._unsettled,
            iterations=sum(r.iterations for r in reports),
            solves=sum(r.solves for r in reports),
            relative_change=max(r.relative_change for r in reports),
            mass_kgs=mass.mass_kgs,
            mass_node=mass.mass_node,
            energy_pa=energy.energy_pa,
            energy_link=energy.energy_link,
            unsupplied=tuple(dict.fromkeys(n for r in reports for n in r.unsupplied)),
            shortfalls=_worst(reports),
            unbalanced_times_s=tuple(late),
            warnings=tuple(dict.fromkeys(text for r in reports for text in r.warnings)),
            flags=tuple(flags),
        )


def _worst(reports: list[GasReport]) -> tuple[Shortfall, ...]:
    """Each user's worst shortfall."""
    found: dict[str, Shortfall] = {}
    for report in reports:
        for short in report.shortfalls:
            known = found.get(short.node)
            lack = short.wanted_kgs - short.delivered_kgs
            if known is None or lack > known.wanted_kgs - known.delivered_kgs:
                found[short.node] = short
    return tuple(found.values())
