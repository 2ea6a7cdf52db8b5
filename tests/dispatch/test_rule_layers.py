"""Which rule binds: promises, overlays, inheritance, open parameters, working days."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.rulebook import RuleBook
from dispatch.working_days import read_working_days
from network_models.problems import InputError

DAY = date(2026, 1, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOK = RuleBook.load()
CALENDAR = read_working_days()

PROMISE = """profile = "promise"

[[rule]]
id = "{id}"
utility = "water"
quantity = "time from report to arrival"
mode = "limit"
force = "M"
tier = "C"
comparator = "<="
value = {value}
unit = "h"
clock = "elapsed"
reference = {{ input = "reported", direction = "after" }}
clause = "the company's promise of 2026"
text_zh = "承诺"
text_en = "promised"
"""


def with_promise(folder: Path, value: float, rule: str = "WATER-ARRIVE-30MIN") -> RuleBook:
    file = folder / "promises.toml"
    file.write_text(PROMISE.format(id=rule, value=value), encoding="utf-8")
    return RuleBook.load(more=[file])


def test_a_stricter_promise_prevails_and_a_weaker_one_does_not(tmp_path: Path) -> None:
    strict = with_promise(tmp_path, 0.25).on(DAY, "jinan", layers=["promise"])
    assert strict.evaluate("WATER-ARRIVE-30MIN", "15min1s").verdict == "violation"
    assert strict.evaluate("WATER-ARRIVE-30MIN", "15min").profile == "promise"
    weak = with_promise(tmp_path, 1.0).on(DAY, "jinan", layers=["promise"])
    assert weak.evaluate("WATER-ARRIVE-30MIN", "30min1s").profile == "jinan"


def test_without_the_layer_a_promise_is_silent(tmp_path: Path) -> None:
    rules = with_promise(tmp_path, 0.25).on(DAY, "jinan")
    assert rules.evaluate("WATER-ARRIVE-30MIN", "30min").verdict == "pass"


def test_a_promise_of_another_kind_is_refused(tmp_path: Path) -> None:
    book = with_promise(tmp_path, 0.25, rule="WATER-PRESSURE-END-MIN")
    with pytest.raises(InputError, match="WATER-PRESSURE-END-MIN of promise"):
        book.on(DAY, "jinan", layers=["promise"])


def test_the_overlay_adds_its_rules_only_where_asked_for() -> None:
    assert BOOK.on(DAY, "jinan").evaluate("FAC-KPI-20MIN", "21min").verdict == "no-rule"
    with_overlay = BOOK.on(DAY, "jinan", layers=["facility-std"])
    assert with_overlay.evaluate("FAC-KPI-20MIN", "20min1s").verdict == "violation"


def test_a_profile_with_open_hours_is_refused_in_words() -> None:
    with pytest.raises(InputError) as caught:
        BOOK.on(DAY, "heat-company")
    assert {p.field for p in caught.value.problems} == {"arrive_h", "complaint_h"}
    assert "source of heat-company leaves it open" in str(caught.value)
    with pytest.raises(InputError, match="arrive_h"):
        BOOK.on(DAY, "jinan", inherit=["heat-company"])
    rules = BOOK.on(DAY, "heat-company", parameters={"arrive_h": 2, "complaint_h": 24})
    assert rules.evaluate("HEATCO-ARRIVE-X", "2h1s").verdict == "violation"


def test_the_strictest_of_a_group_is_named() -> None:
    strictest = BOOK.on(DAY, "jinan").strictest("water-repair-rate")
    assert strictest is not None
    assert strictest.id == "WATER-REPAIR-RATE-98"
    assert BOOK.on(DAY, "shaoxing").strictest("water-repair-rate") is None


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-02-14", True),  # a Saturday that is worked
        ("2026-02-16", False),  # a Monday of Spring Festival
        ("2026-02-28", True),
        ("2026-01-04", True),  # a Sunday that is worked
        ("2026-03-01", False),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2027-02-09", False),
    ],
)
def test_working_days(day: str, working: bool) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day)) is working


def test_years_without_an_arrangement_are_marked_or_refused() -> None:
    assert CALENDAR.provisional == {2027}
    with pytest.raises(ValueError, match="2031"):
        CALENDAR.is_working(date(2031, 1, 1))
    rules = BOOK.on(DAY, "jinan")
    with pytest.raises(InputError, match="2030"):
        rules.evaluate(
            "WATER-COMPLAINT-2WD", "2029-12-31T08:00", zone=SHANGHAI, received="2030-01-02T08:00"
        )


def test_a_deadline_in_working_days_ends_with_the_day() -> None:
    finding = BOOK.on(DAY, "jinan").evaluate(
        "WATER-COMPLAINT-2WD",
        datetime(2026, 2, 24, 12, tzinfo=SHANGHAI),
        received=datetime(2026, 2, 13, 9, tzinfo=SHANGHAI),
    )
    assert finding.verdict == "pass"
    assert finding.deadline == datetime(2026, 2, 24, 23, 59, 59, tzinfo=SHANGHAI)


@given(st.dates(date(2025, 1, 1), date(2026, 11, 1)), st.integers(0, 30))
def test_counting_there_and_back_agrees(day: date, count: int) -> None:
    end = CALENDAR.after(day, count)
    assert CALENDAR.between(day, end) == count
    assert count == 0 or CALENDAR.is_working(end)


def test_faulty_calendars_are_answered_with_every_fault(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        'year = 2026\nsource = "x"\noff = [2025-01-01, 2026-01-03]\nworked = [2026-01-03]\n'
    )
    (tmp_path / "b.toml").write_text('year = 2026\noff = ["soon"]\nworked = [2026-01-05]\n')
    (tmp_path / "c.toml").write_text("year = 2027\noff = []\nworked = [2027-01-04]\n")
    with pytest.raises(InputError) as caught:
        read_working_days([tmp_path])
    assert len(caught.value.problems) == 4


def test_a_site_writes_its_profile_in_words() -> None:
    heat = BOOK.on(DAY, "heat-company arrive_h=1 complaint_h=24 inherit=jinan")
    assert heat.evaluate("HEATCO-ARRIVE-X", "1h1s").verdict == "violation"
    assert heat.evaluate("HEAT-REPAIR-8H", "9h").profile == "jinan"
    tight = BOOK.on(DAY, "jinan layer=facility-std")
    assert tight.evaluate("FAC-KPI-20MIN", "21min").verdict == "violation"
    with pytest.raises(InputError, match="arrive_h=soon"):
        BOOK.on(DAY, "heat-company arrive_h=soon")
