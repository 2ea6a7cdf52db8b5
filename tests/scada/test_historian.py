"""The historian: once and only once, by id, and trends that keep extremes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.downsample import downsample
from scada.historian import Historian, Retention
from scada.point import Point
from scada.samples import SampleBatch
from scada.store.blocks import Series
from scada.store.memory import MemoryStore
from scada.store.port import BLOCK_NS, Mark, StoreError
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend

FOREVER = 2**62


def points(*ids: str, deadband: float = 0.0) -> list[Point]:
    return [
        Point(id=i, utility="water", quantity="pressure", unit="Pa", deadband=deadband) for i in ids
    ]


def batch(*rows: tuple[int, int, float]) -> SampleBatch:
    time = np.array([r[1] for r in rows], dtype=np.int64)
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([r[2] for r in rows], dtype=np.float64),
        np.zeros(len(rows), dtype=np.uint32),
        time,
        time,
    )


def mark(number: int, epoch: int = 1) -> Mark:
    return Mark(gateway="g", epoch=epoch, number=number)


async def values(historian: Historian, place: int) -> list[float]:
    series = await historian.trend(place, "measured", 0, FOREVER, 10_000)
    return [float(v) for v in series.value]


async def test_a_reordered_point_list_never_mixes_histories(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    historian = Historian(points("a", "b", "c"), SqliteStore(path))
    await historian.store(batch((0, 1, 1.0), (1, 1, 2.0), (2, 1, 3.0)), "measured")
    await historian.close()
    historian = Historian(points("c", "new", "a"), SqliteStore(path))
    assert await values(historian, 0) == [3.0]
    assert await values(historian, 1) == []
    assert await values(historian, 2) == [1.0]
    last = await historian.last("measured")
    assert dict(zip(last.point.tolist(), last.value.tolist(), strict=True)) == {0: 3.0, 2: 1.0}
    await historian.store(batch((0, 2, 30.0), (1, 2, 20.0)), "measured")
    await historian.close()
    # "b" comes back and has its history; the handle it had was not given to "new".
    historian = Historian(points("b", "c", "new"), SqliteStore(path))
    assert await values(historian, 0) == [2.0]
    assert await values(historian, 1) == [3.0, 30.0]
    assert await values(historian, 2) == [20.0]
    await historian.close()


async def test_the_same_number_twice_changes_nothing_even_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    historian = Historian(points("a"), SqliteStore(path))
    await asyncio.gather(
        historian.store(batch((0, 1, 1.0)), "measured", mark(1)),
        historian.store(batch((0, 1, 9.0)), "measured", mark(1)),
        historian.store(batch((0, 2, 2.0)), "measured", mark(2)),
    )
    assert await values(historian, 0) == [1.0, 2.0]
    await historian.close()
    historian = Historian(points("a"), SqliteStore(path))
    assert historian.seen(mark(2))
    assert not historian.seen(mark(3))
    assert not historian.seen(mark(1, epoch=2))
    await historian.store(batch((0, 9, 9.0)), "measured", mark(2))
    assert await values(historian, 0) == [1.0, 2.0]
    await historian.close()


async def test_a_batch_that_could_not_be_stored_may_be_sent_again() -> None:
    store = MemoryStore()
    historian = Historian(points("a", deadband=5.0), store)
    await historian.store(batch((0, 1, 1.0)), "measured", mark(1))
    store.full = True
    with pytest.raises(StoreError):
        await historian.store(batch((0, 2, 50.0)), "measured", mark(2))
    assert "full" in historian.problem
    assert not historian.seen(mark(2))
    store.full = False
    await historian.store(batch((0, 2, 50.0)), "measured", mark(2))
    assert await values(historian, 0) == [1.0, 50.0]
    assert historian.problem == ""
    await historian.close()


async def test_what_the_deadband_held_back_is_stored_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    historian = Historian(points("a", deadband=5.0), SqliteStore(path))
    await historian.store(batch((0, 1, 1.0), (0, 2, 2.0), (0, 3, 3.0)), "measured")
    assert await values(historian, 0) == [1.0]
    await historian.close()
    historian = Historian(points("a"), SqliteStore(path))
    assert await values(historian, 0) == [1.0, 3.0]
    await historian.close()


async def test_hours_are_sealed_when_over_and_deleted_when_old(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "h.db")
    historian = Historian(points("a"), store, retention=Retention(days=1.0))
    for hour in range(100, 103):
        at = hour * BLOCK_NS
        await historian.store(batch((0, at, 1.0), (0, at + 5, float(hour))), "measured")
    await historian.maintain(102 * BLOCK_NS + 60 * 10**9)
    assert store.recent() == 4  # five minutes are left for late samples of hour 101
    await historian.maintain(102 * BLOCK_NS + 301 * 10**9)
    assert store.recent() == 2
    assert len(await values(historian, 0)) == 6
    await historian.maintain(122 * BLOCK_NS + 301 * 10**9)
    assert len(store.database.pages_between(24, 96, 97)) == 1  # the day is packed as one
    await historian.maintain(143 * BLOCK_NS + 301 * 10**9)
    assert len(await values(historian, 0)) == 6
    await historian.maintain(144 * BLOCK_NS + 301 * 10**9)
    assert await values(historian, 0) == []
    await historian.close()


async def test_a_wide_trend_from_summaries_shows_every_extreme_and_gap(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "h.db")
    rng = np.random.default_rng(5)
    hours, per_hour = 400, 30
    time = np.sort(rng.integers(0, hours * BLOCK_NS, hours * per_hour))
    value = rng.normal(size=len(time))
    value[777], value[9999] = 50.0, -50.0
    quality = np.zeros(len(time), dtype=np.uint32)
    quality[5000] = 0x80310000
    one = SampleBatch(np.ones(len(time), dtype=np.uint32), value, quality, time, time)
    store.append(one, "measured", None)
    for _ in store.seal(None):
        pass
    from_ns, to_ns = int(time[100]), int(time[-100])
    wide = read_trend(store, 1, "measured", from_ns, to_ns, 90)
    everything = read_trend(store, 1, "measured", from_ns, to_ns, 10**6)
    assert len(everything) == len(time) - 200
    exact = downsample(everything, from_ns, to_ns, 90)
    assert len(wide) <= 90
    assert np.nanmax(wide.value) == 50.0
    assert np.nanmin(wide.value) == -50.0
    assert int(time[5000]) in wide.time_ns.tolist()
    inner = [t for t in exact.time_ns.tolist() if t not in wide.time_ns.tolist()]
    # Blocks that lie across the border of two stretches may swap an extreme with a neighbour.
    assert len(inner) < 0.4 * len(exact)
    assert set(wide.time_ns.tolist()) <= set(everything.time_ns.tolist())
    store.close()


series = st.lists(
    st.tuples(
        st.integers(0, 1000),
        st.floats(-10, 10) | st.just(float("nan")),
        st.sampled_from([0, 0, 0x80310000]),
    ),
    max_size=200,
)


@given(series, st.integers(3, 60))
@settings(max_examples=150, deadline=None)
def test_downsampling_keeps_extremes_and_size(
    rows: list[tuple[int, float, int]], max_points: int
) -> None:
    rows = sorted(rows, key=lambda r: r[0])
    time = np.array([r[0] for r in rows], dtype=np.int64)
    value = np.array([r[1] for r in rows], dtype=np.float64)
    quality = np.array([r[2] for r in rows], dtype=np.uint32)
    few = downsample(Series(time, value, quality, time), 0, 1001, max_points)
    assert len(few) <= max(max_points, 3)
    assert np.all(np.diff(few.time_ns) >= 0)
    usable = value[(quality == 0) & np.isfinite(value)]
    shown = few.value[(few.quality == 0) & np.isfinite(few.value)]
    if len(usable):
        assert (shown.min(), shown.max()) == (usable.min(), usable.max())
    if len(usable) < len(rows):
        assert len(shown) < len(few)


async def test_little_room_is_told_before_it_is_too_late() -> None:
    free: list[int | None] = [None]
    historian = Historian(
        points("a"),
        MemoryStore(),
        retention=Retention(max_bytes=40 * 32, free_bytes=1000),
        free_bytes=lambda: free[0],
    )
    await historian.maintain(0)
    assert historian.problem == ""
    free[0] = 900
    await historian.maintain(0)
    assert "disk" in historian.problem
    free[0] = 2000
    await historian.maintain(0)
    assert historian.problem == ""
    await historian.store(batch(*((0, k, float(k)) for k in range(39))), "measured")
    await historian.maintain(0)
    assert "oldest days" in historian.problem
    await historian.close()


async def test_times_are_kept_to_the_millisecond() -> None:
    store = MemoryStore()
    historian = Historian(points("a"), store)
    await historian.store(batch((0, 5_999_999, 1.0), (0, 7_000_001, 2.0)), "measured")
    series = await historian.trend(0, "measured", 0, 10**9, 10)
    assert series.time_ns.tolist() == [5_000_000, 7_000_000]
    await historian.close()
