"""Queues at fill points: one truck fills at a time, the others wait or go to another point."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dispatch.haul import Haul
from dispatch.rounds import Load, Round, RoundPlan, Trip


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRound:
    """A round with the fill points its trips really use, the wait at each, and when it ends."""

    round: Round
    waits_s: tuple[float, ...]
    end_s: float


def with_queues(haul: Haul, rounds: Sequence[Round]) -> tuple[QueuedRound, ...]:
    """The rounds as they go when every fill point serves one truck at a time.

    All trucks leave at time 0, or when they are ready. Whoever is free first chooses its fill
    point: where, with the wait, it gets to its first stop the soonest. Trips with priority users go
    before a truck's others.
    """
    trips = [_priority_first(haul, each.trips) for each in rounds]
    free = list(haul.busy_s) or [0.0] * len(haul.fills)
    places = [haul.types[each.kind].begin for each in rounds]
    done: list[list[Trip]] = [[] for _ in rounds]
    waits: list[list[float]] = [[] for _ in rounds]
    ends = [haul.types[each.kind].ready_s for each in rounds]
    # The hour a truck is free, whether its next trip has priority, its number.
    ready = [(ends[i], not has_priority(haul, t[0]), i) for i, t in enumerate(trips) if t]
    heapq.heapify(ready)
    while ready:
        clock, _, number = heapq.heappop(ready)
        truck = haul.types[rounds[number].kind].one
        trip = trips[number][len(done[number])]
        volume = sum(load.volume_m3 for load in trip.loads)
        there = haul.point_places[trip.loads[0].point]
        best = (float("inf"), trip.fill, 0.0)
        for fill, place in enumerate(haul.fill_places):
            arrive = clock + float(haul.time_s[places[number], place])
            wait = max(0.0, free[fill] - arrive)
            filled = arrive + wait + truck.setup_s + volume / haul.fills[fill].flow_m3s
            best = min(best, (filled + float(haul.time_s[place, there]), fill, wait))
        clock, fill, wait = best
        free[fill] = clock - float(haul.time_s[haul.fill_places[fill], there])
        clock += unloading_s(haul, trip.loads, truck.setup_s, truck.discharge_m3s)
        places[number] = haul.point_places[trip.loads[-1].point]
        done[number].append(Trip(fill, trip.loads))
        waits[number].append(wait)
        if len(done[number]) < len(trips[number]):
            following = trips[number][len(done[number])]
            heapq.heappush(ready, (clock, not has_priority(haul, following), number))
        else:
            home = haul.types[rounds[number].kind].depot
            ends[number] = clock + float(haul.time_s[places[number], home])
    return tuple(
        QueuedRound(
            round=replace(each, trips=tuple(done[i])), waits_s=tuple(waits[i]), end_s=ends[i]
        )
        for i, each in enumerate(rounds)
    )


def overrun_s(haul: Haul, queued: Sequence[QueuedRound]) -> float:
    """By how much the longest round misses its truck's shift; 0 when all fit."""
    return max(
        (each.end_s - haul.types[each.round.kind].one.shift_s for each in queued), default=0.0
    )


def cut_to_shifts(haul: Haul, plan: RoundPlan) -> tuple[RoundPlan, tuple[QueuedRound, ...]]:
    """The plan with every truck home in time.

    The last trip of a truck that is late goes to another of its type where it fits, to one that
    stands idle, or is not delivered.
    """
    rounds, undelivered = list(plan.rounds), list(plan.undelivered)
    queued = with_queues(haul, rounds)
    while overrun_s(haul, queued) > 0.0:
        late = max(queued, key=lambda q: q.end_s - haul.types[q.round.kind].one.shift_s)
        number = queued.index(late)
        *kept, last = late.round.trips
        rounds[number] = replace(late.round, trips=tuple(kept))
        moved = _moved(haul, rounds, number, last)
        if moved is None:
            undelivered += last.loads
        rounds = [each for each in moved or rounds if each.trips]
        queued = with_queues(haul, rounds)
    return RoundPlan(tuple(rounds), tuple(undelivered)), queued


def _moved(haul: Haul, rounds: list[Round], number: int, trip: Trip) -> list[Round] | None:
    """The rounds with a trip on another truck of the type; None when none can take it in time."""
    kind = rounds[number].kind
    before = overrun_s(haul, with_queues(haul, rounds))
    same = [i for i, each in enumerate(rounds) if each.kind == kind and i != number]
    tries = []
    for i in same:
        longer = replace(rounds[i], trips=(*rounds[i].trips, trip))
        tries.append([*rounds[:i], longer, *rounds[i + 1 :]])
    if len([each for each in rounds if each.kind == kind]) < len(haul.types[kind].trucks):
        tries.append([*rounds, Round(kind, (trip,))])
    for more in tries:
        if overrun_s(haul, with_queues(haul, more)) <= max(before, 0.0):
            return more
    return None


def _priority_first(haul: Haul, trips: Sequence[Trip]) -> list[Trip]:
    return sorted(trips, key=lambda trip: not has_priority(haul, trip))


def has_priority(haul: Haul, trip: Trip) -> bool:
    """Whether a trip serves a priority user."""
    return any(haul.points[load.point].priority for load in trip.loads)


def unloading_s(haul: Haul, loads: Sequence[Load], setup_s: float, rate_m3s: float) -> float:
    """Time from the first stop's arrival to the last stop's end."""
    seconds = 0.0
    place: int | None = None
    for load in loads:
        there = haul.point_places[load.point]
        if place is not None:
            seconds += float(haul.time_s[place, there])
        seconds += setup_s + load.volume_m3 / rate_m3s
        place = there
    return seconds
