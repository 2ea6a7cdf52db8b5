"""The running day of a delivery: which round it is, and what each point has got so far.

A proposal's plan is one day's round, repeated every day of the outage; plans made anew replace the
rest of the day they were made in. Reports count from the beginning of the day, so that a point
which was thought to be served can turn out short later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.truck_replan import delivered_by_plan
from network_models.problems import InputError, Problem

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDay:
    """A day under way: its number from 0, the plan that runs, and what came by point, in m3."""

    day: int
    plan: Mapping[str, Any]
    brought_m3: Mapping[str, float]


def running_day(
    first: Mapping[str, Any],
    anew: Sequence[Mapping[str, Any]],
    now: datetime,
    reported_m3: Mapping[str, float],
) -> RunningDay:
    """The day that runs at `now`.

    `first` is the proposal's plan (`TruckPlan.as_dict`), `anew` the plans made since, in their
    order, each with `day`, `now`, `brought_m3` and `trucks`. `reported_m3` is what came by point
    since the day began; points it does not name got what the plans say. InputError when a later
    plan exists.
    """
    latest = anew[-1] if anew else None
    if latest is not None and now < datetime.fromisoformat(latest["now"]):
        expected = f"no earlier than the plan before it, of {latest['now']}"
        raise InputError(
            [Problem(file="", line=None, field="now", found=now.isoformat(), expected=expected)]
        )
    day = _day_of(first, now)
    brought: Counter[str] = Counter()
    if latest is not None and latest["day"] == day:
        routes = latest["trucks"]["routes"]
        brought.update(latest["brought_m3"])
    else:
        routes = [_later(route, day * _DAY) for route in first["routes"]]
    plan = {**first, "routes": routes}
    brought.update(delivered_by_plan(plan, now))
    known = {point["id"]: brought[point["id"]] for point in first["points"]}
    return RunningDay(day=day, plan=plan, brought_m3={**known, **reported_m3})


def _day_of(first: Mapping[str, Any], now: datetime) -> int:
    begins = [datetime.fromisoformat(route["stops"][0]["arrive"]) for route in first["routes"]]
    return max((now - min(begins)) // _DAY, 0) if begins else 0


def _later(route: Mapping[str, Any], by: timedelta) -> dict[str, Any]:
    def moved(text: str) -> str:
        return (datetime.fromisoformat(text) + by).isoformat()

    stops = [
        {**stop, "arrive": moved(stop["arrive"]), "leave": moved(stop["leave"])}
        for stop in route["stops"]
    ]
    return {**route, "until": moved(route["until"]), "stops": stops}
