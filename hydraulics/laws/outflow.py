"""Outflows that depend on pressure, written as a drop: emitters and pressure-driven demands."""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel

BARRIER = 1e9
SOFTNESS = 1e-6
LEAST_EMITTER = 1e-6


@lean_kernel
def emitter(
    flow: float, coefficient: float, exponent: float, floor: float, backflow: bool
) -> tuple[float, float]:
    """Pressure head over an emitter: coefficient * q**exponent, exponent = 1 / n.

    Without `backflow` a barrier keeps the flow from turning negative.
    """
    gradient = exponent * max(LEAST_EMITTER, coefficient) * abs(flow) ** (exponent - 1.0)
    if gradient < floor:
        gradient = floor / exponent
        drop = gradient * flow
    else:
        drop = gradient * flow / exponent
    if not backflow:
        a = BARRIER * flow
        b = math.sqrt(a * a + SOFTNESS)
        drop += (a - b) / 2.0
        gradient += BARRIER / 2.0 * (1.0 - a / b)
    return drop, gradient


@lean_kernel
def pressure_demand(flow: float, full: float, span: float, exponent: float) -> tuple[float, float]:
    """Pressure head above the minimum that delivers `flow` of the demand `full` > 0.

    span * (q / full)**exponent between 0 and full, with steep barriers at both ends;
    exponent = 1 / Wagner's exponent.
    """
    gradient = exponent * span * (abs(flow) / full) ** (exponent - 1.0) / full
    drop = gradient * flow / exponent
    a = BARRIER * flow
    b = math.sqrt(a * a + SOFTNESS)
    drop += (a - b) / 2.0
    gradient += BARRIER / 2.0 * (1.0 - a / b)
    a = BARRIER * (flow - full)
    b = math.sqrt(a * a + SOFTNESS)
    drop += (a + b) / 2.0
    gradient += BARRIER / 2.0 * (1.0 + a / b)
    return drop, gradient
