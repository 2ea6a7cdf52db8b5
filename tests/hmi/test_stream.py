"""The live stream: snapshot, then changes without a gap; slow pages are dropped."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hmi.app import SERVER_OPTIONS
from hmi.stream import QUEUE, TICK_S, Client, LiveStream
from hmi.stream_frames import Kind, decode
from hmi.stream_table import LastValues
from scada.bus import MemoryBus
from scada.samples import SampleBatch
from tests.hmi.feeder import Feeder
from tests.hmi.web_client import running

NS = 10**9


def batch(handles: list[int], values: list[float], at_ns: int, code: int = 0) -> SampleBatch:
    n = len(handles)
    times = np.full(n, at_ns, dtype=np.int64)
    return SampleBatch(
        np.array(handles, dtype=np.uint32),
        np.array(values),
        np.full(n, code, dtype=np.uint32),
        times,
        times,
    )


def test_the_table_keeps_the_last_value_of_each_point() -> None:
    table = LastValues(4)
    table.take(batch([1, 3, 1], [5.0, 7.0, 6.0], 10 * NS))
    assert table.take_changes().tolist() == [1, 3]
    assert table.value[1] == 6.0
    assert table.known().tolist() == [1, 3]
    assert table.newest_ms == 10_000.0
    table.take(batch([1], [9.0], 9 * NS))
    assert table.value[1] == 6.0, "what arrived earlier does not overwrite"
    table.take(batch([1, 3], [6.0, 7.0], 10 * NS))
    assert table.take_changes().tolist() == [], "the same again is no change"
    table.take(batch([3], [math.nan], 11 * NS, 0x80310000))
    assert table.take_changes().tolist() == [3]


def test_a_point_of_another_site_is_refused_whole() -> None:
    table = LastValues(2)
    with pytest.raises(IndexError):
        table.take(batch([0, 2], [1.0, 2.0], NS))
    assert table.known().tolist() == []


def test_a_full_queue_marks_the_page_late() -> None:
    client = Client()
    for _ in range(QUEUE):
        client.put(b"")
    assert not client.late
    client.put(b"")
    assert client.late


@asynccontextmanager
async def served(tmp_path: Path, *, live: bool) -> AsyncIterator[tuple[str, Feeder]]:
    async with running(tmp_path, live=live) as (app, _, feeder):
        # The application of `running` has started its stream; this server must not start another.
        config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", **SERVER_OPTIONS)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"ws://localhost:{port}/api/stream", feeder
        finally:
            server.should_exit = True
            await task


async def frames(
    socket: ClientConnection, wanted: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The next binary frames, decoded, and the texts between them."""
    binary: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    while len(binary) < wanted:
        message = await asyncio.wait_for(socket.recv(), 10)
        if isinstance(message, bytes):
            binary.append(decode(message))
        else:
            texts.append(json.loads(message))
    return binary, texts


async def test_a_page_gets_a_snapshot_and_then_every_change(tmp_path: Path) -> None:
    async with served(tmp_path, live=True) as (url, feeder):
        await asyncio.sleep(1.2)
        async with connect(url, origin=url[:-11].replace("ws", "http")) as socket:  # type: ignore[arg-type]
            assert "permessage-deflate" not in str(socket.response)
            got, texts = await frames(socket, 8)
    assert [f["kind"] for f in got[:2]] == [Kind.SNAPSHOT, Kind.SNAPSHOT]
    assert [f["origin"] for f in got[:2]] == ["measured", "model"]
    assert len(got[0]["point"]) == len(feeder.points)
    later = [f["sequence"] for f in got if f["kind"] is not Kind.SNAPSHOT]
    first = got[0]["sequence"]
    new = [s for s in later if s > first]
    assert new == list(range(first + 1, first + 1 + len(new)))
    assert new
    state = next(f for f in got if f["kind"] is Kind.STATE)
    assert len(state["pressure_m"]) == len(feeder.net.nodes)
    assert len(state["flow_m3s"]) == len(feeder.net.links)
    assert [t["type"] for t in texts[:2]] == ["site", "links"]
    assert texts[0]["points"] == feeder.view.points_digest
    assert {t["type"] for t in texts} >= {"links", "state"}


async def test_an_alarm_passes_at_once_as_text(tmp_path: Path) -> None:
    async with served(tmp_path, live=False) as (url, feeder), connect(url) as socket:
        await frames(socket, 2)
        point = next(p for p in feeder.points if p.end_point)
        await feeder.raise_alarm(point, "urgent")
        while True:
            message = await asyncio.wait_for(socket.recv(), 10)
            if isinstance(message, str) and json.loads(message)["type"] == "alarm":
                break
        event = json.loads(message)["event"]
        assert (event["source"], event["state"]) == (point.id, "unacknowledged")


async def test_without_news_a_heartbeat_still_comes(tmp_path: Path) -> None:
    async with served(tmp_path, live=False) as (url, _), connect(url) as socket:
        began = time.time() * 1e3
        got, _ = await frames(socket, 5)
        last = got[-1]
        assert (last["kind"], len(last["point"])) == (Kind.CHANGES, 0)
        assert last["sent_ms"] > began
        assert last["data_ms"] < last["sent_ms"], "the data clock stands while nothing comes"


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
async def test_a_stream_for_another_page_is_refused(tmp_path: Path, origin: str) -> None:
    async with served(tmp_path, live=False) as (url, _):
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            async with connect(url, origin=origin) as socket:  # type: ignore[arg-type]
                await socket.recv()


@pytest.mark.parametrize("turns", range(6))
async def test_values_that_come_at_the_moment_of_the_stop_do_not_hold_it_up(turns: int) -> None:
    # `asyncio.wait_for` swallowed a cancellation that met its answer (Python before 3.12).
    bus = MemoryBus()
    stream = LiveStream(bus.peer(), 4)
    await stream.start()
    await asyncio.sleep(2 * TICK_S)
    sample = batch([1], [5.0], NS)
    await bus.publish("values", {"origin": "measured"}, sample.to_bytes())
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await stream.stop()
