"""Crews: the table with every fault, hours over midnight, who is there first."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dispatch.crew_file import read_crews
from dispatch.crew_places import AWAY, Stay, last_stay, whereabouts
from dispatch.crews import Crew, crew_options, on_duty, on_duty_from, shift_end
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
    assert [(o.drive_s, o.drive_m) for o in found[:2]] == [(100.0, 1000.0), (0.0, 0.0)]


def test_the_length_is_that_of_the_fastest_way_along_one_way_streets() -> None:
    def street(name: str, ends: str, length_m: float, speed_ms: float, *, oneway: bool) -> Road:
        places = {"A": 0.0, "B": 1000.0, "C": 500.0}
        (a, b) = ends
        return Road(
            id=name, start=a, end=b, x1=places[a], y1=0.0, x2=places[b], y2=0.0,
            length_m=length_m, speed_ms=speed_ms, oneway=oneway,
        )  # fmt: skip

    roads = RoadGraph(
        [
            street("slow", "AB", 1000.0, 5.0, oneway=False),
            street("fast", "AB", 1500.0, 20.0, oneway=True),
            street("to C", "CA", 700.0, 10.0, oneway=True),
        ]
    )
    a, b, c = (roads.index[name] for name in "ABC")
    to_b = roads.drives_to(b, [a, b, c])
    assert [(d.time_s, d.length_m) for d in to_b if d] == [(75, 1500), (0, 0), (145, 2200)]
    to_a = roads.drives_to(a, [b, c])
    assert [(d.time_s, d.length_m) for d in to_a if d] == [(200, 1000), (70, 700)]
    assert roads.drives_to(c, [a]) == [None]
    times = roads.travel_times_s([a, b, c])
    assert [d.time_s for d in to_b if d] == times[:, 1].tolist()


HOUR = timedelta(hours=1)


def stay(job: str, arrives_h: float, ended_h: float | None = None) -> Stay:
    ended = None if ended_h is None else NOON + ended_h * HOUR
    return Stay(job=job, place=(7.0, arrives_h), arrives=NOON + arrives_h * HOUR, ended=ended)


@pytest.mark.parametrize(
    ("stays", "job"),
    [
        ([], ""),
        ([stay("there", -1)], "there"),
        ([stay("on the way", 1)], ""),
        ([stay("on the way", 1), stay("before", -3, -2)], "before"),
        ([stay("called back", -1, -2), stay("before", -5, -4)], "before"),
        ([stay("done", -2, -1)], "done"),
        ([stay("long ago", -20, -13)], ""),
        ([stay("long work", -40)], "long work"),
    ],
)
def test_a_crew_is_where_it_was_last(stays: list[Stay], job: str) -> None:
    at = whereabouts(crew("A", x=1.0, y=2.0), stays, NOON, ZONE)
    assert at.job == job
    last = last_stay(stays, NOON)
    assert (at.x, at.y) == (last.place if last and at.job else (1.0, 2.0))
    assert timedelta(hours=11) < AWAY < timedelta(hours=13)


def test_a_crew_goes_home_when_its_shift_ends() -> None:
    day = crew("day", hours=(time(8), time(17)))
    assert shift_end(day, NOON, ZONE) == NOON.replace(hour=17)
    assert shift_end(day, NOON.replace(hour=7), ZONE) is None
    done = [stay("done", -2, -1)]
    for hour, job in ((12, "done"), (16, "done"), (17, ""), (23, "")):
        assert whereabouts(day, done, NOON.replace(hour=hour), ZONE).job == job, hour
    # Work goes on after the shift; freed off duty it goes home at once.
    assert whereabouts(day, [stay("late", 4)], NOON.replace(hour=22), ZONE).job == "late"
    assert whereabouts(day, [stay("late", 4, 9)], NOON.replace(hour=22), ZONE).job == ""
