"""Heat carried along the flow as plugs of water: no front is smeared, no energy is lost.

A pipe holds a queue of plugs in the pool that water quality uses (`hydraulics.quality.segments`).
A plug's size is what heats with it in kilograms of water: the steel wall counts as so much more
water, which delays a front by (water + wall) / water. Water cools towards the ground by its time
in the pipe, exactly: all plugs of a pipe share one factor `faded`, and a plug keeps its excess
over the ground as it was before any of it faded. So cooling touches no plug. Water of one plug
came in over a `span` of time; what it keeps runs along it as exp(rate * span * place), and what is
drawn from it is the integral: one plug is the whole exponential of a steady pipe.

A step goes node by node along the flow. What arrives at a node is followed in time, plug by plug:
the mixture changes when a plug of any inflow ends, and every mixture goes on as a plug of its own.
So a step may be longer than the way through many pipes, and fronts stay sharp behind each node.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hydraulics.compiled import inner_kernel, lean_kernel
from hydraulics.heat.fluid import FluidTable
from hydraulics.heat.outlets import Outlets, outlet
from hydraulics.quality.order import Course, follow, new_course
from hydraulics.quality.segments import NONE, Segments, append, grown, new_segments
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
    """Size in kg, and the excess that is kept in a plug's middle, J/kg."""
    span: F64
    """(pool,) s over which a plug came in; its sign is that of the way its chain then faced."""
    faded: F64
    """(L,) share that is left of what a plug keeps as its excess."""
    kept: F64
    """(L,) the sum of size times kept excess of each pipe's plugs."""
    content: F64
    """(L,) J above the ground in each pipe, before this step's cooling is counted."""
    node: F64
    """(N,) J/kg of what leaves each node."""
    passed: F64
    """(N,) J s/kg: the integral of `node` over time."""
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


def new_plugs(
    heat: PipeHeat, node: F64, before: F64, behind: F64, flow: F64 | None = None
) -> Plugs:
    """Pipes filled as a steady `flow` (L,) leaves them, between the enthalpies at their inlets
    `before` and outlets `behind` (L,); without flow with their mean. Nodes are at `node` (N,)."""
    links = len(heat.mass)
    segments = new_segments(links, 16 * links + 64)
    plugs = Plugs(
        segments=segments,
        span=np.zeros(len(segments.volume)),
        faded=np.ones(links),
        kept=np.zeros(links),
        content=np.zeros(links),
        node=node.copy(),
        passed=np.zeros(len(node)),
        leaving=behind.copy(),
        taken=np.zeros(links),
        ledger=np.zeros(4),
    )
    _fill(plugs, heat, before, behind, np.zeros(links) if flow is None else flow)
    return plugs


def _fill(p: Plugs, heat: PipeHeat, before: F64, behind: F64, flow: F64) -> None:
    """One plug a pipe: the exponential of a steady flow, or all alike."""
    for k in np.flatnonzero(heat.mass > 0.0):
        a, z = float(behind[k] - heat.ground[k]), float(before[k] - heat.ground[k])
        excess, span = 0.5 * (a + z), 0.0
        if flow[k] != 0.0 and heat.rate[k] > 0.0 and a * z > 0.0:
            excess = math.copysign(math.sqrt(a * z), a)
            # Chains first stand with their outlet at the link's end.
            span = math.copysign(math.log(z / a) / float(heat.rate[k]), float(flow[k]))
        place = int(p.segments.free[p.segments.spare[0] - 1])
        append(p.segments, int(k), float(heat.mass[k]), excess)
        p.span[place] = span
        p.kept[k] = heat.mass[k] * excess * _bulge(0.5 * float(heat.rate[k]) * span)
        p.content[k] = p.kept[k]


def _bulge(x: float) -> float:
    return math.sinh(x) / x if abs(x) > 1e-9 else 1.0


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
                more = np.concatenate((self.plugs.span, np.zeros(len(self.plugs.span))))
                self.plugs = self.plugs._replace(segments=grown(self.plugs.segments), span=more)

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
        piece = _until_change(c, p, heat, flow, i, dt, dt - gone)
        mass = inject.mass[n] * piece
        energy = mass * inject.enthalpy[n]
        p.ledger[CAME] += energy
        for j in range(c.into_first[i], c.into_first[i + 1]):
            k = c.into[j]
            m = abs(flow[k]) * piece
            mass += m
            energy += _arriving(c, p, heat, outlets, k, m, gone, piece)
        h = energy / mass if mass > 0.0 else _beside(t, c, p, heat, n)
        p.node[n] = h
        p.passed[n] += piece * h
        p.ledger[LEFT] += inject.drawn[n] * piece * h
        for j in range(c.out_first[i], c.out_first[i + 1]):
            k = c.out[j]
            q = abs(flow[k])
            after = outlet(outlets, f, k, q, h)
            p.taken[k] += q * piece * (h - after)
            p.ledger[TAKEN] += q * piece * (h - after)
            _enter(c, p, heat, k, q * piece, after, gone, piece, tolerance)
        gone += piece


@inner_kernel
def _until_change(
    c: Course, p: Plugs, heat: PipeHeat, flow: F64, i: int, dt: float, left: float
) -> float:
    """Seconds until the first plug of an inflow ends, `left` at most; crumbs are let go."""
    s = p.segments
    piece = left
    for j in range(c.into_first[i], c.into_first[i + 1]):
        k = c.into[j]
        q = abs(flow[k])
        a = s.first[k]
        while a != s.last[k] and s.volume[a] <= CRUMB * q * dt:
            x = 0.5 * heat.rate[k] * p.span[a]
            p.kept[k] -= s.volume[a] * s.value[a] * _share(x, -x)
            s.first[k] = s.behind[a]
            s.free[s.spare[0]] = a
            s.spare[0] += 1
            a = s.first[k]
        if a != s.last[k]:
            piece = min(piece, s.volume[a] / q)
    return left if left - piece < CRUMB * dt else piece


@inner_kernel
def _share(upper: float, lower: float) -> float:
    """The mean of exp(x) between two numbers: exp(middle) sinh(x) / x, x half their distance."""
    middle, x = 0.5 * (upper + lower), 0.5 * (upper - lower)
    square = x * x
    if square < 0.01:  # the next term of the series is below 1e-17
        mean = 1.0 + square / 6.0 * (
            1.0 + square / 20.0 * (1.0 + square / 42.0 * (1.0 + square / 72.0))
        )
    else:
        mean = math.sinh(x) / x
    return float(mean * np.exp(middle)) if middle != 0.0 else float(mean)


@inner_kernel
def _arriving(
    c: Course, p: Plugs, heat: PipeHeat, o: Outlets, k: int, m: float, gone: float, piece: float
) -> float:
    """Heat (J) that `m` kg bring out of link `k` in `piece` seconds from `gone` in a step."""
    s = p.segments
    i = s.first[k]
    if i == NONE:  # water that goes round in a circle without a pipe
        p.ledger[CAME] += m * p.leaving[k]
        return float(m * p.leaving[k])
    rate, part = heat.rate[k], 1.0
    last = i == s.last[k]
    if m < s.volume[i]:
        part = m / s.volume[i]
    turn = rate * p.span[i] * c.facing[k]
    # Along the drawn part what is kept goes from exp(-turn / 2) on by exp(turn * part), and fades
    # the more the later it comes out.
    p.kept[k] -= m * s.value[i] * _share(-0.5 * turn, turn * (part - 0.5))
    begin = -0.5 * turn - rate * gone
    excess = m * s.value[i] * p.faded[k] * _share(begin, begin + turn * part - rate * piece)
    if last or part < 1.0:
        s.volume[i] = max(0.0, s.volume[i] - m)
        s.value[i] *= np.exp(0.5 * turn * part)
        p.span[i] *= 1.0 - part
    if not last and s.volume[i] <= m * CRUMB:
        part = 1.0
    if part >= 1.0 and not last:
        s.first[k] = s.behind[i]
        s.free[s.spare[0]] = i
        s.spare[0] += 1
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
    c: Course,
    p: Plugs,
    heat: PipeHeat,
    k: int,
    m: float,
    enthalpy: float,
    gone: float,
    piece: float,
    tolerance: float,
) -> None:
    """Let `m` kg of `enthalpy` into link `k` in `piece` seconds from `gone` in a step.

    It becomes one with the last plug if it goes on where that ends: as warm, and as fast.
    """
    s = p.segments
    excess = enthalpy - heat.ground[k]
    rate = heat.rate[k]
    scale = p.faded[k] * np.exp(-rate * (gone + 0.5 * piece))
    value = excess / scale
    turn = rate * piece
    kept = m * value * _share(-0.5 * turn, 0.5 * turn)
    p.kept[k] += kept
    p.content[k] += m * excess
    i = s.last[k]
    if i != NONE:
        span = p.span[i] * c.facing[k]
        gap = value * np.exp(-0.5 * turn) - s.value[i] * np.exp(0.5 * rate * span)
        steady = rate == 0.0 or abs(m * span - s.volume[i] * piece) < 1e-3 * m * span
        if s.spare[0] < 1 or (steady and abs(gap) * scale < tolerance):
            x = 0.5 * rate * span
            total = kept + s.volume[i] * s.value[i] * _share(-x, x)
            s.volume[i] += m
            p.span[i] = (span + piece) * c.facing[k]
            x = 0.5 * rate * (span + piece)
            s.value[i] = total / (s.volume[i] * _share(-x, x))
            return
    place = s.free[s.spare[0] - 1]
    append(s, k, m, value)
    p.span[place] = piece * c.facing[k]


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
            x = 0.5 * heat.rate[k] * p.span[i]
            total += s.volume[i] * (heat.ground[k] + s.value[i] * p.faded[k] * _share(-x, x))
            i = s.behind[i]
    return total
