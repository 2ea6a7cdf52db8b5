"""Registers to numbers and back: a pure codec for 16, 32 and 64-bit values in four word orders.

With A the most significant byte, a value lies on the wire as

    ABCD  big-endian, as the specification has it for one register
    CDAB  registers in reverse, bytes of a register big-endian
    BADC  registers in order, bytes of a register swapped
    DCBA  little-endian

and 64-bit values alike (ABCDEFGH, GHEFCDAB, BADCFEHG, HGFEDCBA). A single register knows only
big-endian (ABCD, CDAB) and swapped (BADC, DCBA). Raw numbers travel as float64, so 64-bit
integers beyond 2**53 lose their last digits.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scada.point import RegisterType, WordOrder

REGISTERS: dict[RegisterType, int] = {
    "bool": 1,
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "int64": 4,
    "uint64": 4,
    "float32": 2,
    "float64": 4,
    "bcd16": 1,
    "bcd32": 2,
}
"""How many registers a type fills; a bool in a register is one bit of it."""

_FORMAT: dict[RegisterType, str] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}
_DTYPE: dict[RegisterType, str] = {
    "int16": ">i2",
    "uint16": ">u2",
    "int32": ">i4",
    "uint32": ">u4",
    "int64": ">i8",
    "uint64": ">u8",
    "float32": ">f4",
    "float64": ">f8",
}


BCD: tuple[RegisterType, ...] = ("bcd16", "bcd32")
"""Decimal digits of four bits each, as older meters have them; no sign."""


def byte_order(registers: int, order: WordOrder) -> tuple[int, ...]:
    """Where the bytes, most significant first, stand on the wire of a value of n registers."""
    words = range(registers - 1, -1, -1) if order in ("CDAB", "DCBA") else range(registers)
    swapped = order in ("BADC", "DCBA")
    return tuple(2 * w + (b ^ 1 if swapped else b) for w in words for b in (0, 1))


def integer_range(kind: RegisterType) -> tuple[int, int] | None:
    """Least and greatest value of an integer type; None for floats and bool."""
    if kind == "bool" or kind.startswith("float"):
        return None
    if kind in BCD:
        return 0, 10 ** (4 * REGISTERS[kind]) - 1
    bits = 16 * REGISTERS[kind]
    return (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decode(words: Sequence[int], kind: RegisterType, order: WordOrder = "ABCD") -> float:
    """The number in `words` (one int 0..65535 a register); a bool is the word's bit 0."""
    if len(words) != REGISTERS[kind]:
        raise ValueError(f"{kind} takes {REGISTERS[kind]} registers, not {len(words)}")
    if kind == "bool":
        return float(words[0] & 1)
    wire = struct.pack(f">{len(words)}H", *words)
    packed = bytes(wire[i] for i in byte_order(len(words), order))
    if kind in BCD:
        return float(_bcd(np.frombuffer(packed, np.uint8).reshape(1, -1))[0])
    return float(struct.unpack(_FORMAT[kind], packed)[0])


def encode(value: float, kind: RegisterType, order: WordOrder = "ABCD") -> list[int]:
    """The registers of `value`, rounded for integers; ValueError when the type cannot hold it.

    A value out of range is refused, never clamped: what is not meant must not be written.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if kind == "bool":
        if value not in (0.0, 1.0):
            raise ValueError(f"{value} is neither 0 nor 1")
        return [int(value)]
    span = integer_range(kind)
    try:
        if span is None:
            packed = struct.pack(_FORMAT[kind], value)
        else:
            whole = round(value)
            if not span[0] <= whole <= span[1]:
                raise ValueError(f"{value:g} is outside {span[0]} to {span[1]} of {kind}")
            packed = (
                bytes.fromhex(f"{whole:0{4 * REGISTERS[kind]}d}")
                if kind in BCD
                else struct.pack(_FORMAT[kind], whole)
            )
    except OverflowError as error:
        raise ValueError(f"{value:g} is too large for {kind}") from error
    wire = bytearray(len(packed))
    for i, place in enumerate(byte_order(REGISTERS[kind], order)):
        wire[place] = packed[i]
    return list(struct.unpack(f">{len(wire) // 2}H", bytes(wire)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value inside a reply: its first register (or bit) counted from the reply's start."""

    offset: int
    type: RegisterType
    order: WordOrder = "ABCD"
    bit: int | None = None
    bits: int = 1


class Layout:
    """Decodes one reply of registers at once: byte places are worked out when it is built.

    `decode(data)` takes the reply's register bytes and gives float64 (n,), in the fields' order.
    """

    __slots__ = ("_groups", "count", "size")

    def __init__(self, fields: Sequence[Field]) -> None:
        self.count = len(fields)
        self.size = max((2 * (f.offset + REGISTERS[f.type]) for f in fields), default=0)
        by_kind: dict[RegisterType, list[int]] = {}
        for i, field in enumerate(fields):
            by_kind.setdefault(field.type, []).append(i)
        self._groups: list[
            tuple[
                RegisterType,
                NDArray[np.intp],
                NDArray[np.intp],
                NDArray[np.uint16],
                NDArray[np.uint16],
            ]
        ] = []
        for kind, members in by_kind.items():
            places = np.array(
                [
                    [2 * fields[i].offset + b for b in byte_order(REGISTERS[kind], fields[i].order)]
                    for i in members
                ],
                dtype=np.intp,
            )
            shifts = np.array([fields[i].bit or 0 for i in members], dtype=np.uint16)
            whole = [fields[i].bit is None and kind != "bool" for i in members]
            masks = np.array(
                [
                    0xFFFF if w else (1 << fields[i].bits) - 1
                    for w, i in zip(whole, members, strict=True)
                ],
                dtype=np.uint16,
            )
            self._groups.append((kind, np.array(members, dtype=np.intp), places, shifts, masks))

    def decode(self, data: bytes) -> NDArray[np.float64]:
        """The fields' raw numbers; ValueError when the reply is too short."""
        if len(data) < self.size:
            raise ValueError(f"{len(data)} bytes where {self.size} were asked for")
        wire = np.frombuffer(data, np.uint8)
        raw = np.empty(self.count)
        for kind, members, places, shifts, masks in self._groups:
            packed = np.ascontiguousarray(wire[places])
            if kind in ("bool", "uint16"):
                words = packed.view(">u2")[:, 0].astype(np.uint16)
                raw[members] = (words >> shifts) & masks
            elif kind in BCD:
                raw[members] = _bcd(packed)
            else:
                with np.errstate(invalid="ignore"):  # a signalling NaN is a value like any other
                    raw[members] = packed.view(_DTYPE[kind])[:, 0]
        return raw


def _bcd(packed: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n,) numbers of (n, bytes) decimal digits; NaN where a digit is more than nine."""
    digits = np.stack((packed >> 4, packed & 15), axis=-1).reshape(len(packed), -1)
    weights = 10.0 ** np.arange(digits.shape[1] - 1, -1, -1)
    return np.where((digits > 9).any(axis=1), np.nan, digits @ weights)


def decode_text(words: Sequence[int], *, swapped: bool = False) -> str:
    """The text in registers, two characters each; `swapped`: the low byte comes first.

    It ends at the first zero byte; what is no ASCII is shown as `?`.
    """
    data = struct.pack(f"{'<' if swapped else '>'}{len(words)}H", *words)
    return data.split(b"\0")[0].decode("ascii", "replace").replace("\ufffd", "?").rstrip()


def preview(words: Sequence[int]) -> list[dict[str, object]]:
    """What registers would mean, type by type, in each word order: to find the right one by eye.

    `{type, count, ABCD, CDAB, BADC, DCBA}`; a number that is none (NaN, infinite) is None. At
    last the text in both byte orders.
    """
    orders: tuple[WordOrder, ...] = ("ABCD", "CDAB", "BADC", "DCBA")
    rows: list[dict[str, object]] = []
    for kind, count in REGISTERS.items():
        if kind == "bool" or count > len(words):
            continue
        row: dict[str, object] = {"type": kind, "count": count}
        for order in orders:
            number = decode(words[:count], kind, order)
            row[order] = number if math.isfinite(number) else None
        rows.append(row)
    text = {"type": "text", "count": len(words)}
    rows.append({**text, "ABCD": decode_text(words), "BADC": decode_text(words, swapped=True)})
    return rows


def unpack_bits(data: bytes, count: int) -> NDArray[np.float64]:
    """`count` coils or discrete inputs as 0.0 and 1.0; the first is bit 0 of the first byte."""
    if len(data) < (count + 7) // 8:
        raise ValueError(f"{len(data)} bytes are too few for {count} bits")
    return np.unpackbits(np.frombuffer(data, np.uint8), count=count, bitorder="little").astype(
        np.float64
    )
