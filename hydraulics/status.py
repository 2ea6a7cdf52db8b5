"""The active set: which valves, pumps and check valves change state at the present heads and flows.

The tests and tolerances follow EPANET 2.3. A link under an operator's hand (`held`) is left alone.
"""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.tables import (
    ACTIVE,
    CHECK_VALVE,
    CLOSED,
    CONSTANT_POWER,
    FCV,
    FLOW_TOLERANCE,
    HEAD_TOLERANCE,
    MISSING,
    OPEN,
    PRV,
    PSV,
    PUMP,
    TEMPORARILY_CLOSED,
    XFCV,
    XHEAD,
    XPRESSURE,
    Tables,
    Work,
)


@lean_kernel
def check_pressure_valves(tables: Tables, work: Work) -> bool:
    """Re-judge all pressure reducing and sustaining valves; True if one changed."""
    changed = False
    links = tables.links
    for k in tables.valves:
        kind = links[k].kind
        if (kind not in (PRV, PSV)) or work.setting[k] == MISSING or work.dead_link[k]:
            continue
        a = links[k].start
        b = links[k].end
        h1 = work.head[a]
        h2 = work.head[b]
        flow = work.flow[k]
        loss = links[k].minor * flow * flow
        before = work.status[k]
        if kind == PRV:
            goal = tables.nodes[b].elevation + work.setting[k]
            after = reducing_status(before, goal, h1, h2, flow, loss)
        else:
            goal = tables.nodes[a].elevation + work.setting[k]
            after = sustaining_status(before, goal, h1, h2, flow, loss)
        if after != before:
            work.status[k] = after
            changed = True
    return changed


@lean_kernel
def reducing_status(
    status: int, goal: float, h1: float, h2: float, flow: float, loss: float
) -> int:
    """A PRV's next status; `goal` is the head to hold downstream, `loss` its drop fully open."""
    if status == ACTIVE:
        if flow < -FLOW_TOLERANCE:
            return CLOSED
        return OPEN if h1 - loss < goal - HEAD_TOLERANCE else ACTIVE
    if status == OPEN:
        if flow < -FLOW_TOLERANCE:
            return CLOSED
        return ACTIVE if h2 >= goal + HEAD_TOLERANCE else OPEN
    if status == CLOSED:
        if h1 >= goal + HEAD_TOLERANCE and h2 < goal - HEAD_TOLERANCE:
            return ACTIVE
        if h1 < goal - HEAD_TOLERANCE and h1 > h2 + HEAD_TOLERANCE:
            return OPEN
        return CLOSED
    if status == XPRESSURE and flow < -FLOW_TOLERANCE:
        return CLOSED
    return status


@lean_kernel
def sustaining_status(
    status: int, goal: float, h1: float, h2: float, flow: float, loss: float
) -> int:
    """A PSV's next status; `goal` is the head to hold upstream."""
    if status == ACTIVE:
        if flow < -FLOW_TOLERANCE:
            return CLOSED
        return OPEN if h2 + loss > goal + HEAD_TOLERANCE else ACTIVE
    if status == OPEN:
        if flow < -FLOW_TOLERANCE:
            return CLOSED
        return ACTIVE if h1 < goal - HEAD_TOLERANCE else OPEN
    if status == CLOSED:
        if h2 > goal + HEAD_TOLERANCE and h1 > h2 + HEAD_TOLERANCE:
            return OPEN
        if h1 >= goal + HEAD_TOLERANCE and h1 > h2 + HEAD_TOLERANCE:
            return ACTIVE
        return CLOSED
    if status == XPRESSURE and flow < -FLOW_TOLERANCE:
        return CLOSED
    return status


@lean_kernel
def check_links(tables: Tables, work: Work, junctions: int) -> bool:
    """Re-judge check valves, pumps, flow valves and links at full or empty tanks."""
    head = work.head
    flows = work.flow
    status = work.status
    setting = work.setting
    dead_link = work.dead_link
    held = work.held
    changed = False
    links = tables.links
    for k in tables.others:
        kind = links[k].kind
        before = status[k]
        if dead_link[k] or (held[k] and before <= CLOSED):
            continue
        a = links[k].start
        b = links[k].end
        fixed = a >= junctions or b >= junctions
        shut_for_now = before in (XHEAD, TEMPORARILY_CLOSED)
        if not (fixed or shut_for_now or kind in (CHECK_VALVE, PUMP, FCV)):
            continue
        flow = flows[k]
        drop = head[a] - head[b]
        if shut_for_now:
            status[k] = OPEN
        if kind == CHECK_VALVE:
            status[k] = check_valve_status(status[k], drop, flow)
        elif kind == PUMP:
            if status[k] >= OPEN and setting[k] > 0.0:
                status[k] = _pump_status(tables, work, k, -drop)
        elif kind == FCV and setting[k] != MISSING:
            status[k] = flow_valve_status(before, drop, flow, setting[k], links[k].minor)
        if a >= junctions:
            _tank_status(tables, work, k, a, junctions, flow)
        if b >= junctions:
            _tank_status(tables, work, k, b, junctions, -flow)
        if status[k] != before:
            changed = True
    return changed


@lean_kernel
def check_valve_status(status: int, drop: float, flow: float) -> int:
    """A check valve shuts against a reverse drop or flow; inside the band it stays as it is."""
    if flow < -FLOW_TOLERANCE or drop < -HEAD_TOLERANCE:
        return CLOSED
    if drop > HEAD_TOLERANCE:
        return OPEN
    return status


@lean_kernel
def _pump_status(tables: Tables, work: Work, k: int, gain: float) -> int:
    p = tables.links[k].extra
    if tables.pumps[p].kind == CONSTANT_POWER:
        return TEMPORARILY_CLOSED if work.flow[k] < 1e-6 else OPEN
    greatest = work.setting[k] ** 2 * tables.pumps[p].greatest
    return XHEAD if gain > greatest + HEAD_TOLERANCE else OPEN


@lean_kernel
def flow_valve_status(status: int, drop: float, flow: float, setting: float, minor: float) -> int:
    """An FCV's next status: XFCV (open, cannot reach its setting) or ACTIVE."""
    if drop < -HEAD_TOLERANCE or flow < -FLOW_TOLERANCE:
        return XFCV
    if status == XFCV and flow >= setting:
        return ACTIVE
    if status == ACTIVE and drop / (flow * flow) < minor:
        return XFCV
    return status


@lean_kernel
def _tank_status(
    tables: Tables, work: Work, k: int, n: int, junctions: int, outflow: float
) -> None:
    if work.status[k] <= CLOSED:
        return
    source = tables.sources[n - junctions]
    if source.area == 0.0:
        return
    full = work.head[n] >= source.greatest_head and not source.overflow
    if (full and outflow < 0.0) or (work.head[n] <= source.least_head and outflow > 0.0):
        work.status[k] = TEMPORARILY_CLOSED
