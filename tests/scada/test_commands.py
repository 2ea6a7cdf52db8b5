"""Commands to the field: checked, recorded first, confirmed by readback, never sent twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from scada.ports import Header
from tests.scada.core_room import CoreRoom, open_room

POINTS = (
    Point(
        id="V1",
        utility="water",
        quantity="position",
        unit="%",
        driver="rtu",
        writable=True,
        type="uint16",
        scale=0.1,
        limits=Limits(low_low=0.0, high_high=1.0),
    ),
    Point(id="P1", utility="water", quantity="pressure", unit="MPa", driver="rtu"),
    Point(
        id="PUMP",
        utility="water",
        quantity="status",
        unit="on/off",
        driver="rtu",
        writable=True,
        type="bool",
    ),
)


class Field:
    """A gateway that writes and reads back through samples, unless told otherwise."""

    def __init__(self, room: CoreRoom) -> None:
        self.room = room
        self.written: list[tuple[int, float, str]] = []
        self.refusal = ""
        self.reads: float | None = None
        self.silent = False

    async def write(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        self.written.append((header["point"], header["value"], header["origin"]))
        if self.refusal:
            return {"ok": False, "message": self.refusal}, b""
        if not self.silent:
            value = header["value"] if self.reads is None else self.reads
            await self.room.send((header["point"], value))
        return {"ok": True, "message": ""}, b""


async def gateway(room: CoreRoom) -> Field:
    field = Field(room)
    await room.bus.serve("gateway.write", field.write)
    await room.links(rtu="up")
    await room.send((0, 0.2), (1, 200e3), (2, 0.0))
    return field


def command(**changes: Any) -> dict[str, Any]:
    return {"point": "V1", "value": 0.5, "user": "li", "reason": "burst", **changes}


def told(room: CoreRoom) -> list[tuple[str, str]]:
    return [(e["id"], e["event"]) for e in reversed(room.journal.events())]


async def test_a_command_is_confirmed_by_what_is_read_back() -> None:
    async with open_room(POINTS) as room:
        field = await gateway(room)
        # A register of 0.1 % steps reads 50.0 % for 50.02 %.
        field.reads = 0.5
        answer = await room.ask("core.write", **command(value=0.5002))
        assert answer == {"state": "confirmed", "message": "", "readback": 0.5}
        assert field.written == [(0, 0.5002, "manual")]
        assert told(room) == [("V1.command", "requested"), ("V1.command", "confirmed")]
        done = room.journal.events()[0]
        assert (done["user"], done["comment"], done["value"]) == ("li", "burst", 0.5002)
        assert (done["before"], done["readback"], done["origin"]) == (0.2, 0.5, "manual")
        assert await room.states() == {}


async def test_a_device_that_takes_a_write_and_does_not_change_is_a_failure() -> None:
    """Elsewhere a write was shown as done, the device unchanged, and the value fell back."""
    async with open_room(POINTS) as room:
        field = await gateway(room)
        field.reads = 0.2
        asking = asyncio.create_task(room.ask("core.write", **command()))
        for _ in range(60):
            await room.advance(0.2, links={"rtu": "up"})
        answer = await asking
        assert answer["state"] == "failed"
        assert "reads 0.2" in answer["message"]
        assert told(room)[-1] == ("V1.command", "failed")
        assert len(field.written) == 1


async def test_a_switch_that_stays_where_it_was_is_a_failure() -> None:
    async with open_room(POINTS) as room:
        field = await gateway(room)
        await room.send((2, 1.0))
        field.silent = True
        asking = asyncio.create_task(room.ask("core.write", **command(point="PUMP", value=0.0)))
        for _ in range(60):
            await room.advance(0.2, links={"rtu": "up"})
        answer = await asking
        assert answer["state"] == "failed"
        assert "reads 1" in answer["message"]


async def test_a_value_that_was_there_already_is_confirmed_without_a_new_sample() -> None:
    async with open_room(POINTS) as room:
        field = await gateway(room)
        field.silent = True
        assert (await room.ask("core.write", **command(value=0.2)))["state"] == "confirmed"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"point": "P1"}, "not writable"),
        ({"point": "XX"}, "no point"),
        ({"point": None}, "no point"),
        ({"value": float("nan")}, "finite"),
        ({"value": "open"}, "not a number"),
        ({"value": True}, "not a number"),
        ({"value": 1.01}, "outer limits"),
        ({"value": -0.01}, "outer limits"),
        ({"point": "PUMP", "value": 0.5}, "0 or 1"),
        ({"user": ""}, "name of its user"),
    ],
)
async def test_what_may_not_be_sent_is_not_sent(changes: dict[str, Any], why: str) -> None:
    async with open_room(POINTS) as room:
        field = await gateway(room)
        answer = await room.ask("core.write", **command(**changes))
        assert answer["state"] == "failed"
        assert why in answer["message"]
        assert field.written == []


async def test_a_refusal_of_the_gateway_and_a_missing_gateway_are_told() -> None:
    async with open_room(POINTS) as room:
        answer = await room.ask("core.write", **command())
        assert answer["state"] == "failed"
        assert "nobody serves" in answer["message"]
        field = await gateway(room)
        field.refusal = "a drill may not write to the real field"
        answer = await room.ask("core.write", **command(origin="drill"))
        assert (answer["state"], answer["message"]) == ("failed", field.refusal)
        assert field.written == [(0, 0.5, "drill")]


async def test_what_cannot_be_recorded_is_not_sent() -> None:
    journal = MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal) as room:
        field = await gateway(room)
        journal.failing = True
        answer = await room.ask("core.write", **command())
        assert "cannot be stored" in answer["message"]
        assert field.written == []


async def test_one_command_a_point_at_a_time() -> None:
    async with open_room(POINTS) as room:
        field = await gateway(room)
        field.silent = True
        first = asyncio.create_task(room.ask("core.write", **command()))
        await room.turn()
        second = await room.ask("core.write", **command(value=0.7))
        assert "under way" in second["message"]
        other = asyncio.create_task(room.ask("core.write", **command(point="PUMP", value=1)))
        await room.turn()
        await room.send((0, 0.5), (2, 1.0))
        assert (await first)["state"] == "confirmed"
        assert (await other)["state"] == "confirmed"


async def test_a_command_interrupted_by_a_crash_is_unknown_and_not_sent_again() -> None:
    journal = MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal) as room:
        field = await gateway(room)
        field.silent = True
        asking = asyncio.create_task(room.ask("core.write", **command()))
        await room.turn()
        assert told(room) == [("V1.command", "requested")]
        asking.cancel()
    # The journal as the crash left it: requested, no end.
    crashed = MemoryAlarmJournal()
    crashed.append([e for e in reversed(journal.events()) if e["event"] == "requested"])
    async with open_room(POINTS, journal=crashed) as room:
        field = await gateway(room)
        assert told(room)[-1] == ("V1.command", "unknown")
        assert field.written == []
        assert crashed.states() == []
        assert await room.states() == {}
