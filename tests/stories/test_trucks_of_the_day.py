"""Water trucks of a stop under way, planned anew through the API and kept with the proposal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatch.truck_replan import delivered_by_plan, trucks_now
from tests.dispatch.truck_checker import violations
from tests.stories.city_desk import HOUR, ZONE, City, busiest_main, city_desk


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with city_desk(tmp_path) as made:
        yield made


async def planned(city: City, hours: float = 54.0) -> dict[str, Any]:
    """A stop that began at midnight, long enough for trucks on two days."""
    city.now = datetime(2026, 12, 4, tzinfo=ZONE)
    asked = {
        "element": f"water/link:{busiest_main(city.site)}",
        "start": city.now.isoformat(),
        "end": (city.now + hours * HOUR).isoformat(),
        "reason": "更换DN600主管道",
    }
    proposal: dict[str, Any] = (await city.post("/api/outages/plan", **asked))["proposal"]
    return proposal


def delivered(plan: dict[str, Any]) -> float:
    stops = [stop for route in plan["routes"] for stop in route["stops"]]
    return float(sum(stop["load_m3"] for stop in stops if stop["kind"] == "deliver"))


def begins(plan: dict[str, Any]) -> datetime:
    return min(datetime.fromisoformat(route["stops"][0]["arrive"]) for route in plan["routes"])


async def test_a_day_that_goes_wrong_is_planned_anew_twice(city: City) -> None:
    proposal = await planned(city)
    path, first = f"/api/outages/{proposal['id']}/trucks", proposal["trucks"]
    city.now = begins(first) + 2 * HOUR
    broken = first["routes"][0]["truck"]
    one = (await city.post(path, user="pan", broken=[broken]))["truck_plan"]
    assert (one["number"], one["day"], one["broken"]) == (1, 0, [broken])
    rest = one["trucks"]
    assert broken not in {route["truck"] for route in rest["routes"]}
    begun = {each.truck: each for each in trucks_now(first, city.now) if each.truck != broken}
    fills = city.site.fill_points
    assert not violations(rest, city.site.roads, city.site.fleet, fills, city.now, begun=begun)
    done = sum(delivered_by_plan(first, city.now).values())
    assert delivered(rest) + rest["undelivered_m3"] == pytest.approx(
        first["daily_m3"] - done, abs=0.05
    )
    # Later it turns out that a point had nothing at all, and the truck is mended.
    dry = next(iter(delivered_by_plan(first, city.now)))
    city.now += timedelta(minutes=30)
    two = (await city.post(path, user="du", delivered_m3={dry: 0.0}))["truck_plan"]
    assert (two["number"], two["broken"], two["reported_m3"]) == (2, [], {dry: 0.0})
    owed = {point["id"]: point["daily_m3"] for point in two["trucks"]["points"]}
    assert owed[dry] == pytest.approx(
        next(p["daily_m3"] for p in first["points"] if p["id"] == dry), abs=0.01
    )
    kept = (await city.client.get(f"/api/outages/{proposal['id']}")).json()["proposal"]
    assert [(p["number"], p["user"]) for p in kept["truck_plans"]] == [(1, "pan"), (2, "du")]
    assert kept["truck_plans"][1]["trucks"] == two["trucks"]
    assert kept["trucks"] == first
    noted = [e for e in city.trail.entries() if e["action"] == "trucks-planned-anew"]
    assert [(e["user"], e["details"]["number"]) for e in noted] == [("du", 2), ("pan", 1)]
    assert city.trail.verify().sound


async def test_the_next_day_begins_with_the_whole_round(city: City) -> None:
    proposal = await planned(city)
    path, first = f"/api/outages/{proposal['id']}/trucks", proposal["trucks"]
    city.now = begins(first) + HOUR
    await city.post(path, user="pan")
    city.now = begins(first) + 25 * HOUR
    made = (await city.post(path, user="pan"))["truck_plan"]
    assert made["day"] == 1
    done = sum(delivered_by_plan(first, begins(first) + HOUR).values())
    assert sum(made["brought_m3"].values()) == pytest.approx(done, abs=0.05)
    assert delivered(made["trucks"]) == pytest.approx(first["daily_m3"] - done, abs=0.05)


async def test_what_cannot_be_planned_anew_is_said(city: City) -> None:
    proposal = await planned(city)
    path = f"/api/outages/{proposal['id']}/trucks"
    city.now = begins(proposal["trucks"]) + HOUR
    wrong = await city.post(
        path, 422, user="pan", delivered_m3={"nowhere": 1.0}, broken=["T99", "T98"]
    )
    found = [(p["field"], p["found"]) for p in wrong["error"]["problems"]]
    assert found == [("delivered", "nowhere"), ("broken", "T99"), ("broken", "T98")]
    for moment in (city.now + HOUR, city.now - 48 * HOUR):
        wrong = await city.post(path, 422, user="pan", now=moment.isoformat())
        assert [p["field"] for p in wrong["error"]["problems"]] == ["now"]
    await city.post(path, 422, user="pan", delivered_m3={"A": -1.0})
    await city.post("/api/outages/OUT-nobody/trucks", 404, user="pan")
    short = await planned(city, hours=8.0)
    said = await city.post(f"/api/outages/{short['id']}/trucks", 409, user="pan")
    assert said["error"]["code"] == "no-trucks"
    kept = (await city.client.get(f"/api/outages/{proposal['id']}")).json()["proposal"]
    assert kept["truck_plans"] == []


async def test_of_two_at_once_one_is_told_to_look_again(city: City) -> None:
    proposal = await planned(city)
    path = f"/api/outages/{proposal['id']}/trucks"
    city.now = begins(proposal["trucks"]) + HOUR
    replies = await asyncio.gather(
        *(city.client.post(path, json={"user": name}) for name in ("pan", "du"))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    late = next(reply for reply in replies if reply.status_code == 409)
    assert late.json()["error"]["code"] == "changed-meanwhile"
