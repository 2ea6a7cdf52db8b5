"""The bus inside one process: the in-memory twin of the socket bus, under the same tests."""

from __future__ import annotations

import asyncio

from scada.bus_frames import MAX_PAYLOAD, decode_header, encode_header
from scada.bus_queue import QueueSubscription, matches
from scada.ports import BusError, Handler, Header, Message, Subscription


class MemoryHub:
    """Where the members of an in-memory bus meet."""

    def __init__(self) -> None:
        self.members: list[MemoryBus] = []


class MemoryBus:
    """A bus member in this process.

    One object may be shared by all parties, or each may have its own by `peer()`, so that one
    of them can leave (`close`) without the others. Headers are copied as the wire would copy
    them (tuples become lists, anything not JSON-like is refused), so code that works here works
    on a socket.
    """

    def __init__(self, hub: MemoryHub | None = None) -> None:
        self._hub = hub or MemoryHub()
        self._hub.members.append(self)
        self._subscriptions: list[QueueSubscription] = []
        self._services: dict[str, Handler] = {}
        self._answering: set[asyncio.Task[tuple[Header, bytes]]] = set()
        self._closed = False

    def peer(self) -> MemoryBus:
        """Another member of the same bus."""
        return MemoryBus(self._hub)

    async def publish(self, topic: str, header: Header, payload: bytes = b"") -> None:
        """Hand a message to every subscriber; never blocks on a slow one."""
        self._check_open()
        sent, body = _copied(header), _checked(payload)
        for member in self._hub.members:
            for subscription in member._subscriptions:
                if matches(subscription.topics, topic):
                    subscription.put(Message(topic, sent, body))

    async def subscribe(self, *topics: str, size: int = 256) -> Subscription:
        """Messages of the topics; `state.*` matches by prefix."""
        self._check_open()
        subscription = QueueSubscription(topics, size, self._subscriptions.remove)
        self._subscriptions.append(subscription)
        return subscription

    async def serve(self, service: str, handler: Handler) -> None:
        """Answer calls of `service` from now on; the latest to serve gets the calls."""
        self._check_open()
        for member in self._hub.members:
            member._services.pop(service, None)
        self._services[service] = handler

    async def call(
        self, service: str, header: Header, payload: bytes = b"", timeout_s: float = 10.0
    ) -> tuple[Header, bytes]:
        """Ask whoever serves `service`.

        A call that timed out goes on at the server, as it would on a wire: its effect is unknown.
        """
        self._check_open()
        server = next((m for m in self._hub.members if service in m._services), None)
        if server is None:
            raise BusError(f"{service}: nobody serves it")
        sent, body = _copied(header), _checked(payload)
        task = asyncio.ensure_future(server._services[service](sent, body))
        server._answering.add(task)
        task.add_done_callback(server._answering.discard)
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        if not done:
            raise BusError(f"{service}: no answer within {timeout_s:g} s")
        if task.cancelled():
            raise BusError(f"{service}: the server left the bus")
        problem = task.exception()
        if problem is not None:
            raise BusError(f"{service}: {problem}") from problem
        answer, answer_body = task.result()
        return _copied(answer), _checked(answer_body)

    async def close(self) -> None:
        """Leave the bus: services end, subscriptions end, calls being answered are dropped."""
        if self._closed:
            return
        self._closed = True
        self._hub.members.remove(self)
        self._services.clear()
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions.clear()
        for task in self._answering:
            task.cancel()

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("the bus is closed")


def _copied(header: Header) -> Header:
    return decode_header(encode_header(header))


def _checked(payload: bytes) -> bytes:
    if len(payload) > MAX_PAYLOAD:
        raise BusError(f"a payload of {len(payload)} bytes is over the limit of {MAX_PAYLOAD}")
    return bytes(payload)
