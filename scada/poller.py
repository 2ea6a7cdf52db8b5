"""When to scan and what to send: scan classes with overruns, report by exception, back-off.

No sockets and no clock of its own: callers pass the seconds of a monotonic clock.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scada.quality import BAD_NO_COMMUNICATION, BAD_WAITING_FOR_INITIAL_DATA


class ScanSchedule:
    """Which scan class is due next. A scan that ends after its next due time is an overrun.

    Periods are kept to a fixed raster; scans that were missed are counted and left out, so a slow
    device never builds up a queue of late scans.
    """

    def __init__(self, periods: Mapping[str, float], now: float, *, place: float = 0.0) -> None:
        """Everything is due at once; from then on at `place` (0 to 1) of its period.

        Links with places of their own do not all ask at the same instant.
        """
        self._periods = dict(periods)
        self._due = dict.fromkeys(self._periods, now)
        self._shift = {name: place * period for name, period in self._periods.items()}
        self.overruns = 0

    def next(self) -> tuple[str, float]:
        """The class that is due first and when; of two that are due the more frequent one."""
        name = min(self._due, key=lambda n: (self._due[n], self._periods[n]))
        return name, self._due[name]

    def done(self, name: str, now: float) -> None:
        """A scan of the class has ended."""
        period = self._periods[name]
        # the first scan of all is out of the raster: the next one is up to two periods later
        due = self._due[name] + period + self._shift.pop(name, 0.0)
        if now > due:
            missed = int((now - due) / period) + 1
            self.overruns += missed
            due += missed * period
        self._due[name] = due


def place_in_period(name: str) -> float:
    """A link's place in the scan period, from 0 to 1, the same at every start."""
    return zlib.crc32(name.encode()) / 2**32


class ChangeFilter:
    """Report by exception: passes a value that changed, or that was not sent for a heartbeat.

    Places are 0..n-1, the driver's own numbering of its points.
    """

    def __init__(self, size: int, heartbeat_s: float) -> None:
        self.value = np.full(size, np.nan)
        self.quality = np.full(size, BAD_WAITING_FOR_INITIAL_DATA, dtype=np.uint32)
        self._sent_at = np.full(size, -np.inf)
        self._heartbeat_s = heartbeat_s

    def changed(
        self,
        places: NDArray[np.intp],
        value: NDArray[np.float64],
        quality: NDArray[np.uint32],
        now: float,
    ) -> NDArray[np.bool_]:
        """Which of the (n,) values to send; those count as sent. NaN equals NaN here."""
        old = self.value[places]
        same = ((old == value) | (np.isnan(old) & np.isnan(value))) & (
            self.quality[places] == quality
        )
        send: NDArray[np.bool_] = ~same | (now - self._sent_at[places] >= self._heartbeat_s)
        sent = places[send]
        self.value[sent] = value[send]
        self.quality[sent] = quality[send]
        self._sent_at[sent] = now
        return send

    def fail(
        self, places: NDArray[np.intp], quality: int, now: float
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Set a bad quality; the places that did not have it yet, with their last values."""
        fresh = places[(self.quality[places] != quality) | np.isneginf(self._sent_at[places])]
        self.quality[fresh] = quality
        self._sent_at[fresh] = now
        return fresh, self.value[fresh].copy()

    def overdue(self, now: float) -> NDArray[np.intp]:
        """The places with a known value that was not sent for a heartbeat; those count as sent."""
        known = (self.quality != BAD_NO_COMMUNICATION) & (
            self.quality != BAD_WAITING_FOR_INITIAL_DATA
        )
        places: NDArray[np.intp] = np.flatnonzero(
            known & (now - self._sent_at >= self._heartbeat_s)
        )
        self._sent_at[places] = now
        return places


class Backoff:
    """Waits between attempts: doubling up to `cap_s`, each drawn from its upper half.

    The draw keeps links that were lost together from coming back together.
    """

    def __init__(
        self, cap_s: float, *, first_s: float = 0.2, seed: int | str | None = None
    ) -> None:
        self._first_s = min(first_s, cap_s)
        self._cap_s = cap_s
        self._attempt = 0
        self._random = random.Random(seed)  # noqa: S311  # spreads load; nothing secret

    def next_s(self) -> float:
        """How long to wait before the next attempt."""
        # beyond 2**16 the cap rules anyway; the exponent must not grow for ever
        wait = min(self._cap_s, self._first_s * 2.0 ** min(self._attempt, 16))
        self._attempt += 1
        return wait * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The attempt succeeded."""
        self._attempt = 0
