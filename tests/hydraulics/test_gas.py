"""Gas at one instant by our own laws: against formulas, and what must never happen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gas_small import gas_network, pipe, regulator, source, user

from hydraulics.errors import SolveError
from hydraulics.gas.boundary import leak_coefficient
from hydraulics.gas.friction import COLEBROOK, HOFER, factor, turbulent_factor
from hydraulics.gas.gas import USUAL_GAS, gas_of, gerg_z, papay_z
from hydraulics.gas.model import GasModel
from network_models.changes import BreakPipe, CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.elements import Compressor, GasValve, Resistor, ShortPipe
from network_models.physics import Fluid

AIR = 101325.0


def states(model: GasModel) -> dict[str, str]:
    return dict(model.solve().report.controls)


def test_one_pipe_is_the_formula() -> None:
    net = gas_network([source("S", 40e5), user("A", 2.0)], [pipe("p", "S", "A", 20e3, 0.2)])
    model = GasModel(net)
    now = model.solve()
    gas = model.arrays.gas
    p1, p2 = now.pressure_pa + AIR
    area = math.pi * 0.01
    reynolds = 2.0 * 0.2 / (gas.viscosity_at(288.15) * area)
    friction, _ = turbulent_factor(COLEBROOK, reynolds, 1e-4 / 0.2)
    mean = 2.0 / 3.0 * (p1**3 - p2**3) / (p1**2 - p2**2)
    z = gerg_z(USUAL_GAS, 288.15, np.array([mean]))[0]
    expected = friction * 20e3 / 0.2 * (2.0 / area) ** 2 * z * gas.constant * 288.15
    assert p1**2 - p2**2 == pytest.approx(expected, rel=2e-7)
    assert now.report.converged and now.report.mass_kgs < 1e-9


def test_colebrook_and_hofer_solve_their_equations() -> None:
    for reynolds in (4e3, 1e5, 2e7):
        value, slope = turbulent_factor(COLEBROOK, reynolds, 1e-3)
        x = value**-0.5
        assert x == pytest.approx(-2.0 * math.log10(1e-3 / 3.71 + 2.51 * x / reynolds), rel=1e-12)
        for code in (COLEBROOK, HOFER):
            d = reynolds * 1e-5
            high, low = (turbulent_factor(code, reynolds + s * d, 1e-3)[0] for s in (1.0, -1.0))
            assert turbulent_factor(code, reynolds, 1e-3)[1] == pytest.approx(
                (high - low) / (2 * d), rel=1e-6
            )
        assert slope < 0.0
        assert turbulent_factor(HOFER, reynolds, 1e-3)[0] == pytest.approx(value, rel=0.02)
    assert factor(COLEBROOK, 1000.0, 1e-3) == (0.064, -6.4e-5)


def test_gb_low_pressure_form() -> None:
    """Field notes B7, row 5: Q 100 m3/h, d 150 mm, lambda 0.03, rho 0.75, 288.15 K."""
    gas = Fluid(id="g", normal_density_kgm3=0.75)
    net = gas_network(
        [source("S", 3000.0), user("A", 100.0 * 0.75 / 3600.0, level="low")],
        [pipe("p", "A", "S", 100.0, 0.15)],
        fluids={"g": gas},
        physics={"friction": "gb50028", "fluid": "g"},
    )
    model = GasModel(net)
    now = model.solve()
    drop = (now.pressure_pa[0] - now.pressure_pa[1]) / 100.0
    area = math.pi * 0.15**2 / 4.0
    reynolds = 100.0 * 0.75 / 3600.0 * 0.15 / (model.arrays.gas.viscosity_at(288.15) * area)
    assert drop / factor(COLEBROOK, reynolds, 1e-4 / 0.15)[0] * 0.03 == pytest.approx(
        0.1957, abs=5e-5
    )


def test_z_table_is_gerg_and_a_formula_without_it() -> None:
    """Rows of field notes B4 and B7, 6: 4, 16, 40 and 70 bar at 288.15 K."""
    gas = gas_of(USUAL_GAS, 288.15, 80e5, foreign=False)
    assert gas.z_way == "GERG-2008"
    pressure = np.array([4e5, 16e5, 40e5, 70e5])
    table = np.interp(pressure, gas.z_step * np.arange(len(gas.z)), gas.z)
    np.testing.assert_allclose(table, [0.99129, 0.96518, 0.91378, 0.85376], atol=1e-5)
    close = np.linspace(1e5, 79e5, 977)
    table = np.interp(close, gas.z_step * np.arange(len(gas.z)), gas.z)
    np.testing.assert_allclose(table, gerg_z(USUAL_GAS, 288.15, close), atol=1e-6)
    np.testing.assert_allclose(papay_z(4.6e6, 195.0, 288.15, pressure), table[0], atol=0.16)


def test_still_gas_stands_as_the_air_lets_it() -> None:
    """(rho_air - rho_gas) g h: about 4.5 Pa a metre (field notes B4)."""
    net = gas_network(
        [source("S", 2500.0), user("A", elevation_m=10.0)],
        [pipe("p", "S", "A", 10.0)],
        physics={"ambient_by_height": True},
    )
    now = GasModel(net).solve()
    assert (now.pressure_pa[1] - now.pressure_pa[0]) / 10.0 == pytest.approx(4.5, abs=0.3)
    exact = (AIR + 2500.0) * math.exp(-9.80665 * 10.0 / (477.74 * 288.15 * 0.9977))
    outside = AIR * (1.0 - 10.0 * 0.0065 / 288.15) ** 5.255
    assert now.pressure_pa[1] == pytest.approx(exact - outside, abs=0.01)


def two_levels(demand: float = 0.05, **more: Any) -> Any:
    return gas_network(
        [source("S", 3e5), user("IN"), user("OUT", level="low"), user("U", demand, level="low")],
        [
            pipe("a", "S", "IN"),
            regulator("R", "IN", "OUT", 2500.0, **more),
            pipe("b", "OUT", "U", 300.0, 0.15),
        ],
    )


def test_regulator_controls() -> None:
    model = GasModel(two_levels())
    now = model.solve()
    assert now.pressure_pa[2] == pytest.approx(2500.0, abs=1e-6)
    assert now.flow_kgs == pytest.approx([0.05] * 3, abs=1e-12)
    assert states(model) == {"R": "control"}


def test_regulator_wide_open_below_its_setting() -> None:
    net = two_levels()
    low = gas_network(
        [source("S", 2000.0), *list(net.nodes.values())[1:]],
        [pipe("a", "S", "IN", 10.0), *list(net.links.values())[1:]],
    )
    model = GasModel(low)
    now = model.solve()
    assert states(model) == {"R": "wide-open"}
    assert now.pressure_pa[2] == pytest.approx(now.pressure_pa[1], abs=1e-6)


def test_regulator_at_its_capacity() -> None:
    """K p1 / 2 above the critical ratio: what is asked beyond it does not come."""
    capacity = 0.2 / 4e5
    model = GasModel(two_levels(0.3, capacity_kgs_pa=capacity))
    now = model.solve()
    before = now.pressure_pa[1] + AIR
    assert now.report.converged
    assert now.flow_kgs[1] == pytest.approx(capacity * before / 2.0, rel=1e-6)
    assert now.demand_kgs[3] == pytest.approx(now.flow_kgs[1], rel=1e-9)
    (short,) = now.report.shortfalls
    assert (short.node, short.element) == ("U", "R")
    assert short.reason == "regulator at its capacity"
    assert now.pressure_pa[3] > 0.0


def test_regulator_locks_up_against_a_higher_neighbour() -> None:
    nodes = [*two_levels().nodes.values(), source("T", 2900.0)]
    links = [*two_levels().links.values(), pipe("c", "T", "OUT", 50.0, 0.2)]
    model = GasModel(gas_network(nodes, links))
    now = model.solve()
    assert states(model) == {"R": "lock-up"}
    assert now.flow_kgs[1] == 0.0
    assert now.pressure_pa[2] > 2500.0


def test_slam_shut_stays_shut_and_names_those_behind_it() -> None:
    model = GasModel(two_levels(slam_shut_low_pa=2600.0))
    now = model.solve()
    assert dict(now.report.controls) == {"R": "slam-shut"}
    assert set(now.report.unsupplied) == {"OUT", "U"}
    assert np.isnan(now.pressure_pa[3])
    assert [(s.node, s.element) for s in now.report.shortfalls] == [("U", "R")]


@pytest.mark.parametrize("settings", [(2500.0, 2500.0), (2500.0, 2600.0), (2700.0, 2000.0)])
@pytest.mark.parametrize("demand", [0.0, 0.01, 0.4])
def test_two_regulators_feed_a_ring_and_do_not_chatter(
    settings: tuple[float, float], demand: float
) -> None:
    nodes = [source("S", 3e5), user("A"), user("B"), user("C", demand), user("D", demand / 3)]
    links = [
        regulator("R1", "S", "A", settings[0]),
        regulator("R2", "S", "B", settings[1]),
        pipe("1", "A", "C", 200.0, 0.2),
        pipe("2", "C", "B", 200.0, 0.2),
        pipe("3", "A", "D", 100.0, 0.2),
        pipe("4", "D", "B", 300.0, 0.2),
    ]
    model = GasModel(gas_network(nodes, links))
    now = model.solve()
    assert now.report.converged, (now.report.flags, now.report.warnings)
    assert now.report.mass_kgs < 1e-9
    assert min(now.flow_kgs[:2]) >= -1e-9
    again = model.solve()
    assert again.report.controls == now.report.controls
    assert again.report.iterations <= 2
    cold = model.solve(cold=True)
    np.testing.assert_allclose(cold.pressure_pa, now.pressure_pa, rtol=1e-8)


def test_compressors() -> None:
    def line(machine: Compressor) -> GasModel:
        nodes = [source("S", 20e5), user("A"), user("B"), user("U", 1.0)]
        links = [pipe("1", "S", "A", 5e3, 0.2), machine, pipe("2", "B", "U", 5e3, 0.2)]
        return GasModel(gas_network(nodes, links))

    def machine(**more: Any) -> Compressor:
        return Compressor(id="C", start="A", end="B", **more)

    lifted = line(machine(control="ratio", ratio=1.5)).solve().pressure_pa + AIR
    assert lifted[2] == pytest.approx(1.5 * lifted[1], rel=1e-9)
    held = line(machine(control="outlet", outlet_pa=30e5)).solve()
    assert held.pressure_pa[2] == pytest.approx(30e5)
    weak = line(machine(control="outlet", outlet_pa=30e5, ratio_max=1.2)).solve()
    assert weak.pressure_pa[2] + AIR == pytest.approx(1.2 * (weak.pressure_pa[1] + AIR), rel=1e-9)
    assert dict(weak.report.controls) == {"C": "ratio"}
    idle = line(machine(control="outlet", outlet_pa=10e5)).solve()
    assert idle.pressure_pa[2] == pytest.approx(idle.pressure_pa[1], rel=1e-9)
    free = line(machine(control="free")).solve()
    assert free.pressure_pa[2] == pytest.approx(free.pressure_pa[1], rel=1e-9)
    assert any("idles" in text for text in free.report.warnings)


def test_feed_of_given_flow_stops_at_its_greatest_pressure() -> None:
    def fed(kgs: float) -> Any:
        feed = source("F", 3e5, control="flow", flow_kgs=kgs)
        nodes = [source("S", 2e5), feed, user("U", 0.3)]
        return GasModel(
            gas_network(nodes, [pipe("1", "S", "U"), pipe("2", "F", "U", 3000.0)])
        ).solve()

    free = fed(0.1)
    assert free.flow_kgs == pytest.approx([0.2, 0.1])
    full = fed(5.0)
    assert full.pressure_pa[1] == pytest.approx(3e5)
    assert full.flow_kgs[1] < 5.0
    assert full.report.converged


def test_too_much_demand_is_a_shortfall_not_a_negative_pressure() -> None:
    net = gas_network(
        [source("S", 4000.0), user("A", 0.001), user("B", 0.5)],
        [pipe("wide", "S", "A", 100.0, 0.2), pipe("narrow", "A", "B", 2000.0, 0.05)],
    )
    now = GasModel(net).solve()
    assert now.report.converged, now.report.flags
    assert (now.pressure_pa >= 0.0).all()
    (short,) = now.report.shortfalls
    assert (short.node, short.element) == ("B", "narrow")
    assert 0.0 < short.delivered_kgs < 0.5
    assert now.demand_kgs[2] == pytest.approx(short.delivered_kgs)
    assert now.flow_kgs[1] == pytest.approx(short.delivered_kgs, rel=1e-8)


def test_changes() -> None:
    nodes = [source("S", 4e5), source("T", 4e5), user("A", 0.1), user("B", 0.2)]
    links = [
        pipe("1", "S", "A"),
        pipe("2", "A", "B"),
        pipe("3", "B", "T"),
        GasValve(id="v", start="A", end="B", status="closed"),
    ]
    model = GasModel(gas_network(nodes, links))
    base = model.solve()
    lost = model.solve(changes=[LoseSource("T")])
    assert lost.flow_kgs[0] == pytest.approx(0.3)
    closed = model.solve(changes=[CloseLink("1"), ScaleDemand(2.0, ("A",))])
    assert closed.flow_kgs[:3] == pytest.approx([0.0, -0.2, -0.4])
    opened = model.solve(changes=[SetStatus("v", "open")])
    assert opened.pressure_pa[2] == pytest.approx(opened.pressure_pa[3], rel=1e-9)
    broken = model.solve(changes=[BreakPipe("2")])
    assert broken.flow_kgs[0] > 0.5 and broken.report.converged
    np.testing.assert_allclose(model.solve(changes=[]).pressure_pa, base.pressure_pa, rtol=1e-9)
    with pytest.raises(ValueError, match="link x"):
        model.solve(changes=[CloseLink("x")])


def test_a_leak_is_choked_flow() -> None:
    model = GasModel(gas_network([source("S", 9e5), user("A")], [pipe("1", "S", "A", 1.0, 0.5)]))
    c = leak_coefficient(model.arrays, 1e-4)
    model.case.leak[model.arrays.structure.row_of[1]] = c
    model.set_case(model.case)
    now = model.solve()
    g, r = 1.3, model.arrays.gas.constant
    p = now.pressure_pa[1] + AIR
    choked = 0.8 * 1e-4 * p * math.sqrt(g / (r * 288.15)) * (2 / (g + 1)) ** ((g + 1) / (2 * g - 2))
    assert now.flow_kgs[0] == pytest.approx(choked, rel=0.01)


def test_gases_mix_by_flow() -> None:
    rich = Fluid(id="rich", fractions=(("methane", 0.9), ("ethane", 0.1)))
    lean = Fluid(id="lean", fractions=(("methane", 0.85), ("nitrogen", 0.15)))
    feed = source("T", 20e5, control="flow", flow_kgs=0.2, gas="lean")
    net = gas_network(
        [source("S", 16e5, gas="rich"), feed, user("A", 0.3), user("B", 0.1)],
        [pipe("1", "S", "A"), pipe("2", "T", "A"), pipe("3", "A", "B")],
        fluids={"rich": rich, "lean": lean},
        physics={"fluid": "rich"},
    )
    now = GasModel(net).solve()
    assert now.blend is not None and now.report.converged
    np.testing.assert_allclose(now.blend.share[:, 1], [0.0, 1.0, 0.5, 0.5], atol=1e-9)
    fed = now.flow_kgs[:2] / now.blend.density_kgm3[:2] * now.blend.heating_jm3[:2]
    used = np.array([0.3, 0.1]) / now.blend.density_kgm3[2:] * now.blend.heating_jm3[2:]
    assert fed.sum() == pytest.approx(used.sum(), rel=1e-9)  # energy is neither made nor lost
    assert now.blend.wobbe_jm3[1] < now.blend.wobbe_jm3[2] < now.blend.wobbe_jm3[0]


def test_links_without_loss_and_fixed_drops() -> None:
    net = gas_network(
        [source("S", 10e5), user("A"), user("B"), user("C", 0.5)],
        [
            ShortPipe(id="s", start="S", end="A"),
            ShortPipe(id="t", start="S", end="A"),
            Resistor(id="d", start="A", end="B", loss_pa=2e4),
            Resistor(id="r", start="B", end="C", drag_factor=30.0, diameter_m=0.1),
        ],
    )
    now = GasModel(net).solve()
    assert now.report.converged and now.report.mass_kgs < 1e-9
    assert now.pressure_pa[1] == pytest.approx(10e5, abs=1e-3)
    assert now.flow_kgs[:2] == pytest.approx([0.25, 0.25])
    assert now.pressure_pa[1] - now.pressure_pa[2] == pytest.approx(2e4, abs=1e-3)
    assert now.pressure_pa[2] > now.pressure_pa[3]


def test_no_source_is_refused_and_a_lone_feed_holds() -> None:
    with pytest.raises(SolveError, match="no source"):
        GasModel(gas_network([user("A"), user("B")], [pipe("1", "A", "B")]))
    feed = source("F", 30e5, control="flow", flow_kgs=1.0)
    now = GasModel(gas_network([feed, user("B", 1.0)], [pipe("1", "F", "B", 1e4, 0.3)])).solve()
    assert now.pressure_pa[0] == pytest.approx(30e5)
    assert any("taken to hold" in text for text in now.report.warnings)


def test_a_region_of_feeds_alone_leans_on_one_of_them() -> None:
    def built(kgs: float) -> Any:
        feed = source("F", 30e5, control="flow", flow_kgs=kgs)
        nodes = [source("S", 40e5), user("A", 1.0), feed, user("B", 0.5)]
        return GasModel(gas_network(nodes, [pipe("1", "S", "A"), pipe("2", "F", "B")])).solve()

    enough, little = built(2.0), built(0.2)
    for now in (enough, little):
        assert now.report.converged and not now.report.unsupplied
        assert now.flow_kgs == pytest.approx([1.0, 0.5])
        assert now.pressure_pa[2] == pytest.approx(30e5)
    assert any("0.5 kg/s of 2" in text for text in enough.report.warnings)
    assert any("instead of 0.2" in text for text in little.report.warnings)


def test_hands_on_a_regulator() -> None:
    model = GasModel(two_levels())
    opened = model.solve(changes=[SetStatus("R", "open")])
    assert dict(opened.report.controls) == {"R": "wide-open"}
    assert opened.pressure_pa[2] == pytest.approx(opened.pressure_pa[1], rel=1e-9)
    assert opened.report.converged
    raised = model.solve(changes=[SetStatus("R", 2800.0)])
    assert raised.pressure_pa[2] == pytest.approx(2800.0)
    shut = model.solve(changes=[SetStatus("R", "closed")])
    assert set(shut.report.unsupplied) == {"OUT", "U"}
    assert model.solve(changes=[]).pressure_pa[2] == pytest.approx(2500.0)
