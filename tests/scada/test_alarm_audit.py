"""What an operator does to an alarm stands in the audit trail before it is done."""

from __future__ import annotations

from typing import Any

import pytest

from scada.point import Limits, Point
from scada.ports import BusError
from tests.scada.core_room import CoreRoom, open_room
from tests.scada.test_command_steps import Trail

LOW = "P.low"
POINTS = [
    Point(id="P", utility="water", quantity="pressure", unit="Pa", limits=Limits(low=140e3)),
]


async def act(room: CoreRoom, action: str, alarm: str = LOW, **more: Any) -> dict[str, Any]:
    return await room.ask("core.alarm_action", action=action, ids=[alarm], user="li", **more)


async def test_shelving_and_maintenance_stand_in_the_trail_with_reason_and_end() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail) as room:
        await room.send((0, 100e3))
        await act(room, "shelve", comment="chatters", seconds=60.0, kind="one-shot")
        await act(room, "unshelve", comment="mended")
        await act(room, "out_of_service", comment="new sensor", permit="W-17")
        told = [(e["user"], e["action"], e["details"]) for e in trail.entries]
    assert told == [
        (
            "li",
            "alarm-shelve",
            {"alarm": LOW, "comment": "chatters", "kind": "one-shot", "seconds": 60.0},
        ),
        ("li", "alarm-unshelve", {"alarm": LOW, "comment": "mended"}),
        (
            "li",
            "alarm-out_of_service",
            {"alarm": LOW, "comment": "new sensor", "permit": "W-17"},
        ),
    ]


async def test_what_cannot_be_noted_is_not_done_and_what_is_refused_is_not_noted() -> None:
    trail = Trail()
    async with open_room(POINTS, audit=trail) as room:
        await room.send((0, 100e3))
        assert (await act(room, "unshelve", comment="never was"))["refused"]
        assert trail.entries == []
        trail.failing = True
        with pytest.raises(BusError, match="audit trail"):
            await act(room, "shelve", comment="chatters", seconds=60.0)
        (alarm,) = (await room.ask("core.alarms"))["alarms"]
        assert not alarm["holds"]
