"""A desk on a database of its own, with a clock that the story moves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.outages import RefusedStepError
from dispatch.rulebook import RuleBook, RuleSet
from hmi.desk.adapters import FileAdapter
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.records.outbox import send_due

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BOOK = RuleBook.load()
USERS = {"planner": "pan", "dispatcher": "du", "leader": "li", "crew": "cai"}


def rules(profile: str, **more: Any) -> RuleSet:
    """A profile on a day of the stories."""
    return BOOK.on(date(2026, 1, 5), profile, **more)


JINAN = rules("jinan")


class StoryDesk:
    """Short words for what people do at the desk."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now = now
        records = engine(folder / "records.db")
        migrate(records)
        self.box = SqlOutbox(records)
        self.sent = folder / "sent"
        settings = DeskSettings(zone=ZONE, profile="jinan", name_zh="示范公司", name_en="Model Co")
        self.service = OutageService(SqlOrderBook(records), BOOK, settings, clock=lambda: self.now)
        self.order_id = ""

    def opens(self, role: str = "planner", **record: Any) -> dict[str, Any]:
        made = self.service.open(record, user=USERS[role], role=role)
        self.order_id = made["id"]
        return made

    def does(self, role: str, action: str, **record: Any) -> dict[str, Any]:
        return self.service.step(self.order_id, action, record, user=USERS[role], role=role)

    def may_not(self, role: str, action: str, **record: Any) -> set[str]:
        """The rules, or gates, that forbid it."""
        with pytest.raises(RefusedStepError) as caught:
            self.does(role, action, **record)
        return {reason.rule or reason.gate for reason in caught.value.reasons}

    def at(self, moment: datetime) -> None:
        self.now = moment

    @property
    def state(self) -> str:
        return str(self.service.get(self.order_id)["order"]["state"])

    def told(self) -> list[str]:
        """Audiences and forms of everything that was sent, in order."""
        send_due(self.box, {"file": FileAdapter(self.sent)}, 2**62)
        messages = self.box.of_order(self.order_id)
        assert {m["state"] for m in messages} <= {"sent"}
        return [m["audience"] for m in messages]
