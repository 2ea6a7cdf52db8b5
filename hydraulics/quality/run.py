"""Water age, source trace or a substance over a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.extended import ExtendedPeriod
from hydraulics.quality.order import Course, new_course
from hydraulics.quality.reactions import Reactions, reactions_of, set_wall_rates
from hydraulics.quality.segments import append, fill_links, grown, new_segments
from hydraulics.quality.sources import sources_of
from hydraulics.quality.tables import (
    CHEMICAL,
    KINDS,
    TRACE,
    TWO_COMPARTMENTS,
    UNITS,
    Kind,
    QualityTables,
    quality_tables,
)
from hydraulics.quality.transport import CAME, LEFT, MADE, Water, carry, measure
from hydraulics.run import report_times
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network

ACCURACY = 1e-6
"""Of the hydraulics: flows that do not balance at a node would make or lose substance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Where all of it went, in m3 times the run's unit (m3 h, m3 %, g).

    `initial + came + made = left + stored`; `relative_error` is the difference over the greatest
    of them. Age is accounted relative to a clock, against which standing water does not change.
    """

    initial: float
    came: float
    left: float
    made: float
    stored: float
    relative_error: float
    quality_step_s: float
    tolerance: float
    segments: int
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRun:
    """Quality at report times: `node_quality` (T, N) of the water leaving each node,
    `link_quality` (T, L) the mean of what is in a pipe. `unit` is h, % or the file's."""

    times_s: F64
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    node_quality: F64
    link_quality: F64
    unit: str
    report: QualityReport


class Transport:
    """The water of a network as it moves; flows come from outside, step by step."""

    def __init__(
        self,
        arrays: NetworkArrays,
        kind: Kind,
        *,
        trace_node: str | None = None,
        quality_step_s: float | None = None,
        tolerance: float | None = None,
    ) -> None:
        net = arrays.network
        self._kind = KINDS[kind]
        self._traced = _traced(arrays, kind, trace_node)
        step = float(net.times.quality_step_s) if quality_step_s is None else quality_step_s
        self.step_s = step or max(1.0, net.times.hydraulic_step_s / 10.0)
        self.tolerance = net.options.quality_tolerance if tolerance is None else tolerance
        if not (self.step_s > 0.0 and self.tolerance >= 0.0):
            raise ValueError("the quality step is above zero, the tolerance zero or more")
        self._tables: QualityTables = quality_tables(arrays)
        self._reactions: Reactions = reactions_of(net)
        self._sources, self._strengths = sources_of(net)
        self._course: Course = new_course(len(arrays.node_ids), len(arrays.link_ids))
        self._times = net.times
        first = np.array([n.initial_quality for n in net.nodes.values()], dtype=np.float64)
        if self._kind == TRACE:
            first[:] = 0.0
            first[self._traced] = 100.0
        chains = len(arrays.link_ids) + len(self._tables.tank_node)
        self._water = Water(
            segments=new_segments(chains, 8 * chains + 64),
            node=first,
            fixed=first.copy(),
            clock=np.zeros(1),
            total=np.zeros(3),
            tank_volume=self._tables.tank_volume.copy(),
        )
        self._fresh = True
        self.initial = 0.0

    @property
    def segments(self) -> int:
        """Segments in use."""
        pool = self._water.segments
        return len(pool.volume) - int(pool.spare[0])

    def move(self, flow: F64, demand: F64, time_s: float, seconds: float) -> None:
        """Let water flow for `seconds` from `time_s` on: flows (L,), demands (N,), m3/s."""
        if self._fresh:
            self._fill(flow)
        if self._kind == CHEMICAL:
            set_wall_rates(self._reactions, flow)
            self._set_sources(time_s)
        done = 0.0
        while self._fresh or done < seconds:
            done += carry(
                self._tables,
                self._course,
                self._water,
                self._reactions,
                self._sources,
                flow,
                demand,
                self._kind,
                self._traced,
                seconds - done,
                self.step_s,
                self.tolerance,
                self._fresh,
            )
            self._fresh = False
            if done < seconds:
                self._water = self._water._replace(segments=grown(self._water.segments))

    def read(self, nodes: F64, links: F64) -> tuple[float, float]:
        """Write the present quality of nodes (N,) and links (L,); stored m3, m3 * quality."""
        return measure(self._tables, self._water, self._kind, nodes, links)

    def report(self, stored: float, warnings: Sequence[str] = ()) -> QualityReport:
        """The account so far, with what is `stored` by `read`."""
        total = self._water.total
        there = self.initial + float(total[CAME]) + float(total[MADE])
        size = max(abs(self.initial), abs(float(total[CAME])), abs(stored), 1e-9)
        return QualityReport(
            initial=self.initial,
            came=float(total[CAME]),
            left=float(total[LEFT]),
            made=float(total[MADE]),
            stored=stored,
            relative_error=(there - float(total[LEFT]) - stored) / size,
            quality_step_s=self.step_s,
            tolerance=self.tolerance,
            segments=self.segments,
            warnings=tuple(warnings),
        )

    def _fill(self, flow: F64) -> None:
        """Every pipe starts with the quality of its end node (EPANET's convention, whichever way
        the water flows), every tank with its own."""
        t, s, node = self._tables, self._water.segments, self._water.node
        fill_links(s, t.volume, node[t.end])
        links = len(t.volume)
        for m, n in enumerate(t.tank_node.tolist()):
            volume, value = float(t.tank_volume[m]), float(node[n])
            if t.tank_mixing[m] == TWO_COMPARTMENTS:
                zone = min(float(t.tank_zone[m]), volume)
                append(s, links + m, volume - zone, value)
                append(s, links + m, zone, value)
            else:
                append(s, links + m, volume, value)
        self._course.facing[:] = np.where(flow < 0.0, -1, 1)
        self.initial = self.read(np.empty(len(node)), np.empty(links))[1]

    def _set_sources(self, time_s: float) -> None:
        step = self._times.pattern_step_s or 3600
        period = int((time_s + self._times.pattern_start_s) // step)
        for i, (base, pattern) in enumerate(self._strengths):
            self._sources.strength[i] = base * pattern[period % len(pattern)]


def simulate_quality(
    net: Network,
    kind: Kind,
    *,
    trace_node: str | None = None,
    hours: float | None = None,
    step_s: float | None = None,
    quality_step_s: float | None = None,
    tolerance: float | None = None,
    changes: Sequence[Change] = (),
    demand_model: Literal["dda", "pda"] | None = None,
    required_pressure_m: float | None = None,
    accuracy: float = ACCURACY,
    progress: Callable[[float], None] | None = None,
) -> QualityRun:
    """Run `net` and carry quality along: "age" in h, "trace" the % that comes from `trace_node`
    (the file's by default), "chemical" with the file's reactions and sources.

    Report times as in `simulate`. `quality_step_s` and `tolerance` (segments closer than this
    merge) are the file's by default. ValueError for an unknown kind or node; SolveError.
    """
    if kind not in KINDS:
        raise ValueError(f"quality is age, trace or chemical, not {kind}")
    times = report_times(net, hours, step_s)
    run = ExtendedPeriod(
        net,
        changes=changes,
        demand_model=demand_model,
        required_pressure_m=required_pressure_m,
        accuracy=accuracy,
    )
    a = run.engine.arrays
    transport = Transport(
        a,
        kind,
        trace_node=trace_node,
        quality_step_s=quality_step_s,
        tolerance=tolerance,
    )
    nodes, links = np.empty((len(times), len(a.node_ids))), np.empty((len(times), len(a.link_ids)))
    stored = 0.0
    for i, time_s in enumerate(times):
        if time_s == 0.0 and run.time_s == 0.0:
            _, demand, flow, _ = run.engine.results()
            transport.move(flow, demand, 0.0, 0.0)
        while run.time_s < time_s:
            _, demand, flow, _ = run.engine.results()
            begin = run.time_s
            transport.move(flow, demand, begin, run.step(float(time_s) - begin))
        stored = transport.read(nodes[i], links[i])[1]
        if progress is not None:
            progress((i + 1) / len(times))
    unit = net.options.quality_unit if kind == "chemical" else ""
    return QualityRun(
        times_s=times,
        node_ids=a.node_ids,
        link_ids=a.link_ids,
        node_quality=nodes,
        link_quality=links,
        unit=unit or UNITS[kind],
        report=transport.report(stored, run.warnings),
    )


def _traced(arrays: NetworkArrays, kind: Kind, node: str | None) -> int:
    if kind != "trace":
        return -1
    node = node or arrays.network.options.trace_node
    if node is None:
        raise ValueError("a trace needs the node it comes from: trace_node")
    if node not in arrays.node_index:
        raise ValueError(f"the network has no node {node}")
    return arrays.node_index[node]
