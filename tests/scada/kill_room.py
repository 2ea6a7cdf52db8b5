"""A core and a gateway as processes of their own, to be killed at any moment.

The gateway's device shows one number after another; each is printed when the gateway has taken
it, which is when it counts as acknowledged. Afterwards the history must hold each of them once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scada.ports import BusError
from scada.store.sqlite import SqliteStore

POINT = """
from scada.point import Point
from scada.point_table import PointTable
TABLE = PointTable([Point(id="P1", utility="water", quantity="level", unit="m", driver="d")])
"""

CORE = (
    """
import asyncio, sys
from pathlib import Path
from scada.bus_socket import SocketBus, SocketHub
from scada.clock import SystemClock
from scada.core import Core
from scada.journal_memory import MemoryAlarmJournal
from scada.store.sqlite import SqliteStore
"""
    + POINT
    + """
async def main(folder):
    hub = SocketHub(f"unix:{folder}/bus.sock", folder / "bus.secret")
    await hub.start()
    bus = await SocketBus.open(hub.address, folder / "bus.secret")
    core = Core(TABLE, SqliteStore(folder / "history.db"), MemoryAlarmJournal(), bus,
                SystemClock(), {"normal": 1.0})
    await core.run()

asyncio.run(main(Path(sys.argv[1])))
"""
)

GATEWAY = (
    """
import asyncio, sys, time
from pathlib import Path
from scada.bus_socket import SocketBus
from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.spool_disk import DiskSpool
"""
    + POINT
    + """
async def main(folder, value):
    spool = DiskSpool(folder / "spool", ["P1"], time.time_ns(), segment_bytes=20_000)
    bus = SocketBus(f"unix:{folder}/bus.sock", folder / "bus.secret")
    bus._keeping = asyncio.create_task(bus._keep())  # core may be away at the start
    gateway = Gateway("g", TABLE, [DriverConfig(name="d", kind="memory")], {"normal": 1.0}, bus,
                      SystemClock(), spool=spool)
    running = asyncio.create_task(gateway.run())
    device = gateway.drivers["d"]
    while not running.done():
        device.set(0, float(value))
        taken = device.stats.samples
        while device.stats.samples == taken:
            await asyncio.sleep(0)
        print(value, flush=True)
        value += 1
        await asyncio.sleep(0.001)
    running.result()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the history holds of what was acknowledged."""

    acknowledged: int
    lost: int
    twice: int
    in_order: bool
    recoveries_s: list[float]
    """From each start of a gateway to the first value it acknowledged."""


class KillRoom:
    """The two processes on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.acknowledged: list[int] = []
        self.recoveries_s: list[float] = []
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._hearing: asyncio.Task[None] | None = None

    async def start_core(self) -> None:
        self._processes["core"] = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CORE, str(self.folder)
        )

    async def start_gateway(self) -> None:
        # A value may have been taken and not told of: numbers leave room, so that none is reused.
        first = (self.acknowledged[-1] if self.acknowledged else 0) + 1000
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            GATEWAY,
            str(self.folder),
            str(first),
            stdout=asyncio.subprocess.PIPE,
        )
        self._processes["gateway"] = process

        async def hear() -> None:
            assert process.stdout is not None
            heard = 0
            async for line in process.stdout:
                if line.endswith(b"\n"):
                    self.acknowledged.append(int(line))
                    heard += 1
                    if heard == 1:
                        self.recoveries_s.append(time.monotonic() - began)

        self._hearing = asyncio.create_task(hear())

    async def kill(self, name: str) -> None:
        process = self._processes[name]
        process.kill()
        await process.wait()
        if name == "gateway" and self._hearing is not None:
            await self._hearing

    async def torment(self, kills: int, seed: int, *, shortest_s: float, longest_s: float) -> None:
        """Kill and restart one of the two, or both, at random moments."""
        chance = random.Random(seed)  # which moments; nothing secret
        for _ in range(kills):
            heard = len(self.acknowledged)
            async with asyncio.timeout(60):
                while len(self.acknowledged) == heard:  # noqa: ASYNC110  # a process says it
                    await asyncio.sleep(0.001)
            await asyncio.sleep(chance.uniform(shortest_s, longest_s))
            victims = chance.choice([["gateway"], ["core"], ["gateway", "core"]])
            for name in victims:
                await self.kill(name)
            for name in victims:
                await (self.start_gateway() if name == "gateway" else self.start_core())

    async def finish(self) -> Verdict:
        """Let all that waits arrive, stop, and read the history."""
        from scada.bus_socket import SocketBus

        await self.kill("gateway")
        await self.start_gateway()
        bus = await SocketBus.open(f"unix:{self.folder}/bus.sock", self.folder / "bus.secret", 60.0)
        last = self.acknowledged[-1]
        async with asyncio.timeout(120):
            while True:
                with contextlib.suppress(BusError):
                    _, payload = await bus.call("core.snapshot", {})
                    if len(payload) >= 8 and _first_value(payload) > last:
                        break
                await asyncio.sleep(0.05)
        await bus.close()
        acknowledged = list(self.acknowledged)
        for name in ("gateway", "core"):
            await self.kill(name)
        return self._verdict([v for v in acknowledged if v <= last])

    def _verdict(self, acknowledged: list[int]) -> Verdict:
        store = SqliteStore(self.folder / "history.db")
        handle = int(store.handles(["P1"])[0])
        spans = store.spans(handle, "measured", 0, 2**62)
        sealed = spans.open(np.ones(len(spans.hours), dtype=bool))
        values = [float(v) for part in sealed for v in part.value]
        values += [float(v) for v in spans.recent.value]
        store.close()
        counts = Counter(int(v) for v in values)
        return Verdict(
            acknowledged=len(acknowledged),
            lost=sum(1 for v in acknowledged if v not in counts),
            twice=sum(1 for n in counts.values() if n > 1),
            in_order=values == sorted(values),
            recoveries_s=self.recoveries_s,
        )


def _first_value(payload: bytes) -> float:
    import struct

    return float(struct.unpack_from("<d", payload)[0])


async def run(folder: Path, kills: int, seed: int, longest_s: float) -> Verdict:
    """Start both, kill them `kills` times, and judge."""
    room = KillRoom(folder)
    await room.start_core()
    await room.start_gateway()
    await room.torment(kills, seed, shortest_s=0.0, longest_s=longest_s)
    return await room.finish()
