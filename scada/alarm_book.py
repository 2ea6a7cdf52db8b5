"""All alarms of all points: stepped by samples and time, acknowledged, restored, counted.

The book is pure: it makes event records and leaves storing and publishing to its owner. Only
points beyond a limit, or with an alarm that is not at rest, are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scada import alarm_logic
from scada.alarm_logic import LimitRule, Stepped, limit_rules
from scada.alarm_record import Alarm, AlarmEvent, Subject, limit_subject, restored
from scada.point import Point, Sample
from scada.samples import SampleBatch

PRIORITIES = ("urgent", "high", "medium", "low")
UNSEEN = ("unacknowledged", "returned")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What an operator's acknowledgement does, before it is adopted."""

    alarms: tuple[Alarm, ...]
    events: list[AlarmEvent]
    refused: list[dict[str, str]]


class AlarmBook:
    """The alarms of a list of points; handles are places in that list."""

    def __init__(self, points: Sequence[Point], *, again_s: float = 0.0) -> None:
        """`again_s`: re-alarm what stands acknowledged that long (0: never)."""
        self.raised = 0
        self._points = points
        self._again_s = again_s
        self._alarms: dict[str, Alarm] = {}
        self._timed: set[str] = set()
        self._watched: dict[int, tuple[tuple[LimitRule, Subject], ...]] = {}
        self._busy = np.zeros(len(points), dtype=bool)
        self._low = np.full(len(points), -np.inf)
        self._high = np.full(len(points), np.inf)
        for handle, point in enumerate(points):
            limits = point.limits
            lows = [v for v in (limits.low, limits.low_low) if v is not None]
            highs = [v for v in (limits.high, limits.high_high) if v is not None]
            self._low[handle] = max(lows, default=-np.inf)
            self._high[handle] = min(highs, default=np.inf)

    def __len__(self) -> int:
        """How many alarms are not at rest."""
        return len(self._alarms)

    def get(self, alarm_id: str) -> Alarm | None:
        """An alarm that is not at rest."""
        return self._alarms.get(alarm_id)

    def step(self, batch: SampleBatch, now_ns: int) -> list[AlarmEvent]:
        """Take live samples in their order; what happened."""
        value, point = batch.value, batch.point
        # NaN compares false: a bad value of a resting alarm changes nothing.
        near = self._busy[point] | (value < self._low[point]) | (value > self._high[point])
        # A point that comes near within this batch must see its later samples too.
        hot = np.zeros(len(self._points), dtype=bool)
        hot[point[near]] = True
        events: list[AlarmEvent] = []
        for i in np.flatnonzero(hot[point]):
            sample = Sample(
                point=int(point[i]),
                value=float(value[i]),
                quality=int(batch.quality[i]),
                source_time_ns=int(batch.source_time_ns[i]),
                arrival_time_ns=int(batch.arrival_time_ns[i]),
            )
            self._step_point(sample, now_ns, events)
        return events

    def tick(self, now_ns: int) -> list[AlarmEvent]:
        """Let time pass: delays that have run out take effect."""
        events: list[AlarmEvent] = []
        for alarm_id in sorted(self._timed):
            alarm = self._alarms[alarm_id]
            stepped = alarm_logic.tick(alarm.state, alarm.subject.delays, now_ns)
            self._after(alarm, stepped, now_ns, events)
        return events

    def watch(self, subject: Subject, told: bool | None, now_ns: int) -> list[AlarmEvent]:
        """Take the condition of an alarm that is no limit's (None: it cannot be seen)."""
        events: list[AlarmEvent] = []
        alarm = self._alarms.get(subject.id) or Alarm(subject=subject)
        stepped = alarm_logic.observe(alarm.state, told, subject.delays, now_ns)
        self._after(alarm, stepped, now_ns, events)
        return events

    def acknowledge(
        self, ids: Iterable[str] | None, user: str, comment: str, now_ns: int
    ) -> Acknowledgement:
        """What acknowledging these alarms (None: all) does; nothing changes before `adopt`."""
        wanted = list(dict.fromkeys(self._alarms if ids is None else ids))
        changed: list[Alarm] = []
        events: list[AlarmEvent] = []
        refused: list[dict[str, str]] = []
        for alarm_id in wanted:
            alarm = self._alarms.get(alarm_id)
            state, happened = alarm_logic.acknowledge(alarm.state, now_ns) if alarm else (None, ())
            if alarm is None or state is None or not happened:
                if ids is not None:
                    reason = "already acknowledged" if _standing(alarm) else "not an alarm now"
                    refused.append({"id": alarm_id, "reason": reason})
                continue
            alarm = replace(alarm, state=state, acknowledged_by=user, comment=comment)
            changed.append(alarm)
            events.append(alarm.event(happened[-1], now_ns, user))
        return Acknowledgement(tuple(changed), events, refused)

    def adopt(self, acknowledgement: Acknowledgement) -> None:
        """Make an acknowledgement so, after its events are stored."""
        for alarm in acknowledgement.alarms:
            self._put(alarm)

    def restore(
        self, stored: Iterable[Mapping[str, Any]], others: Mapping[str, Subject], now_ns: int
    ) -> list[AlarmEvent]:
        """Take the alarms a journal holds as not normal.

        `others` are the subjects that are no limit's, by alarm id. An alarm whose point or limit
        is no longer configured ends with a `removed` event: nothing could ever clear it.
        """
        handles = {point.id: handle for handle, point in enumerate(self._points)}
        events: list[AlarmEvent] = []
        for record in stored:
            subject = others.get(str(record["id"]))
            handle = handles.get(str(record.get("source")))
            if subject is None and handle is not None:
                subject = next((s for _, s in self._rules_of(handle) if s.id == record["id"]), None)
            if subject is None:
                gone = {key: v for key, v in record.items() if key != "sequence"}
                told = {"event": "removed", "state": "normal", "time_ns": now_ns, "user": ""}
                events.append({**gone, **told, "changed_ns": now_ns})
            else:
                self._put(restored(subject, record))
        return events

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm that is not normal: the unseen first, then by priority, newest first."""
        standing = [a for a in self._alarms.values() if _standing(a)]
        standing.sort(
            key=lambda a: (
                a.state.phase not in UNSEEN,
                PRIORITIES.index(a.subject.priority),
                -a.raised_ns,
                a.subject.id,
            )
        )
        return [a.as_dict() for a in standing]

    def counts(self) -> dict[str, int]:
        """Alarms that are not normal by priority, and how many wait to be acknowledged."""
        counts = dict.fromkeys((*PRIORITIES, "unacknowledged"), 0)
        for alarm in self._alarms.values():
            if _standing(alarm):
                counts[alarm.subject.priority] += 1
                counts["unacknowledged"] += alarm.state.phase in UNSEEN
        return counts

    def _rules_of(self, handle: int) -> tuple[tuple[LimitRule, Subject], ...]:
        rules = self._watched.get(handle)
        if rules is None:
            point = self._points[handle]
            rules = tuple(
                (rule, limit_subject(handle, point, rule))
                for rule in limit_rules(point.limits, self._again_s)
            )
            self._watched[handle] = rules
        return rules

    def _step_point(self, sample: Sample, now_ns: int, events: list[AlarmEvent]) -> None:
        for rule, subject in self._rules_of(sample.point):
            alarm = self._alarms.get(subject.id)
            if alarm is None:
                if not rule.condition(sample.value, False):
                    continue  # at rest, and it stays so
                alarm = Alarm(subject=subject)
            stepped = alarm_logic.step(rule, alarm.state, sample, now_ns)
            seen = sample if stepped[0].known else None
            self._after(alarm, stepped, now_ns, events, seen)

    def _after(
        self,
        alarm: Alarm,
        stepped: Stepped,
        now_ns: int,
        events: list[AlarmEvent],
        seen: Sample | None = None,
    ) -> None:
        state, happened = stepped
        value, quality = (seen.value, seen.quality) if seen else (alarm.value, alarm.quality)
        alarm = alarm.after(state, happened, now_ns, value, quality)
        self._put(alarm)
        for event in happened:
            self.raised += event == "raised"
            events.append(alarm.event(event, now_ns))

    def _put(self, alarm: Alarm) -> None:
        """Keep an alarm that is not at rest; forget one that is."""
        subject, state = alarm.subject, alarm.state
        if state.resting:
            self._alarms.pop(subject.id, None)
            self._timed.discard(subject.id)
        else:
            self._alarms[subject.id] = alarm
            timed = state.since_ns is not None or (
                state.phase == "acknowledged" and subject.delays.again > 0
            )
            (self._timed.add if timed else self._timed.discard)(subject.id)
        if subject.handle >= 0:
            self._busy[subject.handle] = any(
                s.id in self._alarms for _, s in self._rules_of(subject.handle)
            )


def _standing(alarm: Alarm | None) -> bool:
    return alarm is not None and alarm.state.phase != "normal"
