"""A heat network at an instant and over time.

Pressures settle in seconds, fronts take hours: so each step of a run settles the flows at the
temperatures that now stand at plants and stations, and then carries the heat through the step as
plugs. Within a step a station's valve is still and its heat follows, as far as its return
temperature allows; its flow is set anew at the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from hydraulics.heat.fluid import enthalpies, lookup, two_temperatures
from hydraulics.heat.kinds import PIPE, PLANT
from hydraulics.heat.plugs import LOST, Carrier, PipeHeat, new_plugs
from hydraulics.heat.recording import Recorder
from hydraulics.heat.reporting import present
from hydraulics.heat.results import HeatRun, HeatSolution
from hydraulics.heat.settle import Outcome
from hydraulics.heat.solver import Mode, SteadyHeat
from hydraulics.heat.stations import set_outlets
from hydraulics.heat.tables import HeatArrays
from hydraulics.heat.temperatures import let_in, moving
from hydraulics.heat.work import HeatBoundary
from hydraulics.run import report_times
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network
from network_models.physics import ZERO_C_K

STEP_S, LIMITED_STEP_S = 900.0, 60.0
"""The longest time flows are held; and that a plant at the end of its power looks at its return."""
TOLERANCE_JKG = 4.0
"""Plugs that differ by less (1 mK) become one."""

Weather = float | Callable[[float], float] | None
"""The outdoor temperature (K): constant, or by seconds from the start."""


def solve(
    net: Network,
    *,
    time_s: float = 0.0,
    outdoor_k: float | None = None,
    changes: Sequence[Change] = (),
    mode: Mode = "coupled",
) -> HeatSolution:
    """The steady state at `time_s` of the patterns; `outdoor_k` sets plants with a curve.

    "coupled" settles flows and temperatures together; "sequential" finds flows at the temperatures
    the file states and then the temperatures; "hydraulics" flows only. Raises SolveError.
    """
    model = SteadyHeat(net)
    return model.solve(model.boundary(time_s, outdoor_k=outdoor_k, changes=changes), mode=mode)


def simulate(
    net: Network,
    *,
    hours: float | None = None,
    step_s: float | None = None,
    outdoor_k: Weather = None,
    changes: Sequence[Change] = (),
    changes_at: Callable[[float], Sequence[Change]] | None = None,
    progress: Callable[[float], None] | None = None,
) -> HeatRun:
    """Run `net` from its steady state over its duration (or `hours`), reporting at report times.

    `changes` hold all the time; `changes_at` gives those of an instant (seconds from the start)
    instead. Raises SolveError.
    """
    times = report_times(net, hours, step_s)
    at = changes_at if changes_at is not None else (lambda _: changes)
    period = HeatPeriod(net, outdoor_k=_weather(outdoor_k, 0.0), changes=at(0.0))
    recorder = Recorder(period.model.arrays, times)
    recorder.begin(period)
    for i, time in enumerate(times):
        while period.time_s < time - 1e-6:
            now = period.time_s
            period.advance(
                min(STEP_S, time - now, _until_pattern(net, now)),
                outdoor_k=_weather(outdoor_k, now),
                changes=at(now),
            )
            recorder.count(period)
        recorder.report(i, period)
        if progress is not None:
            progress((i + 1) / len(times))
    return recorder.run(period)


def _until_pattern(net: Network, time_s: float) -> float:
    """Seconds until patterns change next."""
    step = float(net.times.pattern_step_s) or math.inf
    gone = math.fmod(time_s + net.times.pattern_start_s, step)
    left = step - gone
    return left if left > 1e-6 else step


def _weather(outdoor_k: Weather, time_s: float) -> float | None:
    return outdoor_k(time_s) if callable(outdoor_k) else outdoor_k


def pipe_heat(a: HeatArrays, mean_k: F64, flow: F64, before: F64, behind: F64) -> PipeHeat:
    """Pipes as plugs see them: what a kelvin of a pipe takes, wall included, and how fast it goes
    to the ground. All (L,): `mean_k` of the water, and a steady flow (kg/s) with the enthalpies
    (J/kg) it enters and leaves with.

    Where the steady flow cools, the rate is the one that cools it just so: heat capacity changes
    with temperature, and so the plugs' long-time limit is the steady state.
    """
    f, links = a.fluid, a.links
    records = list(a.net.links.values())
    wall = np.array([getattr(records[int(k)], "wall_capacity_j_mk", 0.0) for k in a.structure.link])
    pipes = links.kind == PIPE
    density, capacity = np.ones(len(mean_k)), np.ones(len(mean_k))
    for k in np.flatnonzero(pipes):
        density[k] = lookup(f.temperature, f.density, mean_k[k])
        capacity[k] = lookup(f.temperature, f.capacity, mean_k[k])
    water = density * 0.25 * math.pi * links.diameter**2 * links.length
    mass = np.where(pipes, water + wall * links.length / capacity, 0.0)
    ground = np.zeros(len(mean_k))
    enthalpies(f, np.where(pipes, links.ground, ZERO_C_K), ground)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(mass > 0.0, links.conductance / (mass * capacity), 0.0)
        fallen = (before - ground) / (behind - ground)
        steady = np.abs(flow) / mass * np.log(fallen)
        near = np.abs(steady / rate - 1.0) < 0.05  # else something beside the ground takes heat
    rate = np.where((np.abs(flow) > 0.0) & near, steady, rate)
    return PipeHeat(mass=mass, rate=rate, ground=np.where(pipes, ground, 0.0))


class HeatPeriod:
    """A network run step by step from its steady state. Not shared between threads."""

    def __init__(
        self,
        net: Network,
        *,
        outdoor_k: float | None = None,
        changes: Sequence[Change] = (),
        start_s: float = 0.0,
        model: SteadyHeat | None = None,
        boundary: HeatBoundary | None = None,
    ) -> None:
        """Begin steady under `boundary`, or that of the records at `start_s`."""
        self.model = SteadyHeat(net) if model is None else model
        self.time_s = start_s
        a, w = self.model.arrays, self.model.work
        self.boundary = (
            self.model.boundary(start_s, outdoor_k=outdoor_k, changes=changes)
            if boundary is None
            else boundary
        )
        self.outcome: Outcome = self.model.settle(self.boundary)
        entering = np.where(w.flow >= 0.0, w.node_h[a.structure.start], w.node_h[a.structure.end])
        enters_k = np.where(w.flow >= 0.0, w.node_k[a.structure.start], w.node_k[a.structure.end])
        moving(a.links, w)
        heat = pipe_heat(a, 0.5 * (enters_k + w.out_k), w.still, entering, w.out_h)
        plugs = new_plugs(heat, w.node_h, entering, w.out_h, w.still)
        self.carrier = Carrier(w.tables, heat, a.fluid, plugs)
        self.heat_w: F64 = np.abs(w.flow) * (entering - w.out_h)
        """(L,) W by slot that links took out of the water, as the mean of the last step; at the
        start those of the steady state."""
        pipes = a.links.kind == PIPE
        self.lost_w = float(self.heat_w[pipes].sum())
        self.heat_w[pipes] = self.boundary.wanted[pipes]
        self.span_s = 0.0

    def advance(
        self,
        seconds: float,
        *,
        outdoor_k: float | None = None,
        changes: Sequence[Change] = (),
        boundary: HeatBoundary | None = None,
    ) -> None:
        """Run `seconds` under one boundary: that given, or the records' at the present time."""
        model = self.model
        a, w = model.arrays, model.work
        s, b = a.structure, boundary
        if b is None:
            b = model.boundary(self.time_s, outdoor_k=outdoor_k, changes=changes)
        self.boundary, self.outcome = b, model.settle(b, mode="hydraulics", warm=True)
        moving(a.links, w)
        set_outlets(s, a.links, b, w, a.fluid, True)
        plugs = self.carrier.plugs
        taken, passed, lost = plugs.taken.copy(), plugs.passed.copy(), plugs.ledger[LOST]
        limited = np.isfinite(a.links.heat_most[a.plants]).any()
        step, done = LIMITED_STEP_S if limited else seconds, 0.0
        given = np.zeros(len(w.flow))
        while done < seconds * (1.0 - 1e-12):
            part = min(step, seconds - done)
            let_in(s, a.plants, a.links, a.nodes, b, w, a.fluid, a.settings)
            self.carrier.advance(w.still, w.inject, w.outlets, part, part, TOLERANCE_JKG)
            plugs = self.carrier.plugs
            w.node_h[:] = plugs.node
            given[a.plants] += w.out_h[a.plants] * part
            done += part
        plants, flow = a.plants, w.flow[a.plants]
        through = (plugs.passed - passed)[s.start[plants]]
        self.heat_w = (plugs.taken - taken) / seconds
        self.heat_w[plants] = np.where(flow > 0.0, flow * (through - given[plants]) / seconds, 0.0)
        self.lost_w = float(plugs.ledger[LOST] - lost) / seconds
        self.time_s += seconds
        self.span_s = seconds
        carried = a.links.kind != PLANT
        w.out_h[carried] = plugs.leaving[carried]
        two_temperatures(a.fluid, w.node_h, w.node_k, w.out_h, w.out_k)

    def solution(self) -> HeatSolution:
        """The present state; heats are the means of the last step, who lacks some is named."""
        m = self.model
        return present(m.arrays, self.boundary, m.work, self.outcome, self.heat_w, self.lost_w)


__all__ = ["HeatPeriod", "pipe_heat", "simulate", "solve"]
