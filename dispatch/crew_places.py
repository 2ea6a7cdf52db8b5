"""Where a crew is: at the job it was at last, else where its line in the table says.

A crew is not followed; it is reckoned from what it was sent to, when it was due there and when
it was free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.crews import Crew, shift_end

AWAY = timedelta(hours=12)
"""A crew without hours is back at its own place so long after its last job (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A job a crew was sent to: when it is there, and when it was free again (None: not yet)."""

    job: str
    place: tuple[float, float]
    arrives: datetime
    ended: datetime | None = None

    def reached(self, now: datetime) -> bool:
        """Whether it was there at all: one called back on the way was not."""
        return self.arrives <= min(now, self.ended or now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A crew's place; `job` is the one it was at last and `since` when it came, "" and None: the
    table's place."""

    x: float
    y: float
    job: str = ""
    since: datetime | None = None


def last_stay(stays: Sequence[Stay], now: datetime) -> Stay | None:
    """The newest job the crew was at; `stays` are the newest first."""
    return next((stay for stay in stays if stay.reached(now)), None)


def whereabouts(crew: Crew, stays: Sequence[Stay], now: datetime, zone: ZoneInfo) -> Whereabouts:
    """Where a crew is now; `stays` are the newest first.

    It goes home when the shift in which it became free ends, one without hours after `AWAY`.
    """
    last = last_stay(stays, now)
    if last is None or (last.ended is not None and _is_home(crew, last.ended, now, zone)):
        return Whereabouts(x=crew.x, y=crew.y)
    x, y = last.place
    return Whereabouts(x=x, y=y, job=last.job, since=last.arrives)


def _is_home(crew: Crew, free: datetime, now: datetime, zone: ZoneInfo) -> bool:
    if crew.hours is None:
        return now - free > AWAY
    ends = shift_end(crew, free, zone)
    return ends is None or ends <= now
