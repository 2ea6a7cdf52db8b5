"""The clocks of a hotline order: from the call to dispatch, and to the limit it is closed by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dispatch.rulebook import RuleSet
from dispatch.workorders.order import DISPATCH_RULES, SAME_DAY, WorkOrder, limit_rule

State = Literal["running", "late", "met", "missed", "suspended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTimer:
    """A clock of one order; a pending order's limit is suspended."""

    clock: str
    rule: str
    clause: str
    due: datetime
    ended: datetime | None
    state: State

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "clock": self.clock,
            "rule": self.rule,
            "clause": self.clause,
            "due": self.due.isoformat(),
            "ended": None if self.ended is None else self.ended.isoformat(),
            "state": self.state,
        }


def work_timers(order: WorkOrder, rules: RuleSet, now: datetime) -> tuple[WorkTimer, ...]:
    """The clocks a rule of the profile runs. Emergencies go at once, for which the law has no
    number: theirs is the same day."""
    found = []
    sent = order.at("dispatch")
    for name in dict.fromkeys((DISPATCH_RULES[order.type], SAME_DAY)):
        rule = rules.rule(name)
        if rule is None or rule.value is None:
            continue
        finding = rules.evaluate(name, sent or now, received=order.received)
        if finding.deadline is not None:
            found.append(_timer("dispatch", name, finding.clause, finding.deadline, sent, now))
            break
    if order.limit is not None:
        rule = rules.rule(limit_rule(order))
        ended = order.at("handled") if order.state in {"handled", "closed"} else None
        timer = _timer(
            "limit",
            "" if rule is None else rule.id,
            "" if rule is None else rule.clause,
            order.limit,
            ended,
            now,
            suspended=order.state == "pending",
        )
        found.append(timer)
    return tuple(found)


def _timer(
    clock: str,
    rule: str,
    clause: str,
    due: datetime,
    ended: datetime | None,
    now: datetime,
    *,
    suspended: bool = False,
) -> WorkTimer:
    good = (ended or now) <= due
    state: State = "suspended" if suspended else "running" if good else "late"
    if ended is not None:
        state = "met" if good else "missed"
    return WorkTimer(clock=clock, rule=rule, clause=clause, due=due, ended=ended, state=state)
