"""Which crew can be on site first: by its trade, its hours and the roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.roads import RoadGraph

SKILLS = ("repair", "valves", "visit")
"""Mending pipes and stations; shutting and opening valves; looking and measuring at a user's."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A crew with its vehicle: where it waits (plan metres), for which media, what it can do.

    `hours` are its shift on the site's clock, over midnight where they end before they begin;
    None: always.
    """

    id: str
    x: float
    y: float
    media: frozenset[str]
    skills: frozenset[str] = field(default=frozenset(SKILLS))
    name_zh: str = ""
    name_en: str = ""
    vehicle: str = ""
    hours: tuple[time, time] | None = None
    available: bool = True

    def can(self, medium: str, skill: str) -> bool:
        """Whether the work is of its trade, and it is there at all."""
        return self.available and medium in self.media and (not skill or skill in self.skills)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewOption:
    """A crew that could go: how long it drives, when it would leave and be there.

    `leaves` and `arrives` are None for one that works on something whose end nobody knows.
    """

    crew: str
    drive_s: float
    leaves: datetime | None
    arrives: datetime | None


def crew_options(
    roads: RoadGraph,
    crews: Sequence[Crew],
    place: tuple[float, float],
    *,
    now: datetime,
    zone: ZoneInfo,
    medium: str,
    skill: str = "",
    busy: Mapping[str, datetime | None] | None = None,
) -> tuple[CrewOption, ...]:
    """The crews of a trade, the soonest on site first; those no road leads to are left out.

    `busy` are crews at work, with the moment they are expected to be free, None where nobody knows.
    ValueError when there are no streets.
    """
    able = [crew for crew in crews if crew.can(medium, skill)]
    drives = drive_times_s(roads, able, place)
    taken = busy or {}
    found = []
    for crew, drive in zip(able, drives, strict=True):
        if not np.isfinite(drive):
            continue
        leaves: datetime | None = None
        if crew.id not in taken:
            leaves = on_duty_from(crew, now, zone)
        elif (free := taken[crew.id]) is not None:
            leaves = on_duty_from(crew, max(free, now), zone)
        arrives = None if leaves is None else leaves + timedelta(seconds=round(drive))
        found.append(CrewOption(crew=crew.id, drive_s=drive, leaves=leaves, arrives=arrives))
    last = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda o: (o.arrives or last, o.drive_s, o.crew)))


def drive_times_s(
    roads: RoadGraph, crews: Sequence[Crew], place: tuple[float, float]
) -> list[float]:
    """How long each crew drives to a place from where it waits; inf where no way leads."""
    junctions = [roads.nearest(*place), *(roads.nearest(crew.x, crew.y) for crew in crews)]
    return [float(t) for t in roads.travel_times_s(junctions)[1:, 0]]


def on_duty_from(crew: Crew, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the crew's shift that is not before `moment`."""
    if crew.hours is None:
        return moment
    begin, end = crew.hours
    local = moment.astimezone(zone)
    # The shift of the day before may go on over midnight.
    for day in (-_DAY, timedelta(0), _DAY):
        date = local.date() + day
        begins = datetime.combine(date, begin, zone)
        ends = datetime.combine(date if end > begin else date + _DAY, end, zone)
        if moment < ends.astimezone(UTC):
            return max(begins.astimezone(UTC), moment).astimezone(zone)
    raise AssertionError("tomorrow's shift ends later than now")


def on_duty(crew: Crew, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether its shift is on."""
    return on_duty_from(crew, moment, zone) == moment
