"""A day with fewer and fewer trucks: its trips dealt to so many and made anew, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from dispatch.day_deal import deal
from dispatch.day_search import WARM_S, fit_shifts
from dispatch.fill_queue import with_queues
from dispatch.haul import Haul
from dispatch.rounds import Round, RoundPlan
from dispatch.truck_bound import truck_mix

_FIRST, _SECOND, _NEXT = 0.1, 0.2, 0.1
"""Parts of the turns: for the least number, which seldom does but tells how many might; for those;
for each number after them until one does. What is left then goes into one truck less."""
_MILD_S = 40.0
"""Trips that have been made short are taken apart less."""


def fewest_trucks(
    haul: Haul, begin: RoundPlan, *, least: int, works: bool, tries: int, seed: int
) -> RoundPlan | None:
    """The plan with the fewest trucks found, from the trips of `begin`, no fewer than `least`.

    `begin` may be late; if it `works` it is improved on. None when nothing found works.
    """
    best = begin if works else None
    rounds, left = begin.rounds, tries
    most = sum(len(kind.trucks) for kind in haul.types)
    number = len(rounds) - 1 if works else min(least, most)
    parts, step = [_NEXT, _SECOND, _FIRST], 1
    while least <= number <= most and (left > 0 or best is None):
        mix = truck_mix(haul, number)
        if mix is None:
            number += 1
            continue
        mild = best is None and len(parts) == 1 and left > 0
        part = left if best else ceil(tries * (parts.pop() if len(parts) > 1 else _NEXT))
        left -= part
        rounds, late_s = fit_shifts(
            haul,
            deal(haul, rounds, mix),
            seed=seed,
            tries=part,
            warm_s=_MILD_S if mild else WARM_S,
        )
        if late_s <= 0.0:
            best = RoundPlan(rounds, ())
            number = len(rounds) - 1
        elif best is not None or number == most:
            break
        else:
            # In longer and longer steps when the turns are spent: fill points may bind, not trucks.
            step = step if left > 0 else 2 * step
            number = min(max(number + step, _filled(haul, rounds)), most)
    return best


def _filled(haul: Haul, rounds: Sequence[Round]) -> int:
    """How many shifts the rounds take together."""
    duty_s = sum(haul.types[each.kind].duty_s for each in rounds)
    busy_s = sum(
        each.end_s - haul.types[each.round.kind].ready_s for each in with_queues(haul, rounds)
    )
    return ceil(len(rounds) * busy_s / duty_s) if duty_s > 0.0 else 0
