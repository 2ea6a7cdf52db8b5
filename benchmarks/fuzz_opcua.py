"""Malformed OPC UA messages: `python benchmarks/fuzz_opcua.py [--messages 200000]`.

At our server: a face on a running core, in a process of its own, takes spoiled requests of every
service we know, on many connections. At our client: our drivers read an honest server through
proxies that spoil what it says, from the first message of the handshake on (a twentieth as many:
each costs a connection), and its answers are fed without sockets to the library's decoders and our
own. Prints messages a
second, the memory of the process under fire while it goes on, and how long an honest peer waits
meanwhile; exit code 1 when a process dies, an honest peer is not served, the memory grows, or a
driver does not come back when the lying ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import os
import random
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "scada" / "drivers"))

from asyncua import Client, ua
from asyncua.client.ua_client import UASocketProtocol
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua.ua_binary import nodeid_from_binary, nodeid_to_binary, struct_from_binary

from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob
from scada.drivers.opcua import OpcUaDriver
from scada.drivers.opcua_client import GARBLED
from scada.drivers.opcua_values import read_value
from scada.point import Point
from tests.scada.opcua_fuzz import SECURED, LyingProxy, memory_mb, spoiled

ROOT = Path(__file__).parents[1]
SERVER = """
import asyncio, sys
from tests.scada.core_room import open_room
from tests.scada.faces.test_opcua_face import face, points

async def main():
    some = points(150)
    async with open_room(some) as room, face(room, some) as url:
        await room.send(*[(k, 200e3) for k in range(150)])
        await room.advance(0.4)
        print(url, flush=True)
        while True:
            await asyncio.sleep(0.5)
            await room.advance(0.5)

asyncio.run(main())
"""
HELLO = struct.pack("<3scIIIIIIi", b"HEL", b"F", 32, 0, 65535, 65535, 0, 0, -1)
STRANGERS = [HELLO, HELLO[:12] + bytes(20), b"OPNF" + struct.pack("<I", 140) + bytes(132)]
BURST = 40
"""Messages on one connection, unless the server closes it before."""
LOOK_S = 2.0
AGAIN_S = 150.0
"""An item that a liar refused is asked for again after a minute."""


@contextlib.asynccontextmanager
async def process(*words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A Python process in the project's folder, and its first line."""
    one = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert one.stdout is not None
    try:
        yield one, (await asyncio.wait_for(one.stdout.readline(), 60)).decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            one.kill()
        await one.wait()


class Recorder:
    """A client whose messages are kept: one of every service it knows how to ask for."""

    def __init__(self, url: str) -> None:
        self.client = Client(url, timeout=5)
        self.frames: list[bytes] = []

    async def __aenter__(self) -> Recorder:
        await self.client.connect()
        transport = self.client.uaclient.protocol.transport
        self._send = transport.write
        transport.write = self._note
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # the server may have closed it
            await asyncio.wait_for(self.client.disconnect(), 2)
        self.client.disconnect_socket()

    def _note(self, data: bytes) -> None:
        self.frames.append(bytes(data))
        self._send(data)

    async def ask_everything(self) -> None:
        """Honest requests."""
        client = self.client
        node = client.get_node("ns=2;s=P1")
        await node.read_value()
        await node.get_references()
        await node.get_path()
        await (await client.nodes.objects.get_child(["2:Ringmain"])).get_children_descriptions()
        with contextlib.suppress(ua.UaError):
            await node.read_raw_history(numvalues=5)
        with contextlib.suppress(ua.UaError):
            await node.write_value(1.0)
        with contextlib.suppress(ua.UaError):
            await client.nodes.server.call_method(ua.NodeId(11492), 1)
        subscription = await client.create_subscription(100, _Nobody())
        items = await subscription.subscribe_data_change([node])
        await subscription.subscribe_events()
        await asyncio.sleep(0.3)
        await subscription.unsubscribe(items)
        await subscription.delete()
        await client.get_endpoints()
        await client.find_servers()


class _Nobody:
    def datachange_notification(self, *_: object) -> None: ...

    def event_notification(self, *_: object) -> None: ...

    def status_change_notification(self, *_: object) -> None: ...


async def recorded(url: str) -> list[bytes]:
    """Messages of all services, as the library writes them."""
    async with Recorder(url) as recorder:
        await recorder.ask_everything()
        token = nodeid_to_binary(recorder.client.uaclient.protocol.authentication_token)
        asked = [f for f in recorder.frames if f[:3] == b"MSG" and len(f) > SECURED]
        return [f.replace(token, b"TOKEN" * len(token), 1) for f in asked] + STRANGERS


def more(done: int, messages: int, end_s: float) -> bool:
    """Whether there is more to send, and time for it."""
    return done < messages and time.monotonic() < end_s


async def burst(url: str, frames: list[bytes], dice: random.Random) -> int:
    """Spoiled messages on one connection that began well (or did not); how many were sent."""
    client = Client(url, timeout=5)
    sent = 0
    try:
        await client.connect_socket()
        protocol = client.uaclient.protocol
        await client.send_hello()
        if dice.random() < 0.9:
            await client.open_secure_channel()
            if dice.random() < 0.8:
                await client.create_session()
                await client.activate_session()
        connection, writer = protocol._connection, protocol.transport
        token = connection.security_token
        session = nodeid_to_binary(protocol.authentication_token)
        number = connection._sequence_number
        while sent < BURST and not writer.is_closing():
            frame = bytearray(dice.choice(frames))
            if frame[:3] == b"MSG":
                number += 1
                ids = (token.ChannelId, token.TokenId, number, 1000 + number)
                struct.pack_into("<IIII", frame, 8, *ids)
            ready = bytes(frame).replace(b"TOKEN" * len(session), session, 1)
            ready = ready[:4] + struct.pack("<I", len(ready)) + ready[8:]
            writer.write(spoiled(dice, ready))
            sent += 1
            if sent % 8 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.005)
    except (OSError, TimeoutError, ua.UaError, AttributeError, asyncio.CancelledError):
        pass
    finally:
        client.disconnect_socket()
    return sent


async def endless(url: str, head: bytes) -> None:
    """One message that never ends, of 64 MB."""
    place = url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(place[0], int(place[1]))
    with contextlib.suppress(OSError, TimeoutError):
        writer.write(HELLO)
        await asyncio.wait_for(reader.read(28), 5)
        writer.write(head)
        for _ in range(64):
            writer.write(bytes(1_000_000))
            await asyncio.wait_for(writer.drain(), 5)
    writer.close()


ENDLESS = (
    b"MSGF" + struct.pack("<I", 0x7FFFFFFF),
    b"MSGC" + struct.pack("<I", 0xFFFFFFFF),
    b"HELF" + struct.pack("<I", 100_000_000),
    b"ZZZF" + struct.pack("<I", 100),
)


async def honest(url: str, waits: list[float]) -> None:
    """An honest client that reads a value again and again, each time anew."""
    while True:
        began = time.monotonic()
        async with asyncio.timeout(20), Client(url, timeout=10) as client:
            value = await client.get_node("ns=2;s=P1").read_value()
            assert abs(value - 0.2) < 1e-9
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.5)


async def at_server(
    messages: int, seed: int, end_s: float = math.inf, lanes: int = 8
) -> dict[str, Any]:
    """Fire at the face; figures."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    dice = random.Random(seed)
    async with process("-c", SERVER) as (server, url):
        frames = await recorded(url)
        waits: list[float] = []
        memory: list[float] = []
        sent = 0
        began = time.monotonic()
        reading = asyncio.create_task(honest(url, waits))

        async def lane() -> None:
            nonlocal sent
            while more(sent, messages, end_s) and server.returncode is None and not reading.done():
                sent += await burst(url, frames, dice)

        async def watch() -> None:
            while server.returncode is None:
                memory.append(memory_mb(server.pid))
                await asyncio.sleep(LOOK_S)

        watching = asyncio.create_task(watch())
        await asyncio.gather(*[lane() for _ in range(lanes)])
        took = time.monotonic() - began
        for head in ENDLESS:
            await endless(url, head)
            memory.append(memory_mb(server.pid) if server.returncode is None else 0.0)
        await asyncio.sleep(1.5)
        alive = server.returncode is None
        served = not reading.done()
        why = "" if served else repr(reading.exception())
        reading.cancel()
        watching.cancel()
        memory.append(memory_mb(server.pid) if alive else 0.0)
    return figures(sent, took, memory, alive=alive, served=served, why=why, waits=waits)


POINTS = {k: Point(id=f"V{k}", utility="water", quantity="pressure", unit="Pa", driver="plc",
                   address=f"ns=2;s=V{k}") for k in range(20)}  # fmt: skip
PROGRAM = str(ROOT / "tests" / "scada" / "drivers" / "opcua_process.py")


def make_driver(name: str, port: int) -> OpcUaDriver:
    """Our driver, which soon gives a session up and soon begins another."""
    config = DriverConfig(name=name, kind="opcua", backoff_s=0.2, publishing_s=0.1, stale_s=3.0,
                          url=f"opc.tcp://127.0.0.1:{port}/ringmain")  # fmt: skip
    return OpcUaDriver(
        DriverJob(config=config, points=POINTS, scan={"normal": 0.2}, clock=SystemClock())
    )


async def at_client(
    messages: int, seed: int, end_s: float = math.inf, drivers: int = 60
) -> dict[str, Any]:
    """Let our drivers listen to liars; figures. The drivers live in this process."""
    import gc

    from field import free_port

    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    port = free_port()
    last: dict[tuple[int, int], bool] = {}
    wrong = 0

    def taker(number: int) -> Any:
        def take(batch: Any) -> None:
            nonlocal wrong
            rows = zip(
                batch.point.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True
            )
            for handle, value, quality in rows:
                last[number, handle] = quality >> 30 == 0
                wrong += quality >> 30 == 0 and value != handle

        return take

    async with process(PROGRAM, str(port), "20"), LyingProxy(port, seed, 0.3) as proxy:
        logging.disable(logging.CRITICAL)
        links = [make_driver(f"plc{n}", proxy.port) for n in range(drivers)]
        running = [asyncio.create_task(again(one, taker(n))) for n, one in enumerate(links)]

        def down() -> int:
            return sum(one.stats.state != "up" for one in links)

        def up() -> bool:
            return not down() and sum(last.values()) == drivers * len(POINTS)

        began = time.monotonic()
        memory: list[float] = []
        while more(proxy.lied, messages, end_s) and not any(task.done() for task in running):
            gc.collect()
            memory.append(memory_mb(os.getpid()))
            await asyncio.sleep(LOOK_S / 4)
        took = time.monotonic() - began
        lied = proxy.lied
        proxy.share = 0.0
        truth = time.monotonic()
        await asyncio.sleep(2 * 3.0)  # who heard a lie last gives up by then
        while not up() and time.monotonic() - truth < AGAIN_S:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        # A status that was changed on its way stays until the next change, as a changed value does.
        back, served = time.monotonic() - truth, not down()
        stays = {
            "links not back": down(),
            "statuses changed on the way": list(last.values()).count(False),
        }
        memory.append(memory_mb(os.getpid()))
        alive = not any(task.done() for task in running)
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=20)
    found = figures(lied, took, memory, alive=alive, served=served, why="", waits=[back])
    return {**found, "values changed on the way": wrong, **stays, "driver crashes": again.crashes}


class _Wire(asyncio.Transport):
    """A transport that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: Any) -> None: ...

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def answers() -> list[bytes]:
    """What an honest server says while a driver connects, subscribes and takes values."""
    from field import free_port

    port = free_port()
    async with process(PROGRAM, str(port), "20"), LyingProxy(port, 0, 0.0) as proxy:
        driver = make_driver("plc", proxy.port)
        running = asyncio.create_task(driver.run(lambda batch: None))
        await asyncio.sleep(4.0)
        running.cancel()
        await asyncio.wait([running])
        return proxy.said


async def at_decoder(messages: int, seed: int, end_s: float = math.inf) -> dict[str, Any]:
    """The same lies without sockets: the library's protocol, its decoders and our own, fed."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    logging.getLogger("scada").setLevel(logging.CRITICAL + 1)
    dice = random.Random(seed)
    said = [f for f in await answers() if f[:3] == b"MSG"]
    driver = make_driver("plc", 1)
    driver._items.active.update(range(len(POINTS)))
    memory: list[float] = []
    counts = {"given up": 0, "decoded": 0, "refused": 0, "longest_s": 0.0}
    began = time.monotonic()
    number = 0
    while more(number, messages, end_s):
        number += 1
        if number % 4000 == 1:
            memory.append(memory_mb(os.getpid()))
        frame = dice.choice(said)
        channel, token, sequence, request = struct.unpack_from("<IIII", frame, 8)
        protocol = UASocketProtocol()
        wire = _Wire()
        protocol.connection_made(wire)
        protocol._connection.security_token.ChannelId = channel
        protocol._connection.security_token.TokenId = token
        protocol._connection._peer_sequence_number = sequence - 1
        waiting = asyncio.get_running_loop().create_future()
        protocol._callbackmap[request] = waiting
        data = spoiled(dice, frame)
        cut = dice.randrange(len(data) + 1)
        start = time.perf_counter()
        protocol.data_received(data[:cut])
        if not wire.closed:
            protocol.data_received(data[cut:])
        if waiting.done() and not waiting.exception():
            try:
                decode(waiting.result(), frame, driver)
                counts["decoded"] += 1
            except (ua.UaError, NotEnoughData, *GARBLED):
                counts["refused"] += 1
        counts["given up"] += wire.closed
        counts["longest_s"] = max(counts["longest_s"], round(time.perf_counter() - start, 3))
    took = time.monotonic() - began
    memory.append(memory_mb(os.getpid()))
    return {**figures(number, took, memory, alive=True, served=True, why="", waits=[]), **counts}


def decode(body: Any, honest: bytes, driver: OpcUaDriver) -> None:
    """As a session does with an answer to what was asked, and the driver with what it tells."""
    number = nodeid_from_binary(Buffer(honest[SECURED:])).Identifier
    name = ua.ObjectIdNames[number].removesuffix("_Encoding_DefaultBinary")
    answer = struct_from_binary(getattr(ua, name), body)
    if isinstance(answer, ua.PublishResponse):
        driver._on_publish(answer.Parameters)
    elif isinstance(answer, ua.ReadResponse):
        for value in answer.Results or []:
            read_value(value)


async def again(driver: OpcUaDriver, take: Any) -> None:
    """Run a driver as the gateway does: what fails is started again, and counted."""
    while True:
        try:
            await driver.run(take)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        except Exception as error:  # the gateway catches all too; here they are shown
            again.crashes += 1
            again.kinds[f"{type(error).__name__}: {str(error)[:80]}"] = 1
        await asyncio.sleep(0.2)


again.crashes = 0  # type: ignore[attr-defined]
again.kinds = {}  # type: ignore[attr-defined]


def figures(
    messages: int, took: float, memory: list[float], *, alive: bool, served: bool, why: str,
    waits: list[float],
) -> dict[str, Any]:  # fmt: skip
    """What is printed; the first quarter of the memory figures is warming up."""
    steady = memory[len(memory) // 4 :]
    half = len(steady) // 2
    return {
        "messages": messages,
        "a second": round(messages / took),
        "memory MB early": round(max(steady[: half or 1]), 1),
        "memory MB late": round(max(steady[half:]), 1),
        "alive": alive,
        "honest peer served": served,
        "honest peer waits at most s": round(max(waits, default=0.0), 2),
        "why": why,
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=math.inf, help="at most, of each")
    parser.add_argument("--only", choices=("server", "decoder", "client"))
    chosen = parser.parse_args()
    bad = 0
    jobs = (("server", at_server, 1), ("decoder", at_decoder, 1), ("client", at_client, 20))
    for name, fire, less in jobs:
        if chosen.only in (None, name):
            end_s = time.monotonic() + 60 * chosen.minutes
            found = asyncio.run(fire(chosen.messages // less, chosen.seed, end_s))
            print(f"at our {name}:", ", ".join(f"{k} {v}" for k, v in found.items() if v != ""))
            grows = found["memory MB late"] > 1.1 * found["memory MB early"] + 10
            bad += not found["alive"] or not found["honest peer served"] or grows
    if again.kinds:
        print("driver crashes:", *again.kinds, sep="\n  ")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
