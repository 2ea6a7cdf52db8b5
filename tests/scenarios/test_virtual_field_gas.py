"""The gas plant: its line pack, the operator's hand, and what its points show."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from gas_heat_towns import GAS_POINTS, gas_town, point

from hydraulics import solve
from scenarios.virtual_field.commands import CommandRefusedError
from scenarios.virtual_field.disturb import NO_MISFIT, Misfit
from scenarios.virtual_field.plant_gas import PlantGas

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 3, 13, 0, tzinfo=SHANGHAI)
INDEX = {p.id: i for i, p in enumerate(GAS_POINTS)}
POINT = {p.id: p for p in GAS_POINTS}


def plant(misfit: Misfit = NO_MISFIT) -> PlantGas:
    return PlantGas(gas_town(), GAS_POINTS, start=NOON, zone=SHANGHAI, misfit=misfit)


def reading(made: PlantGas, name: str) -> float:
    out = np.full(len(GAS_POINTS), np.nan)
    made.values(out)
    return float(out[INDEX[name]])


def test_without_misfit_the_plant_is_the_model() -> None:
    made = plant()
    for _ in range(30):
        made.advance(2.0)
    model = solve(gas_town(), time_s=13 * 3600.0)
    assert made.now.pressure_pa == pytest.approx(model.pressure_pa, abs=0.5)
    assert made.now.flow_kgs == pytest.approx(model.flow_kgs, abs=1e-6)
    assert reading(made, "U13-P") == pytest.approx(model.pressure_pa[-4], abs=0.5)
    # as gas is metered: at normal conditions
    both = reading(made, "G1-Q") + reading(made, "G2-Q")
    assert both == pytest.approx(0.06 / 0.7407, rel=0.02)
    assert INDEX["G1-T"] not in made.covered


def test_with_misfit_it_differs_and_the_same_seed_is_the_same_city() -> None:
    one, other = plant(Misfit()), plant(Misfit())
    one.advance(2.0)
    other.advance(2.0)
    assert np.array_equal(one.now.pressure_pa, other.now.pressure_pa)
    assert abs(reading(one, "U13-P") - reading(plant(), "U13-P")) > 5.0
    assert reading(one, "G1-P") != 0.3e6


def test_a_city_that_loses_its_gates_lives_on_its_line_pack() -> None:
    made = plant()
    stock = made.truth(1)["line_pack_kg"]
    for name in ("G1-ST", "G2-ST"):
        made.apply(POINT[name], 0.0)
    made.advance(60.0)
    assert reading(made, "G1-Q") == 0.0
    assert reading(made, "U13-P") > 1500.0
    spent = stock - made.truth(2)["line_pack_kg"]
    assert spent == pytest.approx(0.06 * 60.0, rel=0.03)
    before = reading(made, "M2-P")
    for _ in range(40):
        made.advance(600.0)
    assert reading(made, "M2-P") < 0.1 * before
    assert reading(made, "U13-P") < 750.0
    for name in ("G1-ST", "G2-ST"):
        made.apply(POINT[name], 1.0)
    for _ in range(10):
        made.advance(600.0)
    assert reading(made, "U13-P") > 1500.0


def test_a_regulator_takes_a_set_point_and_shows_it() -> None:
    made = plant()
    made.apply(POINT["R1-SP"], 2000.0)
    assert reading(made, "R1-SP") == pytest.approx(2000.0)
    made.advance(30.0)
    assert reading(made, "O1-P") == pytest.approx(2000.0, abs=1.0)
    assert reading(made, "O2-P") == pytest.approx(2500.0, abs=1.0)


def test_a_gate_holds_what_it_is_told() -> None:
    made = plant()
    made.apply(point("SP", "gas", "pressure", "kPa", "node:G1", writable=True), 0.28e6)
    made.advance(5.0)
    assert reading(made, "G1-P") == pytest.approx(0.28e6)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("R1-SP", -5.0, "above 0"),
        ("G1-ST", 7.0, "0 to 1"),
        ("G1-Q", 1.0, "cannot be commanded"),
        ("U13-P", 1.0, "commands nothing"),
        ("G1-T", 280.0, "cannot be commanded"),
    ],
)
def test_what_the_plant_does_not_do_changes_nothing(name: str, value: float, why: str) -> None:
    made = plant()
    before = made.truth(1)
    with pytest.raises(CommandRefusedError, match=why):
        made.apply(POINT[name], value)
    assert np.array_equal(made.truth(1)["pressure_pa"], before["pressure_pa"])
