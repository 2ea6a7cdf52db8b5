"""The live stream: one table of last values fed by the bus, one frame a tick for every client.

A frame is encoded once and shared; a client that cannot keep up is dropped and comes back for a
fresh snapshot. Alarm events and link states pass at once, as text.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hmi.stream_frames import UTILITIES, Kind, encode_state, encode_values
from hmi.stream_table import LastValues
from scada.ports import Bus, BusError, Message
from scada.samples import SampleBatch

log = logging.getLogger(__name__)

TICK_S = 0.15
"""Least time between two frames of values; a value that comes later than this goes at once."""
HEARTBEAT_S = 1.0
RESYNC_S = 30.0
RETRY_S = 1.0
QUEUE = 64
"""Messages a client may lag behind: well over ten seconds of ordinary traffic."""
MAX_CLIENTS = 200
TRY_AGAIN_LATER = 1013
NOT_ALLOWED = 1008
ASK_AGAIN_S = 10.0


class Client:
    """One page: its queue, and whether it fell behind."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | str] = asyncio.Queue(QUEUE)
        self.late = False

    def put(self, message: bytes | str) -> None:
        """Queue a message; a full queue marks the client late instead of waiting."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.late = True


class LiveStream:
    """Feeds the pages of one site from the bus."""

    def __init__(self, bus: Bus, points: int, digest: str = "") -> None:
        """`digest` names the point list; a page that was made for another one loads itself anew."""
        self._bus = bus
        self._digest = digest
        self._clients: set[Client] = set()
        self.tables = {origin: LastValues(points) for origin in ("measured", "model")}
        self.links: list[dict[str, Any]] = []
        self.states: dict[str, tuple[dict[str, Any], bytes]] = {}
        self.sequence = 0
        self.frames = 0
        self.dropped_clients = 0
        self._sent_at = 0.0
        self._stale = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Subscribe, and keep the table and the clients up to date until `stop`."""
        live = await self._bus.subscribe("values", "alarm", "links", "state.*", size=1024)
        self._subscription = live
        self._tasks = [
            asyncio.create_task(work) for work in (self._listen(), self._tick(), self._resync())
        ]
        for task in self._tasks:
            task.add_done_callback(_report)

    async def stop(self) -> None:
        """End the tasks; clients are closed by the server."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._subscription.close()

    def figures(self) -> dict[str, Any]:
        """Counters for the system page."""
        return {
            "clients": len(self._clients),
            "frames": self.frames,
            "dropped_clients": self.dropped_clients,
            "missed_messages": self._subscription.dropped if self._tasks else 0,
            "data_ms": self.tables["measured"].newest_ms,
        }

    # ---- from the bus -----------------------------------------------------------------------

    async def _listen(self) -> None:
        missed = 0
        async for message in self._subscription:
            try:
                self._take(message)
            except (ValueError, KeyError, IndexError) as error:
                log.warning("a message of %s is left out: %s", message.topic, error)
            if self._subscription.dropped != missed:
                missed = self._subscription.dropped
                self._stale.set()

    def _take(self, message: Message) -> None:
        if message.topic == "values":
            origin = "model" if message.header.get("origin") == "model" else "measured"
            self.tables[origin].take(SampleBatch.from_bytes(message.payload))
            self._news.set()
        elif message.topic == "alarm":
            self._tell({"type": "alarm", "event": message.header})
        elif message.topic == "links":
            known = {link["name"]: link for link in self.links}
            known.update({link["name"]: link for link in message.header["links"]})
            self.links = list(known.values())
            self._tell({"type": "links", "links": self.links})
        else:
            self._take_state(message)

    def _take_state(self, message: Message) -> None:
        utility = message.topic.partition(".")[2]
        if utility not in UTILITIES:
            return
        header = message.header
        self.sequence += 1
        frame = self._state_frame(utility, header, message.payload)
        self.states[utility] = (header, message.payload)
        self._tell({"type": "state", "utility": utility, **header})
        self._send(frame)

    def _state_frame(self, utility: str, header: dict[str, Any], payload: bytes) -> bytes:
        n, m = int(header["n_nodes"]), int(header["n_links"])
        time_ms = int(header["time_ns"]) / 1e6
        return encode_state(utility, self.sequence, time.time() * 1e3, time_ms, n, m, payload)

    async def _resync(self) -> None:
        """A whole snapshot from core now and then, and whenever messages were missed."""
        while True:
            wait = RESYNC_S
            self._stale.clear()
            try:
                header, payload = await self._bus.call("core.snapshot", {})
                split = int(header["measured_bytes"])
                self.tables["measured"].take(SampleBatch.from_bytes(payload[:split]))
                self.tables["model"].take(SampleBatch.from_bytes(payload[split:]))
            except (BusError, ValueError, KeyError) as error:
                log.info("no snapshot yet: %s", error)
                wait = RETRY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stale.wait()
            await asyncio.sleep(TICK_S)

    # ---- to the pages -----------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S - TICK_S):
                    await self._news.wait()
            self._news.clear()
            for origin, table in self.tables.items():
                changed = table.take_changes()
                quiet = time.monotonic() - self._sent_at >= HEARTBEAT_S
                if len(changed) or (quiet and origin == "measured"):
                    self.sequence += 1
                    self._send(self._values(Kind.CHANGES, origin, table, changed))

    def _values(self, kind: Kind, origin: str, table: LastValues, chosen: Any) -> bytes:
        return encode_values(
            kind,
            origin,
            self.sequence,
            time.time() * 1e3,
            table.newest_ms,
            chosen,
            table.value[chosen],
            table.quality[chosen],
            table.source_ms[chosen],
        )

    def _send(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes):
            self.frames += 1
            self._sent_at = time.monotonic()
        for client in self._clients:
            client.put(frame)

    def _tell(self, message: dict[str, Any]) -> None:
        self._send(json.dumps(message, ensure_ascii=False))

    def _welcome(self, client: Client) -> None:
        """Everything as it is now; what changes next carries the next sequence number."""
        client.put(json.dumps({"type": "site", "points": self._digest}))
        client.put(json.dumps({"type": "links", "links": self.links}, ensure_ascii=False))
        for origin, table in self.tables.items():
            client.put(self._values(Kind.SNAPSHOT, origin, table, table.known()))
        for utility, (header, payload) in self.states.items():
            text = {"type": "state", "utility": utility, **header}
            client.put(json.dumps(text, ensure_ascii=False))
            client.put(self._state_frame(utility, header, payload))

    async def serve(self, socket: WebSocket, allowed: Callable[[], Awaitable[bool]]) -> None:
        """One page's connection, until it leaves, falls behind or is not `allowed` any more."""
        if len(self._clients) >= MAX_CLIENTS:
            await socket.close(TRY_AGAIN_LATER, "too many pages")
            return
        await socket.accept()
        client = Client()
        self._welcome(client)
        self._clients.add(client)
        reader = asyncio.create_task(_drain(socket))
        asked_s = time.monotonic()
        try:
            while not reader.done():
                fetch = asyncio.create_task(client.queue.get())
                await asyncio.wait({fetch, reader}, return_when=asyncio.FIRST_COMPLETED)
                if not fetch.done():
                    fetch.cancel()
                    break
                message = fetch.result()
                if time.monotonic() - asked_s > ASK_AGAIN_S:
                    asked_s = time.monotonic()
                    if not await allowed():
                        await socket.close(NOT_ALLOWED, "log in again")
                        break
                if client.late:
                    self.dropped_clients += 1
                    await socket.close(TRY_AGAIN_LATER, "fell behind")
                    break
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)
        except (WebSocketDisconnect, RuntimeError) as error:
            # Starlette raises RuntimeError for a send after the page has gone.
            if socket.client_state is WebSocketState.CONNECTED and isinstance(error, RuntimeError):
                log.warning("a page's connection failed: %s", error)
        finally:
            self._clients.discard(client)
            reader.cancel()


async def _drain(socket: WebSocket) -> None:
    """Pages say nothing on the stream; reading notices when they leave."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the live stream stopped", exc_info=task.exception())
