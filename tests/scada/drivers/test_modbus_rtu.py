"""RTU over TCP: a serial line behind a plain converter, with everything such a line does."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from field import Running, free_port, point, until, words
from hypothesis import given
from hypothesis import strategies as st

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_framer import StrictRtuFramer
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import BAD_CONFIGURATION, BAD_NO_COMMUNICATION, GOOD

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def crc(data: bytes) -> bytes:
    """The checksum of the serial line specification (2.5.1.2), bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def framed(body: bytes) -> bytes:
    return body + crc(body)


def own_address(request: bytes) -> bytes:
    """Each register's own address as its value."""
    start, count = struct.unpack(">HH", request[2:6])
    return framed(request[:2] + words(*range(start, start + count)))


@contextlib.asynccontextmanager
async def line(answer: Answer) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A converter whose units do to each request what `answer` says."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await reader.readexactly(8)
                assert crc(request[:-2]) == request[-2:]
                heard.append(request)
                await answer(request, writer)
        writer.close()

    port = free_port()
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield port, heard
    finally:
        server.close()


def link(port: int, *points: object, **settings: object) -> Running:
    given_settings = {"timeout_s": 0.2, "backoff_s": 0.2, **settings}
    config = DriverConfig(
        name="line", kind="modbus_tcp", port=port, framing="rtu", **given_settings
    )  # type: ignore[arg-type]
    return Running(ModbusTcpDriver, config, list(points))


async def test_units_of_a_serial_line_are_read() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(own_address(request))

    async with (
        line(answer) as (port, heard),
        link(port, point("a", "hr:7"), point("b", "3/hr:9")) as (_, got),
    ):
        await until(lambda: got.value == {0: 7.0, 1: 9.0})
        assert {request[0] for request in heard} == {1, 3}


async def test_noise_and_another_units_reply_before_the_right_one_are_dropped() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xff\x13" + framed(b"\x05\x03" + words(99)) + own_address(request))

    async with (
        line(answer) as (port, _),
        link(port, point("a", "hr:7")) as (_, got),
    ):
        await until(lambda: got.value.get(0) == 7.0)
        assert {value for _, value, _ in got.history} == {7.0}


async def test_a_reply_with_a_wrong_checksum_is_never_believed() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        frame = bytearray(own_address(request))
        frame[4] ^= 0x40
        writer.write(bytes(frame))

    async with (
        line(answer) as (port, _),
        link(port, point("a", "hr:7")) as (_, got),
    ):
        await until(lambda: got.quality.get(0) == BAD_NO_COMMUNICATION)
        assert 0 not in {h for h, _, q in got.history if q == GOOD}


async def test_a_late_reply_is_not_taken_for_the_next_one() -> None:
    """The frames have no number: the value asked for first must not stand in the other point."""
    late = {"first": True}

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        if late.pop("first", False):
            await asyncio.sleep(0.3)
        with contextlib.suppress(ConnectionError):
            writer.write(own_address(request))
            await writer.drain()

    async with (
        line(answer) as (port, _),
        link(port, point("a", "hr:7"), point("b", "hr:200")) as (driver, got),
    ):
        await until(lambda: got.value == {0: 7.0, 1: 200.0})
        assert driver.stats.errors >= 1
        assert {(h, v) for h, v, q in got.history if q == GOOD} == {(0, 7.0), (1, 200.0)}


async def test_an_exception_on_the_line_is_the_points_own_fault() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        refused = struct.unpack(">H", request[2:4])[0] >= 100
        writer.write(framed(bytes((request[0], 0x83, 2))) if refused else own_address(request))

    async with (
        line(answer) as (port, _),
        link(port, point("a", "hr:7"), point("hole", "hr:100")) as (_, got),
    ):
        await until(lambda: got.value.get(0) == 7.0)
        await until(lambda: got.quality.get(1) == BAD_CONFIGURATION)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=40))
def test_no_bytes_make_the_framer_fail_or_grow(chunks: list[bytes]) -> None:
    framer = StrictRtuFramer(lambda: None)
    for chunk in chunks:
        assert framer.handleFrame(chunk, 1, 0)[0] == len(chunk)
        assert len(framer._pending) <= 512


@given(st.binary(max_size=60), st.lists(st.integers(0, 65535), min_size=1, max_size=20), st.data())
def test_the_reply_is_found_after_noise_however_the_bytes_are_cut(
    noise: bytes, values: list[int], data: st.DataObject
) -> None:
    noise = bytes(b for b in noise if b != 9)  # no other frame of unit 9 in it
    wire = noise + framed(b"\x09\x03" + words(*values))
    cut = data.draw(st.integers(0, len(wire)))
    framer = StrictRtuFramer(lambda: None)
    replies = [framer.handleFrame(part, 9, 0)[1] for part in (wire[:cut], wire[cut:])]
    found = [reply for reply in replies if reply is not None]
    assert [reply.data for reply in found] == [words(*values)]
