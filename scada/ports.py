"""What the SCADA core needs from outside, as small protocols; each has an in-memory twin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Header = dict[str, Any]
Handler = Callable[[Header, bytes], Awaitable[tuple[Header, bytes]]]


class Clock(Protocol):
    """Wall time for records, monotonic time for intervals."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds of a clock that never jumps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a simulated clock returns when its time has come."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One published message."""

    topic: str
    header: Header
    payload: bytes


class Subscription(Protocol):
    """A bounded queue of messages; when full the oldest is dropped and `dropped` counts it."""

    dropped: int

    def __aiter__(self) -> AsyncIterator[Message]: ...

    async def close(self) -> None:
        """Stop receiving."""
        ...


class BusError(RuntimeError):
    """A call was refused, failed at the other side, or nobody serves it."""


class Bus(Protocol):
    """Two contracts: `publish` is best effort and latest wins; `call` is acknowledged.

    Headers hold JSON-like values; payloads are raw bytes. A `call` returns after the server's
    handler has returned, which for `core.samples` is after the commit.
    """

    async def publish(self, topic: str, header: Header, payload: bytes = b"") -> None:
        """Hand a message to every subscriber; never blocks on a slow one."""
        ...

    async def subscribe(self, *topics: str, size: int = 256) -> Subscription:
        """Messages of the topics; `state.*` matches by prefix."""
        ...

    async def serve(self, service: str, handler: Handler) -> None:
        """Answer calls of `service` from now on; serving again replaces the handler."""
        ...

    async def call(
        self, service: str, header: Header, payload: bytes = b"", timeout_s: float = 10.0
    ) -> tuple[Header, bytes]:
        """Ask the process that serves `service`; BusError if it fails or nobody does."""
        ...

    async def close(self) -> None:
        """Leave the bus."""
        ...


class AuditTrail(Protocol):
    """Where each step of a command, and what is done to alarms, is noted before it is taken."""

    def append(
        self,
        *,
        time_ns: int,
        user: str,
        action: str,
        origin: str,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Store one entry; its number, after the commit. Blocking."""
        ...


class Interlock(Protocol):
    """Says what stands against a command now: an order without approval, a notice not out."""

    async def objections(self, command: Mapping[str, Any]) -> list[str]:
        """Reasons against {point, utility, element, quantity, value, user, order}; none: go on.

        An interlock that cannot be asked must raise: what cannot be checked is not sent.
        """
        ...


class AlarmJournal(Protocol):
    """Where alarm events are stored before anybody hears of them."""

    def append(self, events: list[Mapping[str, Any]]) -> list[int]:
        """Store events in one transaction; their sequence numbers."""
        ...

    def states(self) -> list[Mapping[str, Any]]:
        """The last stored event of every alarm that is not normal, or is held (`held`)."""
        ...

    def events(
        self, *, from_ns: int = 0, to_ns: int | None = None, limit: int = 1000, before: int = 0
    ) -> list[Mapping[str, Any]]:
        """Events newest first; `before` is a sequence number for the next page (0: newest)."""
        ...
