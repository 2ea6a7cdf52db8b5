"""What was known of an alarm's consequence when something happened to it stays in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hmi.records import SqlAlarmJournal, engine, migrate
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from scada.ports import AlarmJournal
from tests.scada.core_room import CoreRoom, open_room

POINTS = [
    Point(id=f"P{k}", utility="water", quantity="pressure", unit="Pa", limits=Limits(low=140e3))
    for k in range(30)
]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AlarmJournal]:
    if request.param == "memory":
        yield MemoryAlarmJournal()
        return
    sqlite = request.param == "sqlite"
    records = engine(tmp_path / "records.db" if sqlite else request.getfixturevalue("server").url())
    migrate(records)
    yield SqlAlarmJournal(records)
    records.dispose()


async def model_says(room: CoreRoom, people: int, tank: str = "") -> None:
    """As the live model does at the end of a cycle."""
    said = {
        "limit_pa": 140e3,
        "people_now": 0,
        "people": people,
        "in_min": 35.0,
        "tank": tank,
        "tank_empty_min": 50.0 if tank else None,
        "horizon_min": 120.0,
    }
    header = {"time_ns": room.clock.now_ns(), "utility": "water", "outlook": said}
    await room.bus.call("core.model", header, room.core.live.modelled().to_bytes())
    await room.advance(1.0)


async def told(room: CoreRoom) -> list[tuple[str, Any]]:
    """(event, people foreseen with it) of the first point, in the order of storing."""
    events = (await room.ask("core.events", limit=500))["events"]
    return [
        (e["event"], e["outlook"]["people"] if "outlook" in e else None)
        for e in reversed(events)
        if e["source"] == "P0"
    ]


async def acknowledge(room: CoreRoom) -> None:
    await room.ask("core.acknowledge", ids=["P0.low"], user="wang", comment="crew sent")


async def test_events_keep_what_was_known_then_and_a_restart_tells_nothing_twice(
    journal: AlarmJournal,
) -> None:
    async with open_room(POINTS, journal=journal) as room:
        await model_says(room, 90)  # before it came
        await room.send((0, 100e3))
        await room.advance(1.0)
        await model_says(room, 4120)
        await model_says(room, 4300)  # hardly worse
        await acknowledge(room)
        assert await told(room) == [("raised", None), ("foreseen", 4120), ("acknowledged", 4300)]
    async with open_room(POINTS, journal=journal, clock=room.clock) as again:
        await again.send((0, 100e3))
        await model_says(again, 4400)
        await model_says(again, 7000)
        await model_says(again, 7000, "T2")
        await model_says(again, 7000, "T2")
        await again.send((0, 300e3))
        await again.advance(1.0)
        assert (await told(again))[3:] == [
            ("foreseen", 7000),
            ("foreseen", 7000),
            ("cleared", None),
        ]
        events = (await again.ask("core.events", limit=500))["events"]
        tanks = [e["outlook"]["tank"] for e in events if e["event"] == "foreseen"]
        assert tanks == ["T2", "", ""]  # newest first


async def test_an_alarm_that_comes_again_is_told_of_again() -> None:
    async with open_room(POINTS) as room:
        for _ in range(2):
            await room.send((0, 100e3))
            await room.advance(1.0)
            await model_says(room, 4120)
            await acknowledge(room)
            await room.send((0, 300e3))
            await room.advance(1.0)
        once = [("raised", None), ("foreseen", 4120), ("acknowledged", 4120), ("cleared", None)]
        assert await told(room) == 2 * once


async def test_in_a_flood_the_most_pressing_are_told_first_and_nothing_comes_twice() -> None:
    async with open_room(POINTS) as room:
        await room.send(*[(k, 100e3) for k in range(30)])
        await room.advance(1.0)
        counts = []
        for _ in range(5):
            await model_says(room, 4120)
            events = (await room.ask("core.events", limit=500))["events"]
            foreseen = [e["source"] for e in events if e["event"] == "foreseen"]
            assert len(foreseen) == len(set(foreseen))
            counts.append(len(foreseen))
        assert counts == [10, 20, 30, 30, 30]


async def test_what_the_journal_could_not_take_is_told_when_it_can() -> None:
    class Failing(MemoryAlarmJournal):
        fails = False

        def append(self, events: Any) -> list[int]:
            if self.fails:
                raise OSError("no disk")
            return super().append(events)

    journal = Failing()
    async with open_room(POINTS, journal=journal) as room:
        await room.send((0, 100e3))
        await room.advance(1.0)
        journal.fails = True
        await model_says(room, 4120)
        await model_says(room, 4120)
        journal.fails = False
        await room.advance(1.0)
        assert await told(room) == [("raised", None), ("foreseen", 4120)]
