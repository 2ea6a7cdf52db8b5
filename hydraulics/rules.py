"""Rule-based controls at work: judged at every rule step between two solves.

As in EPANET: rules are never judged at the start of a step, tanks move on between, the first rule
that acts ends the step. Of several actions on one link that of the highest priority is carried
out, of equal ones the first. A premise joined by OR is looked at if all before it failed; one that
fails before an AND ends its rule.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.controls import DAY, fill_tanks, reset_pump_flow, set_setting
from hydraulics.tables import (
    ACTIVE,
    AS_CLOCKTIME,
    AS_DEMAND,
    AS_FILL_TIME,
    AS_FLOW,
    AS_HEAD,
    AS_SETTING,
    AS_STATUS,
    AS_SYSTEM_DEMAND,
    AS_TIME,
    CLOSED,
    EQUAL,
    GPV,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MISSING,
    OPEN,
    PUMP,
    STILL,
    UNEQUAL,
    Settings,
    Tables,
    Work,
)

LEAST_CHANGE = 1e-3
"""A setting (ft, cfs, or as it is) this near to what a rule wants is left alone."""


@lean_kernel
def through_rules(
    tables: Tables, work: Work, settings: Settings, junctions: int, time: float, wait: float
) -> float:
    """Move the tanks through `wait` seconds from `time`, judging rules; how far it went."""
    end = time + wait
    step = min(settings.rule_step - time % settings.rule_step, wait)
    now = time
    while True:
        now += step
        fill_tanks(tables, work, junctions, step)
        if judge_rules(tables, work, settings, junctions, now - step + 1.0, now) > 0:
            break
        step = min(settings.rule_step, wait, end - now)
        if step <= 0.0:
            break
    return now - time


@lean_kernel
def judge_rules(
    tables: Tables, work: Work, settings: Settings, junctions: int, since: float, now: float
) -> int:
    """Judge all rules for the seconds `since` to `now` and act; how many links changed."""
    chosen, actions = work.chosen, tables.actions
    chosen[:] = -1
    for r in tables.rules:
        if premises_hold(tables, work, settings, junctions, r.premise, r.premise_end, since, now):
            begin, end = r.then, r.otherwise
        else:
            begin, end = r.otherwise, r.end
        for a in range(begin, end):
            best = chosen[actions[a].slot]
            if best < 0 or actions[a].priority > actions[best].priority:
                chosen[actions[a].slot] = a
    changes = 0
    for a in chosen:
        if a >= 0 and carry_out(tables, work, a):
            changes += 1
    return changes


@lean_kernel
def premises_hold(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    begin: int,
    end: int,
    since: float,
    now: float,
) -> bool:
    """Whether the premises in rows `begin` to `end` hold together."""
    result = True
    for p in range(begin, end):
        if tables.premises[p].other:
            if result:
                continue
        elif not result:
            return False
        result = premise_holds(tables, work, settings, junctions, p, since, now)
    return result


@lean_kernel
def premise_holds(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    p: int,
    since: float,
    now: float,
) -> bool:
    """Whether one premise holds; never if its element has no such quantity at present."""
    premise = tables.premises[p]
    quantity, relation, goal = premise.quantity, premise.relation, premise.value
    if quantity == AS_TIME:
        return time_holds(relation, goal, since, now)
    if quantity == AS_CLOCKTIME:
        start = settings.start_clock
        return time_holds(relation, goal, (since + start) % DAY, (now + start) % DAY)
    if quantity == AS_STATUS:
        status = work.status[premise.index]
        shown = CLOSED if status <= CLOSED else ACTIVE if status == ACTIVE else OPEN
        return bool(relation == (EQUAL if shown == goal else UNEQUAL))
    value = premise_value(tables, work, junctions, quantity, premise.index)
    return bool(not math.isnan(value) and compare(value, relation, goal, premise.tolerance))


@lean_kernel
def premise_value(tables: Tables, work: Work, junctions: int, quantity: int, index: int) -> float:
    """A premise's quantity at present, ft, cfs, s; NaN where the element has none."""
    if quantity == AS_HEAD:
        return float(work.head[index])
    if quantity == AS_FLOW:
        return abs(float(work.flow[index]))
    if quantity == AS_SETTING:
        return math.nan if work.setting[index] == MISSING else float(work.setting[index])
    if quantity == AS_SYSTEM_DEMAND:
        return system_demand(tables, work, junctions)
    if index < junctions:
        drawn = float(work.delivered[index] + work.emitted[index])
        return drawn if quantity == AS_DEMAND else math.nan
    flow = float(work.inflow[index])
    if quantity == AS_DEMAND:
        return flow
    i = index - junctions
    source = tables.sources[i]
    if source.area == 0.0:
        return math.nan
    if quantity == AS_FILL_TIME:
        return float(source.greatest_volume - work.volume[i]) / flow if flow > STILL else math.nan
    return float(source.least_volume - work.volume[i]) / flow if flow < -STILL else math.nan


@lean_kernel
def system_demand(tables: Tables, work: Work, junctions: int) -> float:
    """All demands drawn from the network, cfs: what is fed in does not count against them."""
    demands, nodes = tables.demands, tables.nodes
    total = 0.0
    for i in range(len(demands)):
        drawn = demands[i].base * work.pattern_now[demands[i].pattern]
        total += max(drawn * work.factor[nodes[demands[i].node].position], 0.0)
    for n in range(junctions):
        total += max(work.added[nodes[n].position], 0.0)
    return total


@lean_kernel
def time_holds(relation: int, goal: float, since: float, now: float) -> bool:
    """A time premise: orders look at `now`, equality at all seconds since the last judging."""
    if relation == LESS:
        return now < goal
    if relation == LESS_EQUAL:
        return now <= goal
    if relation == GREATER:
        return now > goal
    if relation == GREATER_EQUAL:
        return now >= goal
    after, before = goal >= since, goal <= now
    inside = (after or before) if now < since else (after and before)  # past midnight or not
    return inside if relation == EQUAL else not inside


@lean_kernel
def compare(value: float, relation: int, goal: float, tolerance: float) -> bool:
    """A number's premise, with EPANET's tolerance: `<` and `>` hold at the goal itself."""
    if relation == EQUAL:
        return abs(value - goal) <= tolerance
    if relation == UNEQUAL:
        return abs(value - goal) >= tolerance
    if relation == LESS:
        return value <= goal + tolerance
    if relation == LESS_EQUAL:
        return value <= goal - tolerance
    if relation == GREATER:
        return value >= goal - tolerance
    return value >= goal + tolerance


@lean_kernel
def carry_out(tables: Tables, work: Work, a: int) -> bool:
    """Carry out one action; True if it changed anything. A link under a hand is left alone."""
    action = tables.actions[a]
    k = action.link
    if work.held[k]:
        return False
    kind = tables.links[k].kind
    closed = work.status[k] <= CLOSED
    if not math.isnan(action.setting):
        if abs(action.setting - work.setting[k]) <= LEAST_CHANGE:
            return False
        set_setting(tables, work, k, action.setting)
        return True
    if action.status == OPEN and closed:
        if kind == PUMP:
            work.setting[k] = 1.0
            if work.status[k] == CLOSED:
                reset_pump_flow(tables, work, k)
    elif action.status == CLOSED and not closed:
        if kind == PUMP:
            work.setting[k] = 0.0
    else:
        return False
    if kind > PUMP and kind != GPV:
        work.setting[k] = MISSING
    work.status[k] = action.status
    return True
