"""Expressions of calculated points: text to a tree, with its dimensions checked. Pure and closed.

    {W1.P} - {W2.P}                         points in braces, inside always SI
    if({PUMP.ON}, {PUMP.Q}, 0[m3/h])        numbers with a unit of the table, or [s] [min] [h] [d]
    first_good({A}, {B})                    quality decides
    total({W1.Q})                           keeps a sum of its own (only as the whole expression)
    sine(60[s], 0.2[MPa], 0.4[MPa])         simulated values

There is no access to anything but points, numbers and the functions below; size and depth are
bounded, so that no expression can hold up the room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from network_models.units import UNITS, Quantity

MAX_TEXT = 2000
MAX_DEPTH = 40
MAX_PARTS = 150
"""Numbers, points, operators and functions of one expression: computing it goes as deep as that."""

Dimension = tuple[float, float, float, float]
"""Exponents of metre, kilogram, second and kelvin."""

NONE: Dimension = (0, 0, 0, 0)
SECOND: Dimension = (0, 0, 1, 0)
DIMENSIONS: dict[Quantity, Dimension] = {
    "pressure": (-1, 1, -2, 0),
    "level": (1, 0, 0, 0),
    "head": (1, 0, 0, 0),
    "flow": (3, 0, -1, 0),
    "mass_flow": (0, 1, -1, 0),
    "temperature": (0, 0, 0, 1),
    "velocity": (1, 0, -1, 0),
    "power": (2, 1, -3, 0),
    "energy": (2, 1, -2, 0),
    "volume": (3, 0, 0, 0),
    "concentration": (-3, 1, 0, 0),
}
"""Quantities that are not here are plain numbers."""
_TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

SAME = ("min", "max", "avg", "first_good", "avg_good")
"""Functions of one or more values of one dimension, which the result has."""
WAVES = ("sine", "ramp", "square", "noise")
"""Simulated values: f(period, low, high)."""
STATEFUL = ("total", "counter")
FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(SAME, (1, 50)),
    **dict.fromkeys(WAVES, (3, 3)),
    "count_good": (1, 50),
    "good": (1, 1),
    "abs": (1, 1),
    "sqrt": (1, 1),
    "round": (2, 2),
    "clamp": (3, 3),
    "if": (3, 3),
    "total": (1, 1),
    "counter": (2, 2),
}
"""Least and most arguments of each function."""


class CalcError(ValueError):
    """An expression that cannot be used; its text says what was expected."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant in SI."""

    value: float
    dimension: Dimension = NONE


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of a point."""

    point: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operator or function and what it works on."""

    name: str
    args: tuple[Node, ...]


Node = Number | Ref | Op

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<unit>\[[^\]]*\])|(?P<point>\{[^{}]+\})"
    r"|(?P<name>[A-Za-z_]+)|(?P<sign><=|>=|==|!=|[-+*/^(),<>]))",
    re.ASCII,
)
_COMPARE = ("<", "<=", ">", ">=", "==", "!=")


def parse(text: str) -> Node:
    """The tree of an expression; CalcError says where it is wrong."""
    if len(text) > MAX_TEXT:
        raise CalcError(f"at most {MAX_TEXT} characters")
    reader = _Reader(text)
    node = reader.alternatives()
    if reader.peek():
        raise CalcError(f"the end, not {reader.peek()!r}")
    parts = nodes_of(node)
    if len(parts) > MAX_PARTS:
        raise CalcError(f"at most {MAX_PARTS} numbers, points and operators, not {len(parts)}")
    for inner in parts:
        if isinstance(inner, Op) and inner.name in STATEFUL and inner is not node:
            raise CalcError(f"{inner.name}(...) as the whole expression only")
    return node


def nodes_of(node: Node) -> list[Node]:
    """A node and all below it."""
    found, todo = [], [node]
    while todo:
        one = todo.pop()
        found.append(one)
        if isinstance(one, Op):
            todo += one.args
    return found


def points_of(node: Node) -> list[str]:
    """The points an expression reads, each once, in order of their names."""
    return sorted({n.point for n in nodes_of(node) if isinstance(n, Ref)})


def dimension_of(node: Node, points: Mapping[str, Dimension]) -> Dimension:
    """The dimension of a result; CalcError for an unknown point or what does not fit together."""
    if isinstance(node, Number):
        return node.dimension
    if isinstance(node, Ref):
        if node.point not in points:
            raise CalcError(f"a point of the list, not {{{node.point}}}")
        return points[node.point]
    return _of_op(node, [dimension_of(arg, points) for arg in node.args])


def dimension_of_unit(unit: str) -> Dimension:
    """The dimension of a unit of the table."""
    return DIMENSIONS.get(UNITS[unit].quantity, NONE)


def _of_op(node: Op, args: list[Dimension]) -> Dimension:
    name = node.name
    if name == "*":
        return _combined(args[0], args[1], 1)
    if name == "/":
        return _combined(args[0], args[1], -1)
    if name == "^":
        power = node.args[1]
        assert isinstance(power, Number)
        a, b, c, d = (e * power.value for e in args[0])
        return (a, b, c, d)
    if name == "sqrt":
        a, b, c, d = (e / 2 for e in args[0])
        return (a, b, c, d)
    if name in ("good", "count_good"):
        return NONE
    if name in ("and", "or", "not"):
        _alike(name, [NONE, *args])
        return NONE
    if name in _COMPARE:
        _alike(name, args)
        return NONE
    if name == "if":
        _alike("the condition of if", [NONE, args[0]])
        _alike("both values of if", args[1:])
        return args[1]
    if name in WAVES:
        _alike(f"the period of {name}", [SECOND, args[0]])
        _alike(f"both values of {name}", args[1:])
        return args[1]
    if name == "total":
        return _combined(args[0], SECOND, 1)
    _alike(name, args)
    return args[0]


def _combined(left: Dimension, right: Dimension, sign: int) -> Dimension:
    a, b, c, d = (x + sign * y for x, y in zip(left, right, strict=True))
    return (a, b, c, d)


def _alike(what: str, args: list[Dimension]) -> None:
    if any(arg != args[0] for arg in args):
        told = " and ".join(in_words(arg) for arg in dict.fromkeys(args))
        raise CalcError(f"one dimension in {what}, not {told}")


def in_words(dimension: Dimension) -> str:
    """A dimension for people, such as `kg m^-1 s^-2`."""
    order = ((1, "kg"), (0, "m"), (2, "s"), (3, "K"))
    parts = [
        unit if dimension[k] == 1 else f"{unit}^{dimension[k]:g}"
        for k, unit in order
        if dimension[k]
    ]
    return " ".join(parts) or "a plain number"


class _Reader:
    """Reads tokens by the usual precedence: or, and, not, comparison, + -, * /, sign, power."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = self._depth = 0
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise CalcError(
                    f"an operator, number, {{point}} or function, not {text[at:][:20]!r}"
                )
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()

    def peek(self) -> str:
        """The next token's text; empty at the end."""
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise CalcError("a value, not the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *texts: str) -> str:
        """The next token if it is one of these, else nothing."""
        if self.peek() in texts and self.peek():
            return self._next()[1]
        return ""

    def alternatives(self) -> Node:
        """The whole of an expression."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CalcError(f"at most {MAX_DEPTH} levels of parentheses")
        node = self._all_of()
        while self._take("or"):
            node = Op("or", (node, self._all_of()))
        self._depth -= 1
        return node

    def _all_of(self) -> Node:
        node = self._negated()
        while self._take("and"):
            node = Op("and", (node, self._negated()))
        return node

    def _negated(self) -> Node:
        count = 0
        while self._take("not"):
            count += 1
        node = self._compared()
        return node if count == 0 else Op("not", (node if count % 2 else Op("not", (node,)),))

    def _compared(self) -> Node:
        node = self._sum()
        sign = self._take(*_COMPARE)
        return Op(sign, (node, self._sum())) if sign else node

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._take("+", "-"):
            node = Op(sign, (node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._signed()
        while sign := self._take("*", "/"):
            node = Op(sign, (node, self._signed()))
        return node

    def _signed(self) -> Node:
        minus = False
        while self._take("-"):
            minus = not minus
        node = self._power()
        return Op("neg", (node,)) if minus else node

    def _power(self) -> Node:
        node = self._atom()
        if not self._take("^"):
            return node
        sign = -1.0 if self._take("-") else 1.0
        kind, text = self._next()
        if kind != "number" or not text.isdigit() or int(text) > 9:
            raise CalcError(f"a whole power up to 9, not {text!r}")
        return Op("^", (node, Number(sign * float(text))))

    def _atom(self) -> Node:
        kind, text = self._next()
        if kind == "number":
            return self._number(float(text))
        if kind == "point":
            return Ref(text[1:-1].strip())
        if kind == "name" and self.peek() == "(":
            return self._call(text)
        if text == "(":
            node = self.alternatives()
            self._closing()
            return node
        raise CalcError(f"a number, {{point}} or function, not {text!r}")

    def _number(self, value: float) -> Node:
        if not self.peek().startswith("["):
            return Number(value)
        name = self._next()[1][1:-1].strip()
        if name in _TIMES:
            return Number(value * _TIMES[name], SECOND)
        if name not in UNITS:
            raise CalcError(f"a unit of the table or s, min, h, d, not [{name}]")
        return Number(UNITS[name].to_si(value), dimension_of_unit(name))

    def _call(self, name: str) -> Node:
        if name not in FUNCTIONS:
            raise CalcError(f"one of {', '.join(sorted(FUNCTIONS))}, not {name!r}")
        self._next()
        args = [self.alternatives()]
        while self._take(","):
            args.append(self.alternatives())
        self._closing()
        least, most = FUNCTIONS[name]
        if not least <= len(args) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise CalcError(f"{wanted} argument(s) of {name}, not {len(args)}")
        return Op(name, tuple(args))

    def _closing(self) -> None:
        if not self._take(")"):
            raise CalcError(f"a closing parenthesis, not {self.peek() or 'the end'!r}")
