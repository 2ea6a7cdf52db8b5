"""One quality step, node by node along the flow: take, mix, pass on.

Age is kept relative to a clock: all water grows old alike, so segments need no touch. A value v
stands for the age v + clock, and fresh water comes in as -clock.
"""

from __future__ import annotations

from typing import NamedTuple

from hydraulics.compiled import kernel, lean_kernel
from hydraulics.quality.order import Course, follow
from hydraulics.quality.reactions import Reactions, react
from hydraulics.quality.segments import NONE, Segments, average, draw, push
from hydraulics.quality.sources import Sources, added
from hydraulics.quality.tables import AGE, CHEMICAL, JUNCTION, RESERVOIR, TANK, TRACE, QualityTables
from hydraulics.quality.tanks import mix
from hydraulics.types import F64

CAME, LEFT, MADE = range(3)
HOUR = 3600.0


class Water(NamedTuple):
    """All that moves and changes."""

    segments: Segments
    node: F64
    """(N,) quality of what leaves each node."""
    fixed: F64
    """(N,) of reservoirs."""
    clock: F64
    """(1,) hours gone, for age."""
    total: F64
    """(3,) volume * quality that came in, left, and was made by reaction (or by the clock)."""
    tank_volume: F64
    """(T,) m3 in each tank."""


@kernel
def carry(
    t: QualityTables,
    course: Course,
    water: Water,
    reactions: Reactions,
    sources: Sources,
    flow: F64,
    demand: F64,
    kind: int,
    traced: int,
    seconds: float,
    step: float,
    tolerance: float,
    fresh: bool,
) -> float:
    """Transport through `seconds` of steady flow (L,) and demand (N,), m3/s, in steps.

    Returns the seconds done: less than asked where the pool of segments must grow first. One call
    for all of it: on a small network the way into a kernel takes as long as the work in it.
    """
    follow(t, course, water.segments, flow, fresh)
    done = 0.0
    most = len(t.volume) + len(t.tank_node) + 1
    while done < seconds:
        if water.segments.spare[0] < most:
            break
        dt = min(step, seconds - done)
        if kind == AGE:
            water.clock[0] += dt / HOUR
        elif kind == CHEMICAL:
            water.total[MADE] += react(t, water.segments, reactions, dt)
        _step(t, course, water, sources, flow, demand, kind, traced, dt, tolerance)
        done += dt
    return done


@lean_kernel
def _step(
    t: QualityTables,
    course: Course,
    water: Water,
    sources: Sources,
    flow: F64,
    demand: F64,
    kind: int,
    traced: int,
    dt: float,
    tolerance: float,
) -> None:
    s, node = water.segments, water.node
    links = len(t.volume)
    clock = water.clock[0]
    for i in range(len(course.node)):
        n = course.node[i]
        volume_in, mass_in, volume_out = 0.0, 0.0, 0.0
        for j in range(course.into_first[i], course.into_first[i + 1]):
            k = course.into[j]
            v = abs(flow[k]) * dt
            volume_in += v
            mass_in += draw(s, k, v)
        for j in range(course.out_first[i], course.out_first[i + 1]):
            volume_out += abs(flow[course.out[j]]) * dt
        what = t.kind[n]
        if what == JUNCTION:
            taken = demand[n] * dt
            if taken < 0.0:
                volume_in -= taken
                mass_in += clock * taken
                water.total[CAME] += clock * taken
                taken = 0.0
            if volume_in > 0.0:
                node[n] = mass_in / volume_in
            else:
                node[n] = _beside(t, course, s, n, node[n], kind)
            volume_out += taken
        elif what == RESERVOIR:
            node[n] = water.fixed[n] - clock
            water.total[LEFT] += mass_in
            taken = 0.0
        else:
            m = t.tank[n]
            spilled = max(0.0, water.tank_volume[m] + volume_in - volume_out - t.tank_most[m])
            water.tank_volume[m] += volume_in - volume_out - spilled
            node[n], lost = mix(
                s,
                links + m,
                t.tank_mixing[m],
                t.tank_zone[m],
                volume_in,
                mass_in,
                volume_out,
                spilled,
                tolerance,
            )
            water.total[LEFT] += spilled * lost
            taken = 0.0
        before, leaving = node[n], node[n]
        if kind == CHEMICAL and sources.of_node[n] >= 0:
            more = added(sources, sources.of_node[n], what, demand[n], before, volume_out, dt)
            # A reservoir takes the source's quality; a tank shows what is in it, not what is added.
            leaving = more if what == RESERVOIR and more > 0.0 else before + more
            if what != TANK:
                node[n] = leaving
        elif kind == TRACE and n == traced:
            node[n] = leaving = 100.0
        if what == RESERVOIR:
            water.total[CAME] += leaving * volume_out
        else:
            water.total[CAME] += (leaving - before) * volume_out
            water.total[LEFT] += leaving * taken
        for j in range(course.out_first[i], course.out_first[i + 1]):
            k = course.out[j]
            push(s, k, abs(flow[k]) * dt, leaving, tolerance)


@lean_kernel
def _beside(
    t: QualityTables, course: Course, s: Segments, n: int, present: float, kind: int
) -> float:
    """Quality where nothing flows in: that of the water standing beside the node."""
    total, count = 0.0, 0
    for i in range(t.near_first[n], t.near_first[n + 1]):
        k = t.near_link[i]
        # A chain's first segment is at the end that its direction points to.
        at_first = (t.end[k] == n) == (course.facing[k] > 0)
        place = s.first[k] if at_first else s.last[k]
        if place != NONE and s.volume[place] > 0.0:
            total += s.value[place]
            count += 1
    return total / count if count else present


@lean_kernel
def measure(
    t: QualityTables, water: Water, kind: int, nodes: F64, links: F64
) -> tuple[float, float]:
    """Write the quality of nodes and the mean of links; volume and volume * value stored."""
    s = water.segments
    clock = water.clock[0] if kind == AGE else 0.0
    stored_volume, stored = 0.0, 0.0
    for n in range(len(nodes)):
        nodes[n] = water.node[n] + clock
        if t.kind[n] == TANK:
            volume, mass = average(s, len(links) + t.tank[n])
            stored_volume += volume
            stored += mass
    for k in range(len(links)):
        volume, mass = average(s, k)
        stored_volume += volume
        stored += mass
        if volume > 0.0 and t.volume[k] > 0.0:
            links[k] = mass / volume + clock
        else:
            links[k] = (nodes[t.start[k]] + nodes[t.end[k]]) / 2.0
    return stored_volume, stored
