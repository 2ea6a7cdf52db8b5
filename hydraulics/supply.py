"""Which nodes a source reaches: a node none reaches has no potential and spoils no other."""

from __future__ import annotations

from hydraulics.compiled import kernel
from hydraulics.tables import CHECK_VALVE, CLOSED, FCV, MISSING, PRV, PSV, PUMP, STILL, Tables, Work


@kernel
def conducts(kind: int, status: int, setting: float) -> bool:
    """Whether a link is open now."""
    return status > CLOSED and not (kind == PUMP and setting == 0.0)


@kernel
def may_open(kind: int, status: int, setting: float, held: int) -> bool:
    """Whether a link conducts or could be opened by the solver's own checks."""
    if kind == PUMP and setting == 0.0:
        return False
    if status > CLOSED:
        return True
    if held:
        return False
    if status < CLOSED or kind == CHECK_VALVE:
        return True
    return kind in (PRV, PSV, FCV) and setting != MISSING


@kernel
def mark_dead(tables: Tables, work: Work, junctions: int, now: bool) -> None:
    """Mark nodes without a way to a source, and the links that touch them.

    `now` asks for links open at present; otherwise all that may open count as a way. Nodes of
    fixed head are sources.
    """
    links = tables.links
    status, setting = work.status, work.setting
    near_first = tables.near_first
    near_link = tables.near_link
    flow = work.flow
    dead = work.dead
    dead_link = work.dead_link
    held = work.held
    emitted = work.emitted
    delivered = work.delivered
    queue = work.queue
    nodes = len(tables.nodes)
    dead[:junctions] = 1
    dead[junctions:] = 0
    waiting = 0
    for n in range(junctions, nodes):
        queue[waiting] = n
        waiting += 1
    at = 0
    while at < waiting:
        n = queue[at]
        at += 1
        for i in range(near_first[n], near_first[n + 1]):
            k = near_link[i]
            other = links[k].start
            if other == n:
                other = links[k].end
            if not dead[other]:
                continue
            kind = links[k].kind
            if now:
                way = conducts(kind, status[k], setting[k])
            else:
                way = may_open(kind, status[k], setting[k], held[k])
            if way:
                dead[other] = 0
                queue[waiting] = other
                waiting += 1
    for k in range(len(links)):
        cut = dead[links[k].start] or dead[links[k].end]
        dead_link[k] = 1 if cut else 0
        if cut:
            flow[k] = 0.0
    for n in range(junctions):
        if dead[n]:
            delivered[n] = 0.0
            emitted[n] = 0.0


@kernel
def count_spoiling(tables: Tables, work: Work, junctions: int) -> int:
    """How many live nodes are cut off now although water is drawn from them or fed into them.

    They would pull their demand through closed links; the caller marks them and solves again.
    """
    links = tables.links
    status, setting = work.status, work.setting
    near_first = tables.near_first
    near_link = tables.near_link
    dead = work.dead
    emitted = work.emitted
    delivered = work.delivered
    queue = work.queue
    reached = work.reached
    nodes = len(tables.nodes)
    reached = work.reached
    reached[:junctions] = 0
    reached[junctions:] = 1
    waiting = 0
    for n in range(junctions, nodes):
        queue[waiting] = n
        waiting += 1
    at = 0
    while at < waiting:
        n = queue[at]
        at += 1
        for i in range(near_first[n], near_first[n + 1]):
            k = near_link[i]
            other = links[k].start
            if other == n:
                other = links[k].end
            if not reached[other] and conducts(links[k].kind, status[k], setting[k]):
                reached[other] = 1
                queue[waiting] = other
                waiting += 1
    count = 0
    for n in range(junctions):
        drawn = abs(delivered[n] + emitted[n])
        if drawn > STILL and not reached[n] and not dead[n]:
            count += 1
    return count
