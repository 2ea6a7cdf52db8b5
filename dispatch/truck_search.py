"""The fewest trucks found for a day: plans for ever fewer trucks, with the queues counted.

For a number of trucks at a time a plan is sought whose rounds fit the shifts, first without queues
(`truck_plan`), then, with its trips dealt anew, with them (`queue_search`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dispatch.fill_queue import cut_to_shifts
from dispatch.haul import Haul
from dispatch.queue_search import fit_shifts
from dispatch.rounds import Load, RoundPlan
from dispatch.truck_bound import truck_mix
from dispatch.truck_greedy import greedy_rounds
from dispatch.truck_plan import solve_rounds, split_loads

_LOADS = 60
"""Loads of the day for which an iteration is counted as one; larger days get fewer."""
_FEWEST_ITERATIONS = 30
_ATTEMPTS = 5
"""About as many numbers of trucks are tried with the iterations given."""
_MANY_LOADS = 150
_SPARE_S = 60.0


def plan_rounds(
    haul: Haul, *, iterations: int, seed: int, enough: int = 0, feasible: bool = True
) -> RoundPlan:
    """The rounds with the least undelivered water, then the fewest trucks, found.

    No fewer than `enough` trucks are tried. With `feasible` false it is known that the fleet is
    too small, and a plain plan makes the most of it. The same seed gives the same plan.
    """
    plain = greedy_rounds(haul)
    fitted, _ = fit_shifts(haul, plain.rounds, seed=seed)
    best, _ = cut_to_shifts(haul, RoundPlan(fitted, plain.undelivered))
    if not (haul.points and haul.types and haul.fills and feasible):
        return best
    search = _Search(haul, left=iterations * _LOADS, seed=seed)
    for number in _numbers(haul, enough, best):
        if search.left <= 0 and best.undelivered_m3 <= 0.0:
            break
        if best.undelivered_m3 <= 0.0 and number >= len(best.rounds):
            continue
        plan = search.plan(number)
        if plan is not None and plan.rank < best.rank:
            best = plan
    return best


def _numbers(haul: Haul, enough: int, plain: RoundPlan) -> Iterator[int]:
    """Numbers of trucks in the order they are tried: from a likely one up, then down to `enough`.

    The caller leaves out those that are no better than what it has.
    """
    least = max(enough, 1)
    most = sum(len(kind.trucks) for kind in haul.types)
    if plain.undelivered_m3 <= 0.0:
        most = min(most, len(plain.rounds) - 1)
    likely = max(min(least + least // 25, most), least)
    number, step = likely, 1
    while number <= most:
        yield number
        number += step
        # Without any plan one that works comes first, then fewer trucks.
        step *= 2 if plain.undelivered_m3 > 0.0 else 1
    if plain.undelivered_m3 > 0.0:
        yield most
    yield from range(likely - 1, least - 1, -1)


@dataclass(slots=True)
class _Search:
    haul: Haul
    left: float
    """Iterations times loads that may still be spent."""
    seed: int
    share: float = 0.0

    def __post_init__(self) -> None:
        self.share = self.left / _ATTEMPTS

    def plan(self, number: int) -> RoundPlan | None:
        """A plan for a number of trucks that fits with its queues, or None."""
        mix = truck_mix(self.haul, number)
        if mix is None:
            return None
        for loads in self._cuts(mix):
            tries = max(_FEWEST_ITERATIONS, int(self.share / 2 / len(loads)))
            shorter_s = 0.0
            for _ in range(2):
                self.left -= tries * len(loads)
                plan = solve_rounds(
                    self.haul,
                    loads,
                    mix,
                    iterations=tries,
                    seed=self.seed,
                    shorter_s=shorter_s,
                )
                if plan is None:
                    break
                rounds, late_s = fit_shifts(self.haul, plan.rounds, seed=self.seed)
                if late_s <= 0.0:
                    return RoundPlan(rounds, ())
                shorter_s = late_s / number + _SPARE_S
        return None

    def _cuts(self, mix: Sequence[int]) -> list[tuple[Load, ...]]:
        """The demands cut to the smallest truck in use, and to a smaller load."""
        used = [k.one.capacity_m3 for k, n in zip(self.haul.types, mix, strict=True) if n]
        daily = sum(point.daily_m3 for point in self.haul.points)
        # Small loads fit every truck; more loads than this make the search slow and no better.
        least = min(daily / _MANY_LOADS, max(used))
        sizes = {max(min(used), least), max(min(min(used) / 2, 3.0), least)}
        return [split_loads(self.haul, size) for size in sorted(sizes, reverse=True)]
