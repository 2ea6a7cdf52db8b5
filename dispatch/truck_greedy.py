"""A plain plan of the water trucks: full loads, one truck after the other.

It splits demands as it goes, always ends, and makes the most of a fleet that is too small:
hospitals and the like first, then the largest demand.
"""

from __future__ import annotations

import numpy as np

from dispatch.haul import Haul, TruckType
from dispatch.rounds import Load, Round, RoundPlan, Trip

_LEAST_LOAD_M3 = 0.4
"""Smaller loads are taken along only where they are all that is left of a demand."""
_NOTHING_M3 = 1e-9


def greedy_rounds(haul: Haul) -> RoundPlan:
    """The plan; trucks of the largest capacity go first."""
    left = np.array([point.daily_m3 for point in haul.points])
    order = sorted(
        range(len(haul.types)),
        key=lambda k: (-haul.types[k].one.capacity_m3, -haul.types[k].one.discharge_m3s, k),
    )
    rounds = []
    for number in order if haul.fills else ():
        for _ in haul.types[number].trucks:
            trips = _day(haul, haul.types[number], left)
            if trips:
                rounds.append(Round(number, tuple(trips)))
    undelivered = tuple(Load(i, float(v)) for i, v in enumerate(left) if v > _NOTHING_M3)
    return RoundPlan(tuple(rounds), undelivered)


def _day(haul: Haul, kind: TruckType, left: np.ndarray) -> list[Trip]:
    """The trips of one truck; what it takes is subtracted from `left`."""
    trips: list[Trip] = []
    place, clock = kind.begin, kind.ready_s
    while left.max(initial=0.0) > _NOTHING_M3:
        found = _trip(haul, kind, left, place, clock)
        if found is None:
            break
        trip, place, clock = found
        for load in trip.loads:
            left[load.point] -= load.volume_m3
        trips.append(trip)
    return trips


def _trip(
    haul: Haul, kind: TruckType, left: np.ndarray, place: int, clock: float
) -> tuple[Trip, int, float] | None:
    """The next trip from a place, with where and when it ends; None when no point fits."""
    truck, time_s = kind.one, haul.time_s
    wanted = np.flatnonzero(left > _NOTHING_M3).tolist()
    first_choice = sorted(wanted, key=lambda i: (not haul.points[i].priority, -left[i], i))
    for first in first_choice:
        fill, drive = _over_fill(haul, place, haul.point_places[first])
        per_m3 = 1.0 / truck.discharge_m3s + 1.0 / haul.fills[fill].flow_m3s
        loads: list[Load] = []
        room, at, now = truck.capacity_m3, place, clock + truck.setup_s
        nearest = sorted(
            (i for i in wanted if i != first),
            key=lambda i: (time_s[haul.point_places[first], haul.point_places[i]], i),
        )
        for point in (first, *nearest):
            there = haul.point_places[point]
            way = drive if not loads else float(time_s[at, there])
            home = float(time_s[there, kind.depot])
            spare = truck.shift_s - (now + way + truck.setup_s + home)
            volume = min(room, float(left[point]), spare / per_m3)
            if volume < min(_LEAST_LOAD_M3, left[point]) or not np.isfinite(volume):
                break
            loads.append(Load(point, volume))
            room, at = room - volume, there
            now += way + truck.setup_s + volume * per_m3
            if room < _LEAST_LOAD_M3 or truck.sets_down:
                break
        if loads:
            return Trip(fill, tuple(loads)), at, now
    return None


def _over_fill(haul: Haul, start: int, end: int) -> tuple[int, float]:
    """The fill point on the quickest way between two places, and the drive over it."""
    fills = list(haul.fill_places)
    ways = haul.time_s[start, fills] + haul.time_s[fills, end]
    best = int(np.argmin(ways))
    return best, float(ways[best])
