"""One behaviour, three buses: in memory, over a socket with its hub, and over a NATS server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from scada.bus import MemoryBus
from scada.bus_frames import MAX_PAYLOAD
from scada.bus_nats import NatsBus
from scada.bus_socket import SocketBus, SocketHub
from scada.ports import Bus, BusError, Header, Subscription
from tests.nats_server import NatsServer, nats


class MemoryRoom:
    """Members of one in-memory bus."""

    def __init__(self) -> None:
        self._first = MemoryBus()

    async def member(self) -> Bus:
        return self._first.peer()

    async def close(self) -> None:
        await self._first.close()


class SocketRoom:
    """Members of one hub."""

    def __init__(self, address: str, folder: Path) -> None:
        self.secret = folder / "bus.secret"
        self.hub = SocketHub(address, self.secret)
        self.members: list[SocketBus] = []

    async def member(self) -> Bus:
        bus = await SocketBus.open(self.hub.address, self.secret)
        self.members.append(bus)
        return bus

    async def close(self) -> None:
        for bus in self.members:
            await bus.close()
        await self.hub.close()


class NatsRoom:
    """Members of one server, in a space of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.space = f"test-{next(_SPACES)}"
        self.members: list[NatsBus] = []

    async def member(self) -> Bus:
        bus = await NatsBus.open(self.url, self.space)
        self.members.append(bus)
        return bus

    async def close(self) -> None:
        for bus in self.members:
            await bus.close()


_SPACES = itertools.count()


@pytest.fixture(scope="module")
def nats_server() -> Iterator[NatsServer]:
    with nats() as server:
        yield server


@pytest.fixture(params=["memory", "unix", "tcp", "nats"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        room: Any = MemoryRoom()
    elif request.param == "nats":
        room = NatsRoom(request.getfixturevalue("nats_server").url)
    else:
        room = SocketRoom(
            "tcp:127.0.0.1:0" if request.param == "tcp" else f"unix:{tmp_path}/bus.sock", tmp_path
        )
        await room.hub.start()
    yield room
    await room.close()


async def next_of(subscription: Subscription) -> Any:
    return await asyncio.wait_for(anext(aiter(subscription)), 10)


async def echo(header: Header, payload: bytes) -> tuple[Header, bytes]:
    return {**header, "echo": True}, payload[::-1]


async def settle(bus: Bus) -> None:
    """Wait until everything sent before has passed the hub."""
    await bus.serve("settle", echo)
    await bus.call("settle", {})


async def test_published_messages_arrive_in_order_with_header_and_payload(room: Any) -> None:
    speaker, listener = await room.member(), await room.member()
    news = await listener.subscribe("values")
    for n in range(20):
        await speaker.publish("values", {"seq": n, "origin": "measured"}, bytes([n]) * 100)
    for n in range(20):
        message = await next_of(news)
        assert message.topic == "values"
        assert message.header == {"seq": n, "origin": "measured"}
        assert message.payload == bytes([n]) * 100


async def test_a_star_matches_by_prefix_and_other_topics_stay_away(room: Any) -> None:
    speaker, listener = await room.member(), await room.member()
    states = await listener.subscribe("state.*", "links")
    for topic in ("state.water", "values", "status", "state", "links", "state.gas"):
        await speaker.publish(topic, {})
    assert [(await next_of(states)).topic for _ in range(3)] == [
        "state.water",
        "links",
        "state.gas",
    ]


async def test_a_member_hears_itself(room: Any) -> None:
    bus = await room.member()
    news = await bus.subscribe("*")
    await bus.publish("x", {"n": 1})
    assert (await next_of(news)).header == {"n": 1}


async def test_a_slow_reader_loses_the_oldest_and_the_loss_is_counted(room: Any) -> None:
    speaker, listener = await room.member(), await room.member()
    news = await listener.subscribe("values", size=4)
    for n in range(10):
        await speaker.publish("values", {"seq": n})
    await settle(speaker)
    await settle(listener)
    assert [(await next_of(news)).header["seq"] for _ in range(4)] == [6, 7, 8, 9]
    assert news.dropped == 6


async def test_a_closed_subscription_ends_its_reader(room: Any) -> None:
    speaker, listener = await room.member(), await room.member()
    news = await listener.subscribe("values")
    other = await listener.subscribe("values")
    heard: list[str] = []

    async def read() -> None:
        async for message in news:
            heard.append(message.topic)

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await news.close()
    await news.close()
    await asyncio.wait_for(reading, 10)
    await speaker.publish("values", {})
    assert (await next_of(other)).topic == "values"
    assert heard == []


async def test_a_call_is_answered_with_header_and_payload(room: Any) -> None:
    server, caller = await room.member(), await room.member()
    await server.serve("core.echo", echo)
    assert await caller.call("core.echo", {"a": [1, 2.5, None, "水"]}, b"abc") == (
        {"a": [1, 2.5, None, "水"], "echo": True},
        b"cba",
    )
    big = bytes(range(256)) * 20_000
    assert (await caller.call("core.echo", {}, big))[1] == big[::-1]


async def test_many_calls_are_open_at_once_and_each_gets_its_own_answer(room: Any) -> None:
    server, caller = await room.member(), await room.member()

    async def slow_first(header: Header, payload: bytes) -> tuple[Header, bytes]:
        await asyncio.sleep(0.02 / header["n"])
        return header, b""

    await server.serve("work", slow_first)
    answers = await asyncio.gather(*(caller.call("work", {"n": n}) for n in range(1, 50)))
    assert [h["n"] for h, _ in answers] == list(range(1, 50))


async def test_nobody_serves_is_told_at_once(room: Any) -> None:
    caller = await room.member()
    with pytest.raises(BusError, match=r"core\.nothing: nobody serves it"):
        await caller.call("core.nothing", {}, timeout_s=60)


async def test_a_failure_of_the_server_reaches_the_caller_in_words(room: Any) -> None:
    server, caller = await room.member(), await room.member()

    async def fail(header: Header, payload: bytes) -> tuple[Header, bytes]:
        raise ValueError("point 7 is unknown")

    await server.serve("core.write", fail)
    with pytest.raises(BusError, match=r"core\.write: point 7 is unknown"):
        await caller.call("core.write", {})


async def test_an_answer_that_is_not_json_like_is_a_failure_not_a_hang(room: Any) -> None:
    server, caller = await room.member(), await room.member()

    async def odd(header: Header, payload: bytes) -> tuple[Header, bytes]:
        return {"value": object()}, b""

    await server.serve("odd", odd)
    with pytest.raises(BusError, match="cannot be sent"):
        await caller.call("odd", {})


async def test_a_silent_server_times_out_and_later_answers_disturb_nobody(room: Any) -> None:
    server, caller = await room.member(), await room.member()
    release = asyncio.Event()
    finished: list[int] = []

    async def wait(header: Header, payload: bytes) -> tuple[Header, bytes]:
        if header["n"] == 0:
            await release.wait()
        finished.append(header["n"])
        return header, b""

    await server.serve("wait", wait)
    with pytest.raises(BusError, match="no answer within"):
        await caller.call("wait", {"n": 0}, timeout_s=0.05)
    release.set()
    assert (await caller.call("wait", {"n": 1}))[0] == {"n": 1}
    await asyncio.sleep(0)
    assert sorted(finished) == [0, 1]


async def test_the_latest_to_serve_gets_the_calls(room: Any) -> None:
    old, new, caller = await room.member(), await room.member(), await room.member()

    async def newer(header: Header, payload: bytes) -> tuple[Header, bytes]:
        return {"by": "new"}, b""

    await old.serve("s", echo)
    await new.serve("s", newer)
    assert (await caller.call("s", {}))[0] == {"by": "new"}
    await new.close()
    with pytest.raises(BusError):
        await caller.call("s", {}, timeout_s=5)


async def test_a_server_that_leaves_fails_its_open_calls(room: Any) -> None:
    server, caller = await room.member(), await room.member()
    begun = asyncio.Event()

    async def never(header: Header, payload: bytes) -> tuple[Header, bytes]:
        begun.set()
        await asyncio.Event().wait()
        return {}, b""

    await server.serve("never", never)
    call = asyncio.create_task(caller.call("never", {}, timeout_s=60))
    await asyncio.wait_for(begun.wait(), 10)
    await server.close()
    with pytest.raises(BusError, match="never"):
        await asyncio.wait_for(call, 10)


async def test_an_oversized_frame_is_refused_before_it_is_sent(room: Any) -> None:
    server, caller = await room.member(), await room.member()

    async def too_much(header: Header, payload: bytes) -> tuple[Header, bytes]:
        return {}, bytes(MAX_PAYLOAD + 1)

    await server.serve("too_much", too_much)
    await server.serve("echo", echo)
    with pytest.raises(BusError, match="over the limit"):
        await caller.publish("values", {}, bytes(MAX_PAYLOAD + 1))
    with pytest.raises(BusError, match="over the limit"):
        await caller.call("echo", {}, bytes(MAX_PAYLOAD + 1))
    with pytest.raises(BusError, match="over the limit"):
        await caller.call("too_much", {})
    assert await caller.call("echo", {}) == ({"echo": True}, b"")


async def test_a_closed_bus_refuses_everything(room: Any) -> None:
    bus = await room.member()
    news = await bus.subscribe("values")
    await bus.close()
    await bus.close()
    with pytest.raises(BusError, match="closed"):
        await bus.publish("values", {})
    with pytest.raises(BusError, match="closed"):
        await bus.call("core.status", {})
    assert [m async for m in news] == []


async def test_a_nats_server_is_asked_whether_it_is_done_after_the_subscription_not_before(
    nats_server: NatsServer,
) -> None:
    """The client's own flush writes its PING at once, past what still waits to be written."""
    sent = bytearray()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", nats_server.port)

        async def answers() -> None:
            while data := await there.read(65536):
                writer.write(data)

        answering = asyncio.create_task(answers())
        while data := await reader.read(65536):
            sent.extend(data)
            back.write(data)
        answering.cancel()
        back.close()
        writer.close()

    relay = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    bus = await NatsBus.open(f"nats://127.0.0.1:{relay.sockets[0].getsockname()[1]}", "order")
    sent.clear()
    await bus.subscribe("values")
    asked = sent.upper()
    assert b"SUB ORDER.PUB.>" in asked
    last = max(asked.rfind(b"PING"), asked.rfind(b"PUB ORDER.FLUSH"))
    assert last > asked.find(b"SUB ORDER.PUB.>")
    await bus.close()
    relay.close()
