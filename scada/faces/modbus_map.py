"""Where each point is in the Modbus map of the room. Pure.

Every point has eight input registers at `8 * place`, `place` being its number in the point list:

    0-3  value in the point's unit, float64, high word first
    4-5  quality, an OPC UA status code, uint32, high word first
    6-7  seconds since 1970 of the value, uint32, high word first

Unit 1 holds the points 0 to 8191, unit 2 the next, and so on. The map does not move as long as
points are only added at the end of the list.
"""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Sequence

from scada.point import Point

REGISTERS = 8
POINTS_A_UNIT = 65536 // REGISTERS
MOST_READ = 125
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
READ_INPUT, READ_HOLDING = 4, 3
_ROW = struct.Struct(">dII")


def registers(value: float, quality: int, time_ns: int) -> bytes:
    """The 16 bytes of a point; a value that is none is NaN."""
    return _ROW.pack(value, quality, max(min(time_ns // 1_000_000_000, 2**32 - 1), 0))


def place_of(handle: int) -> tuple[int, int]:
    """Unit and first register of a point."""
    return handle // POINTS_A_UNIT + 1, handle % POINTS_A_UNIT * REGISTERS


def answer(image: bytes | bytearray, unit: int, request: bytes) -> bytes:
    """The reply to a request (function code and data), from the registers of all points.

    Input and holding registers show the same; nothing can be written.
    """
    function = request[0]
    if function not in (READ_INPUT, READ_HOLDING):
        return bytes((function | 0x80, ILLEGAL_FUNCTION))
    if len(request) != 5:
        return bytes((function | 0x80, ILLEGAL_VALUE))
    first, count = struct.unpack(">HH", request[1:])
    if not 1 <= count <= MOST_READ:
        return bytes((function | 0x80, ILLEGAL_VALUE))
    a = 2 * ((unit - 1) * POINTS_A_UNIT * REGISTERS + first)
    b = a + 2 * count
    if unit < 1 or first + count > 65536 or b > len(image):
        return bytes((function | 0x80, ILLEGAL_ADDRESS))
    return bytes((function, 2 * count)) + bytes(image[a:b])


def map_csv(points: Sequence[Point]) -> str:
    """The map as a table for the partner's engineer."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("point", "unit_id", "input_register", "type", "unit", "text_zh", "text_en"))
    for handle, point in enumerate(points):
        unit_id, first = place_of(handle)
        row = (point.id, unit_id, first, "float64", point.unit, point.text_zh, point.text_en)
        writer.writerow(row)
    return out.getvalue()
