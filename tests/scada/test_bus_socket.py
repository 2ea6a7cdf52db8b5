"""The socket bus alone: restarts of the hub, strangers at its door, what it refuses."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from scada import bus_hub, bus_outbox, bus_secret
from scada.bus_address import connect, is_address
from scada.bus_frames import Envelope, encode_frame, encode_header
from scada.bus_outbox import Outbox
from scada.bus_secret import make_secret, read_secret
from scada.bus_socket import SocketBus, SocketHub
from scada.ports import BusError, Header


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SocketHub]:
    hub = SocketHub("tcp:127.0.0.1:0", tmp_path / "bus.secret")
    await hub.start()
    yield hub
    await hub.close()


async def echo(header: Header, payload: bytes) -> tuple[Header, bytes]:
    return header, payload


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110  the condition is somebody else's attribute
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", ["tcp", "unix"])
async def test_services_and_subscriptions_come_back_after_the_hub_restarts(
    kind: str, tmp_path: Path
) -> None:
    secret = tmp_path / "bus.secret"
    hub = SocketHub("tcp:127.0.0.1:0" if kind == "tcp" else f"unix:{tmp_path}/b.sock", secret)
    await hub.start()
    address = hub.address
    server = await SocketBus.open(address, secret)
    caller = await SocketBus.open(address, secret)
    await server.serve("echo", echo)
    news = await caller.subscribe("values")
    await hub.close()
    await until(lambda: not server.connected and not caller.connected)
    await server.publish("values", {"n": 0})
    assert server.unsent == 1
    with pytest.raises(BusError, match="hub is away"):
        await caller.call("echo", {}, timeout_s=0.05)
    later = await caller.subscribe("links")
    await caller.serve("late", echo)

    hub = SocketHub(address, secret)
    await hub.start()
    await until(lambda: server.connected and caller.connected)
    await server.serve("ready", echo)  # acknowledged: what the member sent on joining is known
    await caller.serve("ready", echo)
    assert await caller.call("echo", {"n": 1}, b"x") == ({"n": 1}, b"x")
    assert await server.call("late", {"n": 2}) == ({"n": 2}, b"")
    await server.publish("values", {"n": 3})
    await server.publish("links", {"n": 4})
    assert (await asyncio.wait_for(anext(aiter(news)), 10)).header == {"n": 3}
    assert (await asyncio.wait_for(anext(aiter(later)), 10)).header == {"n": 4}
    await server.close()
    await caller.close()
    await hub.close()


async def test_a_call_waits_a_moment_for_a_hub_that_is_coming_back(tmp_path: Path) -> None:
    secret = tmp_path / "bus.secret"
    address = f"unix:{tmp_path}/b.sock"
    hub = SocketHub(address, secret)
    await hub.start()
    bus = await SocketBus.open(address, secret)
    await bus.serve("echo", echo)
    await hub.close()
    await until(lambda: not bus.connected)
    call = asyncio.create_task(bus.call("echo", {"n": 1}))
    hub = SocketHub(address, secret)
    await hub.start()
    assert (await call)[0] == {"n": 1}
    await bus.close()
    await hub.close()


async def test_open_calls_fail_when_the_hub_goes(hub: SocketHub, tmp_path: Path) -> None:
    bus = await SocketBus.open(hub.address, tmp_path / "bus.secret")
    begun = asyncio.Event()

    async def never(header: Header, payload: bytes) -> tuple[Header, bytes]:
        begun.set()
        await asyncio.Event().wait()
        return {}, b""

    await bus.serve("never", never)
    call = asyncio.create_task(bus.call("never", {}, timeout_s=60))
    await begun.wait()
    await hub.close()
    with pytest.raises(BusError, match="may have been done"):
        await asyncio.wait_for(call, 10)
    await bus.close()


async def test_a_wrong_secret_is_refused(hub: SocketHub, tmp_path: Path) -> None:
    other = tmp_path / "other.secret"
    make_secret(other)
    with pytest.raises(BusError, match="refused this secret"):
        await SocketBus.open(hub.address, other, timeout_s=30)
    assert hub.refused == 1
    assert "wrong secret" in hub.last_refusal


async def test_a_hub_that_does_not_know_the_secret_learns_nothing_and_is_left(
    tmp_path: Path,
) -> None:
    """A stranger's hub that welcomes everybody cannot prove itself."""
    secret = tmp_path / "bus.secret"
    make_secret(secret)
    received: list[bytes] = []

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = encode_header({"nonce": bytes(32)})
        writer.write(encode_frame(Envelope("hello", header=hello)))
        received.append(await reader.read(4096))
        welcome = encode_header({"proof": bytes(32)})
        writer.write(encode_frame(Envelope("welcome", header=welcome)))
        received.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(impostor, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BusError, match="does not know the secret"):
        await SocketBus.open(f"tcp:127.0.0.1:{port}", secret, timeout_s=30)
    async with asyncio.timeout(30):
        while len(received) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert read_secret(secret) not in received[0]
    assert received[1] == b""
    server.close()


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff" * 4096,
        struct.pack("<II", 2**31, 2**31),
        struct.pack("<II", 2000, 0) + bytes(2000),
        struct.pack("<II", 4, 0) + b"\xc1\xc1\xc1\xc1",
        encode_frame(Envelope("call", "core.write")),
        encode_frame(Envelope("proof")),
    ],
)
async def test_garbage_at_the_door_is_refused_and_the_bus_goes_on(
    hub: SocketHub, tmp_path: Path, junk: bytes
) -> None:
    reader, writer = await connect(hub.address)
    writer.write(junk)
    # Nothing but the hello comes back, then the end.
    answer = await asyncio.wait_for(reader.read(), 10)
    assert len(answer) < 200
    writer.close()
    assert hub.refused == 1
    bus = await SocketBus.open(hub.address, tmp_path / "bus.secret")
    await bus.serve("echo", echo)
    assert (await bus.call("echo", {"n": 1}))[0] == {"n": 1}
    await bus.close()


async def test_a_silent_caller_is_sent_away(
    hub: SocketHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_secret, "HANDSHAKE_S", 0.05)
    reader, writer = await connect(hub.address)
    await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert hub.refused == 1


async def test_an_oversized_frame_of_a_member_costs_it_its_connection(
    hub: SocketHub, tmp_path: Path
) -> None:
    secret = read_secret(tmp_path / "bus.secret")
    reader, writer = await connect(hub.address)
    await bus_secret.join(reader, writer, secret)
    writer.write(struct.pack("<II", 10, 2**30))
    assert await asyncio.wait_for(reader.read(), 10) == b""
    assert "refused" in hub.last_refusal
    writer.close()


async def test_only_so_many_members_are_let_in(
    hub: SocketHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_hub, "MAX_MEMBERS", 1)
    bus = await SocketBus.open(hub.address, tmp_path / "bus.secret")
    with pytest.raises(BusError):
        await SocketBus.open(hub.address, tmp_path / "bus.secret", timeout_s=0.3)
    await bus.close()


async def test_two_hubs_do_not_share_a_socket_but_a_dead_ones_file_is_taken_over(
    tmp_path: Path,
) -> None:
    address = f"unix:{tmp_path}/b.sock"
    code = (
        "import asyncio, sys, pathlib\n"
        "from scada.bus_socket import SocketHub\n"
        "async def main():\n"
        "    hub = SocketHub(sys.argv[1], pathlib.Path(sys.argv[2]))\n"
        "    await hub.start()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, address, str(tmp_path / "s"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    hub = SocketHub(address, tmp_path / "s")
    with pytest.raises(BusError, match="another hub"):
        await hub.start()
    process.kill()
    await process.wait()
    assert (tmp_path / "b.sock").exists()
    await hub.start()
    assert (tmp_path / "b.sock").stat().st_mode & 0o777 == 0o600
    await hub.close()
    assert not (tmp_path / "b.sock").exists()


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "bus.secret"
    make_secret(path)
    first = read_secret(path)
    make_secret(path)
    assert read_secret(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["bus.secret"]
    path.chmod(0o644)
    with pytest.raises(BusError, match="open to others"):
        read_secret(path)
    path.chmod(0o600)
    path.write_text("not hex")
    with pytest.raises(BusError, match="damaged"):
        read_secret(path)
    with pytest.raises(BusError, match="cannot be read"):
        read_secret(tmp_path / "missing")


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("unix:/run/b.sock", True),
        ("tcp:127.0.0.1:0", True),
        ("tcp:[::1]:99", True),
        ("tcp:0.0.0.0:99", False),
        ("tcp:192.168.1.5:99", False),
        ("tcp:127.0.0.1", False),
        ("unix:", False),
        ("unix:/" + "x" * 200, False),
        ("http://127.0.0.1:1", False),
    ],
)
def test_a_bus_listens_on_this_machine_only(address: str, good: bool) -> None:
    assert is_address(address) is good


async def test_an_outbox_drops_news_but_never_what_is_owed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bus_outbox, "NEWS_FRAMES", 3)
    monkeypatch.setattr(bus_outbox, "OWED_BYTES", 100)
    box = Outbox()
    for n in range(5):
        box.tell(b"news %d" % n)
    box.owe(b"o" * 60)
    with pytest.raises(BusError, match="does not read"):
        box.owe(b"o" * 60)
    frames = [box._next() for _ in range(6)]
    assert frames[0] == b"o" * 60
    assert frames[1] is not None
    assert b"lost" in frames[1]
    assert frames[2:] == [b"news 2", b"news 3", b"news 4", None]
