"""50,000 points over 200 Modbus links at 1 s and 20,000 over OPC UA, through the real processes.

    python benchmarks/scada_scale.py [--seconds 60] [--links 200] [--points 250] [--opcua 20000]

Starts the field (`scale_field.py`), core, gateway and web as processes of their own, lets a page
listen on the live stream, and prints what the counters prove: samples missed, overruns, processor
time and memory of each process, reply-to-alarm and register-to-page times. Then, in turn, a plain
pymodbus loop on the same field (`scale_peer.py`), and what the OPC UA server library can send at
most when nothing else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import websockets

from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob
from scada.drivers.opcua import OpcUaDriver
from scada.point import Point

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
HEADER_BYTES = 32


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_site(folder: Path, links: int, points: int, opcua: int, ports: dict[str, int]) -> None:
    """A site without networks: `links` Modbus links of `points`, one OPC UA link."""
    rows = ["id,utility,quantity,unit,driver,address,type,scan,high,priority"]
    drivers = []
    for link in range(links):
        drivers.append(
            f'[[drivers]]\nname = "rtu{link}"\nkind = "modbus_tcp"\nhost = "127.0.0.1"\n'
            f"port = {ports['modbus'] + link}\nunit = 1\n"
        )
        rows += [
            f"M{link}.{k},water,level,m,rtu{link},hr:{2 * k},float32,fast,900,high"
            for k in range(points)
        ]
    if opcua:
        drivers.append(
            '[[drivers]]\nname = "plc"\nkind = "opcua"\n'
            f'url = "opc.tcp://127.0.0.1:{ports["opcua"]}/field"\n'
        )
        rows += [f"O{k},water,level,m,plc,ns=2;s=V{k},float32,fast,900,high" for k in range(opcua)]
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    (folder / "site.toml").write_text(
        'name_zh = "规模"\nname_en = "Scale"\ntimezone = "Asia/Shanghai"\nprofile = "jinan"\n'
        '[scan]\nfast = 1.0\n[security]\nmode = "lab"\n'
        f'[web]\nhost = "127.0.0.1"\nport = {ports["web"]}\n' + "".join(drivers)
    )
    for name, head in (
        ("valves", "id,link,side,dn_mm,operable,remote,turns,x,y"),
        ("customers", "id,element,households,people,class,community,name_zh,name_en,x,y"),
        ("roads", "id,start,end,x1,y1,x2,y2,length_m,speed_kmh,oneway"),
        ("fleet", "id,depot,capacity_m3,shift_h,discharge_m3h,setup_min,available"),
        ("fill_points", "id,name_zh,name_en,x,y,element,flow_m3h"),
        ("depots", "id,name_zh,name_en,x,y"),
    ):
        (folder / f"{name}.csv").write_text(head + "\n")


@dataclass
class Process:
    """A child and what it used."""

    name: str
    child: subprocess.Popen[str]
    cpu_at: float = 0.0
    memory_mb: list[float] = field(default_factory=list)

    def cpu_s(self) -> float:
        stat = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def rss_mb(self) -> float:
        return int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1]) * PAGE_MB


class Bench:
    """The processes of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, Process] = {}

    def start(self, name: str, *arguments: str) -> Process:
        env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        log = (self.folder / f"{name}.log").open("w")
        child = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=env
        )
        self.processes[name] = Process(name, child)
        return self.processes[name]

    def ready(self, name: str) -> None:
        line = self.processes[name].child.stdout.readline()  # type: ignore[union-attr]
        if line.strip() != "ready":
            raise RuntimeError(f"{name} did not start: {(self.folder / f'{name}.log').read_text()}")

    def stop(self, names: Iterable[str]) -> None:
        for name in names:
            self.processes[name].child.terminate()
            self.processes[name].child.wait(60)

    def kill(self) -> None:
        for process in self.processes.values():
            if process.child.poll() is None:
                process.child.kill()


def ask(port: int, path: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return json.load(reply)
    except (OSError, ValueError):
        return {}


class Page:
    """What a page sees, and when."""

    def __init__(self, watched: set[int]) -> None:
        self.alarms: list[tuple[float, str, str]] = []
        self.values: list[tuple[float, int, float]] = []
        self.frames = 0
        self.since = time.time()
        self._watched = np.array(sorted(watched), dtype=np.uint32)

    async def listen(self, port: int) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/api/stream", max_size=None, proxy=None, compression=None
        ) as stream:
            async for message in stream:
                now = time.time()
                if isinstance(message, str):
                    told = json.loads(message)
                    if told.get("type") == "alarm":
                        event = told["event"]
                        self.alarms.append((now, event.get("source"), event.get("event")))
                elif message[0] in (1, 2) and message[2] == 0:
                    self.frames += 1
                    n = int.from_bytes(message[24:28], "little")
                    value = np.frombuffer(message, "<f8", n, HEADER_BYTES)
                    point = np.frombuffer(message, "<u4", n, HEADER_BYTES + 16 * n)
                    at = np.flatnonzero(np.isin(point, self._watched))
                    self.values += [(now, int(point[i]), float(value[i])) for i in at]


def spread(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    half, most = np.quantile(seconds, [0.5, 0.99])
    return f"p50 {1e3 * half:.0f} ms, p99 {1e3 * most:.0f} ms of {len(seconds)}"


def latencies(page: Page, jumps: list[dict[str, float]], points: int) -> tuple[list[float], ...]:
    """Reply to alarm, reply to page value, register change to page value (seconds)."""
    alarm, value, change = [], [], []
    for row in jumps:
        if "replied" not in row or row["changed"] < page.since:
            continue
        link = int(row["link"])
        handle = link * points + points - 1
        seen = [t for t, p, v in page.values if p == handle and v == row["value"]]
        seen = [t for t in seen if t >= row["changed"]]
        if seen:
            value.append(min(seen) - row["replied"])
            change.append(min(seen) - row["changed"])
        if row["value"] > 0:
            source = f"M{link}.{points - 1}"
            told = [t for t, s, e in page.alarms if s == source and e == "raised"]
            told = [t for t in told if t >= row["changed"]]
            if told:
                alarm.append(min(told) - row["replied"])
    return alarm, value, change


async def measure(
    bench: Bench, site: Path, chosen: argparse.Namespace, ports: dict[str, int]
) -> int:
    links, points = chosen.links, chosen.points
    total = links * points + chosen.opcua
    page = Page({link * points + points - 1 for link in range(min(links, 20))})
    bench.start("core", str(HERE / "scale_core.py"), str(site), str(bench.folder / "core.json"))
    bench.start("gateway", "-m", "hmi.processes", "gateway", str(site))
    bench.start("web", "-m", "hmi.processes", "web", str(site))
    roles = ("core", "gateway", "web")
    began = time.monotonic()
    good = 0
    while good < total:
        await asyncio.sleep(0.5)
        good = ((await asyncio.to_thread(ask, ports["web"], "/api/status")).get("core") or {}).get(
            "good", 0
        )
        if time.monotonic() - began > 180 or any(
            bench.processes[r].child.poll() is not None for r in roles
        ):
            print(f"only {good} of {total} points came")
            return 1
    print(f"{total} points good {time.monotonic() - began:.1f} s after the start of the processes")
    listening = asyncio.create_task(page.listen(ports["web"]))
    await asyncio.sleep(3.0)
    everyone = [p for p in bench.processes.values() if p.child.poll() is None]
    before = await asyncio.to_thread(ask, ports["web"], "/api/status")
    for process in everyone:
        process.cpu_at = process.cpu_s()
    own = time.process_time()
    started = time.monotonic()
    page.since = time.time()
    while time.monotonic() - started < chosen.seconds:
        for process in everyone:
            process.memory_mb.append(process.rss_mb())
        await asyncio.sleep(min(5.0, max(chosen.seconds / 12, 0.5)))
    took = time.monotonic() - started
    used = {p.name: (p.cpu_s() - p.cpu_at) / took for p in everyone}
    used["page"] = (time.process_time() - own) / took
    after = await asyncio.to_thread(ask, ports["web"], "/api/status")
    for name in ("modbus", "opcua"):
        if name in bench.processes:
            bench.processes[name].child.send_signal(signal.SIGUSR1)
    await asyncio.sleep(4.0)  # the last changes come in
    listening.cancel()
    bench.stop(("web", "gateway", "core"))
    bench.stop([n for n in ("modbus", "opcua") if n in bench.processes])

    core = json.loads((bench.folder / "core.json").read_text())
    reports = {
        n: json.loads((bench.folder / f"{n}.json").read_text())
        for n in ("modbus", "opcua")
        if n in bench.processes
    }
    shown = {
        f"M{link}.{k}": value
        for link, row in enumerate(reports["modbus"]["values"])
        for k, value in enumerate(row)
        if not (link < 20 and k == points - 1)
    }
    if "opcua" in reports:
        shown |= {f"O{k}": v for k, v in enumerate(reports["opcua"]["values"][0])}
    behind = sum(1 for name, value in shown.items() if core["last"].get(name) != value)
    overruns = [
        sum(int(link["overruns"]) for link in status["links"]) for status in (before, after)
    ]
    errors = [sum(int(link["errors"]) for link in status["links"]) for status in (before, after)]
    longest = [float(link["longest_scan_s"]) for link in after["links"]]
    scans = links * took
    print(
        f"counters over {took:.0f} s: {core['samples']} samples committed, {core['changes']} "
        f"changes seen, MISSED {core['missed']}, backward {core['backward']}, final values that "
        f"differ {behind} of {len(shown)}, bad samples {core['bad']}"
    )
    late = overruns[1] - overruns[0]
    print(
        f"scans overrun: {late} of {scans:.0f} ({100 * late / scans:.2f} %), "
        f"link errors {errors[1] - errors[0]}, "
        f"longest scan: median link {np.median(longest):.3f} s, worst {max(longest):.3f} s"
    )
    print("cpu (1.00 is one core): " + ", ".join(f"{n} {c:.2f}" for n, c in used.items()))
    print(
        "memory MB at the start of the window, largest, at its end: "
        + ", ".join(
            f"{p.name} {p.memory_mb[0]:.0f}/{max(p.memory_mb):.0f}/{p.memory_mb[-1]:.0f}"
            for p in everyone
        )
    )
    alarm, value, change = latencies(page, reports["modbus"]["jumps"], points)
    print(f"reply to alarm on the page: {spread(alarm)}")
    print(f"reply to value on the page: {spread(value)}")
    print(f"register change to page: {spread(change)}")
    return int(core["missed"] > 0 or behind > 0)


def peer(bench: Bench, chosen: argparse.Namespace, port: int) -> None:
    """The plain pymodbus loop on the same field."""
    bench.start(
        "modbus", str(HERE / "scale_field.py"), "modbus", str(port), str(chosen.links),
        str(chosen.points), str(bench.folder / "peer-field.json"),
    )  # fmt: skip
    bench.ready("modbus")
    seconds = min(chosen.seconds, 30)
    done = subprocess.run(
        [
            sys.executable, str(HERE / "scale_peer.py"), str(port), str(chosen.links),
            str(chosen.points), str(seconds),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    print(
        f"plain pymodbus loop, {seconds:.0f} s: {found['reads']} reads, late scans {found['late']} "
        f"of {chosen.links * seconds:.0f}, cpu {found['cpu_s'] / seconds:.2f} "
        f"({1e6 * found['cpu_s'] / max(found['reads'], 1):.0f} us a read)"
    )
    bench.stop(["modbus"])


async def ceiling(bench: Bench, points: int, port: int) -> None:
    """What the OPC UA server library sends at most, with nothing else running."""
    bench.start(
        "opcua", str(HERE / "scale_field.py"), "flood", str(port), "1", str(points),
        str(bench.folder / "flood.json"),
    )  # fmt: skip
    bench.ready("opcua")
    table = {
        k: Point(
            id=f"O{k}", utility="water", quantity="level", unit="m", driver="plc",
            address=f"ns=2;s=V{k}", scan="fast",
        )
        for k in range(points)
    }  # fmt: skip
    url = f"opc.tcp://127.0.0.1:{port}/field"
    config = DriverConfig(name="plc", kind="opcua", url=url, publishing_s=0.1)
    job = DriverJob(config=config, points=table, scan={"fast": 0.1}, clock=SystemClock())
    driver = OpcUaDriver(job)
    reading = asyncio.create_task(driver.run(lambda _samples: None))
    while driver.stats.samples < 2 * points:  # noqa: ASYNC110  # the driver's own figure
        await asyncio.sleep(0.1)
    server = bench.processes["opcua"]
    before, at, cpu, own = (
        driver.stats.samples,
        time.monotonic(),
        server.cpu_s(),
        time.process_time(),
    )
    await asyncio.sleep(10.0)
    took = time.monotonic() - at
    rate = (driver.stats.samples - before) / took
    print(
        f"OPC UA server library alone, {points} items: {rate:.0f} notifications/s "
        f"(server cpu {(server.cpu_s() - cpu) / took:.2f}, our client "
        f"{(time.process_time() - own) / took:.2f}), thrown away by the server "
        f"{driver.stats.missed_samples}"
    )
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    bench.processes["opcua"].child.kill()


def main() -> int:
    """Run and print; 1 when the counters show a miss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--links", type=int, default=200)
    parser.add_argument("--points", type=int, default=250, help="points of a Modbus link")
    parser.add_argument("--opcua", type=int, default=20_000, help="points over OPC UA")
    parser.add_argument("--no-peer", action="store_true")
    chosen = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    ports = {"modbus": 23000, "opcua": free_port(), "web": free_port()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        write_site(site, chosen.links, chosen.points, chosen.opcua, ports)
        bench = Bench(folder)
        try:
            for kind, links, points in (
                ("modbus", chosen.links, chosen.points),
                ("opcua", 1, chosen.opcua),
            ):
                if points:
                    report = folder / f"{kind}.json"
                    bench.start(
                        kind, str(HERE / "scale_field.py"), kind, str(ports[kind]), str(links),
                        str(points), str(report),
                    )  # fmt: skip
                    bench.ready(kind)
            code = asyncio.run(measure(bench, site, chosen, ports))
            if not chosen.no_peer:
                peer(bench, chosen, ports["modbus"])
                asyncio.run(ceiling(bench, min(5000, chosen.opcua or 5000), free_port()))
        finally:
            bench.kill()
            for log in folder.glob("*.log"):
                text = log.read_text().strip()
                if text:
                    print(f"--- {log.stem}: {text[-600:]}", file=sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
