"""A plan that is late only because trucks wait for each other, mended without a new plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dispatch.fill_queue import has_priority, unloading_s
from dispatch.haul import Haul
from dispatch.rounds import Round, Trip

if TYPE_CHECKING:
    from dispatch.queue_kernel import Trips

_TRIES = 20_000
_ANY_STOPS = 1_000_000


def fit_shifts(
    haul: Haul, rounds: Sequence[Round], *, seed: int, tries: int = _TRIES
) -> tuple[tuple[Round, ...], float]:
    """The rounds with the same trips dealt anew, and by how much they are late, together (s).

    Trucks, the order of trips and the direction of their stops may change, so that waiting at the
    fill points makes nobody late.
    """
    from dispatch.queue_kernel import less_late

    if not any(each.trips for each in rounds):
        return (), 0.0
    trips = [
        (trip, number)
        for number, each in enumerate(rounds)
        for trip in sorted(each.trips, key=lambda trip: not has_priority(haul, trip))
    ]
    longest = max(len(each.trips) for each in rounds)
    order = np.zeros((len(rounds), longest + 2), np.int64)
    count = np.zeros(len(rounds), np.int64)
    for index, (_, number) in enumerate(trips):
        order[number, count[number]] = index
        count[number] += 1
    flip = np.zeros(len(trips), np.int64)
    late_s = less_late(
        _arrays(haul, [trip for trip, _ in trips]),
        np.array([each.kind for each in rounds], np.int64),
        order,
        count,
        flip,
        tries,
        seed,
    )
    dealt = [
        replace(
            each,
            trips=tuple(
                _turned(trips[index][0], back=bool(flip[index]))
                for index in order[number, : count[number]]
            ),
        )
        for number, each in enumerate(rounds)
    ]
    return tuple(each for each in dealt if each.trips), float(late_s)


def deal(haul: Haul, rounds: Sequence[Round], mix: Sequence[int]) -> tuple[Round, ...] | None:
    """The trips of rounds dealt to `mix` trucks of each type, each to the one with least to do.

    None where there is none, or a trip that no truck can carry.
    """
    arrays = _arrays(haul, trips := [trip for each in rounds for trip in each.trips])
    if not trips:
        return None
    kinds = [kind for kind, number in enumerate(mix) for _ in range(number)]
    given: list[list[Trip]] = [[] for _ in kinds]
    busy = [0.0] * len(kinds)
    # The large loads first, while there is a truck for them.
    for index in sorted(range(len(trips)), key=lambda i: -float(arrays.volume_m3[i])):
        able = [
            n
            for n, kind in enumerate(kinds)
            if arrays.volume_m3[index] <= haul.types[kind].one.capacity_m3 + 1e-9
            and arrays.stops[index] <= arrays.most_stops[kind]
        ]
        if not able:
            return None
        truck = min(able, key=lambda n: busy[n])
        given[truck].append(trips[index])
        one, fill = haul.types[kinds[truck]].one, haul.fills[trips[index].fill]
        way = haul.time_s[
            haul.fill_places[trips[index].fill], haul.point_places[trips[index].loads[0].point]
        ]
        busy[truck] += (
            2.0 * float(way)
            + one.setup_s
            + float(arrays.volume_m3[index]) / fill.flow_m3s
            + float(arrays.unloading_s[index, 0, kinds[truck]])
        )
    return tuple(Round(kind, tuple(t)) for kind, t in zip(kinds, given, strict=True))


def _turned(trip: Trip, *, back: bool) -> Trip:
    return replace(trip, loads=trip.loads[::-1]) if back else trip


def _arrays(haul: Haul, trips: Sequence[Trip]) -> Trips:
    from dispatch.queue_kernel import Trips

    ways = [(trip.loads, trip.loads[::-1]) for trip in trips]
    ones = [kind.one for kind in haul.types]
    unloading = [
        [[unloading_s(haul, way, one.setup_s, one.discharge_m3s) for one in ones] for way in both]
        for both in ways
    ]
    places = haul.point_places
    return Trips(
        first=np.array([[places[way[0].point] for way in both] for both in ways]),
        last=np.array([[places[way[-1].point] for way in both] for both in ways]),
        unloading_s=np.array(unloading),
        volume_m3=np.array([sum(load.volume_m3 for load in trip.loads) for trip in trips]),
        priority=np.array([has_priority(haul, trip) for trip in trips], np.int64),
        setup_s=np.array([one.setup_s for one in ones]),
        stops=np.array([len(trip.loads) for trip in trips], np.int64),
        most_stops=np.array([1 if one.sets_down else _ANY_STOPS for one in ones], np.int64),
        capacity_m3=np.array([one.capacity_m3 for one in ones]),
        shift_s=np.array([one.shift_s for one in ones]),
        ready_s=np.array([float(kind.ready_s) for kind in haul.types]),
        begin=np.array([kind.begin for kind in haul.types]),
        depot=np.array([kind.depot for kind in haul.types]),
        fill_place=np.array(list(haul.fill_places)),
        flow_m3s=np.array([fill.flow_m3s for fill in haul.fills]),
        busy_s=np.array(haul.busy_s or [0.0] * len(haul.fills)),
        time_s=np.ascontiguousarray(haul.time_s),
    )
