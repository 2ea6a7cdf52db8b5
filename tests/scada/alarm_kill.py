"""`kill -9` of a core at random moments while alarms rise and operators act: what is lost?

Run by a short test and, many times over, by `benchmarks/alarm_kills.py`. The core is a process of
its own on a real database and a real socket; the observer keeps what it was promised: every event
it heard on the bus and every action that was answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scada.bus_socket import SocketBus
from scada.ports import BusError
from scada.samples import SampleBatch

POINTS = 20
CORE = """
import asyncio, sys
from pathlib import Path
from hmi.records import Audit, SqlAlarmJournal, engine, migrate
from scada.alarm_setting import AlarmSetting
from scada.bus_socket import SocketBus, SocketHub
from scada.clock import SystemClock
from scada.core import Core
from scada.point import Limits, Point
from scada.point_table import PointTable
from scada.store.memory import MemoryStore

async def main(folder, n):
    points = [Point(id=f"P{k}", utility="water", quantity="pressure", unit="Pa",
                    limits=Limits(low=140e3)) for k in range(n)]
    latching = {f"P{k}.low": AlarmSetting(point=f"P{k}", kind="low", latching=True)
                for k in range(0, n, 2)}
    records = engine(folder / "records.db")
    migrate(records)
    hub = SocketHub(f"unix:{folder}/bus.sock", folder / "bus.secret")
    await hub.start()
    bus = await SocketBus.open(hub.address, folder / "bus.secret")
    core = Core(PointTable(points), MemoryStore(), SqlAlarmJournal(records), bus, SystemClock(),
                {"normal": 1.0}, settings=latching, audit=Audit(records, b"k" * 32))
    await core.run()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


@dataclass
class Promised:
    """What the observer was told and may rely on."""

    heard: set[tuple[int, str, str]] = field(default_factory=set)
    acknowledged: int = 0
    shelved: int = 0
    actions: list[tuple[str, str, str]] = field(default_factory=list)
    """(event, alarm, comment) of every action that was answered; comments are unique."""
    recovery_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Losses:
    """What was promised and is not there, over all kills."""

    kills: int
    events_heard: int
    actions_answered: int
    events_lost: int
    actions_lost: int
    states_wrong: int
    worst_recovery_s: float


async def study(folder: Path, kills: int, seed: int, *, longest_s: float = 1.0) -> Losses:
    """Kill a core `kills` times, each within `longest_s` of its work, and count what is lost."""
    dice = random.Random(seed)
    promised = Promised()
    wrong = 0
    for number in range(1, kills + 1):
        process, bus = await _start(folder, promised)
        listening = asyncio.create_task(_listen(bus, promised))
        work = asyncio.create_task(_work(bus, promised, dice, number))
        await asyncio.sleep(dice.uniform(0.05, longest_s))
        process.kill()
        await process.wait()
        for task in (work, listening):
            task.cancel()
        await asyncio.gather(work, listening, return_exceptions=True)
        await bus.close()
    process, bus = await _start(folder, promised)
    events = await _all_events(bus)
    stored = {(e["sequence"], e["id"], e["event"]) for e in events}
    done = {(e["event"], e["id"], e["comment"]) for e in events} | {
        ("shelved", e["id"], e["holds"]["shelf"]["reason"])
        for e in events
        if e["event"] == "shelved"
    }
    # The book the last core restored, against the last stored event of each alarm.
    last = {e["id"]: e for e in sorted(events, key=lambda e: int(e["sequence"]))}
    alarms = (await bus.call("core.alarms", {}))[0]["alarms"]
    present = {a["id"]: (a["state"], a["holds"]) for a in alarms}
    expected = {
        id_: (e["state"], e.get("holds") or {})
        for id_, e in last.items()
        if e.get("kind") != "flood" and (e["state"] != "normal" or e.get("held"))
    }
    wrong += len({k for k in {*present, *expected} if present.get(k) != expected.get(k)})
    await bus.close()
    process.kill()
    await process.wait()
    return Losses(
        kills=kills,
        events_heard=len(promised.heard),
        actions_answered=len(promised.actions),
        events_lost=len(promised.heard - stored),
        actions_lost=len([a for a in promised.actions if a not in done]),
        states_wrong=wrong,
        worst_recovery_s=max(promised.recovery_s),
    )


async def _start(folder: Path, promised: Promised) -> tuple[asyncio.subprocess.Process, SocketBus]:
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CORE, str(folder), str(POINTS)
    )
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(BusError, OSError):
                bus = await SocketBus.open(f"unix:{folder}/bus.sock", folder / "bus.secret", 0.2)
                with contextlib.suppress(BusError):
                    await bus.call("core.status", {})
                    break
                await bus.close()
            await asyncio.sleep(0.02)
    promised.recovery_s.append(time.monotonic() - began)
    return process, bus


async def _listen(bus: SocketBus, promised: Promised) -> None:
    async for message in await bus.subscribe("alarm", size=10_000):
        header = message.header
        promised.heard.add((header["sequence"], header["id"], header["event"]))


async def _work(bus: SocketBus, promised: Promised, dice: random.Random, run: int) -> None:
    """Samples that raise and clear, and an operator who acts, until the core is gone."""
    with contextlib.suppress(BusError):
        for step in range(1_000_000):
            await _sample(bus, dice, run, step)
            comment = f"{run}-{step}"
            alarm = f"P{dice.randrange(POINTS)}.low"
            if dice.random() < 0.6:
                ask = {"ids": [alarm], "user": "li", "comment": comment}
                answer, _ = await bus.call("core.acknowledge", ask)
                if answer["acknowledged"]:
                    promised.actions.append(("acknowledged", alarm, comment))
            else:
                action = dice.choice(["shelve", "unshelve", "reset"])
                ask = {
                    "action": action,
                    "ids": [alarm],
                    "user": "li",
                    "comment": comment,
                    "seconds": 3600.0,
                }
                answer, _ = await bus.call("core.alarm_action", ask)
                if answer["done"] and action != "unshelve":
                    event = "shelved" if action == "shelve" else action
                    promised.actions.append((event, alarm, comment))


async def _sample(bus: SocketBus, dice: random.Random, run: int, step: int) -> None:
    now = time.time_ns()
    handles = np.array(sorted(dice.sample(range(POINTS), 5)), dtype=np.uint32)
    times = np.full(5, now, dtype=np.int64)
    values = np.array([dice.choice([100e3, 200e3]) for _ in range(5)])
    batch = SampleBatch(handles, values, np.zeros(5, dtype=np.uint32), times, times)
    mark = {"gateway": "g", "epoch": run, "number": step + 1, "origin": "measured"}
    await bus.call("core.samples", mark, batch.to_bytes())


async def _all_events(bus: SocketBus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = 0
    while True:
        page = (await bus.call("core.events", {"limit": 5000, "before": before}))[0]["events"]
        found += page
        if len(page) < 5000:
            return found
        before = page[-1]["sequence"]
