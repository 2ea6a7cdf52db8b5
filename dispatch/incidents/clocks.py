"""The clocks of each kind of incident: from what, until which step, by which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dispatch.incidents.incident import FORCE_MAJEURE, Incident
from dispatch.rulebook import RuleSet

Inputs = Callable[[Incident], Mapping[str, Any]]
TimerState = Literal["running", "late", "met", "missed", "excused"]
Standing = Literal["in-time", "near", "late"]
NEAR = 0.25
"""The last quarter of a clock's time is near its end: ours, the law names only the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock: started by `start`, ended by `ends`, judged by the first of `rules` that applies.

    `inputs` are what the rules ask for beside the times.
    """

    name: str
    rules: tuple[str, ...]
    ends: str
    start: str = "reported"
    inputs: Inputs = lambda _incident: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A clock of one incident: since when it runs, when its time is up, when it was ended."""

    clock: str
    rule: str
    clause: str
    since: datetime
    due: datetime
    ended: datetime | None
    state: TimerState
    reason: str = ""

    @property
    def runs(self) -> bool:
        """Whether somebody still has to end it."""
        return self.ended is None and self.state != "excused"

    def stands(self, now: datetime) -> Standing:
        """How near its end it is: most people look at a clock once it is nearly over."""
        if now > self.due:
            return "late"
        return "near" if self.due - now <= NEAR * (self.due - self.since) else "in-time"

    def left_s(self, now: datetime) -> float:
        """Seconds left, negative when late; of an ended clock, those that were left."""
        return (self.due - (self.ended or now)).total_seconds()


def _arrival(incident: Incident) -> Mapping[str, Any]:
    return {"cause": FORCE_MAJEURE if incident.cause == FORCE_MAJEURE else "ordinary"}


def _repair(incident: Incident) -> Mapping[str, Any]:
    # An excused clock keeps its rule and its deadline, so the rule is asked as if it counted.
    return {"dn_mm": incident.dn_mm or 0.0, "excuse": "none"}


RESPONSE = (
    Clock(name="response-start", rules=("WATER-RESPOND-1H",), ends="response-started"),
    Clock(name="response", rules=("WATER-RESPOND-2H",), ends="controlled"),
)
WATER_ARRIVAL = Clock(
    name="arrival", rules=("WATER-ARRIVE-30MIN",), ends="arrived", inputs=_arrival
)
WATER_REPAIR = Clock(
    name="repair",
    rules=(
        "WATER-REPAIR-2H",
        "WATER-REPAIR-D100",
        "WATER-REPAIR-D300",
        "WATER-REPAIR-D800",
        "WATER-REPAIR-D1000",
    ),
    ends="repaired",
    inputs=_repair,
)
ROAD = Clock(name="road", rules=("WATER-ROAD-24H",), start="repaired", ends="road-told")
GAS_RESPONSE = Clock(name="response", rules=("GAS-RESPOND-2H",), ends="controlled")

KINDS: dict[str, tuple[Clock, ...]] = {
    "burst": (
        WATER_ARRIVAL,
        Clock(name="stop", rules=("WATER-BURST-STOP-4H",), ends="stopped"),
        WATER_REPAIR,
        ROAD,
        *RESPONSE,
    ),
    "water-leak": (WATER_ARRIVAL, WATER_REPAIR, ROAD),
    "low-pressure": (Clock(name="measure", rules=("WATER-PCOMPLAINT-24H",), ends="measured"),),
    "gas-leak": (
        Clock(name="arrival", rules=("GAS-LEAK-ARRIVE-30MIN",), ends="arrived"),
        GAS_RESPONSE,
    ),
    "no-gas": (
        Clock(
            name="arrival",
            rules=("GAS-NOGAS-1H",),
            ends="arrived",
            inputs=lambda incident: {"planned": incident.planned_outage},
        ),
    ),
    "heat-fault": (
        Clock(name="arrival", rules=("HEATCO-ARRIVE-X",), ends="arrived"),
        Clock(name="repair", rules=("HEAT-REPAIR-8H",), ends="repaired"),
        Clock(
            name="accident-report",
            rules=("HEAT-ACCIDENT-REPORT-24H",),
            start="accident",
            ends="authority-told",
        ),
    ),
    "cold-room": (Clock(name="test", rules=("HEAT-ROOMTEST-5D",), ends="measured"),),
}
UTILITY = {
    "burst": "water",
    "water-leak": "water",
    "low-pressure": "water",
    "gas-leak": "gas",
    "no-gas": "gas",
    "heat-fault": "heat",
    "cold-room": "heat",
}
"""Which utility a kind of incident belongs to."""
ACCIDENT = "HEAT-ACCIDENT-DEF"


def timers(incident: Incident, rules: RuleSet, now: datetime) -> tuple[Timer, ...]:
    """Every clock of the incident that a rule of the profile runs, as it stands `now`.

    A clock without a rule in this profile does not run: no rule, no deadline. One whose start has
    not come yet does not run either.
    """
    found = []
    for clock in KINDS[incident.kind]:
        timer = _timer(incident, clock, rules, now)
        if timer is not None:
            found.append(timer)
    return tuple(found)


def _timer(incident: Incident, clock: Clock, rules: RuleSet, now: datetime) -> Timer | None:
    start = accident_at(incident, rules) if clock.start == "accident" else incident.at(clock.start)
    if start is None or start > now:
        return None
    ended = incident.at(clock.ends)
    excused: Timer | None = None
    for name in clock.rules:
        rule = rules.rule(name)
        if rule is None or rule.reference is None:
            continue
        inputs = {**clock.inputs(incident), rule.reference.input: start}
        taken = {k: v for k, v in inputs.items() if k in _inputs_of(rules, name)}
        finding = rules.evaluate(name, ended or now, **taken)
        why = incident.excuses.get(clock.name)
        if finding.deadline is None:
            continue
        if finding.verdict == "not-applicable":
            if why is not None and excused is None:
                excused = Timer(
                    clock=clock.name,
                    rule=name,
                    clause=finding.clause,
                    since=start,
                    due=finding.deadline,
                    ended=ended,
                    state="excused",
                    reason=f"{why.reason}: {why.evidence}",
                )
            continue
        good = finding.verdict == "pass"
        state: TimerState = (
            ("met" if good else "missed") if ended else ("running" if good else "late")
        )
        if why is not None:
            state = "excused"
        return Timer(
            clock=clock.name,
            rule=name,
            clause=finding.clause,
            since=start,
            due=finding.deadline,
            ended=ended,
            state=state,
            reason="" if why is None else f"{why.reason}: {why.evidence}",
        )
    return excused


def accident_at(incident: Incident, rules: RuleSet) -> datetime | None:
    """When a heat fault became an operating accident; None while it is none."""
    if rules.rule(ACCIDENT) is None:
        return None
    restored = incident.at("restored")
    limit = rules.evaluate(ACCIDENT, restored or incident.reported, stopped=incident.reported)
    if restored is not None and limit.verdict != "required":
        return None
    return limit.deadline


def _inputs_of(rules: RuleSet, name: str) -> set[str]:
    rule = rules.rule(name)
    assert rule is not None
    names = {spec.name for spec in rule.inputs}
    return names | ({rule.reference.input} if rule.reference else set())
