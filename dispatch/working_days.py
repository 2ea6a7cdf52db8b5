"""Working days: weekdays less holidays, plus the weekend days that are worked instead."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from network_models.problems import InputError, Problem

CALENDARS_FOLDER = Path(__file__).parent / "calendars"
"""The calendars that come with Ringmain, a file a year."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """The days off and the weekend days worked of some years; `provisional` years may change."""

    years: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date]
    provisional: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether the day is a working day. ValueError for a year without a calendar."""
        if day.year not in self.years:
            raise ValueError(f"there is no working-day calendar for {day.year}")
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after a day, which itself does not count; 0 is the day."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def between(self, day: date, other: date) -> int:
        """How many working days lie after `day`, up to and with `other`."""
        span = (other - day).days
        return sum(self.is_working(day + timedelta(days=n)) for n in range(1, span + 1))


def read_working_days(folders: Iterable[Path | str] = (CALENDARS_FOLDER,)) -> WorkingDays:
    """The calendars in `*.toml` files of folders; a later file's year replaces an earlier one's.

    A file has `year`, `source`, `off` and `worked` (TOML dates), and may be `provisional`.
    InputError with every fault: days of another year, a day both off and worked, a day worked
    that is none of a weekend.
    """
    by_year: dict[int, dict[str, frozenset[date]]] = {}
    provisional: set[int] = set()
    problems: list[Problem] = []
    for path in (p for folder in folders for p in sorted(Path(folder).glob("*.toml"))):
        try:
            record = tomllib.loads(path.read_text(encoding="utf-8"))
            year = int(record["year"])
            days = {name: _dates(record[name]) for name in ("off", "worked")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(_problem(path, "file", repr(error), "year, source, off and worked"))
            continue
        problems += _check(path, year, days)
        by_year[year] = days
        provisional.discard(year)
        if record.get("provisional"):
            provisional.add(year)
    if problems:
        raise InputError(problems)
    return WorkingDays(
        years=frozenset(by_year),
        off=frozenset(day for days in by_year.values() for day in days["off"]),
        worked=frozenset(day for days in by_year.values() for day in days["worked"]),
        provisional=frozenset(provisional),
    )


def _dates(values: Iterable[object]) -> frozenset[date]:
    days = frozenset(values)
    if not all(type(day) is date for day in days):
        raise TypeError("days are TOML dates such as 2026-01-01")
    return days  # type: ignore[return-value]


def _check(path: Path, year: int, days: dict[str, frozenset[date]]) -> list[Problem]:
    found = []
    for name, each in days.items():
        for day in sorted(each):
            if day.year != year:
                found.append(_problem(path, name, day.isoformat(), f"a day of {year}"))
    for day in sorted(days["off"] & days["worked"]):
        found.append(_problem(path, "worked", day.isoformat(), "a day that is not off"))
    for day in sorted(days["worked"]):
        if day.weekday() < _SATURDAY:
            found.append(_problem(path, "worked", day.isoformat(), "a day of a weekend"))
    return found


def _problem(path: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=path.name, line=None, field=field, found=found, expected=expected)
