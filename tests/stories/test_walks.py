"""The walks of tools/walk at a served desk with login, over HTTP, with a clock that moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import uvicorn

from dispatch.rulebook import RuleBook
from hmi.app import SERVER_OPTIONS, create_app
from hmi.desk.bus import serve_orders
from hmi.desk.call_map import CallMap
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.desk.work_service import WorkService
from hmi.records import Audit, SqlOrderBook, SqlOutbox, engine, migrate
from hmi.security.access import LoginAccess
from hmi.security.desk import SecurityDesk
from hmi.security.passwords import hashed
from hmi.security.roles import read_grants
from scada.bus import MemoryBus
from scada.clock import SystemClock
from tests.hmi.feeder import Feeder
from tests.hmi.login_room import PASSWORD, light_hashes
from tools.walk.room import Room
from tools.walk.town import Town, town_of
from tools.walk.walk import Walk
from tools.walk.workflows import WORKFLOWS

NEEDS_A_MODEL = {"D1 planned water stop", "D4 burst"}
"""These plan by the solved model, which only a whole room has."""


class MovedClock:
    """The desk's clock: real time and what it was moved ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def go(self, moment: datetime) -> None:
        self.ahead += max(moment - self.now(), timedelta(0)) + timedelta(seconds=0.1)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Room]:
    """A room with the desk's services, and its administrator."""
    records, clock = engine(tmp_path / "records.db"), MovedClock()
    migrate(records)
    bus = MemoryBus()
    feeder = Feeder(bus, side=6)
    await feeder.start(live=False)
    desk = SecurityDesk(records, Audit(records, b"k" * 32), SystemClock())
    settings = DeskSettings(
        zone=ZoneInfo("Asia/Shanghai"), profile="jinan", name_zh="示范", name_en="Model"
    )
    book, rules = SqlOrderBook(records), RuleBook.load()
    calls = CallMap(feeder.view.networks, feeder.view.valves)
    with light_hashes():
        await desk.serve(bus)
        await serve_orders(
            bus,
            OutageService(book, rules, settings, clock=clock.now),
            SqlOutbox(records),
            incidents=IncidentService(book, rules, settings, clock=clock.now),
            works=WorkService(book, rules, settings, clock=clock.now, calls=calls),
        )
        grants = read_grants(["administrator"])
        desk.accounts.add("root", hashed(PASSWORD), grants, 1, must_change=False)
        peer = bus.peer()
        app = create_app(peer, feeder.view, tmp_path, access=LoginAccess(peer))
        options = uvicorn.Config(app, port=0, log_level="error", **SERVER_OPTIONS)
        server = uvicorn.Server(options)
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Room(f"http://localhost:{port}/", clock, "root", PASSWORD)
        finally:
            server.should_exit = True
            await task
            await feeder.stop()
            records.dispose()


async def test_every_workflow_walks_to_its_end(served: Room) -> None:
    def walk_all() -> dict[str, list[str]]:
        served.people()
        town: Town = town_of(served)
        wrong = {}
        for name in sorted(set(WORKFLOWS) - NEEDS_A_MODEL):
            walk = Walk(served)
            WORKFLOWS[name](walk, town)
            assert walk.lines
            wrong[name] = [line.text for line in walk.lines if not line.good]
        return wrong

    wrong = await asyncio.to_thread(walk_all)
    assert len(wrong) == len(WORKFLOWS) - len(NEEDS_A_MODEL)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
