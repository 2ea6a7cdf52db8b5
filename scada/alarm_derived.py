"""Alarms of a rate of change and of a deviation from the model, and suppression by design.

Judged on the present values a few times a second; what is told changes seldom, so the book is only
asked when it does. What cannot be seen raises nothing and hides nothing. Pure.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scada.alarm_book import AlarmBook
from scada.alarm_logic import NS_PER_S
from scada.alarm_record import AlarmEvent
from scada.alarm_setting import AlarmSetting, Settings, derived_subject
from scada.point import Point

LEAST_OF_WINDOW = 0.5
"""After a start a rate counts once this share of its window has been seen."""
NS_PER_MIN = 60 * NS_PER_S


class Values(Protocol):
    """Present values by handle, as the live table has them."""

    value: NDArray[np.float64]
    quality: NDArray[np.uint32]
    model_value: NDArray[np.float64]
    model_quality: NDArray[np.uint32]


class RateOfChange:
    """Change a minute over a window; a value stands until the next one (report by exception)."""

    def __init__(self, window_s: float) -> None:
        self._window_ns = round(window_s * NS_PER_S)
        self._seen: deque[tuple[int, float]] = deque()

    def take(self, value: float, now_ns: int) -> float | None:
        """The change a minute after one more look, None while it is not known."""
        seen = self._seen
        if not math.isfinite(value) or (seen and now_ns < seen[-1][0]):
            seen.clear()  # a gap or a clock set back: what was before tells nothing
            return None
        if len(seen) < 2 or seen[-1][1] != value or seen[-2][1] != value:
            seen.append((now_ns, value))
        else:
            seen[-1] = (now_ns, value)  # a level stretch is its two ends
        start_ns = now_ns - self._window_ns
        while len(seen) > 1 and seen[1][0] <= start_ns:
            seen.popleft()
        from_ns = max(seen[0][0], start_ns)
        if now_ns - from_ns < LEAST_OF_WINDOW * self._window_ns:
            return None
        return (value - seen[0][1]) / (now_ns - from_ns) * NS_PER_MIN


class DerivedWatch:
    """Tells the book what rates, deviations and the state of the plant say."""

    def __init__(self, points: Sequence[Point], settings: Settings, book: AlarmBook) -> None:
        self._book = book
        handles = {point.id: handle for handle, point in enumerate(points)}
        known = [s for s in settings.values() if s.point in handles]
        derived = [s for s in known if s.kind in ("rise", "fall", "deviation")]
        self._subjects = {s.id: derived_subject(points[handles[s.point]], s) for s in derived}
        for subject in self._subjects.values():
            book.know(subject)
        self._rates = [
            (s, handles[s.point], RateOfChange(s.window_s))
            for s in derived
            if s.kind != "deviation"
        ]
        self._deviations = [(s, handles[s.point]) for s in derived if s.kind == "deviation"]
        self._hiding = [
            (s, [(handles[c.point], c) for c in s.suppress_when])
            for s in known
            if s.suppress_when and all(c.point in handles for c in s.suppress_when)
        ]
        self.hiding_points = frozenset(handle for _, terms in self._hiding for handle, _ in terms)
        self._told: dict[str, bool | None] = {}
        self._over_ns: dict[str, int] = {}

    def check(self, now: Values, now_ns: int) -> list[AlarmEvent]:
        """Look at the present values; what happened."""
        events = self.hide(now, now_ns)
        for setting, handle, rate in self._rates:
            value = now.value[handle] if now.quality[handle] >> 31 == 0 else math.nan
            change = rate.take(float(value), now_ns)
            signed = None if change is None else change if setting.kind == "rise" else -change
            events += self._tell(setting, signed, change, now_ns)
        for setting, handle in self._deviations:
            usable = now.quality[handle] >> 31 == 0 and now.model_quality[handle] >> 31 == 0
            residual = float(now.value[handle] - now.model_value[handle]) if usable else math.nan
            size = abs(residual) if math.isfinite(residual) else None
            events += self._tell(setting, size, None if size is None else residual, now_ns)
        return events

    def show_orphans(self, now_ns: int) -> list[AlarmEvent]:
        """After a restart: what no setting hides any more is shown again."""
        hiding = {setting.id for setting, _ in self._hiding}
        return [
            event
            for alarm_id in self._book.suppressed()
            if alarm_id not in hiding
            for event in self._book.suppress(alarm_id, "", now_ns)
        ]

    def hide(self, now: Values, now_ns: int) -> list[AlarmEvent]:
        """Suppress by design, and show again `release_s` after the plant left the state."""
        events: list[AlarmEvent] = []
        for setting, terms in self._hiding:
            if all(
                now.quality[handle] >> 31 == 0 and term.holds(float(now.value[handle]))
                for handle, term in terms
            ):
                self._over_ns.pop(setting.id, None)
                events += self._book.suppress(setting.id, setting.suppress_text, now_ns)
                continue
            over_ns = min(self._over_ns.setdefault(setting.id, now_ns), now_ns)
            if now_ns - over_ns >= setting.release_s * NS_PER_S:
                events += self._book.suppress(setting.id, "", now_ns)
        return events

    def _tell(
        self, setting: AlarmSetting, size: float | None, value: float | None, now_ns: int
    ) -> list[AlarmEvent]:
        """Compare with the limit, with hysteresis; tell the book only what is new."""
        told: bool | None = None
        before = self._told.get(setting.id)
        if size is not None and setting.limit is not None:
            told = size > setting.limit - (setting.deadband or 0.0) * bool(before)
        if setting.id in self._told and told is before:
            return []
        self._told[setting.id] = told
        return self._book.watch(self._subjects[setting.id], told, now_ns, value)
