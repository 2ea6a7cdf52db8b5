"""The laws of links, linearised: h_start - h_end = loss(m) + what lags behind.

What depends on pressure beside the potentials themselves (Z, weight of the column, lifts) is taken
at the last pressures, so that the matrix stays symmetric and positive. A link with little or no
gradient takes a floor for it: q' = q - (loss - difference) / floor, whose fixed point has no loss.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.gas.compressibility import z_at
from hydraulics.gas.friction import pipe_loss
from hydraulics.gas.tables import (
    BLOWER,
    COMPRESSOR,
    CONTROL,
    FLOW,
    OPEN,
    RATIO,
    REGULATOR,
    GasTables,
    GasWork,
)
from hydraulics.graph.structure import Structure

FLOOR = 1e-6
"""Least gradient a link counts with, over the greatest potential."""
LEAST_PRESSURE = 1.0
"""Pa absolute; below this an iterate counts as this."""
SMALL_FLOW = 1e-4
"""kg/s within which a fixed drop grows from nothing."""


@lean_kernel
def pressures(tables: GasTables, work: GasWork) -> None:
    """Absolute pressures of the potentials."""
    potential, pressure, scale = work.potential, work.pressure, tables.scale
    for r in range(len(pressure)):
        pressure[r] = math.sqrt(max(potential[r] / scale[r], LEAST_PRESSURE * LEAST_PRESSURE))
    if tables.foreign:
        for r in range(len(pressure)):
            work.dense[r] = pressure[r] / (z_at(tables, pressure[r]) * tables.temperature[r])


@lean_kernel
def _growth(rise: float) -> tuple[float, float]:
    """(exp(s) - 1) / s and exp(s) - 1; a series for the heights of a town."""
    if abs(rise) < 0.01:
        mean = 1.0 + rise / 2.0 * (1.0 + rise / 3.0 * (1.0 + rise / 4.0 * (1.0 + rise / 5.0)))
        return mean, mean * rise
    growth = math.exp(rise) - 1.0
    return growth / rise, growth


@lean_kernel
def loss_of(
    structure: Structure, tables: GasTables, work: GasWork, k: int
) -> tuple[float, float, float]:
    """Loss at the present flow, its gradient, and the lagged rest; potentials."""
    a, b = structure.start[k], structure.end[k]
    pa, pb = work.pressure[a], work.pressure[b]
    total = pa + pb
    mean = 2.0 / 3.0 * (total - pa * pb / total)
    z = z_at(tables, mean)
    lead = tables.scale[a]
    lagged = 0.0
    factor = tables.base[k] * (total if tables.linear[k] else z)
    if tables.foreign:
        if tables.weight[k] != 0.0:
            lagged = 0.5 * total * tables.weight[k] * (work.dense[a] + work.dense[b])
    elif tables.gravity[k] != 0.0:
        mean_growth, growth = _growth(tables.gravity[k] / z)
        factor *= mean_growth
        lagged = (lead * (1.0 + growth) - tables.scale[b]) * pb * pb
    if tables.plain[k] != 0:
        m = abs(work.flow[k])
        square, line = tables.square[k] * m, tables.line[k]
        return (
            factor * (square + line) * work.flow[k],
            factor * (2.0 * square + line),
            lagged,
        )
    loss, gradient = pipe_loss(
        work.flow[k],
        tables.code[k],
        tables.per_flow[k],
        tables.relative[k],
        tables.slender[k],
        tables.minor[k],
    )
    factor *= lead
    return factor * loss, factor * gradient, lagged


@lean_kernel
def full_open(tables: GasTables, work: GasWork, k: int, pa: float, pb: float) -> float:
    """Squared pressures' difference over m |m| of a fully open regulator of capacity K.

    m = K sqrt((p1 - p2) p2) below and K p1 / 2 above the critical ratio p1 = 2 p2.
    """
    high, low = max(pa, pb), min(pa, pb)
    capacity = tables.capacity[k]
    if low < 0.5 * high:
        return float(4.0 * (1.0 - (low / high) ** 2) / (capacity * capacity))
    return float((high + low) / (low * capacity * capacity))


@lean_kernel
def blower_lift(tables: GasTables, k: int, flow: float, pressure: float) -> tuple[float, float]:
    """Pressure a blower adds at a flow, and its derivative; nothing backwards."""
    first, last = tables.blower_first[k], tables.blower_first[k + 1]
    per_flow = tables.blower_volume[k] * z_at(tables, pressure) / pressure
    volume = per_flow * flow
    if volume < 0.0:
        return 0.0, 0.0
    lift = 0.0
    slope = 0.0
    for i in range(first, last):
        slope = slope * volume + lift
        lift = lift * volume + tables.blower_value[i]
    if lift < 0.0:
        return 0.0, 0.0
    return lift, slope * per_flow


@lean_kernel
def link_difference(
    structure: Structure, tables: GasTables, work: GasWork, k: int
) -> tuple[float, float]:
    """What the law of slot `k` wants of h_start - h_end at its present flow, and the gradient."""
    a, b = structure.start[k], structure.end[k]
    kind, state, flow = tables.kind[k], work.state[k], work.flow[k]
    pa, pb = work.pressure[a], work.pressure[b]
    lead = tables.scale[a]
    if kind == COMPRESSOR and state == RATIO:
        lifted = work.ratio[k] * (pa - tables.drop[k])
        if not tables.foreign:
            return lead * pa * pa - tables.scale[b] * lifted * lifted, 0.0
        _, _, lagged = loss_of(structure, tables, work, k)
        return lagged - (pa + pb) * (lifted - pa), 0.0
    if kind == REGULATOR and tables.capacity[k] > 0.0:
        factor = lead * full_open(tables, work, k, pa, pb)
        m = abs(flow)
        return factor * m * flow + _drop(tables, k, flow, pa, pb, lead), 2.0 * factor * m
    if kind == BLOWER:
        lift, slope = blower_lift(tables, k, flow, pa)
        _, _, lagged = loss_of(structure, tables, work, k)
        return lagged - lead * (pa + pb) * lift, -lead * (pa + pb) * slope
    loss, gradient, lagged = loss_of(structure, tables, work, k)
    if kind != 0:
        loss += _drop(tables, k, flow, pa, pb, lead)
    return loss + lagged, gradient


@lean_kernel
def _drop(tables: GasTables, k: int, flow: float, pa: float, pb: float, lead: float) -> float:
    drop = tables.drop[k]
    if drop == 0.0:
        return 0.0
    return float(lead * (pa + pb) * drop * max(-1.0, min(1.0, flow / SMALL_FLOW)))


@lean_kernel
def _plain_law(
    structure: Structure,
    tables: GasTables,
    work: GasWork,
    k: int,
    straight: bool,
    z0: float,
    z1: float,
) -> tuple[float, float, float]:
    """Gradient, loss and weight of the column by pandapipes' usual law, a factor without
    logarithms; Z is a straight line z0 + z1 p where `straight`."""
    a, b = structure.start[k], structure.end[k]
    pa, pb = work.pressure[a], work.pressure[b]
    total = pa + pb
    mean = 2.0 / 3.0 * (total - pa * pb / total)
    z = z0 + z1 * mean if straight else z_at(tables, mean)
    m = work.flow[k]
    square, line = tables.square[k] * abs(m), tables.line[k]
    factor = tables.base[k] * z
    height = 0.5 * total * tables.weight[k] * (work.dense[a] + work.dense[b])
    return factor * (2.0 * square + line), factor * (square + line) * m, height


@lean_kernel
def coefficients(structure: Structure, tables: GasTables, work: GasWork, floor: float) -> None:
    """Inverse and shift of every link; links that are closed or cut carry nothing."""
    inverse, shift, flow, state = work.inverse, work.shift, work.flow, work.state
    straight, z0, z1 = len(tables.z) == 1, tables.z[0], tables.z_slope
    for k in range(len(flow)):
        kind = tables.kind[k]
        if state[k] == OPEN and tables.plain[k] != 0:
            gradient, loss, height = _plain_law(structure, tables, work, k, straight, z0, z1)
            over = 1.0 / max(gradient, floor)
            inverse[k] = over
            shift[k] = (loss + height) * over
            continue
        if state[k] == OPEN or state[k] == RATIO:
            wanted, gradient = link_difference(structure, tables, work, k)
            gradient = max(gradient, floor)
            inverse[k] = 1.0 / gradient
            shift[k] = wanted / gradient
            continue
        inverse[k] = 0.0
        shift[k] = 0.0
        if state[k] != CONTROL:
            flow[k] = 0.0
        elif kind == FLOW:
            flow[k] = work.setting[k]


@lean_kernel
def worst_energy(structure: Structure, tables: GasTables, work: GasWork) -> tuple[float, int]:
    """The greatest miss of an open link's law as a difference of pressure (Pa), and its slot."""
    worst = 0.0
    slot = -1
    straight, z0, z1 = len(tables.z) == 1, tables.z[0], tables.z_slope
    for k in range(len(work.flow)):
        if work.state[k] != OPEN and work.state[k] != RATIO:
            continue
        a, b = structure.start[k], structure.end[k]
        if work.state[k] == OPEN and tables.plain[k] != 0:
            _, loss, height = _plain_law(structure, tables, work, k, straight, z0, z1)
            wanted = loss + height
        else:
            wanted, _ = link_difference(structure, tables, work, k)
        miss = abs(work.potential[a] - work.potential[b] - wanted)
        miss /= tables.scale[a] * (work.pressure[a] + work.pressure[b])
        if miss > worst:
            worst = miss
            slot = k
    return worst, slot
