"""A planned gas or heat outage worked out: valves, whom it hits and for how long, law, notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.check import Deadline, blocking
from dispatch.finding import Finding
from dispatch.isolation import Isolation
from dispatch.media_impact import (
    GasImpact,
    HeatImpact,
    gas_impact,
    heat_impact,
)
from dispatch.media_notice import write_media_notice
from dispatch.medium_isolation import isolate_medium, valves_of
from dispatch.notice import Notice
from dispatch.outages.gates import CONTENT, LEAD_RULES
from dispatch.proposal import SCHEMA, isolation_as_dict
from dispatch.request import OutageRequest, PlanningContext
from dispatch.rulebook import RuleSet
from network_models.valves import IsolationValve

Progress = Callable[[str, float], None]
TO_PUBLISH = {
    "gas": ("最迟在此时间发布停气公告", "publish the gas notice by this time"),
    "heat": ("最迟在此时间发布停热公告", "publish the heat notice by this time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProposal:
    """An outage of a gas or heat network as it would be; `as_dict` as of a water outage.

    Where a water proposal has `impact.hydraulics`, this has `impact.gas` or `impact.heat`.
    """

    id: str
    medium: str
    request: OutageRequest
    created: datetime
    isolation: Isolation
    valves: tuple[IsolationValve, ...]
    valves_placed: bool
    impact: GasImpact | HeatImpact
    findings: tuple[Finding, ...]
    deadlines: tuple[Deadline, ...]
    notice: Notice
    blocked_by: tuple[str, ...]
    context: PlanningContext

    @property
    def publishable(self) -> bool:
        """Whether no rule stands against publishing the notice at `created`."""
        return not self.blocked_by

    def as_dict(self) -> dict[str, Any]:
        """The proposal as JSON-ready values, schema `ringmain/outage-plan/1`."""
        zone, request = self.context.timezone, self.request
        return {
            "schema": SCHEMA,
            "id": self.id,
            "medium": self.medium,
            "element": request.element,
            "kind": request.kind,
            "reason": request.reason,
            "start": request.start.astimezone(zone).isoformat(),
            "end": request.end.astimezone(zone).isoformat(),
            "duration_h": round(request.duration / timedelta(hours=1), 4),
            "created": self.created.isoformat(),
            "profile": self.context.settings.profile,
            "isolation": {
                **isolation_as_dict(self.context.network, self.valves, self.isolation),
                "valves_placed_by_rule": self.valves_placed,
            },
            "impact": self._impact(),
            "findings": [finding.as_dict() for finding in self.findings],
            "deadlines": [deadline.as_dict() for deadline in self.deadlines],
            "notice": self.notice.as_dict(),
            "trucks": None,
            "publishable": self.publishable,
            "blocked_by": list(self.blocked_by),
        }

    def _impact(self) -> dict[str, Any]:
        """Customers are those of the water network, so gas users and stations speak for theirs."""
        hit: dict[str, Any] = {
            "customers": [],
            "communities": [],
            "priority_users": [],
            "households": None,
            "people": None,
        }
        if isinstance(self.impact, GasImpact):
            return {**hit, "users": len(self.impact.users), self.medium: self.impact.as_dict()}
        return {**hit, "households": self.impact.households, self.medium: self.impact.as_dict()}


def plan_media_outage(
    context: PlanningContext,
    request: OutageRequest,
    *,
    outage_id: str,
    now: datetime,
    report: Progress,
) -> MediaProposal:
    """Work out an outage of a gas or heat network as of `now`. Errors as of `plan_outage`."""
    net, zone = context.network, context.timezone
    rules = context.rulebook.on(request.start.astimezone(zone).date(), context.settings.profile)
    report("isolation", 0.0)
    valves, placed = valves_of(net, context.valves)
    isolation = isolate_medium(net, request.element, valves)
    report("the hours with the valves shut", 0.1)
    impact: GasImpact | HeatImpact
    if net.medium == "gas":
        impact = gas_impact(context, request, isolation, rules)
    else:
        impact = heat_impact(
            context,
            request,
            isolation,
            rules,
            lambda share: report("the hours with the valves shut", 0.1 + 0.85 * share),
        )
    notice = write_media_notice(net.medium, request, impact, context.names, zone, now=now)
    findings = _findings(rules, net.medium, request, impact, notice, now)
    report("done", 1.0)
    return MediaProposal(
        id=outage_id,
        medium=net.medium,
        request=request,
        created=now.astimezone(zone),
        isolation=isolation,
        valves=tuple(valves),
        valves_placed=placed,
        impact=impact,
        findings=findings,
        deadlines=tuple(
            Deadline(
                rule=finding.rule,
                at=finding.deadline,
                text_zh=TO_PUBLISH[net.medium][0],
                text_en=TO_PUBLISH[net.medium][1],
                met=finding.verdict == "pass",
            )
            for finding in findings
            if finding.rule in LEAD_RULES[net.medium] and finding.deadline is not None
        ),
        notice=notice,
        blocked_by=blocking(findings),
        context=context,
    )


def _findings(
    rules: RuleSet,
    medium: str,
    request: OutageRequest,
    impact: GasImpact | HeatImpact,
    notice: Notice,
    now: datetime,
) -> tuple[Finding, ...]:
    """The notice's time and content, and the worst room where rooms fall below the law's limit."""
    found = [rules.evaluate(rule, now, start=request.start) for rule in LEAD_RULES[medium]]
    found.append(rules.evaluate(CONTENT, notice.items.present))
    if isinstance(impact, HeatImpact):
        found += [c.finding for c in impact.verdict.courses[:1] if c.finding is not None]
    return tuple(found)
