"""Which of two rules on the same thing binds: a promise or overlay counts where it is stricter."""

from __future__ import annotations

from dispatch.rule import Rule
from network_models.problems import InputError, Problem

_TIGHTER_UP = {">=", ">"}
_TIGHTER_DOWN = {"<=", "<"}


def stricter_of(one: Rule, other: Rule) -> Rule:
    """The stricter of two limits; `one` where they are equal.

    InputError when they cannot be compared: other direction, unit or clock, or no single number.
    """
    if one is other:
        return one
    same_way = any({one.comparator, other.comparator} <= way for way in _WAYS)
    alike = (one.mode, one.unit, one.clock) == (other.mode, other.unit, other.clock)
    if not same_way or not alike or not (_numeric(one) and _numeric(other)):
        label = f"{other.id} of {other.profile}"
        expected = f"a limit that can be compared with that of {one.profile}"
        raise InputError(
            [Problem(file="rules", line=None, field=label, found="another kind", expected=expected)]
        )
    if one.number == other.number:
        strict = {">", "<"}
        return other if other.comparator in strict and one.comparator not in strict else one
    larger, smaller = (one, other) if one.number > other.number else (other, one)
    return larger if one.comparator in _TIGHTER_UP else smaller


_WAYS = (_TIGHTER_UP, _TIGHTER_DOWN)


def _numeric(rule: Rule) -> bool:
    return isinstance(rule.value, int | float) and not isinstance(rule.value, bool)
