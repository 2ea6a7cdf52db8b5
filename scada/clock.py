"""Clocks: the machine's own, and a simulated one that a test or a drill moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time

NS_PER_S = 1_000_000_000


class SystemClock:
    """Wall time in UTC and the monotonic clock of the machine."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds of a clock that never jumps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less lets other tasks run once."""
        await asyncio.sleep(max(seconds, 0.0))


class SimulatedClock:
    """A clock that stands still until `advance` moves it; sleepers wake in the order of time."""

    def __init__(self, start_ns: int = 1_767_225_600 * NS_PER_S) -> None:
        """A clock that shows `start_ns` (by default 2026-01-01 00:00 UTC)."""
        self._start_ns = start_ns
        self._elapsed_ns = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC, of the simulated time."""
        return self._start_ns + self._elapsed_ns

    def monotonic_s(self) -> float:
        """Simulated seconds since the clock was made."""
        return self._elapsed_ns / NS_PER_S

    async def sleep(self, seconds: float) -> None:
        """Return when simulated time has come that far."""
        if seconds <= 0.0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._elapsed_ns + round(seconds * NS_PER_S)
        heapq.heappush(self._sleepers, (due, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time on; every sleeper that falls due wakes at its own time and may sleep again.

        A woken task gets ten turns of the event loop before time moves further.
        """
        target = self._elapsed_ns + round(seconds * NS_PER_S)
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._elapsed_ns = max(self._elapsed_ns, due)
            if not woken.done():
                woken.set_result(None)
                await _let_others_run()
        self._elapsed_ns = target
        await _let_others_run()


async def _let_others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
