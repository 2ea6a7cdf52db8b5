"""The wall clock is set while the room runs: no value goes blind, none ages by it."""

from __future__ import annotations

import pytest
from core_room import CoreRoom, open_room

from scada.clock import SimulatedClock
from scada.point import Limits, Point
from scada.quality import GOOD

POINTS = [
    Point(
        id="A",
        utility="water",
        quantity="level",
        unit="m",
        driver="rtu",
        limits=Limits(high=5.0),
    )
]
UP = {"rtu": "up"}


class SetClock(SimulatedClock):
    """A clock whose wall time can be set."""

    offset_s = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + round(self.offset_s * 1e9)


async def shows(room: CoreRoom) -> tuple[float, int]:
    return float(room.core.live.value[0]), int(room.core.live.quality[0])


@pytest.mark.parametrize("jump_s", [-7200.0, -3.0, 3.0, 7200.0])
async def test_a_set_clock_neither_hides_new_values_nor_ages_old_ones(jump_s: float) -> None:
    clock = SetClock()
    async with open_room(POINTS, clock=clock) as room:
        await room.send((0, 1.0))
        await room.advance(1.0, links=UP)
        clock.offset_s = jump_s
        # not even one tick later, the first value under the new time must be taken
        await room.send((0, 2.0))
        assert await shows(room) == (2.0, GOOD)
        await room.advance(4.0, links=UP)
        assert await shows(room) == (2.0, GOOD)
        assert room.core.clock_jumps == 1
        await room.send((0, 9.0))
        assert await shows(room) == (9.0, GOOD)
        assert await room.states() == {"A.high": "unacknowledged"}
        header, _ = await room.bus.call("core.history", {"point": "A", "to_ns": 2**62})
        assert header["n"] == 3


async def test_a_gateway_whose_clock_is_ahead_is_shown_and_does_not_block_the_others() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 1.0), ago_s=-3600.0)
        await room.send((0, 2.0))
        assert await shows(room) == (2.0, GOOD)
        ahead = room.clock.now_ns() + 3600 * 10**9
        await room.bus.publish("links", {"gateway": "g", "links": [], "time_ns": ahead})
        await room.turn()
        assert (await room.ask("core.status"))["gateways"]["g"]["time_skew_s"] == 3600.0
