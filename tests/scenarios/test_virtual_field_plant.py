"""The water plant: the time of day, the operator's hand, the hidden leak, and the truth on disk."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from field_process import free_port, running
from pyModbusTCP.client import ModbusClient

from hydraulics import solve
from network_models import write_inp
from network_models.elements import Demand, Junction, Pipe, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.operation import Curve, Options, Pattern, Times
from network_models.units import PA_PER_M_WATER
from scada.point import Point
from scenarios.virtual_field import FieldConfig, FieldDriver
from scenarios.virtual_field.commands import (
    CommandRefusedError,
    Hold,
    hold_for,
    valve_reading,
)
from scenarios.virtual_field.disturb import NO_MISFIT, Misfit
from scenarios.virtual_field.field_state import FieldState
from scenarios.virtual_field.plant import PlantWater
from scenarios.virtual_field.truth import write_truth

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 3, 8, 30, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 11, 3, 3, 30, tzinfo=SHANGHAI)


def town() -> Network:
    """A pump into a zone with a tank, and a second zone behind a pressure-reducing valve."""

    def home(name: str, elevation: float, litres: float) -> Junction:
        demands = (Demand(base_m3s=litres / 1000.0, pattern="day"),) if litres else ()
        return Junction(id=name, elevation_m=elevation, demands=demands)

    def pipe(name: str, start: str, end: str, diameter: float = 0.3) -> Pipe:
        return Pipe(
            id=name, start=start, end=end, length_m=500.0, diameter_m=diameter, roughness=120.0
        )

    tank = Tank(
        id="T",
        elevation_m=40.0,
        initial_level_m=3.0,
        minimum_level_m=0.5,
        maximum_level_m=6.0,
        diameter_m=20.0,
    )
    nodes = [
        Reservoir(id="R", elevation_m=5.0),
        tank,
        home("A", 4.0, 0.0),
        home("B", 3.0, 20.0),
        home("C", 2.0, 0.0),
        home("D", 1.0, 15.0),
    ]
    links = [
        Pump(id="PU", start="R", end="A", head_curve="c"),
        pipe("AB", "A", "B"),
        pipe("BT", "B", "T"),
        pipe("BC", "B", "C"),
        Valve(id="V", start="C", end="D", kind="PRV", diameter_m=0.2, setting=20.0),
    ]
    hours = tuple(0.4 if h < 6 else 1.6 if 7 <= h < 9 else 1.0 for h in range(24))
    return Network(
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        patterns={"day": Pattern(id="day", multipliers=hours)},
        curves={"c": Curve(id="c", points=((0.05, 45.0),), kind="pump")},
        options=Options(accuracy=1e-6, required_pressure_m=20.0),
        times=Times(duration_s=86400),
    )


def water(name: str, quantity: str, unit: str, element: str, **more: object) -> Point:
    fields = {"id": name, "utility": "water", "quantity": quantity, "unit": unit}
    return Point(**{**fields, "element": element, **more})  # type: ignore[arg-type]


POINTS = [
    water("B.p", "pressure", "MPa", "node:B"),
    water("D.p", "pressure", "MPa", "node:D"),
    water("PU.q", "flow", "m3/h", "link:PU"),
    water("T.level", "level", "m", "node:T"),
    water("R.q", "flow", "m3/h", "node:R"),
    water("PU.on", "status", "on/off", "link:PU", type="bool", writable=True),
    water("PU.speed", "speed", "ratio", "link:PU", writable=True),
    water("V.sp", "pressure", "MPa", "link:V", writable=True),
    water("BC.on", "position", "%", "link:BC", writable=True),
    water("cl", "concentration", "mg/L", "node:B"),
]
INDEX = {p.id: i for i, p in enumerate(POINTS)}


def plant(start: datetime = MORNING, misfit: Misfit = NO_MISFIT, seed: int = 1) -> PlantWater:
    return PlantWater(town(), POINTS, start=start, zone=SHANGHAI, seed=seed, misfit=misfit)


def read(made: PlantWater, point: str) -> float:
    out = np.full(len(POINTS), np.nan)
    made.values(out)
    return float(out[INDEX[point]])


def tell(made: PlantWater, point: str, value: float) -> None:
    made.apply(POINTS[INDEX[point]], value)


def test_patterns_stand_where_the_clock_of_the_site_stands() -> None:
    assert plant(MORNING).time_s % 86400 == 8.5 * 3600
    assert plant(MORNING.astimezone(UTC)).time_s == plant(MORNING).time_s
    by_day, by_night = (plant(t).now.demand_m3s[[3, 5]] for t in (MORNING, NIGHT))
    assert by_day / by_night == pytest.approx([4.0, 4.0])


def test_without_misfit_the_plant_is_the_model() -> None:
    model = solve(town(), time_s=8.5 * 3600)
    assert plant().now.head_m == pytest.approx(model.head_m, abs=1e-6)
    assert plant().now.flow_m3s == pytest.approx(model.flow_m3s, abs=1e-9)


def test_with_misfit_it_differs_and_the_same_seed_is_the_same_city() -> None:
    one, same, other = (plant(misfit=Misfit(), seed=s) for s in (1, 1, 2))
    for made in (one, same, other):
        for _ in range(5):
            made.advance(2.0)
    assert np.array_equal(one.now.head_m, same.now.head_m)
    assert not np.array_equal(one.now.head_m, other.now.head_m)
    assert np.abs(one.now.head_m - plant().now.head_m).max() > 0.01


def test_the_leak_is_real_water_and_named_apart() -> None:
    leaky = Misfit(roughness=0.0, zone_demand=0.0, node_demand=0.0, leak_share=0.025)
    made = plant(misfit=leaky)
    state = made.truth(7)
    place = list(state["node_ids"]).index(str(state["leak_node"]))
    extra = made.now.demand_m3s[place] - plant().now.demand_m3s[place]
    assert extra == pytest.approx(float(state["leak_m3s"]), rel=1e-3)
    assert float(state["leak_m3s"]) == pytest.approx(0.025 * 0.9 * 0.035, rel=0.02)
    assert "leak_node" not in plant().truth(7)


def test_tanks_follow_what_flows_into_them() -> None:
    made = plant()
    before, inflow = read(made, "T.level"), read(made, "T.level") * 0.0
    for _ in range(300):
        inflow += made.now.demand_m3s[1] * 2.0
        made.advance(2.0)
    area = np.pi * 20.0**2 / 4.0
    assert read(made, "T.level") - before == pytest.approx(inflow / area, rel=0.02)


def test_a_pump_stops_and_starts_and_changes_speed() -> None:
    made = plant()
    full = read(made, "PU.q")
    assert full > 0.0
    assert read(made, "R.q") == pytest.approx(full)
    tell(made, "PU.on", 0.0)
    assert (read(made, "PU.on"), read(made, "PU.q")) == (0.0, 0.0)
    tell(made, "PU.on", 1.0)
    assert read(made, "PU.q") == pytest.approx(full, rel=1e-3)
    tell(made, "PU.speed", 0.9)
    assert read(made, "PU.speed") == pytest.approx(0.9)
    assert read(made, "PU.q") < 0.9 * full


def test_a_speed_set_on_a_standing_pump_waits_for_its_start() -> None:
    made = plant()
    full = read(made, "PU.q")
    tell(made, "PU.on", 0.0)
    tell(made, "PU.speed", 0.9)
    made.advance(60.0)
    assert (read(made, "PU.on"), read(made, "PU.q")) == (0.0, 0.0)
    assert read(made, "PU.speed") == pytest.approx(0.9)
    tell(made, "PU.on", 1.0)
    assert 0.0 < read(made, "PU.q") < 0.9 * full
    assert read(made, "PU.speed") == pytest.approx(0.9)


def test_a_reducing_valve_holds_its_new_set_point() -> None:
    made = plant()
    assert read(made, "V.sp") == pytest.approx(20.0 * PA_PER_M_WATER)
    assert read(made, "D.p") == pytest.approx(20.0 * PA_PER_M_WATER, rel=1e-3)
    tell(made, "V.sp", 0.25e6)
    assert read(made, "D.p") == pytest.approx(0.25e6, rel=1e-3)


def test_a_closed_reducing_valve_returns_to_its_set_point() -> None:
    made = plant()
    switch = water("V.on", "status", "on/off", "link:V", type="bool", writable=True)
    made.apply(switch, 0.0)
    assert np.isnan(made.now.pressure_m[5])
    assert read(made, "V.sp") == pytest.approx(20.0 * PA_PER_M_WATER)
    made.apply(switch, 1.0)
    assert read(made, "D.p") == pytest.approx(20.0 * PA_PER_M_WATER, rel=1e-3)


def test_what_is_cut_off_reads_zero_and_is_nan_in_the_truth() -> None:
    made = plant()
    tell(made, "BC.on", 0.0)
    assert np.isnan(made.truth(1)["pressure_m"][5])
    state = FieldState(POINTS, {}, seed=1, plants=[made])
    state.advance(MORNING, 1.0, plant_step_s=2.0)
    assert state.readings[INDEX["D.p"]] == 0.0
    assert state.readings[INDEX["BC.on"]] == 0.0


@pytest.mark.parametrize(
    ("point", "value", "why"),
    [
        ("PU.speed", 9.0, "a pump's speed is 0 to 1.5, not 9"),
        ("V.sp", -1.0, "a set point is not negative"),
        ("PU.on", 4.0, "a status is 0 to 1"),
        ("B.p", 1.0, "B.p commands no link"),
    ],
)
def test_what_the_plant_does_not_do_changes_nothing(point: str, value: float, why: str) -> None:
    made = plant()
    before = made.now.head_m
    with pytest.raises(CommandRefusedError, match=why):
        tell(made, point, value)
    made.advance(0.0)
    assert np.array_equal(made.now.head_m, before)


@pytest.mark.parametrize(
    ("kind", "quantity", "value", "hold"),
    [
        ("PRV", "pressure", 98066.5, Hold("V", setting=10.0)),
        ("FCV", "flow", 0.02, Hold("V", setting=0.02)),
        ("PCV", "position", 0.4, Hold("V", setting=40.0)),
        ("TCV", "setting", 12.0, Hold("V", setting=12.0)),
        ("PRV", "position", 0.4, Hold("V", status="closed")),
        ("GPV", "status", 1.0, Hold("V", status="open")),
        ("PRV", "flow", 0.02, None),
        ("GPV", "setting", 1.0, None),
    ],
)
def test_a_valve_is_set_by_what_it_controls(
    kind: str, quantity: str, value: float, hold: Hold | None
) -> None:
    valve = replace(town().links["V"], kind=kind)  # type: ignore[arg-type]
    net = replace(town(), links={"V": valve})
    point = water("v", quantity, "", "link:V", writable=True)
    if hold is None:
        with pytest.raises(CommandRefusedError, match=f"{quantity} of V cannot be commanded"):
            hold_for(point, value, net)
        return
    found = hold_for(point, value, net)
    assert found == hold
    if found.setting is not None and isinstance(valve, Valve):
        assert valve_reading(valve, found.setting) == pytest.approx(value)


def test_quantities_the_plant_does_not_know_are_signals() -> None:
    made = plant()
    assert INDEX["cl"] not in made.covered
    assert len(made.covered) == len(POINTS) - 1
    state = FieldState(POINTS, {"water": town()}, seed=1, plants=[made])
    readings = state.advance(MORNING, 1.0, plant_step_s=2.0)
    assert readings[INDEX["cl"]] == pytest.approx(0.5e-3, rel=0.2)


def test_the_truth_on_disk_is_whole(tmp_path: Path) -> None:
    made = plant(misfit=Misfit())
    file = tmp_path / "truth.npz"
    for number in range(3):
        made.advance(2.0)
        write_truth(file, made.truth(number))
    with np.load(file) as truth:
        assert list(truth["node_ids"]) == list(town().nodes)
        assert list(truth["link_ids"]) == list(town().links)
        assert np.array_equal(truth["head_m"], made.now.head_m)
        assert np.array_equal(truth["flow_m3s"], made.now.flow_m3s)
        assert int(truth["time_ns"]) == 2
        assert float(truth["sim_time_s"]) == made.time_s
    assert [p.name for p in tmp_path.iterdir()] == ["truth.npz"]


def test_a_coil_stops_the_pump_of_the_city(tmp_path: Path) -> None:
    places = ["ir:0", "ir:2", "ir:4", "ir:6", "ir:8", "co:0", "hr:0", "hr:2", "hr:4", "ir:10"]
    points = tuple(
        replace(point, driver="rtu", address=address)
        for point, address in zip(POINTS, places, strict=True)
    )
    write_inp(town(), tmp_path / "water.inp")
    config = FieldConfig(
        name="town",
        data=str(tmp_path / "data"),
        drivers=(FieldDriver(name="rtu", kind="modbus_tcp", port=free_port()),),
        points=points,
        networks={"water": str(tmp_path / "water.inp")},
        cycle_s=0.2,
        plant_step_s=0.2,
    )
    with running(config) as field:
        client = ModbusClient("127.0.0.1", field.config.drivers[0].port, timeout=5.0)
        assert client.read_coils(0, 1) == [True]
        assert client.read_input_registers(4, 2) != [0, 0]
        assert client.write_single_coil(0, False)
        # The answer came after the plant was solved again.
        assert client.read_input_registers(4, 2) == [0, 0]
        truth = tmp_path / "data" / "truth.npz"
        end = time.monotonic() + 20.0
        while time.monotonic() < end:
            with np.load(truth) as state:
                if state["flow_m3s"][list(state["link_ids"]).index("PU")] == 0.0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("the truth never showed the stopped pump")
        client.close()
