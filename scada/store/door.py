"""The swinging door: of a run of samples only the corners of a line through them are kept.

Between two kept samples of one run every sample left out lies within `bound` of the straight line
from the one to the other: a corner is set only where the line to it has passed the narrowest
corridor of all samples since the corner before. (The door as it is often told sets the corner one
sample later and may be off by twice the bound.) A change of quality, a value that is no number,
and a silence longer than `longest_ns` have a corner on both sides. First and last samples stay.

It is applied when an hour is sealed, to all its samples at once: until then nothing is left out,
so neither a sample that comes late nor the death of the process spoils what is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scada.samples import F64, I64, U32

LONGEST_NS = 300 * 1_000_000_000
Mask = NDArray[np.bool_]


def bounds_of(point: U32, doors: Mapping[int, float]) -> F64:
    """The bound of each sample's point; NaN where all samples are kept."""
    if not doors:
        return np.full(len(point), np.nan)
    points, place = np.unique(point, return_inverse=True)
    return np.array([doors.get(int(p), np.nan) for p in points])[place]


def corners(
    run: NDArray[np.intp], bound: F64, time_ns: I64, value: F64, quality: U32, longest_ns: int
) -> Mask:
    """Which samples are kept.

    `run` (r,) says where each run begins (the first at 0), `bound` (r,) what may be lost in it
    (NaN: nothing). Samples of a run are in the order of time.
    """
    n = len(time_ns)
    lengths = np.diff(np.append(run, n))
    keep = np.repeat(~(bound >= 0), lengths)
    keep[run] = True
    keep[run + lengths - 1] = True
    order = np.argsort(-lengths, kind="stable")
    order = order[bound[order] >= 0]
    run, lengths, bound = run[order], lengths[order], bound[order]
    corner = run.copy()  # the last corner of each run
    low, high = np.full(len(run), -np.inf), np.full(len(run), np.inf)
    finite = np.isfinite(value)
    for k in range(1, int(lengths.max(initial=0))):
        m = int(np.searchsorted(-lengths, -k, side="left"))  # runs longer than k
        now, before, base = run[:m] + k, run[:m] + k - 1, corner[:m]
        dt = (time_ns[now] - time_ns[base]).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            rise = value[now] - value[base]
            slope = rise / dt
            fits = (slope >= low[:m]) & (slope <= high[:m])
            same = (quality[now] == quality[before]) & finite[now] & finite[before]
            near = (time_ns[now] - time_ns[before] <= longest_ns) & (dt > 0)
        whole = same & near & np.isfinite(slope)
        # A break: the sample before it and the first after it are corners.
        keep[before[~whole]] = True
        keep[now[~whole]] = True
        # A turn, or a line long enough: the sample before is a corner, and its line passes all.
        turn = whole & ~(fits & (dt <= longest_ns))
        keep[before[turn]] = True
        fresh = np.where(whole, before, now)
        corner[:m] = np.where(whole & ~turn, base, fresh)
        low[:m] = np.where(whole & ~turn, low[:m], -np.inf)
        high[:m] = np.where(whole & ~turn, high[:m], np.inf)
        base = corner[:m]
        dt = (time_ns[now] - time_ns[base]).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            least = (value[now] - value[base] - bound[:m]) / dt
            most = (value[now] - value[base] + bound[:m]) / dt
        open_ = whole & (dt > 0)
        low[:m] = np.where(open_, np.maximum(low[:m], least), low[:m])
        high[:m] = np.where(open_, np.minimum(high[:m], most), high[:m])
    return keep
