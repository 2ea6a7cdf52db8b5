"""A gateway on a machine of its own: it meets core on a NATS server, which may be killed."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from scada.bus_nats import NatsBus
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend
from scenarios.init_site import init_site
from tests.hmi.room_pair import POINTS, Field, RoomProcesses, until
from tests.nats_server import nats
from tests.scada.drivers.field import FakeServer

SITE = """
name_zh = "远"
name_en = "Apart"
timezone = "Asia/Shanghai"
profile = "jinan"
[scan]
fast = 0.1
[bus]
nats = "{url}"
space = "apart"
[[drivers]]
name = "rtu"
kind = "modbus_tcp"
host = "127.0.0.1"
port = {port}
unit = 1
backoff_s = 0.2
"""


async def test_samples_come_over_a_nats_server_that_is_killed_meanwhile(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    init_site(empty, example="empty", network_file=None, seed=1, elements=200)
    field = Field()
    with nats() as server:
        async with FakeServer(field.answer) as modbus:
            rooms = []
            for role in ("core", "gateway"):
                folder = tmp_path / role
                shutil.copytree(empty, folder)
                (folder / "site.toml").write_text(
                    SITE.format(url=server.url, port=modbus.port), "utf-8"
                )
                (folder / "points.csv").write_text(POINTS, "utf-8")
                rooms.append(RoomProcesses(folder))
                await rooms[-1].start(role)
            bus = await NatsBus.open(server.url, "apart")
            stored = 0

            async def received() -> int:
                try:
                    return int((await bus.call("core.status", {}))[0]["samples_received"])
                except Exception:
                    return -1

            async def more(than: int) -> int:
                async with asyncio.timeout(60):
                    while (now := await received()) <= than:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                return now

            try:
                stored = await more(5)
                server.kill()
                polled = len(field.polls)
                await until(lambda: len(field.polls) > polled + 10, rooms[1])
                server.start()
                await more(stored + 10)
            finally:
                await bus.close()
                for room in reversed(rooms):
                    await room.kill()
    store = SqliteStore(tmp_path / "core" / "data" / "history.db")
    values = read_trend(store, 1, "measured", 0, 2**62, 10**6).value.tolist()
    store.close()
    # Nothing twice, nothing left out: what was polled meanwhile waited at the gateway.
    assert values == [float(v) for v in range(1, len(values) + 1)]
    assert len(values) >= stored + 10
