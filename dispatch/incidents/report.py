"""Levels, whom to tell, and the evaluation report of an incident; timers as points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dispatch.finding import Finding
from dispatch.incidents.clocks import accident_at, timers
from dispatch.incidents.incident import Incident
from dispatch.rulebook import RuleSet

LEVEL = "FAC-LEVEL-4"
UNPLANNED_NOTICE = "WATER-OUTAGE-UNPLANNED-NOTICE"
UNPLANNED_MEDIA = "WATER-OUTAGE-UNPLANNED-MEDIA"
UNPLANNED_DELAY = "WATER-OUTAGE-UNPLANNED-DELAY"
GAS_SCRIPT = "GAS-LEAK-SCRIPT"
GAS_EMERGENCY = "GAS-OUTAGE-EMERG"
HEAT_FAULT = "HEAT-NOTICE-FAULT"
REPORT = "WATER-EMERG-REPORT"
GAS_CORDON = "GAS-LEAK-CORDON"
WATER_END = "WATER-PRESSURE-END-MIN"
COMMUNITY = "WATER-PRESSURE-COMMUNITY-1000"
GAS_BAND = "GAS-PRESSURE-NG"
REFUND = "HEAT-REFUND"
REFUND_LIABLE = "HEAT-REFUND-LIABLE"


def level_of(incident: Incident, criteria: RuleSet) -> str | None:
    """The level I-IV by the criteria of a rule set that has them; None without any."""
    finding = criteria.evaluate(
        LEVEL,
        incident.people,
        duration=f"{incident.expected_h}h",
        priority_users=incident.priority_users,
    )
    return None if finding.verdict == "no-rule" else str(finding.result)


def must_be_told(incident: Incident, rules: RuleSet) -> tuple[Finding, ...]:
    """Whom the law wants told, and whether the steps on record satisfy it."""
    if incident.kind == "burst":
        return (
            rules.evaluate(UNPLANNED_NOTICE, "unplanned"),
            rules.evaluate(UNPLANNED_MEDIA, incident.people, duration=incident.duration),
        )
    if incident.kind == "gas-leak":
        done = [s for s in ("users-told", "authority-told") if s in incident.steps]
        if "controlled" in incident.steps:
            done.append("plan-measures")
        return (
            rules.evaluate(GAS_SCRIPT, incident.script),
            rules.evaluate(GAS_CORDON, incident.site_measures),
            rules.evaluate(GAS_EMERGENCY, done),
        )
    if incident.kind == "heat-fault":
        done = ["users-told"] if "users-told" in incident.steps else []
        return (rules.evaluate(HEAT_FAULT, done),)
    return ()


def measured(incident: Incident, rules: RuleSet) -> tuple[Finding, ...]:
    """What the rules say of the pressure or the room temperature measured on site."""
    if incident.kind == "low-pressure" and incident.pressure_pa is not None:
        pressure = f"{incident.pressure_pa} Pa"
        return (
            rules.evaluate(WATER_END, pressure),
            rules.evaluate(COMMUNITY, incident.households, minimum_pressure=pressure),
        )
    if incident.kind == "no-gas" and incident.pressure_pa is not None:
        return (rules.evaluate(GAS_BAND, f"{incident.pressure_pa} Pa"),)
    if incident.kind == "cold-room" and incident.room_c is not None:
        refund = rules.evaluate(REFUND, f"{incident.room_c} degC")
        if not incident.liable:
            return (refund,)
        return (refund, rules.evaluate(REFUND_LIABLE, incident.liable))
    return ()


def timer_points(incident: Incident, rules: RuleSet, now: datetime) -> dict[str, float]:
    """Seconds left on each running clock, by point id: alarms and drills use them as any value."""
    return {
        f"INC.{incident.id}.{timer.clock}": timer.left_s(now)
        for timer in timers(incident, rules, now)
        if timer.runs
    }


def evaluation_report(
    incident: Incident,
    rules: RuleSet,
    now: datetime,
    *,
    criteria: RuleSet | None = None,
) -> dict[str, Any]:
    """The report as JSON-ready values: facts, every clock with its deadline, what must be told,
    what was measured; the rule of its profile says which texts are missing.
    """
    told = must_be_told(incident, rules)
    written = {name: text for name, text in incident.texts.items() if text.strip()}
    became = accident_at(incident, rules) if incident.kind == "heat-fault" else None
    return {
        "id": incident.id,
        "kind": incident.kind,
        "element": incident.element,
        "source": incident.source,
        "reported": incident.reported.isoformat(),
        "hotline_at": None if incident.hotline_at is None else incident.hotline_at.isoformat(),
        "level": level_of(incident, criteria or rules),
        "people": incident.people,
        "cause": incident.cause,
        "operating_accident": became is not None and became <= now,
        "steps": [
            {"step": step, "at": at.isoformat(), "by": incident.by[step]}
            for step, at in sorted(incident.steps.items(), key=lambda item: item[1])
        ],
        "timers": [
            {
                "clock": timer.clock,
                "rule": timer.rule,
                "clause": timer.clause,
                "due": timer.due.isoformat(),
                "ended": None if timer.ended is None else timer.ended.isoformat(),
                "state": timer.state,
                "reason": timer.reason,
            }
            for timer in timers(incident, rules, now)
        ],
        "told": [finding.as_dict() for finding in told],
        "measured": [finding.as_dict() for finding in measured(incident, rules)],
        "texts": dict(written),
        "complete": rules.evaluate(REPORT, list(written)).as_dict(),
    }
