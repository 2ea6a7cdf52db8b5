"""How much work the sharper bound of a day's trucks gets, and the bound."""

from __future__ import annotations

from dispatch.haul import Haul
from dispatch.rounds import RoundPlan
from dispatch.trip_bound import TripBound
from dispatch.trip_pricing import day_demand, kind_of

_MANY_POINTS = 100
"""Above so many points trips are never listed, nor days told apart."""
_QUICK_STEPS = 44
_FEWEST_STEPS = 22
_QUICK_WORK = 300_000_000
"""Turns of the kernel's innermost loops in a few seconds."""


def quick_steps(haul: Haul) -> int:
    """Steps of the bound that cost a few seconds; 0 where so few would prove nothing."""
    points = [point.daily_m3 for point in haul.points if point.daily_m3 > 0.0]
    if not (points and haul.types and haul.fills):
        return 0
    demand, work = day_demand(haul), 0
    for number in range(len(haul.types)):
        kind = kind_of(haul, demand, number)
        way = int(kind.window.sum()) + len(points) ** 2
        work += kind.capacity * way * len(haul.fills)
    steps = min(_QUICK_WORK // max(work, 1), _QUICK_STEPS)
    return steps if steps >= _FEWEST_STEPS else 0


def sharper_bound(haul: Haul, plan: RoundPlan, *, iterations: int, thorough: bool = False) -> int:
    """A bound proved by prices, begun from a plan; 1, which always holds, where it is out of reach.

    Ends when it meets the number of trucks of the plan. When `thorough`, trips are listed and days
    of different numbers of trips are told apart where the first proof does not do; each part may
    take `iterations` steps.
    """
    served = any(point.daily_m3 > 0.0 for point in haul.points)
    if not (served and haul.types and haul.fills):
        return 1
    few = thorough and len(haul.points) <= _MANY_POINTS
    bound = TripBound(haul, listed=few)
    if not bound.possible:
        return 1
    bound.know(plan)
    enough = len(plan.rounds)
    proved = bound.improve(iterations, enough=enough)
    if few and proved < enough:
        bound.tell_days_apart(plan)
        proved = bound.improve(iterations, enough=enough)
    return proved
