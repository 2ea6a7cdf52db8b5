"""Faults on an OPC UA connection: garbage, silence and resets in the middle of a session."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest
from asyncua import ua
from field import Running, free_port, point, until
from opcua_process import make_server

from scada.drivers.config import DriverConfig
from scada.drivers.opcua import OpcUaDriver
from scada.quality import BAD_NO_COMMUNICATION, GOOD


class Wire:
    """Passes bytes both ways; what comes from the server suffers the fault."""

    def __init__(self, target: int) -> None:
        self.fault = ""
        self.port = 0
        self._target = target
        self._chance = random.Random(5)
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, fault: str) -> None:
        self.fault = fault
        if fault == "reset":
            for writer in list(self._writers):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "reset":
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        for source, sink, spoil in ((reader, back, False), (there, writer, True)):
            task = asyncio.create_task(self._pass(source, sink, spoil))
            self._tasks.add(task)

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, spoil: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                if spoil and self.fault == "garbage":
                    data = self._chance.randbytes(len(data))
                elif spoil and self.fault == "silent":
                    continue
                sink.write(data)
        sink.transport.abort()


@pytest.mark.parametrize("fault", ["garbage", "silent", "reset"])
async def test_a_spoiled_session_is_replaced_by_a_new_one(fault: str) -> None:
    port = free_port()
    server, variables = await make_server(port, 1, 1.0)
    async with Wire(port) as wire:
        config = DriverConfig(
            name="link",
            kind="opcua",
            url=f"opc.tcp://127.0.0.1:{wire.port}/ringmain",
            backoff_s=0.3,
            publishing_s=0.05,
            stale_s=1.0,
        )
        async with Running(OpcUaDriver, config, [point("P", "ns=2;s=V0", "float32")]) as (
            driver,
            got,
        ):
            await until(lambda: got.value.get(0) == 1.0)
            wire.begin(fault)
            await variables[0].write_value(ua.Variant(2.0, ua.VariantType.Float))
            await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION, 40.0)
            wire.begin("")
            await until(lambda: (got.value.get(0), got.quality.get(0)) == (2.0, GOOD), 40.0)
            assert {v for _, v, q in got.history if q == GOOD} == {1.0, 2.0}
            assert driver.stats.state == "up"
    await server.stop()
