"""The swinging door: what is left out lies within the bound of the line between what is kept."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.aggregates import read_aggregates
from scada.exception_filter import ExceptionFilter
from scada.historian import Historian
from scada.point import Point
from scada.quality import BAD_NO_COMMUNICATION
from scada.samples import SampleBatch
from scada.store.door import corners
from scada.store.port import BLOCK_NS, SampleStore
from scada.store.postgres import PostgresStore
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend
from tests.postgres import PostgresServer

S = 10**9
BAD = BAD_NO_COMMUNICATION
LONG_NS = 300 * S


def kept(seconds: list[float], values: list[float], bound: float, quality: list[int] | None = None):
    codes = np.array(quality or [0] * len(values), dtype=np.uint32)
    time = np.array([round(s * S) for s in seconds], dtype=np.int64)
    run = np.array([0], dtype=np.intp)
    return corners(run, np.array([bound]), time, np.array(values), codes, LONG_NS)


def test_a_straight_line_is_its_two_ends() -> None:
    keep = kept([0, 1, 2, 3, 4], [0.0, 1.0, 2.0, 3.0, 4.0], 0.01)
    assert keep.tolist() == [True, False, False, False, True]


def test_a_corner_is_set_where_the_line_turns_and_not_one_later() -> None:
    keep = kept([0, 1, 2, 3, 4, 5], [0.0, 1.0, 2.0, 3.0, 2.0, 1.0], 0.25)
    assert keep.tolist() == [True, False, False, True, False, True]


def test_gaps_bad_values_and_long_lines_have_corners_on_both_sides() -> None:
    nan = float("nan")
    keep = kept([0, 1, 2, 3, 4, 5], [1.0, 1.0, nan, nan, 1.0, 1.0], 1.0, [0, 0, BAD, BAD, 0, 0])
    assert keep.all()
    keep = kept([0, 1, 2, 400, 401, 402], [1.0] * 6, 1.0)
    assert keep.tolist() == [True, False, True, True, False, True]
    keep = kept([100 * k for k in range(8)], [1.0] * 8, 1.0)
    assert keep.tolist() == [True, False, False, True, False, False, True, True]


runs = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([1, 1, 1, 2, 5, 200, 700]),
        st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, float("nan")]),
        st.sampled_from([0] * 12 + [BAD]),
    ),
    min_size=1,
    max_size=80,
)


@given(runs, st.sampled_from([0.0, 0.5, 3.0, 1e5]), st.integers(0, 2))
@settings(max_examples=400, deadline=None)
def test_every_sample_left_out_is_within_the_bound_of_the_line(
    data: list[tuple[int, int, float, int]], bound: float, untouched: int
) -> None:
    rows = sorted(enumerate(data), key=lambda row: (row[1][0], row[0]))
    point = np.array([d[0] for _, d in rows])
    time = np.cumsum([d[1] for _, d in rows]).astype(np.int64) * S
    value = np.array([d[2] for _, d in rows])
    quality = np.array([d[3] for _, d in rows], dtype=np.uint32)
    run = np.flatnonzero(np.concatenate(([True], np.diff(point) != 0)))
    bounds = np.where(point[run] == untouched, np.nan, bound)
    keep = corners(run, bounds, time, value, quality, LONG_NS)
    assert keep[point == untouched].all()
    for p in set(point.tolist()):
        mine = np.flatnonzero(point == p)
        held = mine[keep[mine]]
        assert held[0] == mine[0]
        assert held[-1] == mine[-1]
        line = np.interp(time[mine], time[held], value[held])
        left = ~keep[mine]
        slack = 1e-9 * np.abs(value[mine][left]).max(initial=1.0)
        assert (np.abs(line - value[mine])[left] <= bound + slack).all()
        # Between two corners with samples left out nothing breaks: one quality, no silence.
        for a, b in pairwise(held):
            if b - a > 1:
                assert len(set(quality[a : b + 1].tolist())) == 1
                assert np.diff(time[a : b + 1]).max() <= LONG_NS
                assert time[b] - time[a] <= LONG_NS


def noisy_hours(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three hours of a swing with noise and steps, a sample a second, some of them missing."""
    dice = np.random.default_rng(seed)
    second = np.flatnonzero(dice.random(3 * 3600) < 0.95)
    value = 300e3 + 40e3 * np.sin(second / 900.0) + dice.normal(0, 200, len(second))
    value[second > 7000] += 30e3
    return second, value


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SampleStore:
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "history.db")
    server: PostgresServer = request.getfixturevalue("server")
    return PostgresStore(server.url())


async def test_history_is_within_the_deadband_of_what_came_on_both_stores(
    store: SampleStore,
) -> None:
    common = {"utility": "water", "quantity": "pressure", "unit": "Pa", "deadband": 1000.0}
    points = [Point(id="D", compression="door", **common), Point(id="E", **common)]
    historian = Historian(points, store)
    second, value = noisy_hours(1)
    start = 490_000 * BLOCK_NS
    for a in range(0, len(second), 500):
        at = start + second[a : a + 500].astype(np.int64) * S
        n = len(at)
        batch = SampleBatch(
            np.repeat(np.arange(2, dtype=np.uint32), n),
            np.tile(value[a : a + 500], 2),
            np.zeros(2 * n, dtype=np.uint32),
            np.tile(at, 2),
            np.tile(at, 2),
        )
        await historian.store(batch, "measured")
    handle = store.handles(["D", "E"])
    for work in (store.seal(None), store.compact(2**62)):
        for _ in work:
            pass
    time = start + second.astype(np.int64) * S
    door, held = (read_trend(store, int(h), "measured", 0, 2**62, 10**9) for h in handle)
    assert len(door) < len(held) / 2 < len(value) / 4
    line = np.interp(time, door.time_ns, door.value)
    assert np.abs(line - value).max() <= 1000.0
    # The means of door points are those of the line.
    for step_ns in (BLOCK_NS, 60 * S):
        rows = read_aggregates(store, int(handle[0]), "measured", start, start + BLOCK_NS, step_ns)
        for begin, mean in zip(rows.start_ns, rows.mean, strict=True):
            inside = (time >= begin) & (time < begin + step_ns)
            assert abs(mean - value[inside].mean()) < (100.0 if step_ns == BLOCK_NS else 1000.0)
    await historian.close()


def test_the_filter_stores_every_sample_of_a_door_point() -> None:
    filter_ = ExceptionFilter(np.array([8.0, 8.0]), every=np.array([True, False]))
    at = np.arange(4, dtype=np.int64) * S
    zeros = np.zeros(4, dtype=np.uint32)
    for point, n in ((0, 4), (1, 1)):
        batch = SampleBatch(np.full(4, point, dtype=np.uint32), np.full(4, 5.0), zeros, at, at)
        assert len(filter_.keep(batch)) == n
