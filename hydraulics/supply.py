"""Which nodes a source reaches: a node none reaches has no potential and spoils no other."""

from __future__ import annotations

from hydraulics.compiled import kernel
from hydraulics.tables import CHECK_VALVE, CLOSED, FCV, MISSING, PRV, PSV, PUMP, STILL, Tables, Work


@kernel
def may_open(tables: Tables, work: Work, k: int) -> bool:
    """Whether link `k` conducts or could be opened by the solver's own checks."""
    kind = tables.links[k].kind
    if kind == PUMP and work.setting[k] == 0.0:
        return False
    status = work.status[k]
    if status > CLOSED:
        return True
    if work.held[k]:
        return False
    if status < CLOSED:
        return True
    if kind == CHECK_VALVE:
        return True
    return (kind in (PRV, PSV, FCV)) and work.setting[k] != MISSING


@kernel
def conducts(tables: Tables, work: Work, k: int) -> bool:
    """Whether link `k` is open now."""
    if tables.links[k].kind == PUMP and work.setting[k] == 0.0:
        return False
    return bool(work.status[k] > CLOSED)


@kernel
def mark_dead(tables: Tables, work: Work, junctions: int, now: bool) -> None:
    """Mark nodes without a way to a source, and the links that touch them.

    `now` asks for links open at present; otherwise all that may open count as a way. Nodes of
    fixed head are sources.
    """
    nodes = len(tables.nodes)
    work.dead[:junctions] = 1
    work.dead[junctions:] = 0
    waiting = 0
    for n in range(junctions, nodes):
        work.queue[waiting] = n
        waiting += 1
    at = 0
    while at < waiting:
        n = work.queue[at]
        at += 1
        for i in range(tables.near_first[n], tables.near_first[n + 1]):
            k = tables.near_link[i]
            other = tables.links[k].start
            if other == n:
                other = tables.links[k].end
            if not work.dead[other]:
                continue
            way = conducts(tables, work, k) if now else may_open(tables, work, k)
            if way:
                work.dead[other] = 0
                work.queue[waiting] = other
                waiting += 1
    for k in range(len(tables.links)):
        dead = work.dead[tables.links[k].start] or work.dead[tables.links[k].end]
        work.dead_link[k] = 1 if dead else 0
        if dead:
            work.flow[k] = 0.0
    for n in range(junctions):
        if work.dead[n]:
            work.delivered[n] = 0.0
            work.emitted[n] = 0.0


@kernel
def count_spoiling(tables: Tables, work: Work, junctions: int) -> int:
    """How many live nodes are cut off now although water is drawn from them or fed into them.

    They would pull their demand through closed links; the caller marks them and solves again.
    """
    nodes = len(tables.nodes)
    reached = work.reached
    reached[:junctions] = 0
    reached[junctions:] = 1
    waiting = 0
    for n in range(junctions, nodes):
        work.queue[waiting] = n
        waiting += 1
    at = 0
    while at < waiting:
        n = work.queue[at]
        at += 1
        for i in range(tables.near_first[n], tables.near_first[n + 1]):
            k = tables.near_link[i]
            other = tables.links[k].start
            if other == n:
                other = tables.links[k].end
            if not reached[other] and conducts(tables, work, k):
                reached[other] = 1
                work.queue[waiting] = other
                waiting += 1
    count = 0
    for n in range(junctions):
        drawn = abs(work.delivered[n] + work.emitted[n])
        if drawn > STILL and not reached[n] and not work.dead[n]:
            count += 1
    return count
