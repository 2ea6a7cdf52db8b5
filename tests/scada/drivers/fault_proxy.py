"""A proxy between a driver and a real device that does to the replies what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct

FAULTS = (
    "refused",
    "half-open",
    "reset",
    "delayed",
    "duplicated",
    "truncated",
    "foreign",
    "wrong unit",
    "transaction zero",
    "too short",
    "garbage",
)


class FaultProxy:
    """Passes requests on; `fault` (one of FAULTS, or empty) says what happens to replies."""

    def __init__(self, target: int, *, seed: int = 1) -> None:
        self.fault = ""
        self.port = 0
        self.connections = 0
        self._target = target
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, fault: str) -> None:
        """From now on; connections that stand feel it too."""
        self.fault = fault
        if fault in ("refused", "reset"):
            self.drop()

    def drop(self) -> None:
        """Reset every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        self.connections += 1
        try:
            if self.fault == "refused":
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            with contextlib.suppress(
                asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError
            ):
                while True:
                    back.write(await _frame(reader))
                    await self._reply(await _frame(there), writer)
            back.close()
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _reply(self, frame: bytes, writer: asyncio.StreamWriter) -> None:
        """Hand a reply on as the fault has it."""
        transaction, unit, body = frame[:2], frame[6], frame[7:]
        other = struct.pack(">H", (int.from_bytes(transaction, "big") + 7) & 0xFFFF)
        wrong = body[:2] + bytes(b ^ 0x55 for b in body[2:])
        if self.fault == "half-open":
            return
        if self.fault == "reset":
            writer.transport.abort()
        elif self.fault == "delayed":
            await asyncio.sleep(0.5)
            writer.write(frame)
        elif self.fault == "duplicated":
            writer.write(frame + frame)
        elif self.fault == "truncated":
            writer.write(frame[: self._chance.randrange(1, len(frame))])
        elif self.fault == "foreign":
            writer.write(_mbap(other, unit, wrong))
        elif self.fault == "wrong unit":
            writer.write(_mbap(transaction, unit + 1, wrong))
        elif self.fault == "transaction zero":
            writer.write(_mbap(b"\0\0", unit, wrong))
        elif self.fault == "too short":
            writer.write(_mbap(transaction, unit, bytes((body[0], 2)) + wrong[2:4]))
        elif self.fault == "garbage":
            writer.write(self._chance.randbytes(40))
        else:
            writer.write(frame)


def _mbap(transaction: bytes, unit: int, body: bytes) -> bytes:
    return transaction + struct.pack(">HHB", 0, len(body) + 1, unit & 0xFF) + body


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(6)
    return head + await reader.readexactly(int.from_bytes(head[4:6], "big"))
