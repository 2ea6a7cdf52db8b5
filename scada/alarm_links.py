"""Communication and quality as alarms: one for a lost link, one for a point bad on a good link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scada.alarm_book import AlarmBook
from scada.alarm_logic import NS_PER_S, Delays
from scada.alarm_record import AlarmEvent, Subject, link_subject, quality_subject
from scada.point import Point
from scada.quality import BAD_NO_COMMUNICATION, BAD_OUT_OF_SERVICE, BAD_WAITING_FOR_INITIAL_DATA

HISTORIAN = "historian"
LINK_DELAYS = Delays(off=3 * NS_PER_S)
"""A link must be up for a while before its alarm clears, or a shaking link would chatter."""
QUALITY_DELAYS = Delays(on=6 * NS_PER_S)
"""Longer than a link takes to be declared down: its points are then no alarms of their own."""
LINK_TEXTS = {
    "model": ("实时模型无结果", "The live model gives no results"),
    "desk": ("调度台无数据", "The desk gives no figures"),
}
LINKS_SILENT_NS = 10 * NS_PER_S
START_GRACE_NS = 30 * NS_PER_S
"""Processes start one after another: a gateway not heard yet is not a lost one, nor is a link that
its gateway has begun and not had up yet. On a busy machine a first attempt often comes to nothing.
"""


class LinkWatch:
    """Decides from links' figures and points' qualities which alarms stand, in the book."""

    def __init__(
        self,
        points: Sequence[Point],
        book: AlarmBook,
        start_ns: int,
        *,
        quality_delays: Delays = QUALITY_DELAYS,
    ) -> None:
        """`start_ns`: gateways may be silent for `START_GRACE_NS` after it."""
        self.names: tuple[str, ...] = tuple(sorted({p.driver for p in points if p.driver}))
        number = {name: n for n, name in enumerate(self.names)}
        self.driver_of = np.array([number.get(p.driver, -1) for p in points], dtype=np.int64)
        self._points = points
        self._book = book
        self._grace_until = start_ns + START_GRACE_NS
        self._served = self.driver_of >= 0
        self._size = np.bincount(self.driver_of[self._served], minlength=len(self.names))
        self._links: dict[str, tuple[str, int]] = {}
        self._reads: dict[str, int] = {}
        self._starting: dict[str, int] = {}
        """Links that have not been up since they were begun, and since when that is known."""
        self._link_subjects = [
            link_subject(name, LINK_DELAYS, *LINK_TEXTS.get(name, ())) for name in self.names
        ]
        self._storage = link_subject(
            HISTORIAN, LINK_DELAYS, "历史数据无法存储", "History cannot be stored"
        )
        for subject in (*self._link_subjects, self._storage):
            book.know(subject)
        self._quality_delays = quality_delays
        self._shown: set[int] = set()
        self._link_told: dict[str, bool | None] = {}

    def subjects(self, stored: Iterable[Mapping[str, Any]]) -> dict[str, Subject]:
        """The subjects of these stored alarms that are about links and qualities."""
        known = {s.id: s for s in (*self._link_subjects, self._storage)}
        handles = {point.id: handle for handle, point in enumerate(self._points)}
        for record in stored:
            handle = handles.get(str(record.get("source")))
            if record.get("kind") == "quality" and handle is not None:
                subject = quality_subject(self._points[handle], self._quality_delays)
                known[subject.id] = subject
                self._shown.add(handle)
        return known

    def take_links(self, links: Iterable[Mapping[str, Any]], now_ns: int) -> None:
        """The figures a gateway publishes about its links."""
        for link in links:
            name, state, reads = str(link.get("name")), str(link.get("state")), link.get("reads", 1)
            # Its gateway counts from the beginning: one that was started again begins at none.
            begun = name not in self._links or reads < self._reads.get(name, 0)
            self._links[name], self._reads[name] = (state, now_ns), reads
            if state == "up" or reads:
                self._starting.pop(name, None)
            elif state == "starting" or begun:
                self._starting.setdefault(name, now_ns)

    def silent(self, now_ns: int) -> NDArray[np.bool_]:
        """(drivers,) whose gateway has not been heard lately; the live model has no gateway."""
        return np.array([self._is_silent(name, now_ns) for name in self.names], dtype=bool)

    def _is_silent(self, name: str, now_ns: int) -> bool:
        if name == "model":
            return False
        heard = self._links.get(name)
        if heard is None:
            return now_ns > self._grace_until
        return now_ns - heard[1] > LINKS_SILENT_NS

    def storage(self, failing: bool, now_ns: int) -> list[AlarmEvent]:
        """Whether the historian fails to store."""
        return self._watch(self._storage, failing, now_ns)

    def check(self, quality: NDArray[np.uint32], now_ns: int) -> list[AlarmEvent]:
        """Compare with the points' present qualities (by handle); what happened."""
        events: list[AlarmEvent] = []
        served = self.driver_of[self._served]
        lost = (quality == BAD_NO_COMMUNICATION)[self._served]
        waiting = (quality == BAD_WAITING_FOR_INITIAL_DATA)[self._served]
        dead_count = np.bincount(served, lost, len(self.names))
        alive_count = self._size - np.bincount(served, lost | waiting, len(self.names))
        down = np.zeros(len(self.names) + 1, dtype=bool)  # the last is "no driver"
        silent = self.silent(now_ns)
        for n, subject in enumerate(self._link_subjects):
            state = "" if silent[n] else self._links.get(subject.source, ("", 0))[0]
            told: bool | None = None
            dead = dead_count[n] == self._size[n]
            if (state == "down" or dead) and self._expected(subject.source, now_ns):
                told = True
            elif state == "up" or (not state and alive_count[n]):
                told = False
            events += self._watch(subject, told, now_ns)
            down[n] = told is not False
        events += self._check_points(quality, down, now_ns)
        return events

    def _expected(self, name: str, now_ns: int) -> bool:
        """After a restart the last run's values are old until a link has had time to come up."""
        if name in self._starting:
            return now_ns > self._starting[name] + START_GRACE_NS
        return name in self._links or now_ns > self._grace_until

    def _watch(self, subject: Subject, told: bool | None, now_ns: int) -> list[AlarmEvent]:
        """Tell the book only what is new; its tick lets the delays run."""
        if subject.id in self._link_told and self._link_told[subject.id] is told:
            return []
        self._link_told[subject.id] = told
        return self._book.watch(subject, told, now_ns)

    def _check_points(
        self, quality: NDArray[np.uint32], down: NDArray[np.bool_], now_ns: int
    ) -> list[AlarmEvent]:
        events: list[AlarmEvent] = []
        bad = (
            (quality >> 31 == 1)
            & (quality != BAD_WAITING_FOR_INITIAL_DATA)
            & (quality != BAD_OUT_OF_SERVICE)
        )
        link_down = down[self.driver_of]
        for handle in sorted({*np.flatnonzero(bad & ~link_down).tolist()} ^ self._shown):
            subject = quality_subject(self._points[handle], self._quality_delays)
            alarm = self._book.get(subject.id)
            if bad[handle] and not link_down[handle]:
                self._shown.add(handle)
                events += self._book.watch(subject, True, now_ns)
            elif link_down[handle] and alarm is not None and alarm.state.phase != "normal":
                # Behind a lost link nothing is known: the alarm stays as it is.
                continue
            else:
                self._shown.discard(handle)
                events += self._book.watch(subject, False, now_ns)
        return events
