"""The last value of every point, measured and modelled, and how far it can be trusted now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from network_models.units import UNITS
from scada.point import Point
from scada.quality import (
    BAD_NO_COMMUNICATION,
    BAD_WAITING_FOR_INITIAL_DATA,
    GOOD_LOCAL_OVERRIDE,
    UNCERTAIN_LAST_USABLE,
    UNCERTAIN_NO_COMMUNICATION_LAST_USABLE,
)
from scada.samples import F64, I64, U32, SampleBatch, taken

NS_PER_S = 1_000_000_000
MISSED_SCANS = 3.0
HEARTBEAT_S = 60.0
"""Drivers report by exception and repeat an unchanged value that often, if not told otherwise."""
MISSED_HEARTBEATS = 2.5
MODEL_AGE_S = 30.0
DEAD_AFTER = 3.0
"""Stale values are called bad after this many times the age at which they became uncertain."""


class LiveTable:
    """Arrays by point handle: `value` (SI, NaN before the first), `quality`, times in ns.

    `quality` is what the field sent, lowered by age and by silence of the link (`tick`);
    `model_value` stands beside `value`, and `residual` is their difference; `step` is the
    resolution of the point's register.
    """

    def __init__(
        self,
        points: Sequence[Point],
        scan: Mapping[str, float],
        now_ns: int,
        *,
        heartbeat_s: Mapping[str, float] | None = None,
    ) -> None:
        """`scan`: seconds of each scan class; an unknown class ages like the slowest.

        `heartbeat_s`: how often each driver repeats an unchanged value (else `HEARTBEAT_S`).
        """
        n = len(points)
        slowest = max(scan.values(), default=1.0)
        repeats = heartbeat_s or {}
        self.value: F64 = np.full(n, np.nan)
        self.quality: U32 = np.full(n, BAD_WAITING_FOR_INITIAL_DATA, dtype=np.uint32)
        self.source_time_ns: I64 = np.zeros(n, dtype=np.int64)
        self.arrival_time_ns: I64 = np.zeros(n, dtype=np.int64)
        self.model_value: F64 = np.full(n, np.nan)
        self.model_quality: U32 = np.full(n, BAD_WAITING_FOR_INITIAL_DATA, dtype=np.uint32)
        self.model_time_ns: I64 = np.zeros(n, dtype=np.int64)
        self._sent_quality = self.quality.copy()
        self._heard_ns: I64 = np.full(n, now_ns, dtype=np.int64)
        self._max_age_ns: I64 = np.array(
            [
                NS_PER_S
                * max(
                    MISSED_SCANS * scan.get(p.scan, slowest),
                    MODEL_AGE_S
                    if p.driver == "model"
                    else MISSED_HEARTBEATS * repeats.get(p.driver, HEARTBEAT_S),
                )
                for p in points
            ],
            dtype=np.int64,
        )
        self.step: F64 = np.array([_step(p) for p in points], dtype=np.float64)
        self._ages = np.array([bool(p.driver) for p in points], dtype=bool)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def residual(self) -> F64:
        """(n,) measured minus modelled, SI; NaN where either is missing."""
        return self.value - self.model_value

    def shift(self, jump_ns: int) -> None:
        """The wall clock was set by so much: what was heard keeps its age and its order."""
        self._heard_ns += jump_ns

    def apply(self, batch: SampleBatch, now_ns: int | None = None) -> SampleBatch:
        """Take samples; those that were newer than what the table had, in order of arrival.

        Ordered by arrival: a device whose own clock is set back must not make its point blind. An
        arrival after `now_ns` (a gateway whose clock is ahead) counts as now.
        ValueError when a handle is unknown.
        """
        if not len(batch):
            return batch
        if int(batch.point.max()) >= len(self):
            raise ValueError(f"no point has the handle {int(batch.point.max())}")
        if np.any(np.diff(batch.arrival_time_ns) < 0):
            batch = taken(batch, np.argsort(batch.arrival_time_ns, kind="stable"))
        heard = batch.arrival_time_ns
        if now_ns is not None:
            heard = np.minimum(heard, now_ns)
        newer = (heard >= self._heard_ns[batch.point]) | (self.arrival_time_ns[batch.point] == 0)
        if not newer.all():
            batch, heard = taken(batch, np.flatnonzero(newer)), heard[newer]
        # Of several samples of one point numpy keeps the last assigned, the newest here.
        self.value[batch.point] = batch.value
        self.quality[batch.point] = batch.quality
        self._sent_quality[batch.point] = batch.quality
        self.source_time_ns[batch.point] = batch.source_time_ns
        self.arrival_time_ns[batch.point] = batch.arrival_time_ns
        self._heard_ns[batch.point] = heard
        return batch

    def apply_model(self, batch: SampleBatch) -> None:
        """Take the model's values; ValueError when a handle is unknown."""
        if len(batch) and int(batch.point.max()) >= len(self):
            raise ValueError(f"no point has the handle {int(batch.point.max())}")
        self.model_value[batch.point] = batch.value
        self.model_quality[batch.point] = batch.quality
        self.model_time_ns[batch.point] = batch.source_time_ns

    def tick(self, now_ns: int, silent: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Lower qualities by age; the handles whose quality changed.

        `silent` (n,): points whose gateway is not heard. A value that is too old is uncertain,
        then bad; bad ones stay as they were sent, and so do values set by hand.
        """
        age = now_ns - self._heard_ns
        sent = self._sent_quality
        usable = (sent >> 31 == 0) & (sent != GOOD_LOCAL_OVERRIDE) & self._ages
        waiting = (sent == BAD_WAITING_FOR_INITIAL_DATA) & self._ages
        now = sent.copy()
        now[usable & silent] = UNCERTAIN_NO_COMMUNICATION_LAST_USABLE
        now[usable & (age > self._max_age_ns)] = UNCERTAIN_LAST_USABLE
        dead = (age > DEAD_AFTER * self._max_age_ns) | (silent & (age > self._max_age_ns))
        now[(usable & dead) | (waiting & (silent | (age > self._max_age_ns)))] = (
            BAD_NO_COMMUNICATION
        )
        changed = np.flatnonzero(now != self.quality)
        self.quality = now
        return changed

    def measured(self, handles: NDArray[np.intp] | None = None) -> SampleBatch:
        """The present values of some points (None: all) as samples."""
        h = np.arange(len(self)) if handles is None else handles
        return SampleBatch(
            h.astype(np.uint32),
            self.value[h],
            self.quality[h],
            self.source_time_ns[h],
            self.arrival_time_ns[h],
        )

    def modelled(self, handles: NDArray[np.intp] | None = None) -> SampleBatch:
        """The model's values of some points (None: of all that have any) as samples."""
        h = (
            np.flatnonzero(self.model_quality != BAD_WAITING_FOR_INITIAL_DATA)
            if handles is None
            else handles
        )
        times = self.model_time_ns[h]
        return SampleBatch(
            h.astype(np.uint32), self.model_value[h], self.model_quality[h], times, times
        )

    def counts(self) -> dict[str, int]:
        """How many points are good, uncertain and bad."""
        severity = np.bincount(self.quality >> 30, minlength=4)
        good, uncertain = int(severity[0]), int(severity[1])
        return {"good": good, "uncertain": uncertain, "bad": len(self) - good - uncertain}


def _step(point: Point) -> float:
    """The smallest difference a point's register can show, SI."""
    if point.type in ("float32", "float64"):
        return 0.0
    unit = UNITS.get(point.unit)
    return abs(point.scale) * (unit.factor if unit else 1.0)
