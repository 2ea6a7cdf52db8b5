"""Sparkplug B payloads: the parts of its protobuf schema that an edge node needs.

Field numbers and data types are those of the Eclipse Sparkplug 3.0 specification (chapter 6).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

INT32, INT64, UINT64, DOUBLE, BOOLEAN, STRING = 3, 4, 8, 10, 11, 12
GOOD, STALE, BAD = 192, 500, 0
"""The values of the property `Quality`."""

Value = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. In a birth it has its name and alias, afterwards the alias alone."""

    name: str = ""
    alias: int | None = None
    time_ms: int
    kind: int
    value: Value | None
    properties: tuple[tuple[str, int, Value], ...] = ()
    historical: bool = False


def encode_payload(time_ms: int, metrics: Sequence[Metric], seq: int | None) -> bytes:
    """The bytes of a payload; a death has no `seq`."""
    parts = [_number(1, time_ms)]
    parts += [_message(2, _metric(m)) for m in metrics]
    if seq is not None:
        parts.append(_number(3, seq))
    return b"".join(parts)


def rebirth_asked(payload: bytes) -> bool:
    """Whether a node command asks for a new birth; ValueError when it is no payload."""
    for field, metric in _fields(payload):
        if field == 2 and isinstance(metric, bytes):
            found = dict(_fields(metric))
            if found.get(1) == b"Node Control/Rebirth" and found.get(14):
                return True
    return False


def _metric(one: Metric) -> bytes:
    parts = []
    if one.name:
        parts.append(_message(1, one.name.encode()))
    if one.alias is not None:
        parts.append(_number(2, one.alias))
    parts += [_number(3, one.time_ms), _number(4, one.kind)]
    if one.historical:
        parts.append(_number(5, 1))
    if one.value is None:
        parts.append(_number(7, 1))
    if one.properties:
        keys = b"".join(_message(1, key.encode()) for key, _, _ in one.properties)
        values = b"".join(
            _message(2, _number(1, kind) + _value(kind, value, 3))
            for _, kind, value in one.properties
        )
        parts.append(_message(9, keys + values))
    if one.value is not None:
        parts.append(_value(one.kind, one.value, 10))
    return b"".join(parts)


def _value(kind: int, value: Value, first: int) -> bytes:
    """A value in the field of its type; the six fields follow each other from `first` on."""
    if kind == INT32:
        return _number(first, int(value) & 0xFFFFFFFF)
    if kind in (INT64, UINT64):
        return _number(first + 1, int(value) & 0xFFFFFFFFFFFFFFFF)
    if kind == DOUBLE:
        return _tag(first + 3, 1) + struct.pack("<d", float(value))
    if kind == BOOLEAN:
        return _number(first + 4, int(bool(value)))
    return _message(first + 5, str(value).encode())


def _tag(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _tag(field, 0) + _varint(value)


def _message(field: int, data: bytes) -> bytes:
    return _tag(field, 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """(field, value) of a message, whatever its fields mean."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            number, at = _read_varint(data, at)
            found.append((field, number))
            continue
        if wire == 2:
            size, at = _read_varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("not a protobuf message")
        if at + size > len(data):
            raise ValueError("a payload that ends too soon")
        found.append((field, data[at : at + size]))
        at += size
    return found


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a payload that ends too soon")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
