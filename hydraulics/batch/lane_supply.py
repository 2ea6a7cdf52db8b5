"""Which nodes of a lane no source reaches, found near the shut links instead of everywhere.

Every node hangs in the plan's tree. With all tree links open all are supplied; below a shut one a
search goes out from its lower end until it meets a node whose own way is open. What it has seen
when it meets none is exactly what is cut off.
"""

from __future__ import annotations

from hydraulics.batch.lanes import Lanes
from hydraulics.batch.plan import Plan
from hydraulics.compiled import inner_kernel
from hydraulics.supply import conducts, may_open
from hydraulics.tables import STILL, Tables, Work
from hydraulics.types import U32


@inner_kernel
def _open(tables: Tables, work: Work, k: int, now: bool) -> bool:
    kind = tables.links[k].kind
    if now:
        return conducts(kind, work.status[k], work.setting[k])
    return may_open(kind, work.status[k], work.setting[k], work.held[k])


@inner_kernel
def find_lost(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    work: Work,
    junctions: int,
    hands: U32,
    now: bool,
    lost: U32,
    roots: U32,
) -> int:
    """Write the nodes without a way to a source to `lost`; their number.

    `hands` are the links the case holds. `now` asks for links open at present; otherwise all that
    may open count. `roots` is room for nodes.
    """
    count = len(plan.orphans)
    for i in range(count):
        lost[i] = plan.orphans[i]
    shut = 0
    for k in plan.watched:
        if not _open(tables, work, k, now):
            roots[shut] = plan.child[k]
            shut += 1
    for k in hands:
        if plan.child[k] >= 0 and not plan.is_fickle[k] and not _open(tables, work, k, now):
            roots[shut] = plan.child[k]
            shut += 1
    begin = lanes.stamp[0]
    mark, queue, enter, leave = lanes.mark, lanes.queue, plan.enter, plan.leave
    for i in range(shut):
        root = roots[i]
        if mark[root] > begin:
            continue
        lanes.stamp[0] += 1
        this = lanes.stamp[0]
        mark[root] = this
        queue[0] = root
        waiting = 1
        at = 0
        met = False
        while at < waiting and not met:
            n = queue[at]
            at += 1
            for j in range(tables.near_first[n], tables.near_first[n + 1]):
                k = tables.near_link[j]
                other = tables.links[k].start
                if other == n:
                    other = tables.links[k].end
                if mark[other] == this or not _open(tables, work, k, now):
                    continue
                met = other >= junctions or mark[other] > begin
                if not met:
                    met = True
                    for r in roots[:shut]:
                        if enter[r] <= enter[other] < leave[r]:
                            met = False
                            break
                if met:
                    break
                mark[other] = this
                queue[waiting] = other
                waiting += 1
        if not met:
            for j in range(waiting):
                lost[count] = queue[j]
                count += 1
    return count


@inner_kernel
def mark_gone(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    work: Work,
    junctions: int,
    hands: U32,
    now: bool,
) -> None:
    """Mark dead nodes and links of a lane, as `hydraulics.supply.mark_dead` does."""
    gone = lanes.gone[lane]
    for n in gone[: lanes.gone_count[lane]]:
        work.dead[n] = 0
        for j in range(tables.near_first[n], tables.near_first[n + 1]):
            work.dead_link[tables.near_link[j]] = 0
    roots = lanes.cut[lane]
    count = find_lost(tables, plan, lanes, work, junctions, hands, now, gone, roots)
    lanes.gone_count[lane] = count
    for n in gone[:count]:
        work.dead[n] = 1
        work.delivered[n] = 0.0
        work.emitted[n] = 0.0
        for j in range(tables.near_first[n], tables.near_first[n + 1]):
            k = tables.near_link[j]
            work.dead_link[k] = 1
            work.flow[k] = 0.0


@inner_kernel
def count_cut(
    tables: Tables,
    plan: Plan,
    lanes: Lanes,
    lane: int,
    work: Work,
    junctions: int,
    hands: U32,
    room: U32,
) -> int:
    """Find the nodes not reached at present; how many of them spoil the state, as
    `hydraulics.supply.count_spoiling` counts them."""
    cut = lanes.cut[lane]
    work.reached[:] = 1
    count = find_lost(tables, plan, lanes, work, junctions, hands, True, cut, room)
    lanes.cut_count[lane] = count
    spoiling = 0
    for n in cut[:count]:
        work.reached[n] = 0
        if not work.dead[n] and abs(work.delivered[n] + work.emitted[n]) > STILL:
            spoiling += 1
    return spoiling
