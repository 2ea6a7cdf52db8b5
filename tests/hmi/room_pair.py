"""Two rooms on one PostgreSQL, a counter behind them, and links to the database that break."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from scenarios.init_site import init_site
from tests.postgres import PostgresServer
from tests.scada.drivers.field import FakeServer, Frame, free_port, reply, words

SITE = """
name_zh = "对"
name_en = "Pair"
timezone = "Asia/Shanghai"
profile = "jinan"
[scan]
fast = 0.1
[storage]
history = "{url}"
records = "{url}"
spare = true
[[drivers]]
name = "rtu"
kind = "modbus_tcp"
host = "127.0.0.1"
port = {port}
unit = {unit}
backoff_s = 0.2
"""
POINTS = (
    "id,utility,quantity,unit,element,driver,address,type,scan\n"
    "C,water,count,pcs,,rtu,hr:0,uint16,fast\n"
)


class Proxy:
    """A link to the database that can be cut: nothing passes, nothing is closed."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.cut = asyncio.Event()
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes()
        back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        for a, b in ((reader, forth), (back, writer)):
            task = asyncio.create_task(self._pump(a, b))
            self._tasks.add(task)

    async def _passes(self) -> None:
        while self.cut.is_set():  # noqa: ASYNC110  whoever cuts it may mend it
            await asyncio.sleep(0.05)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._passes()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()


class Field:
    """One counter behind two unit numbers, one for each room: who polls is seen at the wire."""

    def __init__(self) -> None:
        self.polls: list[tuple[float, int, int]] = []
        self.taken: dict[int, tuple[float, int]] = {}
        """When and by whom, by value: a link asks again when it has handed the last reply on."""
        self._told: dict[asyncio.StreamWriter, tuple[int, tuple[float, int]]] = {}

    async def answer(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        transaction, unit, function, data = frame
        count = int.from_bytes(data[2:4], "big")
        value = len(self.polls) + 1
        self.polls.append((time.monotonic(), unit, value))
        before = self._told.get(writer)
        if before is not None:
            self.taken[before[0]] = before[1]
        self._told[writer] = (value, (time.monotonic(), unit))
        writer.write(reply(transaction, unit, function, words(*[value % 65536] * count)))

    def last(self, unit: int) -> float:
        return max((t for t, u, _ in self.polls if u == unit), default=0.0)


class RoomProcesses:
    """The core and the gateway of one room, as the supervisor would start them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self, *roles: str) -> None:
        with (self.folder / "log").open("ab") as log:
            for role in roles or ("core", "gateway"):
                self.processes.append(
                    await asyncio.create_subprocess_exec(
                        sys.executable,
                        "-m",
                        "hmi.processes",
                        role,
                        str(self.folder),
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )

    async def kill(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        self.processes.clear()


@contextlib.asynccontextmanager
async def pair(
    tmp_path: Path, server: PostgresServer
) -> AsyncIterator[tuple[Field, dict[int, RoomProcesses], dict[int, Proxy], str]]:
    url = server.url()
    field = Field()
    rooms, proxies = {}, {}
    empty = tmp_path / "empty"
    init_site(empty, example="empty", network_file=None, seed=1, elements=200)
    async with FakeServer(field.answer) as modbus:
        for unit in (1, 2):
            proxies[unit] = Proxy(server.port)
            await proxies[unit].start()
            folder = tmp_path / f"room{unit}"
            folder.mkdir()
            mine = url.replace(f":{server.port}/", f":{proxies[unit].port}/")
            text = SITE.format(url=mine, port=modbus.port, unit=unit)
            (folder / "site.toml").write_text(text, "utf-8")
            (folder / "points.csv").write_text(POINTS, "utf-8")
            for table in ("valves", "customers", "roads", "fleet", "fill_points", "depots"):
                shutil.copy(empty / f"{table}.csv", folder)
            rooms[unit] = RoomProcesses(folder)
        try:
            await rooms[1].start()
            await until(lambda: field.last(1) > 0, rooms[1])
            await rooms[2].start()
            yield field, rooms, proxies, url
        finally:
            for room in rooms.values():
                await room.kill()
            for proxy in proxies.values():
                await proxy.close()


async def until(holds: Callable[[], bool], room: RoomProcesses, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, (room.folder / "log").read_text("utf-8")[-3000:]
        await asyncio.sleep(0.02)
