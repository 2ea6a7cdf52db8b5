"""A sensor the live model contradicts is doubtful until it agrees; no model blames nobody."""

from __future__ import annotations

import numpy as np

from scada.point import Point
from scada.quality import GOOD, UNCERTAIN_SENSOR_NOT_ACCURATE
from scada.samples import SampleBatch
from tests.scada.core_room import CoreRoom, open_room

POINTS = [
    Point(id="P", utility="water", quantity="pressure", unit="Pa", model_max=20e3),
    Point(id="Q", utility="water", quantity="pressure", unit="Pa"),
]


async def model(room: CoreRoom, *values: float) -> None:
    n, now = len(values), np.full(len(values), room.clock.now_ns(), dtype=np.int64)
    batch = SampleBatch(
        np.arange(n, dtype=np.uint32), np.array(values), np.zeros(n, dtype=np.uint32), now, now
    )
    await room.bus.call("core.model", {"time_ns": int(now[0])}, batch.to_bytes())


async def pass_time(room: CoreRoom, seconds: int, measured: float, modelled: float) -> None:
    for _ in range(seconds // 5):
        await room.send((0, measured), (1, measured))
        await model(room, modelled, modelled)
        await room.advance(5.0)


async def test_a_sensor_the_model_contradicts_for_a_minute_is_doubtful_until_it_agrees() -> None:
    async with open_room(POINTS) as room:
        live = room.core.live
        await pass_time(room, 30, 300e3, 340e3)
        assert live.quality[0] == GOOD  # a plant that has just changed
        await pass_time(room, 60, 300e3, 340e3)
        assert live.quality.tolist() == [UNCERTAIN_SENSOR_NOT_ACCURATE, GOOD]
        await pass_time(room, 10, 335e3, 340e3)
        assert live.quality[0] == GOOD


async def test_without_a_fresh_model_nobody_is_blamed() -> None:
    async with open_room(POINTS) as room:
        await pass_time(room, 90, 300e3, 340e3)
        assert room.core.live.quality[0] == UNCERTAIN_SENSOR_NOT_ACCURATE
        for _ in range(16):
            await room.send((0, 300e3), (1, 300e3))
            await room.advance(5.0)
        assert room.core.live.quality[0] == GOOD
