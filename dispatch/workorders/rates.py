"""The rates of a period: monthly, cumulative, timely; each with what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.finding import Finding
from dispatch.rulebook import RuleSet
from dispatch.workorders.order import WorkOrder

MONTH, YEAR, TIMELY = "HOT-RATE-MONTH", "HOT-RATE-YTD", "HOT-RATE-TIMELY"
BY_UTILITY = {"water": "HOT-WATER-RATES", "gas": "HOT-GAS-RATES", "heat": "HOT-HEAT-RATES"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate in per cent (None: nothing to take one of) with numerator, denominator, exclusions."""

    name: str
    percent: float | None
    numerator: int
    denominator: int
    excluded: tuple[str, ...]
    finding: Finding | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "name": self.name,
            "percent": self.percent,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "excluded": list(self.excluded),
            "finding": None if self.finding is None else self.finding.as_dict(),
        }


def rates(
    orders: Sequence[WorkOrder],
    rules: RuleSet,
    *,
    start: datetime,
    end: datetime,
    statistics_day: datetime,
    utility: str = "",
) -> tuple[Rate, ...]:
    """The rates of orders dispatched from `start` to before `end`.

    Monthly: completed before `statistics_day`, pending ones left out of it. Cumulative: pending
    ones count. Timely: completed within the limit, extensions included.
    """
    mine = [o for o in orders if not utility or o.utility == utility]
    period = [o for o in mine if _dispatched(o, start, end)]
    pending = [o for o in period if o.state == "pending"]
    counted = [o for o in period if o.state != "pending"]
    done = [o for o in counted if _done(o, statistics_day)]
    in_time = [o for o in period if _done(o, statistics_day) and o.in_time is not False]
    left_out = tuple(o.id for o in pending)
    monthly = _rate("monthly", len(done), len(counted), left_out)
    found = [
        monthly,
        _rate("cumulative", sum(_done(o, statistics_day) for o in period), len(period), ()),
    ]
    timely = _rate("timely", len(in_time), len(period), ())
    judged = None if timely.percent is None else rules.evaluate(TIMELY, timely.percent)
    found.append(_rate("timely", len(in_time), len(period), (), judged))
    rule = BY_UTILITY.get(utility)
    if rule is not None and monthly.percent is not None:
        finding = rules.evaluate(rule, monthly.percent, kind="closing")
        found.append(_rate("closing", len(done), len(counted), left_out, finding))
    return tuple(found)


def _rate(
    name: str, part: int, whole: int, excluded: tuple[str, ...], finding: Finding | None = None
) -> Rate:
    percent = None if whole == 0 else 100.0 * part / whole
    return Rate(
        name=name,
        percent=percent,
        numerator=part,
        denominator=whole,
        excluded=excluded,
        finding=finding,
    )


def _dispatched(order: WorkOrder, start: datetime, end: datetime) -> bool:
    at = order.at("dispatch")
    return at is not None and start <= at < end


def _done(order: WorkOrder, by: datetime) -> bool:
    at = order.at("handled")
    return order.state in {"handled", "closed"} and at is not None and at < by
