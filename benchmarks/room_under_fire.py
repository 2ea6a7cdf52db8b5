"""A room that `room_kills` kills the processes of: starting it, finding its processes, asking it.

The site is a small city with its simulated field, a `watch_device` and an OPC UA face.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from watch_device import PRESSURES, WatchDevice

from scenarios.init_site import init_site
from scenarios.site import load_site

COMMAND = [sys.executable, "-c", "from hmi.cli import main; main()"]
ROLES = ("gateway", "core", "model", "web", "faces")
POLL_S = 0.3
UNSEEN_S = 8.0


class RoomUnderFire:
    """The room's processes, and what its page's service last said."""

    def __init__(self, folder: Path, device: WatchDevice, watch_port: int) -> None:
        self.field_folder = folder / "city"
        self.folder = folder / "room"
        self.device = device
        init_site(self.field_folder, example="city", network_file=None, seed=3, elements=600)
        shutil.copytree(self.field_folder, self.folder)
        self._opcua_port = free_port()
        add_watch(self.folder, watch_port, self._opcua_port)
        self.site = load_site(self.folder)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/"
        self._served: dict[str, subprocess.Popen[bytes]] = {}
        self.plan_answers: Counter[str] = Counter()
        self.status: dict[str, Any] = {}
        self.asked_s = 0.0
        """When that status was asked for (monotonic)."""

    # -- processes ------------------------------------------------------------------------------

    def serve(self, what: str) -> None:
        """Start `field` or `serve` as a user does."""
        folder = self.field_folder if what == "field" else self.folder
        words = [what, str(folder)] + (
            ["--lab", "--port", str(self._port)] if what == "serve" else []
        )
        with (folder.parent / f"{what}.log").open("ab") as log:
            self._served[what] = subprocess.Popen([*COMMAND, *words], stdout=log, stderr=log)

    def supervisor(self) -> subprocess.Popen[bytes]:
        """The process that keeps the room's others."""
        return self._served["serve"]

    def stop(self) -> None:
        """As Ctrl-C."""
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

    def processes(self, victim: str) -> list[int]:
        """Living processes that a kill of `victim` may hit."""
        if victim == "supervisor":
            return [self.supervisor().pid]
        if victim == "field part":
            return workers(self.pid("field"))
        if victim == "planner":
            return workers(self.pid("model"))
        return [p for p in [self.pid(victim)] if p and alive(p)]

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

    async def poll(self) -> None:
        """Keep asking how the room is."""
        while True:
            asked = time.monotonic()
            found: dict[str, Any] = {}
            with contextlib.suppress(OSError, ValueError):
                found = await self.ask("api/status")
            self.status, self.asked_s = found, asked
            await asyncio.sleep(POLL_S)

    async def works(self, victim: str, since_s: float, since_ns: int) -> bool:
        """Whether its work goes on, by what was asked after that moment (monotonic, and wall)."""
        if victim == "gateway":
            return self.device.last_first_read_s > since_s
        if victim == "faces":
            _, writer = await asyncio.open_connection("127.0.0.1", self._opcua_port)
            writer.close()
            return True
        if victim == "planner":
            return await self.plans()
        if self.asked_s < since_s or not self.status:
            return False
        if victim.startswith("field"):
            # The loss must have been seen; of the part that moves the plant there is none.
            unseen = victim == "field part" and time.monotonic() - since_s > UNSEEN_S
            return self.links_up(0 if unseen else since_ns)
        if victim == "supervisor":
            return await self.all_works()
        return victim == "web" or self._part_works(victim)

    def _part_works(self, part: str) -> bool:
        said = self.status.get(part)
        return bool(said) and said["solves" if part == "model" else "samples_received"] > 0

    def links_up(self, since_ns: int = 0) -> bool:
        """Whether all are up, one of them since no longer than that."""
        links = self.status.get("links") or []
        up = bool(links) and all(link["state"] == "up" for link in links)
        return up and any(link["since_ns"] > since_ns for link in links)

    async def all_works(self) -> bool:
        """Whether every process does its work."""
        parts = self._part_works("core") and self._part_works("model") and self.links_up()
        return (
            parts
            and bool((await self.ask("api/ready")).get("ready"))
            and await self.works("faces", 0, 0)
        )

    async def plans(self) -> bool:
        """Whether an outage is planned; what the answer was is counted."""
        hours = [f"2027-01-10T{hour:02d}:00:00+08:00" for hour in (9, 15)]
        element = f"water/link:{self.site.valves[0].link}"
        body = {"element": element, "start": hours[0], "end": hours[1]}
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


async def until(true: Callable[[], Awaitable[bool]], otherwise: str, patience_s: float) -> None:
    """Wait until `true()`; an error on the way counts as not yet."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if await true():
                return
        await asyncio.sleep(0.1)
    raise AssertionError(otherwise)


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
