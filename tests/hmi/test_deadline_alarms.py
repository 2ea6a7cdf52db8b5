"""Clocks of incidents become alarms, end with the step that ends them, and outlive a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from dispatch.rulebook import RuleBook
from hmi.desk.deadlines import DeadlineWatch, timers_now
from hmi.desk.desk_points import DeskPoints
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import DeskSettings
from hmi.records import SqlOrderBook, engine, migrate
from scada.escalation import EscalationRule, due
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point, Utility
from tests.scada.core_room import CoreRoom, open_room

ZONE = ZoneInfo("Asia/Shanghai")
SETTINGS = DeskSettings(zone=ZONE, profile="jinan", name_zh="示范水务", name_en="Model Water")
BURST = {"kind": "burst", "element": "water/link:M1", "source": "hotline", "dn_mm": 300}
CALM: set[str] = set()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Engine]:
    made = engine(tmp_path / "records.db")
    migrate(made)
    yield made
    made.dispose()


class Desk:
    """Incidents of a database and the watch of a room, on the room's clock."""

    def __init__(self, room: CoreRoom, records: Engine, points: Sequence[Point] = ()) -> None:
        def now() -> datetime:
            return datetime.fromtimestamp(room.clock.now_ns() / 1e9, UTC)

        self.room = room
        book = SqlOrderBook(records)
        self.incidents = IncidentService(book, RuleBook.load(), SETTINGS, clock=now)
        self.utilities: dict[str, Utility] = {}
        counted = DeskPoints(points, room.bus, room.clock)
        self.watch = DeadlineWatch(
            self.incidents, room.core.desk, self.utilities, room.clock, ZONE, counted
        )

    async def after(self, **span: float) -> dict[str, str]:
        """Alarms of clocks some time later, with their states."""
        await self.room.clock.advance(timedelta(**span).total_seconds())
        await self.room.turn()
        await self.watch.look()
        return {k: v for k, v in (await self.room.states()).items() if k.startswith("INC.")}

    def step(self, incident: str, action: str, **record: Any) -> None:
        self.incidents.step(incident, action, record, user="du", role="dispatcher")


async def test_a_clock_near_its_end_late_and_ended(records: Engine) -> None:
    async with open_room([]) as room:
        desk = Desk(room, records)
        burst = desk.incidents.open(BURST, user="du", role="dispatcher")["id"]
        arrival = f"INC.{burst}.arrival"
        assert set(await desk.after(minutes=22)) == CALM
        assert await desk.after(minutes=1) == {f"{arrival}.near": "unacknowledged"}
        late = await desk.after(minutes=8)
        assert late == {f"{arrival}.near": "returned", f"{arrival}.late": "unacknowledged"}
        # Whom the site tells of water's urgent alarms is told of this one.
        rule = EscalationRule(
            name="r",
            channels=("m",),
            priorities=frozenset({"urgent"}),
            utilities=frozenset({"water"}),
        )
        told = due(room.core.desk.book.alarms(), [rule], desk.utilities, room.clock.now_ns())
        assert [one.alarm["source"] for one in told] == [arrival]
        desk.step(burst, "arrived")
        await room.ask("core.acknowledge", ids=list(late), user="li")
        assert set(await desk.after(seconds=1)) == CALM
        running = {row["point"] for row in timers_now(desk.incidents.running())}
        assert arrival not in running
        assert f"INC.{burst}.stop" in running


async def test_after_a_restart_what_stood_stands_and_what_ended_ends(records: Engine) -> None:
    journal = MemoryAlarmJournal()
    async with open_room([], journal=journal) as room:
        desk = Desk(room, records)
        first = desk.incidents.open(BURST, user="du", role="dispatcher")["id"]
        second = desk.incidents.open(BURST, user="du", role="dispatcher")["id"]
        assert len(await desk.after(minutes=31)) == 2
        await room.ask("core.acknowledge", ids=[f"INC.{first}.arrival.late"], user="li")
        clock = room.clock
    async with open_room([], journal=journal, clock=clock) as room:
        desk = Desk(room, records)
        desk.step(second, "arrived")
        found = await desk.after(seconds=1)
        assert found[f"INC.{first}.arrival.late"] == "acknowledged"
        assert found[f"INC.{second}.arrival.late"] == "returned"


async def test_an_excused_clock_and_a_restored_incident_tell_nobody(records: Engine) -> None:
    async with open_room([]) as room:
        desk = Desk(room, records)
        burst = desk.incidents.open(BURST, user="du", role="dispatcher")["id"]
        names = [point.rpartition(".")[2] for point in desk.incidents.running()]
        assert {"arrival", "stop", "repair"} <= set(names)
        for name in names:
            excuse = {"clock": name, "reason": "road", "evidence": "photo 12"}
            desk.step(burst, "excuse", **excuse)
        assert set(await desk.after(minutes=31)) == CALM
        desk.step(burst, "restored")
        assert desk.incidents.running() == {}


def counted(figure: str, utility: Utility, **more: Any) -> Point:
    usual: dict[str, Any] = {"quantity": "count", "unit": "pcs", "driver": "desk"}
    name = f"{utility}-{figure}"
    return Point(id=name, utility=utility, address=figure, **usual, **more)


async def test_clocks_are_points_with_limits_like_any_other(records: Engine) -> None:
    points = [
        counted("clocks_running", "water"),
        counted("clocks_late", "water", limits=Limits(high=0.5), priority="high"),
        counted("clocks_late", "gas"),
    ]
    async with open_room(points) as room:
        desk = Desk(room, records, points)
        desk.incidents.open(BURST, user="du", role="dispatcher")
        for _ in range(8):  # told every so often, as in a room: no link alarm
            await desk.after(seconds=8)
        assert await room.states() == {}
        calm = room.core.live.value.tolist()
        assert calm[0] >= 3.0
        assert calm[1:] == [0.0, 0.0]
        await desk.after(minutes=30)
        assert room.core.live.value.tolist()[1:] == [1.0, 0.0]
        states = await room.states()
        assert states["water-clocks_late.high"] == "unacknowledged"
