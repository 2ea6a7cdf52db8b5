"""The field of `scada_scale.py`: lean servers whose values are counters.

    python scale_field.py modbus PORT LINKS POINTS REPORT    one listener a link, float32 registers
    python scale_field.py opcua PORT 1 POINTS REPORT         one asyncua server, Float variables
    python scale_field.py flood PORT 1 POINTS REPORT         the same, written as fast as it can be

Every point counts up once in ten seconds, a hundredth of all points each 0.1 s, so a tenth of all
values change every second and a sampled counter that jumps by two has been missed. The last point
of each of the first links is an alarm point: it stands at 0 and jumps to 1000 and more, then back.
On SIGTERM the final values and the times of the alarm points' jumps are written to REPORT: when
the register changed, and when the first reply that carried the new value was sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ALARM_LINKS = 20
PHASES = 100
STEP_S = 0.1


class Field:
    """The counters: (links, points) of float32, big-endian as on the wire."""

    def __init__(self, links: int, points: int) -> None:
        self.value = np.zeros((links, points), dtype=">f4")
        flat = np.arange(links * points)
        # a scattered order, so that each link has changes in every step
        phase = (flat * 7919) % PHASES
        alarm = np.zeros((links, points), dtype=bool)
        alarm[:ALARM_LINKS, -1] = True
        if links == 1:
            alarm[:] = False
        phase[alarm.ravel()] = -1
        self.groups = [np.flatnonzero(phase == p) for p in range(PHASES)]
        self.jumps: list[dict[str, float]] = []
        self.waiting: dict[int, dict[str, float]] = {}
        self.changes = 0
        self.frozen = False

    def step(self, number: int) -> np.ndarray:
        """The places that counted up in step `number`."""
        places = self.groups[number % PHASES]
        self.value.ravel()[places] += 1
        self.changes += len(places)
        return places

    def jump(self, link: int, high: bool, number: int) -> None:
        """Move an alarm point, remembering when."""
        row = {"link": link, "value": 1000.0 + number if high else 0.0, "changed": time.time()}
        self.value[link, -1] = row["value"]
        self.jumps.append(row)
        self.waiting[link] = row

    def report(self, path: Path) -> None:
        """What the values are at the end."""
        found = {
            "changes": self.changes,
            "values": self.value.astype(float).tolist(),
            "jumps": self.jumps,
        }
        path.write_text(json.dumps(found))


class Unit(asyncio.Protocol):
    """One connection of a Modbus client: functions 3 and 4 on this link's registers."""

    served = 0

    def __init__(self, field: Field, link: int) -> None:
        self.field, self.link = field, link
        self.words = memoryview(field.value[link].view(np.uint8))
        self.last = 2 * field.value.shape[1] - 1
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while len(self.pending) >= 12:
            frame, self.pending = self.pending[:12], self.pending[12:]
            start, count = int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")
            body = bytes(self.words[2 * start : 2 * (start + count)])
            head = frame[:4] + (3 + len(body)).to_bytes(2, "big") + frame[6:8] + bytes([len(body)])
            Unit.served += 1
            self.transport.write(head + body)  # type: ignore[attr-defined]
            waiting = self.field.waiting
            if waiting and start + count > self.last and self.link in waiting:
                waiting.pop(self.link)["replied"] = time.time()


async def modbus(port: int, links: int, points: int, report: Path) -> None:
    field = Field(links, points)
    loop = asyncio.get_running_loop()
    for link in range(links):
        await loop.create_server(lambda at=link: Unit(field, at), "127.0.0.1", port + link)  # type: ignore[misc]
    jumping = asyncio.create_task(jump(field, min(links, ALARM_LINKS)))
    await count(field, lambda _places: None, report)
    jumping.cancel()


async def jump(field: Field, links: int) -> None:
    chance = random.Random(1)
    await asyncio.sleep(5.0)
    number = 0
    while True:
        number += 1
        for high in (True, False):
            for link in range(links):
                await asyncio.sleep(chance.uniform(0.05, 0.25))
                if not field.frozen:
                    field.jump(link, high, number)
            await asyncio.sleep(2.0)


async def opcua(port: int, points: int, report: Path, *, flood: bool = False) -> None:
    from asyncua import Server, ua

    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/field")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace("urn:ringmain:scale")
    nodes = []
    for i in range(points):
        if i % 100 == 0:
            folder = await server.nodes.objects.add_folder(space, f"F{i}")
        node = ua.NodeId(f"V{i}", space)
        await folder.add_variable(node, f"V{i}", 0.0, ua.VariantType.Float)
        nodes.append(node)
    await server.start()
    field = Field(1, points)
    write = server.iserver.aspace.write_attribute_value

    if flood:
        print("ready", flush=True)
        number = 0
        while True:
            number += 1
            for node in nodes:
                value = ua.DataValue(ua.Variant(float(number), ua.VariantType.Float))
                await write(node, ua.AttributeIds.Value, value)
            await asyncio.sleep(0)

    async def show(places: np.ndarray) -> None:
        now = datetime.now(UTC)
        for place in places.tolist():
            value = ua.DataValue(
                ua.Variant(float(field.value[0, place]), ua.VariantType.Float), SourceTimestamp=now
            )
            await write(nodes[place], ua.AttributeIds.Value, value)

    await count(field, show, report)


async def count(field: Field, show, report: Path) -> None:  # type: ignore[no-untyped-def]
    """Count until SIGTERM; SIGUSR1 freezes the values, so that all of them can be collected."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(field, "frozen", True))
    print("ready", flush=True)
    began = time.monotonic()
    number = 0
    while not stopped.is_set():
        if not field.frozen:
            done = show(field.step(number))
            if done is not None:
                await done
        number += 1
        wait = began + STEP_S * number - time.monotonic()
        await asyncio.sleep(max(wait, 0.0))
    field.report(report)
    print(Unit.served, flush=True)


if __name__ == "__main__":
    kind, port, links, points, report = sys.argv[1:]
    work = (
        modbus(int(port), int(links), int(points), Path(report))
        if kind == "modbus"
        else opcua(int(port), int(points), Path(report), flood=kind == "flood")
    )
    asyncio.run(work)
