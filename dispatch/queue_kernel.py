"""Compiled: a day's trips with the queues at fill points, played again and again.

The rules are those of `fill_queue.with_queues`: all trucks leave at time 0, whoever is free first
chooses the fill point that brings it to its first stop the soonest, trips with priority users go
before a truck's others. The search changes which truck drives a trip, when, and in which direction
its stops are visited, and keeps what makes trucks less late. It repeats exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hydraulics.compiled import kernel, lean_kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Trips(NamedTuple):
    """Trips (T,), for both directions (T, 2) and truck types (T, 2, K); types (K,), fills (F,)."""

    first: Ints
    last: Ints
    unloading_s: Floats
    volume_m3: Floats
    priority: Ints
    setup_s: Floats
    stops: Ints
    capacity_m3: Floats
    most_stops: Ints
    shift_s: Floats
    ready_s: Floats
    begin: Ints
    depot: Ints
    fill_place: Ints
    flow_m3s: Floats
    busy_s: Floats
    time_s: Floats


@lean_kernel
def lateness_s(
    trips: Trips, kind: Ints, order: Ints, count: Ints, flip: Ints, late_s: Floats, work: Floats
) -> float:
    """Seconds by which trucks miss their shifts, together; `late_s` (N,) gets each truck's.

    `order` (N, M) holds the trips of each truck, `count` (N,) how many; `work` (3 + F, N or more)
    is room to work in.
    """
    trucks, fills = len(kind), len(trips.fill_place)
    clock, place, done = work[0], work[1], work[2]
    left = 0
    for n in range(trucks):
        clock[n], place[n], done[n] = trips.ready_s[kind[n]], trips.begin[kind[n]], 0.0
        late_s[n] = -trips.shift_s[kind[n]]
        left += count[n]
    for f in range(fills):
        work[3 + f, 0] = trips.busy_s[f]
    while left > 0:
        left -= 1
        n = -1
        for m in range(trucks):
            if int(done[m]) < count[m] and (
                n < 0
                or clock[m] < clock[n]
                or (
                    clock[m] == clock[n]
                    and trips.priority[order[m, int(done[m])]]
                    > trips.priority[order[n, int(done[n])]]
                )
            ):
                n = m
        trip, k, here = order[n, int(done[n])], kind[n], int(place[n])
        way = flip[trip]
        there = trips.first[trip, way]
        soonest, chosen = np.inf, 0
        for f in range(fills):
            at = trips.fill_place[f]
            begin = max(clock[n] + trips.time_s[here, at], work[3 + f, 0])
            filled = begin + trips.setup_s[k] + trips.volume_m3[trip] / trips.flow_m3s[f]
            if filled + trips.time_s[at, there] < soonest:
                soonest, chosen = filled + trips.time_s[at, there], f
        work[3 + chosen, 0] = soonest - trips.time_s[trips.fill_place[chosen], there]
        clock[n] = soonest + trips.unloading_s[trip, way, k]
        place[n] = trips.last[trip, way]
        done[n] += 1.0
        if int(done[n]) == count[n]:
            late_s[n] = clock[n] + trips.time_s[int(place[n]), trips.depot[k]] - trips.shift_s[k]
    total = 0.0
    for n in range(trucks):
        total += max(late_s[n], 0.0)
    return total


@lean_kernel
def _priority_first(trips: Trips, order: Ints, count: Ints, n: int) -> bool:
    for i in range(count[n] - 1):
        if trips.priority[order[n, i + 1]] > trips.priority[order[n, i]]:
            return False
    return True


@lean_kernel
def _dice(state: NDArray[np.uint64], sides: int) -> int:
    """A throw of 0 to sides - 1; the same seed throws the same (xorshift)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int(np.int64(x >> np.uint64(11))) % sides


@kernel
def less_late(
    trips: Trips, kind: Ints, order: Ints, count: Ints, flip: Ints, tries: int, seed: int
) -> float:
    """Search for a day on which no truck is late; the best found is left in the arrays.

    Returns its lateness together. `order` needs a column to spare.
    """
    trucks = len(kind)
    late, work = np.zeros(trucks), np.zeros((3 + len(trips.fill_place), max(trucks, 1)))
    state = np.empty(1, np.uint64)
    state[0] = np.uint64(seed * 2654435761 + 88172645463325252)
    now = lateness_s(trips, kind, order, count, flip, late, work)
    best, best_order, best_count, best_flip = now, order.copy(), count.copy(), flip.copy()
    were_order, were_count = order.copy(), count.copy()
    # Warm at first, cold in the end: a plan a little later is taken now and then.
    for step in range(tries):
        if best <= 0.0:
            break
        heat = 400.0 * (1.0 - step / tries) ** 2 + 1.0
        a = 0
        if _dice(state, 3):
            for n in range(trucks):
                a = n if late[n] > late[a] else a
        else:
            a = _dice(state, trucks)
        b = _dice(state, trucks)
        if count[a] == 0:
            continue
        i, move = _dice(state, count[a]), _dice(state, 8)
        trip = order[a, i]
        were_count[a], were_count[b] = count[a], count[b]
        for c in range(order.shape[1]):
            were_order[a, c], were_order[b, c] = order[a, c], order[b, c]
        turned = False
        if move == 0:
            flip[trip], turned = 1 - flip[trip], True
        elif a == b or move == 1:
            b = a
            j = _dice(state, count[a])
            order[a, i], order[a, j] = order[a, j], trip
        elif move < 5 and count[b] > 0:
            j = _dice(state, count[b])
            order[a, i], order[b, j] = order[b, j], trip
        elif count[b] < order.shape[1]:
            for c in range(i, count[a] - 1):
                order[a, c] = order[a, c + 1]
            count[a] -= 1
            j = _dice(state, count[b] + 1)
            for c in range(count[b], j, -1):
                order[b, c] = order[b, c - 1]
            order[b, j] = trip
            count[b] += 1
        fits = _priority_first(trips, order, count, a) and _priority_first(trips, order, count, b)
        for n in (a, b):
            for c in range(count[n]):
                it, k = order[n, c], kind[n]
                if trips.volume_m3[it] > trips.capacity_m3[k] + 1e-9:
                    fits = False
                if trips.stops[it] > trips.most_stops[k]:
                    fits = False
        then = np.inf
        if fits:
            then = lateness_s(trips, kind, order, count, flip, late, work)
        if then <= now - heat * np.log((_dice(state, 1000000) + 1) / 1000001.0):
            now = then
            if now < best:
                best = now
                best_order[:], best_count[:], best_flip[:] = order, count, flip
        else:
            if turned:
                flip[trip] = 1 - flip[trip]
            for c in range(order.shape[1]):
                order[a, c], order[b, c] = were_order[a, c], were_order[b, c]
            count[a], count[b] = were_count[a], were_count[b]
            if fits:
                lateness_s(trips, kind, order, count, flip, late, work)
    order[:], count[:], flip[:] = best_order, best_count, best_flip
    return best
