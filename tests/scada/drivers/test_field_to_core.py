"""From a register to an alarm and back to a register: server, driver, gateway and core together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from field import device, free_port, point, real_server, until

from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.core import Core
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits
from scada.point_table import PointTable
from scada.store.memory import MemoryStore

SCAN = {"fast": 0.1}


@asynccontextmanager
async def _room(port):
    table = PointTable(
        [
            point("P", "hr:0", unit="kPa", limits=Limits(low=140e3), writable=True),
            *(point(f"Q{i}", f"hr:{i}") for i in range(1, 20)),
        ]
    )
    config = DriverConfig(name="link", kind="modbus_tcp", port=port, backoff_s=0.3, timeout_s=0.5)
    bus, clock = MemoryBus(), SystemClock()
    journal = MemoryAlarmJournal()
    core = Core(table, MemoryStore(), journal, bus.peer(), clock, SCAN)
    gateway = Gateway("gw", table, [config], SCAN, bus.peer(), clock)
    tasks = [asyncio.create_task(core.run()), asyncio.create_task(gateway.run())]
    try:
        yield bus, core, gateway
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await core.close()


async def _alarms(bus):
    answer, _ = await bus.call("core.alarms", {})
    return {alarm["id"]: alarm["state"] for alarm in answer["alarms"]}


async def _until_alarms(bus, wanted):
    async with asyncio.timeout(30.0):
        while not wanted(await _alarms(bus)):  # noqa: ASYNC110  # asks another party
            await asyncio.sleep(0.05)


async def test_register_to_alarm_and_command_to_register():
    port = free_port()
    server = await real_server(port, device(value=300))
    try:
        async with _room(port) as (bus, core, _):
            await until(lambda: core.live.value[0] == 300e3)
            answer, _ = await bus.call(
                "core.write", {"point": "P", "value": 120e3, "user": "test", "reason": "test"}
            )
            assert (answer["state"], answer["readback"]) == ("confirmed", pytest.approx(120e3))
            await _until_alarms(bus, lambda a: a.get("P.low") == "unacknowledged")
            await bus.call(
                "core.write", {"point": "P", "value": 2e5, "user": "test", "reason": "x"}
            )
            await _until_alarms(bus, lambda a: a.get("P.low") == "returned")
    finally:
        await server.shutdown()


async def test_a_lost_device_is_one_alarm_of_its_link_and_ends_by_itself():
    port = free_port()
    server = await real_server(port, device(value=300))
    async with _room(port) as (bus, core, gateway):
        await until(lambda: core.live.value[19] == 300.0)
        await server.shutdown()
        await _until_alarms(bus, lambda a: "link/link.communication" in a)
        assert list(await _alarms(bus)) == ["link/link.communication"]
        server = await real_server(port, device(value=200))
        try:
            await _until_alarms(bus, lambda a: a.get("link/link.communication") == "returned")
            await until(lambda: core.live.value[19] == 200.0)
            assert gateway.spool.dropped == 0
        finally:
            await server.shutdown()
