"""The trips of a day made anew, so that the trucks there are bring everything in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dispatch.fill_queue import has_priority, with_queues
from dispatch.haul import Haul
from dispatch.rounds import Load, Round, Trip

if TYPE_CHECKING:
    from dispatch.day_play import Clocks, Day, Ground

_NEAR = 12
"""Points next to one that are thought of for a trip with it, itself among them."""
_SPARE = 3
_TRIES = 20_000
WARM_S = 150.0
"""Seconds by which a day may become worse at first; a good day is better improved from less."""
_ANY_STOPS = 1_000_000


def fit_shifts(
    haul: Haul, rounds: Sequence[Round], *, seed: int, tries: int = _TRIES, warm_s: float = WARM_S
) -> tuple[tuple[Round, ...], float]:
    """The rounds with their trips made anew, and by how much they are late, together (s)."""
    from dispatch.day_kernel import less_late

    if not any(each.trips for each in rounds):
        return (), 0.0
    work = arrays(haul, rounds)
    less_late(*work, tries, warm_s, seed)
    queued = with_queues(haul, _rounds(work.best))
    late_s = sum(max(each.end_s - haul.types[each.round.kind].one.shift_s, 0.0) for each in queued)
    return tuple(each.round for each in queued), late_s


class Arrays(NamedTuple):
    """What the kernel works on."""

    ground: Ground
    day: Day
    best: Day
    old: Day
    clocks: Clocks


def arrays(haul: Haul, rounds: Sequence[Round]) -> Arrays:
    """A day of rounds for the kernel, with its room to work in."""
    day = _day(haul, rounds)
    return Arrays(_ground(haul), day, _like(day), _room(day), _clocks(haul, len(rounds)))


def _ground(haul: Haul) -> Ground:
    from dispatch.day_play import Ground

    time_s = np.ascontiguousarray(haul.time_s)
    fills, points = list(haul.fill_places), list(haul.point_places)
    over = np.full((len(time_s), len(points)), np.inf)
    for fill in fills:
        over = np.minimum(over, time_s[:, [fill]] + time_s[[fill]][:, points])
    between = time_s[np.ix_(points, points)]
    ones = [kind.one for kind in haul.types]
    return Ground(
        time_s=time_s,
        over_fill_s=np.ascontiguousarray(over),
        near=np.ascontiguousarray(np.argsort(between, axis=1, kind="stable")[:, :_NEAR]),
        first_point=haul.point_places[0],
        priority=np.array([point.priority for point in haul.points], np.int64),
        fill_place=np.array(fills),
        flow_m3s=np.array([fill.flow_m3s for fill in haul.fills]),
        mean_flow_m3s=float(np.mean([fill.flow_m3s for fill in haul.fills])),
        busy_s=np.array(haul.busy_s or [0.0] * len(haul.fills)),
        setup_s=np.array([one.setup_s for one in ones]),
        discharge_m3s=np.array([one.discharge_m3s for one in ones]),
        capacity_m3=np.array([one.capacity_m3 for one in ones]),
        most_stops=np.array([1 if one.sets_down else _ANY_STOPS for one in ones], np.int64),
        shift_s=np.array([one.shift_s for one in ones]),
        ready_s=np.array([float(kind.ready_s) for kind in haul.types]),
        begin=np.array([kind.begin for kind in haul.types]),
        depot=np.array([kind.depot for kind in haul.types]),
    )


def _day(haul: Haul, rounds: Sequence[Round]) -> Day:
    from dispatch.day_play import Day

    trips = [trip for each in rounds for trip in each.trips]
    trucks, most = len(rounds), max(len(each.trips) for each in rounds) + _SPARE
    stops = max(len(trip.loads) for trip in trips) + _SPARE
    room = len(trips) + trucks
    day = Day(
        kind=np.array([each.kind for each in rounds], np.int64),
        order=np.zeros((trucks, most), np.int64),
        driven=np.zeros(trucks, np.int64),
        point=np.zeros((room, stops), np.int64),
        volume_m3=np.zeros((room, stops)),
        stops=np.zeros(room, np.int64),
        truck=np.full(room, -1),
        load_m3=np.zeros(room),
        way_s=np.zeros(room),
        urgent=np.zeros(room, np.int64),
    )
    number = 0
    for truck, each in enumerate(rounds):
        for trip in sorted(each.trips, key=lambda trip: not has_priority(haul, trip)):
            places = [haul.point_places[load.point] for load in trip.loads]
            day.order[truck, day.driven[truck]] = number
            day.driven[truck] += 1
            day.truck[number] = truck
            day.stops[number] = len(trip.loads)
            for s, load in enumerate(trip.loads):
                day.point[number, s], day.volume_m3[number, s] = load.point, load.volume_m3
            day.load_m3[number] = sum(load.volume_m3 for load in trip.loads)
            day.way_s[number] = haul.time_s[places[:-1], places[1:]].sum()
            day.urgent[number] = has_priority(haul, trip)
            number += 1
    return day


def _like(day: Day) -> Day:
    copies: list[Any] = [each.copy() for each in day]
    return type(day)(*copies)


def _room(day: Day) -> Day:
    """Room for two trips and two trucks of a day."""
    two: list[Any] = [np.zeros((2, *each.shape[1:]), each.dtype) for each in day]
    return type(day)(*two)


def _clocks(haul: Haul, trucks: int) -> Clocks:
    from dispatch.day_play import Clocks

    return Clocks(
        end_s=np.zeros(trucks),
        clock_s=np.zeros(trucks),
        place=np.zeros(trucks, np.int64),
        done=np.zeros(trucks, np.int64),
        free_s=np.zeros(len(haul.fills)),
    )


def _rounds(day: Day) -> tuple[Round, ...]:
    """The day's rounds; what fill points they use is found by driving them."""
    rounds = []
    for truck, kind in enumerate(day.kind.tolist()):
        trips = []
        for number in day.order[truck, : day.driven[truck]].tolist():
            stops = int(day.stops[number])
            loads = zip(day.point[number, :stops], day.volume_m3[number, :stops], strict=True)
            trips.append(Trip(0, tuple(Load(int(point), float(m3)) for point, m3 in loads)))
        if trips:
            rounds.append(Round(kind, tuple(trips)))
    return tuple(rounds)
