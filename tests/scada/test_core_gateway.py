"""Gateway, socket bus and core together, on the machine's own clock, with a SQLite history."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from scada.bus_socket import SocketBus, SocketHub
from scada.clock import SystemClock
from scada.core import Core
from scada.drivers.config import DriverConfig
from scada.drivers.memory import MemoryDriver
from scada.gateway import Gateway
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from scada.point_table import PointTable
from scada.store.sqlite import SqliteStore

TABLE = PointTable(
    [
        Point(
            id="P1",
            utility="water",
            quantity="pressure",
            unit="MPa",
            driver="rtu",
            limits=Limits(low=140e3, deadband=5e3),
        ),
        Point(id="V1", utility="water", quantity="position", unit="%", driver="rtu", writable=True),
    ]
)
SCAN = {"normal": 1.0}


class Room:
    """Three members of one hub: core, gateway and a page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = MemoryAlarmJournal()
        self.hub = SocketHub(f"unix:{folder}/bus.sock", folder / "bus.secret")
        self.gateway: Gateway
        self.page: SocketBus
        self.core: Core
        self._running: dict[str, asyncio.Task[None]] = {}
        self._buses: dict[str, SocketBus] = {}

    async def join(self, name: str) -> SocketBus:
        bus = await SocketBus.open(self.hub.address, self.folder / "bus.secret")
        self._buses[name] = bus
        return bus

    async def start_core(self) -> None:
        store = SqliteStore(self.folder / "history.db")
        bus = await self.join("core")
        self.core = Core(TABLE, store, self.journal, bus, SystemClock(), SCAN)
        self._running["core"] = asyncio.create_task(self.core.run())

    async def stop_core(self) -> None:
        await self._stop("core")
        await self.core.close()

    async def start_gateway(self) -> None:
        config = DriverConfig(name="rtu", kind="memory")
        bus = await self.join("gateway")
        self.gateway = Gateway("g1", TABLE, [config], SCAN, bus, SystemClock())
        self._running["gateway"] = asyncio.create_task(self.gateway.run())

    async def _stop(self, name: str) -> None:
        task = self._running.pop(name)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self._buses[name].close()

    async def close(self) -> None:
        for name in list(self._running):
            await self._stop(name)
        await self.core.close()
        await self.page.close()
        await self.hub.close()

    @property
    def device(self) -> MemoryDriver:
        driver = self.gateway.drivers["rtu"]
        assert isinstance(driver, MemoryDriver)
        return driver

    async def states(self) -> dict[str, str]:
        answer, _ = await self.page.call("core.alarms", {})
        return {a["id"]: a["state"] for a in answer["alarms"]}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    await room.hub.start()
    room.page = await room.join("page")
    await room.start_core()
    await room.start_gateway()
    yield room
    await room.close()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(Exception):
                if await condition():
                    return
            await asyncio.sleep(0.02)


async def test_from_the_device_to_the_page_and_back(room: Room) -> None:
    alarms = await room.page.subscribe("alarm")
    room.device.set(0, 200e3)
    room.device.set(1, 0.3)

    async def good() -> bool:
        return bool((await room.page.call("core.status", {}))[0]["good"] == 2)

    await until(good)
    room.device.set(0, 120e3)
    event = (await asyncio.wait_for(anext(aiter(alarms)), 10)).header
    assert (event["id"], event["event"], event["sequence"]) == ("P1.low", "raised", 1)
    answer, _ = await room.page.call(
        "core.write", {"point": "V1", "value": 0.7, "user": "li", "reason": "burst"}
    )
    assert answer == {"state": "confirmed", "message": "", "readback": 0.7}


async def test_a_core_that_was_away_gets_everything_and_raises_nothing_twice(room: Room) -> None:
    room.device.set(0, 120e3)

    async def raised() -> bool:
        return await room.states() == {"P1.low": "unacknowledged"}

    await until(raised)
    await room.page.call("core.acknowledge", {"ids": "all", "user": "li"})
    await room.stop_core()
    for n in range(20):
        room.device.set(0, 121e3 + n)
        await asyncio.sleep(0.005)
    await room.start_core()

    async def caught_up() -> bool:
        return len(room.gateway.spool) == 0 and room.core.live.value[0] == 121e3 + 19

    await until(caught_up)
    assert await room.states() == {"P1.low": "acknowledged"}
    header, _ = await room.page.call("core.history", {"point": "P1"})
    assert header["n"] == 21
    events = [(e["id"], e["event"]) for e in reversed(room.journal.events())]
    assert events == [("P1.low", "raised"), ("P1.low", "acknowledged")]


async def test_a_cut_link_is_one_alarm_that_clears_when_it_is_mended(room: Room) -> None:
    room.device.set(0, 120e3)
    room.device.set(1, 0.3)

    async def raised() -> bool:
        return await room.states() == {"P1.low": "unacknowledged"}

    await until(raised)
    room.device.cut()

    async def lost() -> bool:
        return "link/rtu.communication" in await room.states()

    await until(lost)
    assert set(await room.states()) == {"P1.low", "link/rtu.communication"}
    room.device.mend()

    async def back() -> bool:
        return (await room.states())["link/rtu.communication"] == "returned"

    await until(back)
    assert (await room.states())["P1.low"] == "unacknowledged"
