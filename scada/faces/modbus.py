"""The room as a Modbus TCP server for old partners: see `modbus_map`. Read only."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Sequence

from scada.faces.feed import Feed
from scada.faces.modbus_map import REGISTERS, answer, registers
from scada.point import Point
from scada.ports import Bus

IDLE_S = 300.0
MOST_CONNECTIONS = 64
_HEAD = struct.Struct(">HHHB")


class ModbusFace:
    """The server; `run` until cancelled. Plain Modbus has no users: keep it on a trusted net."""

    def __init__(self, points: Sequence[Point], bus: Bus, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.feed = Feed(points, bus)
        self.ready = asyncio.Event()
        self._image = bytearray(2 * REGISTERS * len(points))
        self._open = 0

    async def run(self) -> None:
        """Answer and keep the registers up to date. OSError when the port is taken."""
        server = await asyncio.start_server(self._serve, self.host, self.port)
        async with server, asyncio.TaskGroup() as tasks:
            tasks.create_task(self.feed.run(), name="values")
            tasks.create_task(self._follow(), name="registers")
            self.ready.set()

    async def _follow(self) -> None:
        size = 2 * REGISTERS
        feed = self.feed
        while True:
            handles = await feed.changes()
            values = feed.shown(handles).tolist()
            quality, times = feed.quality[handles].tolist(), feed.time_ns[handles].tolist()
            for h, value, code, at in zip(handles.tolist(), values, quality, times, strict=True):
                self._image[size * h : size * (h + 1)] = registers(value, code, at)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST_CONNECTIONS:
                await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                head = await reader.readexactly(_HEAD.size)
                transaction, protocol, length, unit = _HEAD.unpack(head)
                if protocol != 0 or not 2 <= length <= 254:
                    return  # no Modbus: there is no way to find the next frame
                request = await reader.readexactly(length - 1)
            reply = answer(self._image, unit, request)
            writer.write(_HEAD.pack(transaction, 0, len(reply) + 1, unit) + reply)
            await writer.drain()
