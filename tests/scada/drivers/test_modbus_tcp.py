"""The Modbus TCP driver against real servers and against servers that misbehave."""

import asyncio
import math
import struct

import pytest
from field import (
    FakeServer,
    Running,
    counting,
    device,
    free_port,
    point,
    real_server,
    reply,
    until,
    words,
)
from pymodbus.simulator import DataType, SimData, SimDevice

from scada.drivers.config import DriverConfig
from scada.drivers.link import WriteError
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import (
    BAD_CONFIGURATION,
    BAD_NO_COMMUNICATION,
    BAD_SENSOR_FAILURE,
    GOOD,
)
from scada.registers import encode


def _config(port, **fields):
    given = {"timeout_s": 0.3, "backoff_s": 0.3}
    return DriverConfig(name="link", kind="modbus_tcp", port=port, **{**given, **fields})


def _running(port, *points, scan=None, **fields):
    return Running(ModbusTcpDriver, _config(port, **fields), points, scan)


# ---- reading ------------------------------------------------------------------------------------


async def test_all_areas_types_and_word_orders_from_a_real_server():
    registers = [0] * 100
    cases = []
    at = 0
    for kind, value in (
        ("int16", -5),
        ("uint16", 60000),
        ("int32", -70000),
        ("uint32", 4_000_000_000),
        ("int64", -(2**40)),
        ("uint64", 2**52),
        ("float32", 0.14),
        ("float64", 1e-9),
    ):
        for order in ("ABCD", "CDAB", "BADC", "DCBA"):
            part = encode(value, kind, order)
            registers[at : at + len(part)] = part
            cases.append((f"hr:{at}", kind, order, value))
            at += len(part)
    registers[at] = 0b1000
    sim = SimDevice(
        1,
        simdata=(
            [SimData(0, values=[False, True] * 8, datatype=DataType.BITS)],
            [SimData(0, values=[True, False] * 8, datatype=DataType.BITS)],
            [SimData(0, values=registers, datatype=DataType.REGISTERS)],
            [SimData(0, values=[17] * 20, datatype=DataType.REGISTERS)],
        ),
    )
    points = [point(a, a, kind, word_order=order) for a, kind, order, _ in cases]
    points += [
        point("bit3", f"hr:{at}.3", "bool"),
        point("bit2", f"hr:{at}.2", "bool"),
        point("coil", "co:1", "bool"),
        point("input", "di:1", "bool", scan="slow"),
        point("scaled", "ir:4", "uint16", unit="kPa", scale=0.1, offset=-1.0),
    ]
    port = free_port()
    server = await real_server(port, sim)
    try:
        async with _running(port, *points) as (driver, samples):
            await until(lambda: len(samples.value) == len(points))
            for handle, (_, kind, _, value) in enumerate(cases):
                assert samples.value[handle] == pytest.approx(value, rel=1e-7), kind
            rest = [samples.value[len(cases) + i] for i in range(5)]
            assert rest == pytest.approx([1.0, 0.0, 1.0, 0.0, 700.0])
            assert set(samples.quality.values()) == {GOOD}
            assert driver.stats.state == "up"
    finally:
        await server.shutdown()


async def test_unchanged_values_are_sent_once():
    async with (
        FakeServer(counting) as server,
        _running(server.port, point("P", "hr:5"), point("Q", "hr:6")) as (driver, got),
    ):
        await until(lambda: driver.stats.reads > 10)
        assert [(h, v) for h, v, _ in got.history] == [(0, 5.0), (1, 6.0)]


async def test_unchanged_values_are_sent_again_at_the_heartbeat():
    async with (
        FakeServer(counting) as server,
        _running(server.port, point("P", "hr:5"), heartbeat_s=0.1) as (_, got),
    ):
        await until(lambda: got.times(0, GOOD) >= 3)


async def test_a_float_that_is_no_number_is_a_sensor_failure():
    async def nan(frame, writer):
        transaction, unit, function, _ = frame
        writer.write(reply(transaction, unit, function, b"\4" + struct.pack(">f", math.nan)))

    async with (
        FakeServer(nan) as server,
        _running(server.port, point("P", "hr:0", "float32")) as (_, got),
    ):
        await until(lambda: got.quality.get(0) == BAD_SENSOR_FAILURE)


async def test_a_scan_that_takes_longer_than_its_period_is_counted():
    async def slow(frame, writer):
        await asyncio.sleep(0.15)
        await counting(frame, writer)

    async with (
        FakeServer(slow) as server,
        _running(server.port, point("P", "hr:0")) as (driver, got),
    ):
        await until(lambda: driver.stats.overruns >= 4)
        assert got.quality[0] == GOOD


# ---- holes --------------------------------------------------------------------------------------


def _with_holes(*holes):
    async def answer(frame, writer):
        transaction, unit, function, data = frame
        start, count = struct.unpack(">HH", data[:4])
        if any(start <= hole < start + count for hole in holes):
            writer.write(reply(transaction, unit, function | 0x80, b"\2"))
        else:
            await counting(frame, writer)

    return answer


async def test_a_hole_costs_only_the_points_in_it_and_is_remembered():
    addresses = [0, 1, 2, 5, 6, 9, 10, 14, 15]
    points = [point(f"P{a}", f"hr:{a}") for a in addresses]
    async with (
        FakeServer(_with_holes(3, 6, 12)) as server,
        _running(server.port, *points) as (driver, got),
    ):
        await until(lambda: len(got.quality) == len(points) and driver.stats.reads > 30)
        bad = [a for i, a in enumerate(addresses) if got.quality[i] == BAD_CONFIGURATION]
        assert bad == [6]
        assert all(got.value[i] == a for i, a in enumerate(addresses) if a != 6)
        refusals = driver.stats.errors
        asked = len(server.requests)
        before = driver.stats.reads
        await until(lambda: driver.stats.reads > before + 20)
        assert driver.stats.errors == refusals  # no refused read is tried again each scan
        assert len(server.requests) - asked <= driver.stats.reads - before + 1
        assert "P6" in driver.stats.last_error
        assert driver.stats.state == "up"


async def test_a_merged_read_over_a_hole_of_a_real_server():
    sim = SimDevice(
        1,
        simdata=(
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [
                SimData(0, values=[1, 2, 3], datatype=DataType.REGISTERS),
                SimData(6, values=[7, 8], datatype=DataType.REGISTERS),
            ],
            [SimData(0, values=[0], datatype=DataType.REGISTERS)],
        ),
    )
    port = free_port()
    server = await real_server(port, sim)
    try:
        points = [point(f"P{a}", f"hr:{a}") for a in (0, 2, 6, 7, 300)]
        async with _running(port, *points) as (_, got):
            await until(lambda: len(got.quality) == 5)
            assert [got.value[i] for i in range(4)] == [1.0, 3.0, 7.0, 8.0]
            assert [got.quality[i] for i in range(5)] == [GOOD] * 4 + [BAD_CONFIGURATION]
    finally:
        await server.shutdown()


# ---- silence, lies, losses ----------------------------------------------------------------------


async def test_a_silent_unit_does_not_stall_the_others_on_its_line():
    async def unit_two_is_dead(frame, writer):
        if frame[1] != 2:
            await counting(frame, writer)

    points = [point(f"A{i}", f"1/hr:{50 * i}") for i in range(4)]
    points += [point(f"B{i}", f"2/hr:{50 * i}") for i in range(4)]
    points += [point(f"C{i}", f"3/hr:{50 * i}") for i in range(4)]
    async with (
        FakeServer(unit_two_is_dead) as server,
        _running(server.port, *points, backoff_s=30.0) as (driver, got),
    ):
        await until(lambda: len(got.quality) == 12 and driver.stats.reads > 80)
        assert [got.quality[i] for i in range(12)] == (
            [GOOD] * 4 + [BAD_NO_COMMUNICATION] * 4 + [GOOD] * 4
        )
        asked = [unit for _, unit, _, _ in server.requests]
        assert asked.count(2) < asked.count(1) / 4
        assert asked.count(1) == pytest.approx(asked.count(3), abs=2)
        assert driver.stats.state == "up"


async def test_a_silent_unit_is_heard_again():
    dead = {2}

    async def some_dead(frame, writer):
        if frame[1] not in dead:
            await counting(frame, writer)

    async with FakeServer(some_dead) as server:
        points = [point("A", "1/hr:1"), point("B", "2/hr:2")]
        async with _running(server.port, *points) as (_, got):
            await until(lambda: got.quality.get(1) == BAD_NO_COMMUNICATION)
            dead.clear()
            await until(lambda: got.quality.get(1) == GOOD)
            assert got.times(0, BAD_NO_COMMUNICATION) == 0


async def test_one_lost_reply_alarms_nobody():
    count = iter(range(10**6))

    async def every_fifth_lost(frame, writer):
        if next(count) % 5:
            await counting(frame, writer)

    async with (
        FakeServer(every_fifth_lost) as server,
        _running(server.port, point("P", "hr:1"), timeout_s=0.1) as (driver, got),
    ):
        await until(lambda: driver.stats.errors > 4)
        assert got.times(0, BAD_NO_COMMUNICATION) == 0


async def test_short_replies_make_their_points_bad_until_they_are_whole():
    short = {True}

    async def sometimes_short(frame, writer):
        transaction, unit, function, _ = frame
        if short:
            writer.write(reply(transaction, unit, function, words(9)))
        else:
            await counting(frame, writer)

    async with FakeServer(sometimes_short) as server:
        points = [point(f"P{i}", f"hr:{i}") for i in range(4)]
        async with _running(server.port, *points) as (driver, got):
            await until(lambda: len(got.quality) == 4)
            assert set(got.quality.values()) == {BAD_NO_COMMUNICATION}
            assert driver.stats.rejected_replies >= 2
            short.clear()
            await until(lambda: set(got.quality.values()) == {GOOD})
            assert got.value == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}


async def test_foreign_replies_never_become_values():
    async def foreign(frame, writer):
        transaction, unit, function, _ = frame
        writer.write(reply(0, unit, function, words(666)))
        writer.write(reply(transaction + 1, unit, function, words(667)))

    async with FakeServer(foreign) as server, _running(server.port, point("P", "hr:1")) as (_, got):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert got.times(0, GOOD) == 0


async def test_garbage_is_survived_and_the_link_recovers():
    garbage = {True}

    async def sometimes(frame, writer):
        if garbage:
            writer.write(b"\xde\xad\xbe\xef" * 20)
        else:
            await counting(frame, writer)

    async with (
        FakeServer(sometimes) as server,
        _running(server.port, point("P", "hr:1")) as (driver, got),
    ):
        await until(lambda: driver.stats.reconnects >= 2)
        assert got.quality[0] == BAD_NO_COMMUNICATION
        assert driver.stats.state == "down"
        garbage.clear()
        await until(lambda: got.quality[0] == GOOD)


async def test_a_server_killed_is_bad_once_and_back_by_itself():
    port = free_port()
    server = await real_server(port, device(value=5))
    points = [point(f"P{i}", f"hr:{i}") for i in range(50)]
    async with _running(port, *points) as (driver, got):
        await until(lambda: len(got.value) == 50)
        await server.shutdown()
        await until(lambda: driver.stats.reconnects >= 3)
        assert driver.stats.state == "down"
        assert driver.stats.bad_points == 50
        assert [got.times(i, BAD_NO_COMMUNICATION) for i in range(50)] == [1] * 50
        assert all(got.value[i] == 5.0 for i in range(50))  # the last known value stays
        server = await real_server(port, device(value=6))
        try:
            await until(lambda: all(v == 6.0 for v in got.value.values()))
            assert driver.stats.state == "up"
            assert driver.stats.bad_points == 0
        finally:
            await server.shutdown()


async def test_a_server_that_never_was_there_leaves_bad_points():
    async with _running(free_port(), point("P", "hr:1")) as (driver, got):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert math.isnan(got.value[0])
        assert driver.stats.state == "down"


async def test_a_server_that_accepts_and_says_nothing_is_down():
    async def silent(frame, writer):
        pass

    async with (
        FakeServer(silent) as server,
        _running(server.port, point("P", "hr:1"), timeout_s=0.1) as (driver, got),
    ):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert driver.stats.state == "down"
        server.behaviour = counting
        await until(lambda: got.quality.get(0) == GOOD)
        assert driver.stats.state == "up"


# ---- writing ------------------------------------------------------------------------------------


async def test_writes_reach_a_real_server_and_are_read_back():
    port = free_port()
    server = await real_server(port, device())
    points = [
        point("coil", "co:3", "bool", writable=True),
        point("word", "hr:10", "int16", unit="kPa", scale=0.1, writable=True),
        point("long", "hr:12", "float32", word_order="CDAB", unit="MPa", writable=True),
        point("bit", "hr:20.5", "bool", writable=True),
        point("other", "hr:20.6", "bool", writable=True),
    ]
    try:
        async with _running(port, *points) as (driver, got):
            await until(lambda: len(got.value) == 5)
            assert await driver.write(0, 1.0) == 1.0
            assert await driver.write(1, -150.0) == pytest.approx(-200.0)  # tenths of a kPa
            assert await driver.write(2, 0.35e6) == pytest.approx(0.35e6)
            assert await driver.write(3, 1.0) == 1.0
            assert await driver.write(4, 1.0) == 1.0
            assert await driver.write(3, 0.0) == 0.0
            await until(lambda: got.value[4] == 1.0 and got.value[3] == 0.0)
            assert got.value[2] == pytest.approx(0.35e6)
            assert driver.stats.writes == 6
            with pytest.raises(WriteError, match="outside -32768 to 32767"):
                await driver.write(1, 1e9)
    finally:
        await server.shutdown()


async def test_a_write_the_device_takes_back_has_failed():
    async def forgets(frame, writer):
        transaction, unit, function, data = frame
        if function == 6:
            writer.write(reply(transaction, unit, function, data))
        else:
            await counting(frame, writer)

    async with (
        FakeServer(forgets) as server,
        _running(server.port, point("P", "hr:7", writable=True)) as (driver, got),
    ):
        await until(lambda: 0 in got.value)
        with pytest.raises(WriteError, match="wrote 55, read back 7"):
            await driver.write(0, 55.0)


async def test_a_write_without_an_answer_is_not_repeated():
    async def deaf_to_writes(frame, writer):
        if frame[2] == 3:
            await counting(frame, writer)

    async with (
        FakeServer(deaf_to_writes) as server,
        _running(server.port, point("P", "hr:7", writable=True)) as (driver, got),
    ):
        await until(lambda: 0 in got.value)
        with pytest.raises(WriteError, match="did not answer"):
            await driver.write(0, 55.0)
        assert [f for _, _, f, _ in server.requests].count(6) == 1


async def test_a_refused_write_says_why():
    async def read_only(frame, writer):
        transaction, unit, function, _ = frame
        if function == 3:
            await counting(frame, writer)
        else:
            writer.write(reply(transaction, unit, function | 0x80, b"\1"))

    async with (
        FakeServer(read_only) as server,
        _running(server.port, point("P", "hr:7.1", "bool", writable=True)) as (d, got),
    ):
        await until(lambda: 0 in got.value)
        with pytest.raises(WriteError, match="illegal function"):
            await d.write(0, 1.0)


async def test_a_write_on_a_lost_link_fails_at_once():
    async with _running(free_port(), point("P", "hr:7", writable=True)) as (driver, _):
        with pytest.raises(WriteError, match="down"):
            await driver.write(0, 1.0)


async def test_bits_of_a_register_are_a_number_and_written_without_touching_the_others():
    port = free_port()
    server = await real_server(port, device(value=0b0101_0110_0000))
    points = [
        point("mode", "hr:7.4-6", "uint16", writable=True),
        point("whole", "hr:7", "uint16"),
    ]
    async with Running(ModbusTcpDriver, _config(port), points) as (driver, got):
        await until(lambda: got.value.get(0) == 6.0)
        assert await driver.write(0, 3.0) == 3.0
        await until(lambda: got.value.get(1) == float(0b0101_0011_0000))
        with pytest.raises(WriteError, match="does not fit into 3 bits"):
            await driver.write(0, 8.0)
    await server.shutdown()


async def test_a_declared_hole_is_never_read_over():
    async with FakeServer(counting) as server:
        points = [point("a", "hr:10"), point("b", "hr:14"), point("c", "2/hr:10")]
        given = [*points, point("d", "2/hr:14")]
        async with _running(server.port, *given, holes=("hr:11-13",)) as (_, got):
            await until(lambda: got.value == {0: 10.0, 1: 14.0, 2: 10.0, 3: 14.0})
            asked = {(unit, *struct.unpack(">HH", data)) for _, unit, _, data in server.requests}
    assert asked == {(1, 10, 1), (1, 14, 1), (2, 10, 5)}
