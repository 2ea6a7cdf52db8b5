"""Which crew is on site first, by the roads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dispatch.roads import RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A repair crew: where it is (plan metres), what it can do, from when it is free."""

    id: str
    x: float
    y: float
    skills: frozenset[str] = frozenset()
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewOption:
    """A crew that could go: how long it drives, and when it would be there."""

    crew: str
    drive_s: float
    arrives: datetime


def crew_options(
    roads: RoadGraph,
    crews: Sequence[Crew],
    place: tuple[float, float],
    *,
    now: datetime,
    needs: Collection[str] = (),
) -> tuple[CrewOption, ...]:
    """The crews with the skills needed, the soonest on site first; those no road leads to left out.

    ValueError when there are no streets.
    """
    able = [crew for crew in crews if crew.skills >= set(needs)]
    junctions = [roads.nearest(*place), *(roads.nearest(crew.x, crew.y) for crew in able)]
    times = roads.travel_times_s(junctions)[1:, 0]
    found = []
    for crew, drive in zip(able, times.tolist(), strict=True):
        if np.isfinite(drive):
            leaves = max(now, crew.free_at or now)
            arrives = leaves + timedelta(seconds=drive)
            found.append(CrewOption(crew=crew.id, drive_s=drive, arrives=arrives))
    return tuple(sorted(found, key=lambda option: (option.arrives, option.crew)))
