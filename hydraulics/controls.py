"""Demands, patterns and simple controls at an instant."""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.laws.curve import interpolate
from hydraulics.tables import (
    ABOVE,
    ACTIVE,
    AT_CLOCKTIME,
    AT_TIME,
    BELOW,
    CLOSED,
    CONSTANT_POWER,
    FCV,
    HEAD_TOLERANCE,
    MISSING,
    OPEN,
    PIPE,
    PUMP,
    STILL,
    Settings,
    Tables,
    Work,
)
from hydraulics.types import F64, U32

DAY = 86400.0
SAME_TIME = 5e-4
"""Two times (s) closer than this are one: the clock is kept to the millisecond."""


@lean_kernel
def pattern_period(settings: Settings, time: float) -> int:
    """Number of pattern steps gone by at `time`."""
    return math.floor((time + settings.pattern_start) / settings.pattern_step + 1e-9)


@lean_kernel
def pattern_value(first: U32, values: F64, pattern: int, period: int) -> float:
    """The pattern's multiplier in that period; patterns repeat for ever."""
    begin = first[pattern]
    length = first[pattern + 1] - begin
    return float(values[begin + period % length])


@lean_kernel
def apply_patterns(
    tables: Tables, work: Work, settings: Settings, junctions: int, time: float
) -> None:
    """Set demands, reservoir heads and pump speeds that follow patterns."""
    period = pattern_period(settings, time)
    pattern_factors(tables, settings, period, work.pattern_now)
    ask_by_patterns(tables, work.pattern_now, work.demand)
    follow_patterns(tables, work, junctions, period, work.demand)


@lean_kernel
def pattern_factors(tables: Tables, settings: Settings, period: int, now: F64) -> None:
    """`now` gets every pattern's multiplier of demands in a period."""
    for p in range(len(now)):
        now[p] = (
            pattern_value(tables.pattern_first, tables.pattern_value, p, period)
            * settings.demand_factor
        )


@lean_kernel
def ask_by_patterns(tables: Tables, now: F64, asked: F64) -> None:
    """`asked` (N,) gets what the file asks for at multipliers `now`, all categories of a node."""
    demands = tables.demands
    for n in range(len(asked)):
        asked[n] = 0.0
    for i in range(len(demands)):
        asked[demands[i].node] += demands[i].base * now[demands[i].pattern]


@lean_kernel
def follow_patterns(tables: Tables, work: Work, junctions: int, period: int, asked: F64) -> None:
    """Set demands from what is `asked` (which may be `work.demand`), and reservoir heads and pump
    speeds of a period; heads that were given stand."""
    first, values = tables.pattern_first, tables.pattern_value
    demand, delivered, factor, added = work.demand, work.delivered, work.factor, work.added
    for n in range(junctions):
        at = tables.nodes[n].position
        full = asked[n] * factor[at] + added[at]
        demand[n] = full
        delivered[n] = full
    for i in range(len(tables.sources)):
        pattern = tables.sources[i].pattern
        if tables.sources[i].area == 0.0 and pattern >= 0:
            n = junctions + i
            work.head[n] = tables.nodes[n].elevation * pattern_value(first, values, pattern, period)
        if not math.isnan(work.given_head[i]):
            work.head[junctions + i] = work.given_head[i]
    for p in tables.pumps:
        if p.pattern >= 0 and not work.held[p.link]:
            set_setting(tables, work, p.link, pattern_value(first, values, p.pattern, period))


@lean_kernel
def reset_pump_flow(tables: Tables, work: Work, k: int) -> None:
    """A constant-power pump that opens again starts from its initial flow."""
    p = tables.links[k].extra
    if tables.pumps[p].kind == CONSTANT_POWER:
        work.flow[k] = tables.pumps[p].design


@lean_kernel
def set_setting(tables: Tables, work: Work, k: int, value: float) -> None:
    """Give a pump its speed (0 closes it) or a valve its setting."""
    if tables.links[k].kind == PUMP:
        work.setting[k] = value
        if value > 0.0 and work.status[k] <= CLOSED:
            reset_pump_flow(tables, work, k)
            work.status[k] = OPEN
        if value == 0.0 and work.status[k] > CLOSED:
            work.status[k] = CLOSED
        return
    if tables.links[k].kind == FCV:
        work.status[k] = ACTIVE
    elif work.setting[k] == MISSING and work.status[k] <= CLOSED:
        work.status[k] = OPEN
    work.setting[k] = value


@lean_kernel
def volume_at(tables: Tables, i: int, head: float, elevation: float) -> float:
    """Volume of tank `i` at a head, ft3."""
    s = tables.sources[i]
    if s.curve < 0:
        return float(s.least_volume + (head - s.least_head) * s.area)
    begin, end = tables.curve_first[s.curve], tables.curve_first[s.curve + 1]
    return interpolate(tables.curve_x, tables.curve_y, begin, end, head - elevation)


@lean_kernel
def head_at(tables: Tables, i: int, volume: float, elevation: float) -> float:
    """Head of tank `i` at a volume."""
    s = tables.sources[i]
    if s.curve < 0:
        return float(s.least_head + (volume - s.least_volume) / s.area)
    begin, end = tables.curve_first[s.curve], tables.curve_first[s.curve + 1]
    return elevation + interpolate(tables.curve_y, tables.curve_x, begin, end, volume)


@lean_kernel
def fill_tanks(tables: Tables, work: Work, junctions: int, step: float) -> None:
    """Move tank volumes and heads on by `step` seconds of the present inflow.

    A tank that would be full or empty within a second is so.
    """
    for i in range(len(tables.sources)):
        s = tables.sources[i]
        n = junctions + i
        flow = work.inflow[n]
        if s.area == 0.0 or abs(flow) <= STILL:
            continue
        volume = work.volume[i] + flow * step
        if volume + flow >= s.greatest_volume:
            volume = s.greatest_volume
        elif volume - flow <= s.least_volume:
            volume = s.least_volume
        work.volume[i] = volume
        work.head[n] = head_at(tables, i, volume, tables.nodes[n].elevation)


@lean_kernel
def apply_controls(
    tables: Tables, work: Work, settings: Settings, junctions: int, time: float
) -> int:
    """Carry out simple controls on time and tank levels; how many changed something.

    A tank's trigger has the tolerance of one second's inflow.
    """
    changes = 0
    for c in tables.controls:
        k = c.link
        if work.held[k]:
            continue
        if c.kind == AT_TIME:
            due = abs(c.time - time) < SAME_TIME
        elif c.kind == AT_CLOCKTIME:
            gone = abs((time + settings.start_clock) % DAY - c.time)
            due = gone < SAME_TIME or DAY - gone < SAME_TIME
        elif c.node >= junctions:
            i = c.node - junctions
            elevation = tables.nodes[c.node].elevation
            margin = abs(work.inflow[c.node])
            now = volume_at(tables, i, work.head[c.node], elevation)
            limit = volume_at(tables, i, c.grade, elevation)
            due = now <= limit + margin if c.kind == BELOW else now >= limit - margin
        else:
            due = False
        if not due:
            continue
        before = CLOSED if work.status[k] <= CLOSED else OPEN
        kind = tables.links[k].kind
        setting = c.setting if kind > PIPE else work.setting[k]
        if kind == PUMP and before == CLOSED and c.status == OPEN:
            reset_pump_flow(tables, work, k)
        if before != c.status or work.setting[k] != setting:
            work.status[k] = c.status
            work.setting[k] = setting
            changes += 1
    return changes


@lean_kernel
def pressure_controls(tables: Tables, work: Work, junctions: int) -> bool:
    """Carry out simple controls on junction pressures at the present heads."""
    changed = False
    for c in tables.controls:
        if c.kind > ABOVE or c.node >= junctions or work.held[c.link] or work.dead[c.node]:
            continue
        head = work.head[c.node]
        if c.kind == BELOW:
            due = head <= c.grade + HEAD_TOLERANCE
        else:
            due = head >= c.grade - HEAD_TOLERANCE
        if not due:
            continue
        k = c.link
        kind = tables.links[k].kind
        if kind <= PIPE:
            change = work.status[k] != c.status
        elif work.setting[k] != c.setting:
            change = True
        else:
            change = kind > PUMP and work.setting[k] == MISSING and work.status[k] != c.status
        if change:
            work.status[k] = c.status
            if kind > PIPE:
                work.setting[k] = c.setting
            changed = True
    return changed
