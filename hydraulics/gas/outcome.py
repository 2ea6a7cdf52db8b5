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
    LOCKED,
    REGULATOR,
    SHUT,
    SLAMMED,
    GasTables,
    GasWork,
)
from hydraulics.types import F64

if TYPE_CHECKING:
    from hydraulics.gas.compile import GasArrays
    from hydraulics.gas.model import GasModel

MASS_LIMIT = 1e-9
"""kg/s, plus this share of the largest flow: what a node's balance may miss."""
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

    def joined(self, later: Outcome) -> Outcome:
        """The later solve, with the work of both."""
        return replace(
            later,
            iterations=self.iterations + later.iterations,
            solves=self.solves + later.solves,
        )


def flags_of(arrays: GasArrays, tables: GasTables, work: GasWork, outcome: Outcome) -> list[str]:
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
    largest = float(np.abs(work.flow).max(initial=0.0))
    if not outcome.mass_kgs <= MASS_LIMIT * (1.0 + largest):
        node = arrays.node_ids[s.node[outcome.mass_row]] if outcome.mass_row >= 0 else "?"
        found.append(f"mass does not balance at node {node}: {outcome.mass_kgs:.3g} kg/s")
    highest = float(work.pressure.max(initial=0.0))
    if not outcome.energy_pa <= ENERGY_LIMIT * highest:
        link = arrays.link_ids[s.link[outcome.energy_slot]] if outcome.energy_slot >= 0 else "?"
        found.append(f"link {link} misses its law by {outcome.energy_pa:.3g} Pa")
    if bool(((work.potential <= 0.0) & (work.reached != 0)).any()):
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


def taken(arrays: GasArrays, work: GasWork) -> F64:
    """What is taken at each node, kg/s; where a pressure is held, what its links bring."""
    s = arrays.structure
    net = np.bincount(s.end, work.flow, len(s.node)) - np.bincount(s.start, work.flow, len(s.node))
    by_row = np.where(work.source != 0, net, work.delivered)
    by_row[work.reached == 0] = 0.0
    found: F64 = by_row[s.row_of]
    return found


def velocities(arrays: GasArrays, tables: GasTables, work: GasWork, flow: F64) -> F64:
    """Speed at the mean pressure of each link, m/s, in the file's order; 0 without a diameter."""
    s = arrays.structure
    pa, pb = work.pressure[s.start], work.pressure[s.end]
    total = pa + pb
    mean = (2.0 / 3.0 * (total - pa * pb / total))[s.slot_of]
    gas = arrays.gas
    z = (
        gas.z[0] + gas.z_slope * mean
        if len(gas.z) == 1
        else np.interp(mean, gas.z_step * np.arange(len(gas.z)), gas.z)
    )
    density = mean / (z * gas.constant * float(arrays.temperature_k.mean()))
    area = arrays.area_m2
    speed: F64 = np.divide(np.abs(flow), density * area, out=np.zeros(len(area)), where=area > 0.0)
    return speed


def solution_of(model: GasModel, outcome: Outcome) -> GasSolution:
    """The solution of the present arrays of a model."""
    arrays, tables, work = model.arrays, model.tables, model.work
    s = arrays.structure
    flow: F64 = work.flow[s.slot_of]
    state = work.state[s.slot_of]
    shut = (state == SHUT) | (state == LOCKED) | (state == SLAMMED)
    return GasSolution(
        node_ids=arrays.node_ids,
        link_ids=arrays.link_ids,
        pressure_pa=gauge_pressures(arrays, tables, work),
        demand_kgs=taken(arrays, work),
        flow_kgs=flow,
        velocity_ms=velocities(arrays, tables, work, flow),
        status=np.where(shut, 0, 1).astype(np.int64),
        report=report_of(model, outcome),
    )


def report_of(model: GasModel, outcome: Outcome) -> GasReport:
    """The report of the present state of a model."""
    arrays, tables, work = model.arrays, model.tables, model.work
    s = arrays.structure
    flags = flags_of(arrays, tables, work, outcome)
    unfit = unfit_controls(arrays, tables, work) if len(tables.controls) else []
    cut = np.flatnonzero(work.reached[s.row_of] == 0)
    warnings = [*arrays.notes, *(f"regulator or compressor {text}" for text in unfit)]
    warnings += [
        f"{arrays.link_ids[s.link[k]]} is slammed shut"
        for k in tables.controls
        if work.state[k] == SLAMMED
    ]
    warnings += _absorbing(arrays, work)
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
        shortfalls=shortfalls_of(arrays, tables, work) if outcome.driven or len(cut) else (),
        controls=tuple(
            (arrays.link_ids[s.link[k]], WORDS[int(work.state[k])]) for k in tables.controls
        ),
        settings=settings_of(arrays),
        warnings=tuple(warnings),
        flags=tuple(flags),
    )


def settings_of(arrays: GasArrays) -> tuple[tuple[str, str], ...]:
    """By which laws a network is solved, for people."""
    physics, gas = arrays.network.physics, arrays.gas
    return (
        ("laws", physics.laws),
        ("friction", physics.friction),
        ("gas", gas.id),
        ("normal_density_kgm3", f"{gas.normal_density:.5g}"),
        ("z", gas.z_way),
        ("temperature_k", f"{float(arrays.temperature_k.mean()):.2f}"),
        (
            "gauge",
            "from the air at each height" if physics.ambient_by_height else "from one air pressure",
        ),
    )


def _absorbing(arrays: GasArrays, work: GasWork) -> list[str]:
    """Sources that hold a pressure and take gas in."""
    s = arrays.structure
    rows = np.flatnonzero(work.source == 1)
    net = np.bincount(s.end, work.flow, len(s.node)) - np.bincount(s.start, work.flow, len(s.node))
    surplus = net - work.demand
    return [
        f"source {arrays.node_ids[s.node[r]]} takes in {surplus[r]:.4g} kg/s: others feed more"
        for r in rows
        if surplus[r] > 1e-6
    ]


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
