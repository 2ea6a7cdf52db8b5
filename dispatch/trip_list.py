"""All trips of a truck type that a bound must know, when there are few enough to be listed.

With water at any prices and time at one, the best volumes on a given way are a linear programme
with one row, the tank: all stops but one are left all their water, or the first part of it that
has a price of its own. So only sets of points are of use whose smallest such volumes, without the
largest of them, leave room in the tank; dropping a point keeps that true, and the list grows set
by set. For each the shortest way is found from every fill point through all points to every end
(Held and Karp, A dynamic programming approach to sequencing problems, 1962).

What is found in the list is exact where the search by cells (`trip_kernel`) rounds volumes in
favour of the trip and lets it come back to a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.haul import Haul
from dispatch.trip_cuts import Cut
from dispatch.trip_pricing import Column, Demand, Floats, Kind, Prices, driven

MOST_POINTS = 62
"""Sets are written as bits of a number."""
MOST_SETS = 600_000


@dataclass(frozen=True, slots=True)
class TripList:
    """Sets of points, and the shortest ways through each by fill point and end (F, S, F + 1).

    `points` (S, K) has a set's points in no matter what order, -1 after the last.
    """

    points: NDArray[np.int64]
    count: NDArray[np.int64]
    drive_s: Floats


def trip_list(haul: Haul, demand: Demand, kind: Kind, *, most: int = MOST_SETS) -> TripList | None:
    """The list of a truck type; None when it would be longer than `most`."""
    wanted = np.minimum(demand.volume_m3, kind.kind.one.capacity_m3)
    least = np.where(demand.stops > 1.0, np.minimum(demand.rest_m3, wanted), wanted)
    order = np.argsort(least, kind="stable")
    order = order[wanted[order] > 0.0]
    if len(haul.points) > MOST_POINTS:
        return None
    fills = list(haul.fill_places)
    places = [haul.point_places[point] for point in order.tolist()]
    ends = [*fills, kind.kind.depot]
    between = haul.time_s[np.ix_(places, places)]
    out = haul.time_s[np.ix_(places, ends)]
    into = haul.time_s[np.ix_(fills, places)].T
    rows = np.arange(len(order))[:, None]
    masks = np.int64(1) << rows[:, 0]
    ways = into[:, None, :]  # the shortest way by set, last point and fill point
    levels, drives, total = [rows], [_closed(rows, ways, out)], len(rows)
    while len(rows) and not kind.kind.one.sets_down:
        longer = _longer(rows, least[order], kind.kind.one.capacity_m3, most - total)
        if longer is None:
            return None
        if not len(longer):
            break
        marks = (np.int64(1) << longer).sum(axis=1)
        sort = np.argsort(marks)
        longer, marks = longer[sort], marks[sort]
        ways = _ways(longer, marks, masks, ways, between)
        rows, masks = longer, marks
        levels.append(rows)
        drives.append(_closed(rows, ways, out))
        total += len(rows)
    width = len(levels)
    points = np.full((total, width), -1)
    count = np.empty(total, np.int64)
    at = 0
    for level in levels:
        points[at : at + len(level), : level.shape[1]] = order[level]
        count[at : at + len(level)] = level.shape[1]
        at += len(level)
    shortest = np.concatenate(drives).transpose(1, 0, 2)
    return TripList(points, count, np.ascontiguousarray(shortest))


def _longer(
    rows: NDArray[np.int64], least: Floats, capacity: float, most: int
) -> NDArray[np.int64] | None:
    """The sets of one point more; their points stand by growing volume, so the last is largest."""
    open_ = rows[least[rows].sum(axis=1) < capacity - 1e-9]
    if int((len(least) - 1 - open_[:, -1]).sum()) > most:
        return None
    found = [
        np.column_stack([kept, np.full(len(kept), point)])
        for point in range(1, len(least))
        if len(kept := open_[open_[:, -1] < point])
    ]
    return np.concatenate(found) if found else rows[:0]


def _ways(
    rows: NDArray[np.int64],
    marks: NDArray[np.int64],
    before: NDArray[np.int64],
    ways: Floats,
    between: Floats,
) -> Floats:
    """The shortest ways by last point and fill point, from those of sets of one point less."""
    size = rows.shape[1]
    found = np.full((len(rows), size, ways.shape[2]), np.inf)
    for last in range(size):
        other = np.searchsorted(before, marks ^ (np.int64(1) << rows[:, last]))
        for n, place in enumerate(n for n in range(size) if n != last):
            step = between[rows[:, place], rows[:, last]]
            found[:, last] = np.minimum(found[:, last], ways[other, n] + step[:, None])
    return found


def _closed(rows: NDArray[np.int64], ways: Floats, out: Floats) -> Floats:
    """The shortest ways by fill point and end: the last point is any."""
    found = np.full((len(rows), ways.shape[2], out.shape[1]), np.inf)
    for last in range(rows.shape[1]):
        found = np.minimum(found, ways[:, last, :, None] + out[rows[:, last], None, :])
    return found


def best_listed(
    haul: Haul,
    demand: Demand,
    kind: Kind,
    listed: TripList,
    prices: Prices,
    price_s: float,
    *,
    cuts: Sequence[Cut] = (),
    filling_s: float = 0.0,
) -> tuple[Floats, list[Column]]:
    """As `best_values`, from the list: no trip that can be driven is worth more.

    A trip could call at a point of a cut and leave nothing. The list has no such calls: what they
    are worth above the time of the stop is added to every trip.
    """
    from dispatch.trip_list_kernel import best_sets

    truck, ends = kind.kind.one, len(haul.fills) + 1
    wanted = np.minimum(demand.volume_m3, truck.capacity_m3)
    rest = np.where(demand.stops > 1.0, np.minimum(demand.rest_m3, wanted), wanted)
    values = np.empty((len(haul.fills), ends))
    columns = []
    priced = [(cut, price) for cut, price in zip(cuts, prices.cuts, strict=True) if price > 0.0]
    marks = np.array([cut.mark for cut, _ in priced], np.int64)
    call = np.array([price for _, price in priced])
    calls = np.zeros(len(wanted))
    for cut, price in priced:
        calls[list(cut.points)] += price
    empty = float(np.maximum(calls - price_s * truck.setup_s, 0.0).sum())
    for f, fill in enumerate(haul.fills):
        busy_s = price_s + float(prices.filling_s[f])
        per_m3 = price_s / truck.discharge_m3s + (busy_s + filling_s) / fill.flow_m3s
        best = np.empty(ends + len(wanted))
        chosen = np.empty(len(best), np.int64)
        nearest = np.empty(len(best), np.int64)
        best_sets(
            listed.points,
            listed.count,
            listed.drive_s[f],
            prices.water + prices.first - per_m3,
            prices.water - per_m3,
            rest,
            wanted,
            truck.capacity_m3,
            price_s,
            price_s * truck.setup_s,
            marks,
            call,
            best,
            chosen,
            nearest,
        )
        values[f] = best[:ends] + prices.trip + empty - busy_s * truck.setup_s
        seen = set()
        for row in range(len(best)):
            if chosen[row] < 0:
                continue
            key = int(chosen[row]), int(nearest[row])
            if key in seen:
                continue
            seen.add(key)
            volume = _volumes(
                listed.points[key[0]],
                prices.water + prices.first - per_m3,
                prices.water - per_m3,
                rest,
                wanted,
                truck.capacity_m3,
            )
            if volume:
                way = _way(haul, kind, f, key[1], volume)
                columns.append(
                    driven(haul, demand, kind, f, key[1] if key[1] < ends - 1 else -1, way)
                )
    return values, columns


def _volumes(
    points: NDArray[np.int64], low: Floats, high: Floats, rest: Floats, wanted: Floats, room: float
) -> dict[int, float]:
    """The best volumes at points: the dearest part first, while there is room."""
    parts = [(float(low[i]), float(rest[i]), int(i)) for i in points if i >= 0]
    parts += [(float(high[i]), float(wanted[i] - rest[i]), int(i)) for i in points if i >= 0]
    volume: dict[int, float] = {}
    for worth, size, point in sorted(parts, key=lambda part: -part[0]):
        if worth > 0.0 and min(size, room) > 0.0:
            volume[point] = volume.get(point, 0.0) + min(size, room)
            room -= min(size, room)
    return volume


def _way(haul: Haul, kind: Kind, fill: int, end: int, volume: dict[int, float]) -> dict[int, float]:
    """The volumes in the order of the shortest way."""
    ends = [*haul.fill_places, kind.kind.depot]
    place = {i: haul.point_places[i] for i in volume}
    best: dict[tuple[frozenset[int], int], tuple[float, tuple[int, ...]]] = {
        (frozenset([i]), i): (float(haul.time_s[haul.fill_places[fill], place[i]]), (i,))
        for i in volume
    }
    for _ in range(len(volume) - 1):
        more: dict[tuple[frozenset[int], int], tuple[float, tuple[int, ...]]] = {}
        for (done, last), (seconds, way) in best.items():
            for i in volume.keys() - done:
                longer = seconds + float(haul.time_s[place[last], place[i]])
                key = (done | {i}, i)
                if key not in more or longer < more[key][0]:
                    more[key] = (longer, (*way, i))
        best = more
    _, way = min(
        (seconds + float(haul.time_s[place[last], ends[end]]), way)
        for (_, last), (seconds, way) in best.items()
    )
    return {i: volume[i] for i in way}
