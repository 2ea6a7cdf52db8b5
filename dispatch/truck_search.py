"""The fewest trucks found for a day, with the queues counted.

Plans are sought (`truck_plan`) with trucks to spare first: how long they take together tells how
many trucks may do. From there numbers are tried one by one, with a plan made for each, and with the
trips of the shortest plan known dealt to so many trucks (`day_deal`). What comes of it is then
done with fewer trucks if trips made anew allow (`day_fewest`).

A day of many loads, on which PyVRP would be slow, starts from the plain plan instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from dispatch.day_deal import deal
from dispatch.day_fewest import fewest_trucks
from dispatch.day_search import fit_shifts
from dispatch.fill_queue import cut_to_shifts, with_queues
from dispatch.haul import Haul
from dispatch.rounds import Load, Round, RoundPlan, Trip
from dispatch.truck_bound import truck_mix
from dispatch.truck_greedy import greedy_rounds
from dispatch.truck_plan import full_loads, solve_rounds, split_loads

_LOADS = 60
"""Loads of the day for which an iteration is counted as one; larger days get fewer."""
_FEWEST_ITERATIONS = 30
_ATTEMPTS = 6
"""About as many plans are sought with the iterations given."""
_MANY_LOADS = 300
_MOST_LOADS = 150
"""With more full loads of the smallest truck PyVRP is not asked."""
_SMALL_CUT = 100
"""Up to so many loads the demands are cut to smaller ones too."""
_SPARE_S = 60.0
_NEARLY_S = 1000.0
"""So little lateness, of all trucks together, is worth more turns."""
_TURNS = 4
_TRIES = 10
"""Turns for dealing trips anew, to iterations."""
_FEWEST_TRIES = 20_000
_TRIES_A_STEP = 20_000.0
"""Turns times trips times trucks that take about as long as an iteration with one load."""
_TRIES_AFTER = 500
_TRIES_ALONE = 1500
"""Turns, to iterations, for fewer trucks than a plan has, and for a plan of a large day."""
_ROOM = 1.25
"""Trucks with which short rounds are sought, to those of the bound."""


def plan_rounds(
    haul: Haul, *, iterations: int, seed: int, enough: int = 0, feasible: bool = True
) -> RoundPlan:
    """The rounds with the least undelivered water, then the fewest trucks, found.

    No fewer than `enough` trucks are tried. With `feasible` false it is known that the fleet is
    too small, and a plain plan makes the most of it. The same seed gives the same plan.
    """
    plan = None
    if haul.points and haul.types and haul.fills and feasible:
        plan = _found(haul, iterations, seed, max(enough, 1))
    return plan or _plain(haul, seed)


def _found(haul: Haul, iterations: int, seed: int, least: int) -> RoundPlan | None:
    """A plan that brings everything with few trucks; None if none is found."""
    best: RoundPlan | None = None
    smallest = min(kind.one.capacity_m3 for kind in haul.types)
    if len(full_loads(haul, smallest)) <= _MOST_LOADS:
        best = _Search(haul, left=iterations * _LOADS, seed=seed).fewest(least)
    if best is not None:
        tries = iterations * _TRIES_AFTER
        return fewest_trucks(haul, best, least=least, works=True, tries=tries, seed=seed)
    plain = greedy_rounds(haul)
    # What is left of it is driven somehow: the search is to make trips of it.
    alone = [Trip(0, (load,)) for load in plain.undelivered]
    begin = RoundPlan((*plain.rounds, *(Round(0, (trip,)) for trip in alone)), ())
    tries = iterations * _TRIES_ALONE
    best = fewest_trucks(haul, begin, least=least, works=False, tries=tries, seed=seed)
    return best or _most(haul, begin, tries, seed)


def _most(haul: Haul, begin: RoundPlan, tries: int, seed: int) -> RoundPlan:
    """What the whole fleet brings when everything at once was too much."""
    fleet = [len(kind.trucks) for kind in haul.types]
    rounds, _ = fit_shifts(haul, deal(haul, begin.rounds, fleet), seed=seed, tries=tries)
    fitted = cut_to_shifts(haul, RoundPlan(rounds, ()))[0]
    return min(fitted, _plain(haul, seed), key=lambda plan: plan.rank)


def _plain(haul: Haul, seed: int) -> RoundPlan:
    plain = greedy_rounds(haul)
    fitted, _ = fit_shifts(haul, plain.rounds, seed=seed)
    return cut_to_shifts(haul, RoundPlan(fitted, plain.undelivered))[0]


def _fleet(haul: Haul) -> int:
    return sum(len(kind.trucks) for kind in haul.types)


@dataclass(slots=True)
class _Search:
    haul: Haul
    left: float
    """Iterations times loads that may still be spent."""
    seed: int
    likely: int = 1
    """About as many trucks as the shortest rounds known fill."""
    shortest: tuple[Round, ...] = ()
    hours: dict[int, float] = field(default_factory=dict)
    """How long the shortest rounds took by the way demands were cut."""
    dealt: dict[int, tuple[Round, ...]] = field(default_factory=dict)
    """By number of trucks, the rounds that it could not do."""
    attempts: int = 0
    share: float = 0.0
    tries: int = 0
    """Turns for dealing trips anew."""
    shift_s: float = 0.0

    def __post_init__(self) -> None:
        self.share = self.left / _ATTEMPTS
        self.tries = max(_FEWEST_TRIES, int(self.left / _LOADS * _TRIES))
        self.shift_s = max((kind.one.shift_s for kind in self.haul.types), default=0.0)

    def fewest(self, least: int) -> RoundPlan | None:
        """The plan with the fewest trucks found, no fewer than `least`; None for none."""
        best: RoundPlan | None = None
        most = _fleet(self.haul)
        for roomy in sorted({min(most, ceil(_ROOM * least) + 2), most}):
            self.look(roomy)
            if self.shortest:
                break
        end = -self.left  # as long again where nothing has been found
        while self.left > (end if best is None else 0.0):
            number = most if best is None else len(best.rounds) - 1
            if number < least:
                break
            best = self.deal_fewest(max(self.likely, least), number) or self.plan(number) or best
        return best

    def look(self, number: int) -> None:
        """Seek short rounds with trucks to spare, by every cut."""
        mix = truck_mix(self.haul, number)
        for cut, loads in enumerate(self._cuts(mix) if mix else ()):
            self._solve(mix or (), cut, loads, 0.0)

    def deal_fewest(self, least: int, most: int) -> RoundPlan | None:
        """The trips of the shortest rounds known, by the fewest trucks that can do them in time."""
        number = least
        while self.shortest and number <= most:
            step = 1
            mix = truck_mix(self.haul, number)
            if mix is not None and self.dealt.get(number) is not self.shortest:
                self.dealt[number] = self.shortest
                rounds, late_s = self._fit(deal(self.haul, self.shortest, mix))
                if late_s <= 0.0:
                    return RoundPlan(rounds, ())
                step = max(1, int(late_s / self.shift_s))
            number += step
        return None

    def plan(self, number: int) -> RoundPlan | None:
        """A plan for a number of trucks that fits with its queues, or None."""
        mix = truck_mix(self.haul, number)
        if mix is None:
            self.left = 0.0
            return None
        cuts = self._cuts(mix)
        order = sorted(range(len(cuts)), key=lambda c: self.hours.get(c, 0.0))
        cut = order[self.attempts % len(order)]
        self.attempts += 1
        shorter_s = 0.0
        for _ in range(2):
            plan = self._solve(mix, cut, cuts[cut], shorter_s)
            if plan is None:
                break
            rounds, late_s = self._fit(plan.rounds)
            if late_s <= 0.0:
                return RoundPlan(rounds, ())
            shorter_s = late_s / number + _SPARE_S
        return None

    def _solve(
        self, mix: Sequence[int], cut: int, loads: Sequence[Load], shorter_s: float
    ) -> RoundPlan | None:
        tries = max(_FEWEST_ITERATIONS, int(self.share / len(loads)))
        self.left -= tries * len(loads)
        plan = solve_rounds(
            self.haul,
            loads,
            mix,
            iterations=tries,
            seed=self.seed + self.attempts,
            shorter_s=shorter_s,
        )
        if plan is not None:
            self._note(cut, plan.rounds)
        return plan

    def _fit(self, rounds: Sequence[Round]) -> tuple[tuple[Round, ...], float]:
        """The trips dealt anew so that nobody is late, and by how much they are all the same."""
        late_s = float("inf")
        for turn in range(_TURNS):
            seed = self.seed + self.attempts + turn
            rounds, late_s = fit_shifts(self.haul, rounds, seed=seed, tries=self.tries)
            trips = sum(len(each.trips) for each in rounds)
            self.left -= self.tries * trips * len(rounds) / _TRIES_A_STEP
            if not 0.0 < late_s < _NEARLY_S:
                break
        return tuple(rounds), late_s

    def _note(self, cut: int, rounds: Sequence[Round]) -> None:
        """Keep the rounds if they are the shortest so far, waiting left out."""
        queued = with_queues(self.haul, rounds)
        hours = sum(
            each.end_s - self.haul.types[each.round.kind].ready_s - sum(each.waits_s)
            for each in queued
        )
        if hours < min(self.hours.values(), default=float("inf")):
            self.shortest = tuple(rounds)
            self.likely = ceil(hours / self.shift_s)
        self.hours[cut] = min(hours, self.hours.get(cut, float("inf")))

    def _cuts(self, mix: Sequence[int]) -> list[tuple[Load, ...]]:
        """The demands cut to full loads of the smallest truck in use, evenly, and smaller."""
        used = [k.one.capacity_m3 for k, n in zip(self.haul.types, mix, strict=True) if n]
        daily = sum(point.daily_m3 for point in self.haul.points)
        # Small loads fit every truck; more loads than this make the search slow and no better.
        least = min(daily / _MANY_LOADS, max(used))
        full, small = max(min(used), least), max(min(min(used) / 2, 3.0), least)
        cuts = [full_loads(self.haul, full), split_loads(self.haul, full)]
        return cuts if len(cuts[1]) > _SMALL_CUT else [*cuts, split_loads(self.haul, small)]
