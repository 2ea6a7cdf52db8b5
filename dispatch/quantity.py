"""Quantities as people write them: `0.1399MPa`, `47h59min`, `2026-03-01T08:00+08:00`, `98 %`.

Comparisons with a limit are exact: decimals become fractions, never binary floats, so that
0.14 MPa given in kPa is 0.14 MPa.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal

from network_models.units import UNITS

QuantityKind = Literal["number", "span", "moment", "words"]

SECONDS = {
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}
"""Length of each unit of a span."""

_MICROSECOND = Fraction(1, 1_000_000)
_SPAN_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(min|h|s|d)")
_SPAN = re.compile(rf"-?(?:{_SPAN_PART.pattern})+\s*")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d].*)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}.*)?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit (empty when none was written), a span, a moment, or words.

    `amount` is the number, or the span's seconds; `moment` may lack an offset (site time then).
    """

    kind: QuantityKind
    amount: Fraction = Fraction(0)
    unit: str = ""
    moment: datetime | None = None
    words: tuple[str, ...] = ()

    def in_unit(self, unit: str) -> Fraction:
        """The amount in another unit; a number without a unit is taken to be in it already.

        ValueError when this is no amount, or one of something else.
        """
        if self.kind == "span" and unit in SECONDS:
            return self.amount / SECONDS[unit]
        if self.kind == "number":
            if self.unit in {"", unit}:
                return self.amount
            here, there = UNITS.get(self.unit), UNITS.get(unit)
            if here is not None and there is not None and here.quantity == there.quantity:
                si = self.amount * exact(here.factor) + exact(here.offset)
                return (si - exact(there.offset)) / exact(there.factor)
        raise ValueError(f"{self} is not a value in {unit or 'a plain number'}")

    def __str__(self) -> str:
        if self.kind == "moment" and self.moment is not None:
            return self.moment.isoformat()
        if self.kind == "words":
            return ", ".join(self.words)
        unit = "s" if self.kind == "span" else self.unit
        return f"{float(self.amount):g}{unit}"


Written = str | float | bool | timedelta | date | Iterable[str] | Quantity
"""What is accepted wherever a quantity is asked for."""


def exact(value: float) -> Fraction:
    """The decimal a float was written as, exactly."""
    return Fraction(repr(value))


def parse_quantity(written: Written) -> Quantity:
    """The quantity that a text or a Python value stands for; a text that fits nothing is words.

    Text: an ISO date or date and time, a span of d, h, min, s (`1h30min`), a number with or
    without a unit. Words are separated by commas.
    """
    if isinstance(written, Quantity):
        return written
    if isinstance(written, bool):
        return Quantity("words", words=("yes" if written else "no",))
    if isinstance(written, int | float):
        return Quantity("number", exact(written))
    if isinstance(written, timedelta):
        return Quantity("span", Fraction(written // timedelta(microseconds=1)) * _MICROSECOND)
    if isinstance(written, datetime):
        return Quantity("moment", moment=written)
    if isinstance(written, date):
        return Quantity("moment", moment=datetime.combine(written, datetime.min.time()))
    if not isinstance(written, str):
        return Quantity("words", words=tuple(written))
    return _parse_text(written.strip())


def _parse_text(text: str) -> Quantity:
    if _MOMENT.fullmatch(text):
        return Quantity("moment", moment=datetime.fromisoformat(text))
    if _SPAN.fullmatch(text):
        parts = _SPAN_PART.findall(text.lstrip("-"))
        seconds = sum((Fraction(number) * SECONDS[unit] for number, unit in parts), Fraction(0))
        return Quantity("span", -seconds if text.startswith("-") else seconds)
    number = _NUMBER.fullmatch(text)
    if number:
        return Quantity("number", Fraction(number.group(1)), (number.group(2) or "").strip())
    return Quantity("words", words=tuple(w.strip() for w in text.split(",") if w.strip()))
