"""The best trips of a truck when water at each point has a price and time has one.

`trip_kernel` does the search; here stand what it is told of a haul, how its answers are read, and
the trips as columns of the linear programme (`trip_programme`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.haul import Haul, TruckType

Floats = NDArray[np.float64]

MOST_CELLS = 500
_CELLS = 200
_MANY_POINTS = 100
_FEWER_CELLS = 120
_LONGEST = 40
_OTHERS = 30
"""Trips of a fill point that are told besides the best to each end, by other last stops."""
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in trucks: a m3 (P,) of all water, and of the first `rest_m3` of every stop.

    `filling_s` is what a second at each fill point costs (F,); `trip` is what a trip is worth
    whatever it brings, `cuts` what calling at each set of points is (`trip_cuts`).
    """

    water: Floats
    first: Floats
    filling_s: Floats
    trip: float = 0.0
    cuts: Floats = field(default_factory=lambda: np.zeros(0))

    def mixed(self, other: Prices, part: float) -> Prices:
        """Between these and others, which may know fewer cuts."""
        cuts = np.zeros(len(self.cuts))
        cuts[: len(other.cuts)] = other.cuts
        return Prices(
            part * self.water + (1.0 - part) * other.water,
            part * self.first + (1.0 - part) * other.first,
            part * self.filling_s + (1.0 - part) * other.filling_s,
            part * self.trip + (1.0 - part) * other.trip,
            part * self.cuts + (1.0 - part) * cuts,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A trip of a truck type: fill point, end (a fill point's number or -1 for the depot)."""

    kind: int
    fill: int
    end: int
    volume_m3: Floats
    first_m3: Floats
    time_s: float
    filling_s: float


@dataclass(frozen=True, slots=True)
class Demand:
    """The day's water (P,); `rest_m3` after full loads of the largest truck, `stops` at least.

    `filling_s` is how long each fill point may be busy (F,).
    """

    volume_m3: Floats
    rest_m3: Floats
    stops: Floats
    filling_s: Floats
    trips: float

    @property
    def several(self) -> NDArray[np.int64]:
        """Points that need several truckfuls."""
        return np.flatnonzero(self.stops > 1.0)

    def worth(self, prices: Prices) -> float:
        """What all water is worth, less the price of all the time of fill points."""
        first = self.rest_m3 * self.stops
        water = prices.water @ self.volume_m3 + prices.first @ first
        return float(water + prices.trip * self.trips - prices.filling_s @ self.filling_s)


def day_demand(haul: Haul, *, queues: bool = True) -> Demand:
    """The demands of a haul and how many stops each needs; without `queues` fill points rest."""
    volume = np.array([point.daily_m3 for point in haul.points])
    largest = max(kind.one.capacity_m3 for kind in haul.types)
    stops = np.maximum(np.ceil(volume / largest - _ROUNDING), 1.0)
    # A rest so small that cells cannot tell it is left out of the second price.
    stops[volume - (stops - 1.0) * largest < largest / MOST_CELLS] = 1.0
    return Demand(
        volume,
        volume - (stops - 1.0) * largest,
        stops,
        _filling_s(haul) if queues else np.full(len(haul.fills), 1e9),
        float(ceil(volume.sum() / largest - _ROUNDING)),
    )


def _filling_s(haul: Haul) -> Floats:
    """How long each fill point may be busy: from the first drive to the last drive home.

    After its last filling a truck has a stop to make at least.
    """
    fills, points = list(haul.fill_places), list(haul.point_places)
    times = []
    for kind in haul.types:
        out = haul.time_s[np.ix_(fills, points)] + haul.time_s[points, kind.depot]
        begin = haul.time_s[kind.begin, fills] + kind.ready_s
        times.append((begin, kind.one.shift_s - out.min(axis=1) - kind.one.setup_s))
    begin = np.min([begin for begin, _ in times], axis=0)
    room = np.max([end for _, end in times], axis=0) - begin
    return np.where(np.isfinite(room), np.maximum(room, 0.0), 0.0)


@dataclass(slots=True)
class Kind:
    """What the search needs of a truck type."""

    kind: TruckType
    number: int
    cell_m3: float
    capacity: int
    window: NDArray[np.int64]
    whole: NDArray[np.int64]
    most_trips: int
    first_drive_s: Floats


def kind_of(haul: Haul, demand: Demand, number: int) -> Kind:
    """A truck type of the haul with its loads counted in cells."""
    kind = haul.types[number]
    truck = kind.one
    fills, points = list(haul.fill_places), list(haul.point_places)
    # A cell more than there are: a part of less than a cell is counted as one.
    cells = _CELLS if len(points) <= _MANY_POINTS else _FEWER_CELLS
    wanted = np.minimum(demand.volume_m3, truck.capacity_m3)
    rest = np.minimum(demand.rest_m3, truck.capacity_m3)
    least = np.concatenate([wanted[wanted > 0.0], rest[rest > 0.0]]).min()
    cell = min(truck.capacity_m3 / cells, float(least))
    whole = np.floor(np.stack([wanted, rest], axis=1) / cell + 1e-9).astype(np.int64)
    whole[:, 1] *= demand.stops > 1.0
    out = np.minimum(
        haul.time_s[np.ix_(points, fills)].min(axis=1), haul.time_s[points, kind.depot]
    )
    round_s = float((haul.time_s[np.ix_(fills, points)] + out).min())
    return Kind(
        kind=kind,
        number=number,
        cell_m3=cell,
        capacity=floor(truck.capacity_m3 / cell + 1e-9) + 1,
        window=np.ceil(wanted / cell - 1e-9).astype(np.int64),
        whole=whole,
        most_trips=max(1, floor(truck.shift_s / max(2.0 * truck.setup_s + round_s, 1.0))),
        first_drive_s=haul.time_s[kind.begin, fills] + kind.ready_s,
    )


def best_values(
    haul: Haul,
    demand: Demand,
    kind: Kind,
    prices: Prices,
    price_s: float,
    *,
    filling_s: float = 0.0,
) -> tuple[Floats, list[Column]]:
    """The most that trips are worth, by fill point and end (F, F + 1; last the depot), and them.

    A second costs `price_s`; a second of water running at the fill point `filling_s` besides.
    """
    from dispatch.trip_kernel import best_trips

    truck = kind.kind.one
    fills, points = list(haul.fill_places), list(haul.point_places)
    ends = [*fills, kind.kind.depot]
    values = np.empty((len(fills), len(ends)))
    columns = []
    drive = np.ascontiguousarray(haul.time_s[np.ix_(points, points)])
    out = np.ascontiguousarray(haul.time_s[np.ix_(points, ends)])
    wanted = np.minimum(demand.volume_m3, truck.capacity_m3)
    rest = np.minimum(demand.rest_m3, truck.capacity_m3)
    steps = np.arange(int(kind.window.max(initial=0)) + 1) * kind.cell_m3
    both = np.stack([wanted, rest], axis=1)
    for f, fill in enumerate(haul.fills):
        busy_s = price_s + float(prices.filling_s[f])
        per_m3 = price_s / truck.discharge_m3s + (busy_s + filling_s) / fill.flow_m3s

        def worth(volume: Floats, per_m3: float = per_m3) -> Floats:
            first = np.minimum(volume, rest[:, None])
            water = (prices.water[:, None] - per_m3) * volume
            return water + prices.first[:, None] * first - price_s * truck.setup_s

        at = worth(np.minimum(steps[None, :], wanted[:, None]))
        kink = worth(rest[:, None])
        inside = (steps[None, :-1] < rest[:, None]) & (rest[:, None] < steps[None, 1:])
        part = np.maximum(at[:, :-1], at[:, 1:])
        part = np.where(inside, np.maximum(part, kink), part)
        best = np.empty(len(ends) + len(points))
        path = np.empty((len(best), _LONGEST, 2), np.int64)
        best_trips(
            worth(both),
            kind.whole,
            np.ascontiguousarray(part),
            kind.window,
            kind.capacity,
            _priced(drive, price_s),
            _priced(haul.time_s[fills[f], points], price_s),
            _priced(out, price_s),
            best,
            path,
        )
        values[f] = best[: len(ends)] + prices.trip - busy_s * truck.setup_s
        others = len(ends) + np.argsort(-best[len(ends) :], kind="stable")[:_OTHERS]
        for row in (*range(len(ends)), *others):
            end = row if row < len(ends) else int(out[row - len(ends)].argmin())
            column = _column(haul, demand, kind, f, end, path[row][::-1], both)
            if column is not None:
                columns.append(column)
    return values, columns


def _column(
    haul: Haul, demand: Demand, kind: Kind, fill: int, end: int, path: Any, both: Floats
) -> Column | None:
    """A trip of the kernel as it can be driven, to no point twice; None for none."""
    stops = [(int(j), int(option)) for j, option in path if j >= 0]
    stops = [stop for n, stop in enumerate(stops) if stop[0] not in {j for j, _ in stops[:n]}]
    if not stops:
        return None
    volume = dict.fromkeys([j for j, _ in stops], 0.0)
    room = kind.kind.one.capacity_m3
    # Whole volumes first: a part takes what room is left.
    for j, option in sorted(stops, key=lambda stop: stop[1] >= 2):
        wanted = both[j, option] if option < 2 else min((option - 1) * kind.cell_m3, both[j, 0])
        volume[j] = min(float(wanted), room)
        room -= volume[j]
    last = end if end < len(haul.fills) else -1
    return driven(haul, demand, kind, fill, last, volume)


def driven(
    haul: Haul, demand: Demand, kind: Kind, fill: int, end: int, volumes: dict[int, float]
) -> Column:
    """A trip that leaves `volumes` at points in their order."""
    truck = kind.kind.one
    home = haul.fill_places[end] if end >= 0 else kind.kind.depot
    way = [haul.fill_places[fill], *(haul.point_places[j] for j in volumes), home]
    drive = sum(float(haul.time_s[a, b]) for a, b in pairwise(way))
    per_m3 = 1.0 / truck.discharge_m3s + 1.0 / haul.fills[fill].flow_m3s
    volume = np.zeros(len(haul.points))
    volume[list(volumes)] = list(volumes.values())
    return Column(
        kind=kind.number,
        fill=fill,
        end=end,
        volume_m3=volume,
        first_m3=np.minimum(volume, demand.rest_m3),
        filling_s=truck.setup_s + sum(volumes.values()) / haul.fills[fill].flow_m3s,
        time_s=drive + truck.setup_s * (1 + len(volumes)) + per_m3 * sum(volumes.values()),
    )


def _priced(seconds: Floats, price_s: float) -> Floats:
    """Drives in worth; a place that cannot be reached is dear at any price."""
    reached = np.isfinite(seconds)
    return np.ascontiguousarray(np.where(reached, np.where(reached, seconds, 0.0) * price_s, 1e20))
