"""Days, months, quarters and years of a site's calendar, with the parts a report draws them in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from network_models.problems import InputError, Problem

Kind = Literal["day", "month", "quarter", "year"]
SHAPES: dict[Kind, tuple[str, str]] = {
    "day": (r"(\d{4})-(\d\d)-(\d\d)", "2026-11-25"),
    "month": (r"(\d{4})-(\d\d)", "2026-11"),
    "quarter": (r"(\d{4})-Q([1-4])", "2026-Q4"),
    "year": (r"(\d{4})", "2026"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of the site's calendar; `parts` are (label, start, end) that fill it."""

    kind: Kind
    name: str
    start: datetime
    end: datetime
    parts: tuple[tuple[str, datetime, datetime], ...]

    @property
    def years(self) -> float:
        """How much of a year it is."""
        return (self.end - self.start) / timedelta(days=365.25)


def period_of(text: str, zone: ZoneInfo) -> Period:
    """The period a text names: 2026-11-25, 2026-11, 2026-Q4 or 2026. InputError for another."""
    for kind, (shape, _) in SHAPES.items():
        match = re.fullmatch(shape, text)
        if match is None:
            continue
        try:
            return _made(kind, text, [int(part) for part in match.groups()], zone)
        except ValueError:
            break
    expected = "one of " + ", ".join(example for _, example in SHAPES.values())
    raise InputError(
        [Problem(file="request", line=None, field="of", found=text, expected=expected)]
    )


def _made(kind: Kind, text: str, numbers: list[int], zone: ZoneInfo) -> Period:
    year = numbers[0]
    if kind == "day":
        first = datetime(*numbers, tzinfo=zone)  # type: ignore[arg-type,misc]
        edges = [first + timedelta(hours=h) for h in range(24)] + [first + timedelta(days=1)]
        names = [f"{h:02d}" for h in range(24)]
    elif kind == "month":
        first, last = _month(year, numbers[1], zone), _month(year, numbers[1] + 1, zone)
        days = (last.date() - first.date()).days
        edges = [first + timedelta(days=d) for d in range(days + 1)]
        names = [f"{d:02d}" for d in range(1, days + 1)]
    else:
        begin, count = (3 * numbers[1] - 2, 3) if kind == "quarter" else (1, 12)
        edges = [_month(year, begin + m, zone) for m in range(count + 1)]
        names = [f"{year}-{begin + m:02d}" for m in range(count)]
    moments = [edge.astimezone(UTC).astimezone(zone) for edge in edges]
    return Period(
        kind=kind,
        name=text,
        start=moments[0],
        end=moments[-1],
        parts=tuple(zip(names, moments[:-1], moments[1:], strict=True)),
    )


def _month(year: int, month: int, zone: ZoneInfo) -> datetime:
    """The first of a month; the thirteenth is the next January."""
    if not 1 <= month <= 13:
        raise ValueError(month)
    return datetime(year + (month == 13), 1 if month == 13 else month, 1, tzinfo=zone)
