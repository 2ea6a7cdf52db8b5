"""What users of other systems suffered from their alarms, each as a test (field notes A2)."""

from __future__ import annotations

import pytest

from scada.alarm_setting import AlarmSetting, Condition
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from scada.quality import BAD_NO_COMMUNICATION, BAD_OUT_OF_SERVICE
from tests.scada.core_room import CoreRoom, open_room

P = Point(
    id="P",
    utility="water",
    quantity="pressure",
    unit="Pa",
    driver="rtu",
    limits=Limits(low=140e3, on_delay_s=2.0),
)
PUMP = Point(
    id="PUMP", utility="water", quantity="status", unit="on/off", driver="rtu", type="bool"
)
Q = Point(id="Q", utility="water", quantity="pressure", unit="Pa", driver="rtu")
POINTS = (P, PUMP, Q)
UP = {"rtu": "up"}
LOW = "P.low"


async def ack(room: CoreRoom, *ids: str) -> dict[str, list[str]]:
    return await room.ask("core.acknowledge", ids=list(ids), user="li")


async def act(room: CoreRoom, action: str, *ids: str, **more: object) -> dict[str, list[str]]:
    return await room.ask("core.alarm_action", action=action, ids=list(ids), user="li", **more)


async def raised(room: CoreRoom) -> None:
    await room.links(**UP)
    await room.send((0, 100e3), (1, 1.0), (2, 200e3))
    await room.advance(3.0, links=UP)
    assert (await room.states())[LOW] == "unacknowledged"


async def test_fuxa_1556_return_to_normal_of_an_acknowledged_alarm_does_not_call() -> None:
    async with open_room(POINTS) as room:
        await raised(room)
        await ack(room, LOW)
        room.heard.clear()
        await room.send((0, 200e3))
        (message,) = [m for m in room.heard if m.topic == "alarm"]
        assert (message.header["event"], message.header["state"]) == ("cleared", "normal")
        assert (await room.ask("core.alarms"))["counts"]["unacknowledged"] == 0


async def test_scada_lts_2673_every_unseen_alarm_can_be_acknowledged() -> None:
    async with open_room(POINTS) as room:
        await raised(room)
        await act(room, "shelve", LOW, comment="chatters", seconds=60)
        assert (await ack(room, LOW))["acknowledged"] == [LOW]  # shelved
        await act(room, "unshelve", LOW)
        await room.send((0, 200e3))
        await room.send((0, 100e3))
        await room.advance(3.0, links=UP)
        await room.send((0, 200e3))
        assert (await room.states())[LOW] == "returned"
        assert (await ack(room, LOW))["acknowledged"] == [LOW]  # cleared and unacknowledged
        assert await room.states() == {}


async def test_scada_lts_3090_an_alarm_whose_source_is_disabled_can_end() -> None:
    """A point out of service gives no value: its alarm can be taken out of service and back."""
    async with open_room(POINTS) as room:
        await raised(room)
        await room.send((0, float("nan"), BAD_OUT_OF_SERVICE))
        await room.advance(5.0, links=UP)
        assert (await room.states())[LOW] == "unacknowledged"  # not known to be better
        answer = await act(room, "out_of_service", LOW, comment="sensor removed", permit="W-7")
        assert answer["done"] == [LOW]
        assert (await room.ask("core.alarms"))["counts"]["unacknowledged"] == 0
        await room.send((0, 200e3))
        await act(room, "into_service", LOW)
        await ack(room, LOW)
        assert await room.states() == {}


async def test_scada_lts_3090_an_alarm_of_a_removed_point_is_removed_with_a_record() -> None:
    journal = MemoryAlarmJournal()
    async with open_room(POINTS, journal=journal) as room:
        await raised(room)
        await act(room, "shelve", LOW, comment="chatters", seconds=600)
    async with open_room((PUMP, Q), journal=journal) as room:
        assert await room.states() == {}
        assert room.events()[-1] == (LOW, "removed")
        assert journal.states() == []


async def test_scada_lts_3220_a_cleared_unacknowledged_alarm_stays_in_sight() -> None:
    async with open_room(POINTS) as room:
        await raised(room)
        await room.send((0, 200e3))
        counts = (await room.ask("core.alarms"))["counts"]
        assert (counts["medium"], counts["unacknowledged"]) == (1, 1)


@pytest.mark.parametrize("action", ["ack", "shelve", "out_of_service", "suppress"])
async def test_phoebus_3078_what_was_done_survives_a_restart(action: str) -> None:
    """Stored before published: whoever heard of it finds it after a crash."""
    journal = MemoryAlarmJournal()
    setting = AlarmSetting(
        point="P",
        kind="low",
        suppress_when=(Condition(point="PUMP", comparison="=", value=0.0),),
        suppress_text="PUMP = 0",
    )
    settings = {setting.id: setting}
    async with open_room(POINTS, journal=journal, settings=settings) as room:
        await raised(room)
        if action == "ack":
            await ack(room, LOW)
        elif action == "suppress":
            await room.send((1, 0.0))
        else:
            await act(room, action, LOW, comment="why", seconds=600, permit="W-7")
        heard = [m.header for m in room.heard if m.topic == "alarm"]
        before = {a["id"]: a for a in (await room.ask("core.alarms"))["alarms"]}
    stored = {e["sequence"]: e["event"] for e in journal.events()}
    assert {h["sequence"]: h["event"] for h in heard} == stored
    async with open_room(POINTS, journal=journal, clock=room.clock, settings=settings) as again:
        after = {a["id"]: a for a in (await again.ask("core.alarms"))["alarms"]}
        for key in ("state", "holds", "held", "acknowledged_by", "raised_ns"):
            assert after[LOW][key] == before[LOW][key], key


async def test_what_a_new_setting_no_longer_hides_is_shown_after_a_restart() -> None:
    journal = MemoryAlarmJournal()
    setting = AlarmSetting(
        point="P",
        kind="low",
        suppress_when=(Condition(point="PUMP", comparison="=", value=0.0),),
        suppress_text="PUMP = 0",
    )
    async with open_room(POINTS, journal=journal, settings={setting.id: setting}) as room:
        await raised(room)
        await room.send((1, 0.0))
        assert (await room.ask("core.alarms"))["counts"]["held"] == 1
    async with open_room(POINTS, journal=journal, clock=room.clock) as again:
        counts = (await again.ask("core.alarms"))["counts"]
        assert (counts["held"], counts["unacknowledged"]) == (0, 1)
        assert again.events()[-1] == (LOW, "unsuppressed")


async def test_phoebus_1928_acknowledging_a_lost_link_hides_no_process_alarm() -> None:
    async with open_room(POINTS) as room:
        await raised(room)
        await ack(room, LOW)
        await room.send((0, float("nan"), BAD_NO_COMMUNICATION))
        await room.links(rtu="down")
        await room.advance(1.0, links={"rtu": "down"})
        states = await room.states()
        assert states[LOW] == "acknowledged"
        assert states["link/rtu.communication"] == "unacknowledged"
        await ack(room, "link/rtu.communication")
        await room.links(**UP)
        await room.send((0, 200e3), (1, 1.0), (2, 1.0))
        await room.send((0, 100e3))
        await room.advance(5.0, links=UP)
        assert (await room.states())[LOW] == "unacknowledged"  # it rose anew: seen anew


async def test_phoebus_1966_a_delay_that_ends_looks_again() -> None:
    """Low for a moment, then well: the end of the on-delay must not raise what is over."""
    async with open_room(POINTS) as room:
        await room.links(**UP)
        await room.send((0, 100e3))
        await room.advance(1.0, links=UP)
        await room.send((0, 200e3))
        await room.advance(5.0, links=UP)
        assert await room.states() == {}


async def test_what_cannot_be_stored_is_not_done() -> None:
    async with open_room(POINTS) as room:
        await raised(room)
        room.journal.failing = True
        with pytest.raises(Exception, match="cannot be stored"):
            await act(room, "shelve", LOW, comment="x", seconds=60)
        room.journal.failing = False
        assert (await room.ask("core.alarms"))["alarms"][0]["held"] is False
