"""Compiled: the most that a trip can be worth when water has a price and time has one too.

A trip fills at one place and unloads at points in turn. Loads are counted in cells, rounded down
stop by stop, and a trip may come back to a point, though not straight after one other stop: both
make more trips possible than there are, so what is found is never less than the truth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hydraulics.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def best_trips(
    worth: Floats,
    whole: Ints,
    part: Floats,
    window: Ints,
    capacity: int,
    drive: Floats,
    start: Floats,
    end: Floats,
    best: Floats,
    path: Ints,
) -> None:
    """Worth of the best trips, `best` (E + P,), and their stops, `path` (E + P, L, 2).

    First the best trip to each end place, then that of each last stop to the end nearest to it.

    All in worth, drives too (seconds by their price): `worth` (P, 2) of unloading the volumes of
    `whole` (P, 2) cells, 0 cells for none; `part` (P, W) the most of unloading c to c + 1 cells,
    c < `window` (P,); `drive` (P, P), `start` (P,) from the fill point, `end` (P, E). A stop of
    `path` is a point and its option: 0, 1 for a whole volume, 2 + c for a part; -1 after the last.
    """
    points, ends = len(start), end.shape[1]
    low = -1e30
    top = np.full((points, capacity + 1, 2), low)  # the best, and the best by another way in
    came = np.full((points, capacity + 1, 2), -2)  # the point before, -1 the fill point
    cells = np.zeros((points, capacity + 1, 2), np.int64)
    choice = np.zeros((points, capacity + 1, 2), np.int64)
    into = np.empty((points, 2))
    before = np.empty((points, 2), np.int64)
    best[:] = low
    last = np.full((ends + points, 2), -1)
    near = np.empty(points)
    for i in range(points):
        near[i] = end[i].min()
    path[:] = -1
    for q in range(capacity + 1):
        for j in range(points):
            into[j, 0], into[j, 1], before[j, 0], before[j, 1] = low, low, -2, -2
            if q == 0:
                into[j, 0], before[j, 0] = -start[j], -1
        if q > 0:
            for i in range(points):
                if top[i, q, 0] <= low:
                    continue
                for e in range(ends):
                    value = top[i, q, 0] - end[i, e]
                    if value > best[e]:
                        best[e], last[e, 0], last[e, 1] = value, q, i
                value = top[i, q, 0] - near[i]
                if value > best[ends + i]:
                    best[ends + i], last[ends + i, 0], last[ends + i, 1] = value, q, i
                first, second, origin = top[i, q, 0], top[i, q, 1], came[i, q, 0]
                for j in range(points):
                    if j == i:
                        continue
                    value = (second if origin == j else first) - drive[i, j]
                    if value > into[j, 0]:
                        into[j, 1], before[j, 1] = into[j, 0], before[j, 0]
                        into[j, 0], before[j, 0] = value, i
                    elif value > into[j, 1]:
                        into[j, 1], before[j, 1] = value, i
        for j in range(points):
            for rank in range(2):
                if into[j, rank] <= low:
                    continue
                way = before[j, rank]
                for option in range(2 + min(window[j], capacity + 1 - q)):
                    more = whole[j, option] if option < 2 else max(option - 2, 1)
                    if more == 0 or q + more > capacity:
                        continue
                    value = into[j, rank] + (
                        worth[j, option] if option < 2 else part[j, option - 2]
                    )
                    if value <= top[j, q + more, 1]:
                        continue
                    at = q + more
                    if value > top[j, at, 0]:
                        if came[j, at, 0] != way:
                            top[j, at, 1], came[j, at, 1] = top[j, at, 0], came[j, at, 0]
                            cells[j, at, 1], choice[j, at, 1] = cells[j, at, 0], choice[j, at, 0]
                        top[j, at, 0], came[j, at, 0] = value, way
                        cells[j, at, 0], choice[j, at, 0] = q, option
                    elif value > top[j, at, 1] and came[j, at, 0] != way:
                        top[j, at, 1], came[j, at, 1] = value, way
                        cells[j, at, 1], choice[j, at, 1] = q, option
    for e in range(ends + points):
        q, j, rank, stop = last[e, 0], last[e, 1], 0, 0
        while j >= 0 and stop < path.shape[1]:
            path[e, stop, 0], path[e, stop, 1] = j, choice[j, q, rank]
            i, was = came[j, q, rank], cells[j, q, rank]
            # The way into j from i was not by way of j.
            rank = 0 if i < 0 or came[i, was, 0] != j else 1
            q, j, stop = was, i, stop + 1
