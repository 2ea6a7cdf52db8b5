"""The heat plant: weather, the way of warm water, the operator's hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from gas_heat_towns import HEAT_POINTS, heat_town

from scenarios.virtual_field.commands import CommandRefusedError
from scenarios.virtual_field.disturb import NO_MISFIT, Misfit
from scenarios.virtual_field.plant_heat import PlantHeat

SHANGHAI = ZoneInfo("Asia/Shanghai")
WINTER = datetime(2027, 1, 12, 13, 0, tzinfo=SHANGHAI)
SUMMER = datetime(2026, 7, 12, 13, 0, tzinfo=SHANGHAI)
INDEX = {p.id: i for i, p in enumerate(HEAT_POINTS)}
POINT = {p.id: p for p in HEAT_POINTS}


def plant(start: datetime = WINTER, misfit: Misfit = NO_MISFIT) -> PlantHeat:
    return PlantHeat(heat_town(), HEAT_POINTS, start=start, zone=SHANGHAI, misfit=misfit)


def reading(made: PlantHeat, name: str) -> float:
    out = np.full(len(HEAT_POINTS), np.nan)
    made.values(out)
    return float(out[INDEX[name]])


def test_heat_that_leaves_the_plant_arrives_or_is_lost() -> None:
    made = plant()
    report = made.now.report
    assert report.converged
    assert report.lost_w > 1e4
    assert report.plant_w == pytest.approx(report.delivered_w + report.lost_w, rel=1e-6)
    assert reading(made, "PLANT-SUP-T") > reading(made, "HX3-SUP-T") > reading(made, "HX3-RET-T")
    assert reading(made, "HX3-DP") > 1e4


def test_mild_weather_asks_for_less_and_runs_colder() -> None:
    winter, summer = plant(), plant(SUMMER)
    assert winter.outdoor_k < 280.0 < summer.outdoor_k
    assert reading(summer, "PLANT-SUP-T") < reading(winter, "PLANT-SUP-T") - 10.0
    assert 0.0 < summer.now.report.delivered_w < 0.5 * winter.now.report.delivered_w


def test_a_new_supply_temperature_arrives_when_its_water_does() -> None:
    made = plant()
    before = reading(made, "HX3-SUP-T")
    made.apply(POINT["PLANT-SP"], 393.15)
    assert reading(made, "PLANT-SUP-T") == pytest.approx(393.15, abs=0.1)
    made.advance(60.0)
    assert reading(made, "HX3-SUP-T") == pytest.approx(before, abs=0.2)
    for _ in range(40):
        made.advance(300.0)
    assert reading(made, "HX3-SUP-T") == pytest.approx(393.15, abs=3.0)


def test_a_station_shut_and_a_plant_stopped() -> None:
    made = plant()
    flow = reading(made, "PLANT-G")
    made.apply(POINT["HX2-ST"], 0.0)
    assert 0.5 * flow < reading(made, "PLANT-G") < 0.8 * flow
    assert [s.station for s in made.now.report.shortfalls] == ["HX2"]
    made.apply(POINT["HX2-ST"], 1.0)
    made.apply(POINT["PLANT-ST"], 0.0)
    made.advance(60.0)
    assert reading(made, "PLANT-G") == 0.0
    assert {s.station for s in made.now.report.shortfalls} == {"HX1", "HX2", "HX3"}
    made.apply(POINT["PLANT-ST"], 1.0)
    made.advance(60.0)
    assert reading(made, "PLANT-G") > 0.8 * flow


def test_the_same_seed_is_the_same_city_and_differs_from_its_model() -> None:
    one, other = plant(misfit=Misfit()), plant(misfit=Misfit())
    one.advance(2.0)
    other.advance(2.0)
    assert np.array_equal(one.now.temperature_k, other.now.temperature_k)
    assert one.now.report.delivered_w != pytest.approx(plant().now.report.delivered_w, rel=0.01)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PLANT-SP", 500.0, "supply temperature is 5 to 180"),
        ("HX2-ST", 2.0, "0 to 1"),
        ("PLANT-G", 1.0, "cannot be commanded"),
        ("HX3-SUP-T", 300.0, "commands nothing"),
    ],
)
def test_what_the_plant_does_not_do_changes_nothing(name: str, value: float, why: str) -> None:
    made = plant()
    before = made.now
    with pytest.raises(CommandRefusedError, match=why):
        made.apply(POINT[name], value)
    assert made.now is before
