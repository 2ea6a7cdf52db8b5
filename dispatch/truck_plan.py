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
from math import ceil
from typing import Any

import numpy as np

from dispatch.haul import Haul, TruckType
from dispatch.rounds import Load, Round, RoundPlan, Trip
from dispatch.truck_greedy import greedy_rounds
from network_models.units import UNITS

_FIXED_COST = 100_000
"""A truck costs more than the seconds it could save, so the fewest trucks win."""
_EFFORT = 20_000
"""Iterations times loads a search may spend: a large day gets fewer iterations."""
_FEWEST_ITERATIONS = 50
_MANY_LOADS = 150
_LITRES = 1.0 / UNITS["L"].factor


def split_loads(haul: Haul, largest_m3: float) -> tuple[Load, ...]:
    """The demands cut into equal loads no larger than `largest_m3`."""
    loads = []
    for i, point in enumerate(haul.points):
        parts = max(1, ceil(point.daily_m3 / largest_m3 - 1e-9))
        loads += [Load(i, point.daily_m3 / parts)] * parts if point.daily_m3 > 0.0 else []
    return tuple(loads)


def plan_rounds(
    haul: Haul, *, iterations: int, seed: int, enough: int = 0, feasible: bool = True
) -> RoundPlan:
    """The rounds with the least undelivered water, then the fewest trucks, found.

    The plain plan first; then, unless it already does with `enough` trucks, PyVRP's with demands
    cut as the plain plan cuts them, to the smallest truck, and to half of it. With `feasible`
    false it is known that the fleet is too small, and the plain plan makes the most of it. The
    same seed gives the same plan.
    """
    best = greedy_rounds(haul)
    if not (haul.points and haul.types and haul.fills and feasible):
        return best
    smallest = min(kind.one.capacity_m3 for kind in haul.types)
    largest = max(kind.one.capacity_m3 for kind in haul.types)
    daily = sum(point.daily_m3 for point in haul.points)
    # Small loads fit every truck; more loads than this make the search slow and no better.
    least = min(daily / _MANY_LOADS, largest)
    plain = tuple(load for each in best.rounds for trip in each.trips for load in trip.loads)
    sizes = sorted({max(smallest, least), max(smallest / 2, least)}, reverse=True)
    cuts = [split_loads(haul, size) for size in sizes]
    for loads in [plain, *cuts] if not best.undelivered else cuts:
        if best.rank <= (0.0, enough):
            break
        tries = max(_FEWEST_ITERATIONS, min(iterations, _EFFORT // len(loads)))
        plan = _solve(haul, loads, iterations=tries, seed=seed)
        if plan is not None and plan.rank < best.rank:
            best = plan
    return best


def _solve(haul: Haul, loads: Sequence[Load], *, iterations: int, seed: int) -> RoundPlan | None:
    """The rounds PyVRP finds for the loads, or None when it finds no feasible ones."""
    from pyvrp import Model
    from pyvrp.stop import MaxIterations

    model = Model()
    fill_places = [model.add_location(0, 0) for _ in haul.fills]
    fills = [model.add_depot(place) for place in fill_places]
    load_places = [model.add_location(0, 0) for _ in loads]
    for place, load in zip(load_places, loads, strict=True):
        model.add_client(place, delivery=ceil(load.volume_m3 * _LITRES))
    for kind in haul.types:
        start, end = model.add_location(0, 0), model.add_location(0, 0)
        profile = model.add_profile()
        model.add_vehicle_type(
            len(kind.trucks),
            capacity=int(kind.one.capacity_m3 * _LITRES),
            start_depot=model.add_depot(start),
            end_depot=model.add_depot(end),
            fixed_cost=_FIXED_COST,
            shift_duration=int(kind.one.shift_s),
            unit_distance_cost=0,
            unit_duration_cost=1,
            profile=profile,
            reload_depots=fills,
        )
        for frm, to, duration in _edges(haul, kind, loads, start, end, fill_places, load_places):
            model.add_edge(frm, to, 0, duration, profile=profile)
    result = model.solve(MaxIterations(iterations), seed=seed, display=False, collect_stats=False)
    if not result.is_feasible():
        return None
    return _read(haul, loads, result.best, len(fills))


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
        edges.append((start, place, time_s[kind.depot, f] + truck.setup_s))
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
    """The fill point on the quickest way from the depot to a point, and the drive over it."""
    fills = list(haul.fill_places)
    place = haul.point_places[point]
    ways = haul.time_s[kind.depot, fills] + haul.time_s[fills, place]
    best = int(np.argmin(ways))
    return best, float(ways[best])


def _joined(taken: Sequence[Load], load: Load) -> list[Load]:
    """The loads of a trip with one more; at the point of the last it is the same stop."""
    if taken and taken[-1].point == load.point:
        last = Load(load.point, taken[-1].volume_m3 + load.volume_m3)
        return [*taken[:-1], last]
    return [*taken, load]


def _read(haul: Haul, loads: Sequence[Load], solution: Any, n_fills: int) -> RoundPlan:
    rounds = []
    for route in solution.routes():
        kind = route.vehicle_type()
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
