"""Times at the edge: ISO 8601 in, int64 nanoseconds inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hmi.api.errors import ApiError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 2261)
"""Years whose nanoseconds fit the bus and the stores."""


def read_time(text: str, field: str, zone: ZoneInfo) -> datetime:
    """An ISO time; without an offset it is site time. 422 when it is none."""
    try:
        when = datetime.fromisoformat(text)
        if when.year not in _YEARS:
            raise ValueError(text)
    except ValueError:
        expected = f"an ISO 8601 time of the years {_YEARS[0]} to {_YEARS[-1]}"
        problem = {"field": field, "found": text[:60], "expected": expected}
        raise ApiError(422, "invalid", f"{field} is not a time", [problem]) from None
    return when if when.tzinfo is not None else when.replace(tzinfo=zone)


def to_ns(when: datetime) -> int:
    """Nanoseconds since 1970, UTC, of an aware time."""
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000
