"""The judge's own laws, SI: what an element should do at the heads and flow it was given."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.proof.tables import FOOT3, Proof
from hydraulics.tables import (
    ACTIVE,
    CONSTANT_POWER,
    GPV,
    MISSING,
    PBV,
    PCV,
    POWER_CURVE,
    PRV,
    PSV,
    TCV,
)
from hydraulics.types import F64, I64, U32
from hydraulics.us_units import FOOT_M

LN2 = 0.6931471805599453
MANTISSA = np.uint64((1 << 52) - 1)
MAGNITUDE = np.uint64((1 << 63) - 1)
SHIFT = np.uint64(52)
BIAS = np.uint64(1023)
ONE = np.uint64(1023 << 52)
"""Bits of 1.0."""
WHOLE = np.uint64(0x4330000000000000)
"""Bits of 2**52: a small whole number or-ed onto them makes the float 2**52 + number."""
WHOLE_OFFSET = 2.0**52 + 1023.0
ROUND = 1.5 * 2.0**52
"""Added and taken away again it rounds to a whole number, which stands in the low bits."""
T3, T5, T7, T9, T11, T13 = 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13
E3, E4, E5, E6 = 1 / 6, 1 / 24, 1 / 120, 1 / 720
E7, E8, E9, E10 = 1 / 5040, 1 / 40320, 1 / 362880, 1 / 3628800
STILL_PUMP = 1e-6
"""m3/s below which a pump of constant power stands."""
STILL_GPV = 1e-5
FLOW_AS_HEAD = 1e3
"""A missed flow setting counts as a metre a L/s, so that it shows beside heads."""
SHUT = 1e8 * FOOT_M / FOOT3**2
"""Drop over q**2 of a positional valve that is shut."""


@lean_kernel
def powers(x: F64, exponent: float, out: F64, bits: I64) -> None:
    """out = |x| ** exponent to 1e-10: each loop is free of calls, branches and of conversions
    between whole numbers and floats, which few processors have for vectors.

    x = m 2**e by its bits; log2 m as an area tangent about 1.5, 2**f by its series about 0.
    Below 1e-300 the result is next to nothing, not exactly zero.
    """
    whole, parts, marks = x.view(np.uint64), out.view(np.uint64), bits.view(np.uint64)
    for i in range(len(x)):
        size = whole[i] & MAGNITUDE
        marks[i] = (size >> SHIFT) | WHOLE
        parts[i] = (size & MANTISSA) | ONE
    scale = bits.view(np.float64)
    for i in range(len(x)):
        t = (out[i] - 1.5) / (out[i] + 1.5)
        s = t * t
        series = T9 + s * (T11 + s * T13)
        series = 1.0 + s * (T3 + s * (T5 + s * (T7 + s * series)))
        log2 = t * (2.0 / LN2) * series + 0.5849625007211562
        power = max(exponent * (scale[i] - WHOLE_OFFSET + log2), -1022.0)
        shifted = power + ROUND
        z = (power - (shifted - ROUND)) * LN2
        series = E6 + z * (E7 + z * (E8 + z * (E9 + z * E10)))
        series = 0.5 + z * (E3 + z * (E4 + z * (E5 + z * series)))
        out[i] = 1.0 + z * (1.0 + z * series)
        scale[i] = shifted
    for i in range(len(x)):
        marks[i] = (marks[i] + BIAS) << SHIFT
    for i in range(len(x)):
        out[i] *= scale[i]


@lean_kernel
def darcy_factor(reynolds: float, roughness: float) -> float:
    """64 / Re, Swamee and Jain from Re 4000 on, Dunlop's cubic between 2000 and 4000."""
    if reynolds <= 2000.0:
        return 64.0 / reynolds
    if reynolds >= 4000.0:
        return float(0.25 / math.log10(roughness / 3.7 + 5.74 / reynolds**0.9) ** 2)
    y2 = roughness / 3.7 + 5.74 / 4000.0**0.9
    y3 = -0.86859 * math.log(y2)
    fa = y3**-2.0
    fb = fa * (2.0 - 0.00514215 / (y2 * y3))
    r = reynolds / 2000.0
    x1, x2 = 7.0 * fa - fb, 0.128 - 17.0 * fa + 2.5 * fb
    x3, x4 = -0.128 + 13.0 * fa - 2.0 * fb, 0.032 - 3.0 * fa + 0.5 * fb
    return float(x1 + r * (x2 + r * (x3 + r * x4)))


@lean_kernel
def line(first: U32, xs: F64, ys: F64, curve: int, x: float) -> float:
    """A piecewise linear curve at `x`, its end pieces going on beyond."""
    k = int(first[curve]) + 1
    last = int(first[curve + 1]) - 1
    while k < last and xs[k] < x:
        k += 1
    return float(ys[k] + (ys[k] - ys[k - 1]) / (xs[k] - xs[k - 1]) * (x - xs[k]))


@lean_kernel
def pump_gap(proof: Proof, k: int, gain: float, flow: float, speed: float) -> float:
    """Metres between a running pump's gain and its curve's.

    A pump of constant power asks for endless head near zero flow: there it counts as standing.
    """
    p = proof.pump_row[k]
    kind = proof.pump_kind[p]
    w = speed
    if kind == CONSTANT_POWER:
        if abs(flow) < STILL_PUMP:
            return 0.0
        return float(abs(gain - proof.pump[p, 3] * w**3 / flow))
    if kind == POWER_CURVE:
        n = proof.pump[p, 2]
        law = w * w * proof.pump[p, 0] - proof.pump[p, 1] * w ** (2.0 - n) * abs(flow) ** n
    else:
        law = (
            w
            * w
            * line(proof.curve_first, proof.curve_x, proof.curve_y, proof.curve[k], abs(flow) / w)
        )
    return float(abs(gain - law))


@lean_kernel
def opening_loss(proof: Proof, k: int, opening: float) -> float:
    """Drop over q**2 of a positional valve: its fully open loss over the squared flow share.

    Beyond its last point a curve goes on as EPANET takes it.
    """
    if opening == MISSING or opening >= 100.0:
        return float(proof.minor[k])
    if opening <= 0.0:
        return SHUT
    share = opening
    curve = proof.curve[k]
    if curve >= 0:
        xs, ys = proof.curve_x, proof.curve_y
        begin, last = proof.curve_first[curve], proof.curve_first[curve + 1] - 1
        if opening < xs[begin]:
            share = opening / xs[begin] * ys[begin]
        elif opening > xs[last]:
            share = (opening - xs[last]) / (1.0 - xs[last]) * (1.0 - ys[last]) + ys[last]
        else:
            share = line(proof.curve_first, xs, ys, curve, opening)
    share = min(max(share / 100.0, 1e-6), 1.0)
    return float(min(proof.minor[k] / (share * share), SHUT))


@lean_kernel
def valve_gap(
    proof: Proof, k: int, h1: float, h2: float, q: float, status: int, setting: float
) -> float:
    """What an open valve misses: its law in metres, or the head or flow it should hold."""
    kind = proof.kind[k]
    drop = h1 - h2
    pull = q * abs(q)
    loss = abs(drop - proof.minor[k] * pull)
    if kind == GPV:
        if abs(q) <= STILL_GPV:
            return 0.0
        law = line(proof.curve_first, proof.curve_x, proof.curve_y, proof.curve[k], abs(q))
        return abs(drop - (law if q > 0.0 else -law))
    if setting == MISSING:
        return float(loss)
    if kind == PCV:
        return float(abs(drop - opening_loss(proof, k, setting) * pull))
    if kind == TCV:
        return float(abs(drop - setting * proof.kinetic[k] * pull))
    if kind == PBV:
        return float(min(abs(drop - setting), loss))
    if status == ACTIVE:
        if kind == PRV:
            return float(abs(h2 - proof.elevation[proof.end[k]] - setting))
        if kind == PSV:
            return float(abs(h1 - proof.elevation[proof.start[k]] - setting))
        return float(abs(q - setting) * FLOW_AS_HEAD)
    return float(loss)
