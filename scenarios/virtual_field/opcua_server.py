"""One simulated PLC: an OPC UA server in a process of its own.

Points are AnalogItems (numbers) or plain variables (bool) under `Objects/<driver>/<folder>`, by
the node id of their address. A value is written only when it changes, with its source time. A
client's write goes to the plant before it is stored; a refused one answers BadOutOfRange and
changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import Node, Server, ua
from asyncua.common.callback import CallbackType

from network_models.units import UNITS
from scada.point import Point
from scada.registers import integer_range
from scenarios.virtual_field.channel import F64, Line, PlantUnreachableError
from scenarios.virtual_field.child import ServerOrder, run_child, say_ready
from scenarios.virtual_field.scaling import from_raw, to_raw

FOLDER_SIZE = 100
"""Nodes a folder: asyncua takes quadratic time to fill one."""

_VARIANT = {
    "bool": ua.VariantType.Boolean,
    "int16": ua.VariantType.Int16,
    "uint16": ua.VariantType.UInt16,
    "int32": ua.VariantType.Int32,
    "uint32": ua.VariantType.UInt32,
    "int64": ua.VariantType.Int64,
    "uint64": ua.VariantType.UInt64,
    "float32": ua.VariantType.Float,
    "float64": ua.VariantType.Double,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Plc:
    """The server's points, kept up to date by the plant."""

    def __init__(self, order: ServerOrder) -> None:
        self.order = order
        self.points = order.points
        self.server = Server()
        self.line = Line(order.socket, order.driver.name, self._take)
        self.fed = asyncio.Event()
        self._node_ids = [ua.NodeId.from_string(p.address) for p in self.points]
        self._index = {n: i for i, n in enumerate(self._node_ids)}
        self._latest: tuple[F64, int] | None = None
        self._stored: dict[int, float | None] = {}
        self._serving = False
        self._refused: dict[int, dict[int, int]] = {}

    async def start(self) -> None:
        """Build the address space and listen; OSError when the port is taken."""
        server = self.server
        await server.init()
        server.allow_remote_admin(False)
        server.set_endpoint(self.order.driver.url)
        server.set_server_name(f"Ringmain virtual PLC {self.order.driver.name}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        await server.set_application_uri(f"urn:ringmain:{self.order.driver.name}")
        for index in range(2, 1 + max((n.NamespaceIndex for n in self._node_ids), default=2)):
            await server.register_namespace(f"urn:ringmain:{self.order.driver.name}:ns{index}")
        await self._add_points()
        self._serving = True
        if self._latest is not None:
            await self._store(*self._latest)
        server.subscribe_server_callback(CallbackType.PreWrite, self._before_write)
        server.subscribe_server_callback(CallbackType.PostWrite, self._after_write)
        await server.start()

    async def _add_points(self) -> None:
        top = await self.server.nodes.objects.add_folder(2, self.order.driver.name)
        for first in range(0, len(self.points), FOLDER_SIZE):
            part = range(first, min(first + FOLDER_SIZE, len(self.points)))
            folder = await top.add_folder(2, f"Points{first // FOLDER_SIZE + 1}")
            for i in part:
                await self._add_point(folder, self.points[i], self._node_ids[i])

    async def _add_point(self, folder: Node, point: Point, node_id: ua.NodeId) -> None:
        kind = _VARIANT[point.type]
        name = ua.QualifiedName(point.id, node_id.NamespaceIndex)
        initial: bool | int | float = False if point.type == "bool" else 0
        node = await folder.add_variable(node_id, name, initial, kind)
        if point.text_zh or point.text_en:
            await node.write_attribute(
                ua.AttributeIds.Description,
                ua.DataValue(ua.LocalizedText(point.text_en or point.text_zh)),
            )
        if point.type != "bool":
            await self._make_analog(node, point)
        if point.writable:
            await node.set_writable()

    async def _make_analog(self, node: Node, point: Point) -> None:
        """Give a number its range and unit, and the type that requires them."""
        ids = ua.ObjectIds
        await node.delete_reference(ids.BaseDataVariableType, ids.HasTypeDefinition, True, False)
        await node.add_reference(ids.AnalogItemType, ids.HasTypeDefinition, True, False)
        low, high = _range(point)
        await node.add_property(0, "EURange", ua.Range(low, high))
        unit = ua.EUInformation("urn:ringmain:units", -1, ua.LocalizedText(point.unit))
        await node.add_property(0, "EngineeringUnits", unit)

    async def _take(self, values: F64, time_ns: int) -> None:
        self._latest = (values, time_ns)
        self.fed.set()
        if self._serving:
            await self._store(values, time_ns)

    async def _store(self, values: F64, time_ns: int) -> None:
        """Write the values that changed; a dead instrument's value becomes bad."""
        at = _EPOCH + timedelta(microseconds=time_ns // 1000)
        for i, value in enumerate(values.tolist()):
            raw = to_raw(self.points[i], value) if math.isfinite(value) else None
            if i not in self._stored or self._stored[i] != raw:
                self._stored[i] = raw
                data = _data_value(self.points[i], raw, at)
                await self.server.write_attribute_value(self._node_ids[i], data)

    async def _before_write(self, event: Any, _service: Any) -> None:
        """Take a client's writes to the plant; what is stored then is what the plant reads."""
        if not event.is_external:
            return
        refused: dict[int, int] = {}
        for position, item in enumerate(event.request_params.NodesToWrite):
            i = self._index.get(item.NodeId)
            if i is None or item.AttributeId != ua.AttributeIds.Value:
                continue
            point = self.points[i]
            variant = item.Value.Value
            # What the server itself will refuse (not writable, wrong type) must not act.
            if not point.writable or variant is None or variant.VariantType != _VARIANT[point.type]:
                continue
            try:
                answer = await self.line.write(i, from_raw(point, float(variant.Value)))
            except PlantUnreachableError:
                refused[position] = ua.StatusCodes.BadDeviceFailure
                item.Value = self.server.read_attribute_value(item.NodeId)
                continue
            if not answer.ok:
                refused[position] = ua.StatusCodes.BadOutOfRange
            raw = to_raw(point, answer.value)
            self._stored[i] = raw
            item.Value = _data_value(point, raw, datetime.now(UTC))
        if refused:
            self._refused[id(event.request_params)] = refused

    async def _after_write(self, event: Any, _service: Any) -> None:
        for position, code in self._refused.pop(id(event.request_params), {}).items():
            event.response_params[position] = ua.StatusCode(code)


def _range(point: Point) -> tuple[float, float]:
    """What an instrument of the point's type can show, in its unit; alarm limits widen it."""
    unit = UNITS[point.unit]
    span = integer_range(point.type)
    if span is not None:
        ends = sorted(raw * point.scale + point.offset for raw in span)
        return ends[0], ends[1]
    limits = point.limits
    given = [
        v for v in (limits.low_low, limits.low, limits.high, limits.high_high) if v is not None
    ]
    high = max((abs(unit.from_si(v)) for v in given), default=500.0)
    return (-2.0 * high if point.quantity == "flow" else 0.0), 2.0 * high


def _data_value(point: Point, raw: float | None, at: datetime) -> ua.DataValue:
    if raw is None:
        return ua.DataValue(
            None,
            ua.StatusCode(ua.StatusCodes.BadSensorFailure),
            SourceTimestamp=at,
            ServerTimestamp=at,
        )
    kind = _VARIANT[point.type]
    value: bool | int | float = raw
    if point.type == "bool":
        value = bool(raw)
    elif not point.type.startswith("float"):
        value = int(raw)
    return ua.DataValue(ua.Variant(value, kind), SourceTimestamp=at, ServerTimestamp=at)


async def serve(order: ServerOrder, stop: asyncio.Event) -> None:
    """Serve one driver until `stop` is set."""
    plc = Plc(order)
    feeding = asyncio.create_task(plc.line.run())
    stopping = asyncio.create_task(stop.wait())
    fed = asyncio.create_task(plc.fed.wait())
    await asyncio.wait((stopping, fed, feeding), return_when=asyncio.FIRST_COMPLETED)
    if fed.done():
        await plc.start()
        say_ready()
        await asyncio.wait((stopping, feeding), return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(3.0):
                await plc.server.stop()
    fed.cancel()
    feeding.cancel()


if __name__ == "__main__":
    sys.exit(run_child(ServerOrder, serve))
