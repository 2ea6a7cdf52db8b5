"""The line between the plant and its servers: length-prefixed frames on a local socket.

The plant serves a socket file that only this user can open. A server says which driver it is, gets
that driver's readings (SI, in the order of its points) every cycle, and sends writes back. Either
side may die and return: servers connect again, and the plant sends the newest readings at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
RETRY_S = 0.2
WRITE_TIMEOUT_S = 5.0


class Hello(msgspec.Struct, tag="hello"):
    """A server's first word."""

    driver: str


class Readings(msgspec.Struct, tag="readings"):
    """SI readings of a driver's points, float64, taken at `time_ns` (ns since 1970, UTC)."""

    time_ns: int
    values: bytes


class Write(msgspec.Struct, tag="write"):
    """Point `index` of the driver's list shall become `value` (SI)."""

    number: int
    index: int
    value: float


class Written(msgspec.Struct, tag="written"):
    """The plant's answer: refused with a message, or done, and what the point reads now (SI)."""

    number: int
    ok: bool
    message: str
    value: float


Frame = Hello | Readings | Write | Written
_decoder = msgspec.msgpack.Decoder(Frame)


class PlantUnreachableError(ConnectionError):
    """The plant does not answer."""


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame; asyncio.IncompleteReadError when the other side has gone."""
    size = int.from_bytes(await reader.readexactly(4), "little")
    frame: Frame = _decoder.decode(await reader.readexactly(size))
    return frame


def write_frame(writer: asyncio.StreamWriter, frame: Frame) -> None:
    """Queue a frame for sending."""
    body = msgspec.msgpack.encode(frame)
    writer.write(len(body).to_bytes(4, "little") + body)


OnWrite = Callable[[str, int, float], Awaitable[Written]]


class Hub:
    """The plant's end: readings out to every server, writes in."""

    def __init__(self, on_write: OnWrite) -> None:
        self._on_write = on_write
        self._latest: dict[str, Readings] = {}
        self._lines: dict[asyncio.StreamWriter, str] = {}
        self._server: asyncio.Server | None = None
        self._path = Path()
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self, path: str) -> None:
        """Serve the socket file `path`, in a folder that only this user may enter."""
        self._path = Path(path)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, path)

    async def stop(self) -> None:
        """Close every line; remove the socket and its folder."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty: it is somebody else's too
                self._path.parent.rmdir()
        for writer in list(self._lines):
            writer.close()
        if self._serving:
            await asyncio.wait(self._serving, timeout=1.0)

    def send(self, driver: str, values: F64, time_ns: int) -> None:
        """Hand a driver's readings to its servers; a server that does not read is cut off."""
        readings = Readings(time_ns, values.astype("<f8").tobytes())
        self._latest[driver] = readings
        for writer, name in list(self._lines.items()):
            if name != driver:
                continue
            if writer.transport.get_write_buffer_size() > 1 << 20:
                writer.close()
            else:
                write_frame(writer, readings)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            hello = await read_frame(reader)
            if not isinstance(hello, Hello):
                return
            self._lines[writer] = hello.driver
            if hello.driver in self._latest:
                write_frame(writer, self._latest[hello.driver])
            while True:
                frame = await read_frame(reader)
                if isinstance(frame, Write):
                    answer = await self._on_write(hello.driver, frame.index, frame.value)
                    answer.number = frame.number
                    write_frame(writer, answer)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            pass  # the server has gone, or is none of ours: its line is closed below
        finally:
            self._lines.pop(writer, None)
            writer.close()


class Line:
    """A server's end: `on_readings` is called with every set of readings."""

    def __init__(
        self, path: str, driver: str, on_readings: Callable[[F64, int], Awaitable[None]]
    ) -> None:
        self._path = path
        self._driver = driver
        self._on_readings = on_readings
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[Written]] = {}
        self._number = 0

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._connected()
            self._writer = None
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(PlantUnreachableError("the plant went away"))
            self._waiting.clear()
            await asyncio.sleep(RETRY_S)

    async def write(self, index: int, value: float) -> Written:
        """Ask the plant; its answer. PlantUnreachableError when none comes."""
        if self._writer is None:
            raise PlantUnreachableError("the plant is not there")
        self._number += 1
        number = self._number
        answer: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        write_frame(self._writer, Write(number, index, value))
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                return await answer
        except TimeoutError as error:
            raise PlantUnreachableError("the plant did not answer") from error
        finally:
            self._waiting.pop(number, None)

    async def _connected(self) -> None:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            write_frame(writer, Hello(self._driver))
            self._writer = writer
            while True:
                frame = await read_frame(reader)
                if isinstance(frame, Readings):
                    await self._on_readings(np.frombuffer(frame.values, "<f8"), frame.time_ns)
                elif isinstance(frame, Written):
                    waiting = self._waiting.get(frame.number)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(frame)
        finally:
            writer.close()
