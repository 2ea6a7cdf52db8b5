"""The history of all points: filtered, numbered once, committed, then acknowledged.

One thread writes, in the order of calls; trends are read by other threads. Handles of the running
system are places in the point list; the store has its own handles, given to an id once for ever,
so that a point list put in another order never mixes histories.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scada.aggregates import Aggregates, read_aggregates
from scada.exception_filter import MAX_GAP_S, ExceptionFilter
from scada.point import Origin, Point
from scada.samples import SampleBatch, taken
from scada.store.blocks import Series
from scada.store.port import BLOCK_NS, Mark, SampleStore, StoreError
from scada.trend import read_raw, read_trend

T = TypeVar("T")
log = logging.getLogger(__name__)

DAY_NS = 24 * BLOCK_NS
SEAL_AFTER_NS = 300 * 1_000_000_000
"""An hour is sealed five minutes after its end, when its late samples are in."""
RECENT_SAMPLES = 2_000_000
"""Beyond this (64 MB) recent samples are sealed at once; the parts of an hour join with its day."""
PENDING_BATCHES = 256


TIME_STEP_NS = 1_000_000
"""Times are kept to the millisecond: finer than any field link tells them apart."""
COMPACT_AFTER_NS = 2 * BLOCK_NS
"""A day is packed two hours after its end."""
FREE_BYTES = 1_000_000_000
FREE_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long and how much is kept; None: no bound.

    `days` is of samples, `hours_days` of the hourly aggregates, which outlive them. Less than
    `free_bytes` on the disk, or more than nine tenths of `max_bytes`, is a problem to be told.
    """

    days: float | None = 3653.0
    hours_days: float | None = None
    max_bytes: int | None = None
    free_bytes: int = FREE_BYTES


class Historian:
    """Stores samples of `points` by their place in the list, and reads trends."""

    def __init__(
        self,
        points: Sequence[Point],
        store: SampleStore,
        *,
        retention: Retention | None = None,
        max_gap_s: float = MAX_GAP_S,
        time_step_ns: int = TIME_STEP_NS,
        free_bytes: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Blocking: asks the store for handles. StoreError when it cannot be read.

        `free_bytes` tells how much room the disk of the store has (None: not known).
        """
        self._write_problem = ""
        self._room_problem = ""
        self._time_step_ns = time_step_ns
        self._free_bytes = free_bytes
        self.stored = 0
        self._store = store
        self._retention = retention or Retention()
        self._handle = store.handles([p.id for p in points])
        self._place = {int(handle): place for place, handle in enumerate(self._handle)}
        deadband = np.array([p.deadband for p in points], dtype=np.float64)
        self._filters: dict[Origin, ExceptionFilter] = {}
        door = np.array([p.compression == "door" and p.deadband > 0 for p in points], dtype=bool)
        self._new_filter: Callable[[], ExceptionFilter] = lambda: ExceptionFilter(
            deadband, max_gap_s=max_gap_s, every=door
        )
        bound = self._new_filter().bound
        store.doors = {int(self._handle[k]): float(bound[k]) for k in np.flatnonzero(door)}
        self._committed = {(m.gateway, m.epoch): m.number for m in store.marks()}
        self._accepted = dict(self._committed)
        self._pending = 0
        self._sealed_hour = 0
        self._sealing = False
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="historian-writer")
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="historian-reader")

    @property
    def problem(self) -> str:
        """Why samples cannot be stored, or soon cannot; empty when all is well."""
        return self._write_problem or self._room_problem

    @problem.setter
    def problem(self, words: str) -> None:
        self._write_problem = words

    def seen(self, mark: Mark) -> bool:
        """Whether a batch of this or a higher number was taken already."""
        return mark.number <= self._accepted.get((mark.gateway, mark.epoch), -1)

    async def store(self, batch: SampleBatch, origin: Origin, mark: Mark | None = None) -> None:
        """Store a batch; returns after the commit. A batch seen before changes nothing.

        StoreError when it could not be stored: the same batch may then be sent again.
        """
        if mark is not None and self.seen(mark):
            await self._write(lambda: None)  # what was taken before is committed when this returns
            if self._committed.get((mark.gateway, mark.epoch), -1) >= mark.number:
                return
        if self._pending >= PENDING_BATCHES:
            raise StoreError("the historian is behind; send again later")
        filter_ = self._filters.setdefault(origin, self._new_filter())
        kept = filter_.keep(_stepped(batch, self._time_step_ns))
        mine = _with_handles(kept, self._handle)
        if mark is not None:
            self._accepted[(mark.gateway, mark.epoch)] = mark.number
        try:
            await self._write(lambda: self._store.append(mine, origin, mark))
        except StoreError as problem:
            self.problem = str(problem)
            filter_.forget(batch.point)
            if mark is not None:
                key = (mark.gateway, mark.epoch)
                self._accepted[key] = self._committed.get(key, -1)
            raise
        self.problem = ""
        self.stored += len(kept)
        if mark is not None:
            self._committed[(mark.gateway, mark.epoch)] = mark.number

    async def last(self, origin: Origin) -> SampleBatch:
        """The latest stored sample of every point of the list."""
        stored = await self._read(lambda: self._store.last(origin))
        places = [self._place.get(int(handle), -1) for handle in stored.point]
        known = np.array([p >= 0 for p in places], dtype=bool)
        mine = taken(stored, np.flatnonzero(known))
        return replace(mine, point=np.array([p for p in places if p >= 0], dtype=np.uint32))

    async def trend(
        self, place: int, origin: Origin, from_ns: int, to_ns: int, max_points: int
    ) -> Series:
        """Samples of one point; see `read_trend`."""
        handle = int(self._handle[place])
        return await self._read(
            lambda: read_trend(self._store, handle, origin, from_ns, to_ns, max_points)
        )

    async def raw(
        self,
        place: int,
        origin: Origin,
        from_ns: int,
        to_ns: int,
        limit: int,
        *,
        backwards: bool = False,
    ) -> Series:
        """Stored samples of one point, none left out; see `read_raw`."""
        handle = int(self._handle[place])
        return await self._read(
            lambda: read_raw(
                self._store, handle, origin, from_ns, to_ns, limit, backwards=backwards
            )
        )

    async def means(
        self, place: int, origin: Origin, from_ns: int, to_ns: int, step_ns: int
    ) -> Aggregates:
        """Minutes, hours or any steps of one point; see `read_aggregates`."""
        handle = int(self._handle[place])
        return await self._read(
            lambda: read_aggregates(self._store, handle, origin, from_ns, to_ns, step_ns)
        )

    async def rows(self) -> int:
        """How many samples are stored."""
        return await self._read(self._store.rows)

    async def maintain(self, now_ns: int) -> None:
        """Seal what is due, pack days, prune, watch the room; to be called every minute or so."""
        await self._watch_room()
        hour = (now_ns - SEAL_AFTER_NS) // BLOCK_NS
        full = await self._read(self._store.recent) > RECENT_SAMPLES
        if (hour == self._sealed_hour and not full) or self._sealing:
            return
        self._sealing = True
        try:
            await self.seal(None if full else hour * BLOCK_NS)
            await self._in_steps(self._store.compact(now_ns - COMPACT_AFTER_NS))
            pruned = await self._write(lambda: self._prune(now_ns))
            if pruned:
                log.info("history: %d pages beyond the retention were deleted", pruned)
            self._sealed_hour = hour
        finally:
            self._sealing = False

    async def seal(self, before_ns: int | None) -> None:
        """Seal recent samples of hours before a time (None: all), letting batches in between."""
        await self._in_steps(self._store.seal(before_ns))

    async def _in_steps(self, steps: Iterator[None]) -> None:
        while await self._write(lambda: next(steps, steps)) is not steps:
            pass

    def _prune(self, now_ns: int) -> int:
        keep = self._retention
        if keep.days is None:
            return self._store.prune(0, keep.max_bytes)
        oldest = int(now_ns - keep.days * DAY_NS)
        longer = keep.days if keep.hours_days is None else max(keep.hours_days, keep.days)
        return self._store.prune(oldest, keep.max_bytes, int(now_ns - longer * DAY_NS))

    async def _watch_room(self) -> None:
        free = self._free_bytes()
        size = await self._read(self._store.size_bytes)
        most = self._retention.max_bytes
        self._room_problem = ""
        if free is not None and free < self._retention.free_bytes:
            self._room_problem = f"the disk of the history has {free / 1e6:.0f} MB left"
        elif most is not None and size > FREE_SHARE * most:
            self._room_problem = (
                f"the history fills {size / 1e6:.0f} of {most / 1e6:.0f} MB; "
                "its oldest days are deleted first"
            )

    async def close(self) -> None:
        """Store what the filters held back and close the store."""
        for origin, filter_ in self._filters.items():
            rest = _with_handles(filter_.flush(), self._handle)
            if len(rest):
                try:
                    await self._write(partial(self._store.append, rest, origin, None))
                except StoreError as problem:
                    log.error("the last samples were not stored: %s", problem)
        await self._write(self._store.close)
        self._writing.shutdown()
        self._reading.shutdown()

    async def _write(self, work: Callable[[], T]) -> T:
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writing, work)
        finally:
            self._pending -= 1

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, work)


def _with_handles(batch: SampleBatch, handle: NDArray[np.uint32]) -> SampleBatch:
    """The batch with the store's handles."""
    return replace(batch, point=handle[batch.point])


def _stepped(batch: SampleBatch, step_ns: int) -> SampleBatch:
    """The batch with its times rounded down to whole steps."""
    if step_ns == 1:
        return batch
    return replace(
        batch,
        source_time_ns=batch.source_time_ns // step_ns * step_ns,
        arrival_time_ns=batch.arrival_time_ns // step_ns * step_ns,
    )
