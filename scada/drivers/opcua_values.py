"""OPC UA values and what we make of them: status to quality, datetime to nanoseconds, types. Pure.

The libraries' classes are taken as they come; nothing here opens a connection.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import ua

from scada.drivers.link import WriteError
from scada.point import Point, RegisterType
from scada.point_table import raw_to_si
from scada.quality import BAD_CONFIGURATION, BAD_SENSOR_FAILURE
from scada.registers import integer_range

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST_NS = 2**63
_STATUS_MASK = 0xFFFF0000
"""Severity and substatus of a status code; the low half says how a value was filtered."""

_OVERFLOW = 0x0480
"""Info type "data value" with the overflow bit: samples before this one were thrown away."""

_RANGE_OF: dict[Any, RegisterType] = {
    ua.VariantType.Int16: "int16",
    ua.VariantType.UInt16: "uint16",
    ua.VariantType.Int32: "int32",
    ua.VariantType.UInt32: "uint32",
    ua.VariantType.Int64: "int64",
    ua.VariantType.UInt64: "uint64",
}
_SMALL = {ua.VariantType.SByte: (-128, 127), ua.VariantType.Byte: (0, 255)}
_FLOATS = {ua.VariantType.Float, ua.VariantType.Double}

UNKNOWN_NODE = frozenset(
    {
        int(ua.StatusCodes.BadNodeIdUnknown),
        int(ua.StatusCodes.BadNodeIdInvalid),
        int(ua.StatusCodes.BadAttributeIdInvalid),
        int(ua.StatusCodes.BadIndexRangeInvalid),
    }
)
"""Codes by which a server says that an item is wrongly configured here."""

NO_FILTER = frozenset(
    {
        int(ua.StatusCodes.BadFilterNotAllowed),
        int(ua.StatusCodes.BadMonitoredItemFilterInvalid),
        int(ua.StatusCodes.BadMonitoredItemFilterUnsupported),
        int(ua.StatusCodes.BadDeadbandFilterInvalid),
    }
)
"""Codes by which a server refuses a deadband, not the item."""


def time_ns(moment: datetime | None) -> int | None:
    """Nanoseconds since 1970 of a UTC time (asyncua's may lack a zone); None without one.

    Servers without a clock send 1601 or 9999, OPC UA's ends of time: those are no times either.
    """
    if moment is None:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    ns = (aware - _EPOCH) // _MICROSECOND * 1000
    return ns if 0 < ns < _LATEST_NS else None


def read_value(data: Any) -> tuple[float, int]:
    """Raw number and quality of a DataValue; what is no number is a configuration fault."""
    status = data.StatusCode_ if hasattr(data, "StatusCode_") else data.StatusCode
    quality = 0 if status is None else int(status.value) & _STATUS_MASK
    value = None if data.Value is None else data.Value.Value
    if isinstance(value, (bool, int, float)):
        number = float(value)
        if not math.isfinite(number) and quality >> 30 == 0:
            return number, BAD_SENSOR_FAILURE
        return number, quality
    return math.nan, quality if quality >> 31 else BAD_CONFIGURATION


def overflowed(data: Any) -> bool:
    """Whether the server says that it threw earlier samples of the item away."""
    status = data.StatusCode_ if hasattr(data, "StatusCode_") else data.StatusCode
    return status is not None and int(status.value) & _OVERFLOW == _OVERFLOW


def quality_of_refusal(code: int) -> int:
    """Quality of a point whose monitored item the server refused with status `code`."""
    return BAD_CONFIGURATION if code in UNKNOWN_NODE else code & _STATUS_MASK


def deadband_raw(point: Point) -> float:
    """Deadband to ask of the server, in raw units: half of what the historian leaves out."""
    if point.type == "bool" or point.deadband <= 0.0:
        return 0.0
    return abs(point.deadband / raw_to_si(point)[0]) / 2.0


def variant_for(point: Point, value: float, kind: Any) -> ua.Variant:
    """The variant of type `kind` that writes an SI value; WriteError when it cannot hold it."""
    factor, offset = raw_to_si(point)
    raw = (value - offset) / factor
    if kind == ua.VariantType.Boolean:
        if round(raw) not in (0, 1) or abs(raw - round(raw)) > 1e-6:
            raise WriteError(f"{point.id}: {raw:g} is neither 0 nor 1")
        return ua.Variant(bool(round(raw)), kind)
    if kind in _FLOATS:
        return ua.Variant(raw, kind)
    span = _SMALL.get(kind) or (integer_range(_RANGE_OF[kind]) if kind in _RANGE_OF else None)
    if span is None:
        raise WriteError(f"{point.id}: the server holds no number there")
    whole = round(raw)
    if not span[0] <= whole <= span[1]:
        raise WriteError(f"{point.id}: {raw:g} is outside {span[0]} to {span[1]} of its type")
    return ua.Variant(whole, kind)
