"""The trips of a day dealt to a given number of trucks, as a beginning for a search."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.fill_queue import unloading_s
from dispatch.haul import Haul
from dispatch.rounds import Load, Round, Trip

_ROUNDING_M3 = 1e-9


def deal(haul: Haul, rounds: Sequence[Round], mix: Sequence[int]) -> tuple[Round, ...]:
    """The trips of rounds driven by `mix` trucks of each type.

    The longest rounds of a type stay as they are. Trips of the others go one by one to the truck
    with least to do; those that no truck can carry are cut.
    """
    kinds = [kind for kind, number in enumerate(mix) for _ in range(number)]
    given: list[list[Trip]] = [[] for _ in kinds]
    busy = [0.0] * len(kinds)
    free = list(range(len(kinds)))
    waiting: list[Trip] = []
    for each in sorted(rounds, key=lambda each: -_busy_s(haul, each)):
        truck = next((n for n in free if kinds[n] == each.kind), None)
        if truck is None or not all(_carries(haul, each.kind, trip) for trip in each.trips):
            waiting += each.trips
            continue
        free.remove(truck)
        given[truck], busy[truck] = list(each.trips), _busy_s(haul, each)
    waiting.sort(key=_volume)
    while waiting and kinds:
        # The large loads first, while there is a truck for them.
        trip = waiting.pop()
        able = [n for n, kind in enumerate(kinds) if _carries(haul, kind, trip)]
        if not able:
            waiting = sorted([*waiting, *_cut(haul, trip, kinds)], key=_volume)
            continue
        truck = min(able, key=lambda n: busy[n])
        given[truck].append(trip)
        busy[truck] += _about_s(haul, kinds[truck], trip)
    return tuple(Round(kind, tuple(t)) for kind, t in zip(kinds, given, strict=True))


def _busy_s(haul: Haul, each: Round) -> float:
    return sum(_about_s(haul, each.kind, trip) for trip in each.trips)


def _volume(trip: Trip) -> float:
    return sum(load.volume_m3 for load in trip.loads)


def _carries(haul: Haul, kind: int, trip: Trip) -> bool:
    one = haul.types[kind].one
    one_stop = not one.sets_down or len(trip.loads) == 1
    return one_stop and _volume(trip) <= one.capacity_m3 + _ROUNDING_M3


def _cut(haul: Haul, trip: Trip, kinds: Sequence[int]) -> list[Trip]:
    """The trip in two: what the largest truck can carry, and the rest."""
    one = max((haul.types[kind].one for kind in kinds), key=lambda one: one.capacity_m3)
    room, now, later = one.capacity_m3, list[Load](), list[Load]()
    for load in trip.loads:
        part = min(load.volume_m3, room)
        if part <= 0.0 or (one.sets_down and now):
            later.append(load)
            continue
        now.append(Load(load.point, part))
        room -= part
        if load.volume_m3 - part > _ROUNDING_M3:
            later.append(Load(load.point, load.volume_m3 - part))
    return [Trip(trip.fill, tuple(loads)) for loads in (now, later) if loads]


def _about_s(haul: Haul, kind: int, trip: Trip) -> float:
    one, fill = haul.types[kind].one, haul.fills[trip.fill]
    way = haul.time_s[haul.fill_places[trip.fill], haul.point_places[trip.loads[0].point]]
    work = unloading_s(haul, trip.loads, one.setup_s, one.discharge_m3s)
    return 2.0 * float(way) + one.setup_s + _volume(trip) / fill.flow_m3s + work
