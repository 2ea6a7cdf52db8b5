"""From a moment on the site's clock to the time of a network's patterns.

Patterns repeat; where none is longer than a day the weekday does not matter, and a weekly pattern
starts on Monday. So a run that begins at a given local time begins at that offset in the week.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from network_models.operation import Times

WEEK_S = 7 * 86400.0


def pattern_time_s(at: datetime, zone: ZoneInfo, times: Times) -> float:
    """Seconds from a run's start that correspond to the moment `at`, in [0, one week).

    `at` must carry a time zone; the run's start stands for Monday at the file's start clock time.
    ValueError when it carries none.
    """
    if at.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    local = at.astimezone(zone)
    seconds = local.weekday() * 86400.0 + local.hour * 3600.0 + local.minute * 60.0
    seconds += local.second + local.microsecond * 1e-6
    return (seconds - times.start_clocktime_s) % WEEK_S
