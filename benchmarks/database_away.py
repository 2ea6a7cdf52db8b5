"""The database of a running room is stopped for a while: `python benchmarks/database_away.py`.

Core and gateway run under their supervisor with history and records in a real PostgreSQL, and read
a device of the observer's own (`watch_device`) ten times a second: a number that no two reads share
and a hundred others. The server is killed, stays away for `--minutes`, and is started again. Prints
what the processes hold in memory meanwhile, how long until the history has caught up, and how many
of the numbers that the gateway had taken are missing or there twice; exit code 1 for any.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from room_under_fire import free_port
from watch_device import WatchDevice

from hmi.supervisor import Supervisor
from scada.store.port import StoreError
from scada.store.postgres import PostgresStore
from scenarios.init_site import init_site
from tests.postgres import PostgresServer, postgres
from tests.scada.opcua_fuzz import memory_mb

OTHERS = 100
SITE = """
name_en = "Away"
name_zh = "远"
timezone = "Asia/Shanghai"
profile = "jinan"
[scan]
watch = 0.1
[storage]
history = "{url}"
records = "{url}"
[[drivers]]
name = "watch"
kind = "modbus_tcp"
port = {port}
"""
SETTLE_S = 15.0


def make_site(folder: Path, url: str, port: int) -> None:
    """A site of the observer's device alone."""
    init_site(folder, example="empty", network_file=None, seed=1, elements=200)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(SITE.format(url=url, port=port), "utf-8")
    rows = ["id,utility,quantity,unit,driver,address,type,scan"]
    rows.append("N,water,count,pcs,watch,hr:0,uint32,watch")
    rows += [f"X{k},water,count,pcs,watch,hr:{10 + k},uint16,watch" for k in range(OTHERS)]
    (folder / "points.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "data" / "run.json").write_text(json.dumps({"web_port": free_port(), "lab": True}))


def numbers(url: str) -> list[int]:
    """What the history holds of the number; empty while it cannot be read."""
    try:
        store = PostgresStore(url)
    except StoreError:
        return []
    try:
        handle = int(store.handles(["N"])[0])
        spans = store.spans(handle, "measured", 0, 2**62)
        parts = [*spans.open(np.ones(len(spans.hours), dtype=bool)), spans.recent]
        return [int(v) for part in parts for v in part.value[part.quality == 0]]
    finally:
        store.close()


async def run(server: PostgresServer, folder: Path, minutes: float) -> int:
    """Do it; 1 when anything is lost or doubled."""
    device, port = WatchDevice(others=OTHERS), free_port()
    await device.start(port)
    url = server.url()
    make_site(folder, url, port)
    room = Supervisor(folder, folder / "data", ["core", "gateway"], say=print)
    await room.start()

    def memory() -> str:
        rows = json.loads((folder / "data" / "processes.json").read_text())["processes"]
        return ", ".join(f"{r['role']} {memory_mb(r['pid']):.0f} MB" for r in rows)

    try:
        await asyncio.sleep(SETTLE_S)
        assert device.taken, "the room does not read"
        print(f"before: {memory()}")
        server.kill()
        gone = time.monotonic()
        told = 0
        while (away := time.monotonic() - gone) < 60 * minutes:
            await asyncio.sleep(min(5.0, 60 * minutes - away + 0.01))
            share = int(10 * away / (60 * minutes))
            if share > told:
                told = share
                spool = sum(f.stat().st_size for f in (folder / "data" / "spool").glob("*"))
                print(f"away {away:5.0f} s: {memory()}, {spool / 1e6:.1f} MB wait", flush=True)
        last = device.taken[-1]
        server.start()
        back = time.monotonic()
        while last not in (found := await asyncio.to_thread(numbers, url)):
            if time.monotonic() - back > 300:
                break
            await asyncio.sleep(0.5)
        caught_up = time.monotonic() - back
        await asyncio.sleep(5.0)
        print(f"back and caught up after {caught_up:.1f} s: {memory()}")
        taken = list(device.taken[:-30])
        await asyncio.sleep(5.0)
        found = await asyncio.to_thread(numbers, url)
    finally:
        await room.stop()
        await device.close()
    counts = Counter(found)
    lost = sum(1 for n in taken if n not in counts)
    twice = sum(1 for n in counts.values() if n > 1)
    away_n = sum(1 for n in taken if n <= last) * (1 + OTHERS)
    print(f"{len(taken)} numbers taken ({away_n} samples), {lost} lost, {twice} stored twice")
    return int(bool(lost or twice))


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    chosen = parser.parse_args()
    with postgres() as server, tempfile.TemporaryDirectory(prefix="ringmain-away-") as name:
        return asyncio.run(run(server, Path(name) / "site", chosen.minutes))


if __name__ == "__main__":
    raise SystemExit(main())
