"""What is asked of the planner, and what it needs to know to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dispatch.customers import Customer
from dispatch.fleet import Depot, FillPoint, Truck
from dispatch.roads import RoadGraph
from dispatch.rulebook import RuleBook
from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.valves import IsolationValve

LONGEST = timedelta(days=31)
"""Longest window that is solved hour by hour; more would hold the planner for hours."""
COLDEST_C, WARMEST_C = -60.0, 15.0
"""Weather in which heat is supplied at all."""
YEARS = range(1970, 2261)
"""Years in which the days before and after, and nanoseconds, can be counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRequest:
    """An outage as filed: what (`water/link:P12`), when (moments with a zone) and why.

    `approved` is whether the authority's approval is on record (None: nobody has asked yet).
    `secondary` marks work on secondary-supply facilities; `outdoor_c` is the weather to expect,
    which decides how fast rooms cool.
    """

    element: str
    start: datetime
    end: datetime
    reason: str = ""
    reason_en: str = ""
    kind: Literal["planned", "unplanned"] = "planned"
    approved: bool | None = None
    secondary: bool = False
    outdoor_c: float | None = None

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], zone: ZoneInfo) -> OutageRequest:
        """The request in a JSON record; times are ISO 8601, site time where they have no offset.

        InputError with every fault.
        """
        problems: list[Problem] = []
        known = set(cls.__dataclass_fields__)
        for name in sorted(set(record) - known):
            problems.append(_problem(name, "an unknown field", "one of " + ", ".join(known)))
        for name in ("element", "start", "end"):
            if not record.get(name):
                problems.append(_problem(name, "nothing", "a value"))
        moments = {}
        for name in ("start", "end"):
            try:
                moment = datetime.fromisoformat(str(record.get(name, "")))
                moments[name] = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            except ValueError:
                if record.get(name):
                    problems.append(_problem(name, str(record[name]), "an ISO 8601 time"))
        if record.get("kind", "planned") not in {"planned", "unplanned"}:
            problems.append(_problem("kind", str(record["kind"]), "planned or unplanned"))
        for name in ("approved", "secondary"):
            if record.get(name) not in {None, True, False}:
                problems.append(_problem(name, str(record[name]), "true or false"))
        outdoor = record.get("outdoor_c")
        if outdoor is not None and (
            isinstance(outdoor, bool)
            or not isinstance(outdoor, int | float)
            or not COLDEST_C <= outdoor <= WARMEST_C
        ):
            expected = f"a temperature from {COLDEST_C:g} to {WARMEST_C:g} C"
            problems.append(_problem("outdoor_c", str(outdoor), expected))
        if problems:
            raise InputError(problems)
        return cls(
            element=str(record["element"]),
            start=moments["start"],
            end=moments["end"],
            reason=str(record.get("reason", "")),
            reason_en=str(record.get("reason_en", "")),
            kind=record.get("kind", "planned"),
            approved=record.get("approved"),
            secondary=bool(record.get("secondary")),
            outdoor_c=None if outdoor is None else float(outdoor),
        )

    @property
    def duration(self) -> timedelta:
        """Elapsed time from start to end, whatever clocks do in between."""
        return elapsed(self.start, self.end)

    def check(self) -> None:
        """InputError when the window is not one: no offset, or it does not end after its start."""
        problems = [
            _problem(name, moment.isoformat(), "a time with its offset")
            for name, moment in (("start", self.start), ("end", self.end))
            if moment.tzinfo is None
        ]
        problems += [
            _problem(name, moment.isoformat(), f"a year from {YEARS[0]} to {YEARS[-1]}")
            for name, moment in (("start", self.start), ("end", self.end))
            if moment.year not in YEARS
        ]
        if not problems and self.duration <= timedelta(0):
            problems.append(_problem("end", self.end.isoformat(), "a time after the start"))
        if not problems and self.duration > LONGEST:
            expected = f"at most {LONGEST.days} days after the start"
            problems.append(_problem("end", self.end.isoformat(), expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageSettings:
    """What a site chooses; no rule gives these.

    `large_scope_households` unset: every outage counts as large. `marked_ends` are test points
    judged as network ends beside those the rule names. `noticeable_drop_m` of pressure head makes
    a node below the limit one the outage has pushed there.
    """

    profile: str = "jinan"
    large_scope_households: int | None = None
    marked_ends: tuple[str, ...] = ()
    step: timedelta = timedelta(seconds=900)
    warm_up: timedelta = timedelta(days=1)
    noticeable_drop_m: float = 0.1
    litres_per_person_day: float = 20.0
    litres_source: str = (
        "20-25 L a person and day for drinking and cooking: commentary of a planning code, "
        "outside the rule sources; a parameter of the site"
    )
    delivery_start: time = time(8)
    fire_agreement: bool = False
    truck_iterations: int = 2000
    truck_seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNames:
    """How the site and its communities are called in public; communities as (Chinese, English)."""

    zh: str
    en: str
    communities: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def community(self, name: str) -> tuple[str, str]:
        """A community's names; its id where it has no others."""
        return self.communities.get(name, (name, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningContext:
    """All that an outage is planned with; built once a site and used for many requests."""

    network: Network
    valves: Sequence[IsolationValve]
    customers: Sequence[Customer]
    roads: RoadGraph
    fleet: Sequence[Truck]
    fill_points: Sequence[FillPoint]
    depots: Sequence[Depot]
    rulebook: RuleBook
    timezone: ZoneInfo
    names: SiteNames
    settings: OutageSettings = field(default_factory=OutageSettings)
    fire_fleet: Sequence[Truck] = ()
    """Trucks of the fire service, by agreement: used where the own do not do."""


def elapsed(start: datetime, end: datetime) -> timedelta:
    """The real time between two moments; Python's own difference ignores clock changes."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def _problem(field_name: str, found: str, expected: str) -> Problem:
    return Problem(file="request", line=None, field=field_name, found=found, expected=expected)
