"""The bounded queue behind a subscription, and how a topic is matched."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable

from scada.ports import Message


def matches(patterns: Iterable[str], topic: str) -> bool:
    """Whether a topic is asked for: by its name, or by a prefix written `state.*` (`*`: all)."""
    return any(
        topic.startswith(pattern[:-1]) if pattern.endswith("*") else topic == pattern
        for pattern in patterns
    )


class QueueSubscription:
    """Messages waiting for one reader; when full the oldest goes and `dropped` counts it.

    Iterating ends when the subscription (or its bus) is closed; what was queued is still given.
    """

    def __init__(
        self,
        topics: tuple[str, ...],
        size: int,
        on_close: Callable[[QueueSubscription], None],
    ) -> None:
        if size < 1:
            raise ValueError(f"a subscription holds at least one message, not {size}")
        self.topics = topics
        self.dropped = 0
        self._waiting: deque[Message] = deque()
        self._size = size
        self._on_close = on_close
        self._news = asyncio.Event()
        self._closed = False

    def put(self, message: Message) -> None:
        """Queue a message; never blocks."""
        if self._closed:
            return
        if len(self._waiting) >= self._size:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(message)
        self._news.set()

    def end(self) -> None:
        """No more messages will come; the reader leaves after the last queued one."""
        self._closed = True
        self._news.set()

    async def close(self) -> None:
        """Stop receiving."""
        if not self._closed:
            self.end()
            self._on_close(self)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()
