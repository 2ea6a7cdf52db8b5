"""How fast the SCADA core is on this machine: `python benchmarks/scada_core.py [--points N]`.

Prints figures; judges nothing. Everything is real: sockets, SQLite on disk, two processes' worth
of work in one.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scada.alarm_book import AlarmBook
from scada.bus_socket import SocketBus, SocketHub
from scada.clock import SystemClock
from scada.core import Core
from scada.journal_memory import MemoryAlarmJournal
from scada.live_table import LiveTable
from scada.point import Limits, Point
from scada.point_table import PointTable
from scada.ports import Header
from scada.samples import SampleBatch
from scada.store.port import BLOCK_NS, Mark
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend

S = 10**9


def many_points(n: int) -> list[Point]:
    limits = Limits(low_low=100e3, low=140e3, high=600e3, high_high=700e3, deadband=5e3)
    return [
        Point(
            id=f"P{i}",
            utility="water",
            quantity="pressure",
            unit="Pa",
            driver=f"rtu-{i // 500}",
            limits=limits,
        )
        for i in range(n)
    ]


def batch_of(value: np.ndarray, t_ns: int, first: int = 0) -> SampleBatch:
    n = len(value)
    times = np.full(n, t_ns, dtype=np.int64)
    handles = np.arange(first, first + n, dtype=np.uint32)
    return SampleBatch(handles, value, np.zeros(n, dtype=np.uint32), times, times)


def seconds(work: Callable[[], object], times: int) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def bench_alarms(n: int) -> None:
    rng = np.random.default_rng(1)
    points = many_points(n)
    began = time.perf_counter()
    book = AlarmBook(points)
    print(f"alarm book of {n} points made in {1e3 * (time.perf_counter() - began):.0f} ms")
    now = time.time_ns()
    for share in (0.0, 0.001, 0.01, 0.1):
        low = rng.random(n) < share
        clock = iter(range(10**9))

        def step(low: np.ndarray = low, clock: object = clock) -> None:
            t = now + next(clock) * S  # type: ignore[call-overload]
            book.step(batch_of(np.where(low, 120e3, rng.uniform(200e3, 500e3, n)), t), t)

        step()
        took = seconds(step, 7)
        print(
            f"  stepping all {n} points, {share:.1%} beyond a limit: {1e3 * took:.2f} ms "
            f"({n / took / 1e6:.2f} M samples/s)"
        )
    began = time.perf_counter()
    events = book.step(batch_of(np.full(n, 90e3), now + 10**6 * S), now + 10**6 * S)
    took = time.perf_counter() - began
    print(f"  a storm: {len(events)} events at once in {took:.2f} s ({len(events) / took:.0f}/s)")


def bench_table(n: int) -> None:
    live = LiveTable(many_points(n), {"normal": 1.0}, 0)
    rng = np.random.default_rng(1)
    at = iter(range(1, 10**9))
    took = seconds(lambda: live.apply(batch_of(rng.random(n), next(at))), 9)
    aged = seconds(lambda: live.tick(5 * S, np.zeros(n, dtype=bool)), 9)
    print(f"live table: {n} samples in {1e3 * took:.2f} ms, ageing all {1e3 * aged:.2f} ms")


def bench_store(folder: Path, n: int) -> None:
    rng = np.random.default_rng(1)
    path = folder / "history.db"
    store = SqliteStore(path)
    size, batches = 5000, 400
    start = 480_000 * BLOCK_NS
    value = 200e3 + np.cumsum(rng.normal(0, 20, (batches, size)), axis=0).round(0)
    began = time.perf_counter()
    for k in range(batches):
        first = (k * size) % n
        store.append(
            batch_of(value[k], start + k * S, first),
            "measured",
            Mark(gateway="g", epoch=1, number=k),
        )
    took = time.perf_counter() - began
    total = size * batches
    print(f"store: {total / took / 1e3:.0f} k samples/s in committed batches of {size}")
    began = time.perf_counter()
    for _ in store.seal(None):
        pass
    took = time.perf_counter() - began
    print(
        f"  sealed {total} samples of {n} points in {took:.2f} s "
        f"({total / took / 1e3:.0f} k samples/s), {store.size_bytes() / total:.1f} B a sample in "
        f"blocks of {total // n}"
    )
    store.close()

    path = folder / "year.db"
    store = SqliteStore(path)
    hours, each = 8760, 360
    for day in range(hours // 24):
        t = start + day * 24 * BLOCK_NS + np.arange(24 * each) * (BLOCK_NS // each)
        m = len(t)
        value = 200e3 + 5e3 * np.sin(np.arange(m) / 500) + rng.normal(0, 200, m)
        for handle in (1, 2, 3):
            one = SampleBatch(
                np.full(m, handle, dtype=np.uint32),
                value.round(0),
                np.zeros(m, dtype=np.uint32),
                t,
                t,
            )
            store.append(one, "measured", None)
    for _ in store.seal(None):
        pass
    total = 3 * hours * each
    print(
        f"a year of 3 points every 10 s: {total} samples, {store.size_bytes() / total:.2f} "
        f"B a sample in blocks of {each}"
    )
    end = start + hours * BLOCK_NS
    for name, from_ns in (
        ("a year", start),
        ("30 days", end - 720 * BLOCK_NS),
        ("a day", end - 24 * BLOCK_NS),
    ):
        took = seconds(
            lambda f=from_ns: read_trend(store, 2, "measured", f, end, 2000),  # type: ignore[misc]
            5,
        )
        print(f"  one point over {name} as 2000 samples: {1e3 * took:.1f} ms")
    store.close()


async def bench_core(folder: Path, n: int, spread: float) -> None:
    """Batches through the socket bus, live table, alarms, filter and disk, acknowledged."""
    hub = SocketHub(f"unix:{folder}/bus.sock", folder / "bus.secret")
    await hub.start()
    served = await SocketBus.open(hub.address, folder / "bus.secret")
    client = await SocketBus.open(hub.address, folder / "bus.secret")
    store = SqliteStore(folder / "core.db")
    core = Core(
        PointTable(many_points(n)),
        store,
        MemoryAlarmJournal(),
        served,
        SystemClock(),
        {"normal": 1.0},
    )
    running = asyncio.create_task(core.run())
    await asyncio.sleep(1.0)
    rng = np.random.default_rng(1)
    took = []
    size = 5000
    sent = 0
    began = time.perf_counter()
    while time.perf_counter() - began < 5.0:
        value = rng.uniform(350e3 - spread, 350e3 + spread, size)
        batch = batch_of(value, time.time_ns(), (sent * size) % n)
        sent += 1
        header = {"gateway": "g", "epoch": 1, "number": sent, "origin": "measured"}
        one = time.perf_counter()
        await client.call("core.samples", header, batch.to_bytes())
        took.append(time.perf_counter() - one)
    total = time.perf_counter() - began
    print(
        f"core over the socket bus: {sent * size / total / 1e3:.0f} k samples/s, a batch of "
        f"{size} acknowledged in {1e3 * float(np.median(took)):.1f} ms "
        f"(p99 {1e3 * float(np.quantile(took, 0.99)):.1f})"
    )
    alarms = await client.subscribe("alarm", size=10_000)
    waits = []
    for k in range(100):
        value = np.array([120e3 if k % 2 == 0 else 300e3])
        batch = batch_of(value, time.time_ns(), n - 1)
        sent += 1
        header = {"gateway": "g", "epoch": 1, "number": sent, "origin": "measured"}
        one = time.perf_counter()
        call = asyncio.create_task(client.call("core.samples", header, batch.to_bytes()))
        async for message in alarms:
            if message.header["source"] == f"P{n - 1}":
                break
        waits.append(time.perf_counter() - one)
        await call
    print(
        f"  a sample to its alarm event at a subscriber: {1e3 * float(np.median(waits)):.1f} ms "
        f"(p99 {1e3 * float(np.quantile(waits, 0.99)):.1f})"
    )
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await core.close()
    await client.close()
    await served.close()
    await hub.close()


async def bench_bus(folder: Path) -> None:
    hub = SocketHub(f"unix:{folder}/b.sock", folder / "b.secret")
    await hub.start()
    a = await SocketBus.open(hub.address, folder / "b.secret")
    b = await SocketBus.open(hub.address, folder / "b.secret")

    async def echo(header: Header, payload: bytes) -> tuple[Header, bytes]:
        return header, payload

    await a.serve("echo", echo)
    for size in (0, 160_000, 1_600_000):
        payload = bytes(size)
        took = []
        for _ in range(100):
            began = time.perf_counter()
            await b.call("echo", {"n": 1}, payload)
            took.append(time.perf_counter() - began)
        print(f"bus: a call with {size} bytes there and back {1e3 * float(np.median(took)):.2f} ms")
    await a.close()
    await b.close()
    await hub.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=50_000)
    n = parser.parse_args().points
    bench_alarms(n)
    bench_table(n)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_store(folder, n)
        asyncio.run(bench_bus(folder))
        asyncio.run(bench_core(folder, n, 100e3))


if __name__ == "__main__":
    main()
