"""Segments of water: a list a link or tank, from its most downstream segment to its last.

All segments live in one pool of arrays; a list is a chain of places. A link's chain is at row k,
a tank's at row L + t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.types import F64, I64

NONE = -1


class Segments(NamedTuple):
    """A pool of segments."""

    volume: F64
    value: F64
    behind: I64
    """The next segment upstream, or NONE."""
    first: I64
    """(L + T,): the most downstream segment of each chain."""
    last: I64
    free: I64
    """A stack of places not in use."""
    spare: I64
    """(1,): how many are on the stack."""


def new_segments(chains: int, capacity: int) -> Segments:
    """An empty pool."""
    return Segments(
        volume=np.zeros(capacity),
        value=np.zeros(capacity),
        behind=np.full(capacity, NONE, dtype=np.int64),
        first=np.full(chains, NONE, dtype=np.int64),
        last=np.full(chains, NONE, dtype=np.int64),
        free=np.arange(capacity - 1, -1, -1, dtype=np.int64),
        spare=np.array([capacity], dtype=np.int64),
    )


def grown(s: Segments) -> Segments:
    """The same chains in a pool of twice the size."""
    old = len(s.volume)
    more = np.zeros(old)
    free = np.arange(2 * old - 1, -1, -1, dtype=np.int64)
    free[old : old + s.spare[0]] = s.free[: s.spare[0]]
    return s._replace(
        volume=np.concatenate((s.volume, more)),
        value=np.concatenate((s.value, more)),
        behind=np.concatenate((s.behind, np.full(old, NONE, dtype=np.int64))),
        free=free,
        spare=s.spare + old,
    )


@lean_kernel
def append(s: Segments, chain: int, volume: float, value: float) -> None:
    """Add a segment at the upstream end."""
    s.spare[0] -= 1
    i = s.free[s.spare[0]]
    s.volume[i] = volume
    s.value[i] = value
    s.behind[i] = NONE
    if s.first[chain] == NONE:
        s.first[chain] = i
    else:
        s.behind[s.last[chain]] = i
    s.last[chain] = i


@lean_kernel
def fill_links(s: Segments, volume: F64, value: F64) -> None:
    """One segment for each link (L,)."""
    for k in range(len(volume)):
        append(s, k, volume[k], value[k])


@lean_kernel
def push(s: Segments, chain: int, volume: float, value: float, tolerance: float) -> None:
    """Let water in at the upstream end; it merges with the last segment if nearly equal."""
    i = s.last[chain]
    if i != NONE and abs(s.value[i] - value) < tolerance:
        total = s.volume[i] + volume
        if s.value[i] != value:  # of a trace most are alike: all of it, or none
            s.value[i] = (s.value[i] * s.volume[i] + value * volume) / total
        s.volume[i] = total
    else:
        append(s, chain, volume, value)


@lean_kernel
def draw(s: Segments, chain: int, volume: float) -> float:
    """Take water out at the downstream end; returns volume * value of what came.

    The last segment gives all that is still wanted: flows of a step may exceed what is there by
    rounding.
    """
    mass = 0.0
    while volume > 0.0:
        i = s.first[chain]
        if i == NONE:
            break
        if i == s.last[chain]:
            mass += volume * s.value[i]
            s.volume[i] -= volume
            s.volume[i] = max(0.0, s.volume[i])
            break
        part = min(s.volume[i], volume)
        mass += part * s.value[i]
        volume -= part
        if part >= s.volume[i]:
            s.first[chain] = s.behind[i]
            s.free[s.spare[0]] = i
            s.spare[0] += 1
        else:
            s.volume[i] -= part
    return mass


@lean_kernel
def reverse(s: Segments, chain: int) -> None:
    """Turn a chain round: flow has changed its direction."""
    i = s.first[chain]
    before = NONE
    s.last[chain] = i
    while i != NONE:
        after = s.behind[i]
        s.behind[i] = before
        before = i
        i = after
    s.first[chain] = before


@lean_kernel
def average(s: Segments, chain: int) -> tuple[float, float]:
    """Volume, and volume * value, of a chain."""
    volume, mass = 0.0, 0.0
    i = s.first[chain]
    while i != NONE:
        volume += s.volume[i]
        mass += s.volume[i] * s.value[i]
        i = s.behind[i]
    return volume, mass
