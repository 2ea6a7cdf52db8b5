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
from network_models.units import UNITS

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


def season(rule: Rule, value: Quantity, _inputs: Inputs) -> str | float:
    """Where a moment lies in the yearly season (its start counts, its end does not).

    A plain number is a year: the days of the season that begins in it.
    """
    if value.kind == "number":
        return float(season_days(rule, int(value.amount)))
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


def head(rule: Rule, value: Quantity, inputs: Inputs) -> float:
    """H = z + p / (rho g): elevation and free pressure as a head in metres."""
    unit = UNITS[rule.unit]
    pressure_pa = value.in_unit(rule.unit) * exact(unit.factor)
    weight = exact(rule.parameters["density_kgm3"]) * exact(rule.parameters["gravity_ms2"])
    return float(_number(inputs, "elevation") + pressure_pa / weight)


def per(rule: Rule, value: Quantity, inputs: Inputs) -> float:
    """value / the product of the inputs that the rule's `over` names."""
    divisor = Fraction(1)
    for name in rule.parameters["over"]:
        divisor *= _number(inputs, name)
    if divisor <= 0:
        raise ValueError(f"{', '.join(rule.parameters['over'])}: must be more than nothing")
    return float(value.in_unit(rule.unit) / divisor)


def mapped(rule: Rule, value: Quantity, _inputs: Inputs) -> str:
    """The canonical level that the rule's `levels` give for a word of its own scale."""
    levels: dict[str, str] = rule.parameters["levels"]
    if len(value.words) != 1 or value.words[0] not in levels:
        raise ValueError(f"value: one of {', '.join(levels)} is needed")
    return levels[value.words[0]]


def window(rule: Rule, value: Quantity, _inputs: Inputs) -> str:
    """Whether a moment lies in a window of every year (its start counts, its end does not)."""
    if value.moment is None:
        raise ValueError("value: a moment is needed")
    day = (value.moment.month, value.moment.day)
    start, end = (_month_day(rule.parameters[name]) for name in ("start", "end"))
    return "in" if start <= day < end else "out"


def level(rule: Rule, value: Quantity, inputs: Inputs) -> str:
    """The worse of the levels by people and by duration; priority users raise the lowest one."""
    found = [band(rule.tables["people"], value.in_unit(rule.unit))]
    if "duration" in inputs:
        found.append(band(rule.tables["duration"], inputs["duration"].amount))
    worst = min(found)
    raises = "priority_users" in inputs and inputs["priority_users"].amount > 0
    if raises and worst >= rule.parameters["priority_raises_from"]:
        worst -= 1
    return ("I", "II", "III", "IV")[int(worst) - 1]


FORMULAS: dict[str, Formula] = {
    "table": from_table,
    "count-per": count_per,
    "matches": matches,
    "rate": rate,
    "meter-correction": meter_correction,
    "season": season,
    "head": head,
    "per": per,
    "mapped": mapped,
    "window": window,
    "level": level,
}
