"""Rooms over a heat run: who falls below which temperature and when, and what is to be refunded.

The limits are those of the rulebook: every rule on room temperature, of any profile, gives its
value, so that a promise beside the law is watched too. Only the rules in force judge. A refund is
counted by days from the start of the run: a day counts by its lowest temperature (the source does
not say how a day is established; ours), and is due if the supplier is the cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.finding import Finding
from dispatch.quantity import Quantity, exact
from dispatch.rulebook import RuleBook, RuleSet
from network_models.physics import ZERO_C_K

F64 = NDArray[np.float64]
ROOM = "room temperature"
LIMIT_RULES = ("HEAT-ROOM-MIN-16", "HEATCO-TEMP-18")
REFUND_RULE = "HEAT-REFUND"
DAY_S, HOUR_S = 86400.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A heat station's homes. `households` and `area_m2` may be estimates."""

    id: str
    households: int
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCourse:
    """How the rooms of one station went.

    `falls_h` tells, for each limit (C), hours from the start of the watch until they are below
    (None: never); `below_h` for how long. `refunds` are (day, per cent of that day's fee).
    """

    station: Station
    lowest_c: float
    lowest_time_s: float
    falls_h: dict[float, float | None]
    below_h: dict[float, float]
    refunds: tuple[tuple[int, float], ...]
    finding: Finding | None

    @property
    def refund_days(self) -> float:
        """Days' fees to be refunded, parts counted as parts."""
        return sum(percent for _, percent in self.refunds) / 100.0

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values; limits as text."""
        return {
            "station": self.station.id,
            "households": self.station.households,
            "area_m2": self.station.area_m2,
            "lowest_c": self.lowest_c,
            "lowest_time_s": self.lowest_time_s,
            "falls_h": {f"{k:g}": v for k, v in self.falls_h.items()},
            "below_h": {f"{k:g}": v for k, v in self.below_h.items()},
            "refund_days": self.refund_days,
            "refunds": [{"day": day, "percent": percent} for day, percent in self.refunds],
            "verdict": "no-rule" if self.finding is None else self.finding.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomVerdict:
    """All stations, those with the coldest rooms first."""

    profile: str
    rule: str
    limits_c: tuple[float, ...]
    courses: tuple[RoomCourse, ...]
    verdict: str

    @property
    def violated(self) -> bool:
        """Whether a mandatory rule on room temperature is broken."""
        return self.verdict == "violation"

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values; `households_below` counts by limit."""
        below = {
            f"{limit:g}": sum(
                c.station.households for c in self.courses if c.falls_h[limit] is not None
            )
            for limit in self.limits_c
        }
        return {
            "profile": self.profile,
            "rule": self.rule,
            "verdict": self.verdict,
            "limits_c": list(self.limits_c),
            "households": sum(c.station.households for c in self.courses),
            "households_below": below,
            "refund_household_days": sum(
                c.refund_days * c.station.households for c in self.courses
            ),
            "stations": [c.as_dict() for c in self.courses],
        }


def room_limits_c(book: RuleBook) -> tuple[float, ...]:
    """Room temperatures (C) that any rule of any profile draws a line at, the highest first."""
    found: set[float] = set()
    for rule in book.rules:
        if rule.utility != "heat" or rule.quantity != ROOM:
            continue
        if rule.mode == "limit" and isinstance(rule.value, int | float):
            found.add(float(rule.value))
        for bands in (rule.tables or {}).values():
            found.update(float(band.up_to) for band in bands if band.up_to is not None)
    return tuple(sorted(found, reverse=True))


def judge_rooms(
    book: RuleBook,
    rules: RuleSet,
    stations: Sequence[Station],
    times_s: F64,
    room_k: F64,
    *,
    from_s: float = 0.0,
) -> RoomVerdict:
    """Judge room temperatures (T, B) at `times_s` (T,); hours count from `from_s`."""
    limits = room_limits_c(book)
    rule = next((name for name in LIMIT_RULES if rules.rule(name) is not None), "")
    celsius = room_k - ZERO_C_K
    courses = [
        _course(rules, rule, station, limits, times_s, celsius[:, i], from_s)
        for i, station in enumerate(stations)
    ]
    courses.sort(key=lambda c: (c.lowest_c, c.station.id))
    found = {c.finding.verdict for c in courses if c.finding is not None}
    order = ("violation", "advice", "gap", "pass")
    return RoomVerdict(
        profile=rules.profile.id,
        rule=rule,
        limits_c=limits,
        courses=tuple(courses),
        verdict=next((v for v in order if v in found), "no-rule"),
    )


def _course(
    rules: RuleSet,
    rule: str,
    station: Station,
    limits: Sequence[float],
    times_s: F64,
    celsius: F64,
    from_s: float,
) -> RoomCourse:
    at = int(celsius.argmin())
    lowest = float(celsius[at])
    return RoomCourse(
        station=station,
        lowest_c=lowest,
        lowest_time_s=float(times_s[at]),
        falls_h={limit: _falls(times_s, celsius, limit, from_s) for limit in limits},
        below_h={limit: _below(times_s, celsius, limit) / HOUR_S for limit in limits},
        refunds=_refunds(rules, times_s, celsius),
        finding=rules.evaluate(rule, _degrees(lowest)) if rule else None,
    )


def _degrees(celsius: float) -> Quantity:
    """A temperature as the rulebook compares it: in tenths, as rooms are measured."""
    return Quantity("number", exact(round(celsius, 1)), "degC")


def _falls(times_s: F64, celsius: F64, limit: float, from_s: float) -> float | None:
    """Hours from `from_s` until the straight line between two times crosses the limit."""
    below = np.flatnonzero((celsius < limit) & (times_s >= from_s))
    if not len(below):
        return None
    i = int(below[0])
    time = float(times_s[i])
    if i > 0 and celsius[i - 1] >= limit:
        share = (celsius[i - 1] - limit) / (celsius[i - 1] - celsius[i])
        time = float(times_s[i - 1] + share * (times_s[i] - times_s[i - 1]))
    return max(0.0, (time - from_s) / HOUR_S)


def _below(times_s: F64, celsius: F64, limit: float) -> float:
    """Seconds under the limit, with straight lines between the times."""
    total = 0.0
    for (t0, a), (t1, b) in pairwise(zip(times_s.tolist(), celsius.tolist(), strict=True)):
        if a < limit and b < limit:
            total += t1 - t0
        elif (a < limit) != (b < limit):
            share = (limit - min(a, b)) / abs(b - a)
            total += share * (t1 - t0)
    return total


def _refunds(rules: RuleSet, times_s: F64, celsius: F64) -> tuple[tuple[int, float], ...]:
    if rules.rule(REFUND_RULE) is None:
        return ()
    day = np.floor_divide(np.maximum(times_s - 1e-6, 0.0), DAY_S).astype(int)
    found = []
    for one in np.unique(day):
        lowest = float(celsius[day == one].min())
        percent = rules.evaluate(REFUND_RULE, _degrees(lowest)).result
        if isinstance(percent, int | float) and percent > 0:
            found.append((int(one), float(percent)))
    return tuple(found)
