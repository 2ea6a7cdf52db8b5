"""A sharper bound on the number of trucks, by prices of water at each point.

Give every m3 at every point a price. All water together is then worth P, and no truck can bring
more than some M in its shift, so that at least P / M trucks are needed, whatever the prices. Good
prices come from a linear programme over trips that grows by the best trips at its own prices
(column generation); the bound needs no trust in it. M is found for the prices alone:

- a day of m trips is worth at most t L + V, for any price of time t: L is the shift less the
  drive to the first fill point, V the most that m trips are worth less their time at t
  (`trip_kernel`). The least over some t's, the most over m and over first fill points, is M;
- the j-th truck to start at a fill point waits for j fillings, of a set-up at least, so that each
  pair of fill point and j gives one truck its own, ever smaller M;
- a point that needs several truckfuls of any truck has at least so many stops: with r what is left
  of its demand after full ones, the first r m3 of each stop sum to r times that number in every
  plan, so they carry a second price.

Trucks queue nowhere else, and demands may be split at will.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.haul import Haul, TruckType
from dispatch.rounds import RoundPlan

Floats = NDArray[np.float64]

_CELLS = 200
_MANY_POINTS = 100
_FEWER_CELLS = 120
_MOST_CELLS = 500
_LONGEST = 40
_MOST_TRIPS = 60
_POOLS = 10
"""Numbers of trips a day that the programme knows; the bound counts all."""
_ROUNDING = 1e-6
_DEAR = 50.0
"""Trucks that a plan may pay in the programme for leaving one point dry."""
_TIME_PRICES = (0.0, 0.5, 0.8, 1.0, 1.25, 2.0)
"""Prices of time tried beside the programme's, in trucks a shift."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in trucks a m3 (P,): of all water, and of the first `rest_m3` of every stop."""

    water: Floats
    first: Floats

    def mixed(self, other: Prices, part: float) -> Prices:
        """Between these and others."""
        return Prices(
            part * self.water + (1.0 - part) * other.water,
            part * self.first + (1.0 - part) * other.first,
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A trip of a truck type: fill point, end (a fill point's number or -1 for the depot)."""

    kind: int
    fill: int
    end: int
    volume_m3: Floats
    first_m3: Floats
    time_s: float


@dataclass(frozen=True, slots=True)
class Demand:
    """The day's water (P,); `rest_m3` after full loads of the largest truck, `stops` at least."""

    volume_m3: Floats
    rest_m3: Floats
    stops: Floats

    @property
    def several(self) -> NDArray[np.int64]:
        """Points that need several truckfuls."""
        return np.flatnonzero(self.stops > 1.0)

    def worth(self, prices: Prices) -> float:
        """What all water is worth."""
        first = self.rest_m3 * self.stops
        return float(prices.water @ self.volume_m3 + prices.first @ first)


def day_demand(haul: Haul) -> Demand:
    """The demands of a haul and how many stops each needs."""
    volume = np.array([point.daily_m3 for point in haul.points])
    largest = max(kind.one.capacity_m3 for kind in haul.types)
    stops = np.maximum(np.ceil(volume / largest - _ROUNDING), 1.0)
    # A rest so small that cells cannot tell it is left out of the second price.
    stops[volume - (stops - 1.0) * largest < largest / _MOST_CELLS] = 1.0
    return Demand(volume, volume - (stops - 1.0) * largest, stops)


@dataclass(slots=True)
class _Type:
    """What the search needs of a truck type."""

    kind: TruckType
    number: int
    cell_m3: float
    capacity: int
    window: NDArray[np.int64]
    whole: NDArray[np.int64]
    most_trips: int
    first_drive_s: Floats


class TripBound:
    """The bound of one haul, sharpened step by step; `value` is the best so far.

    Without `queues` any number of trucks may fill at one time.
    """

    def __init__(self, haul: Haul, *, queues: bool = True) -> None:
        self.haul = haul
        self.demand = day_demand(haul)
        self.value = 0.0
        self.programme = np.inf
        """What the programme asks for: no bound by itself, and the bound gets no better than it."""
        self.best: Prices | None = None
        self._queue_s = min((k.one.setup_s for k in haul.types), default=0.0) if queues else 0.0
        self._duals: Any = None
        self._types = [self._type(number, kind) for number, kind in enumerate(haul.types)]
        self._slots = self._starts()
        self._columns: list[tuple[_Column, int]] = []

    @property
    def possible(self) -> bool:
        """Whether loads and days are coarse enough to be counted in cells and trips."""
        return all(
            each.capacity <= _MOST_CELLS + 1 and each.most_trips <= _MOST_TRIPS
            for each in self._types
        )

    def know(self, plan: RoundPlan) -> None:
        """Let the programme begin with the trips of a plan."""
        for each in plan.rounds:
            kind = self._types[each.kind]
            if len(each.trips) > min(kind.most_trips, _POOLS):
                continue
            for number, trip in enumerate(each.trips):
                after = each.trips[number + 1].fill if number + 1 < len(each.trips) else -1
                volumes = {load.point: load.volume_m3 for load in trip.loads}
                column = self._driven(kind, trip.fill, after, list(volumes), list(volumes.values()))
                self._columns.append((column, len(each.trips)))

    def improve(self, iterations: int, *, enough: float = np.inf) -> int:
        """Sharpen until the bound rounds up to `enough`, can get no better, or time is up."""
        for _ in range(iterations):
            try:
                prices, times = self._master()
            except ArithmeticError:  # the solver gave up: what is proved stays proved
                break
            between = prices if self.best is None else prices.mixed(self.best, 0.5)
            for tried in (between, prices):
                bound, found = self.certify(tried, times)
                if bound > self.value:
                    self.value, self.best = bound, tried
                added = self._add(found)
                if added:
                    break
            rounded = ceil(self.value - _ROUNDING)
            if not added or rounded >= min(enough, ceil(self.programme - _ROUNDING)):
                break
        return max(1, ceil(self.value - _ROUNDING))

    def certify(
        self, prices: Prices, times: list[set[float]] | None = None
    ) -> tuple[float, list[_Column]]:
        """The bound that prices prove, by themselves, and the best trips at them."""
        found: list[_Column] = []
        starts: list[tuple[int, int, int, float]] = []
        for kind in self._types:
            shift = kind.kind.one.shift_s
            tried = {each / shift for each in _TIME_PRICES}
            tried |= times[kind.number] if times is not None else set()
            least: dict[tuple[int, int, int], float] = {}
            for price_s in sorted(tried):
                values, columns = self._trips(kind, prices, price_s)
                found += columns
                for m, by_fill in enumerate(self._days(values, kind.most_trips), start=1):
                    for fill, slot in self._slots:
                        spare_s = self._spare_s(kind, fill, slot)
                        key = (fill, slot, m)
                        worth = price_s * spare_s + by_fill[fill] if spare_s > 0.0 else 0.0
                        least[key] = min(least.get(key, np.inf), worth)
            for fill, slot in self._slots:
                most = max(least[fill, slot, m] for m in range(1, kind.most_trips + 1))
                starts.append((kind.number, fill, slot, max(most, 0.0)))
        return self._fewest(starts, self.demand.worth(prices)), found

    def _fewest(self, starts: list[tuple[int, int, int, float]], worth: float) -> float:
        """The fewest trucks, in parts if need be, that could bring the worth; 0 if not known."""
        from scipy.optimize import linprog

        slots = {slot: row for row, slot in enumerate(self._slots)}
        rows = np.zeros((1 + len(slots) + len(self._types), len(starts)))
        for column, (kind, fill, slot, most) in enumerate(starts):
            rows[0, column] = -most
            rows[1 + slots[fill, slot], column] = 1.0
            rows[1 + len(slots) + kind, column] = 1.0
        high = np.concatenate([[-worth], np.ones(len(slots)), self._available()])
        solved = linprog(np.ones(len(starts)), A_ub=rows, b_ub=high, method="highs")
        if solved.status != 0:
            return 0.0
        # By weak duality: prices of the rows, made feasible, prove the number.
        dual = np.maximum(-solved.ineqlin.marginals, 0.0)
        over = max(1.0, float((-(dual @ rows)).max(initial=0.0)))
        return float(-(dual @ high)) / over

    def _available(self) -> list[float]:
        return [float(len(t.kind.trucks)) for t in self._types]

    def _starts(self) -> list[tuple[int, int]]:
        """Fill points and the place in their first queue, for every truck there could be."""
        trucks = sum(len(kind.trucks) for kind in self.haul.types)
        longest = max(kind.one.shift_s for kind in self.haul.types)
        each = trucks
        if self._queue_s > 0.0:
            each = min(trucks, floor(longest / self._queue_s) + 1)
        return [(fill, slot) for fill in range(len(self.haul.fills)) for slot in range(each)]

    def _spare_s(self, kind: _Type, fill: int, slot: int) -> float:
        earliest = min(float(each.first_drive_s[fill]) for each in self._types)
        begin = max(float(kind.first_drive_s[fill]), earliest + slot * self._queue_s)
        return kind.kind.one.shift_s - begin

    def _type(self, number: int, kind: TruckType) -> _Type:
        haul, truck = self.haul, kind.one
        fills, points = list(haul.fill_places), list(haul.point_places)
        # A cell more than there are: a part of less than a cell is counted as one.
        cells = _CELLS if len(points) <= _MANY_POINTS else _FEWER_CELLS
        wanted = np.minimum(self.demand.volume_m3, truck.capacity_m3)
        rest = np.minimum(self.demand.rest_m3, truck.capacity_m3)
        least = np.concatenate([wanted[wanted > 0.0], rest[rest > 0.0]]).min()
        cell = min(truck.capacity_m3 / cells, float(least))
        whole = np.floor(np.stack([wanted, rest], axis=1) / cell + 1e-9).astype(np.int64)
        whole[:, 1] *= self.demand.stops > 1.0
        round_s = float(
            min(
                (haul.time_s[f, p] + min(haul.time_s[p, fills].min(), haul.time_s[p, kind.depot]))
                for f in fills
                for p in points
            )
        )
        return _Type(
            kind=kind,
            number=number,
            cell_m3=cell,
            capacity=floor(truck.capacity_m3 / cell + 1e-9) + 1,
            window=np.ceil(wanted / cell - 1e-9).astype(np.int64),
            whole=whole,
            most_trips=max(1, floor(truck.shift_s / max(2.0 * truck.setup_s + round_s, 1.0))),
            first_drive_s=haul.time_s[kind.begin, fills] + kind.ready_s,
        )

    def _trips(self, kind: _Type, prices: Prices, price_s: float) -> tuple[Floats, list[_Column]]:
        """The most trips are worth by fill point and end (F, F + 1; last the depot), and them."""
        from dispatch.trip_kernel import best_trips

        haul, truck = self.haul, kind.kind.one
        fills, points = list(haul.fill_places), list(haul.point_places)
        ends = [*fills, kind.kind.depot]
        values = np.empty((len(fills), len(ends)))
        columns = []
        drive = np.ascontiguousarray(haul.time_s[np.ix_(points, points)])
        out = np.ascontiguousarray(haul.time_s[np.ix_(points, ends)])
        wanted = np.minimum(self.demand.volume_m3, truck.capacity_m3)
        rest = np.minimum(self.demand.rest_m3, truck.capacity_m3)
        steps = np.arange(int(kind.window.max(initial=0)) + 1) * kind.cell_m3
        both = np.stack([wanted, rest], axis=1)
        for f, fill in enumerate(haul.fills):
            per_m3 = price_s * (1.0 / truck.discharge_m3s + 1.0 / fill.flow_m3s)

            def worth(volume: Floats, per_m3: float = per_m3) -> Floats:
                first = np.minimum(volume, rest[:, None])
                water = (prices.water[:, None] - per_m3) * volume
                return water + prices.first[:, None] * first - price_s * truck.setup_s

            at = worth(np.minimum(steps[None, :], wanted[:, None]))
            kink = worth(rest[:, None])
            inside = (steps[None, :-1] < rest[:, None]) & (rest[:, None] < steps[None, 1:])
            part = np.maximum(at[:, :-1], at[:, 1:])
            part = np.where(inside, np.maximum(part, kink), part)
            best = np.empty(len(ends))
            path = np.empty((len(ends), _LONGEST, 2), np.int64)
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
            values[f] = best - price_s * truck.setup_s
            for e in range(len(ends)):
                column = self._column(kind, f, e, path[e][::-1], both)
                if column is not None:
                    columns.append(column)
        return values, columns

    def _column(self, kind: _Type, fill: int, end: int, path: Any, both: Floats) -> _Column | None:
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
        last = end if end < len(self.haul.fills) else -1
        return self._driven(kind, fill, last, list(volume), list(volume.values()))

    def _driven(
        self, kind: _Type, fill: int, end: int, stops: list[int], volumes: list[float]
    ) -> _Column:
        haul, truck = self.haul, kind.kind.one
        home = haul.fill_places[end] if end >= 0 else kind.kind.depot
        way = [haul.fill_places[fill], *(haul.point_places[j] for j in stops), home]
        drive = sum(float(haul.time_s[a, b]) for a, b in pairwise(way))
        per_m3 = 1.0 / truck.discharge_m3s + 1.0 / haul.fills[fill].flow_m3s
        volume = np.zeros(len(haul.points))
        volume[stops] = volumes
        return _Column(
            kind=kind.number,
            fill=fill,
            end=end,
            volume_m3=volume,
            first_m3=np.minimum(volume, self.demand.rest_m3),
            time_s=drive + truck.setup_s * (1 + len(stops)) + per_m3 * sum(volumes),
        )

    def _days(self, values: Floats, most_trips: int) -> list[Floats]:
        """The most that 1, 2, ... trips are worth, by the fill point of the first (F,)."""
        days = [values[:, -1]]
        for _ in range(most_trips - 1):
            days.append((values[:, :-1] + days[-1][None, :]).max(axis=1))
        return days

    def _add(self, found: list[_Column]) -> int:
        """Add the trips that the programme's own prices call worth it; how many."""
        added = 0
        for column in found:
            for m, worth in self._reduced(column):
                if worth > 1e-7:
                    self._columns.append((column, m))
                    added += 1
        return added

    def _reduced(self, column: _Column) -> list[tuple[int, float]]:
        prices, time, count, flow = self._duals
        kind = self._types[column.kind]
        reward = float(prices.water @ column.volume_m3 + prices.first @ column.first_m3)
        worth = []
        for m in range(1, min(kind.most_trips, _POOLS) + 1):
            value = reward - time[column.kind, m] * column.time_s - count[column.kind, m]
            value -= flow[column.kind, m, column.fill]
            value += flow[column.kind, m, column.end] if column.end >= 0 else 0.0
            worth.append((m, value))
        return worth

    def _master(self) -> tuple[Prices, list[set[float]]]:
        """Solve the programme over the trips known; its prices, and its prices of time by type."""
        from dispatch.trip_programme import solve_programme

        solved = solve_programme(
            self.demand,
            self._columns,
            [(t.number, min(t.most_trips, _POOLS)) for t in self._types],
            self._slots,
            {
                (t.number, fill, slot): self._spare_s(t, fill, slot)
                for t in self._types
                for fill, slot in self._slots
            },
            self._available(),
            len(self.haul.fills),
            _DEAR,
        )
        self.programme = solved.value
        self._duals = (solved.prices, solved.time, solved.count, solved.flow)
        times: list[set[float]] = [set() for _ in self._types]
        for pool in solved.active:
            times[pool[0]].add(solved.time[pool])
        return solved.prices, times


def _priced(seconds: Floats, price_s: float) -> Floats:
    """Drives in worth; a place that cannot be reached is dear at any price."""
    reached = np.isfinite(seconds)
    return np.ascontiguousarray(np.where(reached, np.where(reached, seconds, 0.0) * price_s, 1e20))


def sharper_bound(haul: Haul, plan: RoundPlan, *, iterations: int) -> int:
    """A bound proved by prices, begun from a plan; 1, which always holds, where it is out of reach.

    Ends when it meets the number of trucks of the plan.
    """
    served = any(point.daily_m3 > 0.0 for point in haul.points)
    if not (served and haul.types and haul.fills):
        return 1
    bound = TripBound(haul)
    if not bound.possible:
        return 1
    bound.know(plan)
    return bound.improve(iterations, enough=len(plan.rounds))
