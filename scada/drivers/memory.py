"""The in-memory twin of a driver: tests and drills put values in, and see what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob, Emit, LinkStats, WriteError, batch
from scada.poller import ChangeFilter
from scada.quality import BAD_NO_COMMUNICATION, GOOD
from scada.samples import SampleBatch


class MemoryDriver:
    """A link without a wire. Values are SI; `cut` and `mend` play a lost connection."""

    def __init__(self, job: DriverJob) -> None:
        self.config: DriverConfig = job.config
        self.stats = LinkStats(job.config.name, job.config.kind, job.config.endpoint)
        self._clock = job.clock
        self._handles = np.array(list(job.points), dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(job.points)}
        self._filter = ChangeFilter(len(job.points), job.config.heartbeat_s)
        self._set: dict[int, tuple[float, int]] = {}
        self._connected = True
        self._woken = asyncio.Event()

    def set(self, handle: int, value: float, quality: int = GOOD) -> None:
        """Let a device show an SI value from now on."""
        self._set[self._number[handle]] = (value, quality)
        self._woken.set()

    def cut(self) -> None:
        """Lose the connection."""
        self._connected = False
        self._woken.set()

    def mend(self) -> None:
        """Let the connection come back."""
        self._connected = True
        self._woken.set()

    async def run(self, emit: Emit) -> None:
        """Hand over what was set, and each change, until cancelled."""
        while True:
            self._woken.clear()
            now = self._clock.now_ns()
            samples = self._shown() if self._connected else self.lost()
            self.stats.enter("up" if self._connected else "down", now)
            self.stats.reads += self._connected
            if len(samples):
                self.stats.samples += len(samples)
                emit(samples)
            await self._woken.wait()

    async def write(self, handle: int, value: float) -> float:
        """Take the value as a device would; WriteError while the connection is cut."""
        if not self._connected:
            raise WriteError(f"the link {self.config.name} is down")
        self.set(handle, value)
        self.stats.writes += 1
        return value

    def renumber(self, handles: Sequence[int]) -> None:
        """Use other handles from now on, in the order of the job's points."""
        self._handles = np.array(handles, dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(handles)}

    def lost(self) -> SampleBatch:
        """Mark all points as without communication; the samples that say so."""
        everything = np.arange(len(self._handles), dtype=np.intp)
        fresh, value = self._filter.fail(
            everything, BAD_NO_COMMUNICATION, self._clock.monotonic_s()
        )
        return batch(self._handles[fresh], value, BAD_NO_COMMUNICATION, self._clock.now_ns())

    def _shown(self) -> SampleBatch:
        places = np.array(list(self._set), dtype=np.intp)
        value = np.array([v for v, _ in self._set.values()], dtype=np.float64)
        quality = np.array([q for _, q in self._set.values()], dtype=np.uint32)
        send = self._filter.changed(places, value, quality, self._clock.monotonic_s())
        return batch(self._handles[places[send]], value[send], quality[send], self._clock.now_ns())
