"""Which crew can be on site first: by its trade, its hours and the roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatch.roads import Drive, RoadGraph

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
    """A crew that could go: its drive, when it would leave and be there.

    `leaves` and `arrives` are None for one that works on something whose end nobody knows.
    """

    crew: str
    drive_s: float
    drive_m: float
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

    Each drives from its `x` and `y`: `crew_places` says where it is. `busy` are crews at
    work, with the moment they are expected to be free, None where nobody knows.
    ValueError when there are no streets.
    """
    able = [crew for crew in crews if crew.can(medium, skill)]
    drives = drives_to(roads, able, place)
    taken = busy or {}
    found = []
    for crew, drive in zip(able, drives, strict=True):
        if drive is None:
            continue
        leaves: datetime | None = None
        if crew.id not in taken:
            leaves = on_duty_from(crew, now, zone)
        elif (free := taken[crew.id]) is not None:
            leaves = on_duty_from(crew, max(free, now), zone)
        arrives = None if leaves is None else leaves + timedelta(seconds=round(drive.time_s))
        found.append(
            CrewOption(
                crew=crew.id,
                drive_s=drive.time_s,
                drive_m=drive.length_m,
                leaves=leaves,
                arrives=arrives,
            )
        )
    last = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda o: (o.arrives or last, o.drive_s, o.crew)))


def drives_to(
    roads: RoadGraph, crews: Sequence[Crew], place: tuple[float, float]
) -> list[Drive | None]:
    """How each crew drives to a place from where it is; None where no way leads."""
    starts = [roads.nearest(crew.x, crew.y) for crew in crews]
    return roads.drives_to(roads.nearest(*place), starts)


def on_duty_from(crew: Crew, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the crew's shift that is not before `moment`."""
    if crew.hours is None:
        return moment
    begins = _shift(crew.hours, moment, zone)[0]
    return max(begins.astimezone(UTC), moment).astimezone(zone)


def shift_end(crew: Crew, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When the shift that is on at `moment` ends; None off duty, and for a crew without hours."""
    if crew.hours is None:
        return None
    begins, ends = _shift(crew.hours, moment, zone)
    return ends if begins <= moment else None


def _shift(hours: tuple[time, time], moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The shift that is on at `moment`, or the next one."""
    begin, end = hours
    local = moment.astimezone(zone)
    # The shift of the day before may go on over midnight.
    for day in (-_DAY, timedelta(0), _DAY):
        date = local.date() + day
        begins = datetime.combine(date, begin, zone)
        ends = datetime.combine(date if end > begin else date + _DAY, end, zone).astimezone(UTC)
        if moment < ends:
            return begins.astimezone(UTC), ends
    raise AssertionError("tomorrow's shift ends later than now")


def on_duty(crew: Crew, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether its shift is on."""
    return on_duty_from(crew, moment, zone) == moment
