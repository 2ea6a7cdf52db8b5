"""Crews: the table with every fault, hours over midnight, who is there first."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dispatch.crew_file import read_crews
from dispatch.crews import Crew, crew_options, on_duty, on_duty_from
from dispatch.roads import Road, RoadGraph
from network_models.problems import InputError

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 3, 12, tzinfo=ZONE)
HEAD = "id,name_zh,name_en,x,y,media,skills,vehicle,hours,available\n"


def crew(name: str, **more: object) -> Crew:
    return Crew(**{"id": name, "x": 0.0, "y": 0.0, "media": frozenset({"water"}), **more})  # type: ignore[arg-type]


def test_every_fault_of_the_table_is_named(tmp_path: Path) -> None:
    file = tmp_path / "crews.csv"
    file.write_text(
        HEAD
        + "C1,一班,One,0,0,water gas,repair,truck,20:00-08:00,yes\n"
        + "C1,一班,One,0,0,water,,,,\n"
        + "C2,二班,Two,far,0,steam,cooking,,8-17,perhaps\n"
        + "C3,三班,Three,0,0,,,,07:00-07:00,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_crews(file)
    assert [(p.line, p.field) for p in caught.value.problems] == [
        (3, "id"),
        *((4, name) for name in ("x", "media", "skills", "hours", "available")),
        (5, "media"),
        (5, "hours"),
    ]
    file.write_text(HEAD + "C1,一班,One,0,0,water gas,repair,truck,20:00-08:00,no\n")
    (one,) = read_crews(file)
    assert (one.media, one.hours) == (frozenset({"water", "gas"}), (time(20), time(8)))
    assert not one.can("water", "repair")


@pytest.mark.parametrize(
    ("hour", "begins"), [(12, 20), (20, 20), (3, 3), (8, 20), (19, 20), (23, 23)]
)
def test_a_shift_over_midnight(hour: int, begins: int) -> None:
    night = crew("night", hours=(time(20), time(8)))
    now = NOON.replace(hour=hour)
    assert on_duty_from(night, now, ZONE) == NOON.replace(hour=begins)
    assert on_duty(night, now, ZONE) == (hour == begins)


def test_a_shift_on_the_day_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = crew("day", hours=(time(8), time(16)))
    before = datetime(2026, 3, 29, 0, tzinfo=berlin)
    assert on_duty_from(day, before, berlin) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_the_soonest_on_site_comes_first() -> None:
    street = Road(
        id="S",
        start="A",
        end="B",
        x1=0.0,
        y1=0.0,
        x2=1000.0,
        y2=0.0,
        length_m=1000.0,
        speed_ms=10.0,
    )
    apart = Road(
        id="I", start="C", end="D", x1=0.0, y1=9e4, x2=1.0, y2=9e4, length_m=1.0, speed_ms=1.0
    )
    crews = [
        crew("far", x=0.0),
        crew("near", x=1000.0),
        crew("later", x=1000.0, hours=(time(13), time(20))),
        crew("lost", x=1000.0),
        crew("gas", media=frozenset({"gas"})),
        crew("looks", skills=frozenset({"visit"})),
        crew("island", y=9e4),
        crew("away", available=False),
    ]
    found = crew_options(
        RoadGraph([street, apart]),
        crews,
        (1000.0, 0.0),
        now=NOON,
        zone=ZONE,
        medium="water",
        skill="repair",
        busy={"near": NOON + timedelta(minutes=90), "lost": None},
    )
    assert [option.crew for option in found] == ["far", "later", "near", "lost"]
    assert found[0].arrives == NOON + timedelta(seconds=100)
    assert found[1].arrives == NOON + timedelta(hours=1)
    assert found[3].arrives is None
