"""What leaves at junctions judged by its own laws: demand, emitters, leakage. SI.

Near zero pressure these laws are endlessly steep, so an outflow is right when it lies between
what the law gives a millimetre below and a millimetre above the pressure.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.proof.tables import GRAVITY, OUTFLOW, Limits, Proof, Verdict
from hydraulics.types import F64, U8

ORIFICE = 0.6 * math.sqrt(2.0 * GRAVITY)
MARGIN = 1e-3
"""m."""


@lean_kernel
def judge_outflows(
    proof: Proof,
    verdict: Verdict,
    head: F64,
    reached: U8,
    demand: F64,
    delivered: F64,
    emitted: F64,
    leaked: F64,
    metre: float,
    m3s: float,
    limits: Limits,
) -> None:
    """Add the outflows of one state to `verdict`.

    `head` times `metre` is m, flows times `m3s` are m3/s. `demand` is the full demand of
    junctions, `delivered` what they get.
    """
    worst, at = 0.0, -1
    for n in range(len(head)):
        if not (reached[n] and proof.junction[n]):
            continue
        full, got = demand[n] * m3s, delivered[n] * m3s
        emitter = proof.emitter[n]
        gap = abs(got - full)
        leaks = proof.leaks[n]
        if emitter == 0.0 and gap == 0.0 and not leaks:
            continue
        p = head[n] * metre - proof.elevation[n]
        # Far above the required pressure the law gives the full demand on both sides.
        if proof.pressure_driven and full > 0.0 and not p - MARGIN >= proof.required[n]:
            low = _wagner(proof, n, p - MARGIN) * full
            high = _wagner(proof, n, p + MARGIN) * full
            gap = max(low - got, got - high, 0.0)
        if emitter > 0.0:
            low = _emitter(proof, n, p - MARGIN)
            high = _emitter(proof, n, p + MARGIN)
            out = emitted[n] * m3s
            gap = max(gap, low - out, out - high)
        if leaks:
            low = _leak(proof, n, p - MARGIN)
            high = _leak(proof, n, p + MARGIN)
            out = leaked[n] * m3s
            gap = max(gap, low - out, out - high)
        if not gap <= worst:
            worst, at = (math.inf if math.isnan(gap) else gap), n
        if not gap <= limits.outflow + limits.share * abs(got + emitted[n] * m3s):
            verdict.failed[OUTFLOW] += 1
    if worst > verdict.worst[OUTFLOW]:
        verdict.worst[OUTFLOW] = worst
        verdict.where[OUTFLOW] = at


@lean_kernel
def _wagner(proof: Proof, n: int, pressure: float) -> float:
    """Share of a demand delivered: 0 up to the least pressure, 1 from the required one on."""
    share = (pressure - proof.least[n]) / (proof.required[n] - proof.least[n])
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    return math.sqrt(share) if proof.exponent[n] == 0.5 else float(share ** proof.exponent[n])


@lean_kernel
def _emitter(proof: Proof, n: int, pressure: float) -> float:
    """coefficient * p**n; inwards below zero pressure where backflow is on."""
    if pressure < 0.0:
        if not proof.backflow:
            return 0.0
        return float(-proof.emitter[n] * (-pressure) ** proof.emitter_exponent)
    return float(proof.emitter[n] * pressure**proof.emitter_exponent)


@lean_kernel
def _leak(proof: Proof, n: int, pressure: float) -> float:
    """Orifice flow through an area that grows with pressure."""
    if pressure <= 0.0:
        return 0.0
    area = proof.leak_area[n] + proof.leak_growth[n] * pressure
    return float(ORIFICE * area * math.sqrt(pressure))
