"""The exception test keeps what matters: its error bound, the sample before a change."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.exception_filter import ExceptionFilter, rounds
from scada.samples import SampleBatch, joined

S = 10**9


def batch(*rows: tuple[int, float, float] | tuple[int, float, float, int]) -> SampleBatch:
    """(point, seconds, value[, quality])."""
    time = np.array([round(r[1] * S) for r in rows], dtype=np.int64)
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([r[2] for r in rows], dtype=np.float64),
        np.array([r[3] if len(r) > 3 else 0 for r in rows], dtype=np.uint32),
        time,
        time,
    )


def kept(one: SampleBatch) -> list[tuple[int, float, float]]:
    return [
        (int(p), t / S, float(v))
        for p, t, v in zip(one.point, one.source_time_ns, one.value, strict=True)
    ]


def test_small_changes_are_left_out_and_the_last_of_them_precedes_the_step() -> None:
    f = ExceptionFilter(np.array([1.0]), max_gap_s=100)
    rows = [(0, 0, 10.0), (0, 1, 10.5), (0, 2, 9.5), (0, 3, 10.875), (0, 4, 15.0), (0, 5, 15.0)]
    assert kept(f.keep(batch(*rows))) == [(0, 0, 10.0), (0, 3, 10.875), (0, 4, 15.0)]
    assert kept(f.flush()) == [(0, 5, 15.0)]
    assert kept(f.flush()) == []


def test_no_deadband_stores_every_change_and_no_repetition() -> None:
    f = ExceptionFilter(np.array([0.0]), max_gap_s=100)
    rows = [(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0 + 1e-12), (0, 3, 1.0 + 1e-12)]
    assert [t for _, t, _ in kept(f.keep(batch(*rows)))] == [0, 1, 2]


def test_a_change_of_quality_and_a_long_silence_are_stored() -> None:
    f = ExceptionFilter(np.array([1.0]), max_gap_s=60)
    rows = [(0, 0, 1.0), (0, 1, 1.0, 0x80310000), (0, 2, 1.0), (0, 30, 1.0), (0, 70, 1.0)]
    assert [t for _, t, _ in kept(f.keep(batch(*rows)))] == [0, 1, 2, 30, 70]


def test_not_a_number_is_stored_once() -> None:
    f = ExceptionFilter(np.array([1.0]), max_gap_s=100)
    nan = float("nan")
    rows = [(0, 0, 1.0), (0, 1, nan), (0, 2, nan), (0, 3, 1.0)]
    assert [t for _, t, _ in kept(f.keep(batch(*rows)))] == [0, 1, 2, 3]
    assert len(f.keep(batch((0, 4, nan), (0, 5, nan), (0, 6, nan)))) == 1


def test_late_samples_are_kept_and_do_not_disturb() -> None:
    f = ExceptionFilter(np.array([1.0]), max_gap_s=100)
    f.keep(batch((0, 10, 5.0)))
    assert kept(f.keep(batch((0, 3, 5.0)))) == [(0, 3, 5.0)]
    assert kept(f.keep(batch((0, 11, 5.5)))) == []


def test_after_a_failed_store_the_next_sample_is_stored_whatever_it_is() -> None:
    f = ExceptionFilter(np.array([1.0, 1.0]), max_gap_s=100)
    f.keep(batch((0, 0, 5.0), (1, 0, 5.0)))
    f.forget(np.array([0], dtype=np.uint32))
    assert kept(f.keep(batch((0, 1, 5.0), (1, 1, 5.0)))) == [(0, 1, 5.0)]


@given(st.lists(st.integers(0, 4), max_size=30))
def test_rounds_hold_a_point_once_and_keep_the_order(points: list[int]) -> None:
    groups = rounds(np.array(points, dtype=np.uint32))
    places = [int(i) for g in groups for i in g]
    assert sorted(places) == list(range(len(points)))
    for group in groups:
        of = [points[i] for i in group]
        assert len(set(of)) == len(of)
    for point in set(points):
        assert [i for i in places if points[i] == point] == [
            i for i, p in enumerate(points) if p == point
        ]


readings = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.floats(-100, 100) | st.just(float("nan")) | st.sampled_from([1.0, 1.5, 2.0]),
        st.sampled_from([0, 0, 0, 0x80310000]),
    ),
    max_size=60,
)


@given(readings, st.sampled_from([0.0, 0.5, 10.0]), st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_held_values_are_never_further_off_than_the_deadband(
    data: list[tuple[int, float, int]], deadband: float, size: int
) -> None:
    f = ExceptionFilter(np.full(3, deadband), max_gap_s=20)
    rows = [(p, float(t), v, q) for t, (p, v, q) in enumerate(data)]
    parts = [f.keep(batch(*rows[i : i + size])) for i in range(0, len(rows), size)]
    stored = joined([*parts, f.flush(), batch()])
    by_point: dict[int, list[Any]] = {p: [] for p in range(3)}
    for p, t, v, q in zip(
        stored.point, stored.source_time_ns / S, stored.value, stored.quality, strict=True
    ):
        by_point[int(p)].append((float(t), float(v), int(q)))
    for p, t, v, q in rows:
        held = max((row for row in by_point[p] if row[0] <= t), key=lambda row: row[0])
        assert held[2] == q
        assert (np.isnan(held[1]) and np.isnan(v)) or abs(held[1] - v) <= deadband
    # Nothing is invented, nothing stored twice, and each point's times grow.
    grid = 2.0 ** np.floor(np.log2(deadband / 8)) if deadband else 0.0
    for p, found in by_point.items():
        received = {
            (t, repr(float(np.round(v / grid) * grid) if grid else v), q)
            for pp, t, v, q in rows
            if pp == p
        }
        assert {(t, repr(v), q) for t, v, q in found} <= received
        assert [t for t, _, _ in found] == sorted({t for t, _, _ in found})
