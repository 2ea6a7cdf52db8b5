"""A solved state from the kernel's rows and slots to results in the file's order, at one go."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.gas.compressibility import z_at
from hydraulics.gas.tables import LOCKED, SHUT, SLAMMED, GasTables, GasWork
from hydraulics.graph.step import excess
from hydraulics.graph.structure import Structure
from hydraulics.types import F64, I64


class Results(NamedTuple):
    """Results by node and link in the file's order (see `GasSolution`)."""

    pressure: F64
    demand: F64
    flow: F64
    velocity: F64
    status: I64


class Facts(NamedTuple):
    """What a report asks of a state: greatest flow, greatest absolute pressure, lowest potential of
    what is supplied, how many nodes are not."""

    flow: float
    pressure: float
    potential: float
    cut: int


def new_results(nodes: int, links: int) -> Results:
    """Room for the results of one instant."""
    return Results(
        np.empty(nodes),
        np.empty(nodes),
        np.empty(links),
        np.empty(links),
        np.empty(links, dtype=np.int64),
    )


@lean_kernel
def write_out(
    structure: Structure, tables: GasTables, work: GasWork, per_speed: F64, out: Results
) -> tuple[float, float, float, int]:
    """Fill `out`; the `Facts`. `per_speed` (L,) by slot is kg/s a m/s at 1 Pa and Z = 1, 0 without
    a diameter."""
    node, link = structure.node, structure.link
    highest, lowest, cut = 0.0, math.inf, 0
    for r in range(len(node)):
        n = node[r]
        if work.reached[r] == 0:
            cut += 1
            out.pressure[n] = math.nan
            out.demand[n] = 0.0
            continue
        highest = max(highest, work.pressure[r])
        lowest = min(lowest, work.potential[r])
        out.pressure[n] = work.pressure[r] - tables.ambient[r]
        # where a pressure is held, a node takes what its links bring
        held = work.source[r] != 0
        out.demand[n] = excess(structure, work.flow, r) if held else work.delivered[r]
    largest = 0.0
    for k in range(len(link)):
        i = link[k]
        flow = work.flow[k]
        size = abs(flow)
        largest = max(largest, size)
        out.flow[i] = flow
        state = work.state[k]
        out.status[i] = 0 if state in (SHUT, LOCKED, SLAMMED) else 1
        speed = 0.0
        if per_speed[k] > 0.0:
            pa, pb = work.pressure[structure.start[k]], work.pressure[structure.end[k]]
            total = pa + pb
            mean = 2.0 / 3.0 * (total - pa * pb / total)
            speed = size * z_at(tables, mean) / (per_speed[k] * mean)
        out.velocity[i] = speed
    return largest, highest, lowest, cut
