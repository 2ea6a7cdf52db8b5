"""A 30-hour stop of a DN600 main of the example city, from its plan to closed, through the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hmi.desk.adapters import FileAdapter
from hmi.records.outbox import send_due
from hmi.reports.notice_pdf import chinese_font
from network_models.problems import InputError
from tests.stories.city_desk import HOUR, City, busiest_main, city_desk


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with city_desk(tmp_path) as made:
        yield made


async def test_a_thirty_hour_stop_of_a_main(city: City, tmp_path: Path) -> None:
    element = f"water/link:{busiest_main(city.site)}"
    first = city.now + 60 * HOUR
    asked = {"element": element, "hours": 30.0, "start": first.isoformat(), "every_h": 6.0}
    search = (
        await city.post("/api/outages/windows", **asked, until=(first + 18 * HOUR).isoformat())
    )["search"]
    start = datetime.fromisoformat(search["best"]["start"])
    window = {"start": start.isoformat(), "end": (start + 30 * HOUR).isoformat()}
    filed = {"element": element, **window, "reason": "更换DN600主管道"}
    proposal = (await city.post("/api/outages/plan", **filed))["proposal"]
    people = proposal["impact"]["people"]
    assert people > 0
    assert proposal["trucks"]["undelivered_m3"] == 0.0
    assert proposal["blocked_by"] == ["WATER-OUTAGE-APPROVAL-12H"]
    record = {
        **filed,
        "medium": "water",
        "kind": "planned",
        "scope": proposal["notice"]["items"]["scope"],
        "people": people,
        "households": proposal["impact"]["households"],
        "proposal": proposal["id"],
        "delivery_plan": True,
    }
    opened = await city.post("/api/outage-orders", record=record, role="planner", user="pan")
    city.order = opened["order"]["id"]
    assert await city.does("planner", "file") == "requested"
    assert await city.does("leader", "approve", 409) == {"WATER-OUTAGE-APPROVAL-12H"}
    await city.does("leader", "authority-approval", number="水务〔2026〕17号")
    assert await city.does("leader", "approve") == "approved"
    assert await city.does("dispatcher", "publish") == "published"
    # A second outage of the same main for the same hours is told of the first.
    again = (await city.post("/api/outages/plan", **filed))["proposal"]
    assert {c["with"] for c in again["conflicts"]} == {city.order}
    assert {"element", "valves"} <= {c["meets"] for c in again["conflicts"]}
    city.now = start.astimezone(UTC)
    assert await city.does("crew", "start") == "underway"
    city.now = (start + 29 * HOUR).astimezone(UTC)
    assert await city.does("crew", "work-done") == "restoring"
    assert await city.does("dispatcher", "restore", 409) == {"restoration"}
    for fact in ("flushed", "sample-good", "pressure-verified"):
        await city.does("crew", "record", fact=fact)
    assert await city.does("dispatcher", "restore") == "restored"
    assert await city.does("leader", "close") == "closed"
    await _documents(city, tmp_path)


async def _documents(city: City, folder: Path) -> None:
    """Every form in both languages, sent once, and all of them on paper."""
    send_due(city.box, {"file": FileAdapter(folder / "sent")}, 2**62)
    path = f"/api/outage-orders/{city.order}"
    messages = (await city.client.get(f"{path}/messages")).json()["messages"]
    forms = {m["audience"].partition("/")[2] for m in messages}
    assert forms >= {"bulletin", "media", "sms", "hotline-brief"}
    assert {m["state"] for m in messages} == {"sent"}
    assert all(m["content"]["zh"] and m["content"]["en"] for m in messages)
    steps = (await city.client.get(path)).json()["order"]["steps"]
    assert [s["user"] for s in steps][:3] == ["pan", "pan", "li"]
    reply = await city.client.get(f"{path}/documents.pdf")
    try:
        chinese_font()
    except InputError:
        assert reply.status_code == 503
    else:
        assert reply.content.startswith(b"%PDF")
