"""Comparators: how a quantity stands to a limit."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from dispatch.quantity import Quantity, exact
from dispatch.rule import Comparator, Reference, Rule, RuleValue

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


def deadline(rule: Rule, start: datetime) -> datetime | None:
    """When the rule's time is up, in the zone of `start`; None for a rule without a span."""
    if rule.reference is None or rule.unit not in _SPAN_FIELDS or rule.value is None:
        return None
    length = timedelta(**{_SPAN_FIELDS[rule.unit]: rule.number})
    signed = length if rule.reference.direction == "after" else -length
    if rule.clock == "calendar":
        # The same wall-clock time so many days on, whatever the clocks did in between.
        return start + signed
    return (start.astimezone(UTC) + signed).astimezone(start.tzinfo)


_SPAN_FIELDS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _number(limit: RuleValue) -> Fraction:
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise ValueError(f"{limit!r} is not a number to compare with")
    return exact(limit)


def _items(limit: RuleValue) -> tuple[float | str, ...]:
    if not isinstance(limit, tuple):
        raise ValueError(f"{limit!r} is not a list to compare with")
    return limit
