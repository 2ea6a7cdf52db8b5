"""Looks at the alarms that wait, puts what is to be told into the outbox, and fails loudly.

The outbox keeps each message once by its key and sends it until there is a receipt. A channel
that does not deliver is an alarm of its own: elsewhere mails were dropped without a word.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from hmi.records.outbox import SqlOutbox
from scada.alarm_desk import AlarmDesk
from scada.alarm_logic import Delays
from scada.alarm_record import Subject
from scada.escalation import EscalationRule, Telling, due
from scada.point import Utility
from scada.ports import Clock

log = logging.getLogger("ringmain")

EVERY_S = 1.0
TRIES_UNTIL_ALARM = 3


class Notifier:
    """Runs in core, beside the alarms it tells of; `run` lasts until cancelled."""

    def __init__(
        self,
        desk: AlarmDesk,
        box: SqlOutbox,
        rules: Sequence[EscalationRule],
        channels: Sequence[str],
        utility_of: Mapping[str, Utility],
        clock: Clock,
    ) -> None:
        self._desk, self._box, self._rules = desk, box, tuple(rules)
        self._utility_of, self._clock = utility_of, clock
        self._subjects = {name: channel_subject(name) for name in channels}
        self._put: set[str] = set()
        for subject in self._subjects.values():
            desk.book.know(subject)

    async def run(self) -> None:
        """Look every second."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the notifier could not look")
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Put what is due into the outbox, and tell which channels do not deliver."""
        now_ns = self._clock.now_ns()
        told = due(self._desk.book.alarms(), self._rules, self._utility_of, now_ns)
        new = [one for one in told if one.key not in self._put]
        if new:
            rows = [(one.key, one.channel, "staff", content_of(one)) for one in new]
            await asyncio.to_thread(self._box.put, rows, now_ns)
        self._put = {one.key for one in told}
        failing = await asyncio.to_thread(self._box.failing, TRIES_UNTIL_ALARM, now_ns)
        for name, subject in self._subjects.items():
            await self._desk.watch(subject, name in failing)


def channel_subject(name: str) -> Subject:
    """The alarm of a channel that does not deliver."""
    return Subject(
        id=f"notify/{name}.communication",
        source=f"notify/{name}",
        kind="communication",
        priority="high",
        text_zh=f"通知渠道 {name} 发送失败",
        text_en=f"Notification channel {name} does not deliver",
        delays=Delays(),
    )


def content_of(telling: Telling) -> dict[str, Any]:
    """The message of an alarm, in both languages."""
    alarm = telling.alarm
    zh, en = alarm.get("text_zh") or alarm["source"], alarm.get("text_en") or alarm["source"]
    return {
        "title_zh": f"报警：{zh}",
        "title_en": f"Alarm: {en}",
        "zh": f"{zh}（{alarm['kind']}，{alarm['priority']}），尚未确认",
        "en": f"{en} ({alarm['kind']}, {alarm['priority']}), not acknowledged",
        "alarm": alarm["id"],
        "raised_ns": alarm["raised_ns"],
        "priority": alarm["priority"],
        "rule": telling.rule,
    }
