"""One state judged: mass, energy, outflows and statuses, in one pass over links and nodes."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import kernel
from hydraulics.proof.flaws import SPLIT, closed_flaw, open_flaw, tank_flaw
from hydraulics.proof.laws import darcy_factor, line, opening_loss, powers, pump_gap
from hydraulics.proof.tables import Proof, Verdict
from hydraulics.tables import (
    ACTIVE,
    CLOSED,
    DARCY_WEISBACH,
    FCV,
    GPV,
    HAZEN_WILLIAMS,
    MISSING,
    PBV,
    PCV,
    PIPE,
    PRV,
    PSV,
    PUMP,
    TCV,
)
from hydraulics.types import F64, U8
from hydraulics.us_units import FOOT_M

MASS, ENERGY, OUTFLOW = range(3)
FLOW_AS_HEAD = 1e3
"""A missed flow setting counts as a metre a L/s, so that it shows beside heads."""
STILL_GPV = 1e-5


@kernel
def judge_state(
    proof: Proof,
    verdict: Verdict,
    head: F64,
    reached: U8,
    taken: F64,
    flow: F64,
    status: U8,
    setting: F64,
    held: U8,
    metre: float,
    m3s: float,
    m3s_per_cfs: float,
    slack: float,
) -> None:
    """Add one state to `verdict`.

    `head` times `metre` is m, `taken` (inflow of sources) and `flow` times `m3s` are m3/s; a node
    with `reached` 0 has no source. `setting` is in the kernels' units whatever the others are.
    Statuses are judged with `slack` m to spare.
    """
    if proof.law == HAZEN_WILLIAMS:
        powers(flow, 1.852, verdict.power, verdict.bits)
    scale = m3s**1.852
    net = verdict.net
    net[:] = 0.0
    worst, at = verdict.worst[ENERGY], -1
    kinds, starts, ends = proof.kind, proof.start, proof.end
    for k in range(len(starts)):
        a, b = starts[k], ends[k]
        kind = kinds[k]
        shut = status[k] <= CLOSED or (kind == PUMP and setting[k] == 0.0)
        if not (reached[a] and reached[b]):
            if reached[a] != reached[b] and not shut:
                _flaw(verdict, k, SPLIT)
            continue
        h1, h2 = head[a] * metre, head[b] * metre
        q = flow[k] * m3s
        if shut:
            found = closed_flaw(proof, k, status[k], setting[k], held[k], h1, h2, q, slack)
            if found:
                _flaw(verdict, k, found)
            continue
        net[a] -= q
        net[b] += q
        drop = h1 - h2
        if kind <= PIPE:
            if proof.law == HAZEN_WILLIAMS:
                law = proof.friction[k] * scale * verdict.power[k]
            elif proof.law == DARCY_WEISBACH:
                reynolds = max(abs(q) * proof.reynolds[k], 1e-9)
                law = proof.friction[k] * q * q * darcy_factor(reynolds, proof.rough[k])
            else:
                law = proof.friction[k] * q * q
            law += proof.minor[k] * q * q
            gap = abs(abs(drop) - law) if drop * q >= 0.0 else abs(drop) + law
            if kind < PIPE and q < 0.0:
                found = open_flaw(proof, k, status[k], MISSING, h1, h2, q, slack)
                if found:
                    _flaw(verdict, k, found)
        else:
            level = _setting(kind, setting[k], m3s_per_cfs)
            found = open_flaw(proof, k, status[k], level, h1, h2, q, slack)
            if found:
                _flaw(verdict, k, found)
            if kind == PUMP:
                gap = pump_gap(proof, k, -drop, q, level)
            else:
                gap = _valve_gap(proof, k, h1, h2, q, status[k], level)
        if not gap <= worst:
            worst, at = (np.inf if math.isnan(gap) else gap), k
        if not (proof.junction[a] and proof.junction[b]):
            found = tank_flaw(proof, k, h1, h2, q)
            if found:
                _flaw(verdict, k, found)
    if at >= 0:
        verdict.worst[ENERGY] = worst
        verdict.where[ENERGY] = at
    worst, at = verdict.worst[MASS], -1
    for n in range(len(net)):
        if reached[n]:
            gap = abs(net[n] - taken[n] * m3s)
            if not gap <= worst:
                worst, at = (np.inf if math.isnan(gap) else gap), n
    if at >= 0:
        verdict.worst[MASS] = worst
        verdict.where[MASS] = at


@kernel
def judge_states(
    proof: Proof,
    verdict: Verdict,
    head: F64,
    taken: F64,
    flow: F64,
    status: U8,
    setting: F64,
    held: U8,
    m3s_per_cfs: float,
    slack: float,
) -> None:
    """Stacked states in SI, leading axis time; a head that is no number has no source."""
    reached = np.zeros(head.shape[1], dtype=np.uint8)
    for t in range(len(head)):
        for n in range(len(reached)):
            reached[n] = 1 if head[t, n] == head[t, n] else 0
        judge_state(
            proof,
            verdict,
            head[t],
            reached,
            taken[t],
            flow[t],
            status[t],
            setting[t],
            held,
            1.0,
            1.0,
            m3s_per_cfs,
            slack,
        )


@kernel
def _flaw(verdict: Verdict, k: int, reason: int) -> None:
    if verdict.flaw[k] == 0:
        verdict.flaw[k] = reason
        verdict.flaws[0] += 1


@kernel
def _setting(kind: int, setting: float, m3s_per_cfs: float) -> float:
    if setting == MISSING:
        return MISSING
    if kind in (PRV, PSV, PBV):
        return setting * FOOT_M
    return setting * m3s_per_cfs if kind == FCV else setting


@kernel
def _valve_gap(
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
