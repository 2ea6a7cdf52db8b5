"""Substitutes and registers over REST, on a real core and a real gateway with a real device."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from hmi.api.site_view import SiteView
from hmi.app import create_app
from hmi.security.access import LabAccess
from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.core import Core
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Point
from scada.point_table import PointTable
from scada.registers import encode
from scada.store.memory import MemoryStore

WORDS = encode(2.5, "float32", "CDAB")


async def _unit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A device that shows 2.5 as a float with its words swapped, at any address."""
    try:
        while True:
            head = await reader.readexactly(12)
            (count,) = struct.unpack(">H", head[10:])
            data = struct.pack(f">{count}H", *(WORDS * count)[:count])
            writer.write(head[:4] + struct.pack(">HBBB", 3 + len(data), 1, head[7], len(data)))
            writer.write(data)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@asynccontextmanager
async def room(static: Path) -> AsyncIterator[httpx.AsyncClient]:
    device = await asyncio.start_server(_unit, "127.0.0.1", 0)
    port = device.sockets[0].getsockname()[1]
    table = PointTable(
        [
            Point(
                id="L",
                utility="water",
                quantity="level",
                unit="mm",
                driver="rtu",
                address="hr:0",
                word_order="CDAB",
                scan="fast",
            )
        ]
    )
    bus, scan = MemoryBus(), {"fast": 0.1}
    core = Core(table, MemoryStore(), MemoryAlarmJournal(), bus.peer(), SystemClock(), scan)
    link = DriverConfig(name="rtu", kind="modbus_tcp", port=port)
    gateway = Gateway("g", table, [link], scan, bus.peer(), SystemClock())
    tasks = [asyncio.create_task(core.run()), asyncio.create_task(gateway.run())]
    view = SiteView(
        name_zh="", name_en="", language="en", timezone="UTC", version="1", points=table.points
    )
    app = create_app(bus.peer(), view, static, access=LabAccess())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        asyncio.timeout(60),
    ):
        while core.live.value[0] != 0.0025:  # noqa: ASYNC110  # a device says it
            await asyncio.sleep(0.01)
        yield client
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await core.close()
    device.close()


async def test_a_value_set_by_hand_is_listed_and_released(tmp_path: Path) -> None:
    async with room(tmp_path) as client:
        body = {"point": "L", "value": 1500, "hours": 2, "reason": "float stuck", "user": "li"}
        done = await client.post("/api/substitutes", json=body)
        assert done.status_code == 200, done.text
        (row,) = (await client.get("/api/substitutes")).json()["substitutes"]
        assert (row["value"], row["unit"], row["reason"]) == (1500.0, "mm", "float stuck")
        events = (await client.get("/api/events")).json()["events"]
        assert events[0]["event"] == "substituted"
        release = {"point": "L", "user": "wu"}
        assert (await client.post("/api/substitutes/release", json=release)).status_code == 200
        assert (await client.post("/api/substitutes/release", json=release)).status_code == 409
        assert (await client.get("/api/substitutes")).json() == {"substitutes": []}
        for wrong in ({"hours": 0}, {"hours": 9999}, {"reason": " "}, {"point": "X"}):
            refused = await client.post("/api/substitutes", json={**body, **wrong})
            assert refused.status_code in (404, 422)


async def test_registers_are_shown_in_every_word_order(tmp_path: Path) -> None:
    async with room(tmp_path) as client:
        look = {"driver": "rtu", "address": "hr:100", "count": 2}
        shown = (await client.post("/api/registers", json=look)).json()
        assert shown["words"] == WORDS
        floats = next(row for row in shown["rows"] if row["type"] == "float32")
        assert [o for o in ("ABCD", "CDAB", "BADC", "DCBA") if floats[o] == 2.5] == ["CDAB"]
        for wrong in ({"driver": "x"}, {"address": "co:1"}, {"address": "40001"}):
            refused = await client.post("/api/registers", json={**look, **wrong})
            assert refused.status_code == 409
