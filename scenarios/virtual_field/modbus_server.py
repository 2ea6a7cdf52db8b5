"""One simulated RTU: a Modbus TCP server in a process of its own.

pymodbus keeps the registers of a `SimDevice` to itself; its `action` is called with every request
and may change them. Here it copies our image in before a read, and takes a write to the plant
before it is answered, so a client that reads back sees what the plant made of it.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from pymodbus import ModbusDeviceIdentification
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from scada.address import BIT_AREAS, Area
from scenarios.virtual_field.channel import F64, Line, PlantUnreachableError
from scenarios.virtual_field.child import ServerOrder, run_child, say_ready
from scenarios.virtual_field.register_image import (
    AreaImage,
    DeviceImage,
    UnitImage,
    WriteRefusedError,
)

AREA_OF_FUNCTION: dict[int, Area] = {
    1: "co", 2: "di", 3: "hr", 4: "ir", 5: "co", 6: "hr", 15: "co", 16: "hr", 22: "hr", 23: "hr",
}  # fmt: skip
_LAST_BIT = 65535


class Rtu:
    """The device behind the server: its image, kept up to date by the plant."""

    def __init__(self, order: ServerOrder) -> None:
        self.image = DeviceImage(order.points, unit=order.driver.unit)
        self.line = Line(order.socket, order.driver.name, self._take)
        self.fed = asyncio.Event()
        """Set with the first readings; before that there is nothing to serve."""

    async def _take(self, values: F64, _time_ns: int) -> None:
        for index, value in enumerate(values.tolist()):
            self.image.put(index, value)
        self.fed.set()

    def devices(self) -> list[SimDevice]:
        """One pymodbus device a unit."""
        identity = ModbusDeviceIdentification(  # type: ignore[no-untyped-call]
            info_name={"VendorName": "Ringmain", "ProductCode": "VF", "ModelName": "Virtual RTU"}
        )
        return [
            SimDevice(
                id=number,
                simdata=(
                    _bits(unit.areas["co"]),
                    _bits(unit.areas["di"]),
                    _words(unit.areas["hr"]),
                    _words(unit.areas["ir"]),
                ),
                identity=identity,
                action=partial(self.act, unit),
            )
            for number, unit in self.image.units.items()
        ]

    async def act(
        self,
        unit: UnitImage,
        function: int,
        start: int,
        address: int,
        count: int,
        current: list[int],
        new: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Bring `current` (words from address `start`) up to date; take writes to the plant.

        `address` is a bit's for coils and inputs, then `count` is still of words.
        """
        area = AREA_OF_FUNCTION[function]
        image = unit.areas[area]
        word = address // 16 if area in BIT_AREAS else address
        if not all(_exists(image, w) for w in range(word, word + count)):
            return ExcCodes.ILLEGAL_ADDRESS
        if new is not None:
            refused = await self._write(unit, area, address, new)
            if refused is not None:
                return refused
        at = image.first - start
        current[at : at + len(image.words)] = image.words
        if new is not None and area not in BIT_AREAS:
            # pymodbus stores `new` after this; let that be what the plant reads now.
            at = address - image.first
            new[:] = image.words[at : at + len(new)]  # type: ignore[assignment]  # words are ints
        return None

    async def _write(
        self, unit: UnitImage, area: Area, address: int, new: list[int] | list[bool]
    ) -> ExcCodes | None:
        try:
            for slot, value in unit.commands(area, address, new):
                answer = await self.line.write(slot.index, value)
                if not answer.ok:
                    return ExcCodes.ILLEGAL_VALUE
                self.image.put(slot.index, answer.value)
        except WriteRefusedError as error:
            return ExcCodes(error.code)
        except PlantUnreachableError:
            return ExcCodes.DEVICE_FAILURE
        return None


def _exists(image: AreaImage, word: int) -> bool:
    at = word - image.first
    return 0 <= at < len(image.exists) and image.exists[at]


def _words(image: AreaImage) -> list[SimData]:
    """Registers: one block a run, so that pymodbus refuses the holes between."""
    if not image.words:
        return [SimData(0, datatype=DataType.INVALID)]
    return [
        # A list of values, not count=: pymodbus 3.16 squares the count when it looks for overlaps.
        SimData(address, values=[0] * count, datatype=DataType.REGISTERS)
        for address, count in image.runs()
    ]


def _bits(image: AreaImage) -> list[SimData]:
    """Bits: one block from the first to the last word; an area without any has a bit nobody sees.

    pymodbus wants at least one bit in each area; `act` refuses it.
    """
    if not image.words:
        return [SimData(_LAST_BIT, values=[False], datatype=DataType.BITS)]
    bits = [False] * (16 * len(image.words))
    return [SimData(16 * image.first, values=bits, datatype=DataType.BITS)]


async def serve(order: ServerOrder, stop: asyncio.Event) -> None:
    """Serve one driver until `stop` is set."""
    rtu = Rtu(order)
    feeding = asyncio.create_task(rtu.line.run())
    stopping = asyncio.create_task(stop.wait())
    fed = asyncio.create_task(rtu.fed.wait())
    await asyncio.wait((stopping, fed, feeding), return_when=asyncio.FIRST_COMPLETED)
    if fed.done():
        driver = order.driver
        server = ModbusTcpServer(rtu.devices(), address=(driver.host, driver.port))
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(f"{driver.name}: cannot listen on {driver.endpoint}") from error
        say_ready()
        await asyncio.wait((stopping, feeding), return_when=asyncio.FIRST_COMPLETED)
        await server.shutdown()  # type: ignore[no-untyped-call]
    fed.cancel()
    feeding.cancel()


if __name__ == "__main__":
    sys.exit(run_child(ServerOrder, serve))
