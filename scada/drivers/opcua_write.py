"""Writing one OPC UA variable and reading it back."""

from __future__ import annotations

import struct
from typing import Any

from asyncua import ua

from scada.drivers.link import READBACK_WAITS_S, WriteError
from scada.drivers.opcua_values import read_value, variant_for
from scada.point import Point
from scada.point_table import raw_to_si
from scada.ports import Clock


async def write_and_read_back(
    node: Any, point: Point, value: float, types: dict[str, Any], clock: Clock
) -> float:
    """Write an SI value in the variable's own type; the SI value it then has.

    `types` remembers the variables' types. WriteError when the server refuses, or shows something
    else afterwards.
    """
    factor, offset = raw_to_si(point)
    try:
        if point.id not in types:
            types[point.id] = (await node.read_data_value()).Value.VariantType
        variant = variant_for(point, value, types[point.id])
        # without time stamps: many servers refuse a write that brings its own
        await node.write_attribute(ua.AttributeIds.Value, ua.DataValue(variant))
        wanted = _as_stored(variant)
        for wait in READBACK_WAITS_S:
            await clock.sleep(wait)
            raw, _ = read_value(await node.read_data_value())
            if raw == wanted:
                return raw * factor + offset
    except (OSError, TimeoutError, ua.UaError) as error:
        raise WriteError(f"{point.id}: {type(error).__name__} {error}".rstrip()) from error
    raise WriteError(f"{point.id}: wrote {value:g}, read back {raw * factor + offset:g} (SI)")


def _as_stored(variant: Any) -> float:
    """The number a server of the variant's type holds: a Float is rounded to 32 bits."""
    if variant.VariantType == ua.VariantType.Float:
        return float(struct.unpack("<f", struct.pack("<f", variant.Value))[0])
    return float(variant.Value)
