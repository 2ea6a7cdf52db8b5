"""What the driver tests share: fake and real Modbus servers, points, and a collector."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob
from scada.point import Point

Frame = tuple[int, int, int, bytes]
"""Transaction, unit, function, data of a request."""

Behaviour = Callable[[Frame, asyncio.StreamWriter], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def reply(transaction: int, unit: int, function: int, data: bytes) -> bytes:
    """A Modbus TCP frame."""
    return struct.pack(">HHHBB", transaction, 0, len(data) + 2, unit, function) + data


def words(*values: int) -> bytes:
    """The data of a reply to a read of registers."""
    return bytes([2 * len(values)]) + struct.pack(f">{len(values)}H", *values)


class FakeServer:
    """A Modbus TCP server that does to each request what it is told to; it notes all of them."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[Frame] = []
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> FakeServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(7)
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                body = await reader.readexactly(length - 1)
                frame = (transaction, unit, body[0], body[1:])
                self.requests.append(frame)
                await self.behaviour(frame, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def counting(frame: Frame, writer: asyncio.StreamWriter) -> None:
    """Answer a read with each register's own address as its value."""
    transaction, unit, function, data = frame
    start, count = struct.unpack(">HH", data[:4])
    writer.write(reply(transaction, unit, function, words(*range(start, start + count))))


async def real_server(port: int, *devices: SimDevice) -> ModbusTcpServer:
    """A pymodbus server, listening."""
    server = ModbusTcpServer(context=list(devices), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    return server


def device(unit: int = 1, *, holding: int = 500, value: int = 0) -> SimDevice:
    """A unit with 160 coils and inputs, `holding` holding and 200 input registers."""
    return SimDevice(
        unit,
        simdata=(
            [SimData(0, values=[False] * 160, datatype=DataType.BITS)],
            [SimData(0, values=[True, False] * 80, datatype=DataType.BITS)],
            [SimData(0, count=holding, values=value, datatype=DataType.REGISTERS)],
            [SimData(0, values=list(range(200)), datatype=DataType.REGISTERS)],
        ),
    )


def point(name: str, address: str, kind: str = "uint16", **fields: object) -> Point:
    """A point in SI (Pa) unless told otherwise."""
    given = {"utility": "water", "quantity": "pressure", "unit": "Pa", "scan": "fast"}
    return Point(id=name, address=address, type=kind, driver="link", **{**given, **fields})


class Collector:
    """Takes a driver's samples and keeps the last value and quality of each point."""

    def __init__(self) -> None:
        self.value: dict[int, float] = {}
        self.quality: dict[int, int] = {}
        self.source_ns: dict[int, int] = {}
        self.history: list[tuple[int, float, int]] = []

    def __call__(self, samples) -> None:
        for handle, value, quality, source in zip(
            samples.point.tolist(),
            samples.value.tolist(),
            samples.quality.tolist(),
            samples.source_time_ns.tolist(),
            strict=True,
        ):
            self.value[handle], self.quality[handle] = value, quality
            self.source_ns[handle] = source
            self.history.append((handle, value, quality))

    def times(self, handle: int, quality: int) -> int:
        """How often a point was reported with a quality."""
        return sum(1 for h, _, q in self.history if h == handle and q == quality)


class Running:
    """A driver at work: `async with Running(Driver, config, points) as (driver, samples)`."""

    def __init__(self, kind, config: DriverConfig, points, scan=None) -> None:
        self.samples = Collector()
        self.driver = kind(
            DriverJob(
                config=config,
                points=dict(enumerate(points)),
                scan=scan or {"fast": 0.05, "slow": 0.2},
                clock=SystemClock(),
            )
        )

    async def __aenter__(self):
        self._task = asyncio.create_task(self.driver.run(self.samples))
        return self.driver, self.samples

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so; a TimeoutError means that it never was."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # any condition, not one event
            await asyncio.sleep(0.01)
