"""A hotline order from call to closing: dispatch, receipt, extension, pending, supervision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from dispatch.finding import Finding
from dispatch.rulebook import RuleSet

OrderType = Literal["emergency", "facility", "complaint", "help"]
State = Literal["received", "dispatched", "confirmed", "pending", "supervised", "handled", "closed"]

DISPATCH_RULES: Mapping[str, str] = {
    "emergency": "HOT-DISPATCH-EMERG",
    "facility": "HOT-DISPATCH-FACILITY-30MIN",
    "complaint": "HOT-DISPATCH-COMPLAINT-30MIN",
    "help": "HOT-DISPATCH-SAMEDAY",
}
"""What the time from call to dispatch is judged by."""
SAME_DAY = "HOT-DISPATCH-SAMEDAY"
EXTENSION = "HOT-EXTENSION"
PENDING = "HOT-PENDING"
DIFFICULT = "HOT-DIFFICULT"
COMPLAINT_LIMIT: Mapping[str, Mapping[str, str]] = {
    "water": {"ordinary": "HOT-WATER-2D", "complex": "HOT-WATER-2D"},
    "gas": {"ordinary": "GAS-COMPLAINT-2D", "complex": "GAS-COMPLAINT-7D"},
    "heat": {"ordinary": "HEAT-COMPLAINT-2D", "complex": "HEAT-COMPLAINT-7D"},
}
"""The limit to close a complaint that came through 12319."""
DIRECT_LIMIT: Mapping[str, str] = {
    "ordinary": "WATER-COMPLAINT-2WD",
    "complex": "WATER-COMPLAINT-7WD",
}
"""The limit of a water complaint made to the enterprise itself: working days."""

# action: states it may be taken in, state it leads to, roles that may take it
ACTIONS: Mapping[str, tuple[tuple[State, ...], State | None, tuple[str, ...]]] = {
    "dispatch": (("received",), "dispatched", ("operator", "leader")),
    "confirm": (("dispatched",), "confirmed", ("unit",)),
    "handled": (("confirmed", "pending", "supervised"), "handled", ("unit",)),
    "not-handled": (("confirmed", "supervised", "handled"), None, ("unit", "operator")),
    "extend": (("confirmed", "supervised"), None, ("business",)),
    "pend": (("confirmed", "supervised"), "pending", ("leader",)),
    "close": (("handled",), "closed", ("operator", "leader")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step on record."""

    action: str
    at: datetime
    by: str
    role: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """An order as it stands; `limit` is when it must be closed, extensions included.

    `place` is in plan metres, `node` the network node that serves it.
    `repeats` are later calls on the same matter; `failures` are times it came back not handled.
    """

    id: str
    type: OrderType
    utility: str
    received: datetime
    text: str
    state: State = "received"
    address: str = ""
    node: str = ""
    place: tuple[float, float] | None = None
    complexity: Literal["ordinary", "complex"] = "ordinary"
    channel: Literal["hotline", "direct"] = "hotline"
    limit: datetime | None = None
    extensions: int = 0
    failures: int = 0
    repeats: int = 0
    steps: tuple[Taken, ...] = ()
    findings: tuple[Finding, ...] = ()

    def at(self, action: str) -> datetime | None:
        """When an action was taken last."""
        return next((s.at for s in reversed(self.steps) if s.action == action), None)

    @property
    def in_time(self) -> bool | None:
        """Whether it was handled within its limit; None while it is not, or without a limit."""
        done = self.at("handled")
        if self.state not in {"handled", "closed"} or done is None or self.limit is None:
            return None
        return done <= self.limit


class WorkRefusedError(Exception):
    """The step may not be taken, and nothing has changed; `finding` is the rule that forbids it."""

    def __init__(self, text: str, finding: Finding | None = None) -> None:
        super().__init__(text)
        self.finding = finding


def open_order(order: WorkOrder, rules: RuleSet) -> WorkOrder:
    """The order with its limit, if a rule sets one."""
    return replace(order, limit=_limit(order, rules))


def repeat_call(order: WorkOrder, at: datetime, rules: RuleSet) -> WorkOrder:
    """The order after another call on it: an emergency or facility order not done becomes a
    complaint, with a complaint's limit from now."""
    again = replace(order, repeats=order.repeats + 1)
    if order.type not in {"emergency", "facility"} or order.state == "closed":
        return again
    turned = replace(again, type="complaint", received=at)
    limit = _limit(turned, rules)
    return replace(turned, received=order.received, limit=limit)


def take(
    order: WorkOrder,
    action: str,
    *,
    at: datetime,
    by: str,
    role: str,
    rules: RuleSet,
    until: datetime | None = None,
    approvals: Sequence[str] = (),
    note: str = "",
    **inputs: Any,
) -> WorkOrder:
    """The order after a step. WorkRefusedError when it may not be taken.

    `until` is the new limit of an extension; `approvals` are those of a pending order; `inputs` go
    to the dispatch rule (`at_once` for emergencies).
    """
    known = ACTIONS.get(action)
    if known is None:
        raise WorkRefusedError(f"unknown action {action!r}: one of {', '.join(ACTIONS)}")
    sources, target, roles = known
    if order.state not in sources:
        raise WorkRefusedError(f"{action} is not possible when {order.state}")
    if role not in roles:
        raise WorkRefusedError(f"{action} is for {', '.join(roles)}")
    if at < (order.steps[-1].at if order.steps else order.received):
        raise WorkRefusedError("the step lies before the last one")
    step = Taken(action=action, at=at, by=by, role=role, note=note)
    after = replace(order, state=target or order.state, steps=(*order.steps, step))
    match action:
        case "dispatch":
            return _with(after, _dispatch(order, at, rules, inputs))
        case "extend":
            return _extended(after, until, rules)
        case "pend":
            finding = rules.evaluate(PENDING, list(approvals))
            if finding.stops:
                raise WorkRefusedError(f"pending needs approvals: {finding.result}", finding)
            return after
        case "not-handled":
            failed = replace(after, failures=order.failures + 1, state="confirmed")
            finding = rules.evaluate(DIFFICULT, failed.failures)
            if finding.verdict == "required":
                return replace(_with(failed, [finding]), state="supervised")
            return failed
    return after


def _dispatch(
    order: WorkOrder, at: datetime, rules: RuleSet, inputs: Mapping[str, Any]
) -> list[Finding]:
    names = dict.fromkeys((DISPATCH_RULES[order.type], SAME_DAY))
    return [
        rules.evaluate(
            name, at, received=order.received, **(inputs if name == "HOT-DISPATCH-EMERG" else {})
        )
        for name in names
    ]


def _extended(order: WorkOrder, until: datetime | None, rules: RuleSet) -> WorkOrder:
    finding = rules.evaluate(EXTENSION, order.extensions + 1)
    if finding.stops:
        raise WorkRefusedError("the limit was extended as often as the rule allows", finding)
    if until is None or (order.limit is not None and until <= order.limit):
        raise WorkRefusedError("an extension names a later limit")
    return replace(order, extensions=order.extensions + 1, limit=until)


def limit_rule(order: WorkOrder) -> str:
    """The rule that says when a complaint must be closed."""
    if order.channel == "direct" and order.utility == "water":
        return DIRECT_LIMIT[order.complexity]
    return COMPLAINT_LIMIT.get(order.utility, {}).get(order.complexity, "")


def _limit(order: WorkOrder, rules: RuleSet) -> datetime | None:
    if order.type != "complaint":
        return order.limit
    name = limit_rule(order)
    rule = rules.rule(name)
    if rule is None:
        return None
    more: dict[str, Any] = {"complexity": order.complexity} if rule.value_by is not None else {}
    return rules.evaluate(name, order.received, received=order.received, **more).deadline


def _with(order: WorkOrder, findings: Sequence[Finding]) -> WorkOrder:
    return replace(order, findings=(*order.findings, *findings))
