"""Which samples are worth storing: the exception test.

A sample is stored when its value left the deadband around the last stored one, when its quality
changed, or when nothing was stored for `max_gap_s`. If samples were left out before it, the last
of them is stored too, so that a trend shows when the value left and not a slope since long ago.
Held from one stored sample to the next, the stored values are never further than the deadband
from what was received.

Points of the swinging door (`store/door`) are stored sample by sample: their samples are thinned
when their hour is sealed.

Values of points with a deadband are first rounded to a grid of a power of two, at most an eighth
of the deadband, which the store keeps in few bytes; the test is narrower by what that can cost.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scada.samples import F64, I64, U32, SampleBatch, joined, taken

NS_PER_S = 1_000_000_000
MAX_GAP_S = 300.0
GRID_SHARE = 8.0
Mask = NDArray[np.bool_]


class ExceptionFilter:
    """Remembers the last stored and the last left-out sample of every point."""

    def __init__(
        self, deadband: F64, *, max_gap_s: float = MAX_GAP_S, every: Mask | None = None
    ) -> None:
        """`deadband` (n,) in SI by point; 0 stores every change. `every`: all are stored of it."""
        n = len(deadband)
        coarse = deadband > 0
        self._grid: F64 = np.where(
            coarse, np.exp2(np.floor(np.log2(np.where(coarse, deadband, 1.0) / GRID_SHARE))), 0.0
        )
        # A hair less, for the rounding of the test's own subtraction.
        self._deadband = (deadband - self._grid / 2) * (1 - 1e-12)
        self._every = np.zeros(n, dtype=bool) if every is None else every
        self._max_gap_ns = round(max_gap_s * NS_PER_S)
        self._stored: F64 = np.full(n, np.nan)
        self._quality: U32 = np.zeros(n, dtype=np.uint32)
        self._time_ns: I64 = np.full(n, np.iinfo(np.int64).min // 2, dtype=np.int64)
        self._fresh = np.ones(n, dtype=bool)
        self._waits = np.zeros(n, dtype=bool)
        self._skipped = SampleBatch(
            np.arange(n, dtype=np.uint32),
            np.full(n, np.nan),
            np.zeros(n, dtype=np.uint32),
            np.zeros(n, dtype=np.int64),
            np.zeros(n, dtype=np.int64),
        )

    @property
    def bound(self) -> F64:
        """What may be lost of a rounded value, so that with the rounding it is the deadband."""
        return self._deadband

    def keep(self, batch: SampleBatch) -> SampleBatch:
        """The samples to store of a batch, with the left-out ones that now matter."""
        batch = self._rounded(batch)
        parts = [self._round(taken(batch, places)) for places in rounds(batch.point)]
        return joined(parts) if parts else batch

    def _rounded(self, batch: SampleBatch) -> SampleBatch:
        grid = self._grid[batch.point]
        fits = (grid > 0) & (np.abs(batch.value) < 2.0**50 * grid)  # NaN fits nowhere
        step = np.where(fits, grid, 1.0)
        value = np.where(fits, np.round(batch.value / step) * step, batch.value)
        return replace(batch, value=value)

    def flush(self) -> SampleBatch:
        """The last left-out sample of every point, at the end of a run."""
        pending = np.flatnonzero(self._waits)
        self._waits[:] = False
        return taken(self._skipped, pending)

    def forget(self, points: U32) -> None:
        """Their storing failed: the next sample of these points is stored whatever it is."""
        self._fresh[points] = True

    def _round(self, batch: SampleBatch) -> SampleBatch:
        """One sample a point at most."""
        p = batch.point
        # Data older than what is stored cannot be judged by it: it is kept as it is.
        late = batch.source_time_ns < self._time_ns[p]
        change = np.abs(batch.value - self._stored[p])
        nan = np.isnan(batch.value) & np.isnan(self._stored[p])
        inside = (change <= self._deadband[p]) | nan | (batch.value == self._stored[p])
        store = (
            ~inside
            | self._every[p]
            | self._fresh[p]
            | (batch.quality != self._quality[p])
            | (batch.source_time_ns - self._time_ns[p] >= self._max_gap_ns)
        ) & ~late
        skip = p[~store & ~late]
        before = p[store & self._waits[p]]
        previous = taken(self._skipped, before.astype(np.intp))
        self._waits[p[store]] = False
        self._waits[skip] = True
        left = ~store & ~late
        self._skipped.value[skip] = batch.value[left]
        self._skipped.quality[skip] = batch.quality[left]
        self._skipped.source_time_ns[skip] = batch.source_time_ns[left]
        self._skipped.arrival_time_ns[skip] = batch.arrival_time_ns[left]
        kept = p[store]
        self._fresh[kept] = False
        self._stored[kept] = batch.value[store]
        self._quality[kept] = batch.quality[store]
        self._time_ns[kept] = batch.source_time_ns[store]
        return joined([previous, taken(batch, np.flatnonzero(store | late))])


def rounds(point: U32) -> list[NDArray[np.intp]]:
    """Places of a batch in groups that hold every point once at most, in the order of samples."""
    order = np.argsort(point, kind="stable")
    ordered = point[order]
    if not np.any(ordered[1:] == ordered[:-1]):
        return [np.arange(len(point))] if len(point) else []
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    rank = np.arange(len(point)) - np.repeat(first, np.diff(np.append(first, len(point))))
    return [np.sort(order[rank == r]) for r in range(int(rank.max()) + 1)]
