"""Taking a step: the order it leads to and the messages it sends, or every reason against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.finding import Finding
from dispatch.outages.gates import GATES, Law
from dispatch.outages.order import Fact, Kind, Medium, OutageOrder, Publication, Step
from dispatch.outages.refusal import RefusedStepError, Unmet
from dispatch.outages.table import AT_ONCE, BY_ACTION, Transition

__all__ = ["Law", "Outcome", "open_outage", "take_step"]

AMENDABLE = ("start", "end", "reason", "scope", "work", "size", "people", "households")
ATTACHED = ("residential", "proposal", "delivery_plan", "element")
UNPLANNED_NOTICE = "WATER-OUTAGE-UNPLANNED-NOTICE"
UNPLANNED_MEDIA = "WATER-OUTAGE-UNPLANNED-MEDIA"
RESTORE_ON_TIME = {"water": "WATER-OUTAGE-RESTORE-ONTIME", "gas": "GAS-OUTAGE-RESTORE"}
EXTEND = "WATER-OUTAGE-EXTEND"
ROAD = "WATER-ROAD-24H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The order after a step, whom to tell, and what the law says of the step."""

    order: OutageOrder
    tells: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def open_outage(
    outage_id: str,
    step: Step,
    law: Law,
    *,
    medium: Medium,
    kind: Kind,
    element: str,
    start: datetime,
    end: datetime,
    **more: Any,
) -> Outcome:
    """A new order: a planned one as a study, an unplanned one underway from its start.

    An unplanned stop tells main users and property offices at once, and the mass media and the
    authority where the law's criteria are met. RefusedStepError for a window that is none, or an
    unplanned start after the step.
    """
    reasons = list(_moments(step, None, {"start": start, "end": end}))
    if not reasons and end <= start:
        reasons.append(
            _refusal("window", "the end is not after the start", "结束时间不晚于开始时间")
        )
    if not reasons and kind == "unplanned" and start > step.at:
        reasons.append(_refusal("window", "an unplanned stop has begun", "非计划停供应已发生"))
    if reasons:
        raise RefusedStepError(reasons)
    planned = kind == "planned"
    order = OutageOrder(
        id=outage_id,
        medium=medium,
        kind=kind,
        state="study" if planned else "underway",
        version=1,
        element=element,
        start=start,
        end=end,
        requester=step.user,
        started=None if planned else start,
        last_at=step.at,
        **more,
    )
    if planned:
        return Outcome(order=order)
    told = Publication(at=step.at, start=start, end=end, items=order.notice_items)
    order = replace(order, publications=(told,))
    tells, findings = _unplanned(order, law)
    return Outcome(order=order, tells=tells, findings=findings)


def take_step(order: OutageOrder, step: Step, law: Law, *, now: datetime) -> Outcome:
    """The outcome of a step. RefusedStepError with every reason; the order is never changed.

    A step may be entered late (`step.at` before `now`), never early; see `table.AT_ONCE` for
    those that count from when they are entered.
    """
    if step.action == "correct":
        return Outcome(order=_corrected(order, step))
    transition = BY_ACTION.get(step.action)
    if transition is None:
        raise RefusedStepError([_refusal("action", f"unknown: {step.action}", "未知操作")])
    reasons = [*_allowed(order, step, transition), *_moments(step, order.last_at, step.details)]
    if not reasons:
        reasons += _entered(step, now)
    if reasons:
        raise RefusedStepError(reasons)
    wanted = _wanted(order, step)
    for gate in transition.gates:
        reasons += GATES[gate](wanted, step, law)
    if reasons:
        raise RefusedStepError(reasons)
    return _done(order, wanted, step, transition, law)


def _allowed(order: OutageOrder, step: Step, transition: Transition) -> list[Unmet]:
    reasons = []
    if order.state not in transition.sources:
        text = f"{step.action} is not possible when {order.state}"
        reasons.append(_refusal("state", text, "当前状态不允许此操作"))
    if step.role not in transition.roles:
        text = f"{step.action} is for {', '.join(transition.roles)}"
        reasons.append(_refusal("role", text, "无权进行此操作"))
    return reasons


def _moments(step: Step, last: datetime | None, details: Mapping[str, Any]) -> list[Unmet]:
    reasons = []
    moments = [("at", step.at), *((n, details[n]) for n in ("start", "end") if n in details)]
    for name, moment in moments:
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            reasons.append(_refusal("time", f"{name} is no time with its offset", "时间缺少时区"))
    if not reasons and last is not None and step.at < last:
        text = f"the step lies before the last one ({last.isoformat()}): correct that instead"
        reasons.append(_refusal("time", text, "早于上一步的时间，请用更正"))
    return reasons


def _entered(step: Step, now: datetime) -> list[Unmet]:
    if step.at > now:
        return [_refusal("time", "the step lies in the future", "时间晚于当前时间")]
    if step.at < now and step.action in AT_ONCE:
        text = f"{step.action} counts from when it is entered"
        return [_refusal("time", text, "此操作以录入时间为准")]
    return []


def _wanted(order: OutageOrder, step: Step) -> OutageOrder:
    """The order as the step would have it, for the gates to judge."""
    details = step.details
    match step.action:
        case "amend":
            names = (*AMENDABLE, *ATTACHED)
            return replace(order, **{n: details[n] for n in names if n in details})
        case "extend":
            changes = {n: details[n] for n in ("end", "reason", "delivery_plan") if n in details}
            return replace(order, **changes)
        case "authority-approval":
            number, until = str(details.get("number", "")), details.get("until", order.end)
            return replace(order, authority=number, authority_until=until)
    return order


def _done(
    order: OutageOrder, wanted: OutageOrder, step: Step, transition: Transition, law: Law
) -> Outcome:
    told = Publication(at=step.at, start=wanted.start, end=wanted.end, items=wanted.notice_items)
    changes: dict[str, Any] = {"version": order.version + 1, "last_at": step.at}
    findings: tuple[Finding, ...] = ()
    target, tells = transition.target or order.state, transition.tells
    match step.action:
        case "approve":
            changes["approver"] = step.user
        case "publish":
            changes["publications"] = (*order.publications, told)
        case "start":
            changes["started"] = step.at
        case "extend":
            changes["publications"] = (*order.publications, told)
            findings = _extension(order, step, law)
        case "record":
            fact = Fact(name=str(step.details["fact"]), at=step.at, by=step.user)
            changes["facts"] = (*order.facts, fact)
        case "work-done":
            changes["work_done"] = step.at
        case "rework":
            changes["facts"], changes["work_done"] = (), None
        case "road-told":
            fact = Fact(name="road-told", at=step.at, by=step.user)
            changes["facts"] = (*order.facts, fact)
            findings = _road(order, step, law)
        case "restore":
            changes["restored"] = step.at
            findings = _restored(order, step, law)
        case "amend" if wanted != order and order.state in {"approved", "published"}:
            # What was approved or told is not what is wanted now: both are needed anew.
            target, changes["approver"] = "requested", ""
            tells = ("hotline",) if order.state == "published" else ()
        case "cancel" if not order.publications:
            tells = ()
    return Outcome(order=replace(wanted, state=target, **changes), tells=tells, findings=findings)


def _corrected(order: OutageOrder, step: Step) -> OutageOrder:
    """A correction adds to the record and changes neither state nor window nor what was told."""
    reasons = _moments(step, order.last_at, {})
    if step.role not in {"dispatcher", "leader"}:
        reasons.append(_refusal("role", "correct is for dispatcher, leader", "无权进行此操作"))
    number = step.details.get("step")
    if not isinstance(number, int) or not 1 <= number <= order.version:
        reasons.append(_refusal("step", "no step of this number to correct", "没有此步骤"))
    if not str(step.details.get("why", "")).strip():
        reasons.append(_refusal("why", "a correction says why", "更正须说明原因"))
    if reasons:
        raise RefusedStepError(reasons)
    return replace(order, version=order.version + 1, last_at=step.at)


def _unplanned(order: OutageOrder, law: Law) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Whom an unplanned stop tells at once."""
    tells = ["users", "hotline"]
    findings: list[Finding] = []
    if order.medium == "water":
        findings = [
            law.rules.evaluate(UNPLANNED_NOTICE, order.kind),
            law.rules.evaluate(UNPLANNED_MEDIA, order.people, duration=order.duration),
        ]
        if findings[1].verdict == "required":
            tells += ["public", "authority"]
    else:
        tells.append("authority")
    return tuple(tells), tuple(findings)


def _extension(order: OutageOrder, step: Step, law: Law) -> tuple[Finding, ...]:
    told = order.announced
    if order.medium != "water" or order.kind != "planned" or told is None:
        return ()
    return (law.rules.evaluate(EXTEND, step.at, announced=told.end),)


def _road(order: OutageOrder, step: Step, law: Law) -> tuple[Finding, ...]:
    """Whether the road authority was told in time of finished work in a road."""
    if order.medium != "water" or order.work_done is None:
        return ()
    return (law.rules.evaluate(ROAD, step.at, finished=order.work_done),)


def _restored(order: OutageOrder, step: Step, law: Law) -> tuple[Finding, ...]:
    rule, told = RESTORE_ON_TIME.get(order.medium), order.announced
    if rule is None or told is None or order.kind != "planned":
        return ()
    return (law.rules.evaluate(rule, step.at, announced=told.end),)


def _refusal(gate: str, en: str, zh: str) -> Unmet:
    return Unmet(gate=gate, text_en=en, text_zh=zh)
