"""Piecewise linear curves, stored end to end: curve c has points first[c] .. first[c + 1] - 1."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.types import F64, U32


@lean_kernel
def segment(first: U32, xs: F64, ys: F64, curve: int, x: float) -> tuple[float, float]:
    """Intercept and slope of the segment that holds `x`; the end segments go on beyond."""
    begin = first[curve]
    end = first[curve + 1]
    right = begin
    while right < end and xs[right] < x:
        right += 1
    if right == begin:
        right += 1
    elif right == end:
        right -= 1
    left = right - 1
    slope = (ys[right] - ys[left]) / (xs[right] - xs[left])
    return float(ys[left] - slope * xs[left]), float(slope)


@lean_kernel
def interpolate(xs: F64, ys: F64, begin: int, end: int, x: float) -> float:
    """y at `x`, the end values beyond the curve."""
    if x <= xs[begin]:
        return float(ys[begin])
    for i in range(begin + 1, end):
        if xs[i] >= x:
            dx = xs[i] - xs[i - 1]
            if abs(dx) < 1e-6:
                return float(ys[i])
            return float(ys[i] - (xs[i] - x) * (ys[i] - ys[i - 1]) / dx)
    return float(ys[end - 1])
