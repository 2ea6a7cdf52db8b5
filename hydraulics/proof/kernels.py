"""One state judged: mass, energy and statuses in one pass over links, outflows over nodes."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import kernel, lean_kernel
from hydraulics.proof.flaws import SPLIT, closed_flaw, open_flaw, tank_flaw
from hydraulics.proof.laws import darcy_factor, powers, pump_gap, valve_gap
from hydraulics.proof.outflows import judge_outflows
from hydraulics.proof.tables import ENERGY, FLAWS, MASS, Limits, Proof, Verdict
from hydraulics.tables import (
    CLOSED,
    DARCY_WEISBACH,
    FCV,
    HAZEN_WILLIAMS,
    MISSING,
    PBV,
    PIPE,
    PRV,
    PSV,
    PUMP,
    Work,
)
from hydraulics.types import F64, U8
from hydraulics.us_units import FOOT_M


@lean_kernel
def clear(verdict: Verdict) -> None:
    """Nothing found yet."""
    verdict.worst[:] = 0.0
    verdict.where[:] = -1
    verdict.failed[:] = 0
    verdict.flaw[:] = 0


@lean_kernel
def proved(verdict: Verdict) -> bool:
    """Whether nothing is beyond the limits and no status contradicts its state."""
    worst = 0
    for i in range(len(verdict.failed)):
        worst = max(worst, verdict.failed[i])
    return worst == 0


@lean_kernel
def merge(total: Verdict, state: Verdict) -> None:
    """Keep the worse of each figure in `total`, and every flaw."""
    for i in range(len(total.worst)):
        if state.worst[i] > total.worst[i]:
            total.worst[i] = state.worst[i]
            total.where[i] = state.where[i]
    for i in range(len(total.failed)):
        total.failed[i] = max(total.failed[i], state.failed[i])
    if state.failed[FLAWS]:
        for k in range(len(total.flaw)):
            if total.flaw[k] == 0:
                total.flaw[k] = state.flaw[k]


@lean_kernel
def judge_work(
    proof: Proof, verdict: Verdict, work: Work, junctions: int, m3s_per_cfs: float, limits: Limits
) -> None:
    """`verdict` on the present state of a run whose tables are in the kernels' order.

    Cheap: 0.1 ms for 15,000 links. Nothing found before stays.
    """
    clear(verdict)
    taken = verdict.net
    for n in range(junctions):
        taken[n] = work.delivered[n] + work.emitted[n] + work.leaked[n]
    for n in range(junctions, len(taken)):
        taken[n] = work.inflow[n]
    judge_state(
        proof,
        verdict,
        work.head,
        work.reached,
        taken,
        work.flow,
        work.status,
        work.setting,
        work.held,
        FOOT_M,
        m3s_per_cfs,
        m3s_per_cfs,
        limits,
    )
    judge_outflows(
        proof,
        verdict,
        work.head,
        work.reached,
        work.demand,
        work.delivered,
        work.emitted,
        work.leaked,
        FOOT_M,
        m3s_per_cfs,
        limits,
    )


@lean_kernel
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
    limits: Limits,
) -> None:
    """Add mass, energy and statuses of one state to `verdict`.

    `head` times `metre` is m; `taken` (inflow of sources) and `flow` times `m3s` are m3/s; a node
    with `reached` 0 has no source. `setting` is in the kernels' units whatever the others are;
    `held` marks links a hand keeps closed. `taken` may be `verdict.net`.
    """
    if proof.law == HAZEN_WILLIAMS:
        powers(flow, 1.852, verdict.power, verdict.bits)
    scale = m3s**1.852
    lack = verdict.net
    for n in range(len(lack)):
        lack[n] = -taken[n] * m3s
    worst, at, most = 0.0, -1, 0.0
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
            _flaw(
                verdict, k, closed_flaw(proof, k, status[k], setting[k], held[k], h1, h2, q, limits)
            )
            continue
        lack[a] -= q
        lack[b] += q
        most = max(most, abs(q))
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
                _flaw(verdict, k, open_flaw(proof, k, status[k], MISSING, h1, h2, q, limits))
        else:
            level = _setting(kind, setting[k], m3s_per_cfs)
            _flaw(verdict, k, open_flaw(proof, k, status[k], level, h1, h2, q, limits))
            if kind == PUMP:
                gap = pump_gap(proof, k, -drop, q, level)
            else:
                gap = valve_gap(proof, k, h1, h2, q, status[k], level)
        if not gap <= worst:
            worst, at = (np.inf if math.isnan(gap) else gap), k
        if not gap <= limits.energy + limits.share * abs(drop):
            verdict.failed[ENERGY] += 1
        if proof.beside[k]:
            _flaw(verdict, k, tank_flaw(proof, k, h1, h2, q))
    if worst > verdict.worst[ENERGY]:
        verdict.worst[ENERGY] = worst
        verdict.where[ENERGY] = at
    _mass(verdict, reached, limits.mass + limits.share * most)


@lean_kernel
def _mass(verdict: Verdict, reached: U8, limit: float) -> None:
    worst, at = 0.0, -1
    for n in range(len(verdict.net)):
        if reached[n]:
            gap = abs(verdict.net[n])
            if not gap <= worst:
                worst, at = (np.inf if math.isnan(gap) else gap), n
            if not gap <= limit:
                verdict.failed[MASS] += 1
    if worst > verdict.worst[MASS]:
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
    limits: Limits,
) -> None:
    """Stacked states in SI, leading axis time; a head that is no number has no source."""
    reached = np.zeros(head.shape[1], dtype=np.uint8)
    for t in range(len(head)):
        for n in range(len(reached)):
            reached[n] = 0 if math.isnan(head[t, n]) else 1
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
            limits,
        )


@lean_kernel
def _flaw(verdict: Verdict, k: int, reason: int) -> None:
    if reason and verdict.flaw[k] == 0:
        verdict.flaw[k] = reason
        verdict.failed[FLAWS] += 1


@lean_kernel
def _setting(kind: int, setting: float, m3s_per_cfs: float) -> float:
    if setting == MISSING:
        return MISSING
    if kind in (PRV, PSV, PBV):
        return setting * FOOT_M
    return setting * m3s_per_cfs if kind == FCV else setting
