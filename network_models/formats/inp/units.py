"""The units of an .inp file, as exact ratios to SI.

The flow unit decides between US and metric lengths; the pressure unit may be set apart from it.
A ratio is kept as numerator and denominator, both exact, so that decimal values of the file give
the nearest float of their SI value (12 in is 0.3048 m, not 0.30479999999999996).

EPANET itself rounds some ratios (0.4333 psi a foot, 28.317 L a cubic foot, 0.7457 kW a
horsepower). `epanet=True` uses its figures for pressure and power: then a 60 psi valve setting is
EPANET's 42.207 m instead of the physical 42.184 m, and results compare with EPANET's to the last
digits. Flows are exact either way: the water solver itself works in EPANET's rounded cubic feet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

from network_models.operation import FlowUnit, Options


@dataclass(frozen=True, slots=True)
class Ratio:
    """SI value = file value * numerator / denominator."""

    numerator: float = 1.0
    denominator: float = 1.0

    def to_si(self, value: float) -> float:
        """A value of the file, in SI."""
        return value * self.numerator / self.denominator

    def words(self, si: float) -> str:
        """A short decimal that `to_si` turns into exactly `si`.

        Every SI value that was read from a file has one. For other values the two roundings may
        leave none; then the nearest decimal is given, one unit in the last place off.
        """
        if self.numerator == self.denominator == 1.0 and abs(si) < _PLAIN_BELOW:
            return _plain(repr(si))
        return _short(si * self.denominator / self.numerator, si, self)


ONE = Ratio()

_FLOW: dict[str, Ratio] = {
    "CFS": Ratio(28316846592.0, 1e12),
    "GPM": Ratio(3785411784.0, 60e12),
    "MGD": Ratio(3785411784.0, 86400e6),
    "IMGD": Ratio(454609.0, 8640000.0),
    "AFD": Ratio(123348183754752.0, 86400e11),
    "LPS": Ratio(1.0, 1000.0),
    "LPM": Ratio(1.0, 60000.0),
    "MLD": Ratio(1000.0, 86400.0),
    "CMH": Ratio(1.0, 3600.0),
    "CMD": Ratio(1.0, 86400.0),
    "CMS": Ratio(),
}
_US_FLOW = frozenset({"CFS", "GPM", "MGD", "IMGD", "AFD"})

_FOOT = Ratio(3048.0, 10000.0)
_PRESSURE: dict[str, Ratio] = {  # metres of water of relative density 1
    "PSI": Ratio(45359237.0, 64516000.0),
    "KPA": Ratio(100000.0, 980665.0),
    "BAR": Ratio(1e7, 980665.0),
    "METERS": Ratio(),
    "FEET": _FOOT,
}
_EPANET_PER_FOOT = {"PSI": 0.4333, "KPA": 6.895 * 0.4333, "BAR": 0.068948 * 0.4333}
_HORSEPOWER = Ratio(745.6998715822702)
_HEAD_UNITS = ("METERS", "FEET")

Kind = Literal["flow", "length", "diameter", "pressure", "volume", "power", "roughness"]


@dataclass(frozen=True, slots=True)
class FileUnits:
    """The ratios of one file."""

    us: bool
    flow: Ratio
    length: Ratio
    diameter: Ratio
    pressure: Ratio
    volume: Ratio
    power: Ratio
    roughness: Ratio
    emitter: Ratio
    """For an emitter's coefficient: flow a (psi or metre) ** exponent."""


def file_units(options: Options, *, epanet: bool = False) -> FileUnits:
    """The units that a file's options set; `options.pressure_unit` None is psi or metres."""
    us = options.flow_unit in _US_FLOW
    unit = options.pressure_unit or ("PSI" if us else "METERS")
    flow = _FLOW[options.flow_unit]
    emitter_pressure = _pressure("PSI" if us else "METERS", options.specific_gravity, epanet)
    metres = emitter_pressure.numerator / emitter_pressure.denominator
    emitter = Ratio(flow.numerator, flow.denominator * metres**options.emitter_exponent)
    if options.headloss == "D-W":
        roughness = Ratio(3048.0, 1e7) if us else Ratio(1.0, 1000.0)
    else:
        roughness = ONE
    return FileUnits(
        us=us,
        flow=flow,
        length=_FOOT if us else ONE,
        diameter=Ratio(254.0, 10000.0) if us else Ratio(1.0, 1000.0),
        pressure=_pressure(unit, options.specific_gravity, epanet),
        volume=Ratio(28316846592.0, 1e12) if us else ONE,
        power=_power(us=us, epanet=epanet),
        roughness=roughness,
        emitter=emitter,
    )


def flow_unit(word: str) -> FlowUnit | None:
    """The flow unit EPANET takes a word for, or None."""
    upper = word.upper()
    if upper.startswith("SI"):
        return "LPS"
    return cast("FlowUnit | None", next((u for u in _FLOW if upper.startswith(u)), None))


def pressure_units() -> tuple[str, ...]:
    """The words of the PRESSURE option."""
    return tuple(_PRESSURE)


def _pressure(unit: str, gravity: float, epanet: bool) -> Ratio:
    if unit in _HEAD_UNITS:
        return _PRESSURE[unit]
    if epanet:
        return Ratio(0.3048, _EPANET_PER_FOOT[unit] * gravity)
    ratio = _PRESSURE[unit]
    return Ratio(ratio.numerator, ratio.denominator * gravity)


def _power(*, us: bool, epanet: bool) -> Ratio:
    if us:
        return _HORSEPOWER
    return Ratio(_HORSEPOWER.numerator, 0.7457) if epanet else Ratio(1000.0)


_FORMS = ("%.6g", "%.9g", "%.12g", "%.15g", "%.16g", "%.17g")
_PLAIN_BELOW = 1e6
"""Below this Python's own shortest decimal of a number has no exponent that could be left out."""


def _short(guess: float, si: float, ratio: Ratio) -> str:
    """A short decimal near `guess` whose SI value is `si`; else `guess` in full."""
    numerator, denominator = ratio.numerator, ratio.denominator
    for form in _FORMS:
        words = form % guess
        if float(words) * numerator / denominator == si:
            return _plain(words)
    below = above = guess
    for _ in range(4):
        below = math.nextafter(below, -math.inf)
        above = math.nextafter(above, math.inf)
        for value in (below, above):
            if ratio.to_si(value) == si:
                return _plain(repr(value))
    return _plain(repr(guess))


def _plain(words: str) -> str:
    """A number's words without a needless fraction."""
    return words[:-2] if words.endswith(".0") else words
