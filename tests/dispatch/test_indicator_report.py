"""Indicators of a period, counted by hand; causes stay visible; reports in every form."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dispatch.exclusions import Exclusion, read_exclusions
from dispatch.figures import read_figures
from dispatch.incidents import Incident, take
from dispatch.indicator_report import Facts, Pressures, indicator_report
from dispatch.periods import period_of
from dispatch.rulebook import RuleBook
from hmi.reports.indicator_html import indicator_html
from hmi.reports.indicator_pdf import indicator_pdf
from hmi.reports.indicator_rows import indicator_csv
from hmi.reports.notice_pdf import chinese_font
from network_models.problems import InputError

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 1, 5, tzinfo=ZONE)
HOUR = timedelta(hours=1)
RULES = RuleBook.load().on(DAY.date(), "jinan")
NOW = DAY + timedelta(days=40)


def quarters(name: str, low: int, unknown: int = 0) -> Pressures:
    """A day of quarters: the first `low` of them below the limit, the last ones unknown."""
    mean = np.full(96, 0.20e6)
    mean[:low] = 0.13e6
    mean[96 - unknown :] = np.nan
    return Pressures(point=name, start_s=DAY.timestamp() + 900.0 * np.arange(96), mean_pa=mean)


def burst(
    name: str, hours: float | None, *, cause: str = "ordinary", at: datetime = DAY
) -> Incident:
    made = Incident(
        id=name,
        kind="burst",
        element="water/link:M1",
        reported=at,
        source="hotline",
        dn_mm=100.0,
        cause=cause,
    )
    return take(made, "repaired", at + hours * HOUR, "cai", now=NOW)


FACTS = Facts(
    pressures=(quarters("A", 8), quarters("B", 0, unknown=4)),
    exclusions=(
        Exclusion(
            point="A",
            start=DAY,
            end=DAY + HOUR,
            cause="source-shortage",
            evidence="order 3 of the water board",
        ),
        Exclusion(
            point="A", start=DAY + HOUR, end=DAY + 9 * HOUR, cause="planned-outage", evidence="7"
        ),
    ),
    incidents=(
        burst("in-time", 2.0),
        burst("late", 900.0),
        burst("storm", 2.0, cause="force-majeure"),
        burst("earlier", 2.0, at=DAY - HOUR),
    ),
    works=(),
    length_km=100.0,
    area_km2=45.0,
)


def of(text: str, facts: Facts = FACTS, **more: bool) -> dict[str, object]:
    return indicator_report(period_of(text, ZONE), facts, RULES, NOW, **more)


def row(report: dict[str, object], name: str) -> dict[str, object]:
    (found,) = [r for r in report["indicators"] if r["name"] == name]  # type: ignore[attr-defined]
    return dict(found)


def test_the_pressure_rate_is_counted_by_hand() -> None:
    report = of("2026-01-05")
    rate = row(report, "pressure-rate")
    # 192 quarters, 4 unknown; of 8 low ones 4 are left out, 4 (planned) are not.
    assert (rate["numerator"], rate["denominator"]) == (180, 184)
    assert rate["excluded"] == [["source-shortage", 4]]
    assert rate["value"] == pytest.approx(100 * 180 / 184)
    assert rate["verdict"] == "violation"
    assert report["samples"] == {"known": 188, "unknown": 4}
    kind = row(of("2026-01-05", exclude_planned=True), "pressure-rate")
    assert (kind["numerator"], kind["denominator"]) == (180, 180)
    assert dict(kind["excluded"]) == {"source-shortage": 4, "planned-outage": 4}  # type: ignore[call-overload]
    parts = report["pressure_parts"]
    assert [p["denominator"] for p in parts][:3] == [4, 8, 8]  # type: ignore[attr-defined]
    assert sum(p["denominator"] for p in parts) == 184  # type: ignore[attr-defined]
    worst = report["pressure_points"][0]  # type: ignore[index]
    assert (worst["point"], worst["lowest_pa"]) == ("A", 0.13e6)


def test_repairs_and_bursts_of_the_period_only() -> None:
    report = of("2026-01")
    repairs = row(report, "repair-rate")
    # In the month of the 5th: in time, late, the storm's, and the one an hour before.
    assert (repairs["numerator"], repairs["denominator"]) == (3, 4)
    assert row(of("2026-01-05"), "repair-rate")["denominator"] == 3
    bursts = row(of("2026"), "burst-rate")
    assert bursts["numerator"] == 3
    assert bursts["value"] == pytest.approx(3 / 100.0, rel=0.01)
    # A day is no year: shown, not judged.
    assert row(of("2026-01-05"), "burst-rate")["verdict"] == "no-rule"
    assert report["incidents"] == {"burst": 4}


def test_what_the_records_cannot_give_is_named() -> None:
    bare = replace(FACTS, pressures=(), incidents=(), exclusions=())
    report = of("2026-Q1", bare)
    named = {one["name"] for one in report["not_computed"]}  # type: ignore[attr-defined]
    assert named == {"pressure-rate", "unit-leakage", "room-rate", "accident-rate"}
    assert row(report, "repair-rate")["value"] is None


def test_figures_of_other_books_make_the_other_indicators(tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(
        "period,name,value,source\n2026-01,leakage_m3h,80,zone balance of January\n"
        "2026-01,rooms_warm,990,room tests\n2026-01,rooms_tested,1000,room tests\n"
        "2026-01,season_h,744,calendar\n2026-02,heated_m2,1e6,contracts\n"
    )
    report = of("2026-01", replace(FACTS, figures=read_figures(file, ZONE)))
    leakage = row(report, "unit-leakage")
    assert (leakage["value"], leakage["numerator"], leakage["denominator"]) == (0.8, 80, 100)
    rooms = row(report, "room-rate")
    assert (rooms["value"], rooms["verdict"]) == (99.0, "pass")
    (missing,) = report["not_computed"]  # type: ignore[misc]
    assert missing["name"] == "accident-rate"
    assert "stopped_m2h, heated_m2" in missing["why_en"]
    assert len(report["figures"]) == 4  # type: ignore[arg-type]
    file.write_text(
        "period,name,value,source\nMay,rooms_warm,1,x\n2026,rooms,-1,x\n2026,rooms,1,x\n"
    )
    with pytest.raises(InputError) as caught:
        read_figures(file, ZONE)
    assert {(p.line, p.field) for p in caught.value.problems} >= {
        (2, "period"),
        (3, "value"),
        (4, "name"),
    }


@pytest.mark.parametrize(
    ("text", "parts", "days"),
    [("2026-01-05", 24, 1), ("2024-02", 29, 29), ("2026-Q4", 3, 92), ("2026", 12, 365)],
)
def test_periods_of_the_calendar(text: str, parts: int, days: int) -> None:
    period = period_of(text, ZONE)
    assert len(period.parts) == parts
    assert period.end - period.start == timedelta(days=days)
    assert all(a[2] == b[1] for a, b in zip(period.parts, period.parts[1:], strict=False))


@pytest.mark.parametrize("text", ["", "2026-13", "2026-02-30", "2026-Q5", "last month", "0000"])
def test_a_period_that_is_none(text: str) -> None:
    with pytest.raises(InputError):
        period_of(text, ZONE)


def test_the_report_in_every_form() -> None:
    report = of("2026-01-05")
    rows = list(csv.DictReader(io.StringIO(indicator_csv(report))))
    assert rows[0]["name"] == "Pressure qualification rate"
    assert (rows[0]["numerator"], rows[0]["denominator"]) == ("180", "184")
    assert rows[0]["excluded"] == "source-shortage: 4"
    html = indicator_html(report, ("示范", "Model <City>"))
    assert "<svg" in html
    assert "Model &lt;City&gt;" in html
    assert "order 3 of the water board" in html
    try:
        font = chinese_font()
    except InputError:
        pytest.skip("no font with Chinese characters")
    assert indicator_pdf(report, ("示范", "Model City"), font).startswith(b"%PDF")


def test_every_fault_of_the_exclusions_is_named(tmp_path: Path) -> None:
    file = tmp_path / "exclusions.csv"
    assert read_exclusions(file, ZONE, {"A"}) == ()
    file.write_text(
        "point,from,to,cause,evidence\nA,2026-01-05T00:00,2026-01-05T01:00,source-shortage,3\n"
        "Z,noon,2026-01-05T01:00,x,y\nA,2026-01-05T02:00,2026-01-05T01:00,x,y\n"
    )
    with pytest.raises(InputError) as caught:
        read_exclusions(file, ZONE, {"A"})
    assert [(p.line, p.field) for p in caught.value.problems] == [
        (3, "point"),
        (3, "from"),
        (4, "to"),
    ]
