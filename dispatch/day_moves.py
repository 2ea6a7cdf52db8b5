"""Compiled: the small steps by which one day of water trucks becomes another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dispatch.day_play import Day, Ground, refresh
from hydraulics.compiled import inner_kernel

Seeds = NDArray[np.uint64]

LEAST_M3 = 0.4
"""Demands are not cut to smaller loads."""
NOTHING_M3 = 1e-9


@inner_kernel
def dice(state: Seeds, sides: int) -> int:
    """A throw of 0 to sides - 1; the same seed throws the same (xorshift)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int(np.int64(x >> np.uint64(11))) % sides


@inner_kernel
def lift(day: Day, n: int, i: int) -> int:
    """Take a trip out of a truck's day; which."""
    trip = day.order[n, i]
    for c in range(i, day.driven[n] - 1):
        day.order[n, c] = day.order[n, c + 1]
    day.driven[n] -= 1
    day.truck[trip] = -1
    return int(trip)


@inner_kernel
def put(day: Day, n: int, i: int, trip: int) -> bool:
    """Put a trip into a truck's day; whether there is room."""
    if day.driven[n] >= day.order.shape[1]:
        return False
    for c in range(day.driven[n], i, -1):
        day.order[n, c] = day.order[n, c - 1]
    day.order[n, i] = trip
    day.driven[n] += 1
    day.truck[trip] = n
    return True


@inner_kernel
def position(day: Day, trip: int) -> int:
    """Where a trip stands in its truck's day."""
    n = day.truck[trip]
    for i in range(day.driven[n]):
        if day.order[n, i] == trip:
            return i
    return 0


@inner_kernel
def take(day: Day, trip: int, s: int, volume: float) -> None:
    """Leave that much less at a stop, which goes when nothing is left."""
    day.volume_m3[trip, s] -= volume
    if day.volume_m3[trip, s] > NOTHING_M3:
        return
    for c in range(s, day.stops[trip] - 1):
        day.point[trip, c] = day.point[trip, c + 1]
        day.volume_m3[trip, c] = day.volume_m3[trip, c + 1]
    day.stops[trip] -= 1


@inner_kernel
def give(day: Day, trip: int, s: int, p: int, volume: float) -> bool:
    """Leave that much more at a point, by a new stop if there is none; whether there is room."""
    for c in range(day.stops[trip]):
        if day.point[trip, c] == p:
            day.volume_m3[trip, c] += volume
            return True
    if day.stops[trip] >= day.point.shape[1]:
        return False
    for c in range(day.stops[trip], s, -1):
        day.point[trip, c] = day.point[trip, c - 1]
        day.volume_m3[trip, c] = day.volume_m3[trip, c - 1]
    day.point[trip, s], day.volume_m3[trip, s] = p, volume
    day.stops[trip] += 1
    return True


@inner_kernel
def serving(day: Day, p: int, other_than: int, state: Seeds) -> int:
    """A trip that stops at a point, any if there are several; -1 for none."""
    trips = len(day.stops)
    first = dice(state, trips)
    for t in range(trips):
        trip = t + first - trips if t + first >= trips else t + first
        if day.truck[trip] >= 0 and trip != other_than:
            for s in range(day.stops[trip]):
                if day.point[trip, s] == p:
                    return int(trip)
    return -1


@inner_kernel
def stop_at(day: Day, trip: int, p: int) -> int:
    """Which stop of a trip is at a point."""
    for s in range(day.stops[trip]):
        if day.point[trip, s] == p:
            return s
    return 0


@inner_kernel
def part(volume: float, room: float) -> float:
    """How much of a load goes where there is room, neither part too small; 0 for none."""
    if volume <= room + NOTHING_M3:
        return volume
    some = min(room, volume - LEAST_M3)
    return some if some >= LEAST_M3 else 0.0


@inner_kernel
def reorder(ground: Ground, day: Day, trip: int, state: Seeds) -> bool:
    """Turn a trip round, or swap two of its stops."""
    stops = day.stops[trip]
    if stops < 2:
        return False
    i, j = dice(state, stops), dice(state, stops)
    if stops == 2 or dice(state, 2) == 0:
        i, j = 0, stops - 1
    i, j = min(i, j), max(i, j)
    turn = dice(state, 2) == 0
    while i < j:
        day.point[trip, i], day.point[trip, j] = day.point[trip, j], day.point[trip, i]
        keep = day.volume_m3[trip, i]
        day.volume_m3[trip, i] = day.volume_m3[trip, j]
        day.volume_m3[trip, j] = keep
        i, j = (i + 1, j - 1) if turn else (j, j)
    refresh(ground, day, trip)
    return True


@inner_kernel
def swap_tails(day: Day, a: int, b: int, i: int, j: int) -> bool:
    """Truck a drives what b would from its trip j on, and b what a would from i on."""
    one, other = day.driven[a] - i, day.driven[b] - j
    most = day.order.shape[1]
    if a == b or i + other > most or j + one > most:
        return False
    for c in range(max(one, other)):
        x, y = -1, -1
        if c < one:
            x = day.order[a, i + c]
        if c < other:
            y = day.order[b, j + c]
        if x >= 0:
            day.order[b, j + c], day.truck[x] = x, b
        if y >= 0:
            day.order[a, i + c], day.truck[y] = y, a
    day.driven[a], day.driven[b] = i + other, j + one
    return True


@inner_kernel
def move_stop(ground: Ground, day: Day, trip: int, s: int, other: int, at: int) -> bool:
    """A load, or what there is room for, on another trip."""
    p = day.point[trip, s]
    room = ground.capacity_m3[day.kind[day.truck[other]]] - day.load_m3[other]
    volume = part(day.volume_m3[trip, s], room)
    if volume <= 0.0 or not give(day, other, at, p, volume):
        return False
    take(day, trip, s, volume)
    if day.stops[trip] == 0:
        lift(day, day.truck[trip], position(day, trip))
    refresh(ground, day, trip)
    refresh(ground, day, other)
    return True


@inner_kernel
def swap_stops(ground: Ground, day: Day, trip: int, s: int, other: int, r: int) -> bool:
    """Two loads of two trips change places; what is too much stays."""
    p, q = day.point[trip, s], day.point[other, r]
    if p == q:
        return False
    mine, its = day.volume_m3[trip, s], day.volume_m3[other, r]
    room = ground.capacity_m3[day.kind[day.truck[trip]]] - day.load_m3[trip]
    its_room = ground.capacity_m3[day.kind[day.truck[other]]] - day.load_m3[other]
    go = part(mine, its_room + its)
    come = part(its, room + go)
    if go <= 0.0 or come <= 0.0 or go > its_room + come + NOTHING_M3:
        return False
    take(day, trip, s, go)
    take(day, other, r, come)
    if not give(day, trip, min(s, day.stops[trip]), q, come):
        return False
    if not give(day, other, min(r, day.stops[other]), p, go):
        return False
    refresh(ground, day, trip)
    refresh(ground, day, other)
    return True
