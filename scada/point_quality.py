"""What a value tells about its own instrument: out of range, jumping, frozen. Pure.

Only good values are lowered, and only where the point list gives a bound. A value outside
`range_low` to `range_high` is uncertain (and clamped to the range where the list says so); one
that moved faster than `max_rate` since the value before, or has not moved at all for `frozen_s`
while it was being read, makes its sensor doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scada.exception_filter import rounds
from scada.point import Point
from scada.quality import GOOD, UNCERTAIN_SENSOR_NOT_ACCURATE, UNCERTAIN_UNITS_EXCEEDED
from scada.samples import I64, SampleBatch, joined, taken

NS_PER_S = 1_000_000_000


class PointQuality:
    """The bounds of a point list, and the last value of each point that has some."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._low = np.array([-np.inf if p.range_low is None else p.range_low for p in points])
        self._high = np.array([np.inf if p.range_high is None else p.range_high for p in points])
        self._clamp = np.array([p.clamp for p in points], dtype=bool)
        self._rate = np.array([p.max_rate or np.inf for p in points])
        self._frozen_ns = np.array([round(p.frozen_s * NS_PER_S) for p in points], dtype=np.int64)
        self._ruled = (
            np.isfinite(self._low)
            | np.isfinite(self._high)
            | np.isfinite(self._rate)
            | (self._frozen_ns > 0)
        )
        n = len(points)
        self._value = np.full(n, np.nan)
        self._time_ns: I64 = np.zeros(n, dtype=np.int64)
        self._moved_ns: I64 = np.zeros(n, dtype=np.int64)

    def judge(self, batch: SampleBatch) -> SampleBatch:
        """The batch with values clamped and qualities lowered where the bounds say so."""
        ruled = self._ruled[batch.point]
        if not ruled.any():
            return batch
        parts = [self._round(taken(batch, places)) for places in rounds(batch.point)]
        return parts[0] if len(parts) == 1 else joined(parts)

    def frozen(
        self, now_ns: int, value: NDArray[np.float64], quality: NDArray[np.uint32]
    ) -> NDArray[np.intp]:
        """Handles of points that are shown as good and have frozen by now (heard, not moving)."""
        over = (
            (self._frozen_ns > 0)
            & (self._moved_ns > 0)
            & (now_ns - self._moved_ns >= self._frozen_ns)
            & (quality == GOOD)
            & (value == self._value)
        )
        found: NDArray[np.intp] = np.flatnonzero(over)
        return found

    def _round(self, batch: SampleBatch) -> SampleBatch:
        """One sample a point at most."""
        p, value, quality = batch.point, batch.value.copy(), batch.quality.copy()
        good = quality >> 30 == 0
        outside = good & ((value < self._low[p]) | (value > self._high[p]))
        quality[outside] = UNCERTAIN_UNITS_EXCEEDED
        clamped = outside & self._clamp[p]
        value[clamped] = np.clip(value, self._low[p], self._high[p])[clamped]
        passed_s = (batch.source_time_ns - self._time_ns[p]) / NS_PER_S
        with np.errstate(invalid="ignore", divide="ignore"):
            fast = np.abs(value - self._value[p]) > self._rate[p] * np.maximum(passed_s, 0.0)
        quality[good & ~outside & fast & (self._time_ns[p] > 0)] = UNCERTAIN_SENSOR_NOT_ACCURATE
        moved = good & (value != self._value[p])
        self._moved_ns[p[moved]] = batch.arrival_time_ns[moved]
        stands = (
            (self._frozen_ns[p] > 0)
            & (batch.arrival_time_ns - self._moved_ns[p] >= self._frozen_ns[p])
            & (quality == GOOD)
        )
        quality[stands] = UNCERTAIN_SENSOR_NOT_ACCURATE
        self._value[p[good]] = value[good]
        self._time_ns[p[good]] = batch.source_time_ns[good]
        return replace(batch, value=value, quality=quality)
