"""The lanes at work: every turn is one iteration of all lanes, then each lane goes its own way.

A lane whose solve has ended writes its state, steps its time or takes the next case; no lane waits
for another, and each does exactly the arithmetic it would do alone. What the lanes cannot settle
(a singular system, a state that is not proved) they give up: the single engine has ways for it.
"""

from __future__ import annotations

import math

import numpy as np

from hydraulics.batch.lane_case import (
    calm_copy,
    calm_work,
    copy_to,
    lane_demands,
    take_case,
    write_state,
)
from hydraulics.batch.lane_iteration import DAMPING, LARGEST, MOVED, SUM, iterate
from hydraulics.batch.lane_proof import case_ledger, empty_verdict, keep_verdict, with_emitters
from hydraulics.batch.lane_supply import count_cut, mark_gone
from hydraulics.batch.lanes import Lanes, lane_work, new_lanes
from hydraulics.batch.plan import Plan
from hydraulics.batch.records import (
    DONE,
    ITERATIONS,
    LAST,
    SOLVES,
    UNPROVED,
    Base,
    Cases,
    Geometry,
    Out,
)
from hydraulics.batch.vector import WIDTH
from hydraulics.compiled import inner_kernel, kernel
from hydraulics.controls import apply_controls, fill_tanks, pressure_controls
from hydraulics.energy import HOUR, Ledger, add_energy, measure_power
from hydraulics.laws.power import power
from hydraulics.newton import PASSES
from hydraulics.proof.kernels import judge_work, proved
from hydraulics.proof.solving import ENOUGH
from hydraulics.proof.tables import Limits, Proof, Verdict
from hydraulics.rules import through_rules
from hydraulics.status import check_links, check_pressure_valves
from hydraulics.stepping import next_step
from hydraulics.tables import (
    ACTIVE,
    FLOW_TOLERANCE,
    PSV,
    XPRESSURE,
    Settings,
    Tables,
    Work,
)
from hydraulics.types import F64, U32

RELAXED = 0.6
CALM = 0.001
"""A relative change of flows up to which statuses are judged between iterations. A case starts far
from its state; what heads and flows say before that would turn pumps and valves to and fro."""
GOING, ENDED, LOST = range(3)
"""What a turn comes to for a lane: it iterates on, its solve has ended, it is given up."""


@kernel
def work_off(
    tables: Tables,
    plan: Plan,
    settings: Settings,
    junctions: int,
    base: Base,
    cases: Cases,
    geometry: Geometry,
    proof: Proof,
    limits: Limits,
    ledger: Ledger,
    strict: bool,
    first: int,
    stride: int,
    out: Out,
) -> None:
    """Solve cases first, first + stride, ... of a chunk in one block of lanes.

    `strict` gives up cases with a state that is not proved; otherwise they are flagged.
    """
    lanes = new_lanes(tables, plan)
    calm = calm_work(tables)
    room = np.zeros(len(tables.nodes), dtype=np.uint32)
    verdict = empty_verdict(len(tables.nodes), len(tables.links))
    leaks = proof.emitter.copy()
    flowing = with_emitters(proof, leaks, proof.backflow)
    one_way = with_emitters(proof, leaks, False)
    _work(
        tables,
        plan,
        settings,
        junctions,
        base,
        cases,
        geometry,
        flowing,
        one_way,
        proof.emitter,
        leaks,
        verdict,
        limits,
        ledger,
        strict,
        first,
        stride,
        lanes,
        calm,
        room,
        out,
    )


@inner_kernel
def _work(
    tables: Tables,
    plan: Plan,
    settings: Settings,
    junctions: int,
    base: Base,
    cases: Cases,
    geometry: Geometry,
    flowing: Proof,
    one_way: Proof,
    emitter: F64,
    leaks: F64,
    verdict: Verdict,
    limits: Limits,
    ledger: Ledger,
    strict: bool,
    first: int,
    stride: int,
    lanes: Lanes,
    calm: Work,
    room: U32,
    out: Out,
) -> None:
    """The loop of `work_off`, which makes the arrays. `leaks` are the emitters that `flowing` and
    `one_way` (without backflow) see; `emitter` are those of the network."""
    total = len(cases.factor)
    waiting = first
    active = WIDTH
    for lane in range(WIDTH):
        if waiting < total:
            _take(tables, plan, lanes, lane, settings, junctions, base, cases, waiting, geometry)
            waiting += stride
        else:
            active -= 1
    while active > 0:
        iterate(tables, plan, lanes, settings, junctions)
        for lane in range(WIDTH):
            if lanes.slot[lane] < 0:
                continue
            case = lanes.slot[lane]
            work = lane_work(lanes, lane)
            end = _turn(
                tables, plan, lanes, lane, work, calm, settings, junctions, cases, room, out
            )
            if end == GOING:
                continue
            if end == ENDED:
                judged = flowing if lanes.backflow[lane] else one_way
                begin, after = cases.leak_first[case], cases.leak_first[case + 1]
                for i in range(begin, after):
                    leaks[cases.leak_node[i]] = cases.leak_si[i]
                judge_work(judged, verdict, calm, junctions, geometry.m3s_per_cfs, limits)
                for i in range(begin, after):
                    leaks[cases.leak_node[i]] = emitter[cases.leak_node[i]]
                good = out.change[case] <= max(settings.accuracy, ENOUGH) and proved(verdict)
                keep_verdict(out, case, verdict)
                account = case_ledger(ledger, out, case)
                measure_power(tables, calm, account, geometry.m3s_per_cfs)
                out.counts[case, SOLVES] += 1
                if not good:
                    out.counts[case, UNPROVED] += 1
                if good or not strict:
                    _write_due(lanes, lane, calm, junctions, geometry, good, out)
                    if lanes.report[lane] < len(geometry.times):
                        _step(
                            tables,
                            plan,
                            lanes,
                            lane,
                            work,
                            calm,
                            settings,
                            junctions,
                            geometry,
                            account,
                        )
                        _begin(tables, plan, lanes, lane, settings, junctions, cases)
                        continue
                    if len(geometry.times) == 1 and lanes.time[lane] == 0.0:
                        add_energy(tables, work, settings, account, 0.0, HOUR)
                    out.counts[case, DONE] = 1
            if waiting < total:
                _take(
                    tables, plan, lanes, lane, settings, junctions, base, cases, waiting, geometry
                )
                waiting += stride
            else:
                lanes.slot[lane] = -1
                active -= 1


@inner_kernel
def _take(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    settings: Settings,
    junctions: int,
    base: Base,
    cases: Cases,
    case: int,
    geometry: Geometry,
) -> None:
    take_case(tables, plan, lanes, lane, settings, junctions, base, cases, case, geometry.start)
    lanes.slot[lane] = case
    _begin(tables, plan, lanes, lane, settings, junctions, cases)


@inner_kernel
def _whole(time: float) -> float:
    """The clock is kept to the millisecond."""
    return math.floor(time * 1000.0 + 0.5) / 1000.0


@inner_kernel
def _write_due(
    lanes: Lanes,
    lane: int,
    calm: Work,
    junctions: int,
    geometry: Geometry,
    good: bool,
    out: Out,
) -> None:
    """Write the state for every report time it is due at."""
    times = geometry.times
    while lanes.report[lane] < len(times):
        t = lanes.report[lane]
        if lanes.time[lane] < _whole(times[t]):
            break
        write_state(lanes, lane, calm, junctions, geometry, out)
        if not good:
            out.unproved[lanes.slot[lane], t] = 1
        lanes.report[lane] = t + 1


@inner_kernel
def _step(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    work: Work,
    calm: Work,
    settings: Settings,
    junctions: int,
    geometry: Geometry,
    account: Ledger,
) -> None:
    """On to the next event, as `hydraulics.stepping.run_until`. Pressure-driven demands start from
    the share they got before."""
    time = lanes.time[lane]
    stop = _whole(geometry.times[lanes.report[lane]])
    step = next_step(tables, work, settings, junctions, time, stop)
    if len(tables.rules) > 0:
        step = through_rules(tables, work, settings, junctions, time, step)
    else:
        fill_tanks(tables, work, junctions, step)
    add_energy(tables, work, settings, account, time, step)
    time = _whole(time + step)
    lanes.time[lane] = time
    lane_demands(tables, lanes, lane, work, settings, junctions, time)
    apply_controls(tables, work, settings, junctions, time)
    if settings.pressure_driven:
        for n in range(junctions):
            if calm.demand[n] > 0.0 and not calm.dead[n]:
                work.delivered[n] = work.demand[n] * (calm.delivered[n] / calm.demand[n])


@inner_kernel
def _begin(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    settings: Settings,
    junctions: int,
    cases: Cases,
) -> None:
    """A solve begins: `hydraulics.proof.solving` and `hydraulics.newton.balance_network`."""
    work = lane_work(lanes, lane)
    for k in tables.valves:
        if tables.links[k].kind == PSV and work.status[k] == XPRESSURE:
            work.status[k] = ACTIVE
    case = lanes.slot[lane]
    hands = cases.hold_link[cases.hold_first[case] : cases.hold_first[case + 1]]
    mark_gone(tables, plan, lanes, lane, work, junctions, hands, False)
    lanes.attempt[lane] = 0
    _begin_pass(lanes, lane, settings)


@inner_kernel
def _begin_pass(lanes: Lanes, lane: int, settings: Settings) -> None:
    lanes.iteration[lane] = 1
    lanes.next_check[lane] = settings.check_frequency
    lanes.change[DAMPING, lane] = 1.0


@inner_kernel
def _turn(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    work: Work,
    calm: Work,
    settings: Settings,
    junctions: int,
    cases: Cases,
    room: U32,
    out: Out,
) -> int:
    """What follows an iteration, as in `hydraulics.newton`; `calm` gets a state that has ended."""
    case = lanes.slot[lane]
    total, moved = lanes.change[SUM, lane], lanes.change[MOVED, lane]
    error = moved / total if total > settings.accuracy else moved
    iteration = lanes.iteration[lane]
    if lanes.singular[lane] >= 0 or not math.isfinite(error):
        return LOST
    hands = cases.hold_link[cases.hold_first[case] : cases.hold_first[case + 1]]
    lanes.change[DAMPING, lane] = 1.0
    changed = False
    if settings.damp_limit > 0.0:
        if error <= settings.damp_limit:
            lanes.change[DAMPING, lane] = RELAXED
            changed = check_pressure_valves(tables, work)
    elif error <= CALM:
        changed = check_pressure_valves(tables, work)
    ended = iteration >= settings.trials + settings.more_trials
    copied = error <= settings.accuracy
    if copied:
        calm_copy(lanes, lane, calm)
    if copied and _settled(tables, calm, settings, junctions, lanes.change[LARGEST, lane]):
        if iteration > settings.trials:
            ended = True
        else:
            if not changed and check_links(tables, work, junctions):
                changed = True
            if pressure_controls(tables, work, junctions):
                mark_gone(tables, plan, lanes, lane, work, junctions, hands, False)
                changed = True
            ended = ended or not changed
            lanes.next_check[lane] = iteration + settings.check_frequency
    elif (
        lanes.next_check[lane] <= iteration <= settings.maximum_check
        and error <= CALM
        and not changed
    ):
        check_links(tables, work, junctions)
        lanes.next_check[lane] = iteration + settings.check_frequency
    if not ended:
        lanes.iteration[lane] = iteration + 1
        return GOING
    if changed or not copied:
        calm_copy(lanes, lane, calm)
    out.counts[case, ITERATIONS] += iteration
    out.counts[case, LAST] = iteration + (out.counts[case, LAST] if lanes.attempt[lane] > 0 else 0)
    out.change[case] = error
    lanes.attempt[lane] += 1
    spoiling = count_cut(tables, plan, lanes, lane, work, junctions, hands, room)
    if spoiling == 0 or lanes.attempt[lane] >= PASSES:
        copy_to(calm.reached, lanes.reached[lane])
        return ENDED
    mark_gone(tables, plan, lanes, lane, work, junctions, hands, True)
    _begin_pass(lanes, lane, settings)
    return GOING


@inner_kernel
def _settled(
    tables: Tables, work: Work, settings: Settings, junctions: int, largest: float
) -> bool:
    """Whether a state whose flows stand still meets the other conditions too."""
    if settings.flow_change > 0.0 and largest > settings.flow_change:
        return False
    if settings.pressure_driven:
        span = settings.required_pressure - settings.least_pressure
        for n in range(junctions):
            full = work.demand[n]
            if full <= 0.0 or work.dead[n]:
                continue
            pressure = work.head[n] - tables.nodes[n].elevation - settings.least_pressure
            if pressure <= 0.0:
                want = 0.0
            elif pressure >= span:
                want = full
            else:
                want = full * power(pressure / span, settings.demand_exponent)
            if abs(want - work.delivered[n]) > FLOW_TOLERANCE:
                return False
    return True
