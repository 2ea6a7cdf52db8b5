"""Compressed blocks: every bit comes back, and the summary tells the truth."""

from __future__ import annotations

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.store.blocks import (
    Series,
    between,
    decode_block,
    encode_block,
    in_order,
    summarise,
)

int64 = st.integers(-(2**63), 2**63 - 1)
rows = st.lists(
    st.tuples(int64, st.floats(width=64), st.integers(0, 2**32 - 1), int64),
    min_size=1,
    max_size=50,
)


def series(data: list[tuple[int, float, int, int]]) -> Series:
    time, value, quality, arrival = zip(*data, strict=True)
    return Series(
        np.array(time, dtype=np.int64),
        np.array(value),
        np.array(quality, dtype=np.uint32),
        np.array(arrival, dtype=np.int64),
    )


def packed(one: Series) -> bytes:
    return encode_block(one, zstandard.ZstdCompressor(level=3))


@given(rows)
@settings(max_examples=100, deadline=None)
def test_a_block_gives_back_every_bit(data: list[tuple[int, float, int, int]]) -> None:
    one = series(data)
    back = decode_block(packed(one))
    assert back.time_ns.tobytes() == one.time_ns.tobytes()
    assert back.value.tobytes() == one.value.tobytes()
    assert back.quality.tobytes() == one.quality.tobytes()
    assert back.arrival_ns.tobytes() == one.arrival_ns.tobytes()


def test_an_hour_of_a_slow_value_takes_few_bytes_a_sample() -> None:
    n = 3600
    time = np.arange(n) * 10**9
    value = np.round(200e3 + 5e3 * np.sin(np.arange(n) / 600), -1)
    one = Series(time, value, np.zeros(n, dtype=np.uint32), time + 12_000_000)
    assert len(packed(one)) / n < 2.0


def test_a_block_of_another_release_or_a_torn_one_is_refused_in_words() -> None:
    block = packed(series([(1, 2.0, 0, 3)]))
    with pytest.raises(ValueError, match="another release"):
        decode_block(b"\x09" + block[1:])
    with pytest.raises(ValueError, match="damaged"):
        decode_block(block[:-3])
    with pytest.raises(ValueError, match="damaged"):
        decode_block(block[:12] + b"\0\0\0" + block[15:])


def test_the_summary_names_extremes_and_the_first_bad_sample() -> None:
    s = summarise(
        series(
            [
                (10, 5.0, 0, 0),
                (20, 1.0, 0, 0),
                (30, -99.0, 0x80310000, 0),
                (40, float("nan"), 0, 0),
                (50, 9.0, 0x40900000, 0),
            ]
        )
    )
    assert (s.n, s.first_ns, s.last_ns) == (5, 10, 50)
    assert (s.low, s.low_ns, s.high, s.high_ns) == (1.0, 20, 9.0, 50)
    assert (s.bad_ns, s.bad) == (30, 0x80310000)
    none = summarise(series([(10, float("nan"), 0x80310000, 0)]))
    assert np.isnan(none.low)
    assert none.bad_ns == 10


def test_parts_are_joined_by_source_time_then_arrival() -> None:
    a = series([(1, 1.0, 0, 5), (3, 3.0, 0, 9)])
    b = series([(2, 2.0, 0, 5), (3, 2.5, 0, 8)])
    both = in_order([a, b])
    assert both.value.tolist() == [1.0, 2.0, 2.5, 3.0]
    assert between(both, 2, 3).value.tolist() == [2.0]
    assert len(in_order([])) == 0
