"""Select, second person, interlocks, operate: each step recorded, nothing past an objection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hmi.records import Audit, engine, migrate
from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Point
from scada.point_table import PointTable
from tests.scada.core_room import CoreRoom, open_room
from tests.scada.test_commands import POINTS, command, gateway, told


class Trail:
    """An audit trail in memory; `failing` like a full disk."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.failing = False

    def append(self, **entry: Any) -> int:
        if self.failing:
            raise OSError("no room")
        self.entries.append(entry)
        return len(self.entries)

    def actions(self) -> list[tuple[str, str]]:
        return [(e["user"], e["action"].removeprefix("command-")) for e in self.entries]


class Desk:
    """An interlock that says what it is told to say."""

    def __init__(self) -> None:
        self.against: list[str] = []
        self.broken = False
        self.asked: list[Mapping[str, Any]] = []

    async def objections(self, asked: Mapping[str, Any]) -> list[str]:
        self.asked.append(asked)
        if self.broken:
            raise RuntimeError("the desk does not answer")
        return self.against


async def select(room: CoreRoom, **changes: Any) -> dict[str, Any]:
    return await room.ask("core.select", **{**command(), **changes})


async def operate(room: CoreRoom, token: str, user: str = "li") -> dict[str, Any]:
    return await room.ask("core.operate", token=token, user=user, reason="burst")


async def test_every_step_of_a_command_is_in_the_trail_before_it_is_taken() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail, two_person=["V*"]) as room:
        field = await gateway(room)
        token = (await select(room))["token"]
        assert "second person" in (await operate(room, token))["message"]
        mine = await room.ask("core.approve", token=token, user="li")
        assert "another" in mine["message"]
        assert (await room.ask("core.approve", token=token, user="wang"))["message"] == ""
        assert field.written == []
        assert (await operate(room, token))["state"] == "confirmed"
        assert field.written == [(0, 0.5, "manual")]
        steps = [("li", "selected"), ("wang", "approved"), ("li", "requested"), ("li", "confirmed")]
        assert trail.actions() == steps
        assert [e for _, e in told(room)] == [event for _, event in steps]
        assert trail.entries[-1]["details"]["approved_by"] == "wang"
        assert (await operate(room, token))["state"] == "not-selected"
        assert len(field.written) == 1


async def test_what_the_trail_cannot_take_is_not_sent() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail) as room:
        field = await gateway(room)
        token = (await select(room))["token"]
        trail.failing = True
        assert (await select(room, point="PUMP", value=1.0))["token"] == ""
        answer = await operate(room, token)
        assert answer["state"] == "failed"
        assert "audit trail" in answer["message"]
        assert field.written == []


async def test_an_approval_that_is_not_recorded_is_none() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail, two_person=["V1"]) as room:
        field = await gateway(room)
        token = (await select(room))["token"]
        trail.failing = True
        assert (
            "audit trail" in (await room.ask("core.approve", token=token, user="wang"))["message"]
        )
        trail.failing = False
        assert "second person" in (await operate(room, token))["message"]
        assert field.written == []


async def test_a_trail_that_breaks_after_the_wire_hides_no_outcome() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail) as room:
        field = await gateway(room)
        plain = field.write

        async def write(header: Any, payload: bytes) -> Any:
            trail.failing = True
            return await plain(header, payload)

        await room.bus.serve("gateway.write", write)
        answer = await operate(room, (await select(room))["token"])
        assert answer["state"] == "confirmed"
        assert "audit trail" in answer["message"]
        assert told(room)[-1] == ("V1.command", "confirmed")


async def test_interlocks_are_asked_at_selection_and_again_before_the_wire() -> None:
    desk = Desk()
    async with open_room(POINTS, interlocks=[desk]) as room:
        field = await gateway(room)
        desk.against = ["no notice is published", "no approval"]
        assert (await select(room))["message"] == "no notice is published; no approval"
        desk.against = []
        token = (await select(room, order="OUT-1"))["token"]
        assert desk.asked[-1]["order"] == "OUT-1"
        desk.against = ["the order was cancelled"]
        answer = await operate(room, token)
        assert (answer["state"], answer["message"]) == ("failed", "the order was cancelled")
        desk.against, desk.broken = [], True
        assert "cannot be asked" in (await select(room))["message"]
        direct = await room.ask("core.write", **command())
        assert "cannot be asked" in direct["message"]
        assert field.written == []


async def test_one_person_at_a_point_and_a_selection_that_waits_too_long_is_gone() -> None:
    async with open_room(POINTS, two_person=["V1"]) as room:
        field = await gateway(room)
        first = (await select(room))["token"]
        assert "li has selected it" in (await select(room, user="wang"))["message"]
        again = (await select(room, value=0.6))["token"]
        assert (await operate(room, first))["state"] == "not-selected"
        waiting = await room.ask("core.selections")
        assert [(s["point"], s["value"], s["user"]) for s in waiting["selections"]] == [
            ("V1", 0.6, "li")
        ]
        other = (await select(room, point="PUMP", value=1.0, user="wang"))["token"]
        assert "made by wang" in (await operate(room, other))["message"]
        assert "made by wang" in (await room.ask("core.cancel", token=other, user="li"))["message"]
        await room.advance(31.0, links={"rtu": "up"})
        assert (await operate(room, other, "wang"))["state"] == "not-selected"
        assert (await room.ask("core.cancel", token=again, user="wang"))["message"] == ""
        assert (await room.ask("core.selections"))["selections"] == []
        assert "two persons" in (await room.ask("core.write", **command()))["message"]
        assert field.written == []


async def test_a_command_a_crash_interrupts_is_unknown_in_the_trail_too() -> None:
    trail, journal = Trail(), MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal, audit=trail) as room:
        field = await gateway(room)
        field.silent = True
        asking = asyncio.create_task(operate(room, (await select(room))["token"]))
        while not field.written:  # noqa: ASYNC110  the write sets no event
            await asyncio.sleep(0)
        asking.cancel()
    state = {e["id"]: e["state"] for e in journal.states()}
    assert state == {"V1.command": "pending"}
    async with open_room(POINTS, journal=journal, audit=trail) as room:
        again = await gateway(room)
        await room.advance(2.0, links={"rtu": "up"})
        assert told(room)[-1] == ("V1.command", "unknown")
        assert trail.actions()[-1] == ("li", "unknown")
        assert again.written == []


@pytest.mark.parametrize("claimed", ["manual", "drill", "", None, "replay"])
async def test_a_command_born_in_a_drill_never_reaches_a_real_device(
    claimed: str | None, tmp_path: Path
) -> None:
    """A drill's core calls every command a drill's, and a real gateway refuses at the wire."""
    bus = MemoryBus()
    points = [
        Point(
            id="V",
            utility="water",
            quantity="position",
            unit="%",
            driver="one",
            address="v",
            writable=True,
        )
    ]
    link = DriverConfig(name="one", kind="memory")
    real = Gateway("real", PointTable(points), [link], {"normal": 1.0}, bus, SystemClock())
    async with open_room(points, drill=True) as room:

        async def wire(header: Any, payload: bytes) -> Any:
            return await real._write(header, payload)

        await room.bus.serve("gateway.write", wire)
        order = {"point": "V", "value": 0.5, "user": "li", "origin": claimed}
        answers = [await room.ask("core.write", **order)]
        token = (await room.ask("core.select", **order))["token"]
        answers.append(await room.ask("core.operate", token=token, user="li"))
        for answer in answers:
            assert answer["state"] == "failed"
            assert "drill may not write" in answer["message"]
        assert {e["origin"] for e in room.journal.events()} == {"drill"}
    assert real.drivers["one"].stats.writes == 0


async def test_the_trail_of_a_real_command_is_chained(tmp_path: Path) -> None:
    records = engine(tmp_path / "records.db")
    migrate(records)
    trail = Audit(records, b"k" * 32)
    async with open_room(POINTS, audit=trail) as room:
        await gateway(room)
        await operate(room, (await select(room))["token"])
    verdict = trail.verify()
    assert (verdict.entries, verdict.broken) == (3, ())
    assert {e["user"] for e in trail.entries()} == {"li"}
