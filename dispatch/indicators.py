"""Indicators of a period, each with numerator, denominator, exclusions and the rules' word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.finding import Finding
from dispatch.rulebook import RuleSet

PRESSURE_FORMULA, PRESSURE_MIN = "WATER-PRESSURE-RATE-FORMULA", "WATER-PRESSURE-RATE-MIN"
PRESSURE_EXCLUDED = "WATER-PRESSURE-RATE-EXCL"
REPAIR_FORMULA = "WATER-DEF-REPAIRRATE"
REPAIR_MINIMA = ("WATER-REPAIR-RATE-97", "WATER-REPAIR-RATE-98")
LEAK_FORMULA, LEAK_MAX = "WATER-DEF-UNITLEAK", "WATER-UNITLEAK-MAX"
BURST_FORMULA, BURST_MAX = "WATER-DEF-BURSTRATE", "WATER-BURST-MAX"
TEST_POINTS = "WATER-TESTPOINT-DENSITY"
ROOM_FORMULA, ROOM_MIN = "HEAT-ROOM-RATE-FORMULA", "HEAT-ROOM-RATE-99"
ACCIDENT_FORMULA, ACCIDENT_MAX = "HEAT-ACCIDENT-RATE", "HEAT-ACCIDENT-RATE-MAX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A figure of a period. `value` None: nothing to take it of, or no rule defines it."""

    name: str
    value: float | None
    unit: str
    numerator: float
    denominator: float
    excluded: tuple[tuple[str, float], ...] = ()
    findings: tuple[Finding, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "excluded": [list(pair) for pair in self.excluded],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def pressure_rate(
    samples: Iterable[tuple[bool, str]], rules: RuleSet, *, exclude_planned: bool = False
) -> Indicator:
    """The pressure qualification rate of (compliant, cause) samples, pooled.

    A sample whose cause the rule excludes is left out and counted by cause; `exclude_planned` also
    leaves planned outages out, which the letter of the rule does not.
    """
    good = total = 0
    excluded: Counter[str] = Counter()
    planned = {"planned-outage"} if exclude_planned else set()
    known: dict[str, bool] = {}
    for compliant, cause in samples:
        total += 1
        if cause and cause not in known:
            verdict = rules.evaluate(PRESSURE_EXCLUDED, cause).verdict
            known[cause] = verdict == "required" or cause in planned
        if cause and known[cause]:
            excluded[cause] += 1
        else:
            good += compliant
    return _rate(
        "pressure-rate",
        rules,
        PRESSURE_FORMULA,
        (PRESSURE_MIN,),
        good,
        total,
        tuple(excluded.items()),
    )


def repair_rate(repairs: Iterable[str], rules: RuleSet) -> Indicator:
    """The repair timeliness rate of timer states (`met`, `missed`, `excused`)."""
    states = Counter(repairs)
    total = states["met"] + states["missed"] + states["excused"]
    left_out = (("excused", float(states["excused"])),) if states["excused"] else ()
    return _rate(
        "repair-rate", rules, REPAIR_FORMULA, REPAIR_MINIMA, states["met"], total, left_out
    )


def unit_leakage(leakage_m3h: float, length_km: float, rules: RuleSet) -> Indicator:
    """Leakage an hour and km of pipes of DN100 and more."""
    return _ratio(
        "unit-leakage", "m3/(km h)", leakage_m3h, length_km, rules, LEAK_FORMULA, LEAK_MAX, {}
    )


def burst_rate(bursts: int, length_km: float, years: float, rules: RuleSet) -> Indicator:
    """Natural bursts a km and year."""
    more: dict[str, Any] = {"years": years}
    return _ratio(
        "burst-rate", "1/(km a)", bursts, length_km, rules, BURST_FORMULA, BURST_MAX, more
    )


def test_points(area_km2: float, points: int, rules: RuleSet) -> Indicator:
    """Pressure test points there are and ought to be."""
    finding = rules.evaluate(TEST_POINTS, area_km2, points=points)
    needed = finding.result if isinstance(finding.result, int | float) else 0.0
    return Indicator(
        name="test-points",
        value=float(points),
        unit="points",
        numerator=points,
        denominator=float(needed),
        findings=(finding,),
    )


def room_rate(compliant: int, tested: int, rules: RuleSet) -> Indicator:
    """Share of tested households that were warm enough."""
    return _rate("room-rate", rules, ROOM_FORMULA, (ROOM_MIN,), compliant, tested, ())


def accident_rate(
    accidents: Sequence[tuple[float, float]], season_h: float, area_m2: float, rules: RuleSet
) -> Indicator:
    """Heat's operating accident rate of (hours, interrupted m2) over the season and whole area."""
    lost = sum(hours * area for hours, area in accidents)
    return _rate(
        "accident-rate", rules, ACCIDENT_FORMULA, (ACCIDENT_MAX,), lost, season_h * area_m2, ()
    )


def _rate(
    name: str,
    rules: RuleSet,
    formula: str,
    limits: Sequence[str],
    part: float,
    total: float,
    excluded: tuple[tuple[str, float], ...],
) -> Indicator:
    left_out = sum(count for _, count in excluded)
    value: float | None = None
    findings: tuple[Finding, ...] = ()
    if total - left_out > 0:
        inputs: dict[str, Any] = {"total": total, **({"excluded": left_out} if excluded else {})}
        result = rules.evaluate(formula, part, **inputs).result
        value = float(result) if isinstance(result, int | float) else None
        if value is not None:
            findings = tuple(rules.evaluate(limit, value) for limit in limits)
    return Indicator(
        name=name,
        value=value,
        unit="%",
        numerator=part,
        denominator=total - left_out,
        excluded=excluded,
        findings=findings,
    )


def _ratio(
    name: str,
    unit: str,
    part: float,
    length_km: float,
    rules: RuleSet,
    formula: str,
    limit: str,
    more: dict[str, Any],
) -> Indicator:
    value: float | None = None
    findings: tuple[Finding, ...] = ()
    if length_km > 0.0:
        result = rules.evaluate(formula, part, length=length_km, **more).result
        value = float(result) if isinstance(result, int | float) else None
        if value is not None:
            findings = (rules.evaluate(limit, value),)
    return Indicator(
        name=name,
        value=value,
        unit=unit,
        numerator=part,
        denominator=length_km,
        findings=findings,
    )
