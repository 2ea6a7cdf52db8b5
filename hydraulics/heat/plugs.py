"""Heat carried along the flow as plugs of water: no front is smeared, no energy is lost.

A pipe holds a queue of plugs in the pool that water quality uses (`hydraulics.quality.segments`).
A plug's size is what heats with it in kilograms of water: the steel wall counts as so much more
water, which delays a front by (water + wall) / water. A plug cools towards the ground by its time
in the pipe, exactly: all plugs of a pipe share one factor `faded`, and a plug keeps its excess over
the ground as it was before any of it faded. So cooling touches no plug.

A step goes node by node along the flow. What arrives at a node is followed in time, plug by plug:
the mixture changes when a plug of any inflow ends, and every mixture goes on as a plug of its own.
So a step may be longer than the way through many pipes, and fronts stay sharp behind each node.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import inner_kernel, lean_kernel
from hydraulics.heat.fluid import FluidTable
from hydraulics.heat.outlets import Outlets, outlet
from hydraulics.quality.order import Course, follow, new_course
from hydraulics.quality.segments import NONE, Segments, append, draw, grown, new_segments, push
from hydraulics.quality.tables import JUNCTION, QualityTables
from hydraulics.types import F64, U32

CAME, LEFT, TAKEN, LOST = range(4)
FAINTEST = 1e-60
"""A factor below this is written into the plugs, so that it never underflows."""
CRUMB = 1e-12
"""A plug that passes in so small a share of a step is rounding, not water."""


class PipeHeat(NamedTuple):
    """Pipes as the plugs see them, one entry a link (L,); 0 for links that hold no water."""

    mass: F64
    """kg of water that would take as much heat as the water and the wall of the pipe."""
    rate: F64
    """1/s: how fast an excess over the ground fades."""
    ground: F64
    """J/kg: enthalpy of water as warm as the ground."""


class Plugs(NamedTuple):
    """All that moves."""

    segments: Segments
    faded: F64
    """(L,) share that is left of what a plug keeps as its excess."""
    kept: F64
    """(L,) the sum of size times kept excess of each pipe's plugs."""
    content: F64
    """(L,) J above the ground in each pipe, before this step's cooling is counted."""
    node: F64
    """(N,) J/kg of what leaves each node."""
    leaving: F64
    """(L,) J/kg at each link's outlet."""
    taken: F64
    """(L,) J that links took out of the water since the start."""
    ledger: F64
    """(4,) J that came in, left, was taken by links and lost to the ground, above 0 J/kg."""


class Injection(NamedTuple):
    """Water that enters the graph at nodes (N,): behind plants, and from inlets."""

    mass: F64
    """kg/s"""
    enthalpy: F64
    """J/kg"""
    drawn: F64
    """kg/s that leaves the graph there: to plants, demands and outlets; below 0 it enters as warm
    as the node is."""


def transport_tables(nodes: int, start: U32, end: U32, mass: F64) -> QualityTables:
    """A graph as the order of the flow wants it: all nodes are plain junctions."""
    both = np.concatenate((start, end)).astype(np.int64)
    near_first = np.zeros(nodes + 1, dtype=np.uint32)
    near_first[1:] = np.cumsum(np.bincount(both, minlength=nodes))
    none = np.zeros(0)
    return QualityTables(
        kind=np.full(nodes, JUNCTION, dtype=np.uint8),
        tank=np.full(nodes, -1, dtype=np.int64),
        start=start.astype(np.uint32),
        end=end.astype(np.uint32),
        volume=mass,
        near_first=near_first,
        near_link=(np.argsort(both, kind="stable") % max(len(start), 1)).astype(np.uint32),
        tank_node=none.astype(np.int64),
        tank_mixing=none.astype(np.uint8),
        tank_zone=none,
        tank_volume=none,
        tank_most=none,
    )


def new_plugs(heat: PipeHeat, enthalpy: F64, node: F64) -> Plugs:
    """Every pipe filled with one plug of `enthalpy` (L,), nodes at `node` (N,), J/kg."""
    links = len(heat.mass)
    segments = new_segments(links, max(64, 16 * links))
    excess = np.where(heat.mass > 0.0, enthalpy - heat.ground, 0.0)
    for k in np.flatnonzero(heat.mass > 0.0):
        append(segments, int(k), float(heat.mass[k]), float(excess[k]))
    return Plugs(
        segments=segments,
        faded=np.ones(links),
        kept=heat.mass * excess,
        content=heat.mass * excess,
        node=node.copy(),
        leaving=enthalpy.copy(),
        taken=np.zeros(links),
        ledger=np.zeros(4),
    )


class Carrier:
    """Plugs with their order of the flow; not shared between threads."""

    def __init__(self, t: QualityTables, heat: PipeHeat, fluid: FluidTable, plugs: Plugs) -> None:
        self.tables, self.heat, self.fluid, self.plugs = t, heat, fluid, plugs
        self._course = new_course(len(t.kind), len(t.start))
        self._fresh = True

    def advance(
        self,
        flow_kgs: F64,
        injection: Injection,
        outlets: Outlets,
        seconds: float,
        step_s: float,
        tolerance_jkg: float = 1.0,
    ) -> None:
        """Carry through `seconds` of steady flow (L,), 0 in plants, in steps of `step_s`."""
        follow(self.tables, self._course, self.plugs.segments, flow_kgs, self._fresh)
        self._fresh = False
        done = 0.0
        while done < seconds * (1.0 - 1e-12):
            done += carry(
                self.tables, self._course, self.plugs, self.heat, self.fluid, outlets, injection,
                flow_kgs, seconds - done, step_s, tolerance_jkg,
            )  # fmt: skip
            if 2 * self.plugs.segments.spare[0] < len(self.plugs.segments.volume):
                self.plugs = self.plugs._replace(segments=grown(self.plugs.segments))

    def stored_j(self) -> float:
        """Heat in all pipes above 0 J/kg, counted plug by plug."""
        return float(stored(self.plugs, self.heat))


@lean_kernel
def carry(
    t: QualityTables,
    c: Course,
    p: Plugs,
    heat: PipeHeat,
    f: FluidTable,
    outlets: Outlets,
    inject: Injection,
    flow: F64,
    seconds: float,
    step: float,
    tolerance: float,
) -> float:
    """Transport through `seconds`; returns those done: less where the pool should grow first.

    Where the pool runs out within a step, new plugs are mixed into the last ones.
    """
    done = 0.0
    while done < seconds * (1.0 - 1e-12):
        if done > 0.0 and 2 * p.segments.spare[0] < len(p.segments.volume):
            break
        dt = min(step, seconds - done)
        for i in range(len(c.node)):
            _pass(t, c, p, heat, f, outlets, inject, flow, i, dt, tolerance)
        _cool(p, heat, dt)
        done += dt
    return done


@inner_kernel
def _cool(p: Plugs, heat: PipeHeat, dt: float) -> None:
    """Count what the pipes lost to the ground in a step."""
    for k in range(len(heat.rate)):
        if heat.mass[k] <= 0.0:
            continue
        if heat.rate[k] > 0.0:
            p.faded[k] *= np.exp(-heat.rate[k] * dt)
        now = p.kept[k] * p.faded[k]
        p.ledger[LOST] += p.content[k] - now
        p.content[k] = now
        if p.faded[k] < FAINTEST:
            i = p.segments.first[k]
            while i != NONE:
                p.segments.value[i] *= p.faded[k]
                i = p.segments.behind[i]
            p.kept[k] *= p.faded[k]
            p.faded[k] = 1.0


@inner_kernel
def _pass(
    t: QualityTables,
    c: Course,
    p: Plugs,
    heat: PipeHeat,
    f: FluidTable,
    outlets: Outlets,
    inject: Injection,
    flow: F64,
    i: int,
    dt: float,
    tolerance: float,
) -> None:
    """The node at place `i` of the course through a step, mixture by mixture."""
    n = c.node[i]
    gone = 0.0
    while gone < dt:
        piece = _until_change(c, p, flow, i, dt, dt - gone)
        middle = gone + 0.5 * piece
        mass = inject.mass[n] * piece
        energy = mass * inject.enthalpy[n]
        p.ledger[CAME] += energy
        for j in range(c.into_first[i], c.into_first[i + 1]):
            k = c.into[j]
            m = abs(flow[k]) * piece
            mass += m
            energy += _arriving(p, heat, outlets, k, m, piece, middle)
        h = energy / mass if mass > 0.0 else _beside(t, c, p, heat, n)
        p.node[n] = h
        p.ledger[LEFT] += inject.drawn[n] * piece * h
        for j in range(c.out_first[i], c.out_first[i + 1]):
            k = c.out[j]
            q = abs(flow[k])
            after = outlet(outlets, f, k, q, h)
            p.taken[k] += q * piece * (h - after)
            p.ledger[TAKEN] += q * piece * (h - after)
            _enter(p, heat, k, q * piece, after, middle, tolerance)
        gone += piece


@inner_kernel
def _until_change(c: Course, p: Plugs, flow: F64, i: int, dt: float, left: float) -> float:
    """Seconds until the first plug of an inflow ends, `left` at most; crumbs are let go."""
    s = p.segments
    piece = left
    for j in range(c.into_first[i], c.into_first[i + 1]):
        k = c.into[j]
        q = abs(flow[k])
        a = s.first[k]
        while a != s.last[k] and s.volume[a] <= CRUMB * q * dt:
            p.kept[k] -= s.volume[a] * s.value[a]
            s.first[k] = s.behind[a]
            s.free[s.spare[0]] = a
            s.spare[0] += 1
            a = s.first[k]
        if a != s.last[k]:
            piece = min(piece, s.volume[a] / q)
    return left if left - piece < CRUMB * dt else piece


@inner_kernel
def _arriving(
    p: Plugs, heat: PipeHeat, o: Outlets, k: int, m: float, piece: float, middle: float
) -> float:
    """Heat (J) that `m` kg bring out of link `k` within a piece of a step."""
    if p.segments.first[k] == NONE:  # water that goes round in a circle without a pipe
        p.ledger[CAME] += m * p.leaving[k]
        return float(m * p.leaving[k])
    kept = draw(p.segments, k, m)
    p.kept[k] -= kept
    excess = kept * p.faded[k]
    if heat.rate[k] > 0.0:
        excess *= np.exp(-heat.rate[k] * middle)
    p.content[k] -= excess
    if heat.mass[k] > 0.0 and o.heat[k] != 0.0:
        taken = o.heat[k] * piece
        p.taken[k] += taken
        p.ledger[TAKEN] += taken
        excess -= taken
    p.leaving[k] = heat.ground[k] + excess / m
    return float(excess + m * heat.ground[k])


@inner_kernel
def _enter(
    p: Plugs, heat: PipeHeat, k: int, m: float, enthalpy: float, middle: float, tolerance: float
) -> None:
    """Let `m` kg of `enthalpy` into link `k` within a piece of a step."""
    excess = enthalpy - heat.ground[k]
    scale = p.faded[k]
    if heat.rate[k] > 0.0:
        scale *= np.exp(-heat.rate[k] * middle)
    room = p.segments.spare[0] > 0
    push(p.segments, k, m, excess / scale, tolerance / scale if room else np.inf)
    p.kept[k] += m * excess / scale
    p.content[k] += m * excess


@inner_kernel
def _beside(t: QualityTables, c: Course, p: Plugs, heat: PipeHeat, n: int) -> float:
    """Enthalpy where nothing flows in: that of the water standing beside the node."""
    total, count = 0.0, 0
    for i in range(t.near_first[n], t.near_first[n + 1]):
        k = t.near_link[i]
        if heat.mass[k] <= 0.0:
            continue
        at_first = (t.end[k] == n) == (c.facing[k] > 0)
        place = p.segments.first[k] if at_first else p.segments.last[k]
        if place != NONE:
            total += heat.ground[k] + p.segments.value[place] * p.faded[k]
            count += 1
    return total / count if count else float(p.node[n])


@lean_kernel
def stored(p: Plugs, heat: PipeHeat) -> float:
    """Heat in all pipes above 0 J/kg, plug by plug."""
    total = 0.0
    s = p.segments
    for k in range(len(heat.mass)):
        i = s.first[k]
        while i != NONE:
            total += s.volume[i] * (heat.ground[k] + s.value[i] * p.faded[k])
            i = s.behind[i]
    return total
