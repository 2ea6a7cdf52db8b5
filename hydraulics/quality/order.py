"""In which order nodes pass water on: along the flow, so that a step goes through short pipes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import kernel
from hydraulics.quality.segments import Segments, reverse
from hydraulics.quality.tables import QualityTables
from hydraulics.types import F64, I64

STILL_M3S = 1e-12
"""A flow below this moves no water. (EPANET moves water below 0.005 gpm too, but always from a
pipe's start to its end.)"""


class Course(NamedTuple):
    """Nodes along the flow, and the moving links into and out of each: those of place i are
    `into[into_first[i] : into_first[i + 1]]`."""

    node: I64
    into_first: I64
    into: I64
    out_first: I64
    out: I64
    way: I64
    """(L,): 1 from start to end, -1 back, 0 still."""
    facing: I64
    """(L,): the direction a link's chain of segments stands in, 1 or -1."""


def new_course(nodes: int, links: int) -> Course:
    """Before the first flow."""
    z = np.zeros
    return Course(
        node=z(nodes, dtype=np.int64),
        into_first=z(nodes + 1, dtype=np.int64),
        into=z(links, dtype=np.int64),
        out_first=z(nodes + 1, dtype=np.int64),
        out=z(links, dtype=np.int64),
        way=z(links, dtype=np.int64),
        facing=np.ones(links, dtype=np.int64),
    )


@kernel
def follow(t: QualityTables, c: Course, s: Segments, flow: F64, fresh: bool) -> None:
    """Bring the course to the present flows (L,), m3/s; turn chains whose flow has turned."""
    changed = fresh
    for k in range(len(flow)):
        way = 0
        if flow[k] > STILL_M3S:
            way = 1
        elif flow[k] < -STILL_M3S:
            way = -1
        if way != c.way[k]:
            changed = True
            c.way[k] = way
        if way * c.facing[k] < 0:
            reverse(s, k)
            c.facing[k] = way
    if changed:
        _sort(t, c)


@kernel
def _sort(t: QualityTables, c: Course) -> None:
    """Topological order by waiting inflows. Where water goes round in a circle, the first node
    in file order that got some inflow already breaks it."""
    nodes = len(t.kind)
    waiting = np.zeros(nodes, dtype=np.int64)
    touched = np.zeros(nodes, dtype=np.bool_)
    done = np.zeros(nodes, dtype=np.bool_)
    for k in range(len(c.way)):
        if c.way[k] != 0:
            waiting[t.end[k] if c.way[k] > 0 else t.start[k]] += 1
    stack = np.empty(nodes, dtype=np.int64)
    top = 0
    for n in range(nodes - 1, -1, -1):
        if waiting[n] == 0:
            stack[top] = n
            top += 1
            done[n] = True
    sorted_ = 0
    scan = 0
    inn, out = 0, 0
    while sorted_ < nodes:
        if top == 0:
            chosen = -1
            for n in range(nodes):
                if not done[n] and touched[n]:
                    chosen = n
                    break
            while chosen < 0:
                if not done[scan]:
                    chosen = scan
                scan += 1
            done[chosen] = True
            stack[0] = chosen
            top = 1
        top -= 1
        n = stack[top]
        c.node[sorted_] = n
        c.into_first[sorted_] = inn
        c.out_first[sorted_] = out
        sorted_ += 1
        for i in range(t.near_first[n], t.near_first[n + 1]):
            k = t.near_link[i]
            if c.way[k] == 0:
                continue
            below = t.end[k] if c.way[k] > 0 else t.start[k]
            if below == n:
                c.into[inn] = k
                inn += 1
                continue
            c.out[out] = k
            out += 1
            waiting[below] -= 1
            touched[below] = True
            if waiting[below] == 0 and not done[below]:
                done[below] = True
                stack[top] = below
                top += 1
    c.into_first[nodes] = inn
    c.out_first[nodes] = out
