"""Programs of others at our faces and drivers: `python benchmarks/foreign_peers.py`.

node-opcua        a client at our OPC UA face: browses, subscribes, reads history, acknowledges
open62541         a client at our face, and a server that our driver subscribes and writes
sparkplug-payload a host application decodes what we publish through mosquitto (or aedes)
mbpoll            reads our Modbus face and a device that our driver reads as well
pyModbusTCP       the same, and as a server that our driver reads and writes

Each line says what was seen. What is not installed is named with how to get it, and does not count:
`npm install` in benchmarks/foreign, `pip install o6` (or `--o6 FOLDER`, where pip put it with
`--target`), the mosquitto and mbpoll packages. Exit code 1 when a peer does not understand us.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "scada" / "drivers"))

from field import Running, device, free_port, point, real_server, until
from pyModbusTCP.client import ModbusClient
from pyModbusTCP.server import ModbusServer

from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.drivers.opcua import OpcUaDriver
from scada.faces.modbus import ModbusFace
from scada.faces.sparkplug import SparkplugConfig, SparkplugFace
from scada.quality import GOOD
from tests.scada.core_room import CoreRoom, open_room
from tests.scada.faces.test_opcua_face import START, face, points

FOREIGN = Path(__file__).with_name("foreign")
PATIENCE_S = 90.0


class MissingError(RuntimeError):
    """The peer is not installed; says how it can be."""


@contextlib.asynccontextmanager
async def program(*words: str, path: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """A peer's process."""
    env = {**os.environ, "PYTHONPATH": path} if path else None
    one = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env
    )
    try:
        yield one
    finally:
        with contextlib.suppress(ProcessLookupError):
            one.kill()
        await one.wait()


async def last_line(*words: str, path: str = "") -> Any:
    """What a peer says in the end, as JSON."""
    async with program(*words, path=path) as one:
        out, err = await asyncio.wait_for(one.communicate(), PATIENCE_S)
    assert one.returncode == 0, err.decode()[-800:]
    return json.loads(out.decode().strip().splitlines()[-1])


def need(name: str, how: str) -> str:
    """Where a program is."""
    found = shutil.which(name)
    if found is None:
        raise MissingError(how)
    return found


def need_node(package: str) -> str:
    """Node, where a package of `foreign/package.json` is installed."""
    if not (FOREIGN / "node_modules" / package).is_dir():
        raise MissingError("npm install in benchmarks/foreign")
    return need("node", "Node.js")


async def keep_sending(room: CoreRoom, handle: int) -> None:
    """Another value every tenth of a second."""
    k = 0
    while True:
        k += 1
        await room.send((handle, 200e3 + 1e3 * k))
        await room.advance(0.2)
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def busy_face() -> AsyncIterator[tuple[CoreRoom, str]]:
    """An OPC UA face with history, a moving point P1 and an alarm on P2."""
    some = points()
    async with open_room(some) as room, face(room, some) as url:
        for k in range(5):
            await room.send((1, 100e3 * (k + 2)))
            await room.advance(1.0)
        await room.send((2, 100e3))
        sending = asyncio.create_task(keep_sending(room, 1))
        try:
            yield room, url
        finally:
            sending.cancel()
            await asyncio.wait({sending})


async def node_opcua(_: str) -> str:
    """Browse, subscribe, history, acknowledge."""
    node = need_node("node-opcua-client")
    script = str(FOREIGN / "opcua_partner.mjs")
    span = [t.isoformat() for t in (START, START + timedelta(seconds=4.5))]
    async with busy_face() as (room, url):
        said = await last_line(node, script, url, "P1", "P2", *span)
        states = await room.states()
        (alarm,) = (await room.ask("core.alarms"))["alarms"]
    assert {"Ringmain", "water", "pressure", "P0", "P1", "P2"} <= set(said["browsed"]), said
    assert [round(v, 9) for v in said["history"]] == [0.2, 0.3, 0.4, 0.5, 0.6], said
    assert said["acknowledged"] == "Good", said
    assert said["alarm"]["active"], said
    assert states == {"P2.low": "acknowledged"}
    assert alarm["comment"] == "seen by a partner"
    return (
        f"browsed {len(said['browsed'])} nodes, heard {len(said['values'])} values, read "
        f"{len(said['history'])} of history, acknowledged an alarm of severity "
        f"{said['alarm']['severity']}"
    )


def o6_path(folder: str) -> str:
    """Where the `o6` package can be imported from."""
    if folder or importlib.util.find_spec("o6") is not None:
        return os.pathsep.join(p for p in (folder, os.environ.get("PYTHONPATH", "")) if p)
    raise MissingError("pip install o6")


async def open62541_client(folder: str) -> str:
    """Read and subscribe our face."""
    path = o6_path(folder)
    async with busy_face() as (_, url):
        script = str(FOREIGN / "open62541_client.py")
        said = await last_line(sys.executable, script, url, "P1", path=path or ".")
    assert said["read"] > 0.19, said
    assert len(said["heard"]) == 3, said
    return f"read {said['read']:g} MPa, heard {len(said['heard'])} values"


async def open62541_server(folder: str) -> str:
    """Our driver subscribes and writes it."""
    path, port = o6_path(folder), free_port()
    some = [
        point("moving", "ns=1;s=Moving", "float64"),
        point("set", "ns=1;s=SetPoint", "float64", writable=True),
    ]
    config = DriverConfig(name="plc", kind="opcua", url=f"opc.tcp://127.0.0.1:{port}")
    script = str(FOREIGN / "open62541_server.py")
    async with program(sys.executable, script, str(port), path=path or ".") as server:
        assert server.stdout is not None
        while (await asyncio.wait_for(server.stdout.readline(), PATIENCE_S)).strip() != b"ready":
            assert server.returncode is None
        async with Running(OpcUaDriver, config, some, {"fast": 0.2}) as (driver, got):
            await until(lambda: got.times(0, GOOD) >= 5 and got.value.get(1) == 25.0, PATIENCE_S)
            assert await driver.write(1, 30.0) == 30.0
            return f"{got.times(0, GOOD)} values of a moving point, a set point written"


@contextlib.asynccontextmanager
async def broker() -> AsyncIterator[tuple[str, int]]:
    """A broker of others: its name and port."""
    port = free_port()
    if found := shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto"):
        async with program(found, "-p", str(port)):
            yield "mosquitto", port
        return
    async with program(need_node("aedes"), str(FOREIGN / "mqtt_broker.mjs")) as one:
        assert one.stdout is not None
        yield "aedes", int(await one.stdout.readline())


async def sparkplug(_: str) -> str:
    """Births, data, a rebirth and the death, decoded by a host application."""
    node = need_node("sparkplug-payload")
    some = points()
    async with broker() as (name, port), open_room(some) as room:
        url = f"mqtt://127.0.0.1:{port}"
        script = str(FOREIGN / "sparkplug_host.mjs")
        async with program(node, script, url, "city") as host:
            heard: list[dict[str, Any]] = []

            async def listen() -> None:
                assert host.stdout is not None
                while line := await host.stdout.readline():
                    heard.append(json.loads(line))

            listening = asyncio.create_task(listen())
            await until(lambda: bool(heard), PATIENCE_S)
            await room.send(*[(k, 200e3) for k in range(3)])
            config = SparkplugConfig(url=url, group="city", node="room")
            running = asyncio.create_task(
                SparkplugFace(some, room.bus.peer(), SystemClock(), config).run()
            )
            sending = asyncio.create_task(keep_sending(room, 1))

            def kinds() -> list[str]:
                return [one["kind"] for one in heard]

            # The first data makes the host ask for births anew.
            await until(lambda: kinds().count("DBIRTH") >= 2, PATIENCE_S)
            births = [one for one in heard if one["kind"] == "DBIRTH"]
            since = len(heard)
            await until(lambda: "DDATA" in kinds()[since:], PATIENCE_S)
            sending.cancel()
            running.cancel()
            await asyncio.wait({running, sending})
            await until(lambda: kinds()[-1] == "NDEATH", PATIENCE_S)
            listening.cancel()
    names = {m["name"] for m in births[0]["metrics"]}
    assert names == {"pressure/P0", "pressure/P1", "pressure/P2"}, names
    assert {m["unit"] for m in births[0]["metrics"]} == {"MPa"}, births[0]
    assert abs(births[0]["metrics"][0]["value"] - 0.2) < 1e-9, births[0]
    first = heard[kinds().index("NBIRTH")]
    assert first["seq"] == 0, first
    seqs = _until_rebirth([one for one in heard if one.get("seq") is not None])
    assert seqs == [k % 256 for k in range(len(seqs))], seqs
    return f"through {name}: {kinds().count('DDATA')} data messages, a rebirth, the death"


def _until_rebirth(heard: list[dict[str, Any]]) -> list[int]:
    """Sequence numbers of the first birth and what follows it."""
    births = [k for k, one in enumerate(heard) if one["kind"] == "NBIRTH"]
    return [one["seq"] for one in heard[births[0] : births[1]] if one["kind"] != "NDEATH"]


async def modbus_face(ask: Callable[[int], Awaitable[list[int]]]) -> list[int]:
    """What a client reads of a point of our Modbus face."""
    some = points()
    async with open_room(some) as room:
        server = ModbusFace(some, room.bus.peer(), "127.0.0.1", free_port())
        running = asyncio.create_task(server.run())
        await server.ready.wait()
        await room.send((1, 250e3))
        await room.advance(0.4)
        await until(lambda: server.feed.quality[1] == GOOD, PATIENCE_S)
        await asyncio.sleep(0.2)
        words = await ask(server.port)
        running.cancel()
        await asyncio.wait({running})
    return words


QUARTER = [0x3FD0, 0, 0, 0]
"""0.25 as a float64, high word first."""


async def mbpoll(_: str) -> str:
    """Read our face; write and read a device that our driver reads too."""
    command = need("mbpoll", "the package mbpoll")

    async def ask(port: int) -> list[int]:
        words = (command, "-0", "-1", "-t", "3", "-r", "8", "-c", "4", "-p", str(port), "127.0.0.1")
        async with program(*words) as one:
            out, _ = await asyncio.wait_for(one.communicate(), PATIENCE_S)
        return [int(w) & 0xFFFF for w in re.findall(rb"\[\d+\]:\s+(-?\d+)", out)]

    assert (found := await modbus_face(ask)) == QUARTER, found
    port = free_port()
    server = await real_server(port, device())
    config = DriverConfig(name="link", kind="modbus_tcp", port=port)
    async with Running(ModbusTcpDriver, config, [point("a", "hr:7")]) as (_, got):
        words = (command, "-0", "-1", "-t", "4", "-r", "7", "-p", str(port), "127.0.0.1", "4711")
        async with program(*words) as one:
            await asyncio.wait_for(one.communicate(), PATIENCE_S)
        await until(lambda: got.value.get(0) == 4711.0, PATIENCE_S)
    await server.shutdown()
    return "read 0.25 MPa of our face; what it wrote to a device our driver read"


async def pymodbustcp(_: str) -> str:
    """As a client at our face, and as a server for our driver."""

    def read(port: int) -> list[int]:
        client = ModbusClient(host="127.0.0.1", port=port, unit_id=1, timeout=10)
        found = client.read_input_registers(8, 4)
        client.close()
        return [int(w) for w in found or []]

    assert (found := await modbus_face(lambda port: asyncio.to_thread(read, port))) == QUARTER, (
        found
    )
    port = free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True)
    server.start()
    config = DriverConfig(name="link", kind="modbus_tcp", port=port)
    some = [point("a", "hr:10", "float32", writable=True)]
    async with Running(ModbusTcpDriver, config, some) as (driver, got):
        await until(lambda: got.value.get(0) == 0.0, PATIENCE_S)
        assert await driver.write(0, 2.5) == 2.5
    assert server.data_bank.get_holding_registers(10, 2) == [0x4020, 0]
    server.stop()
    return "read 0.25 MPa of our face; as a server it was read and written by our driver"


PEERS: dict[str, Callable[[str], Awaitable[str]]] = {
    "node-opcua client": node_opcua,
    "open62541 client": open62541_client,
    "open62541 server": open62541_server,
    "Sparkplug host": sparkplug,
    "mbpoll": mbpoll,
    "pyModbusTCP": pymodbustcp,
}


def main() -> int:
    """A line for each peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--o6", default="", help="folder with the o6 package")
    parser.add_argument("--only", choices=sorted(PEERS))
    chosen = parser.parse_args()
    bad = 0
    print(f"{datetime.now(UTC):%Y-%m-%d}")
    for name, meet in PEERS.items():
        if chosen.only in (None, name):
            try:
                told = asyncio.run(meet(chosen.o6))
            except MissingError as how:
                told = f"NOT INSTALLED: {how}"
            except Exception as error:  # one that fails does not hide the others
                traceback.print_exc()
                told, bad = f"FAILED: {type(error).__name__}: {error}", bad + 1
            print(f"{name:18} {told}", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
