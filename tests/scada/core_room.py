"""A core on an in-memory bus with a simulated clock, and hands to feed it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np

from scada.bus import MemoryBus
from scada.clock import SimulatedClock
from scada.core import Core
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Point
from scada.point_table import PointTable
from scada.ports import Message
from scada.samples import SampleBatch
from scada.store.memory import MemoryStore
from scada.store.port import SampleStore

SCAN = {"fast": 1.0, "normal": 2.0}


class CoreRoom:
    """The room; `async with open_room(points) as room` starts and stops it."""

    def __init__(
        self,
        points: Sequence[Point],
        store: SampleStore | None = None,
        journal: Any = None,
        clock: SimulatedClock | None = None,
        **more: Any,
    ) -> None:
        self.clock = clock or SimulatedClock()
        self.bus = MemoryBus()
        self.journal = journal or MemoryAlarmJournal()
        self.store = store or MemoryStore()
        self.core = Core(
            PointTable(points), self.store, self.journal, self.bus.peer(), self.clock, SCAN, **more
        )
        self.number = 0
        self.heard: list[Message] = []

    async def send(
        self,
        *rows: tuple[int, float] | tuple[int, float, int],
        ago_s: float = 0.0,
        number: int | None = None,
        epoch: int = 1,
        gateway: str = "g",
        origin: str = "measured",
    ) -> dict[str, Any]:
        """Samples (point, value[, quality]) that arrived `ago_s` before now."""
        n = len(rows)
        at = self.clock.now_ns() - round(ago_s * 1e9)
        batch = SampleBatch(
            np.array([r[0] for r in rows], dtype=np.uint32),
            np.array([r[1] for r in rows], dtype=np.float64),
            np.array([r[2] if len(r) > 2 else 0 for r in rows], dtype=np.uint32),
            np.full(n, at, dtype=np.int64),
            np.full(n, at, dtype=np.int64),
        )
        if number is None:
            self.number += 1
            number = self.number
        mark = {"gateway": gateway, "epoch": epoch, "number": number, "origin": origin}
        answer, _ = await self.bus.call("core.samples", mark, batch.to_bytes())
        return answer

    async def links(self, **states: str) -> None:
        """What the gateway says of its links."""
        rows = [{"name": name, "kind": "memory", "state": s} for name, s in states.items()]
        await self.bus.publish("links", {"links": rows})
        await self.turn()

    async def turn(self) -> None:
        """Let tasks and writer threads come to rest without moving time."""
        for _ in range(5):
            await self.bus.call("core.status", {})

    async def advance(self, seconds: float, *, links: dict[str, str] | None = None) -> None:
        """Move time on in small steps; `links` keeps the gateway heard meanwhile."""
        while seconds > 1e-9:
            step = min(seconds, 0.2)
            await self.clock.advance(step)
            seconds -= step
            if links is not None:
                await self.links(**links)
            else:
                await self.turn()

    async def ask(self, service: str, **header: Any) -> dict[str, Any]:
        """The header of an answer."""
        return (await self.bus.call(service, header))[0]

    async def states(self) -> dict[str, str]:
        """Alarm states by id."""
        answer = await self.ask("core.alarms")
        return {alarm["id"]: alarm["state"] for alarm in answer["alarms"]}

    def events(self) -> list[tuple[str, str]]:
        """(alarm, event) in the order of storing."""
        return [(e["id"], e["event"]) for e in reversed(self.journal.events())]


@contextlib.asynccontextmanager
async def open_room(
    points: Sequence[Point],
    store: SampleStore | None = None,
    journal: Any = None,
    clock: SimulatedClock | None = None,
    **more: Any,
) -> AsyncIterator[CoreRoom]:
    room = CoreRoom(points, store, journal, clock, **more)
    heard = await room.bus.subscribe("values", "alarm", size=10_000)

    async def listen() -> None:
        async for message in heard:
            room.heard.append(message)

    listening = asyncio.create_task(listen())
    running = asyncio.create_task(room.core.run())
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(Exception):
                await room.bus.call("core.status", {})
                break
            await asyncio.sleep(0.001)
    try:
        yield room
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await room.core.close()
        await heard.close()
        await listening
