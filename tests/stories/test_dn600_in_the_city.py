"""A 30-hour stop of a DN600 main of the example city, from its plan to closed, through the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dispatch.isolation import isolate
from dispatch.rulebook import RuleBook
from hmi.desk.adapters import FileAdapter
from hmi.desk.bus import serve_orders
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.planning import plan_in_worker, windows_in_worker
from hmi.records import SqlOrderBook, SqlOutages, SqlOutbox, engine, migrate
from hmi.records.desk import serve_outages
from hmi.records.outbox import send_due
from hmi.reports.notice_pdf import chinese_font
from network_models.elements import Pipe
from network_models.problems import InputError
from scenarios.city import make_city
from scenarios.site import Site, load_site
from tests.hmi.web_client import running

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
USERS = {"planner": "pan", "dispatcher": "du", "leader": "li", "crew": "cai"}


class City:
    """The city's desk and planner behind the web application, and a clock the story moves."""

    def __init__(self, client: httpx.AsyncClient, box: SqlOutbox, site: Site) -> None:
        self.client, self.box, self.site = client, box, site
        self.now = datetime.now(UTC)
        self.order = ""

    async def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        reply = await self.client.post(path, json=body)
        assert reply.status_code == status, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def does(self, role: str, action: str, status: int = 200, **record: Any) -> Any:
        body = {"action": action, "record": record, "role": role, "user": USERS[role]}
        found = await self.post(f"/api/outage-orders/{self.order}/steps", status, **body)
        if status == 409:
            return {p["rule"] or p["gate"] for p in found["error"]["problems"]}
        return found["order"]["order"]["state"]


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    make_city(tmp_path / "site", seed=1, elements=1500)
    site = load_site(tmp_path / "site")
    records = engine(tmp_path / "records.db")
    migrate(records)
    box, outages = SqlOutbox(records), SqlOutages(records)
    settings = DeskSettings(
        zone=ZONE, profile=site.profile, name_zh=site.name_zh, name_en=site.name_en
    )
    with ThreadPoolExecutor(1) as pool:
        async with running(tmp_path) as (_, client, feeder):
            made = City(client, box, site)
            service = OutageService(
                SqlOrderBook(records),
                RuleBook.load(),
                settings,
                clock=lambda: made.now,
                proposals=outages.get,
            )
            await serve_orders(feeder.bus, service, box)
            await serve_outages(feeder.bus, records)

            def serving(work: Any) -> Any:
                async def answer(header: dict[str, Any], _payload: bytes) -> Any:
                    now_ns = int(made.now.timestamp() * 1e9)
                    loop_work = pool.submit(work, str(site.path), header, now_ns)

                    return await asyncio.wrap_future(loop_work), b""

                return answer

            await feeder.bus.serve("model.plan_outage", serving(plan_in_worker))
            await feeder.bus.serve("model.best_window", serving(windows_in_worker))
            yield made
    records.dispose()


def busiest_main(site: Site) -> str:
    """The DN600 main behind whose valves most people live."""
    net = site.networks["water"]
    people: dict[str, int] = {}
    for customer in site.customers:
        people[customer.node] = people.get(customer.node, 0) + customer.people
    mains = [p.id for p in net.links.values() if isinstance(p, Pipe) and p.diameter_m == 0.6]
    cut = {
        name: sum(people.get(n, 0) for n in isolate(net, site.valves, f"link:{name}").cut_off_nodes)
        for name in mains
    }
    return max(mains, key=lambda name: (cut[name], name))


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
