"""The memory of a simulated RTU: places, holes, writes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scada.point import Point, RegisterType, WordOrder
from scada.registers import decode, encode
from scenarios.virtual_field.register_image import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    DeviceImage,
    WriteRefusedError,
)
from scenarios.virtual_field.scaling import from_raw, to_raw


def point(address: str, kind: RegisterType = "float32", **more: object) -> Point:
    fields: dict[str, object] = {
        "id": address,
        "utility": "water",
        "quantity": "status" if kind == "bool" else "pressure",
        "unit": "on/off" if kind == "bool" else "MPa",
        "address": address,
        "type": kind,
        "writable": True,
    }
    return Point(**{**fields, **more})  # type: ignore[arg-type]


def test_holes_between_points_do_not_exist() -> None:
    image = DeviceImage([point("hr:10"), point("hr:12"), point("hr:20", "int16")], unit=1)
    assert image.units[1].areas["hr"].runs() == [(10, 4), (20, 1)]
    assert image.units[1].areas["ir"].runs() == []


def test_units_are_apart() -> None:
    image = DeviceImage([point("hr:0", "uint16"), point("7/hr:0", "uint16")], unit=1)
    image.put(1, 5e6)
    assert image.units[1].areas["hr"].words == [0]
    assert image.units[7].areas["hr"].words == [5]


def test_bits_share_a_word_and_coils_are_packed() -> None:
    points = [point("hr:3.0", "bool"), point("hr:3.15", "bool"), point("co:17", "bool")]
    image = DeviceImage(points, unit=1)
    for index in range(3):
        image.put(index, 1.0)
    assert image.units[1].areas["hr"].words == [0x8001]
    assert (image.units[1].areas["co"].first, image.units[1].areas["co"].words) == (1, [2])
    image.put(1, 0.0)
    assert image.units[1].areas["hr"].words == [1]


def test_a_dead_instrument_leaves_its_register() -> None:
    image = DeviceImage([point("hr:0")], unit=1)
    image.put(0, 3e5)
    before = list(image.units[1].areas["hr"].words)
    image.put(0, math.nan)
    assert image.units[1].areas["hr"].words == before


@given(
    value=st.floats(0.0, 30.0),
    kind=st.sampled_from(["int16", "uint16", "int32", "uint32", "float32", "float64"]),
    order=st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
)
def test_what_a_client_writes_is_what_the_plant_hears(
    value: float, kind: RegisterType, order: WordOrder
) -> None:
    scale = 0.001 if "int" in kind else 1.0
    p = point("hr:100", kind, word_order=order, scale=scale, offset=-1.0)
    unit = DeviceImage([p], unit=1).units[1]
    raw = to_raw(p, value * 1e6)
    words = encode(raw, kind, order)
    ((slot, si),) = unit.commands("hr", 100, words)
    assert slot.index == 0
    assert si == pytest.approx(value * 1e6, abs=scale * 0.5e6 if "int" in kind else 1.0, rel=1e-6)
    assert from_raw(p, decode(words, kind, order)) == si


@pytest.mark.parametrize(
    ("area", "address", "values", "code"),
    [
        ("hr", 9, [0], ILLEGAL_ADDRESS),
        ("hr", 10, [0, 0, 0], ILLEGAL_ADDRESS),
        ("hr", 10, [0], ILLEGAL_VALUE),
        ("hr", 11, [0], ILLEGAL_VALUE),
        ("hr", 10, [0x7FC0, 0], ILLEGAL_VALUE),
        ("hr", 30, [1], ILLEGAL_ADDRESS),
        ("hr", 40, [0b10], ILLEGAL_VALUE),
        ("ir", 10, [0], ILLEGAL_ADDRESS),
        ("co", 0, [1], ILLEGAL_ADDRESS),
        ("co", 1, [1, 1], ILLEGAL_ADDRESS),
    ],
)
def test_writes_a_device_refuses(area: str, address: int, values: list[int], code: int) -> None:
    points = [
        point("hr:10"),
        point("hr:30", "uint16", writable=False),
        point("hr:40.0", "bool"),
        point("co:1", "bool"),
    ]
    unit = DeviceImage(points, unit=1).units[1]
    with pytest.raises(WriteRefusedError) as refused:
        unit.commands(area, address, values)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_writing_a_word_of_bits_commands_only_what_changes() -> None:
    points = [point("hr:0.0", "bool"), point("hr:0.1", "bool"), point("hr:0.2", "bool")]
    image = DeviceImage(points, unit=1)
    image.put(1, 1.0)
    found = image.units[1].commands("hr", 0, [0b011])
    assert [(slot.index, value) for slot, value in found] == [(0, 1.0)]


def test_a_value_beyond_the_type_saturates_as_a_converter_does() -> None:
    assert to_raw(point("hr:0", "int16", scale=0.001), 99e6) == 32767
    assert to_raw(point("hr:0", "uint16", scale=0.001), -1e6) == 0
    assert to_raw(point("co:0", "bool"), 0.7) == 1.0
