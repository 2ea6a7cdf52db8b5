"""The judge: a good state passes, a spoilt one is named, hand-made numbers agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from small import junction, loop, network, pipe, pumped_tank, valve, with_links

from hydraulics.balance import Judge
from hydraulics.extended import ExtendedPeriod
from hydraulics.proof.kernels import judge_work
from hydraulics.state import Balance
from hydraulics.tables import ACTIVE, CLOSED, OPEN
from hydraulics.types import F64, U8
from network_models.elements import Junction, Pipe, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.operation import Curve, Options


@dataclass
class State:
    """A solved state that may be spoilt."""

    net: Network
    head: F64
    demand: F64
    flow: F64
    status: U8
    setting: F64
    factor: float

    def verdict(self) -> Balance:
        """What the judge says of it."""
        return Judge(self.net).judge(
            self.head, self.demand, self.flow, self.status, self.setting, self.factor
        )

    def link(self, id_: str) -> int:
        """Place of a link."""
        return list(self.net.links).index(id_)

    def node(self, id_: str) -> int:
        """Place of a node."""
        return list(self.net.nodes).index(id_)


def solved(net: Network) -> State:
    """The first state of a run."""
    engine = ExtendedPeriod(net).engine
    record = engine.record()
    head, demand, flow, _ = engine.convert(record)
    factor = engine.arrays.m3s_per_cfs
    return State(net, head, demand, flow, record.status, record.setting, factor)


def valve_net(kind: str) -> Network:
    """A valve of a kind at work between a source and a demand of 20 L/s."""
    settings = {"PRV": 30.0, "PSV": 40.0, "PBV": 12.0, "FCV": 0.01, "TCV": 400.0}
    net = valve(kind, settings.get(kind, 40.0))
    if kind in ("PSV", "FCV"):
        extra = [Reservoir(id="S", elevation_m=20.0)]
        nodes = {**net.nodes, **{n.id: n for n in extra}}
        net = with_links(replace(net, nodes=nodes), pipe("2", "B", "S"))
    curves = {
        "loss": Curve(id="loss", points=((0.0, 0.0), (0.01, 2.0), (0.05, 20.0)), kind="headloss"),
        "open": Curve(id="open", points=((0.0, 0.0), (60.0, 30.0), (100.0, 100.0)), kind="valve"),
    }
    links = dict(net.links)
    v = links["V"]
    assert isinstance(v, Valve)
    if kind in ("GPV", "PCV"):
        curve = "loss" if kind == "GPV" else "open"
        links["V"] = replace(v, curve=curve, minor_loss=3.0 if kind == "PCV" else 0.0)
    return replace(net, links=links, curves=curves)


def pump_net(kind: str) -> Network:
    """A pump of a kind that fills a tank."""
    net = pumped_tank()
    curves = {
        "one": Curve(id="one", points=((0.03, 60.0),), kind="pump"),
        "three": Curve(id="three", points=((0.0, 90.0), (0.03, 60.0), (0.05, 20.0)), kind="pump"),
        "many": Curve(
            id="many", points=((0.0, 90.0), (0.02, 75.0), (0.03, 60.0), (0.05, 20.0)), kind="pump"
        ),
    }
    pump = Pump(id="P", start="R", end="A", speed=0.95, head_curve=kind)
    if kind == "power":
        pump = Pump(id="P", start="R", end="A", power_w=15000.0)
    return with_links(replace(net, curves=curves), pump)


VALVES = ("PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV")
PUMPS = ("one", "three", "many", "power")


@pytest.mark.parametrize("law", ["H-W", "D-W", "C-M"])
def test_a_pipe_that_misses_its_law_is_named(law: str) -> None:
    rough = {"H-W": 120.0, "D-W": 3e-4, "C-M": 0.012}[law]
    net = loop()
    links = {k: replace(v, roughness=rough) for k, v in net.links.items() if isinstance(v, Pipe)}
    options = Options(flow_unit="LPS", accuracy=1e-7, headloss=law)  # type: ignore[arg-type]
    state = solved(replace(net, links=links, options=options))
    assert state.verdict().proved
    assert state.verdict().energy_m < 1e-4
    state.flow[state.link("3")] += 0.004
    spoilt = state.verdict()
    assert not spoilt.proved
    assert spoilt.energy_link == "3"
    assert spoilt.mass_node in ("B", "C")
    assert spoilt.mass_m3s == pytest.approx(0.004, rel=1e-3)


def test_hand_made_numbers_agree() -> None:
    """10.67 L q**1.852 / (C**1.852 d**4.871) for 100 m, 0.2 m, C 100 and 20 L/s."""
    net = network(
        [Reservoir(id="R", elevation_m=50.0), junction("A", 0.0, 20.0)],
        [Pipe(id="1", start="R", end="A", length_m=100.0, diameter_m=0.2, roughness=100.0)],
    )
    drop = 10.67 * 100.0 * 0.02**1.852 / (100.0**1.852 * 0.2**4.871)
    one = np.array([OPEN], dtype=np.uint8)
    none = np.zeros(1)
    flow = np.array([0.02])
    good = np.array([50.0, 50.0 - drop])
    demand = np.array([-0.02, 0.02])
    verdict = Judge(net).judge(good, demand, flow, one, none, 1.0)
    assert verdict.energy_m < 2e-3 * drop
    assert verdict.mass_m3s < 1e-12
    assert verdict.proved
    low = good - np.array([0.0, 3.0])
    assert Judge(net).judge(low, demand, flow, one, none, 1.0).energy_m == pytest.approx(
        3.0, rel=1e-2
    )
    nothing = np.array([np.nan])
    assert not Judge(net).judge(good, demand, nothing, one, none, 1.0).proved


@pytest.mark.parametrize("kind", VALVES)
def test_a_valve_that_misses_its_setting_or_law_is_named(kind: str) -> None:
    state = solved(valve_net(kind))
    assert state.verdict().proved, state.verdict()
    v = state.link("V")
    if kind == "FCV":
        state.flow[v] += 0.002
    elif kind == "PSV":
        state.setting[v] += 6.0
    else:
        state.head[state.node("B")] += 2.0
    spoilt = state.verdict()
    assert not spoilt.proved
    assert spoilt.energy_link == "V"


@pytest.mark.parametrize("kind", PUMPS)
def test_a_pump_off_its_curve_is_named(kind: str) -> None:
    state = solved(pump_net(kind))
    assert state.verdict().proved, state.verdict()
    state.flow[state.link("P")] *= 1.3
    spoilt = state.verdict()
    assert not spoilt.proved
    assert spoilt.energy_link == "P"


def test_statuses_that_contradict_the_state_are_named_with_the_reason() -> None:
    def flaws(state: State) -> str:
        verdict = state.verdict()
        assert not verdict.proved
        return " ".join(verdict.inconsistent)

    state = solved(pump_net("three"))
    state.flow[state.link("P")] *= -1.0
    assert "pump P: water passes backwards" in flaws(state)
    state = solved(pump_net("three"))
    state.status[state.link("P")] = CLOSED
    assert "pump P is closed, but water passes" in flaws(state)

    state = solved(valve_net("PRV"))
    state.status[state.link("V")] = OPEN
    state.head[state.node("B")] = state.head[state.node("A")]
    assert "PRV V is open, but should hold its setting" in flaws(state)
    state = solved(valve_net("PRV"))
    state.status[state.link("V")] = CLOSED
    state.flow[state.link("V")] = 0.0
    state.head[state.node("B")] = 3.0
    assert "PRV V is closed, but nothing holds it closed" in flaws(state)
    state = solved(valve_net("PRV"))
    assert state.status[state.link("V")] == ACTIVE
    state.head[state.node("A")] = 10.0
    assert "PRV V holds its setting without the head for it" in flaws(state)
    state = solved(valve_net("PSV"))
    state.flow[state.link("V")] = -0.01
    assert "PSV V: water passes backwards" in flaws(state)

    net = loop()
    one_way = replace(net.links["2"], check_valve=True)  # type: ignore[type-var]
    state = solved(with_links(net, one_way))
    assert state.verdict().proved
    state.flow[state.link("2")] *= -1.0
    assert "check valve 2: water passes backwards" in flaws(state)
    state.status[state.link("2")] = CLOSED
    state.flow[state.link("2")] = 0.0
    assert "check valve 2 is closed, but nothing holds it closed" in flaws(state)


def test_tanks_take_nothing_when_full_and_give_nothing_when_empty() -> None:
    state = solved(pump_net("three"))
    tank = state.net.nodes["T"]
    assert isinstance(tank, Tank)
    assert state.flow[state.link("1")] > 0.0
    state.head[state.node("T")] = tank.elevation_m + tank.maximum_level_m
    assert "pipe 1 fills a full tank" in state.verdict().inconsistent
    state.flow[state.link("1")] *= -1.0
    state.head[state.node("T")] = tank.elevation_m + tank.minimum_level_m
    assert "pipe 1 draws from an empty tank" in state.verdict().inconsistent


def outflows(net: Network, spoil: str) -> tuple[Balance, Balance]:
    """The verdicts before and after one of the run's outflows is changed by a tenth."""
    engine = ExtendedPeriod(net).engine
    arrays, witness = engine.arrays, engine.witness
    before = engine.balance(witness.state)
    getattr(engine.work, spoil)[:] *= 0.9
    judge_work(
        witness.proof,
        witness.state,
        engine.work,
        arrays.junctions,
        witness.m3s_per_cfs,
        witness.limits,
    )
    return before, engine.balance(witness.state)


@pytest.mark.parametrize("spoil", ["delivered", "emitted", "leaked"])
def test_outflows_that_miss_their_law_are_named(spoil: str) -> None:
    options = Options(flow_unit="LPS", accuracy=1e-7, demand_model="PDA", required_pressure_m=80.0)
    net = replace(loop(), options=options)
    leaky = replace(  # type: ignore[type-var]
        net.links["3"], leak_area_mm2_per_100m=100.0, leak_expansion_mm2_per_m=2.0
    )
    b = net.nodes["B"]
    assert isinstance(b, Junction)
    nodes = {**net.nodes, "B": replace(b, emitter_coefficient=1e-3)}
    before, after = outflows(with_links(replace(net, nodes=nodes), leaky), spoil)
    assert before.proved
    assert before.outflow_m3s < 1e-6
    assert not after.proved
    assert after.outflow_m3s > 1e-5
    assert after.outflow_node in {"delivered": "ABC", "emitted": "B", "leaked": "BC"}[spoil]


def test_a_demand_no_valve_setting_allows_is_flagged_not_passed_on() -> None:
    """An FCV cannot let 5 L/s through to a fixed demand of 20 L/s: heads mean nothing."""
    run = ExtendedPeriod(valve("FCV", 0.005))
    report = run.solution.report
    assert not report.converged
    assert not report.balance.proved
    assert report.flags
    assert any("B" in f or "V" in f for f in report.flags)
