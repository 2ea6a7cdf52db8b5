"""The Modbus TCP driver against a server that is not pymodbus'."""

import pytest
from field import Running, free_port, point, until
from pyModbusTCP.server import ModbusServer

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_tcp import ModbusTcpDriver


async def test_reading_and_writing_with_pymodbustcp():
    port = free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True)
    server.start()
    try:
        server.data_bank.set_holding_registers(10, [0x42F6, 0xE979, 7])
        server.data_bank.set_coils(3, [True])
        server.data_bank.set_input_registers(0, [65535])
        points = [
            point("float", "hr:10", "float32", writable=True),
            point("word", "hr:12", "uint16", unit="kPa", writable=True),
            point("coil", "co:3", "bool", writable=True),
            point("signed", "ir:0", "int16"),
        ]
        config = DriverConfig(name="link", kind="modbus_tcp", port=port)
        async with Running(ModbusTcpDriver, config, points) as (driver, got):
            await until(lambda: len(got.value) == 4)
            assert [got.value[i] for i in range(4)] == pytest.approx([123.456, 7000, 1, -1])
            assert await driver.write(0, 2.5) == 2.5
            assert await driver.write(1, 9000.0) == 9000.0
            assert await driver.write(2, 0.0) == 0.0
            assert server.data_bank.get_holding_registers(10, 3) == [0x4020, 0, 9]
            assert server.data_bank.get_coils(3, 1) == [False]
    finally:
        server.stop()
