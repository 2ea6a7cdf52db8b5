"""Indicators of a site's own history and records, counted by hand, and what replaces them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dispatch.figures import Figure
from dispatch.heat_areas import area_without_heat_m2, station_areas_m2
from dispatch.incidents import Incident, take
from dispatch.indicator_report import Facts, indicator_report
from dispatch.measured_figures import Measured, RoomDays, heat_stops, warm_rooms, zone_leakage
from dispatch.note import Note
from dispatch.periods import period_of
from dispatch.rulebook import RuleBook
from dispatch.zone_file import read_zones
from dispatch.zones import Zone, balance
from network_models.elements.heat import Substation
from network_models.problems import InputError
from network_models.read import read_network
from scenarios.city import make_city

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 1, 5, tzinfo=ZONE)
HOUR = timedelta(hours=1)
RULES = RuleBook.load().on(DAY.date(), "jinan")
NOW = DAY + timedelta(days=40)
M3H = 1.0 / 3600.0


def area(name: str, meters: dict[str, int], km: float, use: float | None = None) -> Zone:
    return Zone(id=name, meters=meters, length_km=km, night_use_m3s=None if use is None else use)


def measured(
    zones: list[Zone],
    flows: dict[str, Any],
    network_km: float = 20.0,
    *,
    days: int = 1,
    least_nights: int = 1,
) -> Measured | Note:
    n = 24 * days
    times = [DAY + h * HOUR for h in range(n)]
    arrays = {name: np.broadcast_to(np.asarray(v, float), n) for name, v in flows.items()}
    found = [balance(zone, times, arrays, RULES, zone_of_day=ZONE) for zone in zones]
    return zone_leakage(zones, found, network_km, least_nights=least_nights)


def night(by_night: float, by_day: float) -> np.ndarray:
    flow = np.full(24, by_day * M3H)
    flow[2:4] = by_night * M3H
    return flow


def test_leakage_of_zones_is_the_night_flow_less_the_night_use() -> None:
    zones = [
        area("A", {"A1": 1, "A2": -1}, 5.0, 10.0 * M3H),
        area("B", {"B1": 1}, 10.0),
        area("C", {"C1": 1}, 3.0, 0.0),
    ]
    flows = {"A1": night(60, 200), "A2": night(20, 80), "B1": night(15, 90), "C1": np.nan}
    found = measured(zones, flows)
    assert isinstance(found, Measured)
    # A: 60 - 20 - 10; B: all of 15, nobody said what its users take; C: not known.
    assert found.figures["leakage_m3h"] == pytest.approx(45.0)
    assert found.length_km == 15.0
    assert dict(found.excluded) == {"C: km without night flow": 3.0, "km outside of zones": 2.0}
    assert found.source.en.endswith("counts as leakage: B")
    rows = {row["id"]: row for row in found.rows}
    assert (rows["A"]["night_flow_m3h"], rows["A"]["value"]) == (40.0, pytest.approx(6.0))
    assert (rows["A"]["verdict"], rows["B"]["verdict"]) == ("violation", "pass")
    assert (rows["C"]["leakage_m3h"], rows["C"]["covered"]) == (None, 0.0)
    assert isinstance(measured([], {}), Note)
    assert isinstance(measured(zones[2:], flows), Note)


def test_leakage_is_not_judged_by_a_night_or_two() -> None:
    """A night may be any night: a fire, a flushing, a burst."""
    zones = [area("A", {"A1": 1}, 5.0), area("B", {"B1": 1}, 10.0), area("C", {"C1": 1}, 2.0)]
    whole = np.tile(night(60, 200), 4)
    partly = whole.copy()
    partly[[3, 26]] = np.nan  # an hour of the first night and one of the second are not known
    flows = {"A1": whole, "B1": partly, "C1": np.nan}
    found = measured(zones, flows, days=4, least_nights=3)
    assert isinstance(found, Measured)
    assert found.figures["leakage_m3h"] == pytest.approx(60.0)
    assert (found.length_km, found.source.en.split(" ")[:6]) == (
        5.0,
        ["night", "flow", "of", "1", "metered", "areas;"],
    )
    assert dict(found.excluded) == {
        "B: km with 2 of 3 nights": 10.0,
        "C: km without night flow": 2.0,
        "km outside of zones": 3.0,
    }
    rows = {row["id"]: row for row in found.rows}
    assert [(rows[x]["nights"], rows[x]["verdict"]) for x in "ABC"] == [
        (4, "violation"),
        (2, "few-nights"),
        (0, "no-rule"),
    ]
    # What was measured is shown; only the verdict waits.
    assert (rows["B"]["value"], rows["B"]["night_flow_m3h"]) == (None, pytest.approx(60.0))
    none = measured(zones[1:], flows, days=4, least_nights=3)
    assert isinstance(none, Measured)
    facts = Facts(
        pressures=(), exclusions=(), incidents=(), works=(), length_km=20.0, area_km2=4.0,
        measured={"unit-leakage": none},
    )  # fmt: skip
    report = indicator_report(period_of("2026-01", ZONE), facts, RULES, NOW)
    assert "unit-leakage" not in {row["name"] for row in report["indicators"]}
    (why,) = [row for row in report["not_computed"] if row["name"] == "unit-leakage"]
    assert why["why_en"].startswith("not enough nights: 3 are wanted, 2 are known at most;")
    assert [zone["id"] for zone in report["zones"]] == ["B", "C"]


def test_the_record_shows_which_figure_took_the_place_of_which() -> None:
    own = measured([area("A", {"A1": 1}, 5.0, 0.0)], {"A1": night(20, 90)})
    facts = Facts(
        pressures=(),
        exclusions=(),
        incidents=(),
        works=(),
        length_km=20.0,
        area_km2=4.0,
        measured={"unit-leakage": own},
    )
    report = indicator_report(period_of("2026-01", ZONE), facts, RULES, NOW)
    (row,) = [r for r in report["indicators"] if r["name"] == "unit-leakage"]
    assert (row["numerator"], row["denominator"], row["value"]) == (pytest.approx(20), 5.0, 4.0)
    assert row["excluded"] == [["km outside of zones", 15.0]]
    assert row["verdict"] == "violation"
    assert "metered areas" in row["source_en"]
    told = Figure(period="2026-01", name="leakage_m3h", value=30.0, source="audit of January")
    report = indicator_report(
        period_of("2026-01", ZONE), replace(facts, figures=(told,)), RULES, NOW
    )
    (row,) = [r for r in report["indicators"] if r["name"] == "unit-leakage"]
    assert (row["numerator"], row["denominator"], row["excluded"]) == (30.0, 20.0, [])
    assert "audit of January" in row["source_en"]
    assert report["figures"][0]["measured"] == pytest.approx(20.0)
    assert [zone["id"] for zone in report["zones"]] == ["A"]


def test_rooms_count_by_day_in_season_and_by_visit() -> None:
    days = [datetime(2026, 3, d, tzinfo=ZONE) for d in range(12, 18)]
    rooms = [RoomDays(point="R1", start=days, mean_c=np.array([18, 15.9, np.nan, 10, 10, 10]))]
    cold = Incident(
        id="C", kind="cold-room", element="heat/link:S1", reported=days[0], source="hotline",
        room_c=16.0,
    )  # fmt: skip
    cold = take(cold, "measured", days[0] + HOUR, "cai", now=NOW + timedelta(days=90))
    period = period_of("2026-03", ZONE)
    found = warm_rooms(rooms, [cold], period, RULES)
    assert isinstance(found, Measured)
    # 12 to 14 March are in season, one of them not known; the visit found just 16 C.
    assert found.figures == {"rooms_warm": 2, "rooms_tested": 3}
    assert found.excluded == (("days not known", 1.0),)
    summer = period_of("2026-07", ZONE)
    assert isinstance(warm_rooms([], [cold], summer, RULES), Note)


def fault(name: str, at: datetime, hours: float | None) -> Incident:
    made = Incident(id=name, kind="heat-fault", element="heat/link:P1", reported=at, source="alarm")
    return made if hours is None else take(made, "restored", at + hours * HOUR, "cai", now=NOW)


def test_accidents_count_their_hours_in_season_times_their_area() -> None:
    period = period_of("2026-01", ZONE)
    incidents = [
        fault("long", DAY, 30.0),
        fault("exactly", DAY, 24.0),
        fault("runs", datetime(2026, 1, 31, tzinfo=ZONE), None),
        fault("summer", datetime(2026, 7, 1, tzinfo=ZONE), None),
    ]
    areas: dict[str, float | None] = dict.fromkeys(("long", "exactly", "runs", "summer"), 1000.0)
    found = heat_stops(incidents, areas, 50_000.0, period, RULES, NOW)
    assert isinstance(found, Measured)
    # 30 hours, and the last day of January of one that still runs.
    assert found.figures["stopped_m2h"] == pytest.approx((30 + 24) * 1000.0)
    assert found.figures["season_h"] == 31 * 24
    assert "2 operating accidents" in found.source.en
    why = heat_stops(incidents, {**areas, "long": None}, 50_000.0, period, RULES, NOW)
    assert isinstance(why, Note)
    assert "long" in why.en
    assert isinstance(heat_stops([], {}, 50_000.0, period_of("2026-07", ZONE), RULES, NOW), Note)


def test_every_fault_of_the_zone_table_is_named(tmp_path: Path) -> None:
    file = tmp_path / "zones.csv"
    assert read_zones(file, {"Q1"}) == ()
    file.write_text(
        "id,meters,length_km,night_use_m3h\nA,Q1 -Q2,5,\nA,Q1,5,1\nB,Q1 Q1,0,-1\nC,Q9,2,\n"
    )
    with pytest.raises(InputError) as caught:
        read_zones(file, {"Q1", "Q2"})
    found = [(p.line, p.field) for p in caught.value.problems]
    assert found == [
        (3, "id"),
        *((4, name) for name in ("meters", "length_km", "night_use_m3h")),
        (5, "meters"),
    ]
    file.write_text("id,meters,length_km\nA,Q1 -Q2,5\n")
    (zone,) = read_zones(file, {"Q1", "Q2"})
    assert (zone.meters, zone.night_use_m3s) == ({"Q1": 1, "Q2": -1}, None)


def test_a_stop_of_heat_leaves_the_area_behind_its_valves_cold(tmp_path: Path) -> None:
    make_city(tmp_path, seed=1, elements=400)
    net = read_network(tmp_path / "networks" / "heat.json")
    areas = station_areas_m2(net)
    assert set(areas) <= {k for k, link in net.links.items() if isinstance(link, Substation)}
    station = min(areas)
    alone = area_without_heat_m2(net, f"heat/link:{station}", areas)
    assert alone is not None
    assert areas[station] <= alone <= sum(areas.values())
    assert area_without_heat_m2(net, "heat/link:nowhere", areas) is None
