"""Moments between JSON, people and the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(value: Any, zone: tzinfo) -> datetime:
    """An ISO 8601 time; one without an offset is site time. ValueError for anything else."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("an ISO 8601 time") from None
    if not 1970 <= moment.year < 2200:
        raise ValueError("a time from 1970 to 2199")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
