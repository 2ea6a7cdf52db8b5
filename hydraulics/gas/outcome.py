"""From the arrays of a solve to a solution and its report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hydraulics.gas.shortfall import shortfalls_of
from hydraulics.gas.state import WORDS, GasReport, GasSolution
from hydraulics.gas.tables import (
    CONTROL,
    CUT,
    REGULATOR,
    SHUT,
    SLAMMED,
    GasTables,
    GasWork,
)
from hydraulics.gas.write_out import Facts, new_results, write_out
from hydraulics.graph.step import excess
from hydraulics.types import F64

if TYPE_CHECKING:
    from hydraulics.gas.compile import GasArrays
    from hydraulics.gas.model import GasModel

MASS_LIMIT = 1e-9
"""kg/s, plus this share of the largest flow: what a node's balance may miss."""
TAKEN_IN = 1e-6
"""kg/s that a source may take in untold."""
ENERGY_LIMIT = 1e-8
"""Share of the highest absolute pressure that a link's law may miss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one or several kernel solves of an instant ended."""

    iterations: int
    solves: int = 1
    change: float
    singular: int
    mass_kgs: float
    mass_row: int
    energy_pa: float
    energy_slot: int
    accuracy: float
    driven: bool

    @property
    def converged(self) -> bool:
        """Whether iteration ended by itself."""
        return self.singular < 0 and self.change <= self.accuracy

    def balanced(self, flow_kgs: float) -> bool:
        """Whether mass closes too, beside a largest flow."""
        return self.converged and self.mass_kgs <= MASS_LIMIT * (1.0 + flow_kgs)

    def joined(self, later: Outcome) -> Outcome:
        """The later solve, with the work of both."""
        return replace(
            later,
            iterations=self.iterations + later.iterations,
            solves=self.solves + later.solves,
        )


def flags_of(arrays: GasArrays, facts: Facts, outcome: Outcome) -> list[str]:
    """What an answer misses; empty when it holds."""
    s = arrays.structure
    found = []
    if outcome.singular >= 0:
        node = arrays.node_ids[s.node[outcome.singular]]
        found.append(f"the system is singular at node {node}")
    elif not outcome.converged:
        found.append(
            f"no balance after {outcome.iterations} iterations: "
            f"relative change {outcome.change:.2g}"
        )
    if outcome.converged and not outcome.balanced(facts.flow):
        node = arrays.node_ids[s.node[outcome.mass_row]] if outcome.mass_row >= 0 else "?"
        found.append(f"mass does not balance at node {node}: {outcome.mass_kgs:.3g} kg/s")
    if not outcome.energy_pa <= ENERGY_LIMIT * facts.pressure:
        link = arrays.link_ids[s.link[outcome.energy_slot]] if outcome.energy_slot >= 0 else "?"
        found.append(f"link {link} misses its law by {outcome.energy_pa:.3g} Pa")
    if facts.potential <= 0.0:
        found.append("a pressure would be below absolute zero")
    return found


def unfit_controls(arrays: GasArrays, tables: GasTables, work: GasWork) -> list[str]:
    """Regulators and compressors whose state does not fit their pressures and flow."""
    from hydraulics.gas.control import wanted_state

    if tables.foreign:
        return []
    names = []
    for k in tables.controls:
        if work.state[k] in (SHUT, SLAMMED, CUT):
            continue
        wanted = wanted_state(arrays.structure, tables, work, int(k))
        if wanted != work.state[k]:
            id_ = arrays.link_ids[arrays.structure.link[k]]
            names.append(f"{id_} is in {WORDS[int(work.state[k])]}, should be in {WORDS[wanted]}")
    return names


def gauge_pressures(arrays: GasArrays, tables: GasTables, work: GasWork) -> F64:
    """Gauge pressures in the file's order, NaN where no source reaches."""
    by_row = np.where(work.reached != 0, work.pressure - tables.ambient, np.nan)
    gauge: F64 = by_row[arrays.structure.row_of]
    return gauge


def solution_of(model: GasModel, outcome: Outcome) -> GasSolution:
    """The solution of the present arrays of a model."""
    arrays, work = model.arrays, model.work
    out = new_results(len(arrays.node_ids), len(arrays.link_ids))
    facts = Facts(*write_out(arrays.structure, model.tables, work, arrays.per_speed, out))
    return GasSolution(
        node_ids=arrays.node_ids,
        link_ids=arrays.link_ids,
        pressure_pa=out.pressure,
        demand_kgs=out.demand,
        flow_kgs=out.flow,
        velocity_ms=out.velocity,
        status=out.status,
        report=report_of(model, outcome, facts),
    )


def report_of(model: GasModel, outcome: Outcome, facts: Facts) -> GasReport:
    """The report of the present state of a model."""
    arrays, tables, work = model.arrays, model.tables, model.work
    s = arrays.structure
    flags = flags_of(arrays, facts, outcome)
    unfit = unfit_controls(arrays, tables, work) if len(tables.controls) else []
    cut = np.flatnonzero(work.reached[s.row_of] == 0) if facts.cut else ()
    warnings = [*arrays.notes, *(f"regulator or compressor {text}" for text in unfit)]
    warnings += [
        f"{arrays.link_ids[s.link[k]]} is slammed shut"
        for k in tables.controls
        if work.state[k] == SLAMMED
    ]
    warnings += _odd_sources(arrays, work)
    warnings += _boosting(arrays, tables, work)
    return GasReport(
        converged=not flags and not unfit,
        iterations=outcome.iterations,
        solves=outcome.solves,
        relative_change=outcome.change,
        mass_kgs=outcome.mass_kgs,
        mass_node=arrays.node_ids[s.node[outcome.mass_row]] if outcome.mass_row >= 0 else "",
        energy_pa=outcome.energy_pa,
        energy_link=arrays.link_ids[s.link[outcome.energy_slot]]
        if outcome.energy_slot >= 0
        else "",
        unsupplied=tuple(arrays.node_ids[i] for i in cut),
        shortfalls=shortfalls_of(arrays, tables, work) if outcome.driven or facts.cut else (),
        controls=tuple(
            (arrays.link_ids[s.link[k]], WORDS[int(work.state[k])]) for k in tables.controls
        ),
        settings=arrays.settings,
        warnings=tuple(warnings),
        flags=tuple(flags),
    )


def _odd_sources(arrays: GasArrays, work: GasWork) -> list[str]:
    """Sources that take gas in, and feeds that do not give what they are given."""
    s = arrays.structure
    found = []
    for r in np.flatnonzero(work.source == 1).tolist():
        surplus = excess(s, work.flow, r) - work.demand[r]
        if surplus > TAKEN_IN:
            name = arrays.node_ids[s.node[r]]
            found.append(f"source {name} takes in {surplus:.4g} kg/s: others feed more")
    for r in np.flatnonzero(work.source == 2).tolist():
        fed, given = -excess(s, work.flow, r), -work.demand[r]
        name = arrays.node_ids[s.node[r]]
        if fed > given + TAKEN_IN:
            found.append(
                f"feed {name} holds its greatest pressure for want of another source and gives "
                f"{fed:.4g} kg/s instead of {given:.4g}"
            )
        elif fed < given - TAKEN_IN:
            found.append(
                f"feed {name} is at its greatest pressure: it gives {fed:.4g} kg/s of {given:.4g}"
            )
    return found


def _boosting(arrays: GasArrays, tables: GasTables, work: GasWork) -> list[str]:
    """Regulators that raise the pressure, as pandapipes lets them."""
    if not tables.foreign:
        return []
    s = arrays.structure
    return [
        f"regulator {arrays.link_ids[s.link[k]]} raises the pressure, which none can: pandapipes' "
        "laws have it hold its setting at any rate"
        for k in tables.controls
        if tables.kind[k] == REGULATOR
        and work.state[k] == CONTROL
        and work.pressure[s.end[k]] > work.pressure[s.start[k]] * (1.0 + 1e-9)
    ]
