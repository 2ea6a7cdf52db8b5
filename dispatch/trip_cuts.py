"""Sets of points that need a whole number of trips, as cuts of the programme over trips.

A set whose water fills the largest tank k - 1 times and a bit is called at by k trips at least,
however its demands are split (rounded capacity inequalities: Laporte, Nobert and Desrochers,
Optimal routing under capacity and distance restrictions, 1985; counted by trips that call at all
instead of by roads into the set: Baldacci, Christofides and Mingozzi, 2008). Each such trip
counts once, whatever it leaves there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.trip_pricing import Column, Floats

_ROUNDING = 1e-6
_SHORT = 0.03
"""By so many trips a set falls short to be worth a cut."""
_MOST_AT_ONCE = 25
_GROWN = 60
"""Sets of three points from which larger ones are grown."""
_LARGEST_SET = 14


@dataclass(frozen=True, slots=True)
class Cut:
    """Points at which `trips` trips call at least."""

    points: frozenset[int]
    trips: float

    @property
    def mark(self) -> int:
        """The points as bits."""
        return sum(1 << point for point in self.points)


def short_sets(
    columns: Sequence[Column],
    parts: Sequence[float],
    demand_m3: Floats,
    largest_m3: float,
    known: Sequence[Cut],
) -> list[Cut]:
    """Sets at which too few trips call in the programme's plan (`parts` of columns)."""
    calls = np.array([column.volume_m3 > 1e-9 for column in columns])
    part = np.array(parts)
    old = {cut.points for cut in known}
    found: dict[frozenset[int], float] = {}

    def short(points: tuple[int, ...]) -> float:
        needed = ceil(float(demand_m3[list(points)].sum()) / largest_m3 - _ROUNDING)
        return needed - float(part @ calls[:, list(points)].any(axis=1))

    def note(points: tuple[int, ...], by: float) -> None:
        if by > _SHORT and frozenset(points) not in old:
            found[frozenset(points)] = by

    together = (calls * part[:, None]).T @ calls
    seeds: list[tuple[float, tuple[int, ...]]] = []
    for pair in combinations(range(len(demand_m3)), 2):
        # Points that no trip calls at together are called at by as many as they need.
        if together[pair] > 1e-9:
            by = short(pair)
            note(pair, by)
            seeds.append((by, pair))
    for size in range(3, _LARGEST_SET + 1):
        seeds = sorted(seeds, reverse=True)[: _GROWN if size > 3 else None]
        grown: dict[tuple[int, ...], float] = {}
        for _, points in seeds:
            near = np.flatnonzero(together[list(points)].max(axis=0) > 1e-9)
            for point in near.tolist():
                more = tuple(sorted((*points, point)))
                if point not in points and more not in grown:
                    grown[more] = short(more)
                    note(more, grown[more])
        seeds = [(by, points) for points, by in grown.items()]
    best = sorted(found, key=lambda points: -found[points])[:_MOST_AT_ONCE]
    return [
        Cut(each, float(ceil(float(demand_m3[list(each)].sum()) / largest_m3 - _ROUNDING)))
        for each in best
    ]


def called(cuts: Sequence[Cut], column: Column) -> NDArray[np.bool_]:
    """At which sets a trip calls."""
    there = set(np.flatnonzero(column.volume_m3 > 0.0).tolist())
    return np.array([not cut.points.isdisjoint(there) for cut in cuts], bool)
