"""What leaves at nodes: demands, by pressure if asked, and what the line pack takes in."""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.gas.compressibility import z_at, z_slope_at
from hydraulics.gas.tables import GasSettings, GasTables, GasWork
from hydraulics.graph.structure import System

SOFT = 1e-4
"""Of the squared air pressure: so close to it a leak is a straight line (5 Pa gauge)."""


@lean_kernel
def delivered_share(potential: float, none: float, full: float) -> tuple[float, float]:
    """Share of a demand delivered between two potentials, and its derivative: x (2 - x).

    Close to the square root of the gauge pressure that a burner follows, but with an end at 0.
    """
    x = (potential - none) / (full - none)
    if x >= 1.0:
        return 1.0, 0.0
    if x <= 0.0:
        return 0.0, 0.0
    return x * (2.0 - x), 2.0 * (1.0 - x) / (full - none)


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
def add_outflows(tables: GasTables, work: GasWork, settings: GasSettings, system: System) -> None:
    """Outflows at the present pressures into `work.outflow`, linearised into the system."""
    diagonal, right = system.diagonal, system.right
    for r in range(len(work.demand)):
        if work.reached[r] == 0:
            work.delivered[r] = 0.0
            work.outflow[r] = 0.0
            continue
        demand = work.demand[r]
        slope = 0.0
        total = demand
        if settings.driven and demand > 0.0:
            scale, low = tables.scale[r], tables.ambient[r]
            high = low + settings.required_pa
            share, rate = delivered_share(work.potential[r], scale * low * low, scale * high * high)
            total = demand * share
            slope = demand * rate
        work.delivered[r] = total
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
            right[r] += slope * work.potential[r] - total
