"""Checks a truck plan from its printed timetable alone, with code of its own.

It shares nothing with the planner: shortest drives are networkx's, times and volumes are read from
the JSON that people get.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import networkx as nx

from dispatch.fleet import FillPoint, Truck
from dispatch.roads import Road

SLACK_S = 1.5
"""Times are printed to the second."""
SLACK_M3 = 2e-3


def violations(
    plan: Mapping[str, Any],
    roads: Sequence[Road],
    fleet: Sequence[Truck],
    fills: Sequence[FillPoint],
    start: datetime,
    begun: Mapping[str, Any] | None = None,
) -> list[str]:
    """Every fault of a plan (`TruckPlan.as_dict`): capacity, shift, drives, queue, delivery.

    On a day that has begun, `begun` has a `TruckNow` for each truck that is on the road: it has on
    board what it brings, and drives anywhere new from its place when it is ready.
    """
    drive = _drives(roads)
    trucks = {truck.id: truck for truck in fleet}
    rates = {fill.id: fill.flow_m3s for fill in fills}
    found: list[str] = []
    brought: Counter[str] = Counter()
    busy: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    names = [route["truck"] for route in plan["routes"]]
    if len(names) != len(set(names)):
        found.append("a truck drives two rounds")
    for route in plan["routes"]:
        truck = trucks[route["truck"]]
        state = (begun or {}).get(route["truck"])
        found += _round(truck, route["stops"], rates, drive, start, brought, busy, state)
    for place, times in busy.items():
        times.sort()
        for (_, end, one), (begin, _, other) in pairwise(times):
            if (end - begin).total_seconds() > 2 * SLACK_S:
                found.append(f"{one} and {other} fill at {place} at one time")
    short = 0.0
    for point in plan["points"]:
        missing = point["daily_m3"] - brought[point["id"]]
        if missing < -SLACK_M3:
            found.append(f"{point['id']} gets {-missing:.3f} m3 too much")
        short += max(missing, 0.0)
    if abs(short - plan["undelivered_m3"]) > SLACK_M3 * (1 + len(plan["points"])):
        found.append(f"{short:.3f} m3 are missing, the plan says {plan['undelivered_m3']}")
    return found


def _round(
    truck: Truck,
    stops: Sequence[Mapping[str, Any]],
    rates: Mapping[str, float],
    drive: Any,
    start: datetime,
    brought: Counter[str],
    busy: dict[str, list[tuple[datetime, datetime, str]]],
    state: Any = None,
) -> list[str]:
    found: list[str] = []
    load, clock, place = 0.0, start, (stops[0]["x"], stops[0]["y"])
    served = 0
    end = start + timedelta(seconds=truck.shift_s)
    if state is not None:
        end, clock, place = state.until, state.ready, (state.x, state.y)
        if state.ready > start:
            # The trip in hand was checked with the plan it comes from; what is new comes after it.
            old = [s for s in stops if datetime.fromisoformat(s["leave"]) <= state.ready]
            for stop in old:
                if stop["kind"] == "deliver":
                    brought[stop["id"]] += stop["load_m3"]
            stops = stops[len(old) :]
            if sum(s["load_m3"] for s in old if s["kind"] == "deliver") < (
                sum(state.brings_m3.values()) - SLACK_M3 * (1 + len(old))
            ):
                found.append(f"{truck.id} loses water that it has on board")
    elif stops[0]["id"] != truck.depot:
        found.append(f"{truck.id} does not start at its depot")
    if stops[-1]["id"] != truck.depot:
        found.append(f"{truck.id} does not end at its depot")
    for stop in stops:
        arrive, leave = (datetime.fromisoformat(stop[name]) for name in ("arrive", "leave"))
        here = (stop["x"], stop["y"])
        if (arrive - clock).total_seconds() < drive(place, here) - SLACK_S:
            found.append(f"{truck.id} reaches {stop['id']} faster than the roads allow")
        work = (leave - arrive).total_seconds() - stop["wait_s"]
        volume = stop["load_m3"]
        if stop["kind"] == "fill":
            load += volume
            served = 0
            needed = truck.setup_s + volume / rates[stop["id"]]
            begin = datetime.fromtimestamp(arrive.timestamp() + stop["wait_s"], arrive.tzinfo)
            busy[stop["id"]].append((begin, leave, truck.id))
            if load > truck.capacity_m3 + SLACK_M3:
                found.append(f"{truck.id} carries {load:.3f} m3")
        elif stop["kind"] == "deliver":
            load -= volume
            served += 1
            if truck.sets_down and served > 1:
                found.append(f"{truck.id} sets down its one tank twice in a trip")
            brought[stop["id"]] += volume
            needed = truck.setup_s + volume / truck.discharge_m3s
            if load < -SLACK_M3:
                found.append(f"{truck.id} leaves water it does not have at {stop['id']}")
        else:
            needed = 0.0
        if work < needed - 2 * SLACK_S:
            found.append(f"{truck.id} has {work:.0f} s at {stop['id']}, needs {needed:.0f} s")
        clock, place = leave, here
    if (clock - end).total_seconds() > SLACK_S:
        found.append(f"{truck.id} is home after its shift")
    return found


def _drives(roads: Sequence[Road]) -> Any:
    """Seconds of the shortest drive between two places, from the junction nearest to each."""
    graph = nx.Graph()
    for road in roads:
        one, other = (road.x1, road.y1), (road.x2, road.y2)
        graph.add_edge(one, other, seconds=road.length_m / road.speed_ms)
    known: dict[Any, dict[Any, float]] = {}

    def nearest(place: Any) -> Any:
        return min(graph, key=lambda j: (j[0] - place[0]) ** 2 + (j[1] - place[1]) ** 2)

    def drive(place: Any, other: Any) -> float:
        one = nearest(place)
        if one not in known:
            known[one] = nx.single_source_dijkstra_path_length(graph, one, weight="seconds")
        return known[one][nearest(other)]

    return drive
