"""The live heat model beside a plant that differs from it: fit, shortage, rooms, bad points."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from gas_heat_towns import HEAT_POINTS, heat_town, point

from dispatch.pattern_time import pattern_time_s
from dispatch.rulebook import RuleBook
from hmi.live.heat_twin import HeatTwin
from scada.point import Limits
from scenarios.virtual_field.disturb import NO_MISFIT, Misfit
from scenarios.virtual_field.plant_heat import PlantHeat

SHANGHAI = ZoneInfo("Asia/Shanghai")
WINTER = datetime(2027, 1, 12, 13, 0, tzinfo=SHANGHAI)
TIME_S = pattern_time_s(WINTER, SHANGHAI, heat_town().times)
POINTS = tuple(replace(p, limits=Limits(low=5e4)) if p.id == "HX3-DP" else p for p in HEAT_POINTS)
INDEX = {p.id: i for i, p in enumerate(POINTS)}
RULES = RuleBook.load().on(WINTER.date(), "jinan")


def plant(misfit: Misfit = NO_MISFIT) -> PlantHeat:
    return PlantHeat(heat_town(), POINTS, start=WINTER, zone=SHANGHAI, misfit=misfit, seed=3)


def seen(made: PlantHeat) -> tuple[np.ndarray, np.ndarray]:
    """What perfect instruments show; a set point that nobody moves is none of them."""
    value = np.full(len(POINTS), np.nan)
    made.values(value)
    value[INDEX["OUT-T"]] = made.outdoor_k
    return value, np.isfinite(value)


def test_the_model_follows_a_city_that_differs_from_it() -> None:
    made = plant(Misfit())
    twin = HeatTwin(heat_town(), POINTS, RULES)
    frame = twin.cycle(*seen(made), TIME_S, 0.0)
    for _ in range(20):
        made.advance(30.0)
        frame = twin.cycle(*seen(made), TIME_S, 30.0)
    truth = made.truth(1)
    plant_flow = frame.state["flow_kgs"][0]
    assert plant_flow == pytest.approx(truth["flow_kgs"][0], rel=0.03)
    error = frame.state["temperature_k"] - truth["temperature_k"]
    assert np.sqrt(np.mean(error**2)) < 0.5
    assert frame.report["plant_w"] == pytest.approx(-truth["heat_w"][0], rel=0.02)
    beside = {POINTS[h].id for h in frame.handle.tolist()}
    assert beside == {
        "PLANT-RET-T", "PLANT-SUP-P", "PLANT-G", "HX3-SUP-T", "HX3-DP", "HX3-SUP-P",
    }  # fmt: skip
    assert np.nanmax(np.abs(frame.normalised)) < 4.0
    assert frame.kept == ()
    assert frame.low_end_nodes == ()


def test_differentials_tell_where_the_heat_goes() -> None:
    more = [point(f"HX{i}-DP", "heat", "pressure", "kPa", f"link:HX{i}") for i in (1, 2)]
    points = (*POINTS, *more)
    misfit = replace(NO_MISFIT, node_demand=0.6)
    made = PlantHeat(heat_town(), points, start=WINTER, zone=SHANGHAI, misfit=misfit, seed=1)
    value = np.full(len(points), np.nan)
    made.values(value)
    value[INDEX["OUT-T"]] = made.outdoor_k
    twin = HeatTwin(heat_town(), points, RULES)
    stations = [heat_town().link_ids.index(f"HX{i}") for i in (1, 2, 3)]
    gaps, flows = [], []
    for _ in range(24):
        state = (frame := twin.cycle(value, np.isfinite(value), TIME_S, 5.0)).state
        truth = made.truth(1)
        gaps.append(np.abs(state["available_pa"] - truth["available_pa"])[stations].max())
        flows.append(np.abs(state["flow_kgs"] - truth["flow_kgs"])[stations].max())
    assert gaps[0] > 1e4
    assert gaps[-1] < 0.7 * gaps[0]
    assert flows[-1] < 0.9 * flows[0]
    # what the groups share stays the meter's: the two do not run apart
    assert frame.factors[0] == pytest.approx(frame.figures["demand_factor"], rel=0.2)


def test_a_front_takes_its_time_in_the_model_too() -> None:
    made = plant()
    twin = HeatTwin(heat_town(), POINTS, RULES)
    twin.cycle(*seen(made), TIME_S, 0.0)
    made.apply(POINTS[INDEX["PLANT-SP"]], 393.15)
    far = heat_town().node_ids.index("S3")
    gaps = []
    for _ in range(110):
        made.advance(60.0)
        frame = twin.cycle(*seen(made), TIME_S, 60.0)
        gaps.append(frame.state["temperature_k"][far] - made.truth(1)["temperature_k"][far])
    assert np.abs(gaps).max() < 10.0  # the front itself, a minute early or late
    assert np.median(np.abs(gaps)) < 0.3
    assert frame.state["temperature_k"][far] > 391.0


def test_a_stopped_plant_leaves_stations_without_heat_and_cools_rooms() -> None:
    made = plant()
    twin = HeatTwin(heat_town(), POINTS, RULES)
    warm = twin.cycle(*seen(made), TIME_S, 0.0)
    assert warm.figures["room_min_temperature"] == pytest.approx(293.15)
    assert warm.figures["stations_short"] == 0.0
    assert warm.figures["end_min_differential"] > 5e4
    made.apply(POINTS[INDEX["PLANT-ST"]], 0.0)
    weather = []
    for _ in range(24):
        made.advance(1800.0)
        weather.append(made.outdoor_k)
        cold = twin.cycle(*seen(made), TIME_S, 1800.0)
    assert cold.figures["stations_short"] == 3.0
    assert set(cold.low_end_nodes) == {"S1", "S2", "S3"}
    # 12 h without heat in the field's January: brick houses of 60 h fall by a fifth of the way
    fall = 293.15 - cold.figures["room_min_temperature"]
    assert fall == pytest.approx((293.15 - np.mean(weather)) * (1 - np.exp(-12 / 60)), rel=0.05)
    assert cold.figures["rooms_below"] == (3.0 if fall > 4.0 else 0.0)
    assert cold.more["rooms"][0]["room_c"] == pytest.approx(20.0 - fall, abs=0.01)


def test_a_plant_that_circulates_less_cools_rooms_although_demand_fits() -> None:
    made = plant()
    twin = HeatTwin(heat_town(), POINTS, RULES)
    value, usable = seen(made)
    twin.cycle(value, usable, TIME_S, 0.0)
    value[INDEX["PLANT-G"]] *= 0.5
    for _ in range(12):
        frame = twin.cycle(value, usable, TIME_S, 1800.0)
    assert frame.factors[0] == pytest.approx(0.5, rel=0.05)
    fall = 0.5 * (293.15 - made.outdoor_k) * (1 - np.exp(-6 / 60))
    assert frame.figures["room_min_temperature"] == pytest.approx(293.15 - fall, abs=0.1)


def test_bad_points_are_kept_and_named_and_rooms_need_a_weather() -> None:
    made = plant()
    twin = HeatTwin(heat_town(), POINTS, RULES)
    value, usable = seen(made)
    before = twin.cycle(value, usable, TIME_S, 0.0)
    for name in ("PLANT-SUP-T", "PLANT-RET-P", "PLANT-G"):
        usable[INDEX[name]], value[INDEX[name]] = False, 1.0
    after = twin.cycle(value, usable, TIME_S, 5.0)
    assert {POINTS[h].id for h in after.kept} == {"PLANT-SUP-T", "PLANT-RET-P"}
    assert after.remarks == ("no circulation is measured: demand is the forecast times its last",)
    assert after.state["temperature_k"] == pytest.approx(before.state["temperature_k"], abs=0.5)
    fresh = HeatTwin(heat_town(), POINTS, RULES).cycle(value, np.zeros_like(usable), TIME_S, 0.0)
    assert "room_min_temperature" not in fresh.figures
    assert any("weather" in text for text in fresh.remarks)


def test_a_differential_below_what_a_station_needs_is_named() -> None:
    points = [replace(p, limits=Limits(low=3.9e5)) if p.id == "HX3-DP" else p for p in POINTS]
    made = plant()
    frame = HeatTwin(heat_town(), points, RULES).cycle(*seen(made), TIME_S, 0.0)
    assert frame.low_end_nodes == ("S3",)
    assert frame.more["short_stations"] == ["HX3"]
