"""Queues at fill points, and plans checked from their printed timetables by code of its own."""

from __future__ import annotations

import copy
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.delivery import DeliveryNeed, DeliveryPoint
from dispatch.fleet import Depot, FillPoint, Truck, drop_and_go
from dispatch.roads import Road, RoadGraph
from dispatch.trucks import TruckPlan, plan_trucks
from tests.dispatch.truck_checker import violations

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 8, tzinfo=ZONE)
BLOCK_M = 500.0
STREET = [
    Road(
        id=f"R{i}",
        start=f"J{i}",
        end=f"J{i + 1}",
        x1=i * BLOCK_M,
        y1=0.0,
        x2=(i + 1) * BLOCK_M,
        y2=0.0,
        length_m=BLOCK_M,
        speed_ms=10.0,
    )
    for i in range(10)
]
YARD = Depot(id="Y", name_zh="车场", name_en="Yard", x=0.0, y=0.0)


def fill(name: str, place: int, flow_m3s: float) -> FillPoint:
    x = place * BLOCK_M
    return FillPoint(
        id=name, name_zh=name, name_en=name, x=x, y=0.0, element=f"node:{name}", flow_m3s=flow_m3s
    )


def trucks(count: int, **changes: Any) -> list[Truck]:
    facts = {"capacity_m3": 8.0, "shift_s": 8 * 3600.0, "discharge_m3s": 0.004, "setup_s": 300.0}
    return [Truck(id=f"T{i}", depot="Y", **{**facts, **changes}) for i in range(count)]


def plan(
    fleet: list[Truck], fills: list[FillPoint], daily_m3: float, priority: int = -1
) -> TruckPlan:
    graph = RoadGraph(STREET)
    points = tuple(
        DeliveryPoint(
            id=f"P{i}",
            x=i * BLOCK_M,
            y=0.0,
            junction=graph.index[f"J{i}"],
            people=300,
            daily_m3=daily_m3,
            priority=i == priority,
        )
        for i in range(3, 10)
    )
    need = DeliveryNeed(points=points, people=2100, litres_per_person_day=20.0, days=1.0)
    return plan_trucks(
        need, graph, fleet, [YARD], fills, start=START, zone=ZONE, source="test", iterations=200
    )


@pytest.mark.parametrize("flow", [0.02, 0.004, 0.0015])
@pytest.mark.parametrize("daily_m3", [3.0, 11.0])
def test_every_printed_plan_can_be_driven(flow: float, daily_m3: float) -> None:
    fleet, fills = trucks(9), [fill("F", 2, flow), fill("G", 8, flow)]
    made = plan(fleet, fills, daily_m3)
    assert violations(made.as_dict(required=True), STREET, fleet, fills, START) == []


def test_a_slow_fill_point_makes_trucks_wait_and_the_plan_says_so() -> None:
    fills = [fill("F", 2, 0.003)]
    made = plan(trucks(9), fills, 9.0)
    assert any(stop.wait_s > 0.0 for route in made.routes for stop in route.stops)
    assert "waiting to fill" in made.binds_en
    assert violations(made.as_dict(required=True), STREET, trucks(9), fills, START) == []


def test_priority_users_come_first_on_a_truck() -> None:
    fleet, fills = trucks(1, shift_s=20 * 3600.0), [fill("F", 2, 0.02)]
    made = plan(fleet, fills, 8.0, priority=9)
    first = next(stop for stop in made.routes[0].stops if stop.kind == "deliver")
    assert first.id == "P9"


def test_setting_down_tanks_needs_fewer_trucks_where_taps_bind() -> None:
    slow = trucks(12, discharge_m3s=0.0006)
    fills = [fill("F", 2, 0.02)]
    by_tap = plan(slow, fills, 8.0)
    swapped = [drop_and_go(truck, 300.0) for truck in slow]
    by_tank = plan(swapped, fills, 8.0)
    assert by_tap.complete and by_tank.complete
    assert len(by_tank.routes) < len(by_tap.routes)
    assert by_tap.binds_en.split("most of them ")[1].startswith("unloading")
    assert violations(by_tank.as_dict(required=True), STREET, swapped, fills, START) == []
    served = sum(stop.kind == "deliver" for route in by_tank.routes for stop in route.stops)
    assert any(f"set down {served} times" in note.en for note in by_tank.notes)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_tank_serves_one_stop(mixed: bool) -> None:
    """Small demands would share a trip; a tank can be set down once."""
    fleet = trucks(12)
    tanks = [
        drop_and_go(truck, 300.0) if n % 2 or not mixed else truck for n, truck in enumerate(fleet)
    ]
    fills = [fill("F", 2, 0.02)]
    shared = plan(fleet, fills, 2.0)
    assert any(one.kind == other.kind == "deliver" for one, other in _in_a_row(shared))
    made = plan(tanks, fills, 2.0)
    assert made.complete
    assert violations(made.as_dict(required=True), STREET, tanks, fills, START) == []
    told = violations(shared.as_dict(required=True), STREET, swap_all(fleet), fills, START)
    assert any("sets down its one tank twice" in fault for fault in told)


def _in_a_row(made: TruckPlan) -> list[tuple[Any, Any]]:
    return [pair for route in made.routes for pair in pairwise(route.stops)]


def swap_all(fleet: list[Truck]) -> list[Truck]:
    return [drop_and_go(truck, 300.0) for truck in fleet]


@pytest.mark.parametrize(
    ("thing", "fleet", "flow", "daily_m3"),
    [
        ("tap", trucks(30, discharge_m3s=0.0005), 0.05, 8.0),
        ("filling", trucks(30, discharge_m3s=0.05, setup_s=60.0), 0.002, 8.0),
        ("stops", trucks(30, discharge_m3s=0.05, setup_s=1800.0), 0.05, 0.5),
        ("distance", trucks(30, discharge_m3s=0.05, setup_s=1.0), 0.5, 8.0),
        ("fleet", trucks(60, discharge_m3s=0.05, capacity_m3=0.5), 0.05, 8.0),
    ],
)
def test_what_binds_is_named(thing: str, fleet: list[Truck], flow: float, daily_m3: float) -> None:
    made = plan(fleet, [fill("F", 0, flow), fill("G", 1, flow)], daily_m3)
    assert made.levers[0].name == thing
    assert [lever.saves for lever in made.levers] == sorted(
        (lever.saves for lever in made.levers), reverse=True
    )
    assert f"{made.levers[0].change_en} would save" in made.binds_en


def test_fill_points_too_slow_for_any_number_of_trucks_are_said_to_bind() -> None:
    made = plan(trucks(9), [fill("F", 2, 0.001)], 8.0)
    assert not made.complete
    assert made.needed_of_any_number is None
    assert "no number of such trucks" in made.binds_en
    assert (
        violations(made.as_dict(required=True), STREET, trucks(9), [fill("F", 2, 0.001)], START)
        == []
    )


def test_the_checker_finds_what_is_wrong() -> None:
    fleet, fills = trucks(9), [fill("F", 2, 0.01)]
    good = plan(fleet, fills, 16.0).as_dict(required=True)
    assert violations(good, STREET, fleet, fills, START) == []

    def spoiled(change: Any) -> list[str]:
        bad = copy.deepcopy(good)
        change(bad["routes"][0])
        return violations(bad, STREET, fleet, fills, START)

    def set_load(route: Any) -> None:
        route["stops"][1]["load_m3"] += 5.0

    def early(route: Any) -> None:
        route["stops"][2]["arrive"] = route["stops"][1]["leave"]

    def skip(route: Any) -> None:
        del route["stops"][2]

    def twice(route: Any) -> None:
        route["truck"] = good["routes"][-1]["truck"]

    assert spoiled(set_load)
    assert spoiled(early)
    assert spoiled(skip)
    assert len(good["routes"]) > 1
    assert spoiled(twice)
    late = [*trucks(9, shift_s=1800.0)]
    assert any("after its shift" in text for text in violations(good, STREET, late, fills, START))
