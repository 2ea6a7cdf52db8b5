"""Other ways to solve a network whose state the judge turned down: where each of them starts."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import kernel
from hydraulics.leakage import first_leaks
from hydraulics.proof.flaws import BACKWARDS, IDLE, POWERLESS, UNHELD
from hydraulics.proof.tables import MASS, Proof, Verdict
from hydraulics.tables import (
    ACTIVE,
    CHECK_VALVE,
    CLOSED,
    FCV,
    MISSING,
    OPEN,
    PRV,
    PSV,
    PUMP,
    STILL,
    XFCV,
    XPRESSURE,
    Tables,
    Work,
)
from hydraulics.types import F64, U8

REFINE, LET_GO, CIRCLES, FROM_OPEN, TURNED = range(5)
WAYS = 5
"""Refine; valves let go that cut water off; afresh with all valves active, open, turned by rule.

From `CIRCLES` on the iteration is damped.
"""
CUT_OFF_M = 1e4
"""A head so far below its node shows that only a valve's numerical thread feeds it."""


@kernel
def prepare(
    tables: Tables, work: Work, junctions: int, proof: Proof, state: Verdict, way: int
) -> bool:
    """Make the run ready for a way; False if it has nothing to change."""
    if way == REFINE:
        return bool(np.isfinite(work.head).all() and np.isfinite(work.flow).all())
    if way == LET_GO:
        if not _let_go(tables, work, state):
            return False
    elif way == TURNED:
        if not _turned(tables, work, state):
            return False
    else:
        _afresh(tables, work, way == FROM_OPEN)
    _initial_flows(tables, work, junctions)
    return True


@kernel
def _let_go(tables: Tables, work: Work, state: Verdict) -> bool:
    """Open active pressure valves that leave a node beside them without its water."""
    if state.failed[MASS] == 0:
        return False
    found = False
    for k in tables.valves:
        kind = tables.links[k].kind
        if work.status[k] == ACTIVE and kind in (PRV, PSV):
            a, b = tables.links[k].start, tables.links[k].end
            for n in (a, b):
                if work.head[n] < tables.nodes[n].elevation - CUT_OFF_M:
                    work.status[k] = XPRESSURE
                    found = True
    return found


@kernel
def _afresh(tables: Tables, work: Work, from_open: bool) -> None:
    """Statuses the solver has judged are forgotten."""
    links = tables.links
    for k in range(len(links)):
        kind = links[k].kind
        if work.held[k] and work.status[k] <= CLOSED:
            continue
        if work.status[k] < CLOSED or (kind == CHECK_VALVE):
            work.status[k] = OPEN
        elif kind in (PRV, PSV, FCV) and work.setting[k] != MISSING:
            work.status[k] = ACTIVE
            if from_open:
                work.status[k] = XFCV if kind == FCV else OPEN


@kernel
def _turned(tables: Tables, work: Work, state: Verdict) -> bool:
    """Links whose status contradicts the state take the one their rule asks for."""
    links = tables.links
    found = False
    for k in range(len(links)):
        reason = state.flaw[k]
        kind = links[k].kind
        if reason == POWERLESS:
            work.status[k] = XFCV if kind == FCV else OPEN
        elif reason == UNHELD:
            work.status[k] = ACTIVE
        elif reason == IDLE:
            work.status[k] = ACTIVE if kind in (PRV, PSV) else OPEN
        elif reason == BACKWARDS and kind != FCV:
            work.status[k] = CLOSED
        else:
            continue
        found = True
    return found


@kernel
def _initial_flows(tables: Tables, work: Work, junctions: int) -> None:
    """Flows to where a first iteration starts."""
    links = tables.links
    for k in range(len(links)):
        flow = math.pi * links[k].diameter ** 2 / 4.0
        if work.status[k] <= CLOSED:
            flow = STILL
        elif links[k].kind == PUMP:
            flow = work.setting[k] * tables.pumps[links[k].extra].design
        work.flow[k] = flow
    for n in range(junctions):
        work.delivered[n] = work.demand[n]
        work.emitted[n] = 1.0 if work.emitter[n] > 0.0 else 0.0
    first_leaks(tables, work)


@kernel
def kept(work: Work) -> tuple[F64, F64, U8, F64, F64, F64, F64, U8, U8, U8, F64, F64]:
    """A copy of what a solve changes."""
    return (
        work.head.copy(),
        work.flow.copy(),
        work.status.copy(),
        work.setting.copy(),
        work.delivered.copy(),
        work.emitted.copy(),
        work.inflow.copy(),
        work.dead.copy(),
        work.dead_link.copy(),
        work.reached.copy(),
        work.leak.copy(),
        work.leaked.copy(),
    )


@kernel
def put_back(
    work: Work, copy: tuple[F64, F64, U8, F64, F64, F64, F64, U8, U8, U8, F64, F64]
) -> None:
    """Undo what was done since `kept`."""
    work.head[:] = copy[0]
    work.flow[:] = copy[1]
    work.status[:] = copy[2]
    work.setting[:] = copy[3]
    work.delivered[:] = copy[4]
    work.emitted[:] = copy[5]
    work.inflow[:] = copy[6]
    work.dead[:] = copy[7]
    work.dead_link[:] = copy[8]
    work.reached[:] = copy[9]
    work.known[:] = 0
    work.leak[:] = copy[10]
    work.leaked[:] = copy[11]
