"""Results that rules define: counts, table rows, rates, seasons. Their numbers come from the rule.

Each function takes the rule, the judged quantity and the other inputs, and gives the result in
the rule's own terms. What they need and do not get is a ValueError that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from math import ceil

from dispatch.quantity import Quantity, exact
from dispatch.rule import Band, Rule

Inputs = Mapping[str, Quantity]
Formula = Callable[[Rule, Quantity, Inputs], float | str]


def band(table: tuple[Band, ...], amount: Fraction) -> float:
    """The result of the table's row that holds the amount."""
    for row in table:
        if row.up_to is None:
            return row.result
        end = exact(row.up_to)
        if amount < end or (row.inclusive and amount == end):
            return row.result
    raise ValueError("the table has no row for this value")


def from_table(rule: Rule, value: Quantity, inputs: Inputs) -> float:
    """The row of the rule's table; input `bands` names the table where there are several."""
    chosen = inputs.get("bands")
    name = chosen.words[0] if chosen else next(iter(rule.tables))
    return band(rule.tables[name], value.in_unit(rule.unit))


def count_per(rule: Rule, value: Quantity, _inputs: Inputs) -> float:
    """max(`minimum`, value / `per` rounded up)."""
    per = exact(rule.parameters["per"])
    return float(max(rule.parameters["minimum"], ceil(value.in_unit(rule.unit) / per)))


def matches(rule: Rule, value: Quantity, _inputs: Inputs) -> str:
    """`yes` when the value is the rule's, within its tolerance."""
    apart = abs(value.in_unit(rule.unit) - exact(rule.number))
    return "yes" if apart <= exact(rule.tolerance) else "no"


def rate(rule: Rule, value: Quantity, inputs: Inputs) -> float:
    """value / `total` as a percentage, excluded ones taken out of the total first."""
    total = _number(inputs, "total") - (_number(inputs, "excluded") if "excluded" in inputs else 0)
    if total <= 0:
        raise ValueError("total: nothing is left to take a rate of")
    return float(value.in_unit(rule.unit) / total * 100)


def meter_correction(rule: Rule, value: Quantity, inputs: Inputs) -> float:
    """Q = m / (1 + x) - m with the meter's error x (positive: runs fast)."""
    metered = value.in_unit(rule.unit)
    return float(metered / (1 + _number(inputs, "error_percent") / 100) - metered)


def season(rule: Rule, value: Quantity, _inputs: Inputs) -> str:
    """Where a moment lies in the yearly season (its start counts, its end does not)."""
    if value.moment is None:
        raise ValueError("value: a moment is needed")
    day = (value.moment.month, value.moment.day)
    start, end, trial = (_month_day(rule.parameters[n]) for n in ("start", "end", "trial_start"))
    if day >= start or day < end:
        return "in"
    return "trial" if day >= trial else "out"


def season_days(rule: Rule, first_year: int) -> int:
    """Days of the season that begins in `first_year`."""
    start, end = (_month_day(rule.parameters[name]) for name in ("start", "end"))
    return (date(first_year + 1, *end) - date(first_year, *start)).days


def _month_day(text: str) -> tuple[int, int]:
    moment = datetime.strptime(f"2000-{text}", "%Y-%m-%d")  # noqa: DTZ007 - a day of any year
    return moment.month, moment.day


def _number(inputs: Inputs, name: str) -> Fraction:
    if name not in inputs:
        raise ValueError(f"{name}: is needed")
    return inputs[name].amount


FORMULAS: dict[str, Formula] = {
    "table": from_table,
    "count-per": count_per,
    "matches": matches,
    "rate": rate,
    "meter-correction": meter_correction,
    "season": season,
}
