"""What every face of the room needs: present values, kept up from the bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from network_models.units import UNITS
from scada.point import Point
from scada.ports import Bus, BusError
from scada.quality import BAD_WAITING_FOR_INITIAL_DATA
from scada.samples import F64, I64, U32, SampleBatch

RETRY_S = 1.0


class Feed:
    """Last values by handle (SI), and which changed since they were last taken.

    A point of the live model shows the model's value.
    """

    def __init__(self, points: Sequence[Point], bus: Bus) -> None:
        n = len(points)
        self.points = points
        self.value: F64 = np.full(n, np.nan)
        self.quality: U32 = np.full(n, BAD_WAITING_FOR_INITIAL_DATA, dtype=np.uint32)
        self.time_ns: I64 = np.zeros(n, dtype=np.int64)
        self.bus = bus
        self._changed = np.ones(n, dtype=bool)
        self._news = asyncio.Event()
        self.filled = asyncio.Event()
        """Set once the core has told its values."""
        zero, slope = np.zeros(n), np.ones(n)
        for i, point in enumerate(points):
            unit = UNITS.get(point.unit)
            if unit is not None:
                zero[i] = unit.from_si(0.0)
                slope[i] = unit.from_si(1.0) - zero[i]
        self._zero, self._slope = zero, slope

    def shown(self, handles: NDArray[np.intp]) -> F64:
        """Values of some points in their own units."""
        return np.asarray(self.value[handles] * self._slope[handles] + self._zero[handles])

    def in_unit(self, handle: int, value: float) -> float:
        """An SI value in the unit of a point."""
        return float(value * self._slope[handle] + self._zero[handle])

    async def run(self) -> None:
        """Follow the bus until cancelled; after a gap everything is asked for anew."""
        values = await self.bus.subscribe("values", size=4096)
        await self._snapshot()
        last = None
        async for message in values:
            number = message.header.get("seq")
            if last is not None and number != last + 1:
                await self._snapshot()  # something was missed, or the core began anew
            last = number
            if message.header.get("origin") == "measured":
                self._take(SampleBatch.from_bytes(message.payload))

    async def changes(self) -> NDArray[np.intp]:
        """Handles that changed since the last call; waits until there are any."""
        await self._news.wait()
        self._news.clear()
        found = np.flatnonzero(self._changed)
        self._changed[found] = False
        return found

    async def _snapshot(self) -> None:
        while True:
            with contextlib.suppress(BusError):
                header, payload = await self.bus.call("core.snapshot", {})
                size = int(header["measured_bytes"])
                self._take(SampleBatch.from_bytes(payload[:size]))
                self.filled.set()
                return
            await asyncio.sleep(RETRY_S)

    def _take(self, batch: SampleBatch) -> None:
        at = batch.point
        self.value[at] = batch.value
        self.quality[at] = batch.quality
        self.time_ns[at] = batch.source_time_ns
        self._changed[at] = True
        self._news.set()
