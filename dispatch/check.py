"""The law's answers to a planned outage: findings, deadlines, and what stops publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from dispatch.customers import Customer
from dispatch.finding import Finding
from dispatch.impact import Impact
from dispatch.quantity import Quantity, Written, exact
from dispatch.request import OutageRequest, OutageSettings
from dispatch.rulebook import RuleSet
from network_models.units import PA_PER_M_WATER, UNITS

NOTICE_LARGE = "WATER-OUTAGE-NOTICE-LARGE"
NOTICE_SMALL = "WATER-OUTAGE-NOTICE-SMALL"
NOTICE_CONTENT = "WATER-OUTAGE-NOTICE-CONTENT"
APPROVAL = "WATER-OUTAGE-APPROVAL-12H"
RESTORE = "WATER-OUTAGE-RESTORE-ONTIME"
TRUCKS = "WATER-TRUCK-24H"
TRUCKS_READY = "WATER-TRUCK-READY"
SECONDARY = "WATER-SECONDARY-48H"
END_PRESSURE = "WATER-PRESSURE-END-MIN"
COMMUNITY = "WATER-PRESSURE-COMMUNITY-1000"
UNPLANNED_NOTICE = "WATER-OUTAGE-UNPLANNED-NOTICE"
UNPLANNED_MEDIA = "WATER-OUTAGE-UNPLANNED-MEDIA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment by which something must be done, and whether it still can be."""

    rule: str
    at: datetime
    text_zh: str
    text_en: str
    met: bool

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "rule": self.rule,
            "at": self.at.isoformat(),
            "text_zh": self.text_zh,
            "text_en": self.text_en,
            "met": self.met,
        }


def scope_size(impact: Impact, settings: OutageSettings) -> str:
    """`large` or `small`: the source sets no threshold, so without the site's all are large."""
    threshold = settings.large_scope_households
    households = sum(item.customer.households for item in impact.customers)
    return "large" if threshold is None or households >= threshold else "small"


def trucks_needed(rules: RuleSet, request: OutageRequest) -> bool:
    """Whether the planned duration calls for water delivery."""
    return rules.evaluate(TRUCKS, request.duration, kind=request.kind).verdict == "required"


def check_outage(
    rules: RuleSet,
    request: OutageRequest,
    impact: Impact,
    settings: OutageSettings,
    *,
    customers: Sequence[Customer],
    notice_items: Sequence[str],
    delivery_plan: bool | None,
    trucks: int,
    now: datetime,
) -> tuple[Finding, ...]:
    """Every finding on the outage, as if its notice went out `now`.

    `delivery_plan`: whether there is a plan that serves everybody (None: none was asked for).
    """
    size = scope_size(impact, settings)
    kind, start = request.kind, request.start
    findings = [
        rules.evaluate(NOTICE_LARGE, now, start=start, kind=kind, size=size),
        rules.evaluate(NOTICE_SMALL, now, start=start, kind=kind, size=size),
        rules.evaluate(NOTICE_CONTENT, notice_items),
        _lasting(rules, APPROVAL, request, "approved", request.approved),
        _lasting(rules, TRUCKS, request, "delivery_plan", delivery_plan),
        rules.evaluate(TRUCKS_READY, trucks, fire_agreement=settings.fire_agreement),
        _to_be_restored(rules, request),
        _end_pressure(rules, impact),
        *_communities(rules, impact, customers),
    ]
    if request.secondary:
        findings.append(rules.evaluate(SECONDARY, now, start=start))
    if kind == "unplanned":
        people = sum(item.customer.people for item in impact.customers)
        findings.append(rules.evaluate(UNPLANNED_NOTICE, kind))
        findings.append(rules.evaluate(UNPLANNED_MEDIA, people, duration=request.duration))
    return tuple(findings)


def blocking(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The rules that keep the outage from being published: blocked, or a demand not yet met."""
    must_precede = {APPROVAL, TRUCKS}
    return tuple(
        f.rule
        for f in findings
        if f.verdict == "blocked" or (f.verdict == "required" and f.rule in must_precede)
    )


def deadlines(
    findings: Sequence[Finding], request: OutageRequest, now: datetime
) -> tuple[Deadline, ...]:
    """When what must be done, in order; `met` says whether `now` is in time, to the second."""
    by_rule = {finding.rule: finding for finding in findings}
    found = []
    publish: datetime | None = None
    for rule in (NOTICE_LARGE, NOTICE_SMALL, SECONDARY):
        finding = by_rule.get(rule)
        if finding is None or finding.deadline is None or finding.verdict == "not-applicable":
            continue
        publish = finding.deadline if publish is None else min(publish, finding.deadline)
        found.append(
            Deadline(
                rule=rule,
                at=finding.deadline,
                text_zh="最迟在此时间发布停水公告",
                text_en="publish the notice by this time",
                met=finding.verdict == "pass",
            )
        )
    last_preparation = publish or request.start
    for rule, text_zh, text_en in (
        (APPROVAL, "发布公告前取得主管部门批准", "have the authority's approval before publishing"),
        (TRUCKS, "发布公告前备妥临时供水方案", "have the delivery plan before publishing"),
    ):
        finding = by_rule[rule]
        if finding.verdict in {"required", "blocked"}:
            in_time = now.timestamp() <= last_preparation.timestamp()
            found.append(
                Deadline(
                    rule=rule, at=last_preparation, text_zh=text_zh, text_en=text_en, met=in_time
                )
            )
    if by_rule[RESTORE].verdict != "no-rule":
        found.append(
            Deadline(
                rule=RESTORE,
                at=request.end,
                text_zh="按公告时间恢复供水",
                text_en="supply restored by the announced time",
                met=now.timestamp() <= request.end.timestamp(),
            )
        )
    return tuple(sorted(found, key=lambda deadline: deadline.at.timestamp()))


def _lasting(
    rules: RuleSet, rule: str, request: OutageRequest, name: str, there: bool | None
) -> Finding:
    """A rule on the planned duration, with what it may demand if that is known."""
    known: dict[str, Written] = {} if there is None else {name: there}
    return rules.evaluate(
        rule, request.end, zone=None, start=request.start, kind=request.kind, **known
    )


def _to_be_restored(rules: RuleSet, request: OutageRequest) -> Finding:
    """The announced end as a deadline: nothing is measured yet, so nothing passes yet."""
    rule = rules.rule(RESTORE)
    if rule is None:
        return rules.evaluate(RESTORE)
    return Finding(
        rule=rule.id,
        profile=rule.profile,
        verdict="computed",
        result="to be met",
        effect=rule.effect,
        limit=rule.value,
        unit=rule.unit,
        deadline=request.end,
        clause=rule.clause,
        text_zh=rule.text_zh,
        text_en=rule.text_en,
    )


def _end_pressure(rules: RuleSet, impact: Impact) -> Finding:
    if impact.worst_end_id is None:
        return Finding(
            rule=END_PRESSURE,
            profile=rules.profile.id,
            verdict="no-rule",
            result="no supplied network end to judge",
            text_zh="没有可供判断的管网末梢。",
            text_en="There is no network end (or none with supply) to judge.",
        )
    finding = rules.evaluate(END_PRESSURE, in_mpa(float(np.nanmin(impact.worst_end_m))))
    if finding.verdict == "violation" and not any(node.is_end for node in impact.below_limit):
        return replace(finding, result="not met, and so without the outage")
    return finding


def _communities(rules: RuleSet, impact: Impact, customers: Sequence[Customer]) -> list[Finding]:
    """One finding a community that falls low and is large enough for the rule."""
    households: dict[str, int] = {}
    for customer in customers:
        households[customer.community] = households.get(customer.community, 0) + customer.households
    lowest: dict[str, float] = {}
    for item in impact.hit("low_pressure"):
        name = item.customer.community
        if name and item.minimum_m is not None:
            lowest[name] = min(lowest.get(name, item.minimum_m), item.minimum_m)
    findings = []
    for name, minimum in sorted(lowest.items()):
        finding = rules.evaluate(COMMUNITY, households[name], minimum_pressure=in_mpa(minimum))
        if finding.verdict not in {"not-applicable", "pass"}:
            findings.append(finding)
    return findings


def in_mpa(head_m: float) -> Quantity:
    """A pressure head as a pressure, rounded to a pascal: below that a solver says nothing."""
    pascals = exact(round(head_m * PA_PER_M_WATER))
    return Quantity("number", pascals / exact(UNITS["MPa"].factor), "MPa")
