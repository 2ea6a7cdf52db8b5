"""From points to Modbus requests and back: reads compiled once, writes built as they come. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest,
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from scada.address import BIT_AREAS, Area, ModbusAddress, parse_modbus
from scada.drivers.link import WriteError
from scada.point import Point
from scada.point_table import raw_to_si
from scada.poll_plan import Cut, Item, Read, plan_reads
from scada.registers import REGISTERS, Field, Layout, decode, encode, unpack_bits

_READ_REQUEST: dict[Area, type[ModbusPDU]] = {
    "co": ReadCoilsRequest,
    "di": ReadDiscreteInputsRequest,
    "hr": ReadHoldingRegistersRequest,
    "ir": ReadInputRegistersRequest,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point lies: its unit, what it needs of it, how its raw number becomes SI."""

    unit: int
    address: ModbusAddress
    item: Item
    field: Field
    factor: float
    offset: float


def place_of(point: Point, number: int, default_unit: int) -> Place:
    """The place of the point that the driver numbers `number`; ValueError on a bad address."""
    address = parse_modbus(point.address)
    bits = address.area in BIT_AREAS
    count = 1 if bits else REGISTERS[point.type]
    factor, offset = raw_to_si(point)
    return Place(
        default_unit if address.unit is None else address.unit,
        address,
        Item(address.area, address.number, count, number),
        Field(
            offset=0, type=point.type, order=point.word_order, bit=address.bit, bits=address.bits
        ),
        factor,
        offset,
    )


class CompiledRead:
    """One read request and how its reply becomes SI values of `places` (driver numbers)."""

    __slots__ = ("_layout", "_offset", "_slots", "failures", "places", "read", "skip_until", "unit")

    def __init__(self, unit: int, read: Read, places: Sequence[Place]) -> None:
        self.unit = unit
        self.read = read
        self.places: NDArray[np.intp] = np.array([i.key for i in read.items], dtype=np.intp)
        self.failures = 0
        self.skip_until = -np.inf
        """A refused value is asked for again only after this time (monotonic seconds)."""
        mine = [places[item.key] for item in read.items]
        self._slots = np.array([i.address - read.start for i in read.items], dtype=np.intp)
        self._offset = (np.array([p.factor for p in mine]), np.array([p.offset for p in mine]))
        self._layout: Layout | None = None
        if read.area not in BIT_AREAS:
            self._layout = Layout(
                [
                    Field(
                        offset=p.item.address - read.start,
                        type=p.field.type,
                        order=p.field.order,
                        bit=p.field.bit,
                        bits=p.field.bits,
                    )
                    for p in mine
                ]
            )

    @property
    def data_bytes(self) -> int:
        """How many bytes of data the reply must hold."""
        return 2 * self.read.count if self._layout is not None else (self.read.count + 7) // 8

    def request(self) -> ModbusPDU:
        """The request to send."""
        return read_request(self.unit, self.read)

    def values(self, data: bytes) -> NDArray[np.float64]:
        """SI values of `places`; an integer or float that is not finite stays NaN or infinite."""
        if self._layout is not None:
            raw = self._layout.decode(data)
        else:
            raw = unpack_bits(data, self.read.count)[self._slots]
        factor, offset = self._offset
        si: NDArray[np.float64] = raw * factor + offset
        return si


def read_request(unit: int, read: Read) -> ModbusPDU:
    """The request that a read is."""
    return _READ_REQUEST[read.area](address=read.start, count=read.count, dev_id=unit)


def compile_reads(
    unit: int,
    places: Sequence[Place],
    numbers: Collection[int],
    *,
    max_gap: int,
    max_registers: int,
    cuts: Collection[Cut],
) -> list[CompiledRead]:
    """The reads of a unit for the points `numbers`."""
    items = [places[n].item for n in numbers]
    reads = plan_reads(items, max_gap=max_gap, max_registers=max_registers, cuts=cuts)
    return [CompiledRead(unit, read, places) for read in reads]


@dataclass(frozen=True, slots=True)
class Write:
    """A write request, the reply it must bring (after the function code), what a read then gives.

    `expected` is SI, rounded as the point's type rounds.
    """

    request: ModbusPDU
    echo: bytes
    expected: float


def build_write(place: Place, point: Point, value: float) -> Write:
    """The request that writes an SI value; WriteError when the type cannot hold it.

    One coil by function 5, one register by 6, more by 16, a bit of a register by 22 (mask write,
    so that the other bits are not touched).
    """
    at, unit = place.address, place.unit
    raw = (value - place.offset) / place.factor
    if point.type == "bool":
        raw = float(round(raw))  # a conversion may have made 0.9999 of an "on"
    try:
        words = encode(raw, point.type, point.word_order)
    except ValueError as error:
        raise WriteError(f"{point.id}: {error}") from error
    expected = decode(words, point.type, point.word_order) * place.factor + place.offset
    request: ModbusPDU
    if at.area == "co":
        request = WriteSingleCoilRequest(address=at.number, bits=[bool(words[0])], dev_id=unit)
    elif at.bit is not None:
        most = (1 << at.bits) - 1
        if words[0] > most:
            raise WriteError(f"{point.id}: {words[0]} does not fit into {at.bits} bits")
        keep = 0xFFFF & ~(most << at.bit)
        request = MaskWriteRegisterRequest(
            address=at.number, and_mask=keep, or_mask=words[0] << at.bit, dev_id=unit
        )
    elif len(words) == 1:
        request = WriteSingleRegisterRequest(address=at.number, registers=words, dev_id=unit)
    else:
        request = WriteMultipleRegistersRequest(address=at.number, registers=words, dev_id=unit)
        return Write(request, request.encode()[:4], expected)
    return Write(request, request.encode(), expected)


def group_by_scan(
    places: Mapping[int, Place], scans: Mapping[int, str]
) -> dict[str, dict[int, list[int]]]:
    """Scan class -> unit -> the numbers of its points."""
    groups: dict[str, dict[int, list[int]]] = {}
    for number, place in places.items():
        groups.setdefault(scans[number], {}).setdefault(place.unit, []).append(number)
    return groups
