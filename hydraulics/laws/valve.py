"""An open valve's loss: minor * q**2, linear near zero flow."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel

LEAST = 1e-6
"""Gradient (ft/cfs) of an open valve that has no loss coefficient."""


@lean_kernel
def open_valve(flow: float, minor: float, floor: float) -> tuple[float, float]:
    """Drop and gradient of an open or throttled valve, ft and ft/cfs.

    Without a coefficient an open valve is a straight line of gradient 1e-6.
    """
    if minor <= 0.0:
        return LEAST * flow, LEAST
    gradient = 2.0 * minor * abs(flow)
    if gradient < floor:
        gradient = floor / 2.0
        return flow * gradient, gradient
    return flow * gradient / 2.0, gradient
