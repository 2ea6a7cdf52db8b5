"""Steady states of one water network under many boundaries: the live model's solver."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hydraulics.arrays import NetworkArrays, compile_network, settings_of
from hydraulics.controls import apply_patterns
from hydraulics.engine import Engine
from hydraulics.link_rows import setting_from_si, setting_to_si
from hydraulics.state import ACTIVE_LINK, CLOSED_LINK, OPEN_LINK, Boundary, Solution
from hydraulics.tables import ACTIVE, CLOSED, GPV, MISSING, OPEN, PIPE, PUMP
from hydraulics.types import F64, I64
from hydraulics.us_units import FOOT_M
from network_models.network import Network


class SteadyWater:
    """A network compiled once and solved for any boundary. Not shared between threads."""

    def __init__(self, net: Network) -> None:
        self.arrays: NetworkArrays = compile_network(net)
        settings = settings_of(net.options, net.times, self.arrays.m3s_per_cfs)
        self._engine = Engine(self.arrays, settings)

    def boundary(self, time_s: float) -> Boundary:
        """What the file gives at `time_s` of its patterns: demands, source heads (tanks at their
        initial level), statuses and settings."""
        a, engine = self.arrays, self._engine
        engine.reset()
        engine.work.factor[:] = 1.0
        engine.work.added[:] = 0.0
        engine.work.held[:] = 0
        apply_patterns(a.tables, engine.work, engine.settings, a.junctions, time_s)
        demand = np.where(np.arange(len(a.node_ids)) < a.junctions, engine.work.demand, 0.0)
        head = engine.work.head * FOOT_M
        head[: a.junctions] = np.nan
        status: I64 = np.full(len(a.link_ids), OPEN_LINK, dtype=np.int64)
        status[engine.work.status <= CLOSED] = CLOSED_LINK
        setting: F64 = np.full(len(a.link_ids), np.nan)
        kinds = a.tables.links["kind"]
        for k in np.flatnonzero(kinds > PIPE):
            value = float(engine.work.setting[k])
            if kinds[k] > PUMP and value != MISSING and status[k] != CLOSED_LINK:
                status[k] = ACTIVE_LINK
            setting[k] = setting_to_si(int(kinds[k]), value, a.m3s_per_cfs)
        return Boundary(
            demand_m3s=(demand * a.m3s_per_cfs)[a.row_of_node],
            fixed_head_m=head[a.row_of_node],
            status=status,
            setting=setting,
        )

    def with_status(self, boundary: Boundary, link: int, *, is_open: bool) -> Boundary:
        """`boundary` with a link shut, or open again: a valve to its setting, a pump to its speed
        (full speed if it has none)."""
        status, setting = boundary.status.copy(), boundary.setting
        kind = int(self.arrays.tables.links[link]["kind"])
        if not is_open:
            status[link] = CLOSED_LINK
        elif kind > PUMP and not math.isnan(setting[link]):
            status[link] = ACTIVE_LINK
        else:
            status[link] = OPEN_LINK
            if kind == PUMP and not setting[link] > 0.0:
                setting = setting.copy()
                setting[link] = 1.0
        return replace(boundary, status=status, setting=setting)

    def solve(self, boundary: Boundary, warm: Solution | None = None) -> Solution:
        """The state under `boundary`. Iteration starts from the flows of `warm`, if given.

        ValueError for arrays of a wrong shape or values that are not finite; SolveError when there
        is no solution.
        """
        self._check(boundary)
        a, engine = self.arrays, self._engine
        work = engine.work
        rows = a.node_of_row
        engine.reset()
        demand = boundary.demand_m3s[rows] / a.m3s_per_cfs
        work.demand[: a.junctions] = demand[: a.junctions]
        work.delivered[: a.junctions] = demand[: a.junctions]
        work.head[a.junctions :] = boundary.fixed_head_m[rows[a.junctions :]] / FOOT_M
        self._links(boundary)
        if warm is not None:
            flow = warm.flow_m3s / a.m3s_per_cfs
            take = (work.status > CLOSED) & (warm.status > 0) & np.isfinite(flow)
            take &= np.abs(flow) > 0.0
            work.flow[take] = flow[take]
        engine.solve(0.0)
        return engine.solution()

    def _links(self, boundary: Boundary) -> None:
        a, work = self.arrays, self._engine.work
        kinds = a.tables.links["kind"]
        work.status[:] = np.where(boundary.status == CLOSED_LINK, CLOSED, OPEN)
        work.held[:] = boundary.status == CLOSED_LINK
        for k in np.flatnonzero(kinds > PIPE).tolist():
            kind, given = int(kinds[k]), float(boundary.setting[k])
            obeys = boundary.status[k] == ACTIVE_LINK
            if kind == PUMP:
                work.setting[k] = 1.0 if math.isnan(given) else given
                if boundary.status[k] == CLOSED_LINK or given == 0.0:
                    work.setting[k], work.status[k], work.held[k] = 0.0, CLOSED, 1
            elif kind == GPV:
                work.setting[k] = 0.0
            elif obeys and not math.isnan(given):
                work.setting[k] = setting_from_si(kind, given, a.m3s_per_cfs)
                work.status[k] = ACTIVE
            else:
                work.setting[k] = MISSING
        self._engine.reset_flows()

    def _check(self, boundary: Boundary) -> None:
        nodes, links = len(self.arrays.node_ids), len(self.arrays.link_ids)
        if boundary.demand_m3s.shape != (nodes,) or boundary.fixed_head_m.shape != (nodes,):
            raise ValueError(f"demand_m3s and fixed_head_m have one value a node: ({nodes},)")
        if boundary.status.shape != (links,) or boundary.setting.shape != (links,):
            raise ValueError(f"status and setting have one value a link: ({links},)")
        source = self.arrays.row_of_node >= self.arrays.junctions
        bad = ~np.isfinite(np.where(source, boundary.fixed_head_m, 0.0))
        bad |= ~np.isfinite(np.where(source, 0.0, boundary.demand_m3s))
        if bad.any():
            names = ", ".join(self.arrays.node_ids[i] for i in np.flatnonzero(bad)[:5])
            raise ValueError(f"head or demand is not a number at {names}")
