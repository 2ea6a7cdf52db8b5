"""What core takes of a gateway: each sample once, the present even while history cannot store."""

from __future__ import annotations

import numpy as np
import pytest
from core_room import open_room

from scada.point import Limits, Point
from scada.ports import BusError
from scada.samples import NO_POINT, SampleBatch
from scada.store.memory import MemoryStore

POINTS = [
    Point(
        id="P1",
        utility="water",
        quantity="pressure",
        unit="Pa",
        driver="rtu",
        limits=Limits(low=140e3),
    )
]


def parcel(*values: float, now_ns: int, point: int = 0) -> bytes:
    n = len(values)
    times = np.full(n, now_ns, dtype=np.int64)
    return SampleBatch(
        np.full(n, point, dtype=np.uint32),
        np.array(values),
        np.zeros(n, dtype=np.uint32),
        times,
        times,
    ).to_bytes()


async def test_a_parcel_that_is_cut_differently_the_second_time_is_stored_once() -> None:
    async with open_room(POINTS) as room:
        now = room.clock.now_ns()

        async def send(first: int, *values: float) -> None:
            header = {"gateway": "g", "epoch": 3, "first": first, "number": first + len(values) - 1}
            await room.bus.call("core.samples", header, parcel(*values, now_ns=now))

        await send(1, 1.0, 2.0, 3.0)
        await send(2, 2.0, 3.0, 4.0, 5.0)
        await send(1, 1.0, 2.0, 3.0)
        await send(6, 6.0)
        header, payload = await room.bus.call("core.history", {"point": "P1"})
        n = header["n"]
        values = np.frombuffer(payload, "<f8", n, 8 * n).tolist()
        assert values == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


async def test_while_history_cannot_store_alarms_and_values_go_on_and_nothing_is_lost() -> None:
    store = MemoryStore()
    store.full = True
    async with open_room(POINTS, store) as room:
        now = room.clock.now_ns()
        header = {"gateway": "g", "epoch": 3, "first": 1, "number": 1}
        with pytest.raises(BusError, match="the store is full"):
            await room.bus.call("core.samples", header, parcel(150e3, now_ns=now - 9))
        await room.bus.call("core.live", {"gateway": "g"}, parcel(120e3, now_ns=now))
        assert await room.states() == {"P1.low": "unacknowledged"}
        store.full = False
        await room.bus.call("core.samples", header, parcel(150e3, now_ns=now - 9))
        assert (await room.ask("core.status"))["history_rows"] == 1
        # The older sample came later: the present stays.
        assert room.core.live.value[0] == 120e3
        assert await room.states() == {"P1.low": "unacknowledged"}


async def test_samples_of_points_that_left_the_list_are_left_out() -> None:
    async with open_room(POINTS) as room:
        now = room.clock.now_ns()
        header = {"gateway": "g", "epoch": 3, "first": 1, "number": 1}
        gone = parcel(1.0, now_ns=now, point=NO_POINT)
        answer, _ = await room.bus.call("core.samples", header, gone)
        assert answer == {"number": 1}
        assert (await room.ask("core.status"))["history_rows"] == 0
        with pytest.raises(BusError, match="no point has the handle 7"):
            await room.bus.call(
                "core.samples", {**header, "number": 2}, parcel(1.0, now_ns=now, point=7)
            )


async def test_a_gateways_spool_figures_are_in_cores_status() -> None:
    async with open_room(POINTS) as room:
        figures = {"waiting": 5, "dropped": 2, "problem": "2 samples were given up"}
        await room.bus.publish("links", {"gateway": "g", "links": [], **figures})
        await room.turn()
        assert (await room.ask("core.status"))["gateways"] == {"g": figures}
