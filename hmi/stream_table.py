"""The last value of every point of one origin, and which changed since they were last taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scada.samples import SampleBatch


class LastValues:
    """Arrays by handle: value (SI), quality (code), source time (ms; NaN: never heard of)."""

    def __init__(self, points: int) -> None:
        self.value = np.full(points, np.nan)
        self.quality = np.zeros(points, dtype=np.uint32)
        self.source_ms = np.full(points, np.nan)
        self._arrival_ms = np.full(points, -np.inf)
        self.newest_ms = 0.0
        self._changed = np.zeros(points, dtype=bool)

    def take(self, batch: SampleBatch) -> None:
        """Merge samples; one that arrived before what is here is left out.

        Order goes by arrival, because the clocks of field devices may jump backwards.

        IndexError when a handle is not of this site; nothing is merged then.
        """
        if not len(batch):
            return
        if int(batch.point.max()) >= len(self.value):
            raise IndexError(f"point {int(batch.point.max())} of {len(self.value)}")
        # One sample a point: the last in the batch, which is how it came.
        _, backwards = np.unique(batch.point[::-1], return_index=True)
        last = len(batch) - 1 - backwards
        point = batch.point[last]
        source_ms = batch.source_time_ns[last] / 1e6
        arrival_ms = batch.arrival_time_ns[last] / 1e6
        value, quality = batch.value[last], batch.quality[last]
        old = self.value[point]
        same = ((old == value) | (np.isnan(old) & np.isnan(value))) & (
            self.quality[point] == quality
        )
        same &= source_ms == self.source_ms[point]
        news = (arrival_ms >= self._arrival_ms[point]) & ~same
        chosen = point[news]
        self.value[chosen] = value[news]
        self.quality[chosen] = quality[news]
        self.source_ms[chosen] = source_ms[news]
        self._arrival_ms[chosen] = arrival_ms[news]
        self._changed[chosen] = True
        self.newest_ms = max(self.newest_ms, float(arrival_ms.max()))

    def take_changes(self) -> NDArray[np.intp]:
        """Handles that changed since the last call."""
        changed = np.flatnonzero(self._changed)
        self._changed[changed] = False
        return changed

    def known(self) -> NDArray[np.intp]:
        """Handles that were ever heard of."""
        return np.flatnonzero(~np.isnan(self.source_ms))
