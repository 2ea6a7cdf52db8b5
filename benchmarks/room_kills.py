"""`kill -9` of every process of a whole room: `python benchmarks/room_kills.py [--kills 50]`.

A room runs as a user starts it, on a small city with its simulated field. Beside it stands a device
of the observer's own (`watch_device`) whose every reply carries another number and whose pressures
raise alarms; an observer acknowledges these through the page's service. In random order, three at a
time and at random moments, each process gets SIGKILL: gateway, core, model, web, faces, the field
and its parts, the worker that plans an outage (while it plans), and the supervisor, after which
the room is started again. Then it is counted what was promised and is not there:

samples   numbers the gateway had taken, in the history once each and in order
alarms    excursions that never showed; events that the page showed and the journal lacks
acks      acknowledgements that were answered and that the journal lacks

Exit code 1 when anything is lost or doubled. 50 kills of each take
about an hour on two cores with other work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import http.client
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from watch_device import PRESSURES, WatchDevice

from scada.store.sqlite import SqliteStore
from scenarios.init_site import init_site
from scenarios.site import load_site

PATIENCE_S = 180.0
UNSEEN_S = 8.0
LANES = 3
ROLES = ("gateway", "core", "model", "web", "faces")
VICTIMS = (*ROLES, "field", "field part", "planner", "supervisor")
COMMAND = [sys.executable, "-c", "from hmi.cli import main; main()"]


class RoomUnderFire:
    """The room's processes, and the observer's promises."""

    def __init__(self, folder: Path, device: WatchDevice, watch_port: int) -> None:
        self.field_folder = folder / "city"
        self.folder = folder / "room"
        self.device = device
        init_site(self.field_folder, example="city", network_file=None, seed=3, elements=600)
        shutil.copytree(self.field_folder, self.folder)
        self._opcua_port = free_port()
        add_watch(self.folder, watch_port, self._opcua_port)
        self.element = load_site(self.folder).valves[0].link
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/"
        self._served: dict[str, subprocess.Popen[bytes]] = {}
        self.seen: dict[int, tuple[str, str]] = {}
        self.acknowledged: list[tuple[str, str]] = []
        self.excursions = 0
        self.never_shown: list[str] = []
        self.recovery_s: defaultdict[str, list[float]] = defaultdict(list)
        self.plan_answers: Counter[str] = Counter()
        self._alarms: dict[str, str] = {}

    # -- processes ------------------------------------------------------------------------------

    def serve(self, what: str) -> None:
        """Start `field` or `serve` as a user does."""
        folder = self.field_folder if what == "field" else self.folder
        words = [what, str(folder)] + (
            ["--lab", "--port", str(self._port)] if what == "serve" else []
        )
        log = (folder.parent / f"{what}.log").open("ab")
        self._served[what] = subprocess.Popen([*COMMAND, *words], stdout=log, stderr=log)

    def stop(self) -> None:
        for process in self._served.values():
            process.send_signal(signal.SIGINT)
        for process in self._served.values():
            process.wait(60)

    def pid(self, role: str) -> int:
        """Process of a role, as its supervisor last wrote it; 0 while unknown."""
        folder = self.field_folder if role == "field" else self.folder
        with contextlib.suppress(OSError, ValueError):
            rows = json.loads((folder / "data" / "processes.json").read_text())["processes"]
            return next((int(r["pid"]) for r in rows if r["role"] == role), 0)
        return 0

    # -- questions ------------------------------------------------------------------------------

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """An answer of the page's service; OSError or ValueError when there is none."""
        return await asyncio.to_thread(self._ask, path, body)

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "origin": self.url.rstrip("/")}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return json.load(reply)
        except http.client.HTTPException as error:  # killed in the middle of its answer
            raise OSError(str(error)) from error

    async def core_works(self) -> bool:
        core = (await self.ask("api/status"))["core"]
        return bool(core) and core.get("samples_received", 0) > 0

    async def web_works(self) -> bool:
        return bool((await self.ask("api/ready")).get("ready"))

    async def model_works(self) -> bool:
        model = (await self.ask("api/status"))["model"]
        return bool(model) and model["solves"] > 0

    async def links_up(self, since_ns: int = 0) -> bool:
        """Whether all are up, one of them since no longer than that."""
        links = (await self.ask("api/status"))["links"]
        up = bool(links) and all(link["state"] == "up" for link in links)
        return up and any(link["since_ns"] > since_ns for link in links)

    async def faces_work(self) -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", self._opcua_port)
        writer.close()
        return True

    async def all_works(self) -> bool:
        checks = (self.web_works, self.core_works, self.links_up, self.model_works, self.faces_work)
        return all([await check() for check in checks])

    async def plans(self) -> bool:
        """Whether an outage is planned; what the answer was is counted."""
        hours = [f"2027-01-10T{hour:02d}:00:00+08:00" for hour in (9, 15)]
        body = {"element": f"water/link:{self.element}", "start": hours[0], "end": hours[1]}
        try:
            proposal = (await self.ask("api/outages/plan", body))["proposal"]
        except urllib.error.HTTPError as error:
            self.plan_answers[str(error.code)] += 1
            return False
        except OSError as error:
            self.plan_answers[type(error).__name__] += 1
            return False
        self.plan_answers["planned"] += 1
        return bool(proposal)

    # -- kills ----------------------------------------------------------------------------------

    async def kill(self, victim: str, dice: random.Random) -> None:
        """SIGKILL to one process; returns when its work goes on again."""
        asked: asyncio.Task[bool] | None = None
        if victim == "planner":
            asked = asyncio.create_task(self.plans())
            await asyncio.sleep(dice.uniform(0.0, 2.0))
        parts = len(workers(self.pid("field"))) if victim == "field part" else 0
        pid = await self._victim(victim, dice)
        began, at_ns = time.monotonic(), time.time_ns()
        with contextlib.suppress(ProcessLookupError):  # another kill took it along just now
            os.kill(pid, signal.SIGKILL)
        if victim == "supervisor":
            self._served["serve"].wait()
            self.serve("serve")
        if asked is not None:
            await asked
        new = victim in ROLES or victim == "field"

        async def again() -> bool:
            if new and self.pid(victim) in (0, pid):
                return False
            if victim == "gateway":
                return self.device.last_first_read_s > began
            if victim == "field part" and len(workers(self.pid("field"))) < parts:
                return False
            if victim.startswith("field"):
                # The loss must have been seen; of the part that moves the plant there is none.
                unseen = victim == "field part" and time.monotonic() - began > UNSEEN_S
                return await self.links_up(0 if unseen else at_ns)
            return await self._check(victim)()

        await until(again, f"{victim} does not work again")
        self.recovery_s[victim].append(time.monotonic() - began)

    def _check(self, victim: str) -> Callable[[], Awaitable[bool]]:
        checks: dict[str, Callable[[], Awaitable[bool]]] = {
            "core": self.core_works,
            "web": self.web_works,
            "model": self.model_works,
            "faces": self.faces_work,
            "planner": self.plans,
            "supervisor": self.all_works,
        }
        return checks[victim]

    async def _victim(self, victim: str, dice: random.Random) -> int:
        """A process that is there: others are killed at the same time."""
        if victim == "supervisor":
            return self._served["serve"].pid
        found: list[int] = []

        async def there() -> bool:
            if victim == "field part":
                found[:] = workers(self.pid("field"))
            elif victim == "planner":
                found[:] = workers(self.pid("model"))
                if not found:
                    await self.plans()
            else:
                found[:] = [p for p in [self.pid(victim)] if p and alive(p)]
            return bool(found)

        await until(there, f"there is no {victim}")
        return dice.choice(found)

    async def round(self, victims: tuple[str, ...], dice: random.Random) -> None:
        """Kill each once, several at a time, and the supervisor when the others work again."""
        others = [v for v in dice.sample(victims, len(victims)) if v != "supervisor"]

        async def lane(mine: list[str]) -> None:
            for victim in mine:
                await asyncio.sleep(dice.uniform(0.0, 1.5))
                await self.kill(victim, dice)

        async with asyncio.TaskGroup() as lanes:
            for first in range(LANES):
                lanes.create_task(lane(others[first::LANES]))
        if "supervisor" in victims:
            await asyncio.sleep(dice.uniform(0.0, 1.5))
            await self.kill("supervisor", dice)

    # -- the observer ---------------------------------------------------------------------------

    async def look(self) -> None:
        """Keep what the page shows of alarms and events."""
        while True:
            with contextlib.suppress(OSError, ValueError):
                found = (await self.ask("api/alarms"))["alarms"]
                self._alarms = {a["id"]: a["state"] for a in found}
                for event in (await self.ask("api/events?limit=300"))["events"]:
                    self.seen[event["sequence"]] = (event["id"], event["event"])
            await asyncio.sleep(0.3)

    async def excite(self, place: int, dice: random.Random) -> None:
        """Raise an alarm, see it, acknowledge it, let it go, see that; again and again."""
        alarm = f"WATCH-P{place}.low"
        while True:
            await asyncio.sleep(dice.uniform(0.0, 5.0))
            self.device.pressure_kpa[place] = 100
            self.excursions += 1
            if not await self._shows(alarm, {"unacknowledged"}):
                self.never_shown.append(f"{alarm} did not rise")
            comment = f"{alarm} {self.excursions}"
            while True:
                with contextlib.suppress(OSError, ValueError):
                    ask = {"ids": [alarm], "user": "observer", "comment": comment}
                    answer = await self.ask("api/alarms/acknowledge", ask)
                    if alarm in answer["acknowledged"]:
                        self.acknowledged.append((alarm, comment))
                    break
                await asyncio.sleep(0.1)
            self.device.pressure_kpa[place] = 300
            if not await self._shows(alarm, {"normal"}):
                self.never_shown.append(f"{alarm} did not clear")

    async def _shows(self, alarm: str, states: set[str]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._alarms.get(alarm, "normal") not in states:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            return True
        return False

    # -- afterwards -----------------------------------------------------------------------------

    async def drained(self) -> bool:
        """Whether the gateway's spool has all but the present."""
        core = (await self.ask("api/status"))["core"]
        links = await self.links_up()
        spool = list((self.folder / "data" / "spool").glob("*"))
        return bool(core) and links and sum(f.stat().st_size for f in spool) < 2_000_000

    def missing(self) -> dict[str, int]:
        """What the stores lack of what was promised; read when the room has stopped."""
        import sqlite3

        store = SqliteStore(self.folder / "data" / "history.db")
        spans = store.spans(int(store.handles(["WATCH-N"])[0]), "measured", 0, 2**62)
        parts = [*spans.open(np.ones(len(spans.hours), dtype=bool)), spans.recent]
        numbers = [int(v) for part in parts for v in part.value[part.quality == 0]]
        store.close()
        counts = Counter(numbers)
        sql = sqlite3.connect(self.folder / "data" / "records.db")
        rows = sql.execute("SELECT sequence, alarm, event, comment FROM alarm_event").fetchall()
        sql.close()
        stored = {int(row[0]): (row[1], row[2]) for row in rows}
        comments = {(row[1], row[3]) for row in rows if row[2] == "acknowledged"}
        return {
            "samples taken": len(self.device.taken),
            "samples lost": sum(1 for n in self.device.taken if n not in counts),
            "samples stored twice": sum(1 for n in counts.values() if n > 1),
            "samples out of order": sum(a > b for a, b in pairwise(numbers)),
            "excursions": self.excursions,
            "alarms never shown": len(self.never_shown),
            "events seen": len(self.seen),
            "events lost": sum(stored.get(n) != event for n, event in self.seen.items()),
            "acknowledgements answered": len(self.acknowledged),
            "acknowledgements lost": sum(a not in comments for a in self.acknowledged),
        }


def add_watch(folder: Path, port: int, opcua_port: int) -> None:
    """The observer's device and an OPC UA face in a site folder."""
    site = folder / "site.toml"
    words = site.read_text("utf-8").replace("[scan]", "[scan]\nwatch = 0.1\n#", 1)
    words += (
        f'\n[[drivers]]\nname = "watch"\nkind = "modbus_tcp"\nport = {port}\n'
        f'\n[faces]\nopcua = "opc.tcp://127.0.0.1:{opcua_port}/room"\nopcua_open = true\n'
    )
    site.write_text(words, "utf-8")
    points = folder / "points.csv"
    with points.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file))
    common = {"utility": "water", "driver": "watch", "scan": "watch", "scale": "1", "offset": "0"}
    rows = [
        {**common, "id": "WATCH-N", "quantity": "level", "unit": "m", "address": "hr:0",
         "type": "uint32", "word_order": "ABCD"}
    ]  # fmt: skip
    rows += [
        {**common, "id": f"WATCH-P{k}", "quantity": "pressure", "unit": "kPa",
         "address": f"hr:{2 + k}", "type": "uint16", "word_order": "ABCD", "low": "140"}
        for k in range(PRESSURES)
    ]  # fmt: skip
    with points.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, restval="", lineterminator="\n").writerows(rows)


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


def workers(parent: int) -> list[int]:
    """Python processes below one, by /proc, without multiprocessing's tracker."""
    found: list[int] = []
    if not parent:
        return found
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            above = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (place / "cmdline").read_bytes()
            if above == parent and b"python" in words and b"resource_tracker" not in words:
                found.append(int(place.name))
    return found


async def until(true: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    """Wait until `true()`; an error on the way counts as not yet."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if await true():
                return
        await asyncio.sleep(0.1)
    raise AssertionError(otherwise)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def run(
    folder: Path, kills: int, seed: int, victims: tuple[str, ...], minutes: float
) -> RoomUnderFire:
    """Start, kill, let what waits arrive, stop; no new round after so many minutes."""
    dice = random.Random(seed)
    device, port = WatchDevice(), free_port()
    await device.start(port)
    room = RoomUnderFire(folder, device, port)
    room.serve("field")
    room.serve("serve")
    try:
        await until(room.all_works, "the room did not start")
        tasks = [asyncio.create_task(room.look())]
        tasks += [asyncio.create_task(room.excite(k, dice)) for k in range(PRESSURES)]
        began = time.monotonic()
        for number in range(kills):
            await room.round(victims, dice)
            took = time.monotonic() - began
            print(f"round {number + 1} after {took:.0f} s", file=sys.stderr, flush=True)
            if took > 60 * minutes:
                break
        await until(room.all_works, "the room did not recover")
        await asyncio.sleep(3.0)
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        for result in done:
            if not isinstance(result, asyncio.CancelledError) and result is not None:
                raise result
        await until(room.drained, "the spool is not empty")
    finally:
        room.stop()
        await device.close()
    return room


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="of each process")
    parser.add_argument("--minutes", type=float, default=240.0, help="no new round after these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--victims", default=",".join(VICTIMS))
    parser.add_argument("--folder", type=Path, help="keep the sites and logs here")
    chosen = parser.parse_args()
    victims = tuple(chosen.victims.split(","))
    with tempfile.TemporaryDirectory(prefix="ringmain-kills-") as temporary:
        folder = chosen.folder or Path(temporary)
        room = asyncio.run(run(folder, chosen.kills, chosen.seed, victims, chosen.minutes))
        missing = room.missing()
    print(f"{'killed':12} times   works again after: median   most")
    for victim in victims:
        took = room.recovery_s[victim]
        print(f"{victim:12} {len(took):5} {statistics.median(took):24.1f} s {max(took):6.1f} s")
    for name, count in missing.items():
        print(f"{name:28} {count}")
    for words in room.never_shown:
        print(words)
    print(f"answers to plans: {dict(room.plan_answers)}")
    bad = ("lost", "twice", "order", "never")
    return int(any(count for name, count in missing.items() if name.split()[-1] in bad))


if __name__ == "__main__":
    raise SystemExit(main())
