"""What an outage order is to have done next, and by when: for the list of a desk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from dispatch.outages.apply import RESTORE_ON_TIME, ROAD
from dispatch.outages.gates import Law, lead_findings
from dispatch.outages.order import OutageOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next thing due of an order; `rule` is the law behind its moment, if any."""

    what: Literal["publish", "start", "restore", "road-told"]
    at: datetime
    rule: str = ""
    clause: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "at": self.at.isoformat()}


def next_due(order: OutageOrder, law: Law, now: datetime) -> Due | None:
    """The next moment that matters of an order, None where nothing is due any more."""
    match order.state:
        case "study" | "requested" | "approved":
            return _publication(order, law, now)
        case "published":
            return Due(what="start", at=order.start)
        case "underway" | "restoring":
            told = order.announced
            rule = RESTORE_ON_TIME.get(order.medium, "") if order.kind == "planned" else ""
            return Due(
                what="restore", at=order.end if told is None else told.end, rule=_kept(rule, law)
            )
        case "restored" | "closed":
            return _road(order, law, now)
    return None


def _publication(order: OutageOrder, law: Law, now: datetime) -> Due:
    """The last moment for a notice; where no rule names one, the start."""
    found = [
        Due(what="publish", at=finding.deadline, rule=finding.rule, clause=finding.clause)
        for finding in lead_findings(order, now, law)
        if finding.deadline is not None and finding.verdict != "not-applicable"
    ]
    return min(found, key=lambda due: due.at, default=Due(what="publish", at=order.start))


def _road(order: OutageOrder, law: Law, now: datetime) -> Due | None:
    if order.medium != "water" or order.work_done is None or order.has("road-told"):
        return None
    finding = law.rules.evaluate(ROAD, now, finished=order.work_done)
    if finding.deadline is None:
        return None
    return Due(what="road-told", at=finding.deadline, rule=finding.rule, clause=finding.clause)


def _kept(rule: str, law: Law) -> str:
    return rule if rule and law.rules.rule(rule) is not None else ""
