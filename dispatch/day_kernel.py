"""Compiled: a search for a day of water trucks on which nobody is late.

The number of trucks stands; what changes, one small step at a time, is which trips there are, what
each leaves where, who drives it and when. Every step is driven with its queues (`day_play`), if
without them it looks worth it. Steps that make the day worse are taken now and then, rarely in the
end (simulated annealing: Kirkpatrick, Gelatt, Vecchi 1983; demands are cut where that helps, as in
split delivery routing: Dror and Trudeau 1989). It repeats exactly.
"""

from __future__ import annotations

import numpy as np

from dispatch.day_moves import (
    Seeds,
    dice,
    lift,
    move_stop,
    put,
    reorder,
    serving,
    stop_at,
    swap_stops,
    swap_tails,
)
from dispatch.day_play import Clocks, Day, Ground, plain_end_s, play, road_s
from hydraulics.compiled import inner_kernel, kernel

_REORDER, _SWAP_ORDER, _GIVE_TRIP, _SWAP_TAILS = 0, 1, 4, 5
_MOVE_STOP, _SWAP_STOPS, _NEW_TRIP, _SIDES = 6, 11, 15, 16
"""Kinds of moves by the least throw of the dice for each; in between, two trucks swap trips."""
_COLD_S = 15.0
"""How much worse a step that is taken may make a day, about, in the end."""
_ROAD, _ROAD_AT_LAST = 0.6, 0.0
"""What a second on the road costs beside one after the end of a shift: much at first, so that days
become short, and nothing in the end, when trucks that have time to spare should help the others."""
_QUEUE_S = 50.0
"""A step may look so much worse than allowed without queues and still be driven with them."""


@inner_kernel
def _copy_trip(one: Day, i: int, other: Day, j: int) -> None:
    for s in range(one.point.shape[1]):
        other.point[j, s], other.volume_m3[j, s] = one.point[i, s], one.volume_m3[i, s]
    other.stops[j], other.truck[j] = one.stops[i], one.truck[i]
    other.load_m3[j], other.way_s[j] = one.load_m3[i], one.way_s[i]
    other.urgent[j] = one.urgent[i]


@inner_kernel
def _copy_truck(one: Day, a: int, other: Day, b: int) -> None:
    other.driven[b] = one.driven[a]
    for c in range(one.order.shape[1]):
        other.order[b, c] = one.order[a, c]


@inner_kernel
def _copy_day(one: Day, other: Day) -> None:
    for t in range(len(one.stops)):
        _copy_trip(one, t, other, t)
    for n in range(len(one.kind)):
        _copy_truck(one, n, other, n)


@inner_kernel
def _may_drive(ground: Ground, day: Day, n: int) -> bool:
    """Whether a truck can carry its trips, those with priority users first."""
    k, before = day.kind[n], 1
    for i in range(day.driven[n]):
        trip = day.order[n, i]
        if day.urgent[trip] > before or day.stops[trip] > ground.most_stops[k]:
            return False
        if day.load_m3[trip] > ground.capacity_m3[k] + 1e-9:
            return False
        before = day.urgent[trip]
    return True


@inner_kernel
def _step(
    ground: Ground,
    day: Day,
    move: int,
    a: int,
    i: int,
    b: int,
    t: int,
    s: int,
    u: int,
    q: int,
    state: Seeds,
) -> bool:
    """Move trip i of truck a (t), or its stop s, with truck b or with trip u that stops at q."""
    if move == _REORDER:
        return reorder(ground, day, t, state)
    if move == _SWAP_ORDER:
        j = dice(state, day.driven[a])
        day.order[a, i], day.order[a, j] = day.order[a, j], t
        return i != j
    if move < _GIVE_TRIP:
        if a == b or day.driven[b] == 0:
            return False
        j = dice(state, day.driven[b])
        other = day.order[b, j]
        day.order[a, i], day.order[b, j] = other, t
        day.truck[t], day.truck[other] = b, a
        return True
    if move == _GIVE_TRIP:
        return a != b and put(day, b, dice(state, day.driven[b] + 1), lift(day, a, i))
    if move == _SWAP_TAILS:
        return swap_tails(day, a, b, i, dice(state, day.driven[b] + 1))
    if move < _SWAP_STOPS:
        at = stop_at(day, u, q) + dice(state, 2)
        return move_stop(ground, day, t, s, u, at)
    if move < _NEW_TRIP:
        r = stop_at(day, u, q)
        if q == day.point[t, s]:
            # Both trips stop there: all its water on one, for another load in return.
            if day.stops[u] < 2:
                return False
            r = (r + 1 + dice(state, day.stops[u] - 1)) % day.stops[u]
        return swap_stops(ground, day, t, s, u, r)
    # A trip of its own for a load.
    if day.stops[t] < 2:
        return False
    return put(day, b, dice(state, day.driven[b] + 1), u) and move_stop(ground, day, t, s, u, 0)


@kernel
def less_late(
    ground: Ground,
    day: Day,
    best: Day,
    old: Day,
    clocks: Clocks,
    tries: int,
    warm_s: float,
    seed: int,
) -> None:
    """Search from `day`; the best day found is left in `best`.

    In the beginning a step that is taken makes the day about `warm_s` worse. `old`
    is room for two trips and two trucks. Ends when nobody is late.
    """
    trucks, trips = len(day.kind), len(day.stops)
    state = np.empty(1, np.uint64)
    state[0] = np.uint64(seed * 2654435761 + 88172645463325252)
    late = play(ground, day, clocks)
    road = road_s(ground, day, clocks)
    best_late, best_road = late, road
    _copy_day(day, best)
    ends_s = clocks.end_s.copy()
    for step in range(tries):
        if best_late <= 0.0:
            break
        price = _ROAD + (_ROAD_AT_LAST - _ROAD) * step / tries
        heat = warm_s * (_COLD_S / warm_s) ** (step / tries)
        a = dice(state, trucks)
        if dice(state, 4) == 0:
            worst = -np.inf
            for n in range(trucks):
                over = clocks.end_s[n] - ground.shift_s[day.kind[n]]
                if over > worst:
                    a, worst = n, over
        if day.driven[a] == 0:
            continue
        i, b, move = dice(state, day.driven[a]), dice(state, trucks), dice(state, _SIDES)
        t, u, q = day.order[a, i], -1, -1
        s = dice(state, day.stops[t])
        if move >= _MOVE_STOP and move < _NEW_TRIP:
            q = ground.near[day.point[t, s], dice(state, ground.near.shape[1])]
            u = serving(day, q, t, state)
            if u < 0:
                continue
            b = day.truck[u]
        elif move == _NEW_TRIP:
            for c in range(trips):
                if day.truck[c] < 0:
                    u = c
                    break
            if u < 0:
                continue
            day.stops[u], day.load_m3[u] = 0, 0.0
        _copy_truck(day, a, old, 0)
        _copy_truck(day, b, old, 1)
        _copy_trip(day, t, old, 0)
        if u >= 0:
            _copy_trip(day, u, old, 1)
        before = plain_end_s(ground, day, a)
        its_before = plain_end_s(ground, day, b)
        fits = _step(ground, day, move, a, i, b, t, s, u, q, state)
        fits = fits and _may_drive(ground, day, a) and _may_drive(ground, day, b)
        now = late + price * road
        limit = now - heat * np.log((dice(state, 1000000) + 1) / 1000001.0)
        played = False
        if fits:
            more = plain_end_s(ground, day, a) - before
            over = clocks.end_s[a] - ground.shift_s[day.kind[a]]
            about = now + price * more + max(over + more, 0.0) - max(over, 0.0)
            if b != a:
                more = plain_end_s(ground, day, b) - its_before
                over = clocks.end_s[b] - ground.shift_s[day.kind[b]]
                about += price * more + max(over + more, 0.0) - max(over, 0.0)
            if about <= limit + _QUEUE_S:
                played = True
                then = play(ground, day, clocks)
                then_road = road_s(ground, day, clocks)
                if then + price * then_road <= limit:
                    late, road = then, then_road
                    for n in range(trucks):
                        ends_s[n] = clocks.end_s[n]
                    if late <= 0.0 or late + price * road < best_late + price * best_road:
                        best_late, best_road = late, road
                        _copy_day(day, best)
                    continue
        _copy_truck(old, 0, day, a)
        _copy_truck(old, 1, day, b)
        _copy_trip(old, 0, day, t)
        if u >= 0:
            _copy_trip(old, 1, day, u)
        for n in (a, b):
            for c in range(day.driven[n]):
                day.truck[day.order[n, c]] = n
        if played:
            for n in range(trucks):
                clocks.end_s[n] = ends_s[n]
