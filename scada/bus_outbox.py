"""What waits to be written to one connection: owed frames in order, news that may be dropped."""

from __future__ import annotations

import asyncio
from collections import deque

from scada.bus_frames import Envelope, encode_frame, encode_header
from scada.ports import BusError

NEWS_FRAMES = 1024
NEWS_BYTES = 64 * 2**20
OWED_BYTES = 256 * 2**20


class Outbox:
    """Two bounded queues before one writer.

    Calls and replies are owed: they go first and are never dropped; a peer that lets more than
    `OWED_BYTES` of them pile up is not reading and loses its connection (BusError from `owe`).
    Published news give way, oldest first, and the peer is told how many it lost.
    """

    def __init__(self) -> None:
        self._owed: deque[bytes] = deque()
        self._news: deque[bytes] = deque()
        self._owed_bytes = 0
        self._news_bytes = 0
        self._lost = 0
        self._something = asyncio.Event()

    def owe(self, frame: bytes) -> None:
        """Queue a frame that must arrive."""
        if self._owed_bytes + len(frame) > OWED_BYTES:
            raise BusError("the other side does not read its calls and replies")
        self._owed.append(frame)
        self._owed_bytes += len(frame)
        self._something.set()

    def tell(self, frame: bytes) -> None:
        """Queue a frame that may be dropped for newer ones."""
        self._news.append(frame)
        self._news_bytes += len(frame)
        while len(self._news) > NEWS_FRAMES or (
            self._news_bytes > NEWS_BYTES and len(self._news) > 1
        ):
            self._news_bytes -= len(self._news.popleft())
            self._lost += 1
        self._something.set()

    async def write_to(self, writer: asyncio.StreamWriter) -> None:
        """Write what is queued, for ever; ends with the connection's own error."""
        while True:
            frame = self._next()
            if frame is None:
                self._something.clear()
                await self._something.wait()
                continue
            writer.write(frame)
            await writer.drain()

    def _next(self) -> bytes | None:
        if self._owed:
            frame = self._owed.popleft()
            self._owed_bytes -= len(frame)
            return frame
        if self._lost:
            lost, self._lost = self._lost, 0
            return encode_frame(Envelope("lost", header=encode_header({"n": lost})))
        if self._news:
            frame = self._news.popleft()
            self._news_bytes -= len(frame)
            return frame
        return None
