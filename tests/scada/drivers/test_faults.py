"""Each fault injected on a real connection to a real device: no wrong value, and back by itself."""

from __future__ import annotations

import pytest
from fault_proxy import FAULTS, FaultProxy
from field import Running, device, free_port, point, real_server, until

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import BAD_NO_COMMUNICATION, GOOD

WANTED = {0: float(7 << 16 | 8), 1: float(120 << 16 | 121)}
"""Input registers hold their own addresses."""
HARMLESS = ("duplicated",)
"""Faults that must not even make a value bad: the right reply is among what comes."""


def link(port: int) -> Running:
    config = DriverConfig(
        name="link", kind="modbus_tcp", port=port, timeout_s=0.2, backoff_s=0.3, heartbeat_s=1.0
    )
    return Running(
        ModbusTcpDriver, config, [point("a", "ir:7", "uint32"), point("b", "ir:120", "uint32")]
    )


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_on_the_wire_never_becomes_a_value_and_ends_by_itself(fault: str) -> None:
    port = free_port()
    server = await real_server(port, device())
    async with FaultProxy(port) as proxy, link(proxy.port) as (driver, got):
        await until(lambda: got.value == WANTED)
        proxy.begin(fault)
        if fault in HARMLESS:
            reads = driver.stats.reads
            await until(lambda: driver.stats.reads > reads + 10)
            assert got.times(0, BAD_NO_COMMUNICATION) == 0
        else:
            await until(lambda: got.quality == {0: BAD_NO_COMMUNICATION, 1: BAD_NO_COMMUNICATION})
        proxy.begin("")
        await until(lambda: set(got.quality.values()) == {GOOD})
        shown = {(h, v) for h, v, q in got.history if q == GOOD}
        assert shown == set(WANTED.items())
        await until(lambda: driver.stats.state == "up")
    await server.shutdown()


async def test_a_device_that_is_killed_and_started_again_is_read_again() -> None:
    port = free_port()
    server = await real_server(port, device())
    async with link(port) as (_, got):
        await until(lambda: got.value == WANTED)
        await server.shutdown()
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        server = await real_server(port, device())
        await until(lambda: got.quality.get(0) == GOOD)
        assert got.times(0, BAD_NO_COMMUNICATION) == 1
    await server.shutdown()
