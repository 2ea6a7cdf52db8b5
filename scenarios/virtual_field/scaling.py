"""From an SI value to the number a device holds, and back."""

from __future__ import annotations

from network_models.units import UNITS
from scada.point import Point
from scada.registers import integer_range

_FLOAT32_MAX = 3.4028234663852886e38


def to_raw(point: Point, value: float) -> float:
    """The raw number of an SI value: whole for integers, saturated as a real converter does."""
    raw = (UNITS[point.unit].from_si(value) - point.offset) / point.scale
    if point.type == "bool":
        return 1.0 if raw >= 0.5 else 0.0
    span = integer_range(point.type)
    if span is not None:
        return float(min(max(round(raw), span[0]), span[1]))
    if point.type == "float32":
        return min(max(raw, -_FLOAT32_MAX), _FLOAT32_MAX)
    return raw


def from_raw(point: Point, raw: float) -> float:
    """The SI value of a raw number."""
    return UNITS[point.unit].to_si(raw * point.scale + point.offset)
