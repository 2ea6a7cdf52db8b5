"""Sparkplug B: payloads read by an independent decoder, a session over a real MQTT broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiomqtt
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scada.clock import SystemClock
from scada.faces.sparkplug import SparkplugConfig, SparkplugFace
from scada.faces.sparkplug_codec import (
    BOOLEAN,
    DOUBLE,
    INT32,
    INT64,
    STRING,
    Metric,
    encode_payload,
    rebirth_asked,
)
from scada.faces.sparkplug_node import EdgeNode
from scada.point import Point
from tests.nats_server import NatsServer, nats
from tests.scada.core_room import CoreRoom, open_room
from tests.scada.faces.sparkplug_schema import payload_class

Payload = payload_class()
BAD = 0x80310000
POINTS = [
    Point(id="P1", utility="water", quantity="pressure", unit="MPa", text_en="inlet"),
    Point(id="P2", utility="water", quantity="pressure", unit="MPa"),
    Point(id="G1", utility="gas", quantity="pressure", unit="kPa"),
]

kinds = st.sampled_from([INT32, INT64, DOUBLE, BOOLEAN, STRING])


def values_of(kind: int) -> st.SearchStrategy[Any]:
    return {
        INT32: st.integers(-(2**31), 2**31 - 1),
        INT64: st.integers(-(2**63), 2**63 - 1),
        DOUBLE: st.floats(allow_nan=False),
        BOOLEAN: st.booleans(),
        STRING: st.text(max_size=150),
    }[kind]


metrics = kinds.flatmap(
    lambda kind: st.builds(
        Metric,
        name=st.text(min_size=1, max_size=20),
        alias=st.none() | st.integers(0, 2**64 - 1),
        time_ms=st.integers(0, 2**53),
        kind=st.just(kind),
        value=st.none() | values_of(kind),
        historical=st.booleans(),
        properties=st.just(()) | st.just((("Quality", INT32, 192), ("engUnit", STRING, "℃"))),
    )
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(metrics, max_size=5), st.integers(0, 255) | st.none(), st.integers(0, 2**60))
def test_an_independent_decoder_reads_what_we_write(
    some: list[Metric], seq: int | None, time_ms: int
) -> None:
    read = Payload.FromString(encode_payload(time_ms, some, seq))
    assert read.timestamp == time_ms
    assert (read.seq if read.HasField("seq") else None) == seq
    for one, back in zip(some, read.metrics, strict=True):
        assert (back.name, back.datatype, back.timestamp) == (one.name, one.kind, one.time_ms)
        assert (back.alias if back.HasField("alias") else None) == one.alias
        assert back.is_historical == one.historical
        assert back.is_null == (one.value is None)
        if one.value is not None:
            field, bits = {
                INT32: ("int_value", 32),
                INT64: ("long_value", 64),
                DOUBLE: ("double_value", 0),
                BOOLEAN: ("boolean_value", 0),
                STRING: ("string_value", 0),
            }[one.kind]
            assert [f.name for f, _ in back.ListFields() if f.name.endswith("_value")] == [field]
            expected = one.value % 2**bits if bits else one.value  # type: ignore[operator]
            assert getattr(back, field) == expected
        assert list(back.properties.keys) == [key for key, _, _ in one.properties]
        if one.properties:
            assert back.properties.values[0].int_value == 192
            assert back.properties.values[1].string_value == "℃"


def test_births_come_first_and_numbers_go_round() -> None:
    node = EdgeNode(POINTS, "city", "room")
    value = np.array([0.2, np.nan, 3.0])
    quality = np.array([0, BAD, 0x40900000], dtype=np.uint32)
    time_ns = np.array([5, 6, 7]) * 10**9
    for birth in range(258):
        topic, will = node.death(1)
        assert topic == "spBv1.0/city/NDEATH/room"
        death = Payload.FromString(will)
        assert not death.HasField("seq")
        assert [(m.name, m.long_value) for m in death.metrics] == [("bdSeq", birth % 256)]
    births = node.births(9, value, quality, time_ns)
    assert [t for t, _ in births] == [
        "spBv1.0/city/NBIRTH/room",
        "spBv1.0/city/DBIRTH/room/water",
        "spBv1.0/city/DBIRTH/room/gas",
    ]
    first, water, gas = (Payload.FromString(p) for _, p in births)
    assert [m.name for m in first.metrics] == ["bdSeq", "Node Control/Rebirth"]
    assert first.metrics[0].long_value == 257 % 256
    assert (first.seq, water.seq, gas.seq) == (0, 1, 2)
    one, two = water.metrics
    assert (one.name, one.alias, one.double_value) == ("pressure/P1", 1, 0.2)
    assert dict(zip(one.properties.keys, one.properties.values, strict=True))[
        "engUnit"
    ].string_value == "MPa"  # fmt: skip
    assert two.is_null
    assert [m.properties.values[0].int_value for m in (one, two, gas.metrics[0])] == [192, 0, 500]
    seqs = []
    for _ in range(300):
        ((topic, payload),) = node.data(10, np.array([2]), value[2:], quality[2:], time_ns[2:])
        assert topic == "spBv1.0/city/DDATA/room/gas"
        seqs.append(Payload.FromString(payload).seq)
    assert seqs == [(3 + k) % 256 for k in range(300)]
    (metric,) = Payload.FromString(payload).metrics
    assert (metric.name, metric.alias, metric.timestamp) == ("", 3, 7000)


def test_a_command_that_is_no_payload_is_refused() -> None:
    asked = Payload(timestamp=1)
    asked.metrics.add(name="Node Control/Rebirth", datatype=BOOLEAN, boolean_value=True)
    assert rebirth_asked(asked.SerializeToString())
    asked.metrics[0].boolean_value = False
    assert not rebirth_asked(asked.SerializeToString())
    with pytest.raises(ValueError, match=r"ends too soon|not a protobuf"):
        rebirth_asked(b"\x12\xff\x01")


@given(st.binary(max_size=60))
def test_whatever_comes_as_a_command_is_answered_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert rebirth_asked(data) in (True, False)


@pytest.fixture(scope="module")
def broker() -> Iterator[NatsServer]:
    """A real server that speaks MQTT 3.1.1."""
    with nats() as server:
        yield server


class Partner:
    """A subscriber to everything of a group."""

    def __init__(self, client: Any, group: str) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        self._group = group

    async def listen(self) -> None:
        async for message in self.client.messages:
            kind = str(message.topic).split("/")[2]
            payload = Payload.FromString(bytes(message.payload))
            assert message.retain is False
            self.heard.append((kind, payload))

    async def until(self, *kinds: str) -> list[Any]:
        """Payloads once the last heard are of these kinds, and forget them."""
        async with asyncio.timeout(30):
            while [k for k, _ in self.heard] != list(kinds):
                assert [k for k, _ in self.heard] == list(kinds)[: len(self.heard)]
                await asyncio.sleep(0.02)
        found = [p for _, p in self.heard]
        self.heard.clear()
        return found

    def metrics(self, kind: str) -> list[Any]:
        return [m for k, p in self.heard if k == kind for m in p.metrics]

    async def publish(self, topic: str, payload: bytes, **more: Any) -> None:
        await self.client.publish(topic, payload, qos=1, **more)


@contextlib.asynccontextmanager
async def partner(broker: NatsServer, group: str) -> AsyncIterator[Partner]:
    async with aiomqtt.Client("127.0.0.1", broker.mqtt_port) as client:
        await client.subscribe(f"spBv1.0/{group}/#", qos=1)
        one = Partner(client, group)
        task = asyncio.create_task(one.listen())
        yield one
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def start(broker: NatsServer, room: CoreRoom, group: str, host: str = "") -> asyncio.Task[None]:
    config = SparkplugConfig(
        url=f"mqtt://127.0.0.1:{broker.mqtt_port}", group=group, node="room", host=host
    )
    return asyncio.create_task(SparkplugFace(POINTS, room.bus.peer(), SystemClock(), config).run())


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_birth_data_rebirth_and_death_over_a_broker(broker: NatsServer) -> None:
    async with open_room(POINTS) as room, partner(broker, "a") as other:
        await room.send((0, 200e3), (2, 3e3))
        face = start(broker, room, "a")
        birth, water, gas = await other.until("NBIRTH", "DBIRTH", "DBIRTH")
        assert birth.metrics[0].long_value == 0
        assert water.metrics[0].double_value == pytest.approx(0.2)
        assert water.metrics[1].is_null
        assert gas.metrics[0].double_value == pytest.approx(3.0)
        await room.send((0, 250e3))
        await room.advance(0.4)
        async with asyncio.timeout(30):
            while 0.25 not in [  # noqa: ASYNC110  the broker is another process
                round(m.double_value, 9) for m in other.metrics("DDATA")
            ]:
                await asyncio.sleep(0.02)
        data = [p for k, p in other.heard if k == "DDATA"]
        assert [p.seq for p in data] == [3 + k for k in range(len(data))]
        assert {m.alias for m in other.metrics("DDATA")} <= {1, 2, 3}
        other.heard.clear()
        asked = Payload(timestamp=1)
        asked.metrics.add(name="Node Control/Rebirth", datatype=BOOLEAN, boolean_value=True)
        await other.publish("spBv1.0/a/NCMD/room", asked.SerializeToString())
        again = (await other.until("NCMD", "NBIRTH", "DBIRTH", "DBIRTH"))[1]
        assert (again.seq, again.metrics[0].long_value) == (0, 0)
        await stop(face)
        (death,) = await other.until("NDEATH")
        assert death.metrics[0].long_value == 0


async def test_nothing_is_told_while_the_host_is_away(broker: NatsServer) -> None:
    state = "spBv1.0/STATE/scada"

    async def say(other: Partner, online: bool) -> None:
        body = json.dumps({"online": online, "timestamp": 1}).encode()
        await other.publish(state, body, retain=True)

    async with open_room(POINTS) as room, partner(broker, "b") as other:
        await room.send((0, 200e3))
        face = start(broker, room, "b", host="scada")
        await asyncio.sleep(0.5)
        assert other.heard == []
        await say(other, True)
        first, *_ = await other.until("NBIRTH", "DBIRTH", "DBIRTH")
        await say(other, False)
        (death,) = await other.until("NDEATH")
        assert death.metrics[0].long_value == first.metrics[0].long_value == 0
        await say(other, True)
        second, *_ = await other.until("NBIRTH", "DBIRTH", "DBIRTH")
        assert second.metrics[0].long_value == 1
        await stop(face)
