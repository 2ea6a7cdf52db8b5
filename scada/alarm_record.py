"""One alarm of the book: what it is about, where it is, and both as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from scada.alarm_holds import FREE, Holds, read_holds
from scada.alarm_logic import ACTIVE, UNSEEN, AlarmState, Delays, Event, LimitRule, Phase
from scada.point import Point, Priority

NO_DELAYS = Delays()
AT_REST = AlarmState()

AlarmEvent = dict[str, Any]
"""An alarm as JSON after a change, with `event`, `time_ns`, `user` and `quality` beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alarm watches; `source` is a point id or the name of a link.

    `limit` is in SI, `unit` the one to show it in. `delays` say how long its condition must stand.
    """

    id: str
    source: str
    kind: str
    priority: Priority = "medium"
    limit: float | None = None
    unit: str = ""
    rule: str = ""
    text_zh: str = ""
    text_en: str = ""
    delays: Delays = NO_DELAYS
    group: str = ""
    """Alarms of one group tell which of them was first."""
    handle: int = -1
    """Of the point, for alarms of a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm with its state and what an operator wants to know about it.

    `occurrences` counts how often it rose since it was last normal. `first`: of its group it
    rose first since all of them were normal.
    """

    subject: Subject
    state: AlarmState = AT_REST
    value: float | None = None
    quality: int = 0
    raised_ns: int = 0
    acknowledged_by: str = ""
    comment: str = ""
    occurrences: int = 0
    holds: Holds = FREE
    first: bool = False

    @property
    def resting(self) -> bool:
        """Nothing stands, nothing waits, nothing holds it."""
        return self.state.resting and not self.holds.any

    @property
    def shown(self) -> bool:
        """Whether an operator is to see it as an alarm."""
        return self.state.phase != "normal" and not self.holds.any

    @property
    def waits(self) -> bool:
        """Whether an operator is to acknowledge it."""
        return self.state.phase in UNSEEN and not self.holds.any

    def after(
        self,
        state: AlarmState,
        events: tuple[Event, ...],
        now_ns: int,
        value: float | None,
        quality: int,
    ) -> Alarm:
        """The alarm in its next state, with the value that led there."""
        raised = "raised" in events
        unseen = raised or "re-alarmed" in events
        return Alarm(
            subject=self.subject,
            state=state,
            value=value,
            quality=quality,
            raised_ns=now_ns if raised else self.raised_ns,
            acknowledged_by="" if unseen else self.acknowledged_by,
            comment="" if unseen else self.comment,
            occurrences=self.occurrences + raised,
            holds=self.holds,
            first=self.first and state.phase != "normal",
        )

    def as_dict(self) -> dict[str, Any]:
        """The alarm as the bus and the page know it; value and limit are SI."""
        about = self.subject
        return {
            "id": about.id,
            "source": about.source,
            "kind": about.kind,
            "state": self.state.phase,
            "priority": about.priority,
            "value": _finite(self.value),
            "limit": about.limit,
            "unit": about.unit,
            "raised_ns": self.raised_ns,
            "changed_ns": self.state.changed_ns,
            "acknowledged_by": self.acknowledged_by,
            "comment": self.comment,
            "rule": about.rule,
            "text_zh": about.text_zh,
            "text_en": about.text_en,
            "occurrences": self.occurrences,
            "held": self.holds.any,
            "holds": self.holds.as_dict(),
            "latching": about.delays.latch,
            "group": about.group,
            "first": self.first,
        }

    def event(self, event: str, now_ns: int, user: str = "") -> AlarmEvent:
        """The record of a change, complete enough to restore the alarm from it."""
        return {
            **self.as_dict(),
            "event": event,
            "time_ns": now_ns,
            "user": user,
            "quality": self.quality,
        }


def restored(subject: Subject, stored: Mapping[str, Any]) -> Alarm:
    """An alarm as its last stored event left it; whether its condition stands is to be seen."""
    phase = cast(Phase, stored["state"])
    return Alarm(
        subject=subject,
        state=AlarmState(
            phase=phase,
            condition=phase in ACTIVE,
            known=False,
            changed_ns=int(stored.get("changed_ns") or stored["time_ns"]),
        ),
        value=stored.get("value"),
        quality=int(stored.get("quality") or 0),
        raised_ns=int(stored.get("raised_ns") or 0),
        acknowledged_by=str(stored.get("acknowledged_by") or ""),
        comment=str(stored.get("comment") or ""),
        occurrences=int(stored.get("occurrences") or 0),
        holds=read_holds(stored.get("holds") or {}),
        first=bool(stored.get("first")),
    )


DEADLINE = "deadline"
"""The kind of alarms of clocks that begin and end with what people do."""


def stored_subject(stored: Mapping[str, Any]) -> Subject:
    """The subject of an alarm that nobody lists beforehand, from its last stored event."""
    return Subject(
        id=str(stored["id"]),
        source=str(stored["source"]),
        kind=str(stored["kind"]),
        priority=cast(Priority, stored["priority"]),
        rule=str(stored.get("rule") or ""),
        text_zh=str(stored.get("text_zh") or ""),
        text_en=str(stored.get("text_en") or ""),
    )


def limit_subject(handle: int, point: Point, rule: LimitRule) -> Subject:
    """The alarm of one limit of a point, as its list says; a setting may change it."""
    return Subject(
        id=f"{point.id}.{rule.kind}",
        source=point.id,
        kind=rule.kind,
        priority=point.priority,
        limit=rule.limit,
        unit=point.unit,
        rule=point.rule,
        text_zh=point.text_zh,
        text_en=point.text_en,
        delays=rule.delays,
        handle=handle,
    )


def quality_subject(point: Point, delays: Delays) -> Subject:
    """The alarm of a point that gives no usable value although its link is up."""
    return Subject(
        id=f"{point.id}.quality",
        source=point.id,
        kind="quality",
        priority="low",
        unit=point.unit,
        text_zh=f"{point.text_zh or point.id} 数据无效",
        text_en=f"{point.text_en or point.id}: no valid value",
        delays=delays,
    )


def link_subject(name: str, delays: Delays, text_zh: str = "", text_en: str = "") -> Subject:
    """The one alarm of a lost link."""
    return Subject(
        id=f"link/{name}.communication",
        source=name,
        kind="communication",
        priority="high",
        text_zh=text_zh or f"{name} 通信中断",
        text_en=text_en or f"{name}: communication lost",
        delays=delays,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
