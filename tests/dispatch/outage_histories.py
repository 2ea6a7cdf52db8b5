"""Random lives of outages: anybody tries anything at any time; what must never be is watched.

The watch knows the law by its own numbers and looks at what happened, not at the gates.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dispatch.outages import OutageOrder, RefusedStepError, Step, open_outage, take_step
from dispatch.outages.table import TRANSITIONS
from tests.dispatch.outage_orders import FILED, HOUR, LAW

WAYS = {
    ("study", "requested"),
    ("study", "discarded"),
    ("requested", "approved"),
    ("requested", "rejected"),
    ("requested", "cancelled"),
    ("approved", "requested"),
    ("approved", "published"),
    ("approved", "rejected"),
    ("approved", "cancelled"),
    ("published", "requested"),
    ("published", "underway"),
    ("published", "cancelled"),
    ("underway", "restoring"),
    ("restoring", "underway"),
    ("restoring", "restored"),
    ("restored", "closed"),
}
SECOND = timedelta(seconds=1)
ONWARD = {
    "study": "file",
    "requested": "approve",
    "approved": "publish",
    "published": "start",
    "underway": "work-done",
    "restoring": "restore",
    "restored": "close",
}
LEAD = {"water": timedelta(hours=48), "gas": timedelta(hours=48), "heat": timedelta(days=3)}
NEEDED = {
    "water": {"flushed", "sample-good", "pressure-verified"},
    "gas": {"users-notified", "leak-test", "safe"},
    "heat": {"filled", "vented"},
}
FACTS = sorted({fact for facts in NEEDED.values() for fact in facts})
ACTIONS = [t.action for t in TRANSITIONS]
DURATIONS = [1, 8, 12, 13, 24, 25, 40]
ROLES = ["planner", "dispatcher", "leader", "crew"]


class OutageHistory(RuleBasedStateMachine):
    """One outage, driven at random."""

    order: OutageOrder

    @initialize(
        medium=st.sampled_from(["water", "gas", "heat"]),
        hours=st.sampled_from(DURATIONS),
        ahead=st.sampled_from([10, 47, 48, 49, 72, 73, 100]),
        reason=st.sampled_from(["", "works"]),
        kind=st.sampled_from(["planned", "planned", "planned", "unplanned"]),
    )
    def open(self, medium: Any, hours: int, ahead: int, reason: str, kind: Any) -> None:
        self.now = FILED
        start = FILED + ahead * HOUR if kind == "planned" else FILED
        step = Step(action="open", at=FILED, user="pan", role="planner")
        facts: dict[str, Any] = {"reason": reason, "scope": "x", "element": "link:1"}
        outcome = open_outage(
            "O",
            step,
            LAW,
            medium=medium,
            kind=kind,
            start=start,
            end=start + hours * HOUR,
            **facts,
        )
        self.order = outcome.order
        self.kind = kind
        self.told: list[tuple[datetime, datetime, datetime]] = []
        self.recorded: set[str] = set()
        self.approved_by = ""
        self.authority_until: datetime | None = None
        assert kind == "unplanned" or not outcome.tells

    @rule(minutes=st.sampled_from([0, 1, 30, 60, 600, 1440, 2880, 4320]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(action=st.sampled_from(ACTIONS), role=st.sampled_from(ROLES), data=st.data())
    def anybody_tries(self, action: str, role: Any, data: st.DataObject) -> None:
        details: dict[str, Any] = {}
        if action == "record":
            details["fact"] = data.draw(st.sampled_from(FACTS))
        if action == "authority-approval":
            details["number"] = data.draw(st.sampled_from(["", "17"]))
            details["until"] = data.draw(
                st.sampled_from([self.order.end, self.order.end + 10 * HOUR])
            )
        if action == "extend":
            details["end"] = self.order.end + data.draw(st.sampled_from([-1, 0, 3, 9])) * HOUR
        if action == "amend":
            shift = data.draw(st.sampled_from([0, 24, 60])) * HOUR
            hours = data.draw(st.sampled_from(DURATIONS)) * HOUR
            start = self.order.start + shift
            details = {"start": start, "end": start + hours}
            if data.draw(st.booleans()):
                details["reason"] = "works"
            if data.draw(st.booleans()):
                details["delivery_plan"] = True
        self.try_step(action, role, data.draw(st.sampled_from(["pan", "li"])), details)

    @rule(prepared=st.booleans(), early=st.booleans(), user=st.sampled_from(["li", "li", "pan"]))
    def the_right_one_goes_on(self, prepared: bool, early: bool, user: str) -> None:
        """Without this rule hardly any history gets past publication; what it needs is not always
        there, and the clock may be a second off."""
        order, action = self.order, ONWARD.get(self.order.state)
        if action is None:
            return
        if prepared and action == "approve":
            self.try_step("amend", "planner", "pan", {"reason": "works", "delivery_plan": True})
        if prepared and action in {"approve", "publish"}:
            until = {"number": "17", "until": order.end}
            self.try_step("authority-approval", "leader", "li", until)
        if prepared and action == "restore":
            for fact in sorted(NEEDED[order.medium]):
                self.try_step("record", "crew", "cai", {"fact": fact})
        if action == "publish":
            self.wait_until(order.start - LEAD[order.medium] + (0 if early else 1) * SECOND)
        if action == "start":
            self.wait_until(order.start - (1 if early else 0) * SECOND)
        role = next(t.roles[0] for t in TRANSITIONS if t.action == action)
        self.try_step(action, role, user, {})

    @rule(hours=st.sampled_from([0, 3, 9]))
    def the_work_takes_longer(self, hours: int) -> None:
        details = {"end": self.order.end + hours * HOUR}
        self.try_step("extend", "dispatcher", "du", details)

    def wait_until(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def try_step(self, action: str, role: Any, user: str, details: dict[str, Any]) -> None:
        before = self.order
        step = Step(action=action, at=self.now, user=user, role=role, details=details)
        try:
            outcome = take_step(before, step, LAW, now=self.now)
        except RefusedStepError as refusal:
            assert refusal.reasons
            assert self.order == before
            return
        after = outcome.order
        assert after.version == before.version + 1
        assert after.publications[: len(before.publications)] == before.publications
        assert after.state == before.state or (before.state, after.state) in WAYS
        if before.state in {"study", "discarded"} or after.state == "discarded":
            assert not outcome.tells
        self.order = after
        self.note(step, before, after)

    def note(self, step: Step, before: OutageOrder, after: OutageOrder) -> None:
        if step.action in {"publish", "extend"}:
            self.told.append((step.at, after.start, after.end))
        if step.action == "record":
            self.recorded.add(str(step.details["fact"]))
        if step.action == "rework":
            self.recorded.clear()
        if step.action == "approve":
            self.approved_by = step.user
        if step.action == "authority-approval":
            self.authority_until = step.details["until"]
        if step.action == "start":
            published = [t for t in self.told if t[1:] == (after.start, after.end)]
            assert published, "nothing starts on a notice for another window"
            assert after.start <= step.at < after.end
        if step.action == "restore":
            assert self.recorded >= NEEDED[after.medium]

    @invariant()
    def what_must_never_be(self) -> None:
        order = self.order
        if self.kind == "unplanned" or order.state in {"study", "discarded", "rejected"}:
            return
        went = order.state in {"published", "underway", "restoring", "restored", "closed"}
        if order.state == "approved" or went:
            assert self.approved_by not in {"", order.requester}
            hours = (order.end - order.start) / HOUR
            if order.medium == "water" and hours > 12:
                assert self.authority_until is not None
                assert self.authority_until >= order.end
            if order.medium == "water" and hours > 24:
                assert order.delivery_plan
        if went:
            first = next(t for t in self.told if t[1] == order.start)
            assert order.start - first[0] >= LEAD[order.medium]
            assert order.reason
            assert order.scope
