"""Who drives where: a day's round of the water trucks, found by PyVRP.

What PyVRP is told differs from the haul in three ways, none of which makes a plan unreal:
- a day starts at a place from which every drive leads over the best fill point, because trucks
  start empty;
- filling time is proportional to the load, so it is charged where the load is left, at the rate of
  the slowest fill point in use;
- volumes are whole litres rounded up and times whole seconds rounded up.
The timetable is then written anew with exact times, and can only be shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from dispatch.haul import Haul, TruckType
from dispatch.rounds import Load, Round, RoundPlan, Trip
from network_models.units import UNITS

_PATIENCE = 0.3
"""The part of all iterations that may follow a plan that works."""
_NO_PLAN = 1e15
_ROUNDING = 1e-6
_LITRES = 1.0 / UNITS["L"].factor


def split_loads(haul: Haul, largest_m3: float) -> tuple[Load, ...]:
    """The demands cut into equal loads no larger than `largest_m3`."""
    loads = []
    for i, point in enumerate(haul.points):
        parts = max(1, ceil(point.daily_m3 / largest_m3 - 1e-9))
        loads += [Load(i, point.daily_m3 / parts)] * parts if point.daily_m3 > 0.0 else []
    return tuple(loads)


def full_loads(haul: Haul, full_m3: float) -> tuple[Load, ...]:
    """The demands cut into loads of `full_m3` and what is left of each."""
    loads = []
    for i, point in enumerate(haul.points):
        full = max(ceil(point.daily_m3 / full_m3 - 1e-9) - 1, 0)
        rest = point.daily_m3 - full * full_m3
        loads += [Load(i, full_m3)] * full + ([Load(i, rest)] if rest > 0.0 else [])
    return tuple(loads)


def solve_rounds(
    haul: Haul,
    loads: Sequence[Load],
    numbers: Sequence[int],
    *,
    iterations: int,
    seed: int,
    shorter_s: float = 0.0,
) -> RoundPlan | None:
    """The rounds found for the loads with `numbers` trucks of each type; None when none work.

    A truck costs nothing, all may be used: the search then finds a plan for a number of trucks
    that it does not reach when it must empty trucks one by one. It goes on for a while after the
    first plan that works, for shorter rounds. Shifts may be made `shorter_s`.
    """
    from pyvrp import Model

    model = Model()
    fill_places = [model.add_location(0, 0) for _ in haul.fills]
    fills = [model.add_depot(place) for place in fill_places]
    load_places = [model.add_location(0, 0) for _ in loads]
    for place, load in zip(load_places, loads, strict=True):
        model.add_client(place, delivery=[ceil(load.volume_m3 * _LITRES - _ROUNDING), 1])
    kinds = []
    for number, kind in enumerate(haul.types):
        if numbers[number] < 1:
            continue
        kinds.append(number)
        start, end = model.add_location(0, 0), model.add_location(0, 0)
        profile = model.add_profile()
        model.add_vehicle_type(
            numbers[number],
            # Litres and stops.
            capacity=[
                int(kind.one.capacity_m3 * _LITRES + _ROUNDING),
                1 if kind.one.sets_down else len(loads),
            ],
            start_depot=model.add_depot(start),
            end_depot=model.add_depot(end),
            shift_duration=max(int(kind.duty_s - shorter_s), 0),
            unit_distance_cost=0,
            unit_duration_cost=1,
            profile=profile,
            reload_depots=fills,
        )
        for frm, to, duration in _edges(haul, kind, loads, start, end, fill_places, load_places):
            model.add_edge(frm, to, 0, duration, profile=profile)
    with catch_warnings():
        # It warns when no plan works for so few trucks, which is what it is asked to find out.
        simplefilter("ignore")
        result = model.solve(_Patience(iterations), seed=seed, display=False, collect_stats=False)
    if not result.is_feasible():
        return None
    return _read(haul, loads, result.best, len(fills), kinds)


@dataclass(slots=True)
class _Patience:
    """Ends a search after `most` iterations, or a part of them after the first plan that works."""

    most: int
    done: int = 0
    working: int = 0

    def __call__(self, best_cost: float) -> bool:
        """Whether to end; PyVRP asks once an iteration."""
        self.done += 1
        self.working += best_cost < _NO_PLAN
        return self.done > self.most or self.working > _PATIENCE * self.most


def _edges(
    haul: Haul,
    kind: TruckType,
    loads: Sequence[Load],
    start: Any,
    end: Any,
    fill_places: Sequence[Any],
    load_places: Sequence[Any],
) -> list[tuple[Any, Any, int]]:
    """Drives of one truck type with the work at their ends; drives that lead nowhere are left out.

    The set-up of a filling is charged on the way to it, the whole work of a load on the way to it.
    """
    truck, time_s = kind.one, haul.time_s
    fill_rate = min(fill.flow_m3s for fill in haul.fills)
    water = [load.volume_m3 * (1.0 / truck.discharge_m3s + 1.0 / fill_rate) for load in loads]
    work = [truck.setup_s + seconds for seconds in water]
    edges: list[tuple[Any, Any, float]] = []
    for f, place in zip(haul.fill_places, fill_places, strict=True):
        edges.append((start, place, time_s[kind.begin, f] + truck.setup_s))
        edges.append((place, end, time_s[f, kind.depot]))
        for g, other in zip(haul.fill_places, fill_places, strict=True):
            if f != g:
                edges.append((place, other, time_s[f, g] + truck.setup_s))
    for a, (load, place) in enumerate(zip(loads, load_places, strict=True)):
        here = haul.point_places[load.point]
        _, over_fill = first_fill(haul, kind, load.point)
        edges.append((start, place, over_fill + truck.setup_s + work[a]))
        edges.append((place, end, time_s[here, kind.depot]))
        for f, fill in zip(haul.fill_places, fill_places, strict=True):
            edges.append((fill, place, time_s[f, here] + work[a]))
            edges.append((place, fill, time_s[here, f] + truck.setup_s))
        for b, (other, other_place) in enumerate(zip(loads, load_places, strict=True)):
            if a != b:
                there = haul.point_places[other.point]
                # More water left at the same stop needs no second set-up.
                same = load.point == other.point
                edges.append(
                    (place, other_place, time_s[here, there] + (water if same else work)[b])
                )
    return [(frm, to, ceil(duration)) for frm, to, duration in edges if np.isfinite(duration)]


def first_fill(haul: Haul, kind: TruckType, point: int) -> tuple[int, float]:
    """The fill point on the quickest way from where a truck begins to a point, and the drive."""
    fills = list(haul.fill_places)
    place = haul.point_places[point]
    ways = haul.time_s[kind.begin, fills] + haul.time_s[fills, place]
    best = int(np.argmin(ways))
    return best, float(ways[best])


def _joined(taken: Sequence[Load], load: Load) -> list[Load]:
    """The loads of a trip with one more; at the point of the last it is the same stop."""
    if taken and taken[-1].point == load.point:
        last = Load(load.point, taken[-1].volume_m3 + load.volume_m3)
        return [*taken[:-1], last]
    return [*taken, load]


def _read(
    haul: Haul, loads: Sequence[Load], solution: Any, n_fills: int, kinds: Sequence[int]
) -> RoundPlan:
    rounds = []
    for route in solution.routes():
        kind = kinds[route.vehicle_type()]
        trips: list[Trip] = []
        fill: int | None = None
        taken: list[Load] = []
        for activity in route.schedule():
            if activity.is_client():
                taken = _joined(taken, loads[activity.idx])
                continue
            if taken:
                first = first_fill(haul, haul.types[kind], taken[0].point)[0]
                trips.append(Trip(first if fill is None else fill, tuple(taken)))
                taken = []
            # The start and end depots come after the fill points in the model's list.
            fill = activity.idx if activity.idx < n_fills else None
        rounds.append(Round(kind, tuple(trips)))
    return RoundPlan(tuple(each for each in rounds if each.trips), ())
