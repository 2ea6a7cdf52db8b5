"""Malformed OPC UA messages, a short round; the long one is benchmarks/fuzz_opcua.py."""

from __future__ import annotations

import asyncio
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua import ua_binary

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from fuzz_opcua import HELLO, at_decoder, at_server, make_driver

from scada.opcua_bounds import bound_arrays
from tests.scada.core_room import open_room
from tests.scada.drivers.opcua_process import make_server
from tests.scada.faces.test_opcua_face import face, free_port, points


async def test_lying_answers_are_refused_or_decoded_and_nothing_else() -> None:
    found = await at_decoder(2000, seed=3)
    assert found["decoded"] > 100
    assert found["refused"] > 100
    assert found["given up"] > 100


def test_an_array_is_no_longer_than_its_message() -> None:
    """Two thousand million nothings would be decoded for minutes, into gigabytes."""
    bound_arrays()
    most = struct.pack("<i", 2**31 - 1)
    for kind in range(26):
        with pytest.raises(NotEnoughData):
            ua_binary.variant_from_binary(Buffer(bytes([0x80 | kind]) + most + bytes(20)))
    three = ua.Variant([1.5, 2.5, 3.5], ua.VariantType.Double)
    packed = ua_binary.variant_to_binary(three)
    assert ua_binary.variant_from_binary(Buffer(packed)).Value == [1.5, 2.5, 3.5]
    none = ua.Variant(None, ua.VariantType.Null)
    assert ua_binary.variant_from_binary(Buffer(ua_binary.variant_to_binary(none))).Value is None


async def test_an_honest_client_is_served_while_others_send_garbage() -> None:
    found = await at_server(400, seed=3, lanes=4)
    assert found["messages"] >= 400
    assert found["alive"]
    assert found["honest peer served"], found["why"]


@pytest.mark.parametrize(
    "head", [b"MSGF" + struct.pack("<I", 0x7FFFFFFF), b"ZZZF" + struct.pack("<I", 100)]
)
async def test_a_message_that_would_never_end_ends_its_connection(head: bytes) -> None:
    some = points(1)
    async with open_room(some) as room, face(room, some) as url:
        port = int(url.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO)
        assert (await reader.readexactly(28))[:3] == b"ACK"
        writer.write(head + bytes(1000))
        assert await asyncio.wait_for(reader.read(100), 5) == b""
        writer.close()


async def test_a_first_value_that_was_lost_is_asked_for() -> None:
    port = free_port()
    server, _ = await make_server(port, 20)
    driver = make_driver("plc", port)
    got: dict[int, float] = {}
    take, lost = driver._take, []

    def lossy(result: Any) -> None:
        if result.NotificationMessage.NotificationData and not lost:
            lost.append(result)
            result.NotificationMessage.NotificationData[0].MonitoredItems[5:] = []
        take(result)

    driver._take = lossy  # type: ignore[method-assign]
    running = asyncio.create_task(
        driver.run(lambda b: got.update(zip(b.point.tolist(), b.value.tolist(), strict=True)))
    )
    try:
        async with asyncio.timeout(15):
            while len(got) < 20:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert got == {k: float(k) for k in range(20)}
        assert driver.stats.reconnects == 0
    finally:
        running.cancel()
        await asyncio.wait([running])
        await server.stop()
