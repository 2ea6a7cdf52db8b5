"""Short ways to drive an outage order in tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.outages import Law, OutageOrder, Outcome, Step, open_outage, take_step
from dispatch.rulebook import RuleBook

ZONE = ZoneInfo("Asia/Shanghai")
BOOK = RuleBook.load()
LAW = Law(rules=BOOK.on(date(2026, 1, 5), "jinan"), zone=ZONE)
FILED = datetime(2026, 1, 5, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)
ROLES = {
    "approve": "leader",
    "authority-approval": "leader",
    "reject": "leader",
    "publish": "dispatcher",
    "start": "dispatcher",
    "record": "crew",
    "work-done": "crew",
    "rework": "crew",
    "restore": "dispatcher",
    "extend": "dispatcher",
    "correct": "leader",
    "close": "dispatcher",
    "road-told": "dispatcher",
}


def opened(**changes: Any) -> OutageOrder:
    """A complete request of 8 hours, three days ahead, in study."""
    facts: dict[str, Any] = {
        "medium": "water",
        "kind": "planned",
        "element": "water/link:M1",
        "start": FILED + 72 * HOUR,
        "end": FILED + 80 * HOUR,
        "reason": "replacing a main",
        "scope": "East Court",
        **changes,
    }
    at = facts.pop("at", FILED)
    step = Step(action="open", at=at, user="pan", role="planner")
    return open_outage("OUT-1", step, LAW, **facts).order


def step(order: OutageOrder, action: str, at: datetime, law: Law = LAW, **details: Any) -> Outcome:
    """The outcome of a step by the role the table names for it."""
    role = ROLES.get(action, "planner")
    user = {"planner": "pan", "leader": "li", "crew": "cai", "dispatcher": "du"}[role]
    taken = Step(action=action, at=at, user=user, role=role, details=details)  # type: ignore[arg-type]
    return take_step(order, taken, law, now=at)


def published(order: OutageOrder, at: datetime = FILED, law: Law = LAW) -> OutageOrder:
    """The order filed, approved and published at one moment."""
    for action in ("file", "approve", "publish"):
        order = step(order, action, at, law).order
    return order
