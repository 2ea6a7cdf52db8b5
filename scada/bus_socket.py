"""The bus between processes of one machine: a client that finds its hub again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from scada.bus_address import connect, is_address
from scada.bus_frames import Envelope, decode_header, encode_frame, encode_header, read_frame
from scada.bus_hub import SocketHub
from scada.bus_outbox import Outbox
from scada.bus_queue import QueueSubscription, matches
from scada.bus_secret import RefusedError, join, read_secret
from scada.ports import BusError, Handler, Header, Message, Subscription

__all__ = ["SocketBus", "SocketHub"]

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
PATIENCE_S = 2.0
"""A call made while the hub is away waits this long for it, never longer than its own timeout."""
MAX_ANSWERING = 256

log = logging.getLogger(__name__)


class SocketBus:
    """A member of the bus of a `SocketHub`; make it with `SocketBus.open`.

    When the hub goes away the member looks for it again, with its services and subscriptions.
    Meanwhile published messages are dropped (`unsent` counts them) and calls fail with BusError.
    """

    def __init__(self, address: str, secret_file: Path) -> None:
        if not is_address(address):
            raise ValueError(f"{address}: expected unix:/path or tcp:127.0.0.1:PORT")
        self.unsent = 0
        self.last_problem = ""
        self._address = address
        self._secret_file = secret_file
        self._subscriptions: list[QueueSubscription] = []
        self._services: dict[str, Handler] = {}
        self._outbox: Outbox | None = None
        self._connected = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[tuple[Header, bytes]]] = {}
        self._last_id = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._closed = False
        self._decided = asyncio.Event()  # the hub has let us in or said no

    @classmethod
    async def open(cls, address: str, secret_file: Path, timeout_s: float = 10.0) -> SocketBus:
        """Join the bus; BusError when no hub lets us in within `timeout_s`."""
        bus = cls(address, secret_file)
        bus._keeping = asyncio.create_task(bus._keep())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await bus._decided.wait()
        if not bus._connected.is_set():
            await bus.close()
            raise BusError(f"{address}: not joined: {bus.last_problem}")
        return bus

    @property
    def connected(self) -> bool:
        """Whether the hub is there now."""
        return self._connected.is_set()

    async def publish(self, topic: str, header: Header, payload: bytes = b"") -> None:
        """Hand a message to every subscriber; never blocks on a slow one."""
        self._check_open()
        frame = encode_frame(Envelope("publish", topic, header=encode_header(header)), payload)
        if self._outbox is None:
            self.unsent += 1
        else:
            self._outbox.tell(frame)

    async def subscribe(self, *topics: str, size: int = 256) -> Subscription:
        """Messages of the topics; `state.*` matches by prefix."""
        self._check_open()
        subscription = QueueSubscription(topics, size, self._unsubscribe)
        self._subscriptions.append(subscription)
        await self._register(self._topics_envelope())
        return subscription

    async def serve(self, service: str, handler: Handler) -> None:
        """Answer calls of `service` from now on; the latest to serve gets the calls."""
        self._check_open()
        self._services[service] = handler
        await self._register(Envelope("serve", service))

    async def call(
        self, service: str, header: Header, payload: bytes = b"", timeout_s: float = 10.0
    ) -> tuple[Header, bytes]:
        """Ask whoever serves `service`.

        After a time-out or a lost connection it is unknown whether the call had its effect.
        """
        self._check_open()
        if self._outbox is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(timeout_s, PATIENCE_S)):
                    await self._connected.wait()
        return await self._ask(
            Envelope("call", service, header=encode_header(header)), payload, timeout_s
        )

    async def close(self) -> None:
        """Leave the bus: services and subscriptions end, calls being answered are dropped."""
        if self._closed:
            return
        self._closed = True
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("the bus is closed")

    # the connection

    async def _keep(self) -> None:
        """Stay connected until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                reader, writer = await connect(self._address)
            except OSError as problem:
                self.last_problem = str(problem)
            else:
                try:
                    await join(reader, writer, read_secret(self._secret_file))
                    pause = FIRST_PAUSE_S
                    await self._stay(reader, writer)
                except asyncio.IncompleteReadError:
                    self.last_problem = "the hub closed the connection"
                except (BusError, OSError, TimeoutError) as problem:
                    if isinstance(problem, RefusedError):
                        self._decided.set()
                    self.last_problem = str(problem) or "the hub does not answer"
                    log.warning("bus %s: %s", self._address, self.last_problem)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Exchange frames until the connection ends."""
        outbox = Outbox()
        outbox.owe(encode_frame(self._topics_envelope()))
        for service in self._services:
            outbox.owe(encode_frame(Envelope("serve", service)))
        writing = asyncio.create_task(outbox.write_to(writer))
        writing.add_done_callback(lambda _: writer.transport.abort())
        self._outbox = outbox
        self._connected.set()
        self._decided.set()
        try:
            while True:
                envelope, payload = await read_frame(reader)
                self._take(envelope, payload)
        finally:
            self._outbox = None
            self._connected.clear()
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await writing
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(BusError("the connection was lost; it may have been done"))
            self._waiting.clear()

    def _take(self, envelope: Envelope, payload: bytes) -> None:
        if envelope.kind == "publish":
            message = Message(envelope.name, decode_header(envelope.header), payload)
            for subscription in self._subscriptions:
                if matches(subscription.topics, envelope.name):
                    subscription.put(message)
        elif envelope.kind == "reply":
            future = self._waiting.pop(envelope.id, None)
            if future is None or future.done():
                return
            if envelope.error is None:
                future.set_result((decode_header(envelope.header), payload))
            else:
                future.set_exception(BusError(envelope.error))
        elif envelope.kind == "call":
            self._start(self._answer(envelope, payload))
        elif envelope.kind == "lost":
            # The hub knows what this member lost, not whose it was: every reader is told.
            for subscription in self._subscriptions:
                subscription.dropped += int(decode_header(envelope.header)["n"])
        else:
            raise BusError(f"unknown kind of frame {envelope.kind!r}")

    # calls, both ways

    async def _ask(
        self, envelope: Envelope, payload: bytes, timeout_s: float
    ) -> tuple[Header, bytes]:
        outbox = self._outbox
        if outbox is None:
            raise BusError(f"{envelope.name}: the hub is away: {self.last_problem}")
        self._last_id += 1
        number = self._last_id
        numbered = Envelope(envelope.kind, envelope.name, number, envelope.header)
        outbox.owe(encode_frame(numbered, payload))
        future: asyncio.Future[tuple[Header, bytes]] = asyncio.Future()
        self._waiting[number] = future
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError as problem:
            if self._outbox is not None:
                self._outbox.owe(encode_frame(Envelope("cancel", id=number)))
            raise BusError(f"{envelope.name}: no answer within {timeout_s:g} s") from problem
        finally:
            self._waiting.pop(number, None)

    async def _answer(self, envelope: Envelope, payload: bytes) -> None:
        service, outbox = envelope.name, self._outbox
        try:
            handler = self._services.get(service)
            if handler is None:
                raise BusError("nobody serves it")
            if len(self._tasks) > MAX_ANSWERING:
                raise BusError("its server is busy")
            header, body = await handler(decode_header(envelope.header), payload)
            frame = encode_frame(Envelope("reply", "", envelope.id, encode_header(header)), body)
        except Exception as problem:
            # Whatever failed here is the caller's to know.
            text = str(problem) or type(problem).__name__
            log.warning("%s failed: %s", service, text, exc_info=not isinstance(problem, BusError))
            error = f"{service}: {text}"
            frame = encode_frame(Envelope("reply", "", envelope.id, error=error))
        if outbox is not None:
            outbox.owe(frame)

    async def _register(self, envelope: Envelope) -> None:
        """Tell the hub and wait until it knows; while it is away, joining again will tell it."""
        outbox = self._outbox
        if outbox is None:
            return
        try:
            await self._ask(envelope, b"", 10.0)
        except BusError:
            if self._outbox is outbox:
                raise

    def _topics_envelope(self) -> Envelope:
        wanted = sorted({t for s in self._subscriptions for t in s.topics})
        return Envelope("topics", header=encode_header({"topics": wanted}))

    def _unsubscribe(self, subscription: QueueSubscription) -> None:
        self._subscriptions.remove(subscription)
        if self._outbox is not None:
            self._outbox.owe(encode_frame(self._topics_envelope()))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
