"""Pumps: their head gain as a negative drop. All results are (drop, gradient)."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.laws.curve import segment
from hydraulics.types import F64, U32

CLOSED_GRADIENT = 1e8
LEAST_GRADIENT = 1e-6


@lean_kernel
def power_pump(
    flow: float, shutoff: float, coefficient: float, exponent: float, speed: float, floor: float
) -> tuple[float, float]:
    """gain = w**2 * shutoff - coefficient * w**(2 - n) * q**n at the relative speed w.

    Linear where the gradient is below `floor`.
    """
    h0 = -speed * speed * shutoff
    n = 1.0 if abs(exponent - 1.0) < 1e-6 else exponent
    r = coefficient * speed ** (2.0 - n)
    if n == 1.0:
        return h0 + r * flow, r
    gradient = n * r * abs(flow) ** (n - 1.0)
    if gradient < floor:
        return h0 + floor * flow, floor
    return h0 + gradient * flow / n, gradient


@lean_kernel
def power_gain(flow: float, strength: float) -> tuple[float, float]:
    """gain = strength / q of a pump of constant power; strength = 8.814 * hp.

    At flows so small that the gradient passes 1e8 it acts closed, at flows so large that it falls
    below 1e-6 it acts open.
    """
    q = abs(flow)
    gradient = strength / q / q
    if gradient > CLOSED_GRADIENT:
        return CLOSED_GRADIENT * flow, CLOSED_GRADIENT
    if gradient < LEAST_GRADIENT:
        return LEAST_GRADIENT * flow, LEAST_GRADIENT
    return -strength / flow, gradient


@lean_kernel
def curve_pump(
    flow: float, speed: float, first: U32, xs: F64, ys: F64, curve: int
) -> tuple[float, float]:
    """gain from a piecewise linear curve of (q, gain), scaled by the affinity laws."""
    intercept, slope = segment(first, xs, ys, curve, abs(flow) / speed)
    gradient = -slope * speed
    return -intercept * speed * speed + gradient * flow, gradient
