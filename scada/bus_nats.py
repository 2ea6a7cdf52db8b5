"""The bus over a NATS server: gateways and core on machines of their own. Needs the extra `nats`.

Subjects are `<space>.pub.<topic>` for what is published and `<space>.srv.<service>` for calls; the
server's own request and reply carries a call, so that it returns after the other side's commit. The
server's `max_payload` must be as large as the largest message (64MB holds all).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from typing import Any

import msgspec

from scada.bus_frames import MAX_PAYLOAD, decode_header, encode_header
from scada.bus_queue import QueueSubscription, matches
from scada.ports import BusError, Handler, Header, Message, Subscription

log = logging.getLogger(__name__)

_HEAD = struct.Struct("<II")


class NatsBus:
    """A bus member on a server; it comes back by itself when the server does."""

    def __init__(self, client: Any, space: str) -> None:
        """See `open`."""
        self._client = client
        self._space = space
        self._subscriptions: list[QueueSubscription] = []
        self._hearing: Any = None
        self._serving: dict[str, Any] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._me = client.new_inbox() if hasattr(client, "new_inbox") else ""
        self._closed = False

    @classmethod
    async def open(
        cls, url: str, space: str = "ringmain", *, patience_s: float = 10.0, **options: Any
    ) -> NatsBus:
        """Join the bus of a server (`nats://user:password@host:port`, `tls://...`).

        `space` keeps sites apart that share a server; `options` are nats-py's (`tls`,
        `user_credentials` ...). BusError when the server cannot be reached or lets us not in.
        """
        try:
            import nats
            from nats.errors import Error
        except ImportError as problem:
            raise BusError("NATS needs the extra: pip install 'ringmain[nats]'") from problem

        async def quiet(error: Exception) -> None:
            log.debug("NATS: %s", error)

        try:
            async with asyncio.timeout(patience_s):
                client = await nats.connect(
                    url,
                    error_cb=quiet,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    **options,
                )
        except (Error, OSError, TimeoutError) as problem:
            raise BusError(f"NATS cannot be reached: {problem}") from problem
        bus = cls(client, space)
        await client.subscribe(f"{space}.taken.>", cb=bus._taken)
        await bus._flush()
        return bus

    async def publish(self, topic: str, header: Header, payload: bytes = b"") -> None:
        """Hand a message to every subscriber; never blocks on a slow one."""
        self._check_open()
        await self._send(f"{self._space}.pub.{topic}", _packed(header, payload))

    async def subscribe(self, *topics: str, size: int = 256) -> Subscription:
        """Messages of the topics; `state.*` matches by prefix."""
        self._check_open()
        subscription = QueueSubscription(topics, size, self._subscriptions.remove)
        self._subscriptions.append(subscription)
        if self._hearing is None:
            # One for all keeps the order of messages between topics.
            self._hearing = await self._client.subscribe(f"{self._space}.pub.>", cb=self._heard)
            await self._flush()
        return subscription

    async def serve(self, service: str, handler: Handler) -> None:
        """Answer calls of `service` from now on; the latest to serve gets the calls."""
        self._check_open()
        old = self._serving.pop(service, None)
        if old is not None:
            await old.unsubscribe()

        async def answer(message: Any) -> None:
            task = asyncio.create_task(self._answer(service, handler, message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

        # Others let go first, so that no call is answered twice.
        with contextlib.suppress(Exception):
            await self._client.publish(f"{self._space}.taken.{service}", self._me.encode())
            await self._flush()
        self._serving[service] = await self._client.subscribe(
            f"{self._space}.srv.{service}", cb=answer
        )
        await self._flush()

    async def call(
        self, service: str, header: Header, payload: bytes = b"", timeout_s: float = 10.0
    ) -> tuple[Header, bytes]:
        """Ask whoever serves `service`; its effect is unknown when no answer comes."""
        from nats.errors import Error, NoRespondersError
        from nats.errors import TimeoutError as NatsTimeout

        self._check_open()
        data = _packed(header, payload)
        subject = f"{self._space}.srv.{service}"
        try:
            reply = await self._client.request(subject, data, timeout=timeout_s)
        except NoRespondersError:
            raise BusError(f"{service}: nobody serves it") from None
        except (NatsTimeout, TimeoutError):
            raise BusError(f"{service}: no answer within {timeout_s:g} s") from None
        except (Error, OSError) as problem:
            raise BusError(f"{service}: {problem}") from problem
        answer, body = _unpacked(reply.data)
        if (error := answer.pop("\0error", None)) is not None:
            raise BusError(f"{service}: {error}")
        return answer, body

    async def close(self) -> None:
        """Leave the bus: services end, subscriptions end, calls being answered are dropped."""
        if self._closed:
            return
        self._closed = True
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions.clear()
        # Who waits for an answer is told that none will come.
        open_calls = list(self._answering)
        for task in open_calls:
            task.cancel()
        await asyncio.gather(*open_calls, return_exceptions=True)
        await self._flush()
        with contextlib.suppress(Exception):
            await self._client.close()

    async def _heard(self, message: Any) -> None:
        topic = message.subject.removeprefix(f"{self._space}.pub.")
        wanted = [s for s in self._subscriptions if matches(s.topics, topic)]
        if wanted:
            header, payload = _unpacked(message.data)
            for subscription in wanted:
                subscription.put(Message(topic, header, payload))

    async def _taken(self, message: Any) -> None:
        """Another member serves this from now on."""
        service = message.subject.removeprefix(f"{self._space}.taken.")
        if message.data.decode() != self._me and service in self._serving:
            await self._serving.pop(service).unsubscribe()

    async def _answer(self, service: str, handler: Handler, message: Any) -> None:
        try:
            header, payload = _unpacked(message.data)
            data = _packed(*await handler(header, payload))
        except asyncio.CancelledError:
            data = _packed({"\0error": "the server left the bus"}, b"")
        except Exception as problem:  # whatever it was, the caller is told
            data = _packed({"\0error": str(problem)}, b"")
        if message.reply:
            with contextlib.suppress(BusError):
                await self._send(message.reply, data)

    async def _send(self, subject: str, data: bytes) -> None:
        from nats.errors import Error

        try:
            await self._client.publish(subject, data)
        except (Error, OSError) as problem:
            raise BusError(f"NATS: {problem}") from problem

    async def _flush(self) -> None:
        """Wait until the server has taken all that was sent before.

        The client's own flush writes its PING past what still waits to be written, so that a
        subscription may come after the answer. A request keeps its place in the line; nobody
        serves it, and the server says so.
        """
        with contextlib.suppress(Exception):
            await self._client.request(f"{self._space}.flush", timeout=5)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("the bus is closed")


def _packed(header: Header, payload: bytes) -> bytes:
    if len(payload) > MAX_PAYLOAD:
        raise BusError(f"a payload of {len(payload)} bytes is over the limit of {MAX_PAYLOAD}")
    head = bytes(encode_header(header))
    return _HEAD.pack(len(head), len(payload)) + head + payload


def _unpacked(data: bytes) -> tuple[Header, bytes]:
    if len(data) < _HEAD.size:
        raise BusError("a message that is none of this bus")
    head, size = _HEAD.unpack_from(data)
    if len(data) != _HEAD.size + head + size:
        raise BusError("a message that is none of this bus")
    end = _HEAD.size + head
    return decode_header(msgspec.Raw(data[_HEAD.size : end])), bytes(data[end:])
