"""Rules are data: boundary cases, missing rules, clocks, inputs, and no law in the code."""

import ast
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dispatch
from dispatch.formulas import season_days
from dispatch.quantity import parse_quantity
from dispatch.rule_catalog import rule_inputs, rules_as_dicts, rules_document
from dispatch.rule_uses import rule_uses
from dispatch.rulebook import RuleBook, RuleSet
from network_models.problems import InputError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = tomllib.loads((HERE / "rule_cases.toml").read_text(encoding="utf-8"))["case"]
DAY = date(2026, 1, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
BOOK = RuleBook.load()
JINAN = BOOK.on(DAY, "jinan")
OPEN_HOURS = {"arrive_h": 2.0, "complaint_h": 24.0}
"""What the source of `heat-company` leaves open."""


def _rules(profile: str) -> RuleSet:
    return BOOK.on(DAY, profile, parameters=OPEN_HOURS)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['rule']}({c['value']})")
def test_boundary_case(case: dict[str, Any]) -> None:
    known = {"rule", "value", "profile", "verdict", "result", "effect"}
    inputs = {key: value for key, value in case.items() if key not in known}
    rules = _rules(case.get("profile", "jinan"))
    finding = rules.evaluate(case["rule"], case["value"], zone=SHANGHAI, **inputs)
    assert finding.verdict == case["verdict"]
    if "result" in case:
        expected = case["result"]
        assert finding.result == (
            pytest.approx(expected) if isinstance(expected, float) else expected
        )
    if "effect" in case:
        assert finding.effect == case["effect"]
    if finding.verdict != "no-rule" or _rules(finding.profile).rule(case["rule"]):
        assert finding.clause


def test_every_rule_has_a_boundary_case() -> None:
    assert {case["rule"] for case in CASES} >= {rule.id for rule in BOOK.rules}


def test_a_missing_rule_is_no_rule_and_inheriting_must_be_asked_for() -> None:
    alone = BOOK.on(DAY, "shaoxing")
    assert alone.evaluate("GAS-PRESSURE-NG", 2000).verdict == "no-rule"
    assert {rule.profile for rule in alone} == {"shaoxing"}
    inherited = BOOK.on(DAY, "shaoxing", inherit=["jinan"]).evaluate("GAS-PRESSURE-NG", 2000)
    assert (inherited.verdict, inherited.profile) == ("pass", "jinan")
    assert JINAN.evaluate("NO-SUCH-RULE", 1).verdict == "no-rule"
    assert not BOOK.knows("NO-SUCH-RULE")


def test_rules_are_dated() -> None:
    assert BOOK.on(date(2009, 12, 31), "jinan").rule("WATER-PRESSURE-END-MIN") is None
    assert BOOK.on(date(2010, 1, 1), "jinan").rule("WATER-PRESSURE-END-MIN") is not None


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(InputError, match="atlantis"):
        BOOK.on(DAY, "atlantis")


def test_all_faulty_inputs_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        JINAN.evaluate("WATER-REPAIR-D300", "30h", dn_mm="wide", bands="loose", colour="red")
    assert {p.field for p in caught.value.problems} == {"dn_mm", "bands", "colour"}
    with pytest.raises(InputError, match="dn_mm"):
        JINAN.evaluate("WATER-REPAIR-D300", "30h")
    with pytest.raises(InputError, match="MPa"):
        JINAN.evaluate("WATER-PRESSURE-END-MIN", "20degC")
    with pytest.raises(InputError, match="offset"):
        JINAN.evaluate("WATER-OUTAGE-NOTICE-LARGE", "2026-01-05T08:00", start="2026-01-07T08:00")
    with pytest.raises(InputError, match="start"):
        JINAN.evaluate("WATER-OUTAGE-NOTICE-LARGE", "2026-01-05T08:00+08:00")


def test_moments_are_judged_to_the_second_with_their_deadline() -> None:
    start = datetime(2026, 1, 7, 8, tzinfo=SHANGHAI)
    on_time = JINAN.evaluate(
        "WATER-OUTAGE-NOTICE-LARGE", datetime(2026, 1, 5, 8, tzinfo=SHANGHAI), start=start
    )
    late = JINAN.evaluate(
        "WATER-OUTAGE-NOTICE-LARGE", datetime(2026, 1, 5, 8, 0, 1, tzinfo=SHANGHAI), start=start
    )
    assert (on_time.verdict, late.verdict) == ("pass", "blocked")
    assert late.deadline == datetime(2026, 1, 5, 8, tzinfo=SHANGHAI)


def test_elapsed_hours_count_through_a_clock_change() -> None:
    """The clocks go forward on 29 March 2026: 48 wall-clock hours are then 47 real ones."""
    start = datetime(2026, 3, 30, 8, tzinfo=BERLIN)
    two_days_before = datetime(2026, 3, 28, 8, tzinfo=BERLIN)
    late = JINAN.evaluate("WATER-OUTAGE-NOTICE-LARGE", two_days_before, start=start)
    assert (late.verdict, late.value) == ("blocked", 47.0)
    assert late.deadline == datetime(2026, 3, 28, 7, tzinfo=BERLIN)
    good = JINAN.evaluate(
        "WATER-OUTAGE-NOTICE-LARGE", datetime(2026, 3, 28, 7, tzinfo=BERLIN), start=start
    )
    assert good.verdict == "pass"


def test_calendar_days_keep_the_wall_clock_through_a_clock_change() -> None:
    start = datetime(2026, 3, 30, 8, tzinfo=BERLIN)
    finding = JINAN.evaluate("HEAT-NOTICE-PLANNED-3D", "3d", start=start)
    assert finding.deadline == datetime(2026, 3, 27, 8, tzinfo=BERLIN)


def test_season_length() -> None:
    rule = JINAN.rule("HEAT-SEASON")
    assert rule is not None
    assert (season_days(rule, 2025), season_days(rule, 2027)) == (120, 121)


@given(st.integers(-10_000, 10_000), st.integers(0, 10_000))
def test_more_notice_is_never_worse(minutes: int, extra: int) -> None:
    less = JINAN.evaluate("WATER-OUTAGE-NOTICE-LARGE", timedelta(minutes=minutes))
    more = JINAN.evaluate("WATER-OUTAGE-NOTICE-LARGE", timedelta(minutes=minutes + extra))
    assert not (less.verdict == "pass" and more.verdict != "pass")


@given(st.sampled_from([r.id for r in JINAN if r.comparator in {">=", "<=", ">", "<"}]), st.data())
def test_limits_are_monotone(rule_id: str, data: st.DataObject) -> None:
    """Going further in a limit's good direction never turns a pass into a failure."""
    rule = JINAN.rule(rule_id)
    assert rule is not None
    if rule.mode != "limit" or rule.value is None or rule.scope or rule.band_of:
        return
    numbers = st.decimals(-100, 100, places=4).map(float)
    low, high = sorted((data.draw(numbers), data.draw(numbers)))
    worse, better = (low, high) if rule.comparator in {">=", ">"} else (high, low)
    if JINAN.evaluate(rule_id, worse).verdict == "pass":
        assert JINAN.evaluate(rule_id, better).verdict == "pass"


@given(st.integers(0, 100), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_spans_are_read_exactly(days: int, hours: int, minutes: int, seconds: int) -> None:
    span = parse_quantity(f"{days}d{hours}h{minutes}min{seconds}s")
    total = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert span.amount == total.total_seconds()
    assert span == parse_quantity(total)


@given(st.decimals(0, 2, places=6))
def test_a_pressure_is_the_same_in_every_unit(value: Any) -> None:
    in_mpa = JINAN.evaluate("WATER-PRESSURE-END-MIN", f"{value}MPa")
    in_kpa = JINAN.evaluate("WATER-PRESSURE-END-MIN", f"{value * 1000}kPa")
    assert in_mpa.verdict == in_kpa.verdict


def test_limits_in_si() -> None:
    assert JINAN.limit_si("WATER-PRESSURE-END-MIN") == 140000.0
    assert JINAN.limit_si("HEAT-ROOM-MIN-16") == pytest.approx(289.15)
    assert BOOK.on(DAY, "shaoxing").limit_si("WATER-PRESSURE-END-MIN") is None


def test_rules_are_shown_with_their_inputs() -> None:
    records = {record["id"]: record for record in rules_as_dicts(JINAN)}
    notice = records["WATER-OUTAGE-NOTICE-LARGE"]
    assert notice["value"] == 48
    assert [item["name"] for item in notice["inputs"]] == ["value", "kind", "size", "start"]
    rule = JINAN.rule("WATER-REPAIR-D300")
    assert rule is not None
    assert [i["name"] for i in rule_inputs(rule) if i["required"]] == ["value", "dn_mm"]


def test_the_rules_document_is_up_to_date() -> None:
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    fresh = rules_document(BOOK, rule_uses(ROOT, [rule.id for rule in BOOK.rules]))
    assert written == fresh, "write it anew: python -m dispatch.rule_catalog"


def test_faulty_rule_files_are_answered_with_every_fault(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[profiles]]\nid = "p"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text("not toml", encoding="utf-8")
    (tmp_path / "c.toml").write_text(
        'profile = "p"\n[[rule]]\nid = "X"\ncolour = "red"\n', encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        RuleBook.load(tmp_path)
    assert {p.file for p in caught.value.problems} == {"a.toml", "b.toml", "c.toml"}


NOT_LAW = {
    "advice/heat.py": {30.0, 15.0, 1000.0, 0.5},  # how far a curve is searched; kW; halving
    "advice/water.py": {12.0, 1000.0, 0.5},  # turns of a search, hours looked ahead; no pressure
    "best_window.py": {16.0, 15.0, 0.5},  # steps of a window, least distance of windows, trapezium
    "crew_places.py": {12.0},  # how long a crew stays away from its own place
    "day_kernel.py": {15.0, 16.0},  # moves by a throw of the dice, seconds of a search
    "day_search.py": {12.0},  # neighbours
    "media_notice.py": {12.0},  # names in a sentence
    "periods.py": {12.0, 24.0},  # months and hours
    "request.py": {15.0},  # weather that a heat outage may be planned in
    "room_run.py": {24.0, 90.0, 300.0},  # hours, a home's size, the step of a run
    "trip_bound.py": {0.5},
    "trip_pricing.py": {30.0},  # trips told at a time
    "truck_replan.py": {0.5},  # rounding to seconds
    "truck_search.py": {30.0, 300.0, 1000.0, 1500.0},  # turns, loads and seconds of a search
}
"""Numbers that happen to be some limit's too, looked at one by one."""


def test_no_number_of_law_stands_in_python() -> None:
    """Limits live in the rule files only; small whole numbers are too common to forbid."""
    limits: set[float] = set()
    for rule in BOOK.rules:
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        limits |= {float(v) for v in values if isinstance(v, int | float)}
    # Too common to forbid: small numbers, days of a week, per cent, round numbers.
    limits -= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 20.0, 70.0, 100.0, 20_000.0}
    limits |= {140_000.0, 140.0, 0.5}
    found = []
    root = Path(dispatch.__file__ or "").parent
    for path in sorted(root.rglob("*.py")):
        known = NOT_LAW.get(path.relative_to(root).as_posix(), set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, int | float) and float(value) in limits - known:
                found.append(f"{path.name}:{node.lineno}: {value}")
    assert not found
