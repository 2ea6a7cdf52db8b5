"""crews.csv: the crews of a site, read with every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from pathlib import Path

from dispatch.crews import SKILLS, Crew
from dispatch.element import UTILITIES
from dispatch.place_columns import ID, PLACE_COLUMNS, named_place
from network_models.formats.table import Column, flag, optional, read_table, text
from network_models.problems import InputError

_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def _words(allowed: tuple[str, ...]) -> Callable[[str], frozenset[str] | None]:
    def parse(cell: str) -> frozenset[str] | None:
        found = cell.split()
        return frozenset(found) if set(found) <= set(allowed) else None

    return parse


def _hours(cell: str) -> tuple[time, time] | None:
    match = _HOURS.fullmatch(cell)
    try:
        begin, end = (
            (time.fromisoformat(text) for text in match.groups()) if match else (None, None)
        )
    except ValueError:
        return None
    return None if begin is None or end is None or begin == end else (begin, end)


_MEDIA = Column("media", _words(UTILITIES), "one or more of " + ", ".join(UTILITIES))
_SKILLS = optional(
    Column("skills", _words(SKILLS), "some of " + ", ".join(SKILLS)), frozenset(SKILLS)
)
_VEHICLE = optional(text("vehicle"), "")
_SHIFT = optional(Column("hours", _hours, "hours such as 08:00-17:30, or none: always"), None)
_AVAILABLE = optional(flag("available"), True)
CREW_COLUMNS = (*PLACE_COLUMNS, _MEDIA, _SKILLS, _VEHICLE, _SHIFT, _AVAILABLE)


def read_crews(path: Path | str) -> tuple[Crew, ...]:
    """The crews in a CSV file, in its order. Raises InputError with all faults."""
    table = read_table(path, CREW_COLUMNS, key=ID)
    if table.problems:
        raise InputError(table.problems)
    return tuple(
        Crew(
            **named_place(row),
            media=row[_MEDIA],
            skills=row[_SKILLS],
            vehicle=row[_VEHICLE],
            hours=row[_SHIFT],
            available=row[_AVAILABLE],
        )
        for row in table.rows
    )
