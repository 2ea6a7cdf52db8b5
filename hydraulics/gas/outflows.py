"""What leaves at nodes: demands, by pressure if asked, and what the line pack takes in."""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.gas.compressibility import z_at, z_slope_at
from hydraulics.gas.tables import GasSettings, GasTables, GasWork
from hydraulics.graph.structure import Structure, System

LEAST_SHARE = 1e-3
"""Share of a demand below which its law counts as a straight line."""
SOFT = 1e-4
"""Of the squared air pressure: so close to it a leak is a straight line (5 Pa gauge)."""


@lean_kernel
def _demand_law(
    tables: GasTables, work: GasWork, settings: GasSettings, r: int
) -> tuple[bool, float, float]:
    """Whether pressure decides on a delivery now; then the potential that delivers its present
    share, and potential a kg/s. All is delivered above the full potential, nothing below none.

    Delivered = demand sqrt(x), x the share of squared pressure between none and the required
    gauge pressure, as gas leaves a burner.
    """
    scale, low = tables.scale[r], tables.ambient[r]
    high = low + settings.required_pa
    none, full = scale * low * low, scale * high * high
    share = work.delivered[r] / work.demand[r]
    potential = work.potential[r]
    if (share >= 1.0 and potential >= full) or (share <= 0.0 and potential <= none):
        return False, 0.0, 1.0
    law = none + (full - none) * share * share
    return True, law, 2.0 * (full - none) * max(share, LEAST_SHARE) / work.demand[r]


@lean_kernel
def begin_deliveries(tables: GasTables, work: GasWork, settings: GasSettings) -> None:
    """What is delivered before the first iteration: all, or as much as before."""
    for r in range(len(work.demand)):
        demand = work.demand[r]
        if work.reached[r] == 0:
            work.delivered[r] = 0.0
        elif not settings.driven or demand <= 0.0:
            work.delivered[r] = demand
        else:
            high = tables.ambient[r] + settings.required_pa
            full = work.potential[r] >= tables.scale[r] * high * high
            work.delivered[r] = demand if full else max(0.0, min(work.delivered[r], demand))


@lean_kernel
def move_deliveries(
    structure: Structure,
    tables: GasTables,
    work: GasWork,
    settings: GasSettings,
    system: System,
    share: float,
) -> float:
    """Deliveries after a step, where pressure decides on them; the sum of changes."""
    moved = 0.0
    if not settings.driven:
        return moved
    for r in range(len(work.demand)):
        demand = work.demand[r]
        if demand <= 0.0 or work.reached[r] == 0:
            continue
        now = work.delivered[r]
        decides, law, gradient = _demand_law(tables, work, settings, r)
        if not decides:
            continue
        new = max(0.0, min(now + share * (system.right[r] - law) / gradient, demand))
        work.delivered[r] = new
        work.outflow[r] += new - now
        moved += abs(new - now)
    return moved


@lean_kernel
def leak_flow(pressure: float, air: float, coefficient: float) -> tuple[float, float]:
    """coefficient * sqrt(p^2 - air^2) and its derivative by p^2; nothing comes in."""
    x = pressure * pressure - air * air
    if x <= 0.0:
        return 0.0, 0.0
    soft = SOFT * air * air
    if x < soft:
        return coefficient * x / math.sqrt(soft), coefficient / math.sqrt(soft)
    root = math.sqrt(x)
    return coefficient * root, 0.5 * coefficient / root


@lean_kernel
def stored_mass(tables: GasTables, r: int, pressure: float) -> float:
    """Line pack at a row, kg."""
    return float(tables.mass_per_pa[r] * pressure / z_at(tables, pressure))


@lean_kernel
def take_stock(tables: GasTables, work: GasWork) -> float:
    """Note the line pack of every row as that of before; the total, kg."""
    total = 0.0
    for r in range(len(work.before)):
        mass = 0.0
        if work.reached[r] != 0 and tables.mass_per_pa[r] > 0.0:
            mass = stored_mass(tables, r, work.pressure[r])
        work.before[r] = mass
        total += mass
    return total


@lean_kernel
def _leaking(work: GasWork) -> bool:
    """Whether there is a hole anywhere."""
    greatest = 0.0
    for r in range(len(work.leak)):
        greatest = max(greatest, work.leak[r])
    return greatest > 0.0


@lean_kernel
def add_outflows(tables: GasTables, work: GasWork, settings: GasSettings, system: System) -> None:
    """Outflows at the present pressures into `work.outflow`, linearised into the system."""
    diagonal, right = system.diagonal, system.right
    if not settings.driven and settings.step_s <= 0.0 and not _leaking(work):
        # most steady states: what is delivered leaves, whatever the pressure
        outflow, delivered = work.outflow, work.delivered
        for r in range(len(outflow)):
            outflow[r] = delivered[r]
            right[r] -= delivered[r]
        return
    for r in range(len(work.demand)):
        if work.reached[r] == 0:
            work.outflow[r] = 0.0
            continue
        total = work.delivered[r]
        slope = 0.0
        lead = 0.0
        if settings.driven and work.demand[r] > 0.0:
            decides, law, gradient = _demand_law(tables, work, settings, r)
            if decides:
                slope = 1.0 / gradient
                lead = slope * (law - work.potential[r])
        if work.leak[r] > 0.0:
            flow, rate = leak_flow(work.pressure[r], tables.ambient[r], work.leak[r])
            total += flow
            slope += rate / tables.scale[r]
        if settings.step_s > 0.0 and tables.mass_per_pa[r] > 0.0:
            p = work.pressure[r]
            z = z_at(tables, p)
            mass = tables.mass_per_pa[r] * p / z
            total += (mass - work.before[r]) / settings.step_s
            rate = tables.mass_per_pa[r] * (1.0 / z - p * z_slope_at(tables, p) / (z * z))
            slope += rate / (2.0 * p * tables.scale[r] * settings.step_s)
        work.outflow[r] = total
        if total != 0.0 or slope != 0.0:
            diagonal[r] += slope
            right[r] += slope * work.potential[r] + lead - total
