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
    """(T, N) and (T, L) in SI, as in `Run`; `low` and `cut` (N,) mark junctions that were below
    zero pressure and nodes that were without supply at any time."""

    head: F64
    demand: F64
    flow: F64
    kernel_status: U8
    setting: F64
    """The kernels' own codes and units."""
    low: U8
    cut: U8
    ends: I64
    """(T,) how the state came: 0 proved, 1 after the trials ran out, 2 not proved."""
    ended: I64
    """(1,) the same of the last solve."""


class Place(NamedTuple):
    """Where results of the kernels' rows belong, and their units."""

    row_of_node: I64
    elevation_m: F64
    m3s_per_cfs: float


def new_records(times: int, nodes: int, links: int) -> Records:
    """Room for so many states."""
    return Records(
        head=np.empty((times, nodes)),
        demand=np.empty((times, nodes)),
        flow=np.empty((times, links)),
        kernel_status=np.empty((times, links), dtype=np.uint8),
        setting=np.empty((times, links)),
        low=np.zeros(nodes, dtype=np.uint8),
        cut=np.zeros(nodes, dtype=np.uint8),
        ends=np.zeros(times, dtype=np.int64),
        ended=np.zeros(1, dtype=np.int64),
    )


@lean_kernel
def write_record(records: Records, t: int, work: Work, junctions: int, place: Place) -> None:
    """Write the present state of `work` as row `t`."""
    records.ends[t] = records.ended[0]
    _write_nodes(records, t, work, junctions, place)
    _write_links(records, t, work, place)


@lean_kernel
def _write_nodes(records: Records, t: int, work: Work, junctions: int, place: Place) -> None:
    """Heads and outflows of nodes; no head where no source reaches."""
    head, reached, dead, inflow = work.head, work.reached, work.dead, work.inflow
    delivered, emitted, leaked = work.delivered, work.emitted, work.leaked
    row_of_node, elevation_m, m3s_per_cfs = place.row_of_node, place.elevation_m, place.m3s_per_cfs
    for n in range(len(row_of_node)):
        row = row_of_node[n]
        metres = head[row] * FOOT_M if reached[row] == 1 else np.nan
        pressure = metres - elevation_m[n]
        records.head[t, n] = metres
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
def _write_links(records: Records, t: int, work: Work, place: Place) -> None:
    """Flows, statuses and settings of links."""
    flow, status, setting, dead_link = work.flow, work.status, work.setting, work.dead_link
    m3s_per_cfs = place.m3s_per_cfs
    for k in range(len(flow)):
        passes = status[k] > CLOSED and dead_link[k] == 0
        records.flow[t, k] = flow[k] * m3s_per_cfs if passes else 0.0
        records.kernel_status[t, k] = status[k]
        records.setting[t, k] = setting[k]
