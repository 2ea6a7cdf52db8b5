"""Gas and heat networks are judged as a whole: every fault at once."""

from __future__ import annotations

from dataclasses import replace

from network_models import Network, validate
from network_models.elements import (
    CirculationPump,
    Compressor,
    GasJunction,
    GasPipe,
    GasSource,
    HeatInlet,
    HeatJunction,
    HeatPipe,
    Regulator,
    StoredMass,
    Substation,
)
from network_models.physics import Bound, Fluid, Physics, Scenario

GAS = Network(
    medium="gas",
    nodes={
        "G": GasSource(id="G", pressure_pa=4e5),
        "A": GasJunction(id="A"),
        "B": GasJunction(id="B", level="low"),
        "C": GasJunction(id="C", level="low"),
    },
    links={
        "P": GasPipe(id="P", start="G", end="A", length_m=10.0, diameter_m=0.1),
        "R": Regulator(id="R", start="A", end="B", setting_pa=2500.0),
        "K": Compressor(id="K", start="B", end="C", ratio=1.5),
    },
)
HEAT = Network(
    medium="heat",
    nodes={
        "S": HeatJunction(id="S", side="supply"),
        "T": HeatJunction(id="T", side="supply"),
        "R": HeatJunction(id="R", side="return"),
    },
    links={
        "Q": CirculationPump(
            id="Q", start="R", end="S", pressure_pa=5e5, temperature_k=360.0, lift_pa=2e5
        ),
        "P": HeatPipe(id="P", start="S", end="T", length_m=10.0, diameter_m=0.1),
        "U": Substation(id="U", start="T", end="R", heat_w=1e5),
    },
)


def fields(net: Network) -> list[str]:
    return [problem.field for problem in validate(net)]


def test_sound_networks_have_no_fault() -> None:
    assert validate(GAS) == []
    assert validate(HEAT) == []


def test_gas_faults_come_all_at_once() -> None:
    nodes = GAS.nodes | {
        "G": GasSource(id="G", pressure_pa=0.0, gas="methane", flow_min_kgs=2.0, flow_max_kgs=1.0),
        "A": GasJunction(id="A", pressure_min_pa=-2e5, stored=StoredMass(mass_kg=-1.0)),
    }
    links = GAS.links | {
        "P": GasPipe(id="P", start="G", end="X", length_m=-1.0, diameter_m=0.0, sections=0),
        "R": Regulator(
            id="R", start="A", end="B", setting_pa=3e3, slam_shut_high_pa=2e3, controlled_node="Y"
        ),
        "K": Compressor(id="K", start="B", end="C", control="outlet", ratio=0.5),
        "H": HeatPipe(id="H", start="B", end="A", length_m=1.0, diameter_m=0.1),
    }
    net = replace(
        GAS,
        nodes=nodes,
        links=links,
        fluids={"g": Fluid(id="g", fractions=(("methane", 0.5),))},
        physics=Physics(fluid="air"),
        scenarios={"s": Scenario(id="s", bounds=(Bound(node="Z", quantity="flow", lower=0.0),))},
    )
    assert fields(net) == [
        "link P end node",
        "link H kind",
        "node G flow_min_kgs",
        "node G pressure",
        "node G gas",
        "node A pressure_min_pa",
        "node A stored mass",
        "link P length_m",
        "link P diameter_m",
        "link P sections",
        "link R setting_pa",
        "link R controlled node",
        "link K outlet_pa",
        "link K ratio",
        "network physics fluid",
        "network fluid g fractions",
        "network scenario s node",
        "node G links",
        "node A source",
    ]


def test_heat_faults_come_all_at_once() -> None:
    nodes = HEAT.nodes | {"I": HeatInlet(id="I")}
    links = HEAT.links | {
        "Q": CirculationPump(id="Q", start="R", end="S", lift_pa=1e5, flow_kgs=1.0),
        "P": HeatPipe(
            id="P", start="S", end="T", length_m=1.0, diameter_m=0.2, outer_diameter_m=0.1
        ),
        "U": Substation(id="U", start="T", end="R", heat_w=1e5, control="heat_exchanger"),
    }
    assert fields(replace(HEAT, nodes=nodes, links=links)) == [
        "network pressure",
        "node I held",
        "link Q lift or flow",
        "link P diameter_m",
        "link U exchanger_w_k",
        "link U secondary_return_k",
        "link U secondary_flow_kgs",
        "node I links",
    ]


def test_a_network_nobody_feeds_and_an_island() -> None:
    assert "network source" in fields(replace(HEAT, links={"P": HEAT.links["P"]}))
    links = {name: link for name, link in GAS.links.items() if name != "R"}
    assert fields(replace(GAS, links=links)) == ["node B source"]
    held = HEAT.nodes | {"S": HeatInlet(id="S", pressure_pa=3e5, side="supply")}
    assert "network source" not in fields(replace(HEAT, nodes=held, links={"P": HEAT.links["P"]}))
