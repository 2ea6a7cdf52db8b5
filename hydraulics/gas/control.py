"""States of regulators, compressors and feeds: one is judged by pressures and flow beside it.

A regulator holds its setting, stands fully open (too little pressure before it, or its capacity
taken up), or is locked up (gas would flow back, or the pressure stays above its setting without
it). Each may change state a limited number of times in a solve, so that nothing chatters; one that
still does not fit then is told in the report.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.gas.tables import (
    COMPRESSOR,
    CONTROL,
    LOCKED,
    OPEN,
    OUTLET_OF,
    RATIO,
    RATIO_OF,
    REGULATOR,
    SLAMMED,
    GasTables,
    GasWork,
)
from hydraulics.graph.step import excess
from hydraulics.graph.structure import Structure

MOST_TURNS = 12
BACKWARD = 1e-9
"""kg/s of backward flow that count as none."""
PRESSURE_TOLERANCE = 1e-7
"""Relative; a pressure within it of a setting meets it."""


@lean_kernel
def largest_flow(tables: GasTables, k: int, before: float, behind: float) -> float:
    """What a regulator passes fully open, kg/s; infinite without a capacity."""
    capacity = tables.capacity[k]
    if capacity <= 0.0:
        return math.inf
    if before <= behind:
        return 0.0
    if behind < 0.5 * before:
        return float(0.5 * capacity * before)
    return float(capacity * math.sqrt((before - behind) * behind))


@lean_kernel
def wanted_state(structure: Structure, tables: GasTables, work: GasWork, k: int) -> int:
    """The state that fits the present pressures and flow of a regulator or compressor."""
    state, flow = work.state[k], work.flow[k]
    before = work.pressure[structure.start[k]] - tables.drop[k]
    behind = work.pressure[structure.end[k]]
    held = work.pressure[tables.held_row[k]]
    setting = work.setting[k]
    slack = PRESSURE_TOLERANCE * setting
    backward = flow < -BACKWARD
    if tables.kind[k] == REGULATOR:
        if state == CONTROL:
            if backward or held > setting + slack:
                return LOCKED
            if before < behind - slack or flow > largest_flow(tables, k, before, behind) * (
                1.0 + PRESSURE_TOLERANCE
            ):
                return OPEN
        elif state == OPEN:
            if backward:
                return LOCKED
            if held > setting + slack:
                return CONTROL
        elif state == LOCKED and before > behind:
            if setting == math.inf:  # set open by hand: it only keeps gas from flowing back
                return OPEN
            if held < setting - slack:
                return CONTROL
        return int(state)
    control = tables.control[k]
    if state == LOCKED:
        if control == OUTLET_OF:
            fits = held < setting - slack
        elif control == RATIO_OF:
            fits = work.ratio[k] * before > behind
        else:
            fits = before > behind
        if not fits:
            return LOCKED
        return CONTROL if control == OUTLET_OF else (RATIO if control == RATIO_OF else OPEN)
    if backward:
        return LOCKED if tables.one_way[k] else OPEN
    if control == OUTLET_OF:
        if state == CONTROL and before > setting + slack:
            return OPEN
        if state == CONTROL and setting > work.ratio[k] * before * (1.0 + PRESSURE_TOLERANCE):
            return RATIO
        if state == RATIO and behind > setting + slack:
            return CONTROL
        if state == OPEN and behind < setting - slack:
            return CONTROL
    elif control == RATIO_OF and state == OPEN:
        return RATIO
    return int(state)


@lean_kernel
def turn_controls(structure: Structure, tables: GasTables, work: GasWork) -> int:
    """Bring states in line with pressures and flows; how many changed."""
    changed = 0
    for k in tables.controls:
        state = work.state[k]
        if state not in (CONTROL, OPEN, LOCKED, RATIO) or work.turns[k] >= MOST_TURNS:
            continue
        if tables.foreign and tables.kind[k] == REGULATOR:
            continue
        wanted = wanted_state(structure, tables, work, k)
        if wanted != state:
            work.state[k] = wanted
            work.turns[k] += 1
            changed += 1
    return changed + _turn_feeds(structure, tables, work)


@lean_kernel
def _turn_feeds(structure: Structure, tables: GasTables, work: GasWork) -> int:
    """Feeds of given flow: none pushes above its greatest pressure."""
    changed = 0
    for r in range(len(work.source)):
        if work.source[r] == 1 or work.reached[r] == 0 or work.source_turns[r] >= MOST_TURNS:
            continue
        if work.ceiling[r] == math.inf:
            continue
        turned = False
        if work.source[r] == 0:
            turned = work.potential[r] > work.ceiling[r] * (1.0 + PRESSURE_TOLERANCE)
            if turned:
                work.source[r] = 2
                work.potential[r] = work.ceiling[r]
        else:
            # held: what it feeds is what the links take away; more than it has is not there
            turned = excess(structure, work.flow, r) < work.demand[r] - BACKWARD
            if turned:
                work.source[r] = 0
        if turned:
            work.source_turns[r] += 1
            changed += 1
    return changed


@lean_kernel
def slam(structure: Structure, tables: GasTables, work: GasWork) -> int:
    """Slam shut the regulators whose outlet pressure left its safe range; how many."""
    count = 0
    for k in tables.controls:
        if tables.kind[k] == COMPRESSOR or work.state[k] not in (CONTROL, OPEN, LOCKED):
            continue
        p = work.pressure[structure.end[k]]
        if p > work.slam_high[k] or p < work.slam_low[k]:
            work.state[k] = SLAMMED
            count += 1
    return count
