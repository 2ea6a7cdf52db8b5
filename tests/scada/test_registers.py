"""The register codec against vectors worked out by hand, and round trips of everything."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scada.registers import (
    REGISTERS,
    Field,
    Layout,
    byte_order,
    decode,
    decode_text,
    encode,
    integer_range,
    preview,
    unpack_bits,
)

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
INTEGERS = tuple(kind for kind in REGISTERS if "int" in kind)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("ABCD", [0x42F6, 0xE979]),
        ("CDAB", [0xE979, 0x42F6]),
        ("BADC", [0xF642, 0x79E9]),
        ("DCBA", [0x79E9, 0xF642]),
    ],
)
def test_float32_of_123_456_in_all_four_orders(order, words):
    assert decode(words, "float32", order) == pytest.approx(123.456, rel=1e-7)
    assert encode(123.456, "float32", order) == words


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("ABCD", [0x0102, 0x0304, 0x0506, 0x0708]),
        ("CDAB", [0x0708, 0x0506, 0x0304, 0x0102]),
        ("BADC", [0x0201, 0x0403, 0x0605, 0x0807]),
        ("DCBA", [0x0807, 0x0605, 0x0403, 0x0201]),
    ],
)
def test_eight_bytes_in_all_four_orders(order, words):
    value = struct.unpack(">d", bytes(range(1, 9)))[0]
    assert decode(words, "float64", order) == value
    assert encode(value, "float64", order) == words


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [
        ("int16", [0xFFFE], -2),
        ("uint16", [0xFFFE], 65534),
        ("int32", [0xFFFF, 0xFFFE], -2),
        ("uint32", [0x8000, 0x0000], 2147483648),
        ("int64", [0xFFFF, 0xFFFF, 0xFFFF, 0x0000], -65536),
        ("uint64", [0, 0, 1, 0], 65536),
        ("bool", [0x0001], 1),
        ("bool", [0x00FE], 0),
    ],
)
def test_known_integers(kind, words, value):
    assert decode(words, kind) == value


def test_one_register_knows_only_big_endian_and_swapped():
    assert [decode([0x1234], "uint16", order) for order in ORDERS] == [
        0x1234,
        0x1234,
        0x3412,
        0x3412,
    ]


@given(st.sampled_from(INTEGERS), st.sampled_from(ORDERS), st.data())
def test_integers_survive_a_round_trip(kind, order, data):
    low, high = integer_range(kind)
    # float64 holds whole numbers up to 2**53 exactly
    value = data.draw(st.integers(max(low, -(2**53)), min(high, 2**53)))
    assert decode(encode(value, kind, order), kind, order) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(ORDERS))
def test_float64_survives_a_round_trip(value, order):
    assert decode(encode(value, "float64", order), "float64", order) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from(ORDERS))
def test_float32_survives_a_round_trip(value, order):
    assert decode(encode(value, "float32", order), "float32", order) == value


@given(st.sampled_from(sorted(REGISTERS)), st.sampled_from(ORDERS))
def test_a_byte_order_uses_every_byte_once(kind, order):
    count = REGISTERS[kind]
    assert sorted(byte_order(count, order)) == list(range(2 * count))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (65536, "uint16"),
        (-1, "uint16"),
        (32768, "int16"),
        (2**64, "uint64"),
        (1e39, "float32"),
        (math.nan, "float32"),
        (math.inf, "int16"),
        (0.5, "bool"),
    ],
)
def test_what_a_type_cannot_hold_is_refused_not_clamped(value, kind):
    with pytest.raises(ValueError, match=r"."):
        encode(value, kind)


def test_the_wrong_number_of_registers_is_refused():
    with pytest.raises(ValueError, match="2 registers"):
        decode([1], "float32")


@st.composite
def _fields(draw):
    kind = draw(st.sampled_from(sorted(REGISTERS)))
    bit = draw(st.integers(0, 15)) if kind == "bool" else None
    offset = draw(st.integers(0, 30))
    return Field(offset=offset, type=kind, order=draw(st.sampled_from(ORDERS)), bit=bit)


@given(st.lists(_fields(), min_size=1, max_size=12), st.binary(min_size=68, max_size=68))
def test_a_layout_decodes_a_reply_as_the_fields_one_by_one(fields, data):
    words = struct.unpack(">34H", data)
    layout = Layout(fields)
    got = layout.decode(data)
    for field, value in zip(fields, got, strict=True):
        part = words[field.offset : field.offset + REGISTERS[field.type]]
        if field.bit is None:
            wanted = decode(part, field.type, field.order)
        else:
            word = (
                part[0]
                if field.order in ("ABCD", "CDAB")
                else int.from_bytes(part[0].to_bytes(2, "little"), "big")
            )
            wanted = float(word >> field.bit & 1)
        assert value == wanted or (math.isnan(value) and math.isnan(wanted))


def test_a_layout_refuses_a_short_reply():
    layout = Layout([Field(offset=3, type="float32")])
    with pytest.raises(ValueError, match="10 were asked for"):
        layout.decode(bytes(8))


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_bits_come_lowest_first(bits):
    data = bytearray((len(bits) + 7) // 8)
    for i, bit in enumerate(bits):
        data[i // 8] |= bit << i % 8
    assert np.array_equal(unpack_bits(bytes(data), len(bits)), np.array(bits, dtype=float))
    with pytest.raises(ValueError, match="too few"):
        unpack_bits(bytes(data), 8 * len(data) + 1)


def test_decimal_digits_and_what_is_none_of_them():
    assert decode([0x1234], "bcd16") == 1234.0
    assert decode([0x1234, 0x5678], "bcd32") == 12345678.0
    assert decode([0x5678, 0x1234], "bcd32", "CDAB") == 12345678.0
    assert encode(12345678, "bcd32", "DCBA") == [0x7856, 0x3412]
    assert math.isnan(decode([0x12A4], "bcd16"))
    with pytest.raises(ValueError, match="outside 0 to 9999"):
        encode(10000, "bcd16")
    layout = Layout([Field(offset=1, type="bcd16"), Field(offset=0, type="uint16", bit=4, bits=3)])
    assert layout.decode(bytes((0x00, 0x5F, 0x09, 0x87))).tolist() == [987.0, 5.0]


def test_a_preview_shows_every_type_in_every_order():
    words = encode(1.5, "float32", "CDAB")
    rows = {row["type"]: row for row in preview(words)}
    assert rows["float32"]["CDAB"] == 1.5
    assert rows["float32"]["ABCD"] != 1.5
    assert set(rows) == {
        *("int16", "uint16", "int32", "uint32", "float32", "bcd16", "bcd32", "text")
    }
    assert {row["type"]: row for row in preview([0x5055, 0x4D50])}["text"]["ABCD"] == "PUMP"
    assert decode_text([0x4241, 0x0043], swapped=True) == "ABC"


@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
def test_the_right_word_order_is_found_in_the_preview(order):
    """What a wrong order costs others: here each order's value stands beside the others."""
    rows = {row["type"]: row for row in preview(encode(-12.25, "float64", order))}
    assert [o for o in ("ABCD", "CDAB", "BADC", "DCBA") if rows["float64"][o] == -12.25] == [order]
