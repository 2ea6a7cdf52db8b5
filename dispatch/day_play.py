"""Compiled: a day of water trucks as arrays, and how it goes with the queues at fill points.

The rules are those of `fill_queue.with_queues`: all trucks leave at time 0, whoever is free first
chooses the fill point that brings it to its first stop the soonest, trips with priority users go
before a truck's others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hydraulics.compiled import inner_kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Ground(NamedTuple):
    """What does not change: points (P,), fill points (F,), truck types (K,), places (n,)."""

    time_s: Floats
    over_fill_s: Floats
    """The quickest way from a place over a fill point to a point (n, P)."""
    near: Ints
    """The points nearest to each, itself first (P, Q)."""
    first_point: int
    """The place of the first point."""
    priority: Ints
    fill_place: Ints
    flow_m3s: Floats
    mean_flow_m3s: float
    busy_s: Floats
    setup_s: Floats
    discharge_m3s: Floats
    capacity_m3: Floats
    most_stops: Ints
    shift_s: Floats
    ready_s: Floats
    begin: Ints
    depot: Ints


class Day(NamedTuple):
    """What does: the trips of each truck (N, M) in order, `driven` of them, and the stops of each
    trip (T, S).

    A trip of `truck` -1 is not driven. `load_m3`, `way_s` (drives between stops) and `urgent` (a
    priority user is served) follow from the stops.
    """

    kind: Ints
    order: Ints
    driven: Ints
    point: Ints
    volume_m3: Floats
    stops: Ints
    truck: Ints
    load_m3: Floats
    way_s: Floats
    urgent: Ints


class Clocks(NamedTuple):
    """Room to play a day in: trucks (N,), fill points (F,). `end_s` is when each is home."""

    end_s: Floats
    clock_s: Floats
    place: Ints
    done: Ints
    free_s: Floats


@inner_kernel
def refresh(ground: Ground, day: Day, trip: int) -> None:
    """Count anew what follows from a trip's stops."""
    load, way, urgent = 0.0, 0.0, 0
    for s in range(day.stops[trip]):
        p = day.point[trip, s]
        load += day.volume_m3[trip, s]
        urgent = max(urgent, ground.priority[p])
        if s > 0:
            before = day.point[trip, s - 1]
            way += ground.time_s[ground.first_point + before, ground.first_point + p]
    day.load_m3[trip], day.way_s[trip], day.urgent[trip] = load, way, urgent


@inner_kernel
def plain_end_s(ground: Ground, day: Day, n: int) -> float:
    """When a truck would be home if nobody queued, all fill points as fast as the mean."""
    k = day.kind[n]
    clock, place = float(ground.ready_s[k]), ground.begin[k]
    if day.driven[n] == 0:
        return clock
    for i in range(day.driven[n]):
        trip = day.order[n, i]
        load, stops = day.load_m3[trip], day.stops[trip]
        clock += ground.over_fill_s[place, day.point[trip, 0]] + ground.setup_s[k] * (1 + stops)
        clock += load / ground.mean_flow_m3s + load / ground.discharge_m3s[k] + day.way_s[trip]
        place = ground.first_point + day.point[trip, stops - 1]
    return float(clock + ground.time_s[place, ground.depot[k]])


@inner_kernel
def play(ground: Ground, day: Day, clocks: Clocks) -> float:
    """Drive the day; `end_s` tells when each truck is home. Returns how late they are together."""
    trucks, fills = len(day.kind), len(ground.fill_place)
    left = 0
    for n in range(trucks):
        k = day.kind[n]
        clocks.clock_s[n] = clocks.end_s[n] = ground.ready_s[k]
        if day.driven[n] == 0:
            clocks.clock_s[n] = np.inf
        clocks.place[n], clocks.done[n] = ground.begin[k], 0
        left += day.driven[n]
    for f in range(fills):
        clocks.free_s[f] = ground.busy_s[f]
    while left > 0:
        left -= 1
        n, soonest = 0, np.inf
        for m in range(trucks):
            if clocks.clock_s[m] < soonest:
                n, soonest = m, clocks.clock_s[m]
            elif clocks.clock_s[m] == soonest and soonest < np.inf:
                mine, its = day.order[m, clocks.done[m]], day.order[n, clocks.done[n]]
                if day.urgent[mine] > day.urgent[its]:
                    n = m
        trip, k, here = day.order[n, clocks.done[n]], day.kind[n], clocks.place[n]
        there = ground.first_point + day.point[trip, 0]
        load, setup = day.load_m3[trip], ground.setup_s[k]
        reached, chosen = np.inf, 0
        for f in range(fills):
            at = ground.fill_place[f]
            begin = max(soonest + ground.time_s[here, at], clocks.free_s[f])
            filled = begin + setup + load / ground.flow_m3s[f]
            if filled + ground.time_s[at, there] < reached:
                reached, chosen = filled + ground.time_s[at, there], f
        clocks.free_s[chosen] = reached - ground.time_s[ground.fill_place[chosen], there]
        stops = day.stops[trip]
        clock = reached + day.way_s[trip] + stops * setup + load / ground.discharge_m3s[k]
        clocks.place[n] = ground.first_point + day.point[trip, stops - 1]
        clocks.done[n] += 1
        clocks.clock_s[n] = clock
        if clocks.done[n] == day.driven[n]:
            clocks.end_s[n] = clock + ground.time_s[clocks.place[n], ground.depot[k]]
            clocks.clock_s[n] = np.inf
    late = 0.0
    for n in range(trucks):
        late += max(clocks.end_s[n] - ground.shift_s[day.kind[n]], 0.0)
    return late


@inner_kernel
def road_s(ground: Ground, day: Day, clocks: Clocks) -> float:
    """How long all trucks of a day that was driven are on the road."""
    road = 0.0
    for n in range(len(day.kind)):
        road += clocks.end_s[n] - ground.ready_s[day.kind[n]]
    return road
