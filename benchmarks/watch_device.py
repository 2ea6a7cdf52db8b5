"""A Modbus device of the observer's own: it knows which numbers the room has taken from it.

Registers 0-1 hold a number that is another at every read. A number counts as taken when the next
request came on the same connection: a link asks again only after it has handed the last reply on,
or has given up waiting for it. Which of the two, the device cannot see on a busy machine; so a
number told later than a link's patience after the one before it does not count as taken.
Registers 2 and up hold pressures that the observer sets.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time

PRESSURES = 6
PATIENCE_S = 0.9
"""A hair less than a link waits for a reply; it asked after it had the reply before."""


class WatchDevice:
    """Answers function 3; everything else is refused."""

    def __init__(self, others: int = 0) -> None:
        """`others`: registers from 10 on that change with the number."""
        self._others = others
        self.taken: list[int] = []
        self.doubtful: list[int] = []
        """Numbers the link may have given up on."""
        self.after_s: dict[int, float] = {}
        """How long after the reply before it each number was told."""
        self.pressure_kpa = [300] * PRESSURES
        self.last_first_read_s = 0.0
        """When a new connection was first asked something (monotonic)."""
        self._number = 0
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told: int | None = None
        replied_s = time.monotonic()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readexactly(7)
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                body = await reader.readexactly(length - 1)
                if told is None:
                    self.last_first_read_s = time.monotonic()
                else:
                    sure = self.after_s[told] < PATIENCE_S
                    (self.taken if sure else self.doubtful).append(told)
                    told = None
                reply = bytes((body[0] | 0x80, 1))
                if body[0] == 3:
                    first, count = struct.unpack(">HH", body[1:5])
                    self._number += 1
                    words = [self._number >> 16, self._number & 0xFFFF, *self.pressure_kpa]
                    words += [0] * (10 - len(words))
                    words += [(self._number + k) & 0xFFFF for k in range(self._others)]
                    words = (words + [0] * 200)[first : first + count]
                    reply = struct.pack(f">BB{count}H", 3, 2 * count, *words)
                    told = self._number if first == 0 else None
                writer.write(struct.pack(">HHHB", transaction, 0, len(reply) + 1, unit) + reply)
                await writer.drain()
                after_s, replied_s = time.monotonic() - replied_s, time.monotonic()
                if told is not None:
                    self.after_s[told] = after_s
        writer.close()
