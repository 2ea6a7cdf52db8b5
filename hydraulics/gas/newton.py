"""The iteration of a gas network: linearise, solve, update flows, judge states, until still."""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.gas.control import slam, turn_controls
from hydraulics.gas.links import FLOOR, coefficients, pressures, worst_energy
from hydraulics.gas.outflows import add_outflows, begin_deliveries, move_deliveries
from hydraulics.gas.supply import search
from hydraulics.gas.tables import CONTROL, GasSettings, GasTables, GasWork
from hydraulics.graph.step import add_links, advance, begin, excess, move_flows
from hydraulics.graph.structure import Structure, System

DAMPED_AFTER = 30
DAMPING = 0.5
ROUGHLY = 1e-3
"""Relative change at which states are judged for the first time."""
EVERY = 10
FLOW_WEIGHT = 0.01
"""Of the relative change of flows beside that of potentials: flows carry the rounding of the
differences of large potentials."""
STILL = 1e-3
"""kg/s; flows whose sum is less count as this much."""


@lean_kernel
def solve_gas(
    structure: Structure,
    tables: GasTables,
    work: GasWork,
    system: System,
    settings: GasSettings,
) -> tuple[int, float, int, float, int, float, int]:
    """Solve at the present boundary from the present flows and potentials.

    Returns iterations, the relative change that is left, -1 or the row at which the system is
    singular, and what the end misses (`_balance`).
    """
    for k in range(len(work.turns)):
        work.turns[k] = 0
    for r in range(len(work.source_turns)):
        work.source_turns[r] = 0
    search(structure, tables, work, settings.step_s > 0.0)
    begin_deliveries(tables, work, settings)
    floor = FLOOR * _greatest(work)
    error = math.inf
    singular = -1
    count = 0
    judged = 0
    before = math.inf
    while count < settings.iterations:
        count += 1
        pressures(tables, work)
        begin(structure, system)
        add_outflows(tables, work, settings, system)
        coefficients(structure, tables, work, floor)
        add_links(structure, work.held, work.potential, work.inverse, work.shift, work.flow, system)
        singular = advance(structure, system)
        if singular >= 0:
            break
        share = 1.0 if count < DAMPED_AFTER else DAMPING
        moved, total = move_flows(structure, system, work.inverse, work.shift, work.flow, share)
        moved += move_deliveries(structure, tables, work, settings, system, share)
        moved += _held_flows(structure, tables, work)
        moved *= FLOW_WEIGHT / max(total, STILL)
        change = max(moved, _take_potentials(structure, work, system))
        # what is left after a step, by how fast the changes fall: a Newton step leaves far less
        # than it moved
        rate = min(change / before, 1.0) if before < math.inf else 1.0
        error = change if rate >= 0.5 else change * rate / (1.0 - rate)
        before = change
        settled = error <= settings.accuracy
        if settled or (error <= ROUGHLY and judged == 0) or count % EVERY == 0:
            judged = 1
            pressures(tables, work)
            changed = turn_controls(structure, tables, work)
            if settled and changed == 0:
                changed = slam(structure, tables, work)
            if changed > 0:
                search(structure, tables, work, settings.step_s > 0.0)
                begin_deliveries(tables, work, settings)
                before = math.inf
                continue
            if settled:
                break
    pressures(tables, work)
    begin(structure, system)
    add_outflows(tables, work, settings, system)  # what leaves at the final pressures
    mass, row, energy, slot = _balance(structure, tables, work, system)
    return count, error, singular, mass, row, energy, slot


@lean_kernel
def _greatest(work: GasWork) -> float:
    found = 1.0
    for r in range(len(work.potential)):
        if work.reached[r] != 0:
            found = max(found, work.potential[r])
    return found


@lean_kernel
def _take_potentials(structure: Structure, work: GasWork, system: System) -> float:
    """Take the solved potentials; the greatest relative change."""
    worst = 0.0
    potential, new = work.potential, system.right
    for r in range(len(structure.first) - 1):
        if work.held[r] != 0:
            continue
        change = abs(new[r] - potential[r]) / max(abs(new[r]), 1.0)
        potential[r] = new[r]
        worst = max(worst, change)
    return worst


@lean_kernel
def _held_flows(structure: Structure, tables: GasTables, work: GasWork) -> float:
    """A link that holds a pressure passes what is missing there; the sum of changes."""
    moved = 0.0
    for k in tables.controls:
        if work.state[k] != CONTROL:
            continue
        r = tables.held_row[k]
        if work.sharing[r] == 0:
            continue
        missing = work.outflow[r] - excess(structure, work.flow, r)
        work.shift[k] = missing / work.sharing[r]
    for k in tables.controls:
        if work.state[k] == CONTROL and work.sharing[tables.held_row[k]]:
            work.flow[k] += work.shift[k]
            moved += abs(work.shift[k])
    return moved


@lean_kernel
def _balance(
    structure: Structure, tables: GasTables, work: GasWork, system: System
) -> tuple[float, int, float, int]:
    """The worst miss of mass (kg/s) and its row, of a link's law (Pa) and its slot.

    Where a source holds the pressure, it feeds what is missing. `system.right` is written over.
    """
    net, start, end, flow = system.right, structure.start, structure.end, work.flow
    for r in range(len(net)):
        net[r] = 0.0
    for k in range(len(flow)):
        net[end[k]] += flow[k]
        net[start[k]] -= flow[k]
    worst = 0.0
    row = -1
    for r in range(len(net)):
        if work.held[r] != 0 and work.sharing[r] == 0:
            continue
        miss = abs(net[r] - work.outflow[r])
        if miss > worst:
            worst = miss
            row = r
    energy, slot = worst_energy(structure, tables, work)
    return worst, row, energy, slot
