"""Malformed Modbus frames on real sockets: `python benchmarks/fuzz_modbus_peers.py [--frames N]`.

At our server: the Modbus face on a running core, in a process of its own, takes spoiled requests on
many connections, some of which never read an answer, while an honest peer goes on reading. At our
client: drivers poll devices that spoil a part of what they say (a twentieth as many: each may cost
a reply's patience), and must read all points again when the lying ends. Prints frames a second, the
memory of the process under fire while it goes on, and how long an honest peer waits; exit code 1
when a process dies, an honest peer is not served, the memory grows, or a driver does not come back.
`fuzz_modbus.py` feeds the codec without sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import struct
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "scada" / "drivers"))

from field import FakeServer, Frame, point, reply, words
from fuzz_modbus import spoiled
from fuzz_opcua import figures, process

from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import GOOD
from tests.scada.opcua_fuzz import memory_mb

SERVER = """
import asyncio
from scada.faces.modbus import ModbusFace
from tests.scada.core_room import open_room
from tests.scada.drivers.field import free_port
from tests.scada.faces.test_opcua_face import points

async def main():
    some = points(150)
    async with open_room(some) as room:
        face = ModbusFace(some, room.bus.peer(), "127.0.0.1", free_port())
        serving = asyncio.create_task(face.run())
        await face.ready.wait()
        await room.send(*[(k, 200e3) for k in range(150)])
        for _ in range(10):
            await room.advance(0.2)
            await asyncio.sleep(0.05)
        print(face.port, flush=True)
        while not serving.done():
            await asyncio.sleep(0.5)
            await room.advance(0.5)
        await serving

asyncio.run(main())
"""
BURST = 200
LOOK_S = 1.0
AGAIN_S = 60.0
HONEST = struct.pack(">HHHBBHH", 7, 0, 6, 1, 4, 0, 8)


def request(dice: random.Random) -> bytes:
    """A request as a partner sends it, of any function."""
    function = dice.choice((1, 2, 3, 4, 5, 6, 8, 15, 16, 22, 23, 43, dice.randrange(256)))
    data = struct.pack(">HH", dice.randrange(0, 1400), dice.choice((1, 2, 8, 125, 126, 65535)))
    if function in (15, 16, 23):
        data += bytes((4,)) + dice.randbytes(4)
    body = bytes((function,)) + data
    return (
        struct.pack(">HHHB", dice.randrange(65_536), 0, len(body) + 1, dice.choice((0, 1, 2)))
        + body
    )


async def burst(port: int, dice: random.Random) -> int:
    """Requests, most of them spoiled, on one connection until the server closes it."""
    sent = 0
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        reads = dice.random() < 0.9
        swallow = asyncio.create_task(_swallow(reader)) if reads else None
        while sent < BURST and not writer.is_closing() and not reader.at_eof():
            good = request(dice)
            # A length that is wrong ends the connection: most bursts spoil what comes after it.
            frame = (
                good[:7] + spoiled(dice, good[7:]) if dice.random() < 0.9 else spoiled(dice, good)
            )
            if dice.random() < 0.9:
                frame = frame[:4] + struct.pack(">H", max(len(frame) - 6, 0)) + frame[6:]
            writer.write(frame)
            sent += 1
            if sent % 16 == 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(writer.drain(), 0.5)
        writer.close()
        if swallow is not None:
            swallow.cancel()
    return sent


async def _swallow(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65_536):
            pass


async def honest(port: int, waits: list[float]) -> None:
    """An honest partner that reads a value again and again, each time anew."""
    while True:
        began = time.monotonic()
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HONEST)
            answer = await reader.readexactly(25)
            writer.close()
        assert abs(struct.unpack_from(">d", answer, 9)[0] - 0.2) < 1e-9
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.2)


async def at_server(frames: int, seed: int, lanes: int = 8) -> dict[str, Any]:
    """Fire at the face; figures."""
    dice = random.Random(seed)
    async with process("-c", SERVER) as (server, line):
        port, sent = int(line), 0
        waits: list[float] = []
        memory: list[float] = []
        reading = asyncio.create_task(honest(port, waits))

        async def lane() -> None:
            nonlocal sent
            while sent < frames and server.returncode is None and not reading.done():
                sent += await burst(port, dice)

        async def watch() -> None:
            while server.returncode is None:
                memory.append(memory_mb(server.pid))
                await asyncio.sleep(LOOK_S)

        watching = asyncio.create_task(watch())
        began = time.monotonic()
        await asyncio.gather(*[lane() for _ in range(lanes)])
        took = time.monotonic() - began
        await asyncio.sleep(1.0)
        alive, served = server.returncode is None, not reading.done()
        why = "" if served else repr(reading.exception())
        reading.cancel()
        watching.cancel()
        memory.append(memory_mb(server.pid) if alive else 0.0)
    return figures(sent, took, memory, alive=alive, served=served, why=why, waits=waits)


class Liar:
    """A device that tells each register's address as its value, and spoils some answers."""

    def __init__(self, seed: int, share: float) -> None:
        self._dice = random.Random(seed)
        self.share = share
        self.lied = 0

    async def __call__(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        transaction, unit, function, data = frame
        start, count = struct.unpack(">HH", data[:4])
        answer = reply(transaction, unit, function, words(*range(start, start + count)))
        if self._dice.random() < self.share:
            self.lied += 1
            answer = spoiled(self._dice, answer)
        writer.write(answer)


POINTS = {k: point(f"V{k}", f"hr:{3 * k}") for k in range(40)}


async def at_client(frames: int, seed: int, drivers: int = 40) -> dict[str, Any]:
    """Let our drivers poll liars; figures. The drivers live in this process."""
    liar = Liar(seed, 0.5)
    last: dict[tuple[int, int], bool] = {}

    def taker(number: int) -> Any:
        def take(batch: Any) -> None:
            rows = zip(
                batch.point.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True
            )
            for handle, value, quality in rows:
                last[number, handle] = quality == GOOD and value == 3.0 * handle

        return take

    async with FakeServer(liar) as server:
        config = DriverConfig(
            name="link", kind="modbus_tcp", port=server.port, timeout_s=0.2, backoff_s=0.1
        )
        links = [
            ModbusTcpDriver(
                DriverJob(config=config, points=POINTS, scan={"fast": 0.05}, clock=SystemClock())
            )
            for _ in range(drivers)
        ]
        running = [asyncio.create_task(one.run(taker(n))) for n, one in enumerate(links)]
        memory: list[float] = []
        began = time.monotonic()
        while liar.lied < frames and not any(task.done() for task in running):
            server.requests.clear()
            memory.append(memory_mb(os.getpid()))
            await asyncio.sleep(LOOK_S)
        took = time.monotonic() - began
        lied, liar.share = liar.lied, 0.0
        truth = time.monotonic()

        def up() -> bool:
            return sum(last.values()) == drivers * len(POINTS)

        while not up() and time.monotonic() - truth < AGAIN_S:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        back, served = time.monotonic() - truth, up()
        memory.append(memory_mb(os.getpid()))
        alive = not any(task.done() for task in running)
        why = "; ".join(repr(t.exception()) for t in running if t.done())
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=20)
    await asyncio.sleep(0.2)  # the device's own ends of the connections
    return figures(lied, took, memory, alive=alive, served=served, why=why, waits=[back])


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("server", "client"))
    chosen = parser.parse_args()
    bad = 0
    for name, fire, less in (("server", at_server, 1), ("client", at_client, 20)):
        if chosen.only in (None, name):
            found = asyncio.run(fire(chosen.frames // less, chosen.seed))
            print(f"at our {name}:", ", ".join(f"{k} {v}" for k, v in found.items() if v != ""))
            grows = found["memory MB late"] > 1.1 * found["memory MB early"] + 10
            bad += not found["alive"] or not found["honest peer served"] or grows
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
