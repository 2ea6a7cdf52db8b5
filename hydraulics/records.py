"""States written down as a run goes on: rows of arrays in SI and in the file's order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.tables import CLOSED, Work
from hydraulics.types import F64, I64, U8
from hydraulics.us_units import FOOT_M

LOW_M = -1e-3
"""Pressures below this count as negative."""


class Records(NamedTuple):
    """(T, N) and (T, L) as in `Run`; `low` and `cut` (N,) mark junctions that were below zero
    pressure and nodes that were without supply at any time."""

    head: F64
    pressure: F64
    demand: F64
    flow: F64
    velocity: F64
    status: I64
    kernel_status: U8
    setting: F64
    """The kernels' own codes and units."""
    low: U8
    cut: U8


def new_records(times: int, nodes: int, links: int) -> Records:
    """Room for so many states."""
    return Records(
        head=np.empty((times, nodes)),
        pressure=np.empty((times, nodes)),
        demand=np.empty((times, nodes)),
        flow=np.empty((times, links)),
        velocity=np.empty((times, links)),
        status=np.empty((times, links), dtype=np.int64),
        kernel_status=np.empty((times, links), dtype=np.uint8),
        setting=np.empty((times, links)),
        low=np.zeros(nodes, dtype=np.uint8),
        cut=np.zeros(nodes, dtype=np.uint8),
    )


def write_record(
    records: Records,
    t: int,
    work: Work,
    junctions: int,
    row_of_node: I64,
    elevation_m: F64,
    area_m2: F64,
    m3s_per_cfs: float,
) -> None:
    """Write the present state of `work` as row `t`."""
    write_nodes(
        records,
        t,
        work.head,
        work.delivered,
        work.emitted,
        work.leaked,
        work.inflow,
        work.dead,
        work.reached,
        junctions,
        row_of_node,
        elevation_m,
        m3s_per_cfs,
    )
    write_links(
        records, t, work.flow, work.status, work.setting, work.dead_link, area_m2, m3s_per_cfs
    )


@lean_kernel
def write_nodes(
    records: Records,
    t: int,
    head: F64,
    delivered: F64,
    emitted: F64,
    leaked: F64,
    inflow: F64,
    dead: U8,
    reached: U8,
    junctions: int,
    row_of_node: I64,
    elevation_m: F64,
    m3s_per_cfs: float,
) -> None:
    """Heads, pressures and outflows of nodes; no head where no source reaches."""
    for n in range(len(row_of_node)):
        row = row_of_node[n]
        metres = head[row] * FOOT_M if reached[row] == 1 else np.nan
        pressure = metres - elevation_m[n]
        records.head[t, n] = metres
        records.pressure[t, n] = pressure
        if row >= junctions:
            records.demand[t, n] = inflow[row] * m3s_per_cfs
            continue
        taken = delivered[row] + emitted[row] + leaked[row]
        records.demand[t, n] = 0.0 if dead[row] else taken * m3s_per_cfs
        if pressure < LOW_M:
            records.low[n] = 1
        if reached[row] != 1:
            records.cut[n] = 1


@lean_kernel
def write_links(
    records: Records,
    t: int,
    flow: F64,
    status: U8,
    setting: F64,
    dead_link: U8,
    area_m2: F64,
    m3s_per_cfs: float,
) -> None:
    """Flows, velocities and whether links are open."""
    for k in range(len(flow)):
        is_open = status[k] > CLOSED
        q = flow[k] * m3s_per_cfs if is_open and dead_link[k] == 0 else 0.0
        area = area_m2[k]
        records.flow[t, k] = q
        records.velocity[t, k] = abs(q) / area if area > 0.0 else 0.0
        records.status[t, k] = 1 if is_open else 0
        records.kernel_status[t, k] = status[k]
        records.setting[t, k] = setting[k]
