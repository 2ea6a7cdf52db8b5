"""What the live model says of an instrument: too far from it for a minute, the sensor is doubtful.

A value that goes on agreeing is good again at once. While the model is away, or says nothing of a
point, it blames nobody; what it said last holds for as long as it is fresh. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scada.point import Point
from scada.quality import GOOD, UNCERTAIN_SENSOR_NOT_ACCURATE
from scada.samples import F64, I64, U32, SampleBatch

NS_PER_S = 1_000_000_000
HOLD_NS = 60 * NS_PER_S
"""A step of the plant is in the model a cycle or two later; a sensor that is off stays off."""
FRESH_NS = 60 * NS_PER_S


class Present(Protocol):
    """The present values of all points, measured and modelled."""

    value: F64
    quality: U32
    model_value: F64
    model_quality: U32
    model_time_ns: I64


class ModelQuality:
    """Which points of a list are further from the model than they may be, and since when."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._most = np.array([np.nan if p.model_max is None else p.model_max for p in points])
        self._ruled = bool(np.isfinite(self._most).any())
        self._since_ns: I64 = np.zeros(len(points), dtype=np.int64)
        """Since when too far; 0: not."""
        self._doubted = np.zeros(len(points), dtype=bool)

    def doubtful(self, now_ns: int, live: Present) -> NDArray[np.intp]:
        """Handles that are shown as good and are doubtful by now."""
        if not self._ruled:
            return np.empty(0, dtype=np.intp)
        known = (live.model_quality == GOOD) & (now_ns - live.model_time_ns <= FRESH_NS)
        seen = known & (live.quality >> 31 == 0)
        with np.errstate(invalid="ignore"):
            apart = seen & (np.abs(live.value - live.model_value) > self._most)
        self._since_ns[apart & (self._since_ns == 0)] = now_ns
        self._since_ns[~apart] = 0
        self._doubted = apart & (now_ns - self._since_ns >= HOLD_NS)
        found: NDArray[np.intp] = np.flatnonzero(self._doubted & (live.quality == GOOD))
        return found

    def judge(self, batch: SampleBatch) -> SampleBatch:
        """Samples that come while their point is doubted are doubtful as well."""
        blamed = self._doubted[batch.point] & (batch.quality == GOOD)
        if not blamed.any():
            return batch
        return replace(
            batch, quality=np.where(blamed, np.uint32(UNCERTAIN_SENSOR_NOT_ACCURATE), batch.quality)
        )
