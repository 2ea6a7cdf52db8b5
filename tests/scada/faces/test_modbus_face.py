"""The Modbus map, read by foreign clients over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import struct

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient
from pyModbusTCP.client import ModbusClient

from scada.faces.modbus import ModbusFace
from scada.faces.modbus_map import POINTS_A_UNIT, answer, map_csv, place_of, registers
from scada.point import Point
from tests.scada.core_room import open_room
from tests.scada.drivers.field import free_port

BAD = 0x80310000
POINTS = [
    Point(id=f"P{i}", utility="water", quantity="pressure", unit="MPa", text_zh="压力")
    for i in range(30)
]


async def test_foreign_clients_read_value_quality_and_time() -> None:
    async with open_room(POINTS) as room:
        face = ModbusFace(POINTS, room.bus.peer(), "127.0.0.1", free_port())
        task = asyncio.create_task(face.run())
        await face.ready.wait()
        await room.send((3, 250e3), (4, float("nan"), BAD))
        await room.advance(0.4)
        now_s = room.clock.now_ns() // 10**9
        async with asyncio.timeout(10):
            while face.feed.quality[4] != BAD:  # noqa: ASYNC110  the face has its own loop of work
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)

        def ask() -> list[int]:
            client = ModbusClient(host="127.0.0.1", port=face.port, unit_id=1, timeout=5)
            found = client.read_input_registers(8 * 3, 16)
            client.close()
            assert found is not None
            return [int(w) for w in found]

        data = struct.pack(">16H", *await asyncio.to_thread(ask))
        value, quality, at = struct.unpack(">dII", data[:16])
        assert (round(value, 9), quality) == (0.25, 0)
        assert abs(at - now_s) <= 1
        nan, quality, _ = struct.unpack(">dII", data[16:])
        assert nan != nan
        assert quality == BAD
        client = AsyncModbusTcpClient("127.0.0.1", port=face.port)
        await client.connect()
        holding = await client.read_holding_registers(8 * 3, count=4, device_id=1)
        assert struct.pack(">4H", *holding.registers) == data[:8]
        assert (await client.read_input_registers(8 * 30, count=1, device_id=1)).exception_code == 2
        assert (await client.read_input_registers(0, count=1, device_id=2)).exception_code == 2
        assert (await client.write_register(0, 1, device_id=1)).exception_code == 1
        client.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@given(st.integers(0, 255), st.binary(min_size=1, max_size=253))
def test_whatever_is_asked_the_answer_is_a_frame(unit: int, request: bytes) -> None:
    image = registers(1.0, 0, 10**18) * 40
    reply = answer(image, unit, request)
    assert reply[0] & 0x7F == request[0] & 0x7F
    assert len(reply) <= 253
    if reply[0] & 0x80 and request[0] < 0x80:
        assert reply[1] in (1, 2, 3)


def test_the_map_is_told_and_does_not_overlap() -> None:
    rows = map_csv(POINTS).splitlines()
    assert rows[0].startswith("point,unit_id,input_register")
    assert rows[4] == "P3,1,24,float64,MPa,压力,"
    assert place_of(POINTS_A_UNIT - 1) == (1, 65528)
    assert place_of(POINTS_A_UNIT) == (2, 0)
