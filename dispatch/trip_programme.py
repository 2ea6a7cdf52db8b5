"""The linear programme over trips whose prices sharpen the bound (`trip_bound`).

Trucks are counted by type, number of trips in their day and start (fill point and place in its
first queue); trips are shared by the trucks of a pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dispatch.trip_cuts import Cut, called
from dispatch.trip_pricing import Column, Demand, Floats, Prices

_HOUR_S = 3600.0
Pool = tuple[int, int, int]
"""Trucks that share trips: type, number of trips (0 for any), and place in the first queue (-1 for
any; the last that there is stands for all behind it)."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Trucks asked for, and prices: of water, and by pool of time, trips and a fill point."""

    value: float
    prices: Prices
    time: dict[Pool, float]
    count: dict[Pool, float]
    flow: dict[tuple[int, int, int, int], float]
    parts: Floats
    """How often each trip is driven."""
    active: tuple[Pool, ...]
    """Types and numbers of trips that trucks are counted for."""


def solve_programme(
    demand: Demand,
    columns: Sequence[tuple[Column, Pool]],
    pools: Sequence[Pool],
    slots: Sequence[tuple[int, int]],
    spare_s: Mapping[tuple[int, int, int], float],
    available: Sequence[float],
    fills: int,
    dear: float,
    cuts: Sequence[Cut] = (),
    setup_s: Sequence[float] = (),
) -> Solved:
    """Solve it; points may stay dry for `dear` trucks each, so that there is always a solution.

    With `cuts` a trip may call anywhere
    on its way and leave nothing, for no more than the time of a stop, `setup_s` by type: the price
    of a call is then never above that of the stop.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    points, several = len(demand.volume_m3), demand.several
    row: dict[tuple[Any, ...], int] = {("water", i): i for i in range(points)}
    row |= {("first", int(i)): points + n for n, i in enumerate(several)}
    for pool in pools:
        row[("time", pool)] = len(row)
    for start in slots:
        row[("slot", start)] = len(row)
    for kind in range(len(available)):
        row[("type", kind)] = len(row)
    for fill in range(fills):
        row[("filling", fill)] = len(row)
    row[("trips",)] = len(row)
    for n in range(len(cuts)):
        row[("cut", n)] = len(row)
    upper_rows = len(row)
    for pool in pools:
        if pool[1]:
            row[("count", pool)] = len(row)
        for fill in range(fills):
            row[("flow", pool, fill)] = len(row)
    data: list[float] = []
    rows: list[int] = []
    cols: list[int] = []
    cost: list[float] = []

    def put(parts: list[tuple[tuple[Any, ...], float]], price: float) -> None:
        for name, value in parts:
            rows.append(row[name])
            cols.append(len(cost))
            data.append(value)
        cost.append(price)

    trucks: dict[int, Pool] = {}
    volume = np.maximum(demand.volume_m3, 1e-9)
    for i in range(points):
        put([(("water", i), -1.0)], dear / float(volume[i]))
    for i in several.tolist():
        put([(("first", int(i)), -1.0)], dear / float(max(demand.rest_m3[i], 1e-9)))
    last = max(pool[2] for pool in pools)
    for pool in pools:
        kind, m, place = pool
        for fill, slot in slots:
            spare = spare_s[kind, fill, slot]
            if spare > 0.0 and place in (-1, min(slot, last)):
                trucks[len(cost)] = pool
                parts: list[tuple[tuple[Any, ...], float]] = [
                    (("time", pool), -spare / _HOUR_S),
                    (("slot", (fill, slot)), 1.0),
                    (("type", kind), 1.0),
                    (("flow", pool, fill), -1.0),
                ]
                if m:
                    parts.append((("count", pool), -float(m)))
                put(parts, 1.0)
    put([(("trips",), -1.0)], dear / demand.trips)
    for n, cut in enumerate(cuts):
        put([(("cut", n), -1.0)], dear / cut.trips)
    for point in sorted({point for cut in cuts for point in cut.points}):
        of = [(("cut", n), -1.0) for n, cut in enumerate(cuts) if point in cut.points]
        for pool in pools:
            put([*of, (("time", pool), setup_s[pool[0]] / _HOUR_S)], 0.0)
    before = len(cost)
    for column, pool in columns:
        parts = [
            (("water", int(i)), -column.volume_m3[i]) for i in np.flatnonzero(column.volume_m3)
        ]
        parts += [(("first", int(i)), -column.first_m3[i]) for i in several if column.first_m3[i]]
        parts.append((("trips",), -1.0))
        parts += [(("cut", n), -1.0) for n in np.flatnonzero(called(cuts, column)).tolist()]
        parts.append((("time", pool), column.time_s / _HOUR_S))
        parts.append((("filling", column.fill), column.filling_s / _HOUR_S))
        if pool[1]:
            parts.append((("count", pool), 1.0))
        if column.end != column.fill:
            parts.append((("flow", pool, column.fill), 1.0))
            if column.end >= 0:
                parts.append((("flow", pool, column.end), -1.0))
        put(parts, 0.0)
    matrix = csc_array((data, (rows, cols)), shape=(len(row), len(cost))).tocsr()
    high = np.zeros(upper_rows)
    high[:points] = -demand.volume_m3
    high[points : points + len(several)] = -(demand.rest_m3 * demand.stops)[several]
    for start in slots:
        high[row[("slot", start)]] = 1.0
    for kind, count in enumerate(available):
        high[row[("type", kind)]] = count
    for fill in range(fills):
        high[row[("filling", fill)]] = demand.filling_s[fill] / _HOUR_S
    high[row[("trips",)]] = -demand.trips
    for n, cut in enumerate(cuts):
        high[row[("cut", n)]] = -cut.trips
    solved = linprog(  # type: ignore[call-overload]  # its stubs know no sparse arrays
        np.array(cost),
        A_ub=matrix[:upper_rows],
        b_ub=high,
        A_eq=matrix[upper_rows:],
        b_eq=np.zeros(len(row) - upper_rows),
        method="highs-ds",
    )
    if solved.status != 0:
        raise ArithmeticError(f"the programme of trips was not solved: {solved.message}")
    dual = np.concatenate([-solved.ineqlin.marginals, -solved.eqlin.marginals])
    first = np.zeros(points)
    first[several] = dual[points : points + len(several)]
    return Solved(
        value=float(solved.fun),
        prices=Prices(
            np.maximum(dual[:points], 0.0),
            np.maximum(first, 0.0),
            np.array([max(float(dual[row[("filling", f)]]), 0.0) for f in range(fills)]) / _HOUR_S,
            max(float(dual[row[("trips",)]]), 0.0),
            np.array([max(float(dual[row[("cut", n)]]), 0.0) for n in range(len(cuts))]),
        ),
        time={pool: max(float(dual[row[("time", pool)]]), 0.0) / _HOUR_S for pool in pools},
        count={pool: float(dual[row[("count", pool)]]) if pool[1] else 0.0 for pool in pools},
        flow={
            (*pool, f): float(dual[row[("flow", pool, f)]]) for pool in pools for f in range(fills)
        },
        parts=solved.x[before:],
        active=tuple({pool for column, pool in trucks.items() if solved.x[column] > 1e-9}),
    )
