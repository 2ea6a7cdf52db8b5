"""Each link's law at its present flow, as the inverse gradient and drop over gradient."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.laws.curve import segment
from hydraulics.laws.friction import darcy_weisbach, power_law
from hydraulics.laws.pump import curve_pump, power_gain, power_pump
from hydraulics.laws.valve import LEAST, open_valve
from hydraulics.tables import (
    CHECK_VALVE,
    CLOSED,
    CLOSED_GRADIENT,
    CONSTANT_POWER,
    CURVE,
    DARCY_WEISBACH,
    FCV,
    GPV,
    GRADIENT_FLOOR,
    MISSING,
    PBV,
    PCV,
    PIPE,
    POWER_CURVE,
    PRV,
    PSV,
    PUMP,
    TCV,
    Settings,
    Tables,
    Work,
)
from hydraulics.types import F64, U32, Table

MINOR = 0.02517
"""8 / (g pi**2): head loss K v**2 / 2g as MINOR * K / d**4 * q**2, ft and cfs."""
TINY = 1e-6
HELD_GRADIENT = 1e-6
"""Of a valve that holds its drop, ft a cfs. EPANET's 1e-8 turns rounded heads into flows of 1e-6
cfs; the drop is the setting with either once flows stand still."""


@lean_kernel
def link_coefficients(tables: Tables, work: Work, settings: Settings) -> None:
    """Set `inverse` and `shift` of `Tables.others`; 0 for active pressure and flow valves, which
    `hydraulics.assembly` writes into the matrix by their own rule, and for dead links."""
    pumps = tables.pumps
    flows = work.flow
    status = work.status
    setting = work.setting
    inverse = work.inverse
    shift = work.shift
    dead_link = work.dead_link
    links = tables.links
    for k in tables.others:
        if dead_link[k]:
            inverse[k] = 0.0
            shift[k] = 0.0
            continue
        kind = links[k].kind
        flow = flows[k]
        if kind in (PIPE, CHECK_VALVE):
            if status[k] <= CLOSED:
                drop, gradient = CLOSED_GRADIENT * flow, CLOSED_GRADIENT
            elif settings.law == DARCY_WEISBACH:
                drop, gradient = darcy_weisbach(
                    flow,
                    links[k].resistance,
                    links[k].roughness,
                    links[k].scale,
                    links[k].minor,
                )
            else:
                drop, gradient = power_law(
                    flow, links[k].resistance, settings.exponent, links[k].minor, GRADIENT_FLOOR
                )
        elif kind == PUMP:
            drop, gradient = pump_law(
                pumps,
                links[k].extra,
                status[k],
                setting[k],
                flow,
                tables.curve_first,
                tables.curve_x,
                tables.curve_y,
            )
        elif (kind in (PRV, PSV, FCV)) and setting[k] != MISSING:
            inverse[k] = 0.0
            shift[k] = 0.0
            continue
        else:
            drop, gradient = valve_law(tables, work, k)
        inverse[k] = 1.0 / gradient
        shift[k] = drop / gradient


@lean_kernel
def pump_law(
    pumps: Table, p: int, status: int, speed: float, flow: float, first: U32, xs: F64, ys: F64
) -> tuple[float, float]:
    """Drop and gradient of pump row `p` at its relative speed."""
    if status <= CLOSED or speed == 0.0:
        return CLOSED_GRADIENT * flow, CLOSED_GRADIENT
    kind = pumps[p].kind
    if kind == POWER_CURVE:
        return power_pump(
            flow, pumps[p].shutoff, pumps[p].coefficient, pumps[p].exponent, speed, GRADIENT_FLOOR
        )
    if kind == CONSTANT_POWER:
        return power_gain(flow, pumps[p].coefficient * speed**3.0)
    if kind == CURVE:
        return curve_pump(flow, speed, first, xs, ys, pumps[p].curve)
    return LEAST * flow, LEAST


@lean_kernel
def valve_law(tables: Tables, work: Work, k: int) -> tuple[float, float]:
    """Drop and gradient of valve `k` when its own law (not a pressure or flow to hold) rules."""
    links = tables.links
    flow = work.flow[k]
    if work.status[k] <= CLOSED:
        return CLOSED_GRADIENT * flow, CLOSED_GRADIENT
    kind = links[k].kind
    minor = links[k].minor
    setting = work.setting[k]
    if kind == GPV:
        q = max(abs(flow), TINY)
        intercept, slope = segment(
            tables.curve_first, tables.curve_x, tables.curve_y, links[k].extra, q
        )
        slope = max(slope, TINY)
        drop = intercept + slope * q
        return (-drop if flow < 0.0 else drop), slope
    if kind == PBV and setting not in (MISSING, 0.0):
        if minor * flow * flow <= setting:
            return setting, HELD_GRADIENT
    elif kind == TCV and setting != MISSING:
        minor = MINOR * setting / links[k].diameter ** 4
    elif kind == PCV and setting != MISSING:
        minor = position_loss(tables, k, setting)
    return open_valve(flow, minor, GRADIENT_FLOOR)


@lean_kernel
def position_loss(tables: Tables, k: int, opening: float) -> float:
    """Loss coefficient of a positional valve `opening` per cent open.

    The curve gives the flow coefficient as a percentage of the fully open one; the loss grows with
    its inverse square. Without a curve they are proportional.
    """
    full = tables.links[k].minor
    if opening >= 100.0:
        return float(full)
    if opening <= 0.0:
        return CLOSED_GRADIENT
    curve = tables.links[k].extra
    ratio = opening
    if curve >= 0:
        begin = tables.curve_first[curve]
        last = tables.curve_first[curve + 1] - 1
        xs, ys = tables.curve_x, tables.curve_y
        if opening < xs[begin]:
            ratio = opening / xs[begin] * ys[begin]
        elif opening > xs[last]:
            ratio = (opening - xs[last]) / (1.0 - xs[last]) * (1.0 - ys[last]) + ys[last]
        else:
            intercept, slope = segment(tables.curve_first, xs, ys, curve, opening)
            ratio = intercept + slope * opening
    ratio = max(min(ratio / 100.0, 1.0), TINY)
    return float(min(full / (ratio * ratio), CLOSED_GRADIENT))
