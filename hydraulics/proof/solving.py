"""A solve with its proof: what is not proved is tried again by other ways, or flagged.

The first solve takes EPANET's way, so that a right answer is EPANET's answer. Where the judge
turns it down - accepted at a large head error, a valve that holds a pressure and cuts off the
water behind it, statuses that went round in circles - the present state is refined, then the
network is solved afresh from other statuses, and the first proved state is taken. If none is
proved the first answer stays, flagged.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from hydraulics.compiled import kernel, lean_kernel
from hydraulics.energy import Ledger, measure_power
from hydraulics.newton import balance_network
from hydraulics.proof.kernels import judge_work, merge, proved
from hydraulics.proof.repair import CIRCLES, WAYS, kept, prepare, put_back
from hydraulics.proof.tables import Limits, Proof, Verdict
from hydraulics.tables import ACTIVE, PSV, XPRESSURE, Settings, Tables, Work

REFINED = 1e-3
"""Of the accuracy asked for, to which a state that is not proved is refined."""
FINEST = 1e-9
ENOUGH = 1e-3
"""A relative change of flows with which a proved state is accepted: EPANET's usual accuracy."""


class Witness(NamedTuple):
    """What a run carries to have its states judged; never shared between threads."""

    proof: Proof
    state: Verdict
    total: Verdict
    limits: Limits
    m3s_per_cfs: float
    ledger: Ledger


@lean_kernel
def solve_proved(
    tables: Tables, work: Work, settings: Settings, junctions: int, witness: Witness
) -> tuple[int, float, int, bool]:
    """Solve for the present boundary and judge the state; `witness.total` keeps the worst.

    Returns iterations, relative flow change, the singular node row or -1, and whether the state
    is proved.
    """
    for k in tables.valves:
        if tables.links[k].kind == PSV and work.status[k] == XPRESSURE:
            work.status[k] = ACTIVE
    total, error, singular = balance_network(tables, work, settings, junctions)
    good = _judged(work, junctions, witness, settings.accuracy, error, singular)
    if not good:
        count, error, singular, good = _other_ways(
            tables, work, settings, junctions, witness, error, singular
        )
        total += count
    if singular < 0 and math.isfinite(error):
        merge(witness.total, witness.state)
        measure_power(tables, work, witness.ledger, witness.m3s_per_cfs)
    return total, error, singular, good


@kernel
def _other_ways(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    witness: Witness,
    first_error: float,
    first_singular: int,
) -> tuple[int, float, int, bool]:
    """The first way that leads to a proved state, or the present state as it was."""
    first = kept(work)
    total = 0
    for way in range(WAYS):
        if not prepare(tables, work, junctions, witness.proof, witness.state, way):
            continue
        count, error, singular = balance_network(tables, work, _otherwise(settings, way), junctions)
        total += count
        if _judged(work, junctions, witness, settings.accuracy, error, singular):
            return total, error, singular, True
    put_back(work, first)
    _judged(work, junctions, witness, settings.accuracy, first_error, first_singular)
    return total, first_error, first_singular, False


@lean_kernel
def _judged(
    work: Work, junctions: int, witness: Witness, accuracy: float, error: float, singular: int
) -> bool:
    if singular >= 0 or not math.isfinite(error):
        return False
    judge_work(witness.proof, witness.state, work, junctions, witness.m3s_per_cfs, witness.limits)
    return bool(error <= max(accuracy, ENOUGH) and proved(witness.state))


@lean_kernel
def _otherwise(s: Settings, way: int) -> Settings:
    """Settings of another way: finer, and damped where statuses went round in circles."""
    return Settings(
        s.law,
        s.exponent,
        min(s.trials, 100),
        0,
        max(min(s.accuracy, REFINED) * REFINED, FINEST),
        s.head_error,
        s.flow_change,
        s.check_frequency,
        max(s.maximum_check, 100),
        max(s.damp_limit, 0.01) if way >= CIRCLES else s.damp_limit,
        s.pressure_driven,
        s.least_pressure,
        s.required_pressure,
        s.demand_exponent,
        s.emitter_exponent,
        s.backflow,
        s.demand_factor,
        s.pattern_step,
        s.pattern_start,
        s.hydraulic_step,
        s.start_clock,
        s.rule_step,
    )
