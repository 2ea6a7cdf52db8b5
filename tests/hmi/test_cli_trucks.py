"""`ringmain outage trucks` on the example city: the rest of a day planned anew."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.delivery import DeliveryNeed, DeliveryPoint
from dispatch.roads import RoadGraph
from dispatch.truck_replan import delivered_by_plan
from dispatch.trucks import plan_trucks
from scenarios.site import Site, load_site
from tests.hmi.test_cli import as_json, ringmain

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 12, 4, 8, tzinfo=ZONE)
TEN = "2026-12-04T10:00"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trucks") / "city"
    as_json("init", str(folder), "--elements", "400")
    rows = list(csv.DictReader((folder / "fleet.csv").open(encoding="utf-8")))
    fire = {**rows[0], "id": "FIRE1", "capacity_m3": "12"}
    with (folder / "fire_fleet.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(fire))
        writer.writeheader()
        writer.writerow(fire)
    return folder


@pytest.fixture(scope="module")
def site(city: Path) -> Site:
    return load_site(city)


@pytest.fixture(scope="module")
def plan(city: Path, site: Site) -> dict[str, Any]:
    """A morning's plan for six communities, as a proposal would hold it."""
    roads = RoadGraph(site.roads)
    points = []
    for customer in site.customers[:6]:
        junction = roads.nearest(customer.x, customer.y)
        x, y = (float(v) for v in roads.position_m[junction])
        points.append(
            DeliveryPoint(id=customer.id, x=x, y=y, junction=junction, people=400, daily_m3=8.0)
        )
    need = DeliveryNeed(points=tuple(points), people=2400, litres_per_person_day=20.0, days=1.5)
    made = plan_trucks(
        need, roads, site.fleet, site.depots, site.fill_points, start=START, zone=ZONE,
        source="test", iterations=200,
    )  # fmt: skip
    assert made.complete
    kept = made.as_dict(required=True)
    (city.parent / "plan.json").write_text(json.dumps({"trucks": kept}), encoding="utf-8")
    return kept


def words(city: Path, *more: str) -> list[str]:
    return ["outage", "trucks", str(city), str(city.parent / "plan.json"), "--now", TEN, *more]


def test_the_rest_of_the_day_is_planned_from_what_was_delivered(
    city: Path, plan: dict[str, Any]
) -> None:
    point = plan["points"][0]["id"]
    table = city.parent / "delivered.csv"
    table.write_text(f"point,delivered_m3\n{point},0\n", encoding="utf-8")
    rest = as_json(*words(city, "--delivered", str(table)))["trucks"]
    done = delivered_by_plan(plan, datetime.fromisoformat(TEN).replace(tzinfo=ZONE))
    done.pop(point, None)
    assert rest["daily_m3"] == pytest.approx(plan["daily_m3"] - sum(done.values()), abs=0.05)
    code, out, _ = ringmain(*words(city))
    assert code == 0
    assert "still to bring" in out
    # What was printed can be planned anew in its turn.
    (city.parent / "again.json").write_text(json.dumps({"trucks": rest}), encoding="utf-8")
    again = as_json(
        "outage", "trucks", str(city), str(city.parent / "again.json"), "--now", "2026-12-04T11:00"
    )["trucks"]
    assert again["daily_m3"] <= rest["daily_m3"]


def test_the_fire_service_helps_when_the_own_trucks_are_broken(
    city: Path, site: Site, plan: dict[str, Any]
) -> None:
    broken = [word for truck in site.fleet for word in ("--broken", truck.id)]
    assert as_json(*words(city, *broken), code=1)["trucks"]["undelivered_m3"] > 0.0
    helped = as_json(*words(city, *broken, "--fire-service"))["trucks"]
    assert helped["undelivered_m3"] == 0.0
    assert {route["truck"] for route in helped["routes"]} == {"FIRE1"}
    assert "1 trucks of the fire service by agreement: FIRE1" in helped["notes"]


def test_bad_input_is_told_all_at_once(city: Path, plan: dict[str, Any]) -> None:
    table = city.parent / "wrong.csv"
    table.write_text("point,delivered_m3\nA,-1\nB,much\n", encoding="utf-8")
    found = as_json(*words(city, "--delivered", str(table)), code=2)["problems"]
    assert [p["line"] for p in found] == [2, 3]
    bad = {**plan, "points": [{**plan["points"][0], "daily_m3": "eight"}], "routes": [{}]}
    (city.parent / "bad.json").write_text(json.dumps({"trucks": bad}), encoding="utf-8")
    told = as_json("outage", "trucks", str(city), str(city.parent / "bad.json"), code=2)["problems"]
    assert {"trucks.points[0].daily_m3", "trucks.routes[0].stops"} <= {p["field"] for p in told}
    named = as_json(*words(city, "--broken", "T99"), code=2)["problems"]
    assert [p["found"] for p in named] == ["T99"]
