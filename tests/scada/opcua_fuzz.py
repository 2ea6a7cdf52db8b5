"""Malformed OPC UA messages, at our server and at our client: what both fuzz tools share.

A message is spoiled after the library has made it, so that most get past the header and reach the
decoders: some bytes changed, lengths and counts made huge, cut, doubled, chunks that never end,
or noise from the first byte on.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from pathlib import Path

HEADER = 8
SECURED = 24
"""Type, size, channel, token, sequence number, request id: what stands before a body."""
LARGE = (0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x00FFFFFF, 0x10000, 0)
KEPT_MESSAGES = 500
KEPT = 0.7
"""How many spoiled messages keep a sound frame, and so reach the decoder of their body."""


def spoiled(dice: random.Random, frame: bytes) -> bytes:
    """What a broken or hostile peer makes of a message."""
    if dice.random() < KEPT and len(frame) > SECURED + 4:
        body = _body(dice, bytearray(frame[SECURED:]))
        head = bytearray(frame[:SECURED])
        head[4:HEADER] = struct.pack("<I", SECURED + len(body))
        return bytes(head + body)
    kind = dice.randrange(8)
    data = bytearray(frame)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 200))
    if kind == 1:
        return bytes(data[: dice.randrange(1, len(data) + 1)])
    if kind == 2:
        data[4:8] = struct.pack("<I", dice.choice((*LARGE, dice.randrange(64), len(data) - 1)))
    elif kind == 3:
        data[3:4] = dice.choice((b"C", b"A", b"F", b"X"))  # a chunk that is never the last one
    elif kind == 4:
        data[0:3] = dice.choice((b"HEL", b"ACK", b"ERR", b"OPN", b"CLO", b"RHE", b"ZZZ"))
    elif kind == 5:
        return bytes(data + data)
    else:
        for _ in range(dice.randrange(1, 5)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def _body(dice: random.Random, body: bytearray) -> bytearray:
    kind = dice.randrange(5)
    if kind == 0:
        return body[: dice.randrange(1, len(body) + 1)]
    if kind == 1 and len(body) > 8:
        at = dice.randrange(len(body) - 4)
        body[at : at + 4] = struct.pack("<I", dice.choice(LARGE))
    elif kind == 2:
        at = dice.randrange(len(body))
        body[at:at] = dice.randbytes(dice.randrange(1, 40))
    elif kind == 3:
        body[2:4] = struct.pack("<H", dice.randrange(400, 900))  # another service
    else:
        for _ in range(dice.randrange(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
    return body


def frames_of(buffer: bytearray) -> list[bytes]:
    """Take the whole messages out of a buffer."""
    found = []
    while len(buffer) >= HEADER:
        size = struct.unpack_from("<I", buffer, 4)[0]
        if size < HEADER or len(buffer) < size:
            break
        found.append(bytes(buffer[:size]))
        del buffer[:size]
    return found


class LyingProxy:
    """Stands between a client and an honest server and spoils some of the server's messages."""

    def __init__(self, server_port: int, seed: int, share: float) -> None:
        self.share = share
        """How many of the server's messages are spoiled; 0: it tells the truth."""
        self.said: list[bytes] = []
        """The first of the server's messages, as they were."""
        self.lied = 0
        self.port = 0
        self._server_port = server_port
        self._dice = random.Random(seed)
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> LyingProxy:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listening is not None
        self._listening.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                honest, there = await asyncio.open_connection("127.0.0.1", self._server_port)
                up = asyncio.create_task(_pass(reader, there))
                down = asyncio.create_task(self._lie(honest, writer))
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
                for half in (up, down):
                    half.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
        except asyncio.CancelledError:
            pass
        finally:
            self._open.discard(task)
            for one in (writer, there):
                if one is not None:
                    one.close()

    async def _lie(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        while data := await reader.read(65536):
            buffer += data
            for frame in frames_of(buffer):
                if len(self.said) < KEPT_MESSAGES:
                    self.said.append(frame)
                lie = self._dice.random() < self.share
                self.lied += lie
                writer.write(spoiled(self._dice, frame) if lie else frame)
            await writer.drain()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def memory_mb(pid: int) -> float:
    """What a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
