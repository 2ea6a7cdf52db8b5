"""Friction factors of gas pipes and what follows for the loss of a pipe.

Colebrook (1939); Hofer, gwf Gas/Erdgas 114 (1973); Nikuradse's rough pipe; Swamee and Jain (1976);
GB 50028-2006 6.2.5 takes Colebrook's factor and rounded constants, see `hydraulics.gas.bases`.
Our own laws are laminar up to Re 2000 and go over to the turbulent factor at Re 4000 in a straight
line. pandapipes has no laminar branch: its Nikuradse adds 64/Re to the rough factor, its other two
hold at any Re. Those are followed for the networks that ask for its laws.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel

COLEBROOK, ROUGH, HOFER, SWAMEE_JAIN, RAW = 0, 1, 2, 3, 8
"""Codes; RAW is added where a law holds at any Re as pandapipes has it."""
PANDAPIPES_NIKURADSE = ROUGH + RAW
LAMINAR, TURBULENT = 2000.0, 4000.0
LEAST = 10.0
"""Least Reynolds number at which a raw factor is taken: still gas has none."""
_LN10 = math.log(10.0)
_TURNS = 40


@lean_kernel
def turbulent_factor(code: int, reynolds: float, relative: float) -> tuple[float, float]:
    """lambda and d lambda / d Re of a law; `relative` is roughness over diameter."""
    if code == ROUGH:
        x = 2.0 * math.log10(3.71 / relative)
        return 1.0 / (x * x), 0.0
    if code == SWAMEE_JAIN:
        y = 5.74 / reynolds**0.9
        inner = relative / 3.7 + y
        x = math.log(inner) / _LN10
        factor = 0.25 / (x * x)
        return factor, factor * 2.0 * 0.9 * y / (reynolds * inner * _LN10 * x)
    if code == HOFER:
        deep = math.log(reynolds / 7.0) / _LN10
        inner = 4.518 * deep / reynolds + relative / 3.71
        x = -2.0 * math.log(inner) / _LN10
        slope = 4.518 * (1.0 / _LN10 - deep) / (reynolds * reynolds)
        return 1.0 / (x * x), 4.0 * slope / (x * x * x * inner * _LN10)
    # Colebrook: x = 1 / sqrt(lambda) by Newton from Swamee and Jain's
    a, b = relative / 3.71, 2.51 / reynolds
    x = -2.0 * math.log(relative / 3.7 + 5.74 / reynolds**0.9) / _LN10
    if x < 0.5:  # far below turbulence: from the left Newton cannot miss
        x = min(0.5, 0.5 * (1.0 - a) / b)
    for _ in range(_TURNS):
        inner = a + b * x
        change = (x + 2.0 * math.log(inner) / _LN10) / (1.0 + 2.0 * b / (inner * _LN10))
        x -= change
        if abs(change) <= 1e-13 * x:
            break
    inner = a + b * x
    slope = 2.0 * b * x / (reynolds * _LN10 * inner + 2.0 * b * reynolds)
    return 1.0 / (x * x), -2.0 * slope / (x * x * x)


@lean_kernel
def factor(code: int, reynolds: float, relative: float) -> tuple[float, float]:
    """lambda and d lambda / d Re of our own laws at any Re > 0."""
    if reynolds <= LAMINAR:
        return 64.0 / reynolds, -64.0 / (reynolds * reynolds)
    if reynolds >= TURBULENT:
        return turbulent_factor(code, reynolds, relative)
    high, _ = turbulent_factor(code, TURBULENT, relative)
    low = 64.0 / LAMINAR
    slope = (high - low) / (TURBULENT - LAMINAR)
    return low + slope * (reynolds - LAMINAR), slope


@lean_kernel
def pipe_loss(
    flow: float, code: int, per_flow: float, relative: float, slender: float, minor: float
) -> tuple[float, float]:
    """(lambda L/D + zeta) m |m| and its derivative.

    `per_flow` is Re a kg/s, `slender` L/D.
    """
    m = abs(flow)
    reynolds = per_flow * m
    if code < RAW and reynolds <= LAMINAR:
        linear = 64.0 * slender / per_flow
        return (linear + minor * m) * flow, linear + 2.0 * minor * m
    if code < RAW:
        value, slope = factor(code, reynolds, relative)
    elif code == PANDAPIPES_NIKURADSE:
        x = 2.0 * math.log10(1.0 / relative) + 1.14
        rough = slender / (x * x) + minor
        linear = 64.0 * slender / per_flow
        return (rough * m + linear) * flow, 2.0 * rough * m + linear
    elif reynolds < LEAST:
        value, slope = turbulent_factor(code - RAW, LEAST, relative)[0], 0.0
    else:
        value, slope = turbulent_factor(code - RAW, reynolds, relative)
    total = value * slender + minor
    return total * m * flow, 2.0 * total * m + slope * per_flow * slender * m * m
