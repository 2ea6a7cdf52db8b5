"""Leakage of pipes by the FAVAD equation, as nodal outflows beside demand and emitters.

q = 0.6 sqrt(2 g) (A + m h) sqrt(h): A is the leak area of a pipe without pressure, m its growth a
metre of pressure head h (J. May, 1994; EPANET 2.3). Half of a pipe's leak lies at each end, all of
it at its junction where the other end is a source. Written as a drop, the part of fixed area is
a q**2, the growing part b q**(2/3); a steep barrier keeps both from turning negative.
"""

from __future__ import annotations

import math

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.tables import FLOW_TOLERANCE, LEAK, Tables, Work
from hydraulics.types import F64, I64, Table
from hydraulics.us_units import FOOT_M
from network_models.elements import Junction, Pipe
from network_models.network import Network

ORIFICE = 4.8149766e-6
"""0.6 sqrt(2 g) in ft**0.5 / s, for an area in mm2 that stands for m2."""
FIRST_FLOW = 0.001
"""cfs, where a leak's iteration starts."""
BARRIER = 1e9
SOFTNESS = 1e-6


def leak_rows(net: Network, row_of_node: I64) -> Table:
    """One row a junction at which pipes leak."""
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    fixed, growing = np.zeros(len(index)), np.zeros(len(index))
    for pipe in net.links.values():
        if not isinstance(pipe, Pipe):
            continue
        area, growth = pipe.leak_area_mm2_per_100m, pipe.leak_expansion_mm2_per_m
        ends = [e for e in (pipe.start, pipe.end) if isinstance(net.nodes[e], Junction)]
        if not ends or (area == 0.0 and growth == 0.0):
            continue
        share = ORIFICE * pipe.length_m / 100.0 / len(ends)
        for end in ends:
            row = row_of_node[index[end]]
            fixed[row] += share * area / FOOT_M**2
            growing[row] += share * growth / FOOT_M
    where = np.flatnonzero((fixed > 0.0) | (growing > 0.0))
    rows = np.zeros(len(where), dtype=LEAK)
    rows["node"] = where
    with np.errstate(divide="ignore"):
        rows["fixed"] = np.where(fixed[where] > 0.0, fixed[where] ** -2.0, 0.0)
        rows["growing"] = np.where(growing[where] > 0.0, growing[where] ** (-2.0 / 3.0), 0.0)
    return rows


@lean_kernel
def first_leaks(tables: Tables, work: Work) -> None:
    """Leak flows to where iteration starts."""
    for i in range(len(tables.leaks)):
        row = tables.leaks[i]
        work.leak[i, 0] = FIRST_FLOW if row.fixed > 0.0 else 0.0
        work.leak[i, 1] = FIRST_FLOW if row.growing > 0.0 else 0.0
    sum_leaks(tables, work)


@lean_kernel
def sum_leaks(tables: Tables, work: Work) -> None:
    """`leaked` of each node, 0 where no source reaches."""
    for i in range(len(tables.leaks)):
        n = tables.leaks[i].node
        if work.dead[n]:
            work.leak[i, :] = 0.0
        work.leaked[n] = work.leak[i, 0] + work.leak[i, 1]


@lean_kernel
def _drop(flow: float, coefficient: float, exponent: float) -> tuple[float, float]:
    """Pressure head over a leak and its gradient: coefficient * q**exponent, not below zero."""
    gradient = exponent * coefficient * abs(flow) ** (exponent - 1.0)
    if not math.isfinite(gradient):
        gradient = 0.0
    drop = gradient * flow / exponent
    a = BARRIER * flow
    b = math.sqrt(a * a + SOFTNESS)
    return drop + (a - b) / 2.0, gradient + BARRIER / 2.0 * (1.0 - a / b)


@lean_kernel
def assemble_leaks(tables: Tables, work: Work) -> None:
    """Add the linearised leaks to the diagonal and the right-hand side."""
    for i in range(len(tables.leaks)):
        row = tables.leaks[i]
        n = row.node
        if work.dead[n]:
            continue
        elevation = tables.nodes[n].elevation
        if row.fixed > 0.0:
            drop, gradient = _drop(work.leak[i, 0], row.fixed, 2.0)
            work.diagonal[n] += 1.0 / gradient
            work.right[n] += (drop + elevation) / gradient - work.leak[i, 0]
        if row.growing > 0.0:
            drop, gradient = _drop(work.leak[i, 1], row.growing, 2.0 / 3.0)
            work.diagonal[n] += 1.0 / gradient
            work.right[n] += (drop + elevation) / gradient - work.leak[i, 1]


@lean_kernel
def update_leaks(tables: Tables, work: Work, relax: float) -> tuple[float, float, float]:
    """New leak flows; their sum, summed change and largest change."""
    total, moved, largest = 0.0, 0.0, 0.0
    for i in range(len(tables.leaks)):
        row = tables.leaks[i]
        n = row.node
        if work.dead[n]:
            continue
        pressure = work.head[n] - tables.nodes[n].elevation
        step = 0.0
        if row.fixed > 0.0:
            drop, gradient = _drop(work.leak[i, 0], row.fixed, 2.0)
            change = (drop - pressure) / gradient * relax
            work.leak[i, 0] -= change
            step += change
        if row.growing > 0.0:
            drop, gradient = _drop(work.leak[i, 1], row.growing, 2.0 / 3.0)
            change = (drop - pressure) / gradient * relax
            work.leak[i, 1] -= change
            step += change
        work.leaked[n] = work.leak[i, 0] + work.leak[i, 1]
        total += abs(work.leaked[n])
        moved += abs(step)
        largest = max(largest, abs(step))
    return total, moved, largest


@lean_kernel
def leaks_settled(tables: Tables, work: Work) -> bool:
    """Whether every leak is what its law gives at its pressure."""
    for row in tables.leaks:
        n = row.node
        if work.dead[n]:
            continue
        pressure = work.head[n] - tables.nodes[n].elevation
        want = 0.0
        if pressure > 0.0:
            if row.fixed > 0.0:
                want += math.sqrt(pressure / row.fixed)
            if row.growing > 0.0:
                want += (pressure / row.growing) ** 1.5
        if abs(want - work.leaked[n]) > FLOW_TOLERANCE:
            return False
    return True


def leakage_m3s(leaked: F64, factor: float) -> float:
    """All leaks together; `leaked` in cfs."""
    return float(leaked.sum()) * factor
