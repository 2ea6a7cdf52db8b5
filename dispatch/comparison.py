"""Comparators: how a quantity stands to a limit."""

from __future__ import annotations

import calendar
import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from dispatch.quantity import Quantity, exact
from dispatch.rule import Comparator, Reference, Rule, RuleValue
from dispatch.working_days import WorkingDays

DAY_CLOCKS = frozenset({"calendar", "date", "working"})
"""Clocks that count days, not hours: a moment is judged against the day the time is up."""

_ORDER: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


def holds(value: Quantity, comparator: Comparator, limit: RuleValue, unit: str) -> bool:
    """Whether `value comparator limit` is true; numbers are compared in `unit`, exactly."""
    if comparator in _ORDER:
        return _ORDER[comparator](value.in_unit(unit), _number(limit))
    if comparator == "inside":
        low, high = _items(limit)
        return _number(low) < value.in_unit(unit) < _number(high)
    if comparator == "between":
        low, high = _items(limit)
        return _number(low) <= value.in_unit(unit) <= _number(high)
    if value.kind != "words":
        return value.in_unit(unit) == _number(limit)
    if comparator == "=":
        wanted = ("yes" if limit else "no") if isinstance(limit, bool) else str(limit)
        return value.words == (wanted,)
    wanted_items = {str(item) for item in _items(limit)}
    if comparator == "contains":
        return wanted_items <= set(value.words)
    inside = bool(wanted_items & set(value.words))
    return inside if comparator == "in" else not inside


def missing_items(value: Quantity, limit: RuleValue) -> tuple[str, ...]:
    """What a list that must `contain` the limit's items lacks."""
    return tuple(str(item) for item in _items(limit) if str(item) not in value.words)


def span_from(reference: Reference, start: datetime, moment: datetime) -> Quantity:
    """The elapsed time between a reference moment and another, as the rule counts it.

    Both are taken to UTC first: subtracting two moments of one zone in Python ignores a clock
    change between them.
    """
    elapsed = moment.astimezone(UTC) - start.astimezone(UTC)
    span = elapsed if reference.direction == "after" else -elapsed
    return Quantity("span", Fraction(span // timedelta(microseconds=1), 1_000_000))


def deadline(
    rule: Rule, start: datetime, limit: RuleValue, working_days: WorkingDays | None = None
) -> datetime | None:
    """When the rule's time is up, in the zone of `start`; None for a rule without a span.

    ValueError for working days beyond the calendar.
    """
    if rule.reference is None or not isinstance(limit, int | float):
        return None
    sign = 1 if rule.reference.direction == "after" else -1
    if rule.clock == "working":
        if working_days is None:
            raise ValueError("a working-day calendar is needed")
        return _end_of(working_days.after(start.date(), round(limit)), start)
    if rule.clock == "date":
        return _end_of(start.date() + timedelta(days=round(limit)), start)
    if rule.unit == "month":
        return _months_on(start, sign * round(limit))
    if rule.unit not in _SPAN_FIELDS:
        return None
    signed = sign * timedelta(**{_SPAN_FIELDS[rule.unit]: limit})
    if rule.clock == "calendar":
        # The same wall-clock time so many days on, whatever the clocks did in between.
        return start + signed
    return (start.astimezone(UTC) + signed).astimezone(start.tzinfo)


def in_days(rule: Rule, moment: datetime, due: datetime) -> bool:
    """Whether a moment satisfies a rule that counts days, `due` being its deadline."""
    assert rule.reference is not None and rule.comparator in _ORDER
    late = moment.replace(microsecond=0).astimezone(UTC) - due.astimezone(UTC)
    over = late if rule.reference.direction == "after" else -late
    return _ORDER[rule.comparator](Fraction(over // timedelta(seconds=1)), Fraction(0))


def _end_of(day: date, start: datetime) -> datetime:
    return datetime.combine(day, time(23, 59, 59), start.tzinfo)


def _months_on(start: datetime, months: int) -> datetime:
    """The same day and time so many months on; the last of the month where it is shorter."""
    year, month = divmod(start.year * _YEAR + start.month - 1 + months, _YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


_YEAR = len(calendar.month_abbr) - 1
_SPAN_FIELDS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _number(limit: RuleValue) -> Fraction:
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise ValueError(f"{limit!r} is not a number to compare with")
    return exact(limit)


def _items(limit: RuleValue) -> tuple[float | str, ...]:
    if not isinstance(limit, tuple):
        raise ValueError(f"{limit!r} is not a list to compare with")
    return limit
