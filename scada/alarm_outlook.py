"""What the live model says comes of an alarm if nothing is done, and what was told of it. Pure.

Every event of an alarm that stands carries what was known when it happened, so that the journal
shows it afterwards. The model needs a cycle to see what has risen: an event of its own,
`foreseen`, says what comes as soon as that is known, and again when it has become much worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scada.point import Point

STANDING = ("unacknowledged", "acknowledged")
FRESH_NS = 60 * 1_000_000_000
"""An outlook older than this is none."""
MUCH_WORSE = 1.5
"""So many times as many people are told anew."""
MOST_AT_ONCE = 10
"""Of a flood only the most pressing: what comes is the same for all of a network."""

Outlook = Mapping[str, Any]


class Outlooks:
    """By utility, what the model last said; by alarm, what was told of it since it rose."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._utility = {point.id: point.utility for point in points}
        self._said: dict[str, tuple[int, Outlook | None]] = {}
        self._told: dict[str, tuple[int, Outlook]] = {}

    def take(self, utility: str, at_ns: int, said: Outlook | None) -> None:
        """What the model says of a utility's present state; None: it cannot say."""
        self._said[utility] = (at_ns, said)

    def of(self, alarm: Mapping[str, Any], now_ns: int) -> dict[str, Any] | None:
        """What comes of an alarm, with `time_ns`; None where nothing does or nobody knows."""
        utility = self._utility.get(str(alarm.get("source")))
        if utility is None or alarm["state"] not in STANDING:
            return None
        at_ns, said = self._said.get(utility, (0, None))
        # What the model said before the alarm came does not know its cause.
        fresh = at_ns >= int(alarm.get("raised_ns") or 0) and now_ns - at_ns <= FRESH_NS
        if not fresh or not said or not (said["people"] or said["tank"]):
            return None
        return {**said, "time_ns": at_ns}

    def shown(self, alarm: dict[str, Any], now_ns: int) -> dict[str, Any]:
        """The alarm, or event, with its `outlook` where there is one."""
        outlook = self.of(alarm, now_ns)
        return alarm if outlook is None else {**alarm, "outlook": outlook}

    def note(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Remember what these events tell; of what the journal holds, too."""
        for event in events:
            id_ = str(event["id"])
            if event["state"] not in STANDING:
                self._told.pop(id_, None)
            elif event.get("outlook"):
                self._told[id_] = (int(event.get("raised_ns") or 0), event["outlook"])

    def news(self, alarms: Iterable[dict[str, Any]], now_ns: int) -> list[str]:
        """The alarms, the most pressing first, of which more is known than was told."""
        found: list[str] = []
        for alarm in alarms:
            outlook = None if alarm["held"] else self.of(alarm, now_ns)
            if outlook is not None and self._is_news(alarm, outlook):
                found.append(alarm["id"])
                if len(found) == MOST_AT_ONCE:
                    break
        return found

    def _is_news(self, alarm: Mapping[str, Any], outlook: Outlook) -> bool:
        raised_ns, told = self._told.get(alarm["id"], (-1, {}))
        if raised_ns != int(alarm["raised_ns"]):
            return True
        more = outlook["people"] > told["people"] and (
            outlook["people"] >= MUCH_WORSE * told["people"]
        )
        return more or bool(outlook["tank"] and not told["tank"])
