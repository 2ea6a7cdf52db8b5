"""Means and extremes over steps: what is not known counts nowhere, whole hours tell the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.aggregates import Aggregates, read_aggregates
from scada.samples import SampleBatch
from scada.store.memory import MemoryStore
from scada.store.port import BLOCK_NS, SampleStore
from scada.store.sqlite import SqliteStore

S = 10**9
MINUTE = 60 * S
BAD = 0x80310000
START = 480_000 * BLOCK_NS


def fill(store: SampleStore, rows: list[tuple[float, float, int]]) -> None:
    """(seconds, value, quality) of point 1."""
    time = np.array([START + round(r[0] * S) for r in rows], dtype=np.int64)
    store.append(
        SampleBatch(
            np.ones(len(rows), dtype=np.uint32),
            np.array([r[1] for r in rows]),
            np.array([r[2] for r in rows], dtype=np.uint32),
            time,
            time,
        ),
        "measured",
        None,
    )


def means(store: SampleStore, to_s: float, step_ns: int) -> Aggregates:
    return read_aggregates(store, 1, "measured", START, START + round(to_s * S), step_ns)


def test_minutes_hold_the_value_before_and_leave_gaps_out() -> None:
    store = MemoryStore()
    fill(store, [(-30, 1.0, 0), (30, 3.0, 0), (90, 9.0, 0), (120, 5.0, BAD), (180, 7.0, 0)])
    one = means(store, 1200, MINUTE)
    assert one.n.tolist()[:4] == [1, 1, 1, 1]
    # half a minute of 1 and half of 3; of 3 and of 9; nothing while bad; then 7 for ten minutes
    assert one.mean.tolist()[:2] == [2.0, 6.0]
    assert np.isnan(one.mean[2])
    assert one.held_ns.tolist() == [MINUTE, MINUTE, 0, *[MINUTE] * 10, *[0] * 7]
    assert one.low.tolist()[:2] == [3.0, 9.0]
    assert np.isnan(one.low[2])
    assert np.isnan(one.high[5])


def test_more_steps_than_anyone_can_look_at_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        read_aggregates(MemoryStore(), 1, "measured", 0, START, MINUTE)


samples = st.lists(
    st.tuples(
        st.integers(-1200, 30 * 3600),
        st.floats(-100, 100, width=32) | st.just(float("nan")),
        st.sampled_from([0, 0, 0, BAD]),
    ),
    min_size=1,
    max_size=80,
    unique_by=lambda r: r[0],
)


@given(samples, st.sampled_from([1, 6, 24]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_hours_from_pages_tell_what_the_samples_tell(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float, int]],
    hours: int,
    late: bool,
) -> None:
    plain = MemoryStore()
    fill(plain, rows)
    paged = SqliteStore(tmp_path_factory.mktemp("store") / "h.db")
    cut = len(rows) // 2
    for part in (rows[:cut], rows[cut:]) if late else (rows,):
        if part:
            fill(paged, part)
            for _ in paged.seal(None):
                pass
    if not late:
        for _ in paged.compact(START + 26 * BLOCK_NS):
            pass
    a, b = (means(store, 30 * 3600, hours * BLOCK_NS) for store in (plain, paged))
    paged.close()
    assert a.n.tolist() == b.n.tolist()
    assert a.held_ns.tolist() == b.held_ns.tolist()
    for column in ("low", "high"):
        assert np.array_equal(getattr(a, column), getattr(b, column), equal_nan=True)
    # The mean of an hour is kept as a float32.
    assert np.allclose(a.mean, b.mean, rtol=1e-5, atol=1e-4, equal_nan=True)


def test_the_hours_of_samples_that_are_gone_still_give_means(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "h.db")
    fill(store, [(60 * k, float(k % 7), 0) for k in range(300)])
    for _ in store.seal(None):
        pass
    before = means(store, 5 * 3600, BLOCK_NS)
    assert store.prune(START + 9 * BLOCK_NS, None, hours_before_ns=START) > 0
    after = means(store, 5 * 3600, BLOCK_NS)
    assert store.rows() == 0
    assert np.allclose(before.mean, after.mean)
    assert before.n.tolist() == after.n.tolist() == [60] * 5
    store.close()
