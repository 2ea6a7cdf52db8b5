"""The historian beside a plain SQLite table and DuckDB: `python benchmarks/historian.py`.

Options: [--hours H] of the example city at its own scan rates, [--postgres URL] (or `--postgres
wheel`: a server of the test wheel) for the same on PostgreSQL. Everything is on disk, each store
reads what it has written itself. Prints figures and ratios; judges nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from network_models.units import UNITS
from scada.exception_filter import ExceptionFilter
from scada.registers import integer_range
from scada.samples import SampleBatch, joined, taken
from scada.store.port import BLOCK_NS, Mark, SampleStore
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend
from scenarios.init_site import init_site
from scenarios.site import load_site
from scenarios.virtual_field.instruments import Instruments
from scenarios.virtual_field.signals import Signals

S = 10**9
START = 490_896 * BLOCK_NS  # 2026-01-01
DAY = 24 * BLOCK_NS
COMMIT = 5000
POINTS_SHOWN = 1000


def city(
    folder: Path, hours: float
) -> tuple[list[SampleBatch], list[SampleBatch], dict[int, float]]:
    """The example city's noisy readings after the exception test, a batch a second.

    Beside them the same for the swinging door, which the store applies: all readings of points with
    a deadband, and the bound of each.
    """
    init_site(folder, example="city", network_file=None, seed=1, elements=4800)
    site = load_site(folder)
    points = list(site.points)
    signals = Signals(points, site.networks, seed=1)
    instruments = Instruments(points, seed=1)
    zero = np.array([UNITS[p.unit].from_si(0.0) for p in points])
    slope = np.array([UNITS[p.unit].from_si(1.0) for p in points]) - zero
    scale = np.array([p.scale for p in points])
    whole = np.array([integer_range(p.type) is not None for p in points])
    single = np.array([p.type == "float32" for p in points])
    deadband = np.array([p.deadband for p in points])
    door = (deadband > 0) & np.array([p.type not in ("bool", "bcd16", "bcd32") for p in points])
    filter_, whole_filter = ExceptionFilter(deadband), ExceptionFilter(deadband, every=door)
    bounds = {int(k) + 1: float(filter_.bound[k]) for k in np.flatnonzero(door)}
    scan = np.array([site.scan[p.scan] for p in points]).astype(int)
    rng = np.random.default_rng(1)
    found: list[SampleBatch] = []
    every: list[SampleBatch] = []
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for second in range(int(hours * 3600)):
        true = signals.advance(begin + timedelta(seconds=second), 1.0)
        raw = (instruments.read(true, 1.0) * slope + zero) / scale
        raw = np.where(whole, np.round(raw), np.where(single, raw.astype(np.float32), raw))
        value = (raw * scale - zero) / slope
        due = np.flatnonzero(second % scan == 0)
        # A link answers a little later each time, and every value of its answer has that time.
        jitter = rng.integers(0, 40, 8) * 1_000_000
        at = START + second * S + jitter[due % 8]
        batch = SampleBatch(
            (due + 1).astype(np.uint32), value[due], np.zeros(len(due), dtype=np.uint32), at, at
        )
        found.append(filter_.keep(_shifted(batch, -1)))
        every.append(whole_filter.keep(_shifted(batch, -1)))
    kept, all_ = ([_shifted(b, 1) for b in part if len(b)] for part in (found, every))
    return kept, all_, bounds


def compare_doors(
    store: Ours, kept: int, every: list[SampleBatch], bounds: dict[int, float], size: int
) -> None:
    """What the swinging door keeps of the same readings in the same store."""
    store.store.doors = bounds
    store.write(by_count(every, COMMIT))
    store.settle()
    received, rows, door_size = sum(map(len, every)), store.store.rows(), store.size()
    print(
        f"\nswinging door beside the exception test, same bounds, {received} readings of "
        f"points with a deadband and changes of the others ({store.name})\n"
        f"  exception test {kept:12d} samples {size / 1e6:8.2f} MB {size / received:8.3f} B a "
        f"reading"
        f"\n  swinging door  {rows:12d} samples {door_size / 1e6:8.2f} MB "
        f"{door_size / received:8.3f} B a reading, {door_size / rows:.2f} B a sample"
    )


def _shifted(batch: SampleBatch, by: int) -> SampleBatch:
    return SampleBatch(
        (batch.point.astype(np.int64) + by).astype(np.uint32),
        batch.value,
        batch.quality,
        batch.source_time_ns,
        batch.arrival_time_ns,
    )


def year(points: int) -> Iterator[SampleBatch]:
    """A year of noisy pressures, one sample a minute and point, a batch a day."""
    rng = np.random.default_rng(2)
    minutes = np.arange(1440)
    for day in range(365):
        for p in range(1, points + 1):
            at = START + day * DAY + minutes * 60 * S + rng.integers(0, 1000, 1440) * 1_000_000
            swing = 20e3 * np.sin(minutes / 230 + p)
            value = np.round((350e3 + swing + rng.normal(0, 900, 1440)) / 64) * 64
            yield SampleBatch(
                np.full(1440, p, dtype=np.uint32), value, np.zeros(1440, dtype=np.uint32), at, at
            )


def day(points: int) -> Iterator[SampleBatch]:
    """A day of noisy pressures, a sample every ten seconds and point, a batch an hour and point."""
    rng = np.random.default_rng(4)
    second = np.arange(0, 3600, 10)
    for hour in range(24):
        for p in range(1, points + 1):
            at = START + (hour * 3600 + second) * S + rng.integers(0, 1000, len(second)) * 1_000_000
            swing = 20e3 * np.sin((hour * 3600 + second) / 13_800 + p)
            value = np.round((350e3 + swing + rng.normal(0, 900, len(second))) / 64) * 64
            n = len(second)
            yield SampleBatch(
                np.full(n, p, dtype=np.uint32), value, np.zeros(n, dtype=np.uint32), at, at
            )


def run_day(make: list[Callable[[str], Any]]) -> None:
    """200 points over a day, as a screen of trends asks."""
    stores = [m("day") for m in make]
    batches = by_count(list(day(200)), 50_000)
    total = sum(map(len, batches))
    for one in stores:
        one.write(batches)
        one.settle()
    some = list(range(1, 201))
    took = {o.name: cost(lambda o=o: o.trends(some, START, START + DAY), 3) for o in stores}
    compare_cost("200 points over a day, a sample every ten seconds", took)
    sizes = {o.name: o.size() / total for o in stores}
    compare("size at 360 samples a point and hour", sizes, "B a sample", more_is_better=False)
    _close(stores)


def cost(work: Callable[[], Any], times: int = 5) -> tuple[float, float]:
    """Wall and processor time, ms, of the best of several runs after one that warms up.

    The processor time is of this process: what a server works for us is not in it.
    """
    work()
    found = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)))
    return min(w for w, _ in found), min(c for _, c in found)


class Ours:
    """A store of this project: what is written is sealed and packed as in a running room."""

    def __init__(self, name: str, store: SampleStore) -> None:
        self.name = name
        self.store = store
        self._number = itertools.count(1)

    def write(self, batches: list[SampleBatch]) -> float:
        began = time.perf_counter()
        for batch in batches:
            mark = Mark(gateway="g", epoch=1, number=next(self._number))
            self.store.append(batch, "measured", mark)
        return time.perf_counter() - began

    def settle(self) -> tuple[float, float]:
        began = time.perf_counter()
        for _ in self.store.seal(None):
            pass
        sealed = time.perf_counter()
        for _ in self.store.compact(2**62):
            pass
        return sealed - began, time.perf_counter() - sealed

    def size(self) -> int:
        return self.store.size_bytes()

    def last(self) -> int:
        return len(self.store.last("measured"))

    def trend(self, point: int, from_ns: int, to_ns: int) -> int:
        return len(read_trend(self.store, point, "measured", from_ns, to_ns, POINTS_SHOWN))

    def trends(self, points: list[int], from_ns: int, to_ns: int) -> int:
        return sum(self.trend(p, from_ns, to_ns) for p in points)


TABLE = (
    "CREATE TABLE sample (point {i} NOT NULL, time_ns {b} NOT NULL, value {d}, quality {b} NOT "
    "NULL, arrival_ns {b} NOT NULL{key})"
)
BUCKETS = (
    "SELECT point, (time_ns - {a}) / {w} AS k, min(value), max(value), count(*) FROM sample "
    "WHERE point IN ({p}) AND time_ns >= {a} AND time_ns < {b} GROUP BY 1, 2 ORDER BY 1, 2"
)


class Plain:
    """The same rows in one table of SQL."""

    def __init__(self, name: str) -> None:
        self.name = name

    def rows(self, query: str) -> list[Any]:
        raise NotImplementedError

    def settle(self) -> tuple[float, float]:
        return 0.0, 0.0

    def last(self) -> int:
        return len(self.rows("SELECT point, max(time_ns) FROM sample GROUP BY point"))

    def trend(self, point: int, from_ns: int, to_ns: int) -> int:
        return self.trends([point], from_ns, to_ns)

    def trends(self, points: list[int], from_ns: int, to_ns: int) -> int:
        width = max((to_ns - from_ns) * 2 // POINTS_SHOWN, 1)
        few = ",".join(map(str, points))
        division = "//" if self.name == "DuckDB" else "/"
        query = BUCKETS.replace("/ {w}", f"{division} {width}")
        return len(self.rows(query.format(a=from_ns, b=to_ns, p=few)))


class PlainSqlite(Plain):
    def __init__(self, path: Path) -> None:
        super().__init__("plain SQLite")
        self.path = path
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.execute("PRAGMA journal_mode=WAL")
        self.sql.execute("PRAGMA synchronous=NORMAL")
        self.sql.execute(
            TABLE.format(i="INTEGER", b="INTEGER", d="REAL", key=", PRIMARY KEY (point, time_ns)")
            + " WITHOUT ROWID"
        )

    def write(self, batches: list[SampleBatch]) -> float:
        began = time.perf_counter()
        for b in batches:
            self.sql.execute("BEGIN")
            self.sql.executemany(
                "INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?)",
                zip(
                    b.point.tolist(),
                    b.source_time_ns.tolist(),
                    b.value.tolist(),
                    b.quality.tolist(),
                    b.arrival_time_ns.tolist(),
                    strict=True,
                ),
            )
            self.sql.execute("COMMIT")
        return time.perf_counter() - began

    def size(self) -> int:
        self.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size

    def rows(self, query: str) -> list[Any]:
        return self.sql.execute(query).fetchall()


class PlainDuck(Plain):
    def __init__(self, path: Path) -> None:
        super().__init__("DuckDB")
        self.path = path
        self.sql = duckdb.connect(str(path))
        self.sql.execute(TABLE.format(i="UINTEGER", b="BIGINT", d="DOUBLE", key=""))

    def write(self, batches: list[SampleBatch]) -> float:
        import pyarrow as pa

        began = time.perf_counter()
        for b in batches:
            names = ["point", "time_ns", "value", "quality", "arrival_ns"]
            columns = [b.point, b.source_time_ns, b.value, b.quality, b.arrival_time_ns]
            rows = pa.table(dict(zip(names, columns, strict=True)))
            self.sql.register("rows", rows)
            self.sql.execute("INSERT INTO sample SELECT * FROM rows")
            self.sql.unregister("rows")
        return time.perf_counter() - began

    def size(self) -> int:
        self.sql.execute("CHECKPOINT")
        return self.path.stat().st_size

    def rows(self, query: str) -> list[Any]:
        return self.sql.execute(query).fetchall()


def compare_cost(title: str, figures: dict[str, tuple[float, float]]) -> None:
    wall, cpu = next(iter(figures.values()))
    print(f"\n{title}")
    for name, (w, c) in figures.items():
        ratios = f"ours is {w / wall:6.2f} x by wall, {c / cpu:6.2f} x by processor"
        print(f"  {name:14s} {w:10.1f} ms {c:10.1f} ms processor   {ratios}")


def compare(title: str, figures: dict[str, float], unit: str, *, more_is_better: bool) -> None:
    ours = next(iter(figures.values()))
    print(f"\n{title}")
    for name, value in figures.items():
        ratio = (ours / value if more_is_better else value / ours) if value and ours else 0.0
        print(f"  {name:14s} {value:12.2f} {unit:12s} ours is {ratio:6.2f} x")


def by_count(batches: list[SampleBatch], size: int) -> list[SampleBatch]:
    """The same samples in commits of one size."""
    one = joined(batches)
    return [taken(one, np.arange(a, min(a + size, len(one)))) for a in range(0, len(one), size)]


def many(points: int, rounds: int) -> list[SampleBatch]:
    """Samples of many points, for the last value of each."""
    rng = np.random.default_rng(3)
    found = []
    for k in range(rounds):
        at = np.full(points, START + k * S, dtype=np.int64)
        value = np.round(rng.normal(350e3, 5e3, points) / 64) * 64
        handles = np.arange(1, points + 1, dtype=np.uint32)
        found.append(SampleBatch(handles, value, np.zeros(points, dtype=np.uint32), at, at))
    return found


def run(folder: Path, hours: float, make: list[Callable[[str], Any]]) -> None:
    began = time.perf_counter()
    batches, every, bounds = city(folder / "city", hours)
    total = sum(map(len, batches))
    points = len(np.unique(joined(batches).point))
    print(
        f"example city: {points} points over {hours:g} h, {total} samples after the exception "
        f"test ({total / points / hours:.0f} a point and hour), made in "
        f"{time.perf_counter() - began:.0f} s"
    )
    stores = [m("city") for m in make]
    rate = {}
    size = {}
    commits = by_count(batches, COMMIT)
    for one in stores:
        took = one.write(commits)
        rate[one.name] = total / took / 1e3
        seal, pack = one.settle()
        size[one.name] = one.size() / total
        if seal:
            print(
                f"  {one.name}: sealed at {total / seal / 1e3:.0f} k/s, packed into days at "
                f"{total / pack / 1e3:.0f} k/s"
            )
    compare(f"rows in, commits of {COMMIT}", rate, "k rows/s", more_is_better=True)
    compare("size with times and quality", size, "B a sample", more_is_better=False)
    for one, again in zip(stores, make, strict=True):
        if isinstance(one, Ours):
            door = again("door")
            compare_doors(door, total, every, bounds, round(size[one.name] * total))
            door.store.close()
    end = START + int(hours * BLOCK_NS)
    some = list(range(1, 201))
    day = {o.name: cost(lambda o=o: o.trends(some, START, end)) for o in stores}
    compare_cost(f"200 points over {hours:g} h", day)
    _close(stores)

    stores = [m("year") for m in make]
    batches = by_count(list(year(8)), 50_000)
    total = sum(map(len, batches))
    for one in stores:
        for chunk in range(0, len(batches), 10):
            one.write(batches[chunk : chunk + 10])
            one.settle()
    for span, days in (("a year", 365), ("30 days", 30), ("a day", 1)):
        at = START + (365 - days) * DAY
        took = {o.name: cost(lambda o=o, at=at: o.trend(7, at, START + 365 * DAY)) for o in stores}
        compare_cost(f"one point over {span}, one sample a minute", took)
    size = {o.name: o.size() / total for o in stores}
    compare("size at 60 samples a point and hour", size, "B a sample", more_is_better=False)
    _close(stores)

    stores = [m("last") for m in make]
    batches = many(50_000, 40)
    rate = {}
    for one in stores:
        rate[one.name] = 2000 / one.write(batches)
        one.settle()
    compare("rows in, commits of 50,000", rate, "k rows/s", more_is_better=True)
    compare_cost("last value of 50,000 points", {o.name: cost(o.last) for o in stores})
    _close(stores)


def _close(stores: list[Any]) -> None:
    for one in stores:
        if isinstance(one, Ours):
            one.store.close()
        else:
            one.sql.close()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--hours", type=float, default=6.0)
    ask.add_argument("--postgres", default="")
    ask.add_argument("--only", choices=("day",), help="200 points over a day, nothing else")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as later:
        folder = Path(name)
        make: list[Callable[[str], Any]] = [
            lambda part: Ours("ours, SQLite", SqliteStore(folder / f"{part}.history.db")),
            lambda part: PlainSqlite(folder / f"{part}.plain.db"),
            lambda part: PlainDuck(folder / f"{part}.duckdb"),
        ]
        if given.postgres:
            from scada.store.postgres import PostgresStore
            from tests.postgres import postgres

            server = later.enter_context(postgres()) if given.postgres == "wheel" else None
            make.insert(
                1,
                lambda _part: Ours(
                    "ours, PG", PostgresStore(server.url() if server else given.postgres)
                ),
            )
        if given.only != "day":
            run(folder, given.hours, make)
        run_day(make)


if __name__ == "__main__":
    main()
