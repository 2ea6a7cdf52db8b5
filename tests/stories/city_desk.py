"""The example city's desk and planner behind the web application, for stories walked in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from dispatch.isolation import isolate
from dispatch.rulebook import RuleBook
from hmi.desk.bus import serve_orders
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.planning import plan_in_worker, windows_in_worker
from hmi.records import Audit, SqlOrderBook, SqlOutages, SqlOutbox, engine, migrate
from hmi.records.desk import serve_outages
from hmi.truck_replanning import replan_in_worker
from network_models.elements import Pipe
from scenarios.city import make_city
from scenarios.site import Site, load_site
from tests.hmi.web_client import running

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
USERS = {"planner": "pan", "dispatcher": "du", "leader": "li", "crew": "cai"}


class City:
    """The city's desk and planner behind the web application, and a clock the story moves."""

    def __init__(self, client: httpx.AsyncClient, box: SqlOutbox, site: Site, trail: Audit) -> None:
        self.client, self.box, self.site, self.trail = client, box, site, trail
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


@asynccontextmanager
async def city_desk(tmp_path: Path) -> AsyncIterator[City]:
    """The desk of a small example city in a folder."""
    make_city(tmp_path / "site", seed=1, elements=1500)
    site = load_site(tmp_path / "site")
    records = engine(tmp_path / "records.db")
    migrate(records)
    box, outages, trail = SqlOutbox(records), SqlOutages(records), Audit(records)
    settings = DeskSettings(
        zone=ZONE, profile=site.profile, name_zh=site.name_zh, name_en=site.name_en
    )
    with ThreadPoolExecutor(1) as pool:
        async with running(tmp_path) as (_, client, feeder):
            made = City(client, box, site, trail)
            service = OutageService(
                SqlOrderBook(records),
                RuleBook.load(),
                settings,
                clock=lambda: made.now,
                proposals=outages.get,
            )
            await serve_orders(feeder.bus, service, box)
            await serve_outages(feeder.bus, records, trail)

            def serving(work: Any) -> Any:
                async def answer(header: dict[str, Any], _payload: bytes) -> Any:
                    now_ns = int(made.now.timestamp() * 1e9)
                    loop_work = pool.submit(work, str(site.path), header, now_ns)

                    return await asyncio.wrap_future(loop_work), b""

                return answer

            await feeder.bus.serve("model.plan_outage", serving(plan_in_worker))
            await feeder.bus.serve("model.best_window", serving(windows_in_worker))
            await feeder.bus.serve("model.replan_trucks", serving(replan_in_worker))
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
