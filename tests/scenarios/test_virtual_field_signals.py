"""Signals, sensors and the differences between a city and its model."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pytest

from network_models.elements import (
    Demand,
    GasJunction,
    GasPipe,
    GasSource,
    HeatJunction,
    HeatSource,
    Junction,
    Pipe,
    Regulator,
    Reservoir,
    Substation,
)
from network_models.network import Network
from scada.point import Point
from scenarios.virtual_field.disturb import (
    NO_MISFIT,
    DemandWander,
    Misfit,
    choose_leak,
    mean_demand_m3s,
    roughen,
)
from scenarios.virtual_field.field_state import FieldState
from scenarios.virtual_field.instruments import Fault, Instruments
from scenarios.virtual_field.nominal import Nominal
from scenarios.virtual_field.signals import Signals, heat_share, outdoor_c

NOON = datetime(2026, 1, 10, 12)
GAS = Network(medium="gas", nodes={"G": GasSource(id="G", pressure_pa=0.4e6)})
HEAT = Network(
    medium="heat",
    links={
        "H": HeatSource(
            id="H", start="r", end="s", supply_temperature_k=383.15, pressure_rise_pa=4e5
        )
    },
)
NETWORKS = {"gas": GAS, "heat": HEAT}
POINTS = [
    Point(id="g-p", utility="gas", quantity="pressure", unit="MPa", element="node:G"),
    Point(id="g-q", utility="gas", quantity="flow", unit="m3/h"),
    Point(id="h-ts", utility="heat", quantity="temperature", unit="degC", element="link:H"),
    Point(id="h-out", utility="heat", quantity="temperature", unit="degC"),
    Point(id="g-v", utility="gas", quantity="status", unit="on/off", writable=True),
    Point(id="g-r", utility="gas", quantity="setting", unit="kPa", writable=True),
]


def day_of(signals: Signals, at: datetime = NOON) -> np.ndarray:
    return np.array([signals.advance(at + timedelta(minutes=m), 60.0) for m in range(1440)])


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    one, same, other = (day_of(Signals(POINTS, NETWORKS, seed=s)) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_point_added_to_the_list_leaves_the_others_alone() -> None:
    more = [*POINTS, Point(id="new", utility="gas", quantity="pressure", unit="kPa")]
    few, many = (Signals(p, NETWORKS, seed=1) for p in (POINTS, more))
    assert np.array_equal(few.advance(NOON, 1.0), many.advance(NOON, 1.0)[:-1])


def test_a_winter_day_looks_like_one() -> None:
    day = day_of(Signals(POINTS, NETWORKS, seed=1))
    pressure, flow, supply, outdoor = day[:, 0], day[:, 1], day[:, 2] - 273.15, day[:, 3] - 273.15
    assert 0.33e6 < pressure.min() < pressure.max() < 0.42e6
    assert flow.max() > 3.0 * flow.min() > 0.0
    assert 60.0 < supply.min() < supply.max() < 125.0
    assert -12.0 < outdoor.min() < outdoor.max() < 10.0
    # Minute to minute nothing jumps, and over the day everything moves.
    assert np.abs(np.diff(supply)).max() < 1.0
    assert np.all(np.ptp(day[:, :4], axis=0) > 0.0)


def test_a_city_without_limits_still_has_sensible_values() -> None:
    heat = Network(
        medium="heat",
        nodes={
            "s": HeatJunction(id="s", side="supply"),
            "r": HeatJunction(id="r", side="return"),
        },
        links={
            **HEAT.links,
            "X": Substation(id="X", start="s", end="r", heat_w=4.2e6, return_temperature_k=323.15),
        },
    )
    gas = Network(
        medium="gas",
        nodes={
            **GAS.nodes,
            "M": GasJunction(id="M", level="medium", demand_kgs=0.5),
            "L": GasJunction(id="L", level="low", demand_kgs=0.1),
        },
        links={
            "GM": GasPipe(id="GM", start="G", end="M", length_m=10.0, diameter_m=0.2),
            "V": Regulator(id="V", start="M", end="L", setting_pa=2300.0),
        },
    )
    expected = {
        ("heat", "temperature", "node:s"): 383.15,
        ("heat", "temperature", "node:r"): 323.15,
        ("heat", "pressure", "node:s"): 0.66e6,
        ("heat", "pressure", "link:H"): 0.7e6,
        ("heat", "mass_flow", "link:H"): 4.2e6 / (4200.0 * 60.0),
        ("heat", "mass_flow", "link:X"): 4.2e6 / (4200.0 * 60.0),
        ("heat", "power", "link:X"): 4.2e6,
        ("heat", "pressure", "link:X"): 0.32e6,
        ("gas", "pressure", "node:G"): 0.4e6,
        ("gas", "pressure", "node:M"): 0.38e6,
        ("gas", "pressure", "node:L"): 2300.0,
        ("gas", "setting", "link:V"): 2300.0,
        ("gas", "flow", "link:GM"): 0.6 / 0.75,
    }
    for (utility, quantity, element), value in expected.items():
        point = Point(id="x", utility=utility, quantity=quantity, unit="", element=element)  # type: ignore[arg-type]
        known = Nominal(heat if utility == "heat" else gas).value(point)
        assert known == pytest.approx(value), (utility, quantity, element)


def test_summer_asks_for_little_heat() -> None:
    assert heat_share(outdoor_c(datetime(2026, 7, 20, 15))) == pytest.approx(0.12)
    assert heat_share(outdoor_c(datetime(2026, 1, 20, 3))) > 0.8


def test_what_an_operator_sets_stays() -> None:
    state = FieldState(POINTS, NETWORKS, seed=1)
    assert state.write(4, 0.0) == 0.0
    assert state.write(5, 2600.0) == 2600.0
    readings = state.advance(NOON, 1.0, plant_step_s=2.0)
    assert (readings[4], readings[5]) == (0.0, 2600.0)
    with pytest.raises(ValueError, match="g-p is not for writing"):
        state.write(0, 1.0)
    with pytest.raises(ValueError, match="not a number"):
        state.write(5, math.nan)


def test_sensors_are_noisy_as_their_quantity_is_and_exact_where_commanded() -> None:
    sensors = Instruments(POINTS, seed=1)
    true = np.array([0.4e6, 1.0, 363.15, 273.15, 1.0, 2500.0])
    seen = np.array([sensors.read(true, 60.0) for _ in range(2000)])
    error = seen - true
    assert np.abs(error.mean(axis=0)[:4] / np.array([0.4e6, 1, 273, 273])).max() < 1e-3
    assert error[:, 0].std() == pytest.approx(1000.0, rel=0.1)
    assert error[:, 1].std() == pytest.approx(0.01, rel=0.1)
    assert error[:, 2].std() == pytest.approx(0.1, rel=0.1)
    assert not error[:, 4:].any()


def test_an_unsupplied_pressure_reads_zero() -> None:
    sensors = Instruments(POINTS[:1], seed=1)
    assert sensors.read(np.array([math.nan]), 1.0)[0] == 0.0


def test_sensors_fail_and_are_mended() -> None:
    sensors = Instruments(POINTS, seed=1)
    true = np.array([0.4e6, 1.0, 363.15, 273.15, 1.0, 2500.0])
    before = sensors.read(true, 1.0)
    sensors.set_fault("g-p", Fault(kind="stuck"))
    sensors.set_fault("g-q", Fault(kind="dead"))
    sensors.set_fault("h-ts", Fault(kind="drift", amount=3.0))
    sensors.set_fault("g-v", Fault(kind="offset", amount=-1.0))
    hour = [sensors.read(true * 1.1, 60.0) for _ in range(61)][-1]
    assert hour[0] == before[0]
    assert math.isnan(hour[1])
    assert hour[2] == pytest.approx(363.15 * 1.1 + 3.0, abs=0.5)
    assert hour[4] == pytest.approx(0.1)
    sensors.set_fault("g-q", None)
    assert sensors.read(true, 1.0)[1] == pytest.approx(1.0, abs=0.1)
    with pytest.raises(KeyError):
        sensors.set_fault("none", None)


def town(pipes: int = 400) -> Network:
    nodes = {"R": Reservoir(id="R", elevation_m=60.0, position=(0.0, 0.0))}
    links = {}
    for i in range(pipes):
        name = f"J{i}"
        nodes[name] = Junction(  # type: ignore[assignment]
            id=name, demands=(Demand(base_m3s=1e-4),), position=(float(i % 20), float(i // 20))
        )
        links[f"P{i}"] = Pipe(
            id=f"P{i}", start="R", end=name, length_m=100.0, diameter_m=0.2, roughness=110.0
        )
    return Network(nodes=nodes, links=links)


def test_the_city_differs_from_its_model_as_told() -> None:
    net = town()
    rough = roughen(net, Misfit(), seed=3)
    ratio = [p.roughness / 110.0 for p in rough.links.values() if isinstance(p, Pipe)]
    assert np.std(ratio) == pytest.approx(0.10, rel=0.2)
    assert rough.links == roughen(net, Misfit(), seed=3).links
    assert rough.links != roughen(net, Misfit(), seed=4).links
    assert roughen(net, NO_MISFIT, seed=3).links == net.links
    assert net.links["P0"].roughness == 110.0  # type: ignore[attr-defined]


def test_one_leak_of_a_known_share_at_a_served_junction() -> None:
    net = town()
    leak = choose_leak(net, Misfit(), seed=3)
    assert leak is not None
    assert leak[0].startswith("J")
    assert leak[1] == pytest.approx(0.025 * mean_demand_m3s(net))
    assert mean_demand_m3s(net) == pytest.approx(0.04)
    assert choose_leak(net, NO_MISFIT, seed=3) is None


def test_demands_wander_slowly_about_one() -> None:
    wander = DemandWander(town(), Misfit(), seed=3)
    first = wander.advance(0.0)
    soon = wander.advance(10.0)
    late = np.array([wander.advance(3600.0) for _ in range(200)])
    assert np.abs(soon / first - 1.0).max() < 0.2
    assert late.mean() == pytest.approx(1.0, abs=0.03)
    assert late.std() == pytest.approx(0.25, abs=0.03)
