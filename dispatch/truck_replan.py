"""The rest of a day's delivery planned anew, from what has been delivered so far.

A truck that has begun a trip ends it: what it still carries is on its way, and the new plan takes
it where that trip ends. All others are free at once where they are. Shifts run on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.delivery import DeliveryNeed, DeliveryPoint
from dispatch.element import element_name
from dispatch.fleet import Depot, FillPoint, Truck
from dispatch.haul import Haul, TruckType
from dispatch.note import Note
from dispatch.roads import RoadGraph
from dispatch.timetable import Hours, Stop, TruckRoute
from dispatch.trucks import TruckPlan, plan_haul
from network_models.problems import InputError, Problem

_NOTHING_M3 = 1e-3
"""Volumes are told to the litre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckNow:
    """Where a truck is free, when, until when it may work, and what it still brings by point."""

    truck: str
    x: float
    y: float
    ready: datetime
    until: datetime
    brings_m3: Mapping[str, float]


def trucks_now(plan: Mapping[str, Any], now: datetime) -> tuple[TruckNow, ...]:
    """The state of each truck of a plan (`TruckPlan.as_dict`) that has driven to the minute."""
    found = []
    for route in plan["routes"]:
        stops = [
            (stop, datetime.fromisoformat(stop["arrive"]), datetime.fromisoformat(stop["leave"]))
            for stop in route["stops"]
        ]
        begun = max((n for n, (s, arrive, _) in enumerate(stops) if arrive <= now), default=0)
        trip = [n for n in range(begun + 1) if stops[n][0]["kind"] == "fill"]
        end = begun
        if trip and stops[begun][0]["kind"] != "depot":
            end = trip[-1]
            while end + 1 < len(stops) and stops[end + 1][0]["kind"] == "deliver":
                end += 1
        brings: dict[str, float] = {}
        for stop, _, leave in stops[: end + 1]:
            if stop["kind"] == "deliver" and leave > now:
                brings[stop["id"]] = brings.get(stop["id"], 0.0) + stop["load_m3"]
        last = stops[end][0]
        found.append(
            TruckNow(
                truck=route["truck"],
                x=last["x"],
                y=last["y"],
                ready=max(stops[end][2], now),
                until=datetime.fromisoformat(route["until"]),
                brings_m3=brings,
            )
        )
    return tuple(found)


def delivered_by_plan(plan: Mapping[str, Any], now: datetime) -> dict[str, float]:
    """What trucks that keep to the plan have delivered by now, by point."""
    brought: dict[str, float] = {}
    for route in plan["routes"]:
        for stop in route["stops"]:
            if stop["kind"] == "deliver" and datetime.fromisoformat(stop["leave"]) <= now:
                brought[stop["id"]] = brought.get(stop["id"], 0.0) + stop["load_m3"]
    return brought


def replan_trucks(
    plan: Mapping[str, Any],
    delivered_m3: Mapping[str, float],
    roads: RoadGraph,
    fleet: Sequence[Truck],
    depots: Sequence[Depot],
    fill_points: Sequence[FillPoint],
    *,
    now: datetime,
    zone: ZoneInfo,
    broken: Collection[str] = (),
    without_water: Collection[str] | None = None,
    iterations: int = 2000,
    seed: int = 1,
) -> TruckPlan:
    """The rest of the day from `now`.

    `delivered_m3` is what has been reported by point; points it does not name got what the plan
    says. Trucks in `broken` bring nothing more; trucks of the fleet that the plan left idle may be
    used, their shift begins now. Fill points at the nodes of `without_water` are left out; where
    nobody says which are dry, only those are used that the plan uses. InputError with every fault
    of what is given.
    """
    _check(plan, delivered_m3, fleet, broken, now)
    states = {each.truck: each for each in trucks_now(plan, now) if each.truck not in broken}
    known = {**delivered_by_plan(plan, now), **delivered_m3}
    coming: Counter[str] = Counter()
    for state in states.values():
        coming.update(state.brings_m3)
    points = []
    for point in plan["points"]:
        left = point["daily_m3"] - known.get(point["id"], 0.0) - coming[point["id"]]
        if left > _NOTHING_M3:
            points.append(_point(point, left, roads.nearest(point["x"], point["y"])))
    on_the_way = sum(coming.values())
    usable = _usable(fill_points, plan, without_water)
    need = DeliveryNeed(
        points=tuple(points),
        people=sum(point.people for point in points),
        litres_per_person_day=plan["litres_per_person_day"],
        days=1.0,
    )
    able = [truck for truck in fleet if truck.available and truck.id not in broken]
    haul = _haul(roads, able, depots, usable, points, states, plan, now)
    told = Note(
        f"自{now.astimezone(zone):%H:%M}起的剩余任务；在途{on_the_way:.1f}m³已计入",
        f"the rest of the day from {now.astimezone(zone):%H:%M}; {on_the_way:.1f} m3 on their way "
        "are counted",
    )
    rest = plan_haul(
        haul,
        need,
        (told,),
        start=now,
        zone=zone,
        source=plan["source"],
        iterations=iterations,
        seed=seed,
        proof=0,
    )
    return _with_trips_in_hand(rest, plan, states, haul, coming, now, zone)


def _with_trips_in_hand(
    rest: TruckPlan,
    plan: Mapping[str, Any],
    states: Mapping[str, TruckNow],
    haul: Haul,
    coming: Mapping[str, float],
    now: datetime,
    zone: ZoneInfo,
) -> TruckPlan:
    """The plan with what trucks still bring, so that it can be planned anew in its turn.

    It claims no least number of trucks: that would be of the new trips only.
    """
    routes = {route.truck: route for route in rest.routes}
    kinds = {kind.one.id: kind for kind in haul.types if kind.start is not None}
    for old in plan["routes"]:
        state = states.get(old["truck"])
        if state is None or state.ready <= now:
            continue
        stops = tuple(
            _stop(stop)
            for stop in old["stops"]
            if datetime.fromisoformat(stop["leave"]) > now
            and datetime.fromisoformat(stop["leave"]) <= state.ready
        )
        route = routes.get(state.truck)
        if route is None:
            kind = kinds.get(state.truck)
            stops += () if kind is None else (_home(haul, kind, state, zone),)
            route = TruckRoute(truck=state.truck, stops=(), hours=Hours(), until=state.until)
        routes[state.truck] = replace(route, stops=(*stops, *route.stops))
    points = {point.id: point for point in rest.need.points}
    told = []
    for point in plan["points"]:
        volume = coming.get(point["id"], 0.0)
        if point["id"] in points:
            known = points[point["id"]]
            told.append(replace(known, daily_m3=known.daily_m3 + volume))
        elif volume > _NOTHING_M3:
            told.append(_point(point, volume, -1))
    return replace(
        rest,
        need=replace(rest.need, points=tuple(told), people=sum(point.people for point in told)),
        routes=tuple(routes.values()),
        lower_bound=None,
    )


def _home(haul: Haul, kind: TruckType, state: TruckNow, zone: ZoneInfo) -> Stop:
    back = state.ready + timedelta(seconds=float(haul.time_s[kind.begin, kind.depot]) + 0.5)
    arrive = back.replace(microsecond=0).astimezone(zone)
    depot = haul.depots[kind.depot]
    return Stop(
        kind="depot", id=depot.id, arrive=arrive, leave=arrive, load_m3=0.0, x=depot.x, y=depot.y
    )


def _stop(told: Mapping[str, Any]) -> Stop:
    moments = {name: datetime.fromisoformat(told[name]) for name in ("arrive", "leave")}
    return Stop(**{**told, **moments})


def _point(told: Mapping[str, Any], daily_m3: float, junction: int) -> DeliveryPoint:
    return DeliveryPoint(
        id=told["id"],
        x=told["x"],
        y=told["y"],
        junction=junction,
        people=told["people"],
        daily_m3=daily_m3,
        priority=told["priority"],
    )


def _usable(
    fills: Sequence[FillPoint], plan: Mapping[str, Any], dry: Collection[str] | None
) -> list[FillPoint]:
    """Fill points that have water: the outage may have taken some."""
    if dry is not None:
        return [fill for fill in fills if element_name(fill.element).id not in dry]
    used = {
        stop["id"] for route in plan["routes"] for stop in route["stops"] if stop["kind"] == "fill"
    }
    return [fill for fill in fills if fill.id in used] or list(fills)


def _haul(
    roads: RoadGraph,
    trucks: Sequence[Truck],
    depots: Sequence[Depot],
    fills: Sequence[FillPoint],
    points: Sequence[DeliveryPoint],
    states: Mapping[str, TruckNow],
    plan: Mapping[str, Any],
    now: datetime,
) -> Haul:
    number = {depot.id: i for i, depot in enumerate(depots)}
    places: list[Depot] = list(depots)
    alike: dict[tuple[object, ...], list[Truck]] = {}
    types = []
    for truck in trucks:
        state = states.get(truck.id)
        if truck.depot not in number:
            continue
        if state is None:
            key = (truck.depot, replace(truck, id=""))
            alike.setdefault(key, []).append(truck)
        elif state.until > state.ready:
            left = replace(truck, shift_s=(state.until - now).total_seconds())
            ready_s = (state.ready - now).total_seconds()
            types.append(
                TruckType(
                    trucks=(left,),
                    depot=number[truck.depot],
                    start=len(places),
                    ready_s=ready_s,
                )
            )
            places.append(Depot(id=truck.id, name_zh="", name_en="", x=state.x, y=state.y))
    types += [TruckType(trucks=tuple(same), depot=number[same[0].depot]) for same in alike.values()]
    junctions = [roads.nearest(place.x, place.y) for place in places]
    junctions += [roads.nearest(place.x, place.y) for place in fills]
    junctions += [point.junction for point in points]
    return Haul(
        types=tuple(types),
        depots=tuple(places),
        fills=tuple(fills),
        points=tuple(points),
        time_s=np.asarray(roads.travel_times_s(junctions)),
        busy_s=tuple(_busy_s(plan, fill.id, states, now) for fill in fills),
    )


def _busy_s(
    plan: Mapping[str, Any], fill: str, states: Mapping[str, TruckNow], now: datetime
) -> float:
    """How long trucks that stand or wait at a fill point still take it."""
    leaves = [
        datetime.fromisoformat(stop["leave"])
        for route in plan["routes"]
        if route["truck"] in states
        for stop in route["stops"]
        if stop["id"] == fill and datetime.fromisoformat(stop["arrive"]) <= now
    ]
    return max((max(leaves, default=now) - now).total_seconds(), 0.0)


def _check(
    plan: Mapping[str, Any],
    delivered_m3: Mapping[str, float],
    fleet: Sequence[Truck],
    broken: Collection[str],
    now: datetime,
) -> None:
    points = {point["id"] for point in plan["points"]}
    trucks = {truck.id for truck in fleet}
    wrong = [
        _problem("delivered", name, "a delivery point of the plan")
        for name in delivered_m3
        if name not in points
    ]
    wrong += [
        _problem(f"delivered.{name}", f"{volume:g}", "m3, zero or more")
        for name, volume in delivered_m3.items()
        if not 0.0 <= volume < float("inf")
    ]
    wrong += [
        _problem("broken", name, "a truck of the fleet") for name in broken if name not in trucks
    ]
    wrong += [
        _problem("plan.routes", route["truck"], "a truck of the fleet")
        for route in plan["routes"]
        if route["truck"] not in trucks
    ]
    if now.tzinfo is None:
        wrong.append(_problem("now", now.isoformat(), "a time with its offset"))
    if wrong:
        raise InputError(wrong)


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="", line=None, field=field, found=found, expected=expected)
