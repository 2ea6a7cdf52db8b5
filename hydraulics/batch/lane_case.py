"""A case comes into a lane, and its states go out of it."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.batch.lanes import Lanes, lane_work
from hydraulics.batch.plan import Plan
from hydraulics.batch.records import CUT, LOW, Base, Cases, Geometry, Out
from hydraulics.compiled import inner_kernel, kernel
from hydraulics.controls import (
    apply_controls,
    ask_by_patterns,
    follow_patterns,
    pattern_factors,
    pattern_period,
)
from hydraulics.tables import CLOSED, STILL, Settings, Tables, Work
from hydraulics.types import Table
from hydraulics.us_units import FOOT_M


@inner_kernel
def take_case(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    settings: Settings,
    junctions: int,
    base: Base,
    cases: Cases,
    case: int,
    start: float,
) -> None:
    """Put a case into a lane at its first instant, from the base's solution."""
    work = lane_work(lanes, lane)
    status, flow, dead_link = work.status, work.flow, work.dead_link
    for k in range(len(status)):
        status[k] = base.status[k]
        flow[k] = base.flow[k]
        dead_link[k] = 0
    copy_to(work.setting, base.setting)
    work.held[:] = 0
    work.dead[:] = 0
    work.reached[:] = 1
    lanes.gone_count[lane] = 0
    for i in range(cases.hold_first[case], cases.hold_first[case + 1]):
        k = cases.hold_link[i]
        status[k] = cases.hold_status[i]
        work.setting[k] = cases.hold_setting[i]
        work.held[k] = 1
    work.factor[:] = cases.factor[case]
    for i in range(cases.part_first[case], cases.part_first[case + 1]):
        work.factor[cases.part_node[i]] *= cases.part_factor[i]
    work.inflow[:] = 0.0
    for i in range(len(tables.sources)):
        work.head[junctions + i] = base.start_head[i]
        work.volume[i] = tables.sources[i].volume
    lane_demands(tables, lanes, lane, work, settings, junctions, start)
    apply_controls(tables, work, settings, junctions, start)
    for k in plan.fickle:
        same = status[k] == base.given_status[k] and work.setting[k] == base.given_setting[k]
        if same and not work.held[k]:
            status[k] = base.solved_status[k]
            work.setting[k] = base.solved_setting[k]
        _start_flow(base, work, k)
    for i in range(cases.hold_first[case], cases.hold_first[case + 1]):
        _start_flow(base, work, cases.hold_link[i])
    _start_outflows(tables, plan, lanes, lane, work, settings, junctions, base, cases, case)
    lanes.time[lane] = start
    lanes.report[lane] = 0


@inner_kernel
def lane_demands(
    tables: Tables,
    lanes: Lanes,
    lane: int,
    work: Work,
    settings: Settings,
    junctions: int,
    time: float,
) -> None:
    """`hydraulics.controls.apply_patterns` for a lane. What the file asks for in a pattern step is
    the same in all lanes and kept for the next that asks."""
    period = pattern_period(settings, time)
    pattern_factors(tables, settings, period, work.pattern_now)
    if lanes.period[0] != period:
        ask_by_patterns(tables, work.pattern_now, lanes.asked)
        lanes.period[0] = period
    follow_patterns(tables, work, junctions, period, lanes.asked)


@inner_kernel
def _start_flow(base: Base, work: Work, k: int) -> None:
    """A link that is not as in the base starts from a first guess."""
    if work.status[k] <= CLOSED:
        work.flow[k] = STILL
    elif base.solved_status[k] <= CLOSED:
        work.flow[k] = base.guess[k]


@inner_kernel
def _start_outflows(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    work: Work,
    settings: Settings,
    junctions: int,
    base: Base,
    cases: Cases,
    case: int,
) -> None:
    emitter, emitted, leaks = work.emitter, work.emitted, lanes.leaks[lane]
    for n in leaks[: lanes.leak_count[lane]]:
        emitter[n] = 0.0
        emitted[n] = 0.0
    count = 0
    for n in plan.emitters:
        leaks[count] = n
        count += 1
        emitter[n] = tables.nodes[n].emitter
        emitted[n] = base.emitted[n]
    for i in range(cases.leak_first[case], cases.leak_first[case + 1]):
        n = cases.leak_node[i]
        if emitter[n] == 0.0:
            leaks[count] = n
            count += 1
        emitter[n] = cases.leak_coefficient[i]
        emitted[n] = _first_outflow(base.head[n] - tables.nodes[n].elevation, emitter[n], settings)
    lanes.leak_count[lane] = count
    lanes.backflow[lane] = cases.backflow[case]
    if settings.pressure_driven:
        for n in range(junctions):
            work.delivered[n] = work.demand[n] * base.share[n]


@inner_kernel
def _first_outflow(pressure: float, coefficient: float, settings: Settings) -> float:
    """What a break lets out at the pressure before it: more than it will, from where the iteration
    comes down without overshooting."""
    return float((max(pressure, 1.0) / coefficient) ** (1.0 / settings.emitter_exponent))


@inner_kernel
def write_state(
    lanes: Lanes, lane: int, calm: Work, junctions: int, geometry: Geometry, out: Out
) -> None:
    """The lane's state (a contiguous copy, `calm`) into the results of its case."""
    case, t = lanes.slot[lane], lanes.report[lane]
    heads, demands = out.head[case, t], out.demand[case, t]
    factor = geometry.m3s_per_cfs
    rows, elevation = geometry.row_of_node, geometry.elevation
    for i in range(len(heads)):
        n = rows[i]
        taken = calm.delivered[n] + calm.emitted[n] if n < junctions else calm.inflow[n]
        demands[i] = 0.0 if calm.dead[n] else taken * factor
        head = calm.head[n] * FOOT_M if calm.reached[n] else math.nan
        pressure = head - elevation[i]
        heads[i] = head
        if pressure < -1e-3 and n < junctions and not out.low[case, i]:
            out.low[case, i] = 1
            out.counts[case, LOW] += 1
        if math.isnan(head) and not out.cut[case, i]:
            out.cut[case, i] = 1
            out.counts[case, CUT] += 1
    flows, status = out.flow[case, t], out.status[case, t]
    for k in range(len(flows)):
        is_open = calm.status[k] > CLOSED
        passes = is_open and not calm.dead_link[k]
        flows[k] = calm.flow[k] * factor if passes else 0.0
        status[k] = 1 if is_open else 0


@inner_kernel
def calm_copy(lanes: Lanes, lane: int, calm: Work) -> None:
    """Copy a lane's state to contiguous arrays, for the judge and the results."""
    head, demand, delivered = calm.head, calm.demand, calm.delivered
    for n in range(len(head)):
        head[n] = lanes.head[n, lane]
        demand[n] = lanes.demand[n, lane]
        delivered[n] = lanes.delivered[n, lane]
    flow, status, dead_link = calm.flow, calm.status, calm.dead_link
    for k in range(len(flow)):
        flow[k] = lanes.flow[k, lane]
        status[k] = lanes.status[k, lane]
        dead_link[k] = lanes.dead_link[k, lane]
    copy_to(calm.setting, lanes.setting[lane])
    copy_to(calm.held, lanes.held[lane])
    copy_to(calm.emitted, lanes.emitted[lane])
    copy_to(calm.inflow, lanes.inflow[lane])
    copy_to(calm.dead, lanes.dead[lane])
    copy_to(calm.reached, lanes.reached[lane])


@inner_kernel
def copy_to(target: Table, source: Table) -> None:
    """Copy (n,) values, which a kernel without reference counts cannot write as target[:]."""
    for i in range(len(source)):
        target[i] = source[i]


@kernel
def calm_work(tables: Tables) -> Work:
    """Room for `calm_copy`."""
    nodes, links = len(tables.nodes), len(tables.links)
    nothing = np.zeros(0)
    return Work(
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(links),
        np.zeros(links, dtype=np.uint8),
        np.zeros(links),
        np.zeros(links, dtype=np.uint8),
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        np.zeros(nodes, dtype=np.uint8),
        np.zeros(links, dtype=np.uint8),
        np.zeros(nodes, dtype=np.uint8),
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        np.zeros(0, dtype=np.uint32),
        nothing,
        np.zeros(0, dtype=np.int64),
        nothing,
        nothing,
        nothing,
        np.zeros(0, dtype=np.uint32),
        np.zeros(0, dtype=np.uint32),
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=np.uint8),
        np.zeros(0, dtype=np.uint8),
        nothing,
        np.zeros((0, 2)),
        np.zeros(nodes),
    )
