"""pandapipes files: gas, heat and water, without pandapipes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from pandapipes_file import Rows, at, junction, link, pipe, table, wrapped, write

from network_models import NetworkError, Problem, read_native, read_network, write_native
from network_models.elements import (
    BoosterPump,
    CirculationPump,
    Compressor,
    FlowControl,
    GasJunction,
    GasPipe,
    GasSource,
    GasValve,
    HeatExchanger,
    HeatInlet,
    HeatJunction,
    HeatPipe,
    Junction,
    Pipe,
    PressureControl,
    Regulator,
    Reservoir,
    StoredMass,
    Substation,
    Valve,
)
from network_models.formats.pandapipes.read import read_pandapipes
from network_models.property_values import property_at

GAS: dict[str, Rows] = {
    "junction": {
        3: junction("gate", height_m=10.0),
        5: junction("a"),
        6: junction("b"),
        8: junction("c", tfluid_k=280.0),
        9: junction("d"),
    },
    "junction_geodata": {3: {"x": 1.0, "y": 2.0}},
    "pipe_geodata": {0: {"coords": [[1.0, 2.0], [1.5, 2.5], [3.0, 3.0]]}},
    "ext_grid": {0: at(3, p_bar=1.5, t_k=283.15, type="pt")},
    "pipe": {0: pipe(3, 5, length_km=0.25, text_k=281.0, sections=4), 1: pipe(8, 9)},
    "press_control": {
        0: link(
            5,
            6,
            controlled_junction=8,
            controlled_p_bar=0.02,
            control_active=True,
            loss_coefficient=3,
        )
    },
    "compressor": {0: link(6, 8, pressure_ratio=1.5)},
    "sink": {0: at(9, mdot_kg_per_s=0.2, scaling=0.5), 1: at(9, mdot_kg_per_s=0.1, scaling=None)},
    "source": {0: at(6, mdot_kg_per_s=0.03, scaling=1.0)},
    "mass_storage": {
        0: at(9, mdot_kg_per_s=0.01, scaling=1.0, init_m_stored_kg=5.0, max_m_stored_kg=9.0)
    },
    "controller": {},
}
HEAT: dict[str, Rows] = {
    "junction": {i: junction(None) for i in range(6)},
    "pipe": {
        0: pipe(0, 1, u_w_per_m2k=2.0, outer_diameter_mm=150.0),
        1: pipe(3, 4, u_w_per_m2k=2.0, qext_w=50.0),
        2: pipe(4, 5, length_km=0.0, loss_coefficient=1.5),
    },
    "pump": {0: link(1, 2, std_type="P")},
    "circ_pump_pressure": {
        0: {
            "return_junction": 5,
            "flow_junction": 0,
            "p_flow_bar": 9.0,
            "plift_bar": 5.0,
            "t_flow_k": 350.0,
            "type": "pt",
        }
    },
    "heat_consumer": {
        0: link(2, 3, qext_w=1e4, treturn_k=310.0),
        1: link(2, 3, controlled_mdot_kg_per_s=0.3, deltat_k=20.0),
    },
    "heat_exchanger": {0: link(2, 3, qext_w=500.0, inner_diameter_mm=50.0, loss_coefficient=2.0)},
    "flow_control": {0: link(2, 3, controlled_mdot_kg_per_s=0.1, control_active=False)},
}
WATER: dict[str, Rows] = {
    "junction": {i: junction(f"J{i}", height_m=float(i)) for i in range(4)},
    "ext_grid": {0: at(0, p_bar=3.0, type="p")},
    "pipe": {0: pipe(0, 1), 1: pipe(2, 3, in_service=False)},
    "valve": {0: {"name": "v", "junction": 1, "element": 2, "et": "ju", "opened": True,
                  "inner_diameter_mm": 80.0, "loss_coefficient": 2.5}},
    "sink": {0: at(2, mdot_kg_per_s=3.0, scaling=1.0), 1: at(2, mdot_kg_per_s=9.0) | {
        "in_service": False}},
}  # fmt: skip


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(NetworkError) as caught:
        read_network(path)
    return caught.value.problems


def test_gas(tmp_path: Path) -> None:
    options = {"friction_model": "colebrook", "ambient_temperature": 280.0, "mode": "hydraulics"}
    path = write(tmp_path / "n.json", "gas", GAS, user_pf_options=options)
    net = read_network(path)
    assert (net.medium, net.title) == ("gas", "small")
    assert list(net.nodes) == ["gate", "a", "b", "c", "d"]
    assert list(net.links) == ["pipe 0", "pipe 1", "compressor 0", "press_control 0"]
    gate, last = net.nodes["gate"], net.nodes["d"]
    assert isinstance(gate, GasSource)
    assert (gate.pressure_pa, gate.temperature_k, gate.elevation_m) == (1.5e5, 283.15, 10.0)
    assert gate.position == (1.0, 2.0)
    assert isinstance(last, GasJunction)
    assert last.demand_kgs == pytest.approx(0.2 * 0.5 + 0.1 + 0.01)
    assert last.stored == StoredMass(mass_kg=5.0, maximum_kg=9.0)
    fed = net.nodes["b"]
    assert isinstance(fed, GasJunction)
    assert fed.demand_kgs == -0.03
    line = net.links["pipe 0"]
    assert isinstance(line, GasPipe)
    assert (line.start, line.end, line.length_m, line.diameter_m) == ("gate", "a", 250.0, 0.1)
    assert (line.roughness_m, line.sections, line.ambient_temperature_k) == (2e-4, 4, 281.0)
    assert line.vertices == ((1.5, 2.5),)
    regulator = net.links["press_control 0"]
    assert isinstance(regulator, Regulator)
    assert (regulator.setting_pa, regulator.controlled_node) == (2000.0, "c")
    assert (regulator.minor_loss, regulator.status) == (3.0, "active")
    machine = net.links["compressor 0"]
    assert isinstance(machine, Compressor)
    assert (machine.control, machine.ratio) == ("ratio", 1.5)
    assert (net.physics.laws, net.physics.friction) == ("pandapipes", "colebrook")
    assert net.physics.ambient_temperature_k == 280.0
    assert net.physics.gas_temperature_k == pytest.approx(288.0)
    assert dict(net.physics.other)["mode"] == '"hydraulics"'
    gas = net.fluids["a gas"]
    assert gas.molar_mass_kgmol == pytest.approx(0.0165)
    assert property_at(gas.density, 285.0) == 1.75
    assert property_at(gas.density, 320.0) == 0.0  # straight on beyond the table
    assert property_at(gas.compressibility, 10.0) == 0.98
    write_native(net, tmp_path / "native.json")
    assert read_native(tmp_path / "native.json") == net


def test_heat(tmp_path: Path) -> None:
    net = read_network(write(tmp_path / "n.json", "liquid", HEAT))
    assert net.medium == "heat"
    assert list(net.nodes) == ["0", "1", "2", "3", "4", "5"]
    found = {name: getattr(node, "side", None) for name, node in net.nodes.items()}
    # The uncontrolled flow control joins both sides: nothing can be told for certain.
    assert set(found.values()) == {"any"}
    without = {name: rows for name, rows in HEAT.items() if name != "flow_control"}
    sides = [
        node.side
        for node in read_network(write(tmp_path / "m.json", "liquid", without)).nodes.values()
        if isinstance(node, HeatJunction)
    ]
    assert sides == ["supply"] * 3 + ["return"] * 3
    line, cooled = net.links["pipe 0"], net.links["pipe 1"]
    assert isinstance(line, HeatPipe)
    assert line.loss_w_mk == pytest.approx(2.0 * math.pi * 0.15)
    assert isinstance(cooled, HeatPipe)
    assert cooled.loss_w_mk == pytest.approx(2.0 * math.pi * 0.1)
    assert cooled.extracted_w == 50.0
    assert any("1 of length 0" in note for note in net.notes)
    assert net.links["pipe 2"].minor_loss == 1.5  # type: ignore[attr-defined]
    pump = net.links["pump 0"]
    assert isinstance(pump, BoosterPump)
    flow = 5.0 / 3600.0
    lift = sum(c * flow ** (2 - i) for i, c in enumerate(pump.lift_pa))
    assert lift == pytest.approx((6.0 - 0.1 * 25.0) * 1e5)
    heater = net.links["circ_pump_pressure 0"]
    assert isinstance(heater, CirculationPump)
    assert (heater.start, heater.end, heater.flow_kgs) == ("5", "0", None)
    assert (heater.pressure_pa, heater.temperature_k, heater.lift_pa) == (9e5, 350.0, 5e5)
    first, second = net.links["heat_consumer 0"], net.links["heat_consumer 1"]
    assert isinstance(first, Substation)
    assert (first.control, first.heat_w) == ("return_temperature", 1e4)
    assert first.return_temperature_k == 310.0
    assert isinstance(second, Substation)
    assert (second.control, second.flow_kgs) == ("flow_and_drop", 0.3)
    assert second.temperature_drop_k == 20.0
    exchanger, held = net.links["heat_exchanger 0"], net.links["flow_control 0"]
    assert isinstance(exchanger, HeatExchanger)
    assert (exchanger.heat_w, exchanger.diameter_m) == (500.0, 0.05)
    assert isinstance(held, FlowControl)
    assert held.status == "open"
    write_native(net, tmp_path / "native.json")
    assert read_native(tmp_path / "native.json") == net


def test_water(tmp_path: Path) -> None:
    path = write(tmp_path / "n.json", "liquid", WATER)
    net = read_network(path)
    density = 1.5  # of the made-up fluid at 290 K
    assert net.medium == "water"
    grid, user = net.nodes["J0"], net.nodes["J2"]
    assert isinstance(grid, Reservoir)
    assert grid.elevation_m == pytest.approx(3e5 / (density * 9.81))
    assert isinstance(user, Junction)
    assert [demand.base_m3s for demand in user.demands] == [pytest.approx(3.0 / density)]
    assert net.options.headloss == "D-W"
    assert net.options.viscosity_relative * 1.1e-5 * 0.3048**2 == pytest.approx(1e-5 / density)
    line, valve = net.links["pipe 1"], net.links["valve 0"]
    assert isinstance(line, Pipe)
    assert (line.roughness, line.status) == (2e-4, "closed")
    assert isinstance(valve, Valve)
    assert (valve.kind, valve.setting, valve.status) == ("TCV", 2.5, "active")
    assert any("1 out of service" in note for note in net.notes)
    hot = read_pandapipes(path, liquid="heat")
    assert hot.medium == "heat"
    inlet = hot.nodes["J0"]
    assert isinstance(inlet, HeatInlet)
    assert (inlet.pressure_pa, inlet.temperature_k) == (3e5, None)


def test_a_liquid_with_controls_is_read_as_heat(tmp_path: Path) -> None:
    held = {0: link(1, 2, controlled_junction=2, controlled_p_bar=2.0, control_active=False)}
    path = write(tmp_path / "n.json", "liquid", {**WATER, "press_control": held})
    net = read_network(path)
    assert net.medium == "heat"
    control = net.links["press_control 0"]
    assert isinstance(control, PressureControl)
    assert (control.controlled_node, control.status) == (None, "open")
    assert any("cannot hold press_control" in note for note in net.notes)
    with pytest.raises(NetworkError):
        read_pandapipes(path, liquid="water")


def test_a_valve_on_a_pipe_gets_a_node(tmp_path: Path) -> None:
    valve = {
        0: {
            "name": "shut",
            "junction": 8,
            "element": 1,
            "et": "pi",
            "opened": False,
            "inner_diameter_mm": 50.0,
        }
    }
    net = read_network(write(tmp_path / "n.json", "gas", {**GAS, "valve": valve}))
    shut, line = net.links["valve 0"], net.links["pipe 1"]
    assert isinstance(shut, GasValve)
    assert shut.status == "closed"
    assert (shut.start, line.end) == ("c", "d")
    assert shut.end == line.start == "c at pipe 1"
    assert net.nodes["c at pipe 1"].elevation_m == net.nodes["c"].elevation_m


def test_older_names_of_columns(tmp_path: Path) -> None:
    old = {
        "pipe": {0: link(3, 5, length_km=1.0, diameter_m=0.3, k_mm=0.1, alpha_w_per_m2k=2.0)},
        "valve": {0: link(5, 6, diameter_m=0.2, opened=True, loss_coefficient=0.0)},
    }
    tables = {name: GAS[name] for name in ("junction", "ext_grid")} | old
    tables["junction"] = {key: tables["junction"][key] for key in (3, 5, 6)}
    net = read_network(write(tmp_path / "n.json", "gas", tables))
    line, valve = net.links["pipe 0"], net.links["valve 0"]
    assert isinstance(line, GasPipe)
    assert (line.diameter_m, line.heat_transfer_w_m2k) == (0.3, 2.0)
    assert isinstance(valve, GasValve)
    assert (valve.start, valve.end, valve.diameter_m) == ("a", "b", 0.2)


def test_names_are_ids_only_if_all_differ(tmp_path: Path) -> None:
    tables = {**GAS, "junction": {**GAS["junction"], 9: junction("c")}}
    net = read_network(write(tmp_path / "n.json", "gas", tables))
    assert list(net.nodes) == ["3", "5", "6", "8", "9"]
    assert net.nodes["9"].comment == "c"


def test_a_junction_out_of_service_closes_its_links(tmp_path: Path) -> None:
    tables = {**GAS, "junction": {**GAS["junction"], 9: junction("d", in_service=False)}}
    net = read_network(write(tmp_path / "n.json", "gas", tables))
    line, node = net.links["pipe 1"], net.nodes["d"]
    assert isinstance(line, GasPipe)
    assert line.status == "closed"
    assert isinstance(node, GasJunction)
    assert node.demand_kgs == 0.0
    assert any("out of service" in note for note in net.notes)


def test_all_faults_at_once(tmp_path: Path) -> None:
    tables = {
        **GAS,
        "pipe": {
            0: pipe(3, 77, length_km="long"),
            1: pipe(8, 9, k_mm=None, in_service="maybe"),
        },
        "ext_grid": {0: at(3, p_bar=1.5, type="q")},
        "heat_exchanger": {0: link(5, 6, qext_w=1.0)},
        "steam_trap": {0: at(5)},
        "weather": {0: {"t": 1.0}},
    }
    found = problems_of(
        write(tmp_path / "n.json", "gas", tables, user_pf_options={"friction_model": "weymouth"})
    )
    assert sorted((p.field, p.found) for p in found) == [
        ("ext_grid[0].type", "'q'"),
        ("heat_exchanger[0]", "heat_exchanger"),
        ("pipe[0].length_km", "'long'"),
        ("pipe[0].to_junction", "77"),
        ("pipe[1].in_service", "'maybe'"),
        ("pipe[1].k_mm", "nothing"),
        ("steam_trap", "1 elements of this kind"),
        ("user_pf_options.friction_model", "'weymouth'"),
    ]


def test_a_consumer_with_too_much_or_too_little(tmp_path: Path) -> None:
    consumers = {
        0: link(2, 3, qext_w=1.0, deltat_k=2.0, treturn_k=300.0),
        1: link(2, 3),
        2: link(2, 3, qext_w=1.0),
    }
    path = write(tmp_path / "n.json", "liquid", {**HEAT, "heat_consumer": consumers})
    assert [p.found for p in problems_of(path)] == [
        "qext_w, deltat_k, treturn_k",
        "nothing",
        "qext_w",
    ]


def test_the_whole_is_judged(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in GAS.items() if name not in ("ext_grid", "pipe_geodata")}
    assert [p.field for p in problems_of(write(tmp_path / "n.json", "gas", tables))] == [
        "network source"
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"junction": {"_class": "DataFrame", "_object": "{", "orient": "split"}}, "junction"),
        ({"junction": {**table({}), "orient": "records"}}, "junction"),
        ({"junction": table({})}, "junction"),
        ({"pipe": 5}, "pipe"),
        ({"fluid": None}, "fluid"),
        (
            {"fluid": wrapped("Fluid", name="x", fluid_type="gas", all_properties={})},
            "fluid.density",
        ),
    ],
)
def test_parts_that_cannot_be_understood(
    change: dict[str, object], field: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "n.json", "gas", GAS)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["_object"] |= change
    path.write_text(json.dumps(data), encoding="utf-8")
    assert field in [problem.field for problem in problems_of(path)]


def test_broken_json_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text('{\n "_class": "pandapipesNet",\n "_object": }', encoding="utf-8")
    assert problems_of(path)[0].line == 3
    path.write_text('["pandapipesNet"]', encoding="utf-8")
    assert problems_of(path)[0].field == "file"
