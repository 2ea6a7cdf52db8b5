"""A sharper bound on the number of trucks, by prices of water at each point.

Give every m3 at every point a price. All water together is then worth P, and no truck can bring
more than some M in its shift, so that at least P / M trucks are needed, whatever the prices. Good
prices come from a linear programme over trips that grows by the best trips at its own prices
(column generation); the bound needs no trust in it. M is found for the prices alone:

- a day of m trips is worth at most t L + V, for any price of time t: L is the shift less the
  drive to the first fill point, V the most that m trips are worth less their time at t
  (`trip_kernel`). The least over some t's, the most over m and over first fill points, is M;
- trucks that start at one fill point do so one after the other: each waits for the set-ups and
  the water of all first fillings before its own. Summed over the trucks at prices of at least t0,
  a truck with a others behind it so pays t0 a times its own first filling, and each pair of fill
  point and a gives one truck its M;
- with whole trucks at each fill point their places in its first queue are known too: each place
  then has a price of waiting of its own (`whole_trucks`);
- a point that needs several truckfuls of any truck has at least so many stops: with r what is left
  of its demand after full ones, the first r m3 of each stop sum to r times that number in every
  plan, so they carry a second price;
- a fill point serves one truck at a time, so its fillings take no longer together than from the
  first truck's drive to the last one's. Its time has a price too, that each filling pays, and
  what all its time costs is taken from P;

- the trips that a day's water fills the largest tank for are counted whole, all together and by
  sets of points (`trip_cuts`): a trip has a price of its own, and a call at a set.

Trucks wait for nothing else, and demands may be split at will.
"""

from __future__ import annotations

from math import ceil, floor

import numpy as np

from dispatch.fill_queue import with_queues
from dispatch.haul import Haul
from dispatch.rounds import RoundPlan
from dispatch.trip_cuts import Cut, called, short_sets
from dispatch.trip_days import Days, day_values, fewest_trucks, most_by_start, whole_trucks
from dispatch.trip_list import best_listed, trip_list
from dispatch.trip_pricing import (
    MOST_CELLS,
    Column,
    Floats,
    Kind,
    Prices,
    best_values,
    day_demand,
    driven,
    kind_of,
)
from dispatch.trip_programme import Pool, Solved, solve_programme

_MOST_TRIPS = 60
_PLACES = 4
"""Places in a first queue that the programme tells apart at most."""
_CERTIFY_EVERY = 8
"""Turns of the programme after which its prices are put to the proof."""
_ROUNDING = 1e-6
_NEAR = 0.01
"""Trucks by which a trip may miss to be worth its time, and is kept when days are told apart."""
_DEAR = 50.0
"""Trucks that a plan may pay in the programme for leaving one point dry."""
_TIME_PRICES = (0.0, 0.5, 0.8, 1.0, 1.25, 2.0)
"""Prices of time tried beside the programme's, in trucks a shift."""
_QUEUE_PRICES = (1.0, 0.9, 0.75)
"""Prices of waiting tried, in parts of the least price of time of the programme."""
_QUEUE_LEVELS = 3
"""Prices of a first filling's water for which trips are sought; between them lies a chord."""


class TripBound:
    """The bound of one haul, sharpened step by step; `value` is the best so far.

    Without `queues` any number of trucks may fill at one time. With `listed` trips are looked for
    in lists of all of them where there are few enough (`trip_list`), and sets of points are called
    at by whole trips (`trip_cuts`); that takes minutes and proves more.
    """

    def __init__(
        self, haul: Haul, *, queues: bool = True, days: bool = False, listed: bool = False
    ) -> None:
        self.haul = haul
        self.demand = day_demand(haul, queues=queues)
        self.value = 0.0
        self.programme = np.inf
        """What the programme asks for: no bound by itself, and the bound hardly gets better."""
        self._queues = queues
        self._solved: Solved | None = None
        self._kinds = [kind_of(haul, self.demand, number) for number in range(len(haul.types))]
        self._lists = [trip_list(haul, self.demand, k) if listed else None for k in self._kinds]
        self._slots = self._starts()
        self._pools: list[Pool] = [(kind.number, 0, -1) for kind in self._kinds]
        self._cuts: list[Cut] = []
        self._columns: list[tuple[Column, Pool]] = []
        self._first_m3 = np.zeros((len(self._kinds), len(haul.fills)))
        """What first fillings take by truck type and fill point, as far as is known."""

    @property
    def possible(self) -> bool:
        """Whether loads and days are coarse enough to be counted in cells and trips."""
        return all(
            each.capacity <= MOST_CELLS + 1 and each.most_trips <= _MOST_TRIPS
            for each in self._kinds
        )

    def know(self, plan: RoundPlan) -> None:
        """Let the programme begin with the trips of a plan."""
        # With the fill points that the queues leave to the trips.
        for each in (queued.round for queued in with_queues(self.haul, plan.rounds)):
            kind = self._kinds[each.kind]
            for number, trip in enumerate(each.trips):
                after = each.trips[number + 1].fill if number + 1 < len(each.trips) else -1
                volumes = {load.point: load.volume_m3 for load in trip.loads}
                column = driven(self.haul, self.demand, kind, trip.fill, after, volumes)
                self._columns.append((column, (kind.number, 0, -1)))

    def tell_days_apart(self, plan: RoundPlan) -> None:
        """From now on the programme tells days apart by trips and place in the first queue.

        Numbers of trips are those of the plan and those next to them; the bound counts all.
        """
        counts = [len(each.trips) for each in plan.rounds]
        known = [column for column, _ in self._columns]
        if self._solved is not None:
            near = [max(w for _, w in self._reduced(c)) > -_NEAR for c in known]
            known = [column for column, keep in zip(known, near, strict=True) if keep]
        places = (
            range(min(_PLACES, ceil(len(counts) / len(self.haul.fills)))) if self._queues else (-1,)
        )
        self._pools = [
            (kind.number, trips, place)
            for kind in self._kinds
            for trips in range(max(min(counts) - 1, 1), min(kind.most_trips, max(counts) + 1) + 1)
            for place in places
        ]
        self._columns = [(c, pool) for c in known for pool in self._pools if pool[0] == c.kind]

    def improve(self, iterations: int, *, enough: float = np.inf) -> int:
        """Sharpen until the bound rounds up to `enough`, can get no better, or time is up."""
        tried: Prices | None = None
        for step in range(iterations):
            try:
                solved = self._master()
            except ArithmeticError:  # the solver gave up: what is proved stays proved
                break
            times: list[set[float]] = [set() for _ in self._kinds]
            for pool in solved.active:
                times[pool[0]].add(solved.time[pool])
            waits = self._waits(solved)
            # The programme's prices swing; half way from the last they prove more.
            tried = solved.prices if tried is None else solved.prices.mixed(tried, 0.5)
            added = self._add(self._best_trips(tried, times))
            if not added:
                tried = solved.prices
                added = self._add(self._best_trips(tried, times))
            last = not added or step == iterations - 1
            if last or step % _CERTIFY_EVERY == _CERTIFY_EVERY - 1:
                bound, found = self.certify(tried, times, waits)
                self.value = max(self.value, bound)
                added += self._add(found)
                rounded = ceil(self.value - _ROUNDING)
                if rounded >= enough or step == iterations - 1:
                    break
                if not added:
                    new = self._new_cuts()
                    if not new:
                        break
                    self._cuts += new
        return max(1, ceil(self.value - _ROUNDING))

    def _best_trips(self, prices: Prices, times: list[set[float]]) -> list[Column]:
        found: list[Column] = []
        for kind in self._kinds:
            for price_s in sorted(times[kind.number]):
                found += self._best(kind, prices, price_s)[1]
        return found

    def _best(
        self, kind: Kind, prices: Prices, price_s: float, *, filling_s: float = 0.0
    ) -> tuple[Floats, list[Column]]:
        """The most that trips are worth, by fill point and end, and the best ones."""
        listed = self._lists[kind.number]
        if listed is None:
            return best_values(self.haul, self.demand, kind, prices, price_s, filling_s=filling_s)
        return best_listed(
            self.haul,
            self.demand,
            kind,
            listed,
            prices,
            price_s,
            cuts=self._cuts,
            filling_s=filling_s,
        )

    def certify(
        self,
        prices: Prices,
        times: list[set[float]] | None = None,
        waits: Floats | None = None,
    ) -> tuple[float, list[Column]]:
        """The bound that prices prove, by themselves, and the best trips at them.

        `times` are prices of time worth a try by type, `waits` those of waiting by place in the
        first queue.
        """
        known = [price for each in times or () for price in each]
        low = min((price for price in known if price > 0.0), default=0.0)
        queue = sorted({0.0, *(low * part for part in _QUEUE_PRICES if self._queues)})
        most_behind = self._most_behind()
        # Water of a first filling has these prices a second, besides the truck's own time.
        top = queue[-1] * most_behind
        if waits is not None:
            top = max(top, float(waits[1:].sum()))
        number = _QUEUE_LEVELS if waits is None else _PLACES * 2
        levels = np.linspace(0.0, top, number if top > 0.0 else 1)
        found: list[Column] = []
        days: list[list[Days]] = []
        for kind in self._kinds:
            own = set(times[kind.number]) if times is not None else set()
            if waits is not None and own:
                own |= {float(waits.max())}
            shift = kind.kind.one.shift_s
            days.append([])
            for price_s in sorted({each / shift for each in _TIME_PRICES} | own):
                values, columns = self._best(kind, prices, price_s)
                found += columns
                first = [values]
                for level in levels[1:] if price_s in own else ():
                    more, columns = self._best(kind, prices, price_s, filling_s=float(level))
                    found += columns
                    first.append(more)
                    self._note_first(columns)
                # A price of water that is left out makes the day no less worth.
                first += first[-1:] * (len(levels) - len(first))
                days[-1].append(Days(price_s, day_values(values, first, kind.most_trips)))
        worth = self.demand.worth(prices)
        worth += sum(cut.trips * float(p) for cut, p in zip(self._cuts, prices.cuts, strict=True))
        best = 0.0
        for queue_s in queue:
            starts = [
                (kind.number, fill, behind, float(most))
                for kind in self._kinds
                for (fill, behind), most in zip(
                    self._slots,
                    most_by_start(
                        self._kinds, kind, self._slots, days[kind.number], queue_s, levels
                    ),
                    strict=True,
                )
            ]
            best = max(best, fewest_trucks(starts, worth, self._slots, self._available()))
        if waits is not None:
            for part in (1.0, *_QUEUE_PRICES[1:]):
                best = max(best, whole_trucks(self._kinds, days, part * waits, levels, worth))
        return best, found

    def _waits(self, solved: Solved) -> Floats | None:
        """The least price of time of the trucks at each place of the first queues, to the last
        that is told apart; None when places are not."""
        last = max(pool[2] for pool in self._pools)
        if last < 0:
            return None
        waits = np.full(last + 1, np.inf)
        for pool in solved.active:
            waits[pool[2]] = min(waits[pool[2]], solved.time[pool])
        return np.where(np.isfinite(waits), waits, 0.0)

    def _available(self) -> list[float]:
        return [float(len(t.kind.trucks)) for t in self._kinds]

    def _starts(self) -> list[tuple[int, int]]:
        """Fill points and how many trucks start there behind one, for all there could be."""
        trucks = sum(len(kind.trucks) for kind in self.haul.types)
        longest = max((kind.one.shift_s for kind in self.haul.types), default=0.0)
        setup = min((kind.one.setup_s for kind in self.haul.types), default=0.0)
        each = trucks
        if self._queues and setup > 0.0:
            each = min(trucks, floor(longest / setup) + 1)
        return [(fill, slot) for fill in range(len(self.haul.fills)) for slot in range(each)]

    def _most_behind(self) -> int:
        """About as many trucks as stand behind another in a good plan."""
        wanted = self.programme if np.isfinite(self.programme) else sum(self._available())
        return ceil(1.5 * wanted / max(len(self.haul.fills), 1)) + 1

    def _add(self, found: list[Column]) -> int:
        """Add the trips that the programme's own prices call worth it; how many."""
        added = 0
        for column in found:
            for pool, worth in self._reduced(column):
                if worth > 1e-7:
                    self._columns.append((column, pool))
                    added += 1
        return added

    def _new_cuts(self) -> list[Cut]:
        """Sets of points that the programme's plan calls at too seldom."""
        if self._solved is None or any(each is None for each in self._lists):
            return []
        used = [
            (column, float(part))
            for (column, _), part in zip(self._columns, self._solved.parts, strict=False)
            if part > 1e-7
        ]
        return short_sets(
            [column for column, _ in used],
            [part for _, part in used],
            self.demand.volume_m3,
            max(kind.one.capacity_m3 for kind in self.haul.types),
            self._cuts,
        )

    def _reduced(self, column: Column) -> list[tuple[Pool, float]]:
        solved = self._solved
        assert solved is not None
        reward = float(
            solved.prices.water @ column.volume_m3 + solved.prices.first @ column.first_m3
        )
        reward += solved.prices.trip
        if self._cuts:
            reward += float(solved.prices.cuts @ called(self._cuts, column))
        worth = []
        for pool in self._pools:
            if pool[0] != column.kind:
                continue
            value = reward - solved.time[pool] * column.time_s - solved.count[pool]
            value -= solved.flow[*pool, column.fill]
            value -= solved.prices.filling_s[column.fill] * column.filling_s
            value += solved.flow[*pool, column.end] if column.end >= 0 else 0.0
            worth.append((pool, value))
        return worth

    def _note_first(self, columns: list[Column]) -> None:
        """Keep in mind what first fillings take when others wait for them."""
        for column in columns:
            known = self._first_m3[column.kind, column.fill]
            self._first_m3[column.kind, column.fill] += 0.1 * (column.volume_m3.sum() - known)

    def _spare_s(self, kind: Kind, fill: int, behind: int) -> float:
        """A truck's time, less its first drive and what those behind wait for it, about."""
        truck = kind.kind.one
        spare_s = truck.shift_s - float(kind.first_drive_s[fill])
        if self._queues:
            water_s = self._first_m3[kind.number, fill] / self.haul.fills[fill].flow_m3s
            spare_s -= behind * (truck.setup_s + water_s)
        return spare_s

    def _master(self) -> Solved:
        """Solve the programme over the trips known."""
        solved = solve_programme(
            self.demand,
            self._columns,
            self._pools,
            self._slots,
            {
                (k.number, fill, slot): self._spare_s(k, fill, slot)
                for k in self._kinds
                for fill, slot in self._slots
            },
            self._available(),
            len(self.haul.fills),
            _DEAR,
            self._cuts,
            [k.kind.one.setup_s for k in self._kinds],
        )
        self.programme, self._solved = solved.value, solved
        return solved
