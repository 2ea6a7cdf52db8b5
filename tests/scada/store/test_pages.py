"""Pages: every bit comes back, the hours tell the truth, and damage is told."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.samples import SampleBatch
from scada.store.blocks import Series, between, in_order
from scada.store.coding import pack_values, unpack_values
from scada.store.hours import BLOCK_NS, decode_hours, encode_hours, summarise
from scada.store.pages import (
    DAY_HOURS,
    PageKey,
    decode_frame,
    decode_page,
    encode_page,
    frame_count,
    frame_of,
)

S = 10**9
DAY = 480_000 // DAY_HOURS * DAY_HOURS
KEY = PageKey(DAY, DAY_HOURS, 0, 0, 1)
BAD = 0x80310000


def batch_of(rows: list[tuple[int, int, float, int, int]]) -> SampleBatch:
    """(point, time from the start of the day, value, quality, lag), put in order."""
    rows = sorted(rows, key=lambda r: (r[0], r[1], r[4]))
    point, time, value, quality, lag = zip(*rows, strict=True)
    time_ns = np.array(time, dtype=np.int64) + DAY * BLOCK_NS
    return SampleBatch(
        np.array(point, dtype=np.uint32),
        np.array(value, dtype=np.float64),
        np.array(quality, dtype=np.uint32),
        time_ns,
        time_ns + np.array(lag, dtype=np.int64),
    )


def series_of(one: SampleBatch) -> Series:
    return Series(one.source_time_ns, one.value, one.quality, one.arrival_time_ns)


odd = st.sampled_from([0.0, -0.0, 5e-324, -1.7e308, 0.25, 3.0, float("nan"), float("inf")])
values = st.floats(width=64) | odd
rows = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, DAY_HOURS * BLOCK_NS - 1) | st.integers(0, 86399).map(lambda t: t * S),
        values,
        st.sampled_from([0, 0, BAD, 0x408F0000, 2**32 - 1]),
        st.integers(-(10**15), 10**15),
    ),
    min_size=1,
    max_size=60,
)


@given(st.lists(values, min_size=1, max_size=40), st.data())
@settings(max_examples=300, deadline=None)
def test_values_come_back_bit_by_bit_whatever_they_are(v: list[float], data: st.DataObject) -> None:
    one = np.array(v)
    cuts = data.draw(st.sets(st.integers(0, len(v) - 1)))
    starts = np.array(sorted({0} | cuts), dtype=np.intp)
    back, rest = unpack_values(memoryview(pack_values(one, starts) + b"rest"), starts, len(v))
    assert back.tobytes() == one.tobytes()
    assert bytes(rest) == b"rest"


@given(rows)
@settings(max_examples=150, deadline=None)
def test_a_page_gives_back_every_bit(
    data: list[tuple[int, int, float, int, int]],
) -> None:
    one = batch_of(data)
    page = encode_page(KEY, one, 3)
    hours = decode_hours(page.hours)
    truth = summarise(one.point, series_of(one))
    for field in fields(hours):
        told, true = getattr(hours, field.name), getattr(truth, field.name)
        assert told.dtype == true.dtype
        assert np.array_equal(told, true, equal_nan=told.dtype == np.float64), field.name
    assert decode_page(KEY, hours, page.data).to_bytes() == one.to_bytes()


def test_a_page_of_many_samples_opens_one_frame_a_point() -> None:
    n = 5000
    each = [(p, k * S, float(p * k % 17), 0, 0) for p in range(5) for k in range(n)]
    one = batch_of(each)
    page = encode_page(KEY, one, 3)
    hours = decode_hours(page.hours)
    assert frame_count(hours) == 3
    for point in range(5):
        frame = decode_frame(KEY, hours, page.data, frame_of(hours, point))
        mine = frame.value[frame.point == point]
        assert mine.tolist() == [float(point * k % 17) for k in range(n)]
        assert len(frame) <= 2 * n
    with pytest.raises(ValueError, match="no point 7"):
        frame_of(hours, 7)
    assert len(decode_page(KEY, hours, page.data)) == 5 * n


def test_an_hour_of_noisy_float32_registers_takes_few_bytes_a_sample() -> None:
    rng = np.random.default_rng(1)
    time = np.cumsum(rng.integers(1, 120, (64, 60)), axis=1) * S
    value = np.round((350e3 + np.cumsum(rng.normal(0, 1500, (64, 60)), axis=1)) / 64) * 64
    point = np.repeat(np.arange(64), 60)
    one = batch_of(
        [
            (int(p), int(t), float(v), 0, 0)
            for p, t, v in zip(point, time.ravel(), value.ravel(), strict=True)
        ]
    )
    page = encode_page(PageKey(DAY, 1, 0, 0, 1), one, 3)
    assert (len(page.hours) + len(page.data)) / len(one) < 3.0


def test_a_page_of_another_release_or_a_torn_one_is_refused_in_words() -> None:
    page = encode_page(KEY, batch_of([(1, 2 * S, 2.0, 0, 3), (1, 9 * S, 4.0, 0, 3)]), 3)
    hours = decode_hours(page.hours)
    with pytest.raises(ValueError, match="another release"):
        decode_page(KEY, hours, b"\x09" + page.data[1:])
    with pytest.raises(ValueError, match="another release"):
        decode_hours(b"\x09" + page.hours[1:])
    for cut in (2, 8, len(page.data) - 3):
        with pytest.raises(ValueError, match="damaged"):
            decode_page(KEY, hours, page.data[:cut])
        with pytest.raises(ValueError, match="damaged"):
            decode_hours(page.hours[:cut])
    torn = bytearray(page.data)
    torn[-6] ^= 0x55
    with pytest.raises(ValueError, match="damaged"):
        decode_page(KEY, hours, bytes(torn))
    with pytest.raises(ValueError, match="does not fit"):
        decode_page(KEY, replace(hours, n=hours.n + 1), page.data)


def test_an_hour_names_extremes_the_first_bad_sample_and_the_mean_of_what_was_held() -> None:
    one = batch_of(
        [
            (1, 10 * S, 5.0, 0, 0),
            (1, 20 * S, 1.0, 0, 0),
            (1, 30 * S, -99.0, BAD, 0),
            (1, 40 * S, float("nan"), 0, 0),
            (1, 50 * S, 9.0, 0x40900000, 0),
            (2, 10 * S, float("nan"), BAD, 0),
            (3, 0, 2.0, 0, 0),
            (3, 3599 * S, 4.0, 0, 0),
        ]
    )
    hours = decode_hours(encode_hours(summarise(one.point, series_of(one)), 3))
    at = DAY * BLOCK_NS
    assert hours.n.tolist() == [5, 1, 2]
    assert (hours.low[0], hours.high[0], hours.last[0]) == (1.0, 9.0, 9.0)
    assert (hours.low_ns[0] - at, hours.high_ns[0] - at) == (20 * S, 50 * S)
    assert (hours.bad_ns[0] - at, hours.bad[0]) == (30 * S, BAD)
    # 5 for ten seconds and 1 for ten; what follows is bad until the last sample.
    assert (hours.mean[0], hours.held_ns[0]) == (3.0, 20 * S)
    assert np.isnan(hours.low[1])
    assert np.isnan(hours.mean[1])
    # A value is known for ten minutes, not for an hour without a word.
    assert (hours.mean[2], hours.held_ns[2]) == (2.0, 600 * S)


def test_parts_are_joined_by_source_time_then_arrival() -> None:
    def series(*rows: tuple[int, float, int]) -> Series:
        t, v, a = zip(*rows, strict=True)
        return Series(np.array(t), np.array(v), np.zeros(len(rows), dtype=np.uint32), np.array(a))

    both = in_order([series((1, 1.0, 5), (3, 3.0, 9)), series((2, 2.0, 5), (3, 2.5, 8))])
    assert both.value.tolist() == [1.0, 2.0, 2.5, 3.0]
    assert between(both, 2, 3).value.tolist() == [2.0]
    assert len(in_order([])) == 0
