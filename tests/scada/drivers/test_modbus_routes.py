"""Redundant ways to the same devices: fail over, come back, and give up only when all fail."""

from __future__ import annotations

import asyncio

from field import Behaviour, FakeServer, Frame, Running, counting, point, until

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import BAD_NO_COMMUNICATION


def link(first: FakeServer, second: FakeServer) -> Running:
    config = DriverConfig(
        name="link",
        kind="modbus_tcp",
        port=first.port,
        backup=(f"127.0.0.1:{second.port}",),
        timeout_s=0.2,
        backoff_s=0.2,
        return_s=1.0,
    )
    return Running(ModbusTcpDriver, config, [point("a", "hr:7")])


async def test_a_lost_route_is_replaced_without_a_bad_value_and_taken_again_when_it_is_back() -> (
    None
):
    first, second = FakeServer(counting), FakeServer(counting)
    async with second:
        await first.__aenter__()
        async with link(first, second) as (driver, got):
            await until(lambda: got.value.get(0) == 7.0)
            assert second.requests == []
            await first.__aexit__()
            await until(lambda: len(second.requests) > 2)
            assert driver.stats.route.endswith(f":{second.port}/1")
            assert driver.stats.failovers == 1
            async with first:
                heard = len(first.requests)
                await until(lambda: len(first.requests) > heard + 2)
                assert driver.stats.route.endswith(f":{first.port}/1")
                assert got.times(0, BAD_NO_COMMUNICATION) == 0


async def test_a_route_that_accepts_and_says_nothing_is_left_for_the_other() -> None:
    async def mute(_frame: Frame, _writer: asyncio.StreamWriter) -> None:
        pass

    behaviour: Behaviour = mute
    async with (
        FakeServer(behaviour) as first,
        FakeServer(counting) as second,
        link(first, second) as (_, got),
    ):
        await until(lambda: got.value.get(0) == 7.0)


async def test_when_every_route_fails_the_points_are_bad_once_and_come_back() -> None:
    first, second = FakeServer(counting), FakeServer(counting)
    async with link(first, second) as (driver, got):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        await until(lambda: driver.stats.reconnects >= 2)
        assert got.times(0, BAD_NO_COMMUNICATION) == 1
        async with second:
            await until(lambda: got.value.get(0) == 7.0)
