"""Many samples as few: the extremes and the gaps of each stretch of time stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scada.samples import F64, I64
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
    starts = bounds[:-1][np.diff(bounds) > 0]
    sizes = np.diff(np.append(starts, len(series)))
    bad = (series.quality >> 31 == 1) | ~np.isfinite(series.value)
    gap = _first(np.maximum, bad.astype(np.float64), starts, sizes)
    least = _first(np.minimum, np.where(bad, np.inf, series.value), starts, sizes)
    most = _first(np.maximum, np.where(bad, -np.inf, series.value), starts, sizes)
    usable = ~bad[least]
    keep = np.concatenate((gap[bad[gap]], least[usable], most[usable]))
    keep.sort()
    chosen = keep[np.concatenate(([True], keep[1:] != keep[:-1]))][:max_points]
    return Series(
        series.time_ns[chosen],
        series.value[chosen],
        series.quality[chosen],
        series.arrival_ns[chosen],
    )


def _first(
    kind: np.ufunc, values: F64, starts: NDArray[np.intp], sizes: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Where the extreme of each stretch is met first."""
    best = np.repeat(kind.reduceat(values, starts), sizes)
    here = np.flatnonzero(values == best)
    return here[np.searchsorted(here, starts)]
