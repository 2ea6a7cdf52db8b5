"""Clocks of incidents as alarms: near their end, and late. Runs in core, beside the alarms.

Each clock that runs has two alarms, `INC.<incident>.<clock>.near` and `.late`; they end when the
step that ends the clock is entered or the clock is excused. The book of alarms keeps them over a
restart, the book of orders says which of them still stand. Points of the driver `desk` count them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from dispatch.incidents.clocks import Timer
from hmi.desk.desk_points import DeskPoints
from hmi.desk.incident_service import IncidentService
from scada.alarm_desk import AlarmDesk
from scada.alarm_record import DEADLINE, Subject
from scada.point import Utility
from scada.ports import Clock

log = logging.getLogger("ringmain")

EVERY_S = 1.0
NAMES_ZH = {
    "arrival": "到达现场",
    "stop": "止水",
    "repair": "修复",
    "road": "路面通报",
    "response-start": "响应启动",
    "response": "处置",
    "measure": "测压",
    "accident-report": "事故报告",
    "test": "测温",
}


class DeadlineWatch:
    """Tells the alarms which clocks are near their end or late; `run` lasts until cancelled.

    `utilities` is filled with the utility of each clock, for those who tell others of alarms.
    """

    def __init__(
        self,
        incidents: IncidentService,
        alarms: AlarmDesk,
        utilities: dict[str, Utility],
        clock: Clock,
        zone: ZoneInfo,
        counted: DeskPoints | None = None,
    ) -> None:
        self._counted = counted
        self._zone = zone
        self._incidents, self._alarms, self._clock = incidents, alarms, clock
        self._utilities = utilities

    async def run(self) -> None:
        """Look every second."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the clocks of incidents could not be looked at")
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Raise the alarms of clocks that need somebody, end those of clocks that do not run."""
        now = datetime.fromtimestamp(self._clock.now_ns() / 1e9, UTC)
        running = await asyncio.to_thread(self._incidents.running)
        standing: set[str] = set()
        for point, (utility, timer) in running.items():
            self._utilities[point] = cast(Utility, utility)
            stands = timer.stands(now)
            for level in ("near", "late"):
                subject = _subject(point, level, timer, self._zone)
                if stands == level:
                    standing.add(subject.id)
                    await self._alarms.watch(subject, True)
        shown = self._alarms.book.standing(DEADLINE)
        for subject in shown:
            if subject.id not in standing:
                await self._alarms.watch(subject, False)
        if self._counted is not None:
            await self._counted.tell(running.values(), now)
        for gone in set(self._utilities) - set(running) - {subject.source for subject in shown}:
            del self._utilities[gone]


def timers_now(running: Mapping[str, tuple[str, Timer]]) -> list[dict[str, Any]]:
    """The clocks that run as points, the next to end first."""
    now = datetime.now(UTC)
    rows = [
        {
            "point": point,
            "utility": utility,
            "left_s": round(timer.left_s(now), 1),
            "due": timer.due.isoformat(),
            "stands": timer.stands(now),
            "rule": timer.rule,
            "clause": timer.clause,
        }
        for point, (utility, timer) in running.items()
    ]
    return sorted(rows, key=lambda row: float(str(row["left_s"])))


def _subject(point: str, level: str, timer: Timer, zone: ZoneInfo) -> Subject:
    incident = point.split(".")[1]
    due = f"{timer.due.astimezone(zone):%m-%d %H:%M}"
    name = NAMES_ZH.get(timer.clock, timer.clock)
    late = level == "late"
    return Subject(
        id=f"{point}.{level}",
        source=point,
        kind=DEADLINE,
        priority="urgent" if late else "high",
        rule=timer.rule,
        text_zh=f"{incident} {name}{'已超时' if late else '即将到时'}（限 {due}）",
        text_en=f"{incident}: {timer.clock} {'is late' if late else 'is due soon'} (by {due})",
    )
