"""Many samples as few: the extremes and the gaps of each stretch of time stay."""

from __future__ import annotations

import numpy as np

from scada.samples import I64
from scada.store.blocks import Series

POINTS_A_BUCKET = 3


def downsample(series: Series, from_ns: int, to_ns: int, max_points: int) -> Series:
    """At most `max_points` samples of an ordered series, or all if there are no more.

    The time range is cut into equal stretches; each keeps its lowest and highest usable sample
    and its first bad one. Every sample returned is one that was stored.
    """
    if len(series) <= max_points:
        return series
    buckets = max(1, max_points // POINTS_A_BUCKET)
    edges = np.linspace(from_ns, to_ns, buckets + 1).astype(np.int64)
    bounds: I64 = np.searchsorted(series.time_ns, edges)
    bounds[0], bounds[-1] = 0, len(series)
    bad = (series.quality >> 31 == 1) | ~np.isfinite(series.value)
    low = np.where(bad, np.inf, series.value)
    high = np.where(bad, -np.inf, series.value)
    keep: set[int] = set()
    for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if a == b:
            continue
        gap = a + int(np.argmax(bad[a:b]))
        if bad[gap]:
            keep.add(gap)
        least = a + int(np.argmin(low[a:b]))
        if not bad[least]:
            keep.update((least, a + int(np.argmax(high[a:b]))))
    chosen = np.array(sorted(keep)[:max_points], dtype=np.intp)
    return Series(
        series.time_ns[chosen],
        series.value[chosen],
        series.quality[chosen],
        series.arrival_ns[chosen],
    )
