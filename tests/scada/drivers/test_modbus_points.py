"""Merged reads give each point what a read of its own would: adding a point changes no other."""

import numpy as np
from field import point
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.drivers.modbus_points import compile_reads, place_of
from scada.registers import REGISTERS

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


@st.composite
def _points(draw):
    made = []
    for number in range(draw(st.integers(1, 25))):
        area = draw(st.sampled_from(("hr", "ir", "co", "di")))
        at = draw(st.integers(0, 400))
        kind = draw(st.sampled_from(sorted(REGISTERS)))
        if area in ("co", "di"):
            kind = "bool"
        bit = f".{draw(st.integers(0, 15))}" if kind == "bool" and area in ("hr", "ir") else ""
        made.append(
            point(
                f"P{number}",
                f"{area}:{at}{bit}",
                kind,
                word_order=draw(st.sampled_from(ORDERS)),
                scale=draw(st.sampled_from((1.0, 0.1, -2.0))),
                offset=draw(st.sampled_from((0.0, 5.0))),
            )
        )
    return made


def _read(reads, memory):
    """Values by point number, as a unit with this memory would make them."""
    values = {}
    for read in reads:
        words = memory[read.read.start : read.read.start + read.read.count]
        if read.read.area in ("co", "di"):
            data = np.packbits((words & 1).astype(np.uint8), bitorder="little").tobytes()
        else:
            data = words.astype(">u2").tobytes()
        assert len(data) == read.data_bytes
        request = read.request()
        assert (request.address, request.count, request.dev_id) == (
            read.read.start,
            read.read.count,
            1,
        )
        values.update(zip(read.places.tolist(), read.values(data).tolist(), strict=True))
    return values


@settings(max_examples=60)
@given(_points(), st.integers(0, 2**32 - 1), st.integers(0, 20))
def test_a_merged_read_gives_each_point_its_own_value(points, seed, max_gap):
    memory = np.random.default_rng(seed).integers(0, 65536, 500)
    places = [place_of(p, i, 1) for i, p in enumerate(points)]
    together = compile_reads(
        1, places, range(len(points)), max_gap=max_gap, max_registers=125, cuts=()
    )
    merged = _read(together, memory)
    assert sorted(merged) == list(range(len(points)))
    for number in range(len(points)):
        alone = compile_reads(1, places, [number], max_gap=0, max_registers=125, cuts=())
        np.testing.assert_equal(merged[number], _read(alone, memory)[number])
