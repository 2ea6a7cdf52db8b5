"""All alarms of all points: stepped by samples and time, acknowledged, restored, counted.

The book is pure: it makes event records and leaves storing and publishing to its owner. Only
points beyond a limit, or with an alarm that is not at rest, are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scada import alarm_logic
from scada.alarm_actions import Action, Change
from scada.alarm_actions import acknowledge as acknowledging
from scada.alarm_holds import Suppressed, ends_one_shot, leave
from scada.alarm_logic import LimitRule, Stepped, limit_rules
from scada.alarm_record import Alarm, AlarmEvent, Subject, restored
from scada.alarm_setting import Settings, limit_alarms
from scada.point import Point, Sample
from scada.samples import SampleBatch

PRIORITIES = ("urgent", "high", "medium", "low")


class AlarmBook:
    """The alarms of a list of points; handles are places in that list."""

    def __init__(
        self, points: Sequence[Point], *, again_s: float = 0.0, settings: Settings | None = None
    ) -> None:
        """`again_s`: re-alarm what stands acknowledged that long (0: never).

        `settings`: what the site decides of its alarms, by alarm id.
        """
        self.raised = 0
        self._points = points
        self._again_s = again_s
        self._settings = settings or {}
        self._handles = {point.id: handle for handle, point in enumerate(points)}
        self._others: dict[str, Subject] = {}
        self._first: dict[str, str] = {}
        self._alarms: dict[str, Alarm] = {}
        self._timed: set[str] = set()
        self._watched: dict[int, tuple[tuple[LimitRule, Subject], ...]] = {}
        self._busy = np.zeros(len(points), dtype=bool)
        self._low = np.full(len(points), -np.inf)
        self._high = np.full(len(points), np.inf)
        refined = {self._handles.get(setting.point) for setting in self._settings.values()}
        for handle, point in enumerate(points):
            limits = point.limits
            lows = [v for v in (limits.low, limits.low_low) if v is not None]
            highs = [v for v in (limits.high, limits.high_high) if v is not None]
            if handle in refined:
                rules = [rule for rule, _ in self._rules_of(handle)]
                lows = [rule.limit for rule in rules if rule.kind in ("low", "low_low")]
                highs = [rule.limit for rule in rules if rule.kind in ("high", "high_high")]
            self._low[handle] = max(lows, default=-np.inf)
            self._high[handle] = min(highs, default=np.inf)

    def __len__(self) -> int:
        """How many alarms are not at rest."""
        return len(self._alarms)

    def get(self, alarm_id: str) -> Alarm | None:
        """An alarm that is not at rest."""
        return self._alarms.get(alarm_id)

    def know(self, subject: Subject) -> None:
        """Learn of an alarm that is no limit's, so that it can be held while it is at rest."""
        self._others[subject.id] = subject

    def subject(self, alarm_id: str) -> Subject | None:
        """What an alarm is about, at rest or not; None for an id nobody knows."""
        alarm = self._alarms.get(alarm_id)
        if alarm is not None:
            return alarm.subject
        if alarm_id in self._others:
            return self._others[alarm_id]
        handle = self._handles.get(alarm_id.rpartition(".")[0])
        rules = () if handle is None else self._rules_of(handle)
        return next((subject for _, subject in rules if subject.id == alarm_id), None)

    def standing(self, kind: str) -> list[Subject]:
        """What the alarms of a kind that are not at rest are about."""
        return [alarm.subject for alarm in self._alarms.values() if alarm.subject.kind == kind]

    def suppressed(self) -> list[str]:
        """The alarms that are hidden by design."""
        return [id_ for id_, alarm in self._alarms.items() if alarm.holds.suppressed is not None]

    def subjects(self) -> list[Subject]:
        """Every alarm of a limit, and the others that are known."""
        limits = [s for handle in range(len(self._points)) for _, s in self._rules_of(handle)]
        return [*limits, *self._others.values()]

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
        """Let time pass: delays that have run out take effect, shelves that are over end."""
        events: list[AlarmEvent] = []
        for alarm_id in sorted(self._timed):
            alarm = self._alarms[alarm_id]
            if alarm.holds.shelf is not None and alarm.holds.shelf.over(now_ns):
                alarm = self._end_shelf(alarm, now_ns, events)
            stepped = alarm_logic.tick(alarm.state, alarm.subject.delays, now_ns)
            self._after(alarm, stepped, now_ns, events)
        return events

    def watch(
        self,
        subject: Subject,
        told: bool | None,
        now_ns: int,
        value: float | None = None,
    ) -> list[AlarmEvent]:
        """Take the condition of an alarm that is no limit's (None: it cannot be seen)."""
        events: list[AlarmEvent] = []
        alarm = self._alarms.get(subject.id) or Alarm(subject=subject)
        if value is not None:
            alarm = replace(alarm, value=value)
        stepped = alarm_logic.observe(alarm.state, told, subject.delays, now_ns)
        self._after(alarm, stepped, now_ns, events)
        return events

    def acknowledge(
        self, ids: Iterable[str] | None, user: str, comment: str, now_ns: int
    ) -> Change:
        """What acknowledging these alarms (None: all that wait) does, before `adopt`."""
        if ids is None:
            ids = [name for name, alarm in self._alarms.items() if alarm.waits]
        return self.act(ids, acknowledging(user, comment), user, now_ns)

    def act(self, ids: Iterable[str], action: Action, user: str, now_ns: int) -> Change:
        """What an operator's action does to these alarms; nothing changes before `adopt`."""
        changed: list[Alarm] = []
        events: list[AlarmEvent] = []
        refused: list[dict[str, str]] = []
        for alarm_id in dict.fromkeys(ids):
            subject = self.subject(alarm_id)
            if subject is None:
                refused.append({"id": alarm_id, "reason": "not an alarm now"})
                continue
            done = action(self._alarms.get(alarm_id) or Alarm(subject=subject), now_ns)
            if isinstance(done, str):
                refused.append({"id": alarm_id, "reason": done})
                continue
            changed.append(done[0])
            events.append(done[0].event(done[1], now_ns, user))
        return Change(tuple(changed), events, refused)

    def adopt(self, change: Change) -> None:
        """Make an action so, after its events are stored."""
        for alarm in change.alarms:
            self._put(alarm)

    def suppress(self, alarm_id: str, by: str, now_ns: int) -> list[AlarmEvent]:
        """Hide an alarm by design (`by`: the state of the plant), or show it again ("")."""
        subject = self.subject(alarm_id)
        if subject is None:
            return []
        alarm = self._alarms.get(alarm_id) or Alarm(subject=subject)
        hidden = alarm.holds.suppressed
        if bool(by) == (hidden is not None):
            return []
        if by:
            holds = replace(alarm.holds, suppressed=Suppressed(by=by, since_ns=now_ns))
            alarm = replace(alarm, holds=holds)
        else:
            assert hidden is not None
            state = leave(alarm.state, "design", alarm.raised_ns >= hidden.since_ns, now_ns)
            alarm = replace(alarm, state=state, holds=replace(alarm.holds, suppressed=None))
        self._put(alarm)
        return [alarm.event("suppressed" if by else "unsuppressed", now_ns)]

    def restore(
        self, stored: Iterable[Mapping[str, Any]], others: Mapping[str, Subject], now_ns: int
    ) -> list[AlarmEvent]:
        """Take the alarms a journal holds as not normal.

        `others` are the subjects that are no limit's, by alarm id. An alarm whose point or limit
        is no longer configured ends with a `removed` event: nothing could ever clear it.
        """
        events: list[AlarmEvent] = []
        for record in stored:
            subject = others.get(str(record["id"])) or self.subject(str(record["id"]))
            if subject is None:
                gone = {key: v for key, v in record.items() if key != "sequence"}
                told = {"event": "removed", "state": "normal", "time_ns": now_ns, "user": ""}
                told |= {"held": False, "holds": {}}
                events.append({**gone, **told, "changed_ns": now_ns})
            else:
                self._put(restored(subject, record))
        for alarm in self._alarms.values():
            if alarm.subject.group and alarm.state.phase != "normal":
                # Its first may have cleared before the restart: nobody is first now.
                self._first.setdefault(alarm.subject.group, "")
        return events

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm that is not normal or is held: the unseen first, then by priority, newest
        first, the held ones last."""
        standing = [a for a in self._alarms.values() if a.state.phase != "normal" or a.holds.any]
        standing.sort(
            key=lambda a: (
                a.holds.any,
                not a.waits,
                PRIORITIES.index(a.subject.priority),
                -a.raised_ns,
                a.subject.id,
            )
        )
        return [a.as_dict() for a in standing]

    def counts(self) -> dict[str, int]:
        """Alarms shown by priority, how many wait to be acknowledged, and how many are held."""
        counts = dict.fromkeys((*PRIORITIES, "unacknowledged", "held"), 0)
        for alarm in self._alarms.values():
            counts["held"] += alarm.holds.any
            if alarm.shown:
                counts[alarm.subject.priority] += 1
                counts["unacknowledged"] += alarm.waits
        return counts

    def _rules_of(self, handle: int) -> tuple[tuple[LimitRule, Subject], ...]:
        rules = self._watched.get(handle)
        if rules is None:
            point = self._points[handle]
            usual = limit_rules(point.limits, self._again_s)
            rules = limit_alarms(handle, point, usual, self._settings)
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
        before = alarm.state.phase
        alarm = alarm.after(state, happened, now_ns, value, quality)
        if alarm.subject.group and happened:
            alarm = self._first_out(alarm, before)
        self._put(alarm)
        for event in happened:
            self.raised += event == "raised"
            events.append(alarm.event(event, now_ns))
        shelf = alarm.holds.shelf
        if shelf and shelf.kind == "one-shot" and ends_one_shot(before, state.phase):
            self._end_shelf(alarm, now_ns, events)

    def _first_out(self, alarm: Alarm, before: alarm_logic.Phase) -> Alarm:
        """Which alarm of a group was the first since all of them were normal."""
        group, id_ = alarm.subject.group, alarm.subject.id
        if alarm.state.phase == "normal":
            others = (a for a in self._alarms.values() if a.subject.group == group)
            if all(a.subject.id == id_ or a.state.phase == "normal" for a in others):
                self._first.pop(group, None)
        elif before == "normal" and self._first.setdefault(group, id_) == id_:
            return replace(alarm, first=True)
        return alarm

    def _end_shelf(self, alarm: Alarm, now_ns: int, events: list[AlarmEvent]) -> Alarm:
        """A shelf is over, by time or with its condition: nobody has seen what stands."""
        state = leave(alarm.state, "expiry", False, now_ns)
        alarm = replace(alarm, state=state, holds=replace(alarm.holds, shelf=None))
        self._put(alarm)
        events.append(alarm.event("shelf-ended", now_ns))
        return alarm

    def _put(self, alarm: Alarm) -> None:
        """Keep an alarm that is not at rest; forget one that is."""
        subject, state = alarm.subject, alarm.state
        if alarm.resting:
            self._alarms.pop(subject.id, None)
            self._timed.discard(subject.id)
        else:
            self._alarms[subject.id] = alarm
            timed = (
                state.since_ns is not None
                or alarm.holds.shelf is not None
                or (state.phase == "acknowledged" and subject.delays.again > 0)
            )
            if alarm.first:
                self._first[subject.group] = subject.id
            (self._timed.add if timed else self._timed.discard)(subject.id)
        if subject.handle >= 0:
            self._busy[subject.handle] = any(
                s.id in self._alarms for _, s in self._rules_of(subject.handle)
            )
