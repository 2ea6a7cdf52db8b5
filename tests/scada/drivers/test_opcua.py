"""The OPC UA driver against real asyncua servers, some of them frozen or killed."""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asyncua import ua
from field import Running, free_port, point, until
from opcua_process import make_server

from scada.drivers.config import DriverConfig
from scada.drivers.link import WriteError
from scada.drivers.opcua import OpcUaDriver
from scada.drivers.opcua_values import deadband_raw, quality_of_refusal, read_value, time_ns
from scada.quality import (
    BAD_CONFIGURATION,
    BAD_NO_COMMUNICATION,
    BAD_SENSOR_FAILURE,
    GOOD,
    UNCERTAIN_SENSOR_NOT_ACCURATE,
)

FLOAT = ua.VariantType.Float


def _points(count, **fields):
    return [point(f"P{i}", f"ns=2;s=V{i}", "float32", **fields) for i in range(count)]


def _running(port, points, **fields):
    given = {"publishing_s": 0.05, "stale_s": 2.0, "backoff_s": 0.3}
    config = DriverConfig(
        name="link",
        kind="opcua",
        url=f"opc.tcp://127.0.0.1:{port}/ringmain",
        **{**given, **fields},
    )
    return Running(OpcUaDriver, config, points)


@asynccontextmanager
async def _server(count, port=None, value=0.0):
    port = port or free_port()
    server, variables = await make_server(port, count, value)
    try:
        yield port, server, variables
    finally:
        await server.stop()


@asynccontextmanager
async def _process(port, count, value=0.0):
    script = Path(__file__).with_name("opcua_process.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(port),
        str(count),
        str(value),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60.0):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


# ---- values -------------------------------------------------------------------------------------


async def test_values_come_in_si_with_source_time_and_status():
    async with _server(4) as (port, _, variables):
        moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
        await variables[1].write_value(
            ua.DataValue(
                ua.Variant(7.5, FLOAT),
                ua.StatusCode(ua.StatusCodes.UncertainSensorNotAccurate),
                SourceTimestamp=moment.replace(tzinfo=None),
            )
        )
        async with _running(port, _points(4, unit="kPa")) as (driver, got):
            await until(lambda: len(got.value) == 4)
            assert [got.value[i] for i in range(4)] == [0.0, 7500.0, 2000.0, 3000.0]
            assert got.quality[0] == GOOD
            assert got.quality[1] == UNCERTAIN_SENSOR_NOT_ACCURATE
            assert got.source_ns[1] == 1_767_323_045_678_901_000
            assert driver.stats.state == "up"
            await variables[2].write_value(9.0, FLOAT)
            await until(lambda: got.value[2] == 9000.0)


async def test_a_value_without_a_time_gets_the_time_of_its_arrival():
    async with _server(1) as (port, _, variables):
        await variables[0].write_value(
            ua.DataValue(ua.Variant(3.0, FLOAT), SourceTimestamp=datetime(1601, 1, 1))
        )
        async with _running(port, _points(1)) as (_, got):
            await until(lambda: got.value.get(0) == 3.0)
            assert abs(got.source_ns[0] - time.time_ns()) < 60 * 10**9


async def test_a_wrong_node_is_its_own_points_fault_alone():
    async with _server(3) as (port, _, _):
        points = [*_points(3), point("gone", "ns=2;s=Gone"), point("text", "i=2261")]
        async with _running(port, points) as (driver, got):
            await until(lambda: len(got.quality) == 5)
            assert [got.quality[i] for i in range(5)] == [GOOD] * 3 + [BAD_CONFIGURATION] * 2
            assert "gone: ns=2;s=Gone: BadNodeIdUnknown" in driver.stats.last_error
            assert driver.stats.state == "up"


async def test_more_items_than_one_call_may_have_are_split():
    async with _server(25) as (port, server, _):
        limit = server.get_node(
            ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall
        )
        await limit.write_value(10, ua.VariantType.UInt32)
        calls = []
        service = server.iserver.isession.__class__
        create = service.create_monitored_items

        async def counted(session, parameters):
            calls.append(len(parameters.ItemsToCreate))
            return await create(session, parameters)

        service.create_monitored_items = counted
        try:
            async with _running(port, _points(25)) as (_, got):
                await until(lambda: len(got.value) == 25)
        finally:
            service.create_monitored_items = create
        assert calls == [10, 10, 5]


async def test_a_deadband_is_asked_of_the_server():
    async with _server(2) as (port, _, variables):
        points = [
            point("A", "ns=2;s=V0", "float32", deadband=2.0),
            point("B", "ns=2;s=V1", "float32"),
        ]
        async with _running(port, points, server_deadband=True) as (_, got):
            await until(lambda: len(got.value) == 2)
            await variables[0].write_value(0.9, FLOAT)
            await variables[1].write_value(1.9, FLOAT)
            await until(lambda: got.value[1] == pytest.approx(1.9))
            assert got.value[0] == 0.0
            await variables[0].write_value(5.0, FLOAT)
            await until(lambda: got.value[0] == 5.0)


async def test_unchanged_values_are_sent_again_at_the_heartbeat():
    async with _server(1) as (port, _, _), _running(port, _points(1), heartbeat_s=0.2) as (_, got):
        await until(lambda: got.times(0, GOOD) >= 3)
        assert {value for _, value, _ in got.history} == {0.0}


# ---- losses -------------------------------------------------------------------------------------


async def test_a_killed_server_is_bad_once_and_back_by_itself():
    port, points = free_port(), _points(30)
    async with _running(port, points) as (driver, got):
        async with _process(port, 30) as process:
            await until(lambda: len(got.value) == 30 and set(got.quality.values()) == {GOOD})
            process.send_signal(signal.SIGKILL)
            await until(lambda: set(got.quality.values()) == {BAD_NO_COMMUNICATION})
            assert driver.stats.state == "down"
        losses = [got.times(i, BAD_NO_COMMUNICATION) for i in range(30)]
        async with _process(port, 30, value=100.0):
            await until(lambda: set(got.quality.values()) == {GOOD}, 60.0)
            assert [got.value[i] for i in range(30)] == [100.0 + i for i in range(30)]
            assert [got.times(i, BAD_NO_COMMUNICATION) for i in range(30)] == losses
            assert driver.stats.state == "up"


async def test_a_frozen_server_is_noticed_by_the_watchdog():
    port = free_port()
    async with _process(port, 2) as process, _running(port, _points(2)) as (driver, got):
        await until(lambda: set(got.quality.values()) == {GOOD})
        process.send_signal(signal.SIGSTOP)
        try:
            await until(lambda: set(got.quality.values()) == {BAD_NO_COMMUNICATION})
            assert driver.stats.state == "down"
        finally:
            process.send_signal(signal.SIGCONT)
        await until(lambda: set(got.quality.values()) == {GOOD}, 60.0)


async def test_a_subscription_that_dies_on_the_server_is_made_anew():
    async with _server(2) as (port, server, variables), _running(port, _points(2)) as (driver, got):
        await until(lambda: driver.stats.state == "up" and len(got.value) == 2)
        service = server.iserver.subscription_service
        await service.delete_subscriptions(list(service.subscriptions))
        await until(lambda: driver.stats.reconnects >= 1)
        await until(lambda: set(got.quality.values()) == {GOOD})
        await variables[0].write_value(5.0, FLOAT)
        await until(lambda: got.value[0] == 5.0)


async def test_a_server_that_never_was_there_leaves_bad_points():
    async with _running(free_port(), _points(1)) as (driver, got):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert math.isnan(got.value[0])
        assert driver.stats.state == "down"


# ---- writing ------------------------------------------------------------------------------------


async def test_writes_keep_the_servers_type_and_are_read_back():
    async with _server(1) as (port, server, _):
        objects = server.nodes.objects
        flag = await objects.add_variable(ua.NodeId("Flag", 2), "Flag", False)
        whole = await objects.add_variable(ua.NodeId("Whole", 2), "Whole", 5, ua.VariantType.Int16)
        words = await objects.add_variable(ua.NodeId("Words", 2), "Words", "text")
        for variable in (flag, whole, words):
            await variable.set_writable()
        locked = await objects.add_variable(ua.NodeId("Locked", 2), "Locked", 1.0)
        points = [
            point("float", "ns=2;s=V0", "float32", unit="MPa", writable=True),
            point("flag", "ns=2;s=Flag", "bool", writable=True),
            point("whole", "ns=2;s=Whole", "float32", writable=True),
            point("words", "ns=2;s=Words", "float32", writable=True),
            point("locked", "ns=2;s=Locked", "float64", writable=True),
        ]
        async with _running(port, points) as (driver, got):
            await until(lambda: driver.stats.state == "up")
            assert await driver.write(0, 0.35e6) == pytest.approx(0.35e6)
            assert await driver.write(1, 1.0) == 1.0
            assert await driver.write(2, 41.6) == 42.0
            assert await flag.read_value() is True
            assert await whole.read_value() == 42
            await until(lambda: got.value.get(2) == 42.0)
            for handle, value, words in (
                (1, 0.4, "neither 0 nor 1"),
                (2, 1e6, "outside -32768 to 32767"),
                (3, 1.0, "no number"),
                (4, 2.0, "Bad"),
            ):
                with pytest.raises(WriteError, match=words):
                    await driver.write(handle, value)
            assert await locked.read_value() == 1.0


async def test_a_write_on_a_lost_link_fails_at_once():
    async with _running(free_port(), _points(1)) as (driver, _):
        with pytest.raises(WriteError, match="down"):
            await driver.write(0, 1.0)


# ---- values, without a server -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status", "wanted"),
    [
        (True, 0, (1.0, GOOD)),
        (3, 0x40930000 | 0x0480, (3.0, 0x40930000)),
        (math.inf, 0, (math.inf, BAD_SENSOR_FAILURE)),
        ("words", 0, (None, BAD_CONFIGURATION)),
        ([1.0, 2.0], 0, (None, BAD_CONFIGURATION)),
        (None, 0x80310000, (None, BAD_NO_COMMUNICATION)),
    ],
)
def test_what_a_data_value_becomes(value, status, wanted):
    data = ua.DataValue(
        None if value is None else ua.Variant(value), ua.StatusCode(ua.UInt32(status))
    )
    number, quality = read_value(data)
    assert quality == wanted[1]
    assert math.isnan(number) if wanted[0] is None else number == wanted[0]


def test_times_without_a_zone_are_utc():
    assert time_ns(datetime(1970, 1, 1, 0, 0, 1, 5)) == 1_000_005_000
    assert time_ns(None) is None


def test_the_ends_of_time_are_no_times():
    assert time_ns(datetime(1601, 1, 1)) is None
    assert time_ns(datetime(9999, 12, 31, tzinfo=UTC)) is None


def test_only_a_wrong_node_is_a_configuration_fault():
    assert quality_of_refusal(ua.StatusCodes.BadNodeIdUnknown) == BAD_CONFIGURATION
    assert quality_of_refusal(ua.StatusCodes.BadOutOfService) == ua.StatusCodes.BadOutOfService


def test_the_deadband_asked_for_is_half_the_historians_in_raw_units():
    raw = point("P", "i=1", "int16", unit="kPa", scale=-0.1, deadband=500.0)
    assert deadband_raw(raw) == pytest.approx(2.5)
    assert deadband_raw(point("P", "i=1", "bool", deadband=500.0)) == 0.0
