"""Store and forward: order, numbers, bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scada.samples import SampleBatch
from scada.spool import Spool


def _samples(values):
    n = len(values)
    times = np.arange(n, dtype=np.int64)
    return SampleBatch(
        np.arange(n, dtype=np.uint32),
        np.array(values, dtype=float),
        np.zeros(n, dtype=np.uint32),
        times,
        times,
    )


def _drain(spool):
    values, numbers = [], []
    while (parcel := spool.peek()) is not None:
        values += SampleBatch.from_bytes(parcel.payload).value.tolist()
        numbers.append(parcel.number)
        assert parcel.number == len(values)
        spool.confirm(parcel.number)
    return values, numbers


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), max_size=30))
def test_everything_comes_out_once_in_order(batches):
    spool = Spool(10_000, parcel=20)
    for values in batches:
        spool.put(_samples(values))
    values, _ = _drain(spool)
    assert values == [v for batch in batches for v in batch]
    assert spool.dropped == 0


def test_a_parcel_stays_the_same_until_it_is_confirmed():
    spool = Spool(100)
    spool.put(_samples([1.0]))
    first = spool.peek()
    spool.put(_samples([2.0]))
    assert spool.peek() is first
    spool.confirm(0)
    assert spool.peek() is first
    spool.confirm(1)
    assert spool.peek().number == 2


def test_small_batches_share_a_parcel():
    spool = Spool(100, parcel=5)
    for value in range(12):
        spool.put(_samples([float(value)]))
    assert [spool.peek().samples] == [5]
    assert len(spool) == 12


def test_when_full_the_oldest_go_and_are_counted_but_not_what_is_on_its_way():
    spool = Spool(10, parcel=3)
    spool.put(_samples([0.0, 1.0, 2.0]))
    on_its_way = spool.peek()
    for start in range(10):
        spool.put(_samples([10.0 * start, 10.0 * start + 1]))
    assert spool.dropped == 10
    assert spool.peek() is on_its_way
    values, numbers = _drain(spool)
    assert values[:3] == [0.0, 1.0, 2.0]
    assert values[3:] == [50.0, 51.0, 60.0, 61.0, 70.0, 71.0, 80.0, 81.0, 90.0, 91.0]
    assert numbers == [3, 5, 7, 9, 11, 13][: len(numbers)]
