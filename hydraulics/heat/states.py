"""States of plants, stations and holders: what holds them now, and when that turns.

A station gets the flow it asks for (GIVEN), or its valve is wide open and it gets what the pressure
leaves (LAW), or nothing (SHUT): no station is ever fed backwards. A plant keeps its rise, or its
flow as long as its rise is enough; behind every plant is a check valve. pandapipes knows none of
this, so its laws turn nothing.
"""

from __future__ import annotations

import math

from hydraulics.compiled import inner_kernel, lean_kernel
from hydraulics.graph.step import excess
from hydraulics.graph.structure import Structure
from hydraulics.graph.supply import reach
from hydraulics.heat.kinds import GIVEN, HELD, HOLDER, LAW, PLANT, SHUT, STATION
from hydraulics.heat.laws import throttle_loss
from hydraulics.heat.tables import HeatSettings, LinkTable
from hydraulics.heat.work import KEEPS_END, KEEPS_NONE, KEEPS_START, HeatBoundary, HeatWork
from hydraulics.types import I64

MOST_TURNS = 12
SLACK_PA = 1.0
"""A state turns back only if it is wrong by more than this."""


@lean_kernel
def first_states(links: LinkTable, b: HeatBoundary, w: HeatWork) -> None:
    """States by the boundary alone."""
    for k in range(len(w.flow)):
        w.changes[k] = 0
        kind = links.kind[k]
        given = not math.isnan(b.given[k])
        if not b.is_open[k]:
            w.state[k] = SHUT
        elif kind == STATION or given:
            w.state[k] = GIVEN
            if given:
                w.flow[k] = b.given[k]
        elif kind in (PLANT, HOLDER):
            w.state[k] = HELD if b.keeps[k] != KEEPS_NONE else LAW
        else:
            w.state[k] = LAW
        if w.state[k] == SHUT:
            w.flow[k] = 0.0


@inner_kernel
def hold(
    s: Structure,
    holders: I64,
    links: LinkTable,
    b: HeatBoundary,
    w: HeatWork,
    gravity: float,
    search: bool,
) -> None:
    """Which rows have their pressure given, and which nothing reaches: those are held at 0.

    What is reached is looked up again (`search`) after states have turned.

    `rise` becomes what a held row's potential is to change.
    """
    target = w.rise
    for i in range(len(w.held)):
        w.held[i] = b.held[i]
        target[i] = b.level[i]
    for i in range(len(holders)):
        k = holders[i]
        if not b.is_open[k]:
            continue
        a, e = s.start[k], s.end[k]
        height = w.density[k] * gravity * links.drop_height[k]
        if b.keeps[k] == KEEPS_START and not b.held[a]:
            w.held[a] = 1
            target[a] = b.keeps_pa[k]
        if b.keeps[k] == KEEPS_END and not b.held[e]:
            w.held[e] = 1
            target[e] = b.keeps_pa[k]
        if w.state[k] == HELD and links.kind[k] == PLANT:
            if b.keeps[k] == KEEPS_START and not b.held[e]:
                w.held[e] = 1
                target[e] = target[a] + links.rise[k] + height
            elif b.keeps[k] == KEEPS_END and not b.held[a]:
                w.held[a] = 1
                target[a] = target[e] - links.rise[k] - height
    if search:
        for k in range(len(w.flow)):
            w.conducts[k] = 1 if w.state[k] == LAW and links.kind[k] != STATION else 0
        reach(s, w.held, w.conducts, w.reached, w.queue)
    for i in range(len(w.held)):
        if not w.reached[i]:
            w.held[i] = 1
            target[i] = 0.0
        target[i] -= w.potential[i]


@inner_kernel
def fill(s: Structure, holders: I64, links: LinkTable, b: HeatBoundary, w: HeatWork) -> float:
    """Give every held plant and holder the flow its nodes need; the greatest change, kg/s.

    A plant that keeps the return's pressure sends what the supply takes, and makes up in the
    return; one that keeps the supply's (and pandapipes' pumps) sends what comes back, and makes up
    in the supply.
    """
    changed = 0.0
    for i in range(len(holders)):
        k = holders[i]
        if w.state[k] != HELD:
            continue
        by_start = links.kind[k] == PLANT and b.keeps[k] == KEEPS_END
        n = s.start[k] if by_start else s.end[k]
        sharing = 0
        for j in range(len(holders)):
            m = holders[j]
            if w.state[m] == HELD and (s.start[m] if by_start else s.end[m]) == n:
                sharing += 1
        missing = b.demand[n] - excess(s, w.flow, n)
        if by_start:
            missing = -missing
        changed = max(changed, abs(missing))
        w.flow[k] += missing / sharing
    return changed


@inner_kernel
def turn(
    s: Structure, links: LinkTable, b: HeatBoundary, w: HeatWork, settings: HeatSettings
) -> int:
    """Turn the states that contradict the present solution; how many there were."""
    if not settings.own_laws:
        return 0
    turned = 0
    for k in range(len(w.flow)):
        kind = links.kind[k]
        if not b.is_open[k] or kind not in (STATION, PLANT) or w.changes[k] >= MOST_TURNS:
            continue
        a, e = s.start[k], s.end[k]
        if not w.reached[a] or not w.reached[e]:
            continue
        height = w.density[k] * settings.gravity * links.drop_height[k]
        available = w.potential[a] - w.potential[e] + height
        state = w.state[k]
        new = (
            _station(links, w, k, available)
            if kind == STATION
            else _plant(links, b, w, k, available)
        )
        if new != state:
            w.state[k] = new
            w.changes[k] += 1
            turned += 1
            if new == SHUT:
                w.flow[k] = 0.0
    return turned


@inner_kernel
def _station(links: LinkTable, w: HeatWork, k: int, available: float) -> int:
    state = w.state[k]
    if state == GIVEN:
        needed = 0.0
        if links.kv[k] > 0.0:
            needed, _ = throttle_loss(w.want[k], links.kv[k], w.density[k])
        if w.want[k] > 0.0 and available < needed - SLACK_PA:
            return LAW
    elif state == LAW:
        if w.flow[k] < 0.0:
            return SHUT
        if w.flow[k] > w.want[k]:
            return GIVEN
    elif available > SLACK_PA:
        return LAW
    return int(state)


@inner_kernel
def _plant(links: LinkTable, b: HeatBoundary, w: HeatWork, k: int, available: float) -> int:
    """`available` is the pressure at its start above that at its end: below 0 when it lifts."""
    state = w.state[k]
    flows = not math.isnan(b.given[k])
    if state == GIVEN:
        if -available > links.rise[k] + SLACK_PA:
            return LAW
    elif state in (LAW, HELD):
        if w.flow[k] < -1e-9:
            return SHUT
        if flows and w.flow[k] > b.given[k]:
            return GIVEN
    elif -available < links.rise[k] - SLACK_PA:
        if flows:
            return GIVEN
        return HELD if b.keeps[k] != KEEPS_NONE else LAW
    return int(state)
