"""Outage orders over HTTP: the service, the bus and the database behind the web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dispatch.rulebook import RuleBook
from hmi.api.gate import require
from hmi.api.orders import ASKS
from hmi.desk.bus import serve_orders
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.desk.work_service import WorkService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.security.roles import Identity
from tests.hmi.web_client import running

HOUR = timedelta(hours=1)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the web application, with the desk's services on its bus."""
    records = engine(tmp_path / "records.db")
    migrate(records)
    settings = DeskSettings(
        zone=ZoneInfo("Asia/Shanghai"), profile="jinan", name_zh="示范", name_en="Model"
    )
    book, rules = SqlOrderBook(records), RuleBook.load()
    async with running(tmp_path) as (app, client, _):
        await serve_orders(
            app.state.parts.bus,
            OutageService(book, rules, settings),
            SqlOutbox(records),
            incidents=IncidentService(book, rules, settings),
            works=WorkService(book, rules, settings),
        )
        yield client
    records.dispose()


def record(ahead_h: float = 72.0, hours: float = 8.0, **more: Any) -> dict[str, Any]:
    start = datetime.now(UTC) + ahead_h * HOUR
    return {
        "medium": "water",
        "kind": "planned",
        "element": "water/link:M1",
        "start": start.isoformat(),
        "end": (start + hours * HOUR).isoformat(),
        "reason": "更换管道",
        "scope": "东苑小区",
        **more,
    }


async def opened(client: httpx.AsyncClient, **more: Any) -> str:
    body = {"record": record(**more), "user": "pan", "role": "planner"}
    answer = await client.post("/api/outage-orders", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["order"]["id"])


async def step(
    client: httpx.AsyncClient, order: str, role: str, action: str, **more: Any
) -> httpx.Response:
    users = {"planner": "pan", "leader": "li", "dispatcher": "du", "crew": "cai"}
    body = {"action": action, "record": more, "user": users[role], "role": role}
    return await client.post(f"/api/outage-orders/{order}/steps", json=body)


async def test_a_step_is_tried_over_http(client: httpx.AsyncClient) -> None:
    order = await opened(client)
    path = f"/api/outage-orders/{order}"
    body = {"action": "file", "record": {}, "user": "pan", "role": "planner"}
    seen = await client.post(f"{path}/trial", json=body)
    assert seen.json()["trial"]["order"]["state"] == "requested"
    assert (await client.get(path)).json()["order"]["order"]["state"] == "study"
    refused = await client.post(f"{path}/trial", json={**body, "action": "publish"})
    assert refused.status_code == 409
    gates = {reason["gate"] for reason in refused.json()["error"]["problems"]}
    assert gates == {"state", "role"}
    (row,) = (await client.get("/api/outage-orders")).json()["orders"]
    assert row["due"]["rule"] == "WATER-OUTAGE-NOTICE-LARGE"


async def test_an_outage_is_published_and_read_back(client: httpx.AsyncClient) -> None:
    order = await opened(client)
    for role, action in (("planner", "file"), ("leader", "approve"), ("dispatcher", "publish")):
        answer = await step(client, order, role, action)
        assert answer.status_code == 200, answer.text
    assert answer.json()["order"]["order"]["state"] == "published"
    assert "file: public/bulletin" in answer.json()["order"]["told"]
    kept = (await client.get(f"/api/outage-orders/{order}")).json()["order"]
    assert [s["user"] for s in kept["steps"]] == ["pan", "pan", "li", "du"]
    listed = (await client.get("/api/outage-orders", params={"state": "published"})).json()
    assert [o["order"]["id"] for o in listed["orders"]] == [order]
    messages = (await client.get(f"/api/outage-orders/{order}/messages")).json()["messages"]
    assert len(messages) == 5


async def test_a_refusal_names_every_rule_with_its_clause(client: httpx.AsyncClient) -> None:
    order = await opened(client, hours=30.0)
    await step(client, order, "planner", "file")
    answer = await step(client, order, "leader", "approve")
    assert answer.status_code == 409
    problems = {p["rule"]: p["clause"] for p in answer.json()["error"]["problems"]}
    assert set(problems) == {"WATER-OUTAGE-APPROVAL-12H", "WATER-TRUCK-24H"}
    assert all(problems.values())


async def test_bad_input_and_unknown_orders(client: httpx.AsyncClient) -> None:
    body = {"record": {"medium": "tea", "start": "soon"}, "user": "pan", "role": "planner"}
    answer = await client.post("/api/outage-orders", json=body)
    assert answer.status_code == 422
    fields = {p["field"] for p in answer.json()["error"]["problems"]}
    assert fields == {"medium", "start", "kind", "element", "end"}
    missing = await client.get("/api/outage-orders/OUT-nobody")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "no-such-order")
    assert (await step(client, "OUT-nobody", "planner", "file")).status_code == 404
    extra = await client.post("/api/outage-orders", json={**body, "colour": "red"})
    assert extra.status_code == 422


async def test_an_order_stays_in_its_own_network(client: httpx.AsyncClient) -> None:
    """Rights are asked by the medium: it must not be another one's element."""
    asked = {"record": record(element="gas/link:G1"), "user": "pan", "role": "planner"}
    answer = await client.post("/api/outage-orders", json=asked)
    assert answer.status_code == 422
    (problem,) = answer.json()["error"]["problems"]
    assert (problem["field"], problem["found"]) == ("element", "gas/link:G1")
    assert problem["expected"] == "an element of the water network"
    amended = await step(client, await opened(client), "planner", "amend", element="heat/link:H1")
    assert amended.status_code == 422, amended.text
    fault = {"kind": "no-gas", "element": "water/link:P1", "source": "hotline"}
    made = await client.post("/api/incidents", json={"record": fault, "user": "du"})
    assert made.status_code == 422, made.text


async def test_the_table_is_told(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/outage-orders/table")).json()
    publish = next(t for t in table["transitions"] if t["action"] == "publish")
    assert publish["to"] == "published"
    assert "lead-time" in publish["gates"]


def test_a_dispatcher_of_gas_approves_nothing_and_plans_no_water() -> None:
    gas = Identity(name="ga", grants={"gas": "dispatcher"})
    require(gas, ASKS["planner"], "gas")
    for role, medium in (("leader", "gas"), ("planner", "water")):
        with pytest.raises(Exception, match="may not"):
            require(gas, ASKS[role], medium)
    require(Identity(name="su", grants={"gas": "supervisor"}), ASKS["leader"], "gas")


async def test_a_burst_runs_against_its_clocks(client: httpx.AsyncClient) -> None:
    reported = datetime.now(UTC) - 0.4 * HOUR
    record = {
        "kind": "burst",
        "element": "water/link:M1",
        "reported": reported.isoformat(),
        "source": "hotline",
        "dn_mm": 200.0,
        "people": 5000,
        "expected_h": 10.0,
    }
    body = {"record": record, "user": "du"}
    made = (await client.post("/api/incidents", json=body)).json()["incident"]
    name = made["id"]
    assert made["report"]["level"] == "III"
    assert 0 < made["points"][f"INC.{name}.arrival"] < 6.1 * 60
    timers = (await client.get("/api/incidents/timers")).json()["timers"]
    assert timers[0]["point"] == f"INC.{name}.arrival"
    assert (timers[0]["utility"], timers[0]["stands"]) == ("water", "near")
    rules = {t["clock"]: t["rule"] for t in made["report"]["timers"]}
    assert rules == {
        "arrival": "WATER-ARRIVE-30MIN",
        "stop": "WATER-BURST-STOP-4H",
        "repair": "WATER-REPAIR-D300",
    }

    async def act(action: str, **more: Any) -> httpx.Response:
        step = {"action": action, "record": more, "user": "cai", "role": "crew"}
        return await client.post(f"/api/incidents/{name}/steps", json=step)

    arrived = (await act("arrived", crew="A1")).json()["incident"]
    states = {t["clock"]: t["state"] for t in arrived["report"]["timers"]}
    assert states == {"arrival": "met", "stop": "running", "repair": "running"}
    assert arrived["incident"]["crew"] == "A1"
    assert (await act("arrived")).status_code == 422
    assert (await act("excuse", clock="repair", reason="traffic", evidence="")).status_code == 422
    fine = await act("excuse", clock="repair", reason="traffic", evidence="photo 3")
    assert fine.status_code == 200
    grown = (await act("note", people=40_000)).json()["incident"]
    assert grown["report"]["level"] == "II"
    assert [f["verdict"] for f in grown["report"]["told"]] == ["required", "required"]
    assert [s["action"] for s in grown["steps"]] == ["open", "arrived", "excuse", "note"]
    bad = {"record": {**record, "kind": "flood"}, "user": "du"}
    assert (await client.post("/api/incidents", json=bad)).status_code == 422
    assert (await client.get("/api/incidents/INC-none")).status_code == 404
    assert len((await client.get("/api/incidents")).json()["incidents"]) == 1


async def test_a_hotline_order_is_closed_and_counted(client: httpx.AsyncClient) -> None:
    record = {"type": "complaint", "utility": "water", "text": "水压低"}
    body = {"record": record, "user": "op"}
    name = (await client.post("/api/work-orders", json=body)).json()["order"]["id"]

    async def act(action: str, role: str, **more: Any) -> httpx.Response:
        step = {"action": action, "record": more, "user": "op", "role": role}
        return await client.post(f"/api/work-orders/{name}/steps", json=step)

    assert (await act("handled", "unit")).status_code == 409
    for action, role in (("dispatch", "operator"), ("confirm", "unit")):
        assert (await act(action, role)).status_code == 200
    for days in (3, 4, 5):
        until = (datetime.now(UTC) + days * 24 * HOUR).isoformat()
        answer = await act("extend", "business", until=until)
    assert answer.status_code == 409
    assert answer.json()["error"]["problems"][0]["rule"] == "HOT-EXTENSION"
    assert (await act("handled", "unit")).status_code == 200
    closed = (await act("close", "operator")).json()["order"]
    assert closed["work"]["state"] == "closed"
    now = datetime.now(UTC)
    ask = {
        "start": (now - 24 * HOUR).isoformat(),
        "end": (now + HOUR).isoformat(),
        "statistics_day": (now + 24 * HOUR).isoformat(),
        "utility": "water",
    }
    rates = (await client.get("/api/work-orders/rates", params=ask)).json()["rates"]
    assert {r["name"]: r["percent"] for r in rates}["timely"] == 100.0
    assert (await client.get("/api/work-orders")).json()["orders"][0]["id"] == name
