"""The indicators of a period in one record: what each is made of, what was left out, and why not.

Samples are means of a quarter of an hour (ours: the source names no interval), pooled over all test
points. A sample counts as compliant at the limit or above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.check import END_PRESSURE
from dispatch.exclusions import Exclusion
from dispatch.figures import FIGURES, Figure
from dispatch.finding import Finding
from dispatch.incidents import Incident, timers
from dispatch.indicators import (
    Indicator,
    accident_rate,
    burst_rate,
    pressure_rate,
    repair_rate,
    room_rate,
    test_points,
    unit_leakage,
)
from dispatch.measured_figures import Measured
from dispatch.note import Note
from dispatch.periods import Period
from dispatch.rulebook import RuleSet
from dispatch.workorders import WorkOrder, rates

SCHEMA = "ringmain/indicators/1"
SAMPLE_S = 900
F64 = NDArray[np.float64]
NAMES: dict[str, tuple[str, str]] = {
    "pressure-rate": ("管网压力合格率", "Pressure qualification rate"),
    "repair-rate": ("抢修及时率", "Repair timeliness rate"),
    "burst-rate": ("爆管率", "Burst rate"),
    "test-points": ("测压点密度", "Pressure test points"),
    "unit-leakage": ("单位漏失量", "Unit leakage"),
    "room-rate": ("室温合格率", "Room temperature rate"),
    "accident-rate": ("运行事故率", "Operating accident rate"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressures:
    """Means (S,) of one test point's quarters of an hour, Pa, NaN where nothing was known."""

    point: str
    start_s: F64
    mean_pa: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the record is made from; `length_km` is of pipes of DN100 and more."""

    pressures: Sequence[Pressures]
    exclusions: Sequence[Exclusion]
    incidents: Sequence[Incident]
    works: Sequence[WorkOrder]
    length_km: float
    area_km2: float
    figures: Sequence[Figure] = ()
    measured: Mapping[str, Measured | Note] = field(default_factory=dict)


def indicator_report(
    period: Period, facts: Facts, rules: RuleSet, now: datetime, *, exclude_planned: bool = False
) -> dict[str, Any]:
    """The record as JSON-ready values, schema `ringmain/indicators/1`."""
    limit_pa = rules.limit_si(END_PRESSURE)
    mine = [i for i in facts.incidents if period.start <= i.reported < period.end]
    bursts = sum(i.kind == "burst" and i.cause != "force-majeure" for i in mine)
    found: list[Indicator] = []
    missing: dict[str, tuple[str, str]] = {}
    if limit_pa is None:
        missing["pressure-rate"] = ("规则集没有末梢压力限值", "the profile has no end pressure")
    elif not facts.pressures:
        missing["pressure-rate"] = ("没有测压点", "no point is marked as a test point")
    else:
        samples = _samples(facts, limit_pa, period.start, period.end)
        found.append(pressure_rate(samples, rules, exclude_planned=exclude_planned))
    found += [
        repair_rate(_repairs(mine, rules, now), rules),
        _yearly(burst_rate(bursts, facts.length_km, period.years, rules), period),
        test_points(facts.area_km2, len(facts.pressures), rules),
    ]
    given = [figure for figure in facts.figures if figure.period == period.name]
    told = _told(given, facts, rules, missing, period)
    found += [each.indicator for each in told]
    sources = {each.indicator.name: each.source for each in told}
    return {
        "schema": SCHEMA,
        "period": {
            "kind": period.kind,
            "name": period.name,
            "from": period.start.isoformat(),
            "to": period.end.isoformat(),
            "complete": now >= period.end,
        },
        "profile": rules.profile.id,
        "limit_pa": limit_pa,
        "sample_s": SAMPLE_S,
        "samples": _counts(facts.pressures),
        "indicators": [_row(one, sources.get(one.name)) for one in found],
        "hotline": _hotline(period, facts.works, rules, now),
        "pressure_parts": _parts(period, facts, limit_pa, rules, exclude_planned),
        "pressure_points": _points(facts, limit_pa, rules, period, exclude_planned),
        "incidents": _incidents(mine),
        "figures": [
            {
                "name": figure.name,
                "value": figure.value,
                "source": figure.source,
                "measured": _measured(facts, figure.name),
            }
            for figure in given
        ],
        "zones": [
            dict(row)
            for each in facts.measured.values()
            if isinstance(each, Measured)
            for row in each.rows
        ],
        "not_computed": [
            {
                "name": name,
                "name_zh": NAMES[name][0],
                "name_en": NAMES[name][1],
                "why_zh": why[0],
                "why_en": why[1],
            }
            for name, why in missing.items()
        ],
        "exclusions": [
            {
                "point": e.point,
                "from": e.start.isoformat(),
                "to": e.end.isoformat(),
                "cause": e.cause,
                "evidence": e.evidence,
            }
            for e in facts.exclusions
            if e.start < period.end and e.end > period.start
        ],
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """An indicator and where its figures come from."""

    indicator: Indicator
    source: Note


def _told(
    given: Sequence[Figure],
    facts: Facts,
    rules: RuleSet,
    missing: dict[str, tuple[str, str]],
    period: Period,
) -> list[_Told]:
    """Indicators of figures that are measured or, before those, told by other books.

    `missing` is told what neither has.
    """
    books = {figure.name: figure for figure in given}
    found = []
    for name, needs in FIGURES.items():
        known = facts.measured.get(name)
        measured = known if isinstance(known, Measured) else None
        values = {**(measured.figures if measured else {})}
        values |= {need: books[need].value for need in needs if need in books}
        lacks = ", ".join(need for need in needs if need not in values)
        if lacks:
            why = known.source if isinstance(known, Measured) else known
            zh, en = f"figures.csv 缺少 {lacks}", f"figures.csv has no {lacks}"
            missing[name] = (f"{why.zh}；{zh}", f"{why.en}; {en}") if why else (zh, en)
            continue
        taken = [need for need in needs if need in books]
        own = measured if measured is not None and not taken else None
        indicator = _of_figures(name, values, facts, own, rules)
        if name == "accident-rate" and own is not None:
            indicator = _yearly(indicator, period)
        found.append(_Told(indicator, _source(taken, books, measured, needs)))
    return found


def _of_figures(
    name: str,
    values: Mapping[str, float],
    facts: Facts,
    own: Measured | None,
    rules: RuleSet,
) -> Indicator:
    """An indicator of its figures; what was left out belongs to measured ones alone."""
    if name == "unit-leakage":
        length_km = facts.length_km if own is None else own.length_km or 0.0
        made = unit_leakage(values["leakage_m3h"], length_km, rules)
    elif name == "room-rate":
        made = room_rate(round(values["rooms_warm"]), round(values["rooms_tested"]), rules)
    else:
        # The sum of hours times area is what the formula takes, however many stops made it.
        made = accident_rate(
            [(1.0, values["stopped_m2h"])], values["season_h"], values["heated_m2"], rules
        )
    return made if own is None else replace(made, excluded=own.excluded)


def _source(
    taken: Sequence[str],
    books: Mapping[str, Figure],
    measured: Measured | None,
    needs: Sequence[str],
) -> Note:
    told = [f"{name}: {books[name].source}" for name in taken]
    zh = [f"figures.csv {one}" for one in told]
    en = list(zh)
    if measured is not None and len(taken) < len(needs):
        zh.append(measured.source.zh)
        en.append(measured.source.en)
    return Note("；".join(zh), "; ".join(en))


def _measured(facts: Facts, name: str) -> float | None:
    """What the site's own history says of a figure that another book gives."""
    values = [each.figures for each in facts.measured.values() if isinstance(each, Measured)]
    return next((figures[name] for figures in values if name in figures), None)


def _yearly(indicator: Indicator, period: Period) -> Indicator:
    """A rate a year, taken of less than a year, is shown but not judged: one burst in a day is no
    verdict on a year."""
    return indicator if period.kind == "year" else replace(indicator, findings=())


def _row(indicator: Indicator, source: Note | None) -> dict[str, Any]:
    zh, en = NAMES[indicator.name]
    return {
        **indicator.as_dict(),
        "name_zh": zh,
        "name_en": en,
        "verdict": _verdict(indicator),
        "source_zh": "" if source is None else source.zh,
        "source_en": "" if source is None else source.en,
    }


def _verdict(indicator: Indicator) -> str:
    """The gravest of its findings: two rules may ask for different values."""
    found: Iterable[Finding] = indicator.findings
    verdicts = {finding.verdict for finding in found}
    order = ("violation", "advice", "gap", "pass")
    return next((verdict for verdict in order if verdict in verdicts), "no-rule")


def _counts(pressures: Sequence[Pressures]) -> dict[str, int]:
    known = sum(int(np.isfinite(p.mean_pa).sum()) for p in pressures)
    return {"known": known, "unknown": sum(len(p.mean_pa) for p in pressures) - known}


def _samples(
    facts: Facts, limit_pa: float, start: datetime, end: datetime, point: str | None = None
) -> list[tuple[bool, str]]:
    """(compliant, cause) of every known sample of a span, of all test points or of one.

    Only a sample that falls short has a cause: one that complies counts, whatever went on.
    """
    first, last = start.timestamp(), end.timestamp()
    found: list[tuple[bool, str]] = []
    for each in facts.pressures:
        if point is not None and each.point != point:
            continue
        inside = (each.start_s >= first) & (each.start_s < last) & np.isfinite(each.mean_pa)
        times, good = each.start_s[inside], each.mean_pa[inside] >= limit_pa
        causes = [""] * len(times)
        for why in facts.exclusions:
            if why.point == each.point:
                span = (times >= why.start.timestamp()) & (times < why.end.timestamp()) & ~good
                for i in np.flatnonzero(span):
                    causes[int(i)] = why.cause
        found += zip(good.tolist(), causes, strict=True)
    return found


def _parts(
    period: Period,
    facts: Facts,
    limit_pa: float | None,
    rules: RuleSet,
    exclude_planned: bool,
) -> list[dict[str, Any]]:
    """The pressure rate of each part of the period, for the plot."""
    if limit_pa is None:
        return []
    rows = []
    for name, start, end in period.parts:
        samples = _samples(facts, limit_pa, start, end)
        rate = pressure_rate(samples, rules, exclude_planned=exclude_planned)
        rows.append({"part": name, **_short(rate)})
    return rows


def _points(
    facts: Facts,
    limit_pa: float | None,
    rules: RuleSet,
    period: Period,
    exclude_planned: bool,
) -> list[dict[str, Any]]:
    """The pressure rate of each test point, the worst in front."""
    if limit_pa is None:
        return []
    rows = []
    for each in facts.pressures:
        samples = _samples(facts, limit_pa, period.start, period.end, each.point)
        rate = pressure_rate(samples, rules, exclude_planned=exclude_planned)
        known = each.mean_pa[np.isfinite(each.mean_pa)]
        lowest = float(known.min()) if len(known) else None
        rows.append({"point": each.point, "lowest_pa": lowest, **_short(rate)})
    return sorted(rows, key=lambda r: (r["value"] is None, r["value"] or 0.0, r["point"]))


def _short(rate: Indicator) -> dict[str, Any]:
    left_out = sum(count for _, count in rate.excluded)
    return {
        "value": rate.value,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "excluded": left_out,
    }


def _repairs(incidents: Sequence[Incident], rules: RuleSet, now: datetime) -> list[str]:
    """How the repair clock of each water incident ended; one that is late is missed already."""
    states: list[str] = []
    for incident in incidents:
        if incident.kind not in ("burst", "water-leak"):
            continue
        for timer in timers(incident, rules, now):
            if timer.clock == "repair" and timer.state != "running":
                states.append("missed" if timer.state == "late" else timer.state)
    return states


def _hotline(
    period: Period, works: Sequence[WorkOrder], rules: RuleSet, now: datetime
) -> list[dict[str, Any]]:
    """The rates of hotline orders, by utility that has any."""
    rows = []
    by = min(now, period.end)
    for utility in sorted({work.utility for work in works}):
        for rate in rates(
            works, rules, start=period.start, end=period.end, statistics_day=by, utility=utility
        ):
            if rate.denominator:
                rows.append({"utility": utility, **rate.as_dict()})
    return rows


def _incidents(incidents: Sequence[Incident]) -> Mapping[str, int]:
    kinds = sorted({incident.kind for incident in incidents})
    return {kind: sum(incident.kind == kind for incident in incidents) for kind in kinds}
