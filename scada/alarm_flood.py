"""Alarm flood: more alarms than an operator can read (ISA-18.2, EEMUA 191). Pure.

A flood begins with more than 10 alarms in 10 minutes and ends when fewer than 5 came in 10.
"""

from __future__ import annotations

from collections import deque

from scada.alarm_logic import NS_PER_S
from scada.alarm_record import AlarmEvent

WINDOW_NS = 600 * NS_PER_S
BEGINS_ABOVE = 10
ENDS_BELOW = 5


class Flood:
    """Watches events of alarms; its own events say when a flood begins and ends."""

    def __init__(self) -> None:
        self.since_ns: int | None = None
        self.count = 0
        self._raised: deque[int] = deque()

    def take(self, events: list[AlarmEvent], now_ns: int) -> list[AlarmEvent]:
        """Count what was shown to the operator; what that means for a flood."""
        for event in events:
            if annunciated(event):
                self._raised.append(int(event["time_ns"]))
                self.count += self.since_ns is not None
        while self._raised and self._raised[0] <= now_ns - WINDOW_NS:
            self._raised.popleft()
        if self.since_ns is None and len(self._raised) > BEGINS_ABOVE:
            self.since_ns, self.count = now_ns, len(self._raised)
            return [self._event("flood-began", now_ns)]
        if self.since_ns is not None and len(self._raised) < ENDS_BELOW:
            ended = self._event("flood-ended", now_ns)
            self.since_ns, self.count = None, 0
            return [ended]
        return []

    def figures(self) -> dict[str, int | None]:
        """Alarms of the last ten minutes, and since when there is a flood."""
        return {"flood_since_ns": self.since_ns, "alarms_10_min": len(self._raised)}

    def _event(self, event: str, now_ns: int) -> AlarmEvent:
        return {
            "id": "alarms.flood",
            "source": "alarms",
            "kind": "flood",
            "event": event,
            "state": "normal",
            "time_ns": now_ns,
            "priority": "medium",
            "value": float(self.count),
            "limit": None,
            "unit": "",
            "user": "",
            "comment": "",
            "text_zh": "报警泛滥",
            "text_en": "Alarm flood",
        }


def annunciated(event: AlarmEvent) -> bool:
    """Whether an event showed the operator an alarm anew."""
    if event.get("held"):
        return False
    if event["event"] in ("raised", "re-alarmed"):
        return True
    return event["event"] in ("unsuppressed", "in-service", "shelf-ended") and (
        event["state"] == "unacknowledged"
    )
