"""What an expression gives: a value and its quality, from the values and qualities of points. Pure.

The result is as good as the worst value it was made from. `if` counts only its condition and the
branch it takes; `first_good`, `avg_good` and `count_good` choose by quality. What cannot be
computed (a division by zero, a root of a negative number) is bad.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from scada.calc_parse import WAVES, Node, Number, Op, Ref
from scada.quality import BAD_OUT_OF_RANGE, GOOD, is_good

Value = tuple[float, int]
"""A value (SI) and its quality."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What an expression sees: points, the time, and a seed of its own for noise."""

    point: Callable[[str], Value]
    time_s: float
    seed: str = ""


def evaluate(node: Node, sight: Sight) -> Value:
    """The value and quality of an expression; a bad one has the value NaN if there is none."""
    if isinstance(node, Number):
        return node.value, GOOD
    if isinstance(node, Ref):
        return sight.point(node.point)
    if node.name == "if":
        return _choice(node, sight)
    args = [evaluate(arg, sight) for arg in node.args]
    if node.name in _BY_QUALITY:
        return _BY_QUALITY[node.name](args)
    quality = worst([q for _, q in args])
    try:
        value = (
            _wave(node, [v for v, _ in args], sight)
            if node.name in WAVES
            else _PLAIN[node.name](*(v for v, _ in args))
        )
    except (ArithmeticError, ValueError):
        return math.nan, worst([quality, BAD_OUT_OF_RANGE])
    if not math.isfinite(value):
        return math.nan, worst([quality, BAD_OUT_OF_RANGE])
    return value, quality


def worst(qualities: list[int]) -> int:
    """The quality of the greatest severity, the first of equals."""
    return max(qualities, key=lambda quality: quality >> 30, default=GOOD)


def _choice(node: Op, sight: Sight) -> Value:
    condition, quality = evaluate(node.args[0], sight)
    if math.isnan(condition):
        return math.nan, worst([quality, BAD_OUT_OF_RANGE])
    value, of_value = evaluate(node.args[1] if condition else node.args[2], sight)
    return value, worst([quality, of_value])


def _first_good(args: list[Value]) -> Value:
    return min(args, key=lambda arg: arg[1] >> 30)


def _avg_good(args: list[Value]) -> Value:
    values = [value for value, quality in args if is_good(quality)]
    if not values:
        return _first_good(args)
    return sum(values) / len(values), GOOD


_BY_QUALITY: dict[str, Callable[[list[Value]], Value]] = {
    "first_good": _first_good,
    "avg_good": _avg_good,
    "count_good": lambda args: (float(sum(is_good(q) for _, q in args)), GOOD),
    "good": lambda args: (float(is_good(args[0][1])), GOOD),
}


def _round(value: float, step: float) -> float:
    return round(value / step) * step


_PLAIN: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "neg": lambda a: -a,
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "and": lambda a, b: float(bool(a) and bool(b)),
    "or": lambda a, b: float(bool(a) or bool(b)),
    "not": lambda a: float(not a),
    "min": min,
    "max": max,
    "avg": lambda *args: sum(args) / len(args),
    "abs": abs,
    "sqrt": math.sqrt,
    "round": _round,
    "clamp": lambda value, low, high: min(max(value, low), high),
    # the sum itself is kept by `calc_book`
    "total": lambda value: value,
    "counter": lambda value, _rollover: value,
}


def _wave(node: Op, args: list[float], sight: Sight) -> float:
    period, low, high = args
    turn = (sight.time_s / period) % 1.0
    if node.name == "sine":
        return low + (high - low) * (0.5 + 0.5 * math.sin(2.0 * math.pi * turn))
    if node.name == "ramp":
        return low + (high - low) * turn
    if node.name == "square":
        return high if turn < 0.5 else low
    # the same draw for the same point in the same period, so that a run can be repeated
    name = f"{sight.seed}/{math.floor(sight.time_s / period)}"
    draw = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest(), "big") / 2**56
    return low + (high - low) * draw
