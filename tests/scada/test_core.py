"""The core as its users meet it: services and topics on a bus."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from scada.ports import BusError
from scada.quality import (
    BAD_NO_COMMUNICATION,
    BAD_SENSOR_FAILURE,
    UNCERTAIN_LAST_USABLE,
)
from scada.samples import SampleBatch
from scada.store.memory import MemoryStore
from scada.store.sqlite import SqliteStore
from tests.scada.core_room import open_room

POINTS = (
    Point(
        id="P1",
        utility="water",
        quantity="pressure",
        unit="MPa",
        driver="rtu",
        limits=Limits(low_low=100e3, low=140e3, deadband=5e3),
        priority="high",
        rule="WATER-PRESSURE-END-MIN",
        text_zh="末端压力",
    ),
    Point(
        id="P2",
        utility="water",
        quantity="flow",
        unit="m3/h",
        driver="rtu",
        limits=Limits(high=1.0, on_delay_s=5.0),
    ),
    Point(
        id="V1",
        utility="water",
        quantity="setting",
        unit="%",
        driver="rtu",
        writable=True,
        type="uint16",
        limits=Limits(high_high=1.0),
    ),
    Point(
        id="END_MIN",
        utility="water",
        quantity="pressure",
        unit="MPa",
        driver="model",
        limits=Limits(low=140e3),
    ),
)
UP = {"rtu": "up"}


async def test_a_low_pressure_becomes_an_alarm_stored_before_it_is_published() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 200e3), (1, 0.5), (2, 0.2))
        assert await room.states() == {}
        await room.send((0, 139e3))
        assert await room.states() == {"P1.low": "unacknowledged"}
        answer = await room.ask("core.alarms")
        assert answer["counts"] == {
            "urgent": 0,
            "high": 1,
            "medium": 0,
            "low": 0,
            "unacknowledged": 1,
            "held": 0,
        }
        alarm = answer["alarms"][0]
        assert (alarm["source"], alarm["kind"], alarm["value"]) == ("P1", "low", 139e3)
        assert (alarm["limit"], alarm["unit"], alarm["rule"]) == (
            140e3,
            "MPa",
            "WATER-PRESSURE-END-MIN",
        )
        published = [m.header for m in room.heard if m.topic == "alarm"]
        assert [(e["event"], e["sequence"]) for e in published] == [("raised", 1)]
        assert room.journal.events()[0]["id"] == "P1.low"


async def test_nothing_is_published_that_could_not_be_stored() -> None:
    journal = MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal) as room:
        journal.failing = True
        await room.send((0, 139e3))
        await room.advance(1)
        assert [m for m in room.heard if m.topic == "alarm"] == []
        with pytest.raises(BusError, match="cannot be stored"):
            await room.ask("core.acknowledge", ids=["P1.low"], user="li")
        assert await room.states() == {"P1.low": "unacknowledged"}
        assert "cannot be stored" in (await room.ask("core.status"))["alarm_problem"]
        journal.failing = False
        published: list[str] = []
        async with asyncio.timeout(20):  # the journal's thread may be slow
            while not published:
                await room.advance(0.2)
                published = [m.header["event"] for m in room.heard if m.topic == "alarm"]
        assert published == ["raised"]
        await room.ask("core.acknowledge", ids=["P1.low"], user="li", comment="seen")
        assert await room.states() == {"P1.low": "acknowledged"}


async def test_acknowledging_names_who_and_refuses_what_it_cannot_do() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 90e3))
        assert set(await room.states()) == {"P1.low", "P1.low_low"}
        answer = await room.ask("core.acknowledge", ids=["P1.low", "P9.low"], user="li")
        assert answer["acknowledged"] == ["P1.low"]
        assert answer["refused"] == [{"id": "P9.low", "reason": "not an alarm now"}]
        answer = await room.ask("core.acknowledge", ids=["P1.low"], user="li")
        assert answer["refused"] == [{"id": "P1.low", "reason": "already acknowledged"}]
        answer = await room.ask("core.acknowledge", ids="all", user="wang", comment="crew sent")
        assert answer == {"acknowledged": ["P1.low_low"], "refused": []}
        by = {a["id"]: a["acknowledged_by"] for a in (await room.ask("core.alarms"))["alarms"]}
        assert by == {"P1.low": "li", "P1.low_low": "wang"}
        with pytest.raises(BusError, match="user"):
            await room.ask("core.acknowledge", ids="all")


async def test_a_delay_runs_out_without_a_further_sample() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((1, 2.0))
        await room.advance(4.6, links=UP)
        assert await room.states() == {}
        await room.advance(0.6, links=UP)
        assert await room.states() == {"P2.high": "unacknowledged"}


async def test_values_are_published_together_and_not_more_than_five_times_a_second() -> None:
    async with open_room(POINTS) as room:
        await room.advance(0.4)
        room.heard.clear()
        for n in range(50):
            await room.send((0, 200e3 + n))
        await room.advance(1.0)
        batches = [SampleBatch.from_bytes(m.payload) for m in room.heard if m.topic == "values"]
        assert len(batches) == 1
        assert batches[0].value[batches[0].point == 0].tolist() == [200049.0]


async def test_a_snapshot_holds_all_points_and_the_models_values_beside_them() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 200e3))
        now = room.clock.now_ns()
        model = SampleBatch(
            np.array([0], dtype=np.uint32),
            np.array([195e3]),
            np.zeros(1, dtype=np.uint32),
            np.array([now]),
            np.array([now]),
        )
        await room.bus.call("core.model", {"time_ns": now}, model.to_bytes())
        header, payload = await room.bus.call("core.snapshot", {})
        size = header["measured_bytes"]
        measured = SampleBatch.from_bytes(payload[:size])
        beside = SampleBatch.from_bytes(payload[size:])
        assert len(measured) == 4
        assert measured.value[0] == 200e3
        assert len(payload) == size + header["model_bytes"]
        assert (beside.point.tolist(), beside.value.tolist()) == ([0], [195e3])
        assert room.core.live.residual[0] == 5e3
        await room.advance(0.2)
        assert {m.header["origin"] for m in room.heard if m.topic == "values"} == {
            "measured",
            "model",
        }


async def test_a_batch_sent_twice_changes_nothing() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 200e3), number=7)
        await room.send((0, 90e3), number=7)
        assert await room.states() == {}
        status = await room.ask("core.status")
        assert (status["history_rows"], status["batches_repeated"]) == (1, 1)
        await room.send((0, 90e3), number=7, epoch=2)
        assert set(await room.states()) == {"P1.low", "P1.low_low"}


async def test_back_filled_samples_raise_no_alarm_but_the_present_does() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 90e3), ago_s=3600)
        await room.send((0, 200e3), ago_s=1800)
        await room.send((3, 100e3), ago_s=40)
        await room.advance(0.8, links=UP)
        assert await room.states() == {}
        await room.advance(1.0, links=UP)
        # P1 came back in the meantime; END_MIN is low still.
        assert await room.states() == {"END_MIN.low": "unacknowledged"}
        assert [e for e in room.events() if e[0].startswith("P1")] == []
        header, _ = await room.bus.call("core.history", {"point": "P1"})
        assert header["n"] == 2


async def test_one_alarm_for_a_lost_link_and_process_alarms_are_kept() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 139e3), (1, 0.5), (2, 0.2))
        await room.send(*((n, np.nan, BAD_NO_COMMUNICATION) for n in range(3)))
        await room.links(rtu="down")
        await room.advance(10, links={"rtu": "down"})
        assert await room.states() == {
            "P1.low": "unacknowledged",
            "link/rtu.communication": "unacknowledged",
        }
        # Acknowledging the disconnect hides nothing of the process.
        await room.ask("core.acknowledge", ids=["link/rtu.communication"], user="li")
        assert (await room.states())["P1.low"] == "unacknowledged"
        await room.send((0, 200e3), (1, 0.5), (2, 0.2))
        await room.advance(4, links=UP)
        assert await room.states() == {"P1.low": "returned"}
        await room.ask("core.acknowledge", ids="all", user="li")
        assert await room.states() == {}


async def test_a_point_bad_on_a_good_link_is_a_quality_alarm_of_its_own() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 200e3), (1, 0.5), (2, 0.2))
        await room.send((1, np.nan, BAD_SENSOR_FAILURE))
        await room.advance(5, links=UP)
        assert await room.states() == {}
        await room.advance(2, links=UP)
        assert await room.states() == {"P2.quality": "unacknowledged"}
        await room.send((1, 0.5))
        await room.advance(0.4, links=UP)
        assert await room.states() == {"P2.quality": "returned"}


async def test_a_silent_gateway_makes_values_uncertain_then_bad_and_alarms() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 200e3), (1, 0.5), (2, 0.2), (3, 200e3))
        await room.advance(12)
        assert room.core.live.quality[:3].tolist() != [0, 0, 0]
        assert room.core.live.quality[0] >> 30 == 1
        assert room.core.live.quality[3] == 0
        await room.advance(150)
        assert room.core.live.quality.tolist()[:3] == [BAD_NO_COMMUNICATION] * 3
        assert set(await room.states()) == {
            "link/rtu.communication",
            "link/model.communication",
        }
        assert room.core.live.value[0] == 200e3


async def test_a_value_that_is_not_repeated_goes_stale_although_its_link_is_up() -> None:
    async with open_room(POINTS[:3]) as room:
        await room.send((0, 200e3), (1, 0.5), (2, 0.2))
        for _ in range(16):
            await room.advance(10, links=UP)
            await room.send((1, 0.5), (2, 0.2))
        assert room.core.live.quality.tolist() == [UNCERTAIN_LAST_USABLE, 0, 0]


async def test_a_restarted_core_knows_its_alarms_and_last_values(tmp_path: Path) -> None:
    journal = MemoryAlarmJournal()
    path = tmp_path / "history.db"
    async with open_room(POINTS, SqliteStore(path), journal) as room:
        await room.links(**UP)
        await room.send((0, 90e3), (1, 0.5), (2, 0.2))
        await room.ask("core.acknowledge", ids=["P1.low"], user="li", comment="crew sent")
        clock = room.clock
    async with open_room(POINTS, SqliteStore(path), journal, clock) as room:
        assert await room.states() == {"P1.low": "acknowledged", "P1.low_low": "unacknowledged"}
        alarm = next(a for a in (await room.ask("core.alarms"))["alarms"] if a["kind"] == "low")
        assert (alarm["acknowledged_by"], alarm["comment"]) == ("li", "crew sent")
        assert room.core.live.value[:3].tolist() == [90e3, 0.5, 0.2]
        await room.links(**UP)
        await room.send((0, 80e3), number=1)
        assert room.core.live.value[0] == 90e3
        await room.send((0, 200e3), number=2)
        assert await room.states() == {"P1.low_low": "returned"}
        events = room.events()
        assert events.count(("P1.low", "raised")) == 1


async def test_an_alarm_of_a_point_that_is_gone_ends(tmp_path: Path) -> None:
    journal = MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal) as room:
        await room.send((0, 90e3))
    async with open_room(POINTS[1:], journal=journal) as room:
        assert await room.states() == {}
        assert ("P1.low", "removed") in room.events()
    assert journal.states() == []


async def test_history_answers_in_si_and_cuts_to_size() -> None:
    async with open_room(POINTS) as room:
        for n in range(100):
            await room.advance(0.2)
            await room.send((0, 200e3 + n))
        header, payload = await room.bus.call("core.history", {"point": "P1", "max_points": 30})
        n = header["n"]
        assert 15 <= n <= 30
        time = np.frombuffer(payload, "<i8", n)
        value = np.frombuffer(payload, "<f8", n, 8 * n)
        quality = np.frombuffer(payload, "<u4", n, 16 * n)
        assert len(payload) == 20 * n
        assert np.all(np.diff(time) > 0)
        assert (value.min(), value.max()) == (200e3, 200e3 + 99)
        assert not quality.any()
        with pytest.raises(BusError, match="no point"):
            await room.bus.call("core.history", {"point": "P77"})
        with pytest.raises(BusError, match="not an origin"):
            await room.bus.call("core.history", {"point": "P1", "origin": "dreamt"})


async def test_points_of_the_model_alarm_and_have_a_history_like_measured_ones() -> None:
    async with open_room(POINTS) as room:
        await room.send((3, 120e3), gateway="model", origin="model")
        assert await room.states() == {"END_MIN.low": "unacknowledged"}
        header, _ = await room.bus.call("core.history", {"point": "END_MIN"})
        assert header["n"] == 1


async def test_events_are_paged_newest_first() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 90e3))
        await room.send((0, 200e3))
        page = (await room.ask("core.events", limit=3))["events"]
        assert [e["sequence"] for e in page] == [4, 3, 2]
        rest = (await room.ask("core.events", before=2))["events"]
        assert [(e["id"], e["event"]) for e in rest] == [("P1.low_low", "raised")]


async def test_samples_of_unknown_points_or_torn_batches_are_refused() -> None:
    async with open_room(POINTS) as room:
        with pytest.raises(BusError, match="no point has the handle 99"):
            await room.send((99, 1.0))
        mark = {"gateway": "g", "epoch": 1, "number": 50}
        with pytest.raises(BusError, match="whole number"):
            await room.bus.call("core.samples", mark, b"123")
        assert (await room.ask("core.status"))["history_rows"] == 0


async def test_a_full_disk_is_told_and_alarms_go_on() -> None:
    store = MemoryStore()
    async with open_room(POINTS, store) as room:
        await room.links(**UP)
        store.full = True
        with pytest.raises(BusError, match="full"):
            await room.send((0, 90e3), number=1)
        await room.advance(0.4, links=UP)
        states = await room.states()
        assert {"P1.low", "P1.low_low", "link/historian.communication"} == set(states)
        assert "full" in (await room.ask("core.status"))["history_problem"]
        store.full = False
        await room.send((0, 90e3), number=1)
        assert (await room.ask("core.status"))["history_rows"] == 1
        await room.advance(4, links=UP)
        assert (await room.states())["link/historian.communication"] == "returned"


async def test_status_counts() -> None:
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 200e3), (1, 0.5), (2, np.nan, BAD_SENSOR_FAILURE))
        status: dict[str, Any] = await room.ask("core.status")
        assert (status["points"], status["good"], status["bad"]) == (4, 2, 2)
        assert status["samples_received"] == 3
        assert status["started_ns"] <= status["time_ns"]
