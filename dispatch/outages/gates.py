"""The gates of the transition table: what must hold, by medium, and the law behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Any

from dispatch.finding import Finding
from dispatch.outages.order import OutageOrder, Step
from dispatch.outages.refusal import Unmet
from dispatch.outages.table import RESIDENTIAL_GAS_FACT, RESTORATION_FACTS
from dispatch.rulebook import RuleSet

FACTS = frozenset({*(f for each in RESTORATION_FACTS.values() for f in each), RESIDENTIAL_GAS_FACT})
"""Facts that may be recorded, of any medium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The rules in force at the site; `night_ban` forbids restoring gas between two hours."""

    rules: RuleSet
    zone: tzinfo
    night_ban: tuple[time, time] | None = None


Gate = Callable[[OutageOrder, Step, Law], Sequence[Unmet]]


def _window(order: OutageOrder, step: Step, _law: Law) -> Sequence[Unmet]:
    if order.end > order.start:
        return ()
    return [_unmet("window", "the end is not after the start", "结束时间不晚于开始时间")]


def _document(_order: OutageOrder, step: Step, _law: Law) -> Sequence[Unmet]:
    if str(step.details.get("number", "")).strip():
        return ()
    return [_unmet("document", "the approval's number is missing", "缺少批准文号")]


def _four_eyes(order: OutageOrder, step: Step, _law: Law) -> Sequence[Unmet]:
    if step.user != order.requester:
        return ()
    text = "whoever filed a request does not approve it"
    return [_unmet("four-eyes", text, "申请人不得审批本人的申请")]


def _content(order: OutageOrder, _step: Step, law: Law) -> Sequence[Unmet]:
    # Written for water's larger scope; gas and heat name no items, so these are used for all.
    return _of_law("content", law.rules.evaluate(CONTENT, order.notice_items))


def _authority(order: OutageOrder, _step: Step, law: Law) -> Sequence[Unmet]:
    if order.medium != "water":
        return ()
    given = bool(order.authority) and (order.authority_until or order.end) >= order.end
    finding = law.rules.evaluate(
        APPROVAL, order.duration, start=order.start, kind=order.kind, approved=given
    )
    return _of_law("authority", finding)


def _delivery(order: OutageOrder, _step: Step, law: Law) -> Sequence[Unmet]:
    if order.medium != "water" or order.work == "pressure-reduction":
        return ()
    finding = law.rules.evaluate(
        TRUCKS,
        order.duration,
        start=order.start,
        kind=order.kind,
        delivery_plan=bool(order.delivery_plan),
    )
    return _of_law("delivery-plan", finding)


def _lead_time(order: OutageOrder, step: Step, law: Law) -> Sequence[Unmet]:
    return [
        unmet
        for finding in lead_findings(order, step.at, law)
        for unmet in _of_law("lead", finding)
    ]


def lead_findings(order: OutageOrder, published: datetime, law: Law) -> list[Finding]:
    """What the rules say of the time between a publication and the start of the window."""
    more: Mapping[str, Any] = {}
    rules = LEAD_RULES[order.medium]
    if order.medium == "water":
        more = {"kind": order.kind, "size": order.size}
    if order.work in SPECIAL_LEAD:
        rules, more = SPECIAL_LEAD[order.work], {}
    return [law.rules.evaluate(rule, published, start=order.start, **more) for rule in rules]


def _season(order: OutageOrder, _step: Step, law: Law) -> Sequence[Unmet]:
    """The yearly overhaul lies outside the season: both its ends must."""
    if order.work != "overhaul" or law.rules.rule(SEASON) is None:
        return ()
    reasons: list[Unmet] = []
    for moment in (order.start, order.end):
        where = law.rules.evaluate(SEASON, moment.astimezone(law.zone), zone=law.zone).result
        reasons += _of_law("season", law.rules.evaluate(OFF_SEASON, str(where)))
    return reasons[:1]


def _announced_window(order: OutageOrder, step: Step, law: Law) -> Sequence[Unmet]:
    """Nothing starts before its announced start, or on a notice for another window."""
    told = order.announced
    if told is None or (told.start, told.end) != (order.start, order.end):
        text = "the window has changed since it was published: publish again"
        return [_unmet("announced-window", text, "公示后时间有变更，应再次公示")]
    reasons = [
        unmet
        for finding in lead_findings(order, told.at, law)
        for unmet in _of_law("lead", finding)
    ]
    if step.at < order.start:
        text = "the announced start has not come"
        reasons.append(_unmet("announced-window", text, "未到公示的开始时间", deadline=order.start))
    if step.at >= order.end:
        text = "the announced window is over: amend it and publish again"
        reasons.append(_unmet("announced-window", text, "已过公示的时段，应变更并再次公示"))
    return reasons


def _later_end(order: OutageOrder, _step: Step, _law: Law) -> Sequence[Unmet]:
    told = order.announced
    if told is None or order.end > told.end:
        return ()
    return [_unmet("later-end", "the new end is not after the announced one", "新的结束时间未推后")]


def _fact(order: OutageOrder, step: Step, _law: Law) -> Sequence[Unmet]:
    name = step.details.get("fact")
    wanted = facts_needed(order)
    if name in wanted:
        return ()
    text = f"{name!r} is no fact of this order: one of {', '.join(wanted)}"
    return [_unmet("fact", text, "不是本工单的记录项")]


def facts_needed(order: OutageOrder) -> tuple[str, ...]:
    """The facts that restoring supply needs."""
    wanted = RESTORATION_FACTS[order.medium]
    if order.medium == "gas" and order.residential:
        return (*wanted, RESIDENTIAL_GAS_FACT)
    if order.work == "pressure-reduction":
        return ("pressure-verified",)
    return wanted


def _restoration(order: OutageOrder, _step: Step, law: Law) -> Sequence[Unmet]:
    reasons: list[Unmet] = []
    for fact in facts_needed(order):
        if order.has(fact):
            continue
        rule, inputs = FACT_RULES.get(fact, ("", {}))
        finding = law.rules.evaluate(rule, False, **inputs) if rule else None
        if finding is not None and finding.verdict == "blocked":
            reasons += _of_law("restoration", finding)
        else:
            reasons.append(_unmet("restoration", f"not on record: {fact}", FACT_ZH[fact]))
    return reasons


def _night(order: OutageOrder, step: Step, law: Law) -> Sequence[Unmet]:
    """A habit of some sites, off unless set: gas is not restored at night."""
    if order.medium != "gas" or law.night_ban is None or not order.residential:
        return ()
    begin, end = law.night_ban
    clock = step.at.astimezone(law.zone).time()
    inside = begin <= clock < end if begin <= end else (clock >= begin or clock < end)
    if not inside:
        return ()
    text = f"the site restores no gas from {begin:%H:%M} to {end:%H:%M}"
    return [_unmet("night", text, "本单位规定夜间不恢复供气")]


def _of_law(gate: str, finding: Finding) -> list[Unmet]:
    if not finding.stops:
        return []
    missing = f" ({finding.result})" if str(finding.result).startswith("missing") else ""
    return [
        Unmet(
            gate=gate,
            rule=finding.rule,
            clause=finding.clause,
            deadline=finding.deadline,
            text_en=finding.text_en + missing,
            text_zh=finding.text_zh,
        )
    ]


def _unmet(gate: str, en: str, zh: str, *, deadline: datetime | None = None) -> Unmet:
    return Unmet(gate=gate, text_en=en, text_zh=zh, deadline=deadline)


CONTENT = "WATER-OUTAGE-NOTICE-CONTENT"
APPROVAL = "WATER-OUTAGE-APPROVAL-12H"
TRUCKS = "WATER-TRUCK-24H"
SEASON = "HEAT-SEASON"
OFF_SEASON = "HEAT-MAINT-OFFSEASON"
LEAD_RULES: dict[str, tuple[str, ...]] = {
    "water": ("WATER-OUTAGE-NOTICE-LARGE", "WATER-OUTAGE-NOTICE-SMALL"),
    "gas": ("GAS-OUTAGE-NOTICE",),
    "heat": ("HEAT-NOTICE-PLANNED-3D",),
}
SPECIAL_LEAD: dict[str, tuple[str, ...]] = {
    "secondary": ("WATER-SECONDARY-48H",),
    "overhaul": ("HEAT-NOTICE-OVERHAUL-15D",),
    "filling": ("HEAT-NOTICE-FILL-3D",),
}
FACT_RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "users-notified": ("GAS-RESTORE-NOTIFY", {}),
    "safe": ("GAS-RESTORE-SAFE", {"users": "residential"}),
}
FACT_ZH = {
    "flushed": "未记录：冲洗",
    "sample-good": "未记录：水样合格",
    "pressure-verified": "未记录：水压核实",
    "users-notified": "未记录：已通知用户",
    "leak-test": "未记录：查漏",
    "safe": "未记录：安全确认",
    "filled": "未记录：充水",
    "vented": "未记录：排气",
}

GATES: dict[str, Gate] = {
    "window": _window,
    "document": _document,
    "four-eyes": _four_eyes,
    "content": _content,
    "authority": _authority,
    "delivery-plan": _delivery,
    "lead-time": _lead_time,
    "season": _season,
    "announced-window": _announced_window,
    "later-end": _later_end,
    "fact": _fact,
    "restoration": _restoration,
    "night": _night,
}
