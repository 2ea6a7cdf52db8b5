"""Compiled: the set of points in a list that is worth most, with the best volumes for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hydraulics.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def best_sets(
    points: Ints,
    count: Ints,
    drive_s: Floats,
    low: Floats,
    high: Floats,
    rest: Floats,
    wanted: Floats,
    capacity: float,
    price_s: float,
    stop: float,
    marks: Ints,
    call: Floats,
    best: Floats,
    chosen: Ints,
    nearest: Ints,
) -> None:
    """Worth of the best set to each end and, by point, of the best set with the point: `best`
    (E + P,), its row in the list, `chosen`, and its end, `nearest`; -1 for none.

    A m3 at a point is worth `low` up to `rest` and `high`, which is no more, up to `wanted`; a
    second of the drives `drive_s` (S, E) costs `price_s`, each stop `stop`. A set with a point of a
    cut, whose points are the bits of its `marks`, is worth `call` more.
    """
    ends, width = drive_s.shape[1], points.shape[1]
    best[:] = -1e30
    chosen[:] = -1
    nearest[:] = -1
    worth, size = np.empty(2 * width), np.empty(2 * width)
    for row in range(len(count)):
        parts = 0
        for k in range(count[row]):
            i = points[row, k]
            for second in range(2):
                value = high[i] if second else low[i]
                volume = wanted[i] - rest[i] if second else rest[i]
                if value <= 0.0 or volume <= 0.0:
                    continue
                at = parts
                while at > 0 and worth[at - 1] < value:
                    worth[at], size[at] = worth[at - 1], size[at - 1]
                    at -= 1
                worth[at], size[at] = value, volume
                parts += 1
        room, gain = capacity, -stop * count[row]
        if len(marks):
            mark = np.int64(0)
            for k in range(count[row]):
                mark |= np.int64(1) << points[row, k]
            for cut in range(len(marks)):
                if mark & marks[cut]:
                    gain += call[cut]
        for part in range(parts):
            volume = min(size[part], room)
            gain += worth[part] * volume
            room -= volume
        top, to = -1e30, -1
        for e in range(ends):
            if not drive_s[row, e] < np.inf:
                continue
            value = gain - price_s * drive_s[row, e]
            if value > best[e]:
                best[e], chosen[e], nearest[e] = value, row, e
            if value > top:
                top, to = value, e
        for k in range(count[row]):
            at = ends + points[row, k]
            if top > best[at]:
                best[at], chosen[at], nearest[at] = top, row, to
