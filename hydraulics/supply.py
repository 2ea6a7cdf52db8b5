"""Which nodes a source reaches: a node none reaches has no potential and spoils no other."""

from __future__ import annotations

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.tables import CHECK_VALVE, CLOSED, FCV, MISSING, PRV, PSV, PUMP, STILL, Tables, Work
from hydraulics.types import U8


@lean_kernel
def conducts(kind: int, status: int, setting: float) -> bool:
    """Whether a link is open now."""
    return status > CLOSED and not (kind == PUMP and setting == 0.0)


@lean_kernel
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


@lean_kernel
def _search(tables: Tables, work: Work, junctions: int, now: bool, found: U8, way: int) -> None:
    """Write `way` to `found` of every node that a source reaches.

    `now` asks for links open at present; otherwise all that may open count.
    """
    links = tables.links
    status, setting, held = work.status, work.setting, work.held
    near_first, near_link, near_node = tables.near_first, tables.near_link, tables.near_node
    queue = work.queue
    waiting = 0
    for n in range(junctions, len(tables.nodes)):
        found[n] = way
        queue[waiting] = n
        waiting += 1
    at = 0
    while at < waiting:
        n = queue[at]
        at += 1
        for i in range(near_first[n], near_first[n + 1]):
            other = near_node[i]
            if found[other] == way:
                continue
            k = near_link[i]
            if status[k] <= CLOSED or setting[k] == 0.0:
                kind = links[k].kind
                if now:
                    if not conducts(kind, status[k], setting[k]):
                        continue
                elif not may_open(kind, status[k], setting[k], held[k]):
                    continue
            found[other] = way
            queue[waiting] = other
            waiting += 1


@lean_kernel
def mark_dead(tables: Tables, work: Work, junctions: int, now: bool) -> None:
    """Mark nodes without a way to a source, and the links that touch them.

    `now` asks for links open at present; otherwise all that may open count as a way. Nodes of
    fixed head are sources.
    """
    work.dead[:] = 1
    _search(tables, work, junctions, now, work.dead, 0)
    links = tables.links
    dead, dead_link = work.dead, work.dead_link
    for k in range(len(links)):
        dead_link[k] = 1 if dead[links[k].start] or dead[links[k].end] else 0
    _still(work, junctions)


@lean_kernel
def _still(work: Work, junctions: int) -> int:
    """Nothing flows at dead nodes and links; how many nodes are dead."""
    dead, dead_link, flow = work.dead, work.dead_link, work.flow
    emitted, delivered = work.emitted, work.delivered
    count = 0
    for n in range(junctions):
        count += dead[n]
    if count == 0:
        return 0
    for k in range(len(flow)):
        if dead_link[k]:
            flow[k] = 0.0
    for n in range(junctions):
        if dead[n]:
            delivered[n] = 0.0
            emitted[n] = 0.0
    return count


@lean_kernel
def count_spoiling(tables: Tables, work: Work, junctions: int) -> int:
    """How many live nodes are cut off now although water is drawn from them or fed into them.

    They would pull their demand through closed links; the caller marks them and solves again.
    """
    work.reached[:] = 0
    _search(tables, work, junctions, True, work.reached, 1)
    return _spoiling(work, junctions)


@lean_kernel
def _spoiling(work: Work, junctions: int) -> int:
    dead, reached = work.dead, work.reached
    emitted, delivered, leaked = work.emitted, work.delivered, work.leaked
    count = 0
    for n in range(junctions):
        if not reached[n] and not dead[n] and abs(delivered[n] + emitted[n] + leaked[n]) > STILL:
            count += 1
    return count


# A search costs as much as an iteration, and statuses seldom change. `Work.known_*` are the
# statuses, hands and settings of the last searches; known[DEAD] and known[REACHED] say which
# results belong to them.
DEAD, REACHED = range(2)


@lean_kernel
def forget(work: Work) -> None:
    """Let the next solve search again: `dead` was changed in between."""
    work.known[DEAD] = 0


@lean_kernel
def _compare(work: Work) -> None:
    """Forget all if a status, hand or setting is not what it was."""
    status, held, setting = work.status, work.held, work.setting
    old_status, old_held, old_setting = work.known_status, work.known_held, work.known_setting
    differ = np.uint8(0)
    for k in range(len(status)):
        differ |= (status[k] ^ old_status[k]) | (held[k] ^ old_held[k])
    others = 0
    for k in range(len(setting)):
        others += setting[k] != old_setting[k]
    if differ != 0 or others > 0:
        for k in range(len(status)):
            old_status[k] = status[k]
            old_held[k] = held[k]
            old_setting[k] = setting[k]
        work.known[:] = 0


@lean_kernel
def before_solve(tables: Tables, work: Work, junctions: int) -> None:
    """As `mark_dead`, without searching again when no status has changed."""
    _compare(work)
    if work.known[DEAD]:
        _still(work, junctions)
        return
    mark_dead(tables, work, junctions, False)
    work.known[DEAD] = 1


@lean_kernel
def after_solve(tables: Tables, work: Work, junctions: int) -> int:
    """As `count_spoiling`, without searching again when no status has changed."""
    _compare(work)
    if work.known[REACHED]:
        count = _spoiling(work, junctions)
    else:
        count = count_spoiling(tables, work, junctions)
        work.known[REACHED] = 1
    if count > 0:
        forget(work)
    return count
