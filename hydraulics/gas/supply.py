"""What sources reach, with regulators as they stand; what none reaches is cut out."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.gas.tables import (
    COMPRESSOR,
    CONTROL,
    CUT,
    FLOW,
    FREE_OF,
    LOCKED,
    OPEN,
    OUTLET_OF,
    RATIO,
    REGULATOR,
    SHUT,
    SLAMMED,
    GasTables,
    GasWork,
)
from hydraulics.graph.structure import Structure
from hydraulics.graph.supply import reach


@lean_kernel
def first_state(tables: GasTables, k: int, free: bool) -> int:
    """The state a link that works begins with; `free`: a regulator set open by hand."""
    kind = tables.kind[k]
    if kind == COMPRESSOR:
        control = tables.control[k]
        if control == FREE_OF:
            return OPEN
        return CONTROL if control == OUTLET_OF else RATIO
    if kind == REGULATOR and free:
        return OPEN
    if kind in (REGULATOR, FLOW):
        return CONTROL
    return OPEN


@lean_kernel
def _ways(tables: GasTables, work: GasWork, now: bool) -> None:
    """Which links carry: those that stand open, or (not `now`) those that may."""
    for k in range(len(work.state)):
        state = work.state[k]
        if state in (SHUT, SLAMMED) or tables.kind[k] == FLOW:
            work.conducts[k] = 0
        elif state == LOCKED:
            work.conducts[k] = 0 if now else 2
        elif tables.kind[k] == REGULATOR or tables.kind[k] == COMPRESSOR:
            work.conducts[k] = 1 if tables.one_way[k] == 0 and state != CONTROL else 2
        else:
            work.conducts[k] = 1


@lean_kernel
def _lean_on_feed(work: GasWork) -> bool:
    """Let a feed of given flow hold its greatest pressure where nothing else is reached from."""
    for r in range(len(work.source)):
        if work.reached[r] == 0 and work.source[r] == 0 and work.ceiling[r] < math.inf:
            work.source[r] = 2
            work.root[r] = 1
            work.potential[r] = work.ceiling[r]
            return True
    return False


@lean_kernel
def search(structure: Structure, tables: GasTables, work: GasWork, storing: bool) -> None:
    """Mark what sources (or, `storing`, line pack) reach, and cut links at what they do not.

    A region whose only way in is a locked regulator gets it back: it would have no pressure. One
    that only feeds of given flow reach leans on one of them, which then holds its greatest
    pressure.
    """
    if _known(work, storing):
        hold(tables, work)
        return
    start, end, state = structure.start, structure.end, work.state
    for r in range(len(work.root)):
        full = storing and tables.mass_per_pa[r] > 0.0
        work.root[r] = 1 if full or work.source[r] != 0 else 0
    for _ in range(len(state) + len(work.root)):
        _ways(tables, work, True)
        reach(structure, work.root, work.conducts, work.reached, work.queue)
        opened = False
        for k in tables.controls:
            if state[k] == LOCKED and work.reached[start[k]] and not work.reached[end[k]]:
                state[k] = first_state(tables, k, work.setting[k] == math.inf)
                opened = True
        if not opened and not _lean_on_feed(work):
            break
    reached = work.reached
    for k in range(len(state)):
        alive = reached[start[k]] != 0 and reached[end[k]] != 0
        if not alive and state[k] != SHUT and state[k] != SLAMMED:
            state[k] = CUT
        elif alive and state[k] == CUT:
            state[k] = first_state(tables, k, work.setting[k] == math.inf)
    _note(work, storing)
    hold(tables, work)


@lean_kernel
def _known(work: GasWork, storing: bool) -> bool:
    """Whether `reached` still stands for these states and sources: most instants change neither."""
    other = work.searched_source[len(work.source)] ^ np.uint8(storing)
    for k in range(len(work.state)):
        other |= work.state[k] ^ work.searched_state[k]
    for r in range(len(work.source)):
        other |= work.source[r] ^ work.searched_source[r]
    return bool(other == 0)


@lean_kernel
def _note(work: GasWork, storing: bool) -> None:
    """Keep for what `reached` stands."""
    for k in range(len(work.state)):
        work.searched_state[k] = work.state[k]
    for r in range(len(work.source)):
        work.searched_source[r] = work.source[r]
    work.searched_source[len(work.source)] = np.uint8(storing)


@lean_kernel
def hold(tables: GasTables, work: GasWork) -> None:
    """Which rows have their potential given: sources, what is held, what is cut off."""
    held, sharing = work.held, work.sharing
    for r in range(len(held)):
        sharing[r] = 0
        held[r] = 1 if work.source[r] != 0 or work.reached[r] == 0 else 0
    for k in tables.controls:
        if work.state[k] != CONTROL:
            continue
        r = tables.held_row[k]
        if work.source[r] != 0 or work.reached[r] == 0:
            continue
        wanted = tables.scale[r] * work.setting[k] * work.setting[k]
        if sharing[r] == 0 or wanted > work.potential[r]:
            work.potential[r] = wanted
        held[r] = 1
        sharing[r] += 1
