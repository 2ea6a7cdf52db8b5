"""Solved instants: supply, valves, changes, reports, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from small import junction, loop, network, pipe, pumped_tank, valve, with_links

from hydraulics import SolveError, solve
from hydraulics.water import SteadyWater
from network_models import BreakPipe, CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.elements import Demand, Junction, Pump, Reservoir, Valve
from network_models.network import Network
from network_models.operation import Curve, Options


def test_a_ring_balances() -> None:
    now = solve(loop())
    assert now.report.converged
    assert now.report.balance.mass_m3s < 1e-8
    assert now.report.balance.energy_m < 1e-5  # EPANET's rounded units: 5e-6
    assert now.report.balance.inconsistent == ()
    assert now.flow_m3s[0] == pytest.approx(0.03, rel=1e-6)
    assert now.demand_m3s[0] == pytest.approx(-0.03, rel=1e-6)
    assert json.dumps(now.report.as_dict())


def test_an_area_shut_off_has_no_head_and_spoils_nothing() -> None:
    whole = solve(loop(), changes=[ScaleDemand(0.0, ("B",))])
    cut = solve(loop(), changes=[CloseLink("2"), CloseLink("3")])
    assert np.isnan(cut.head_m[2])
    assert np.isnan(cut.pressure_m[2])
    assert cut.demand_m3s[2] == 0.0
    assert cut.report.unsupplied == ("B",)
    assert list(cut.status) == [1, 0, 0, 1]
    assert cut.report.balance.mass_m3s < 1e-8
    assert whole.flow_m3s[0] == pytest.approx(cut.flow_m3s[0], abs=1e-9)


def test_losing_the_only_source_leaves_nobody_supplied() -> None:
    now = solve(loop(), changes=[LoseSource("R")])
    assert now.report.unsupplied == ("A", "B", "C")
    assert np.isnan(now.head_m[1:]).all()
    assert (now.flow_m3s == 0.0).all()


def test_a_node_on_no_link_is_unsupplied() -> None:
    net = loop()
    net = replace(net, nodes={**net.nodes, "X": junction("X", 0.0, 5.0)})
    assert solve(net).report.unsupplied == ("X",)


def test_a_broken_pipe_runs_free_at_both_ends() -> None:
    calm = solve(loop())
    burst = solve(loop(), changes=[BreakPipe("3")])
    shut = solve(loop(), changes=[BreakPipe("3", outflow=False)])
    assert burst.status[2] == 0
    assert burst.demand_m3s[2] > 0.05
    assert burst.demand_m3s[3] > 0.05
    assert burst.head_m[1] < calm.head_m[1] - 5.0
    assert burst.report.balance.mass_m3s < 1e-7
    assert shut.demand_m3s[2] == pytest.approx(0.01)


def test_pressure_reducing_valve_holds_its_pressure() -> None:
    now = solve(valve("PRV", 30.0))
    assert now.pressure_m[2] == pytest.approx(30.0, abs=1e-4)
    assert now.flow_m3s[1] == pytest.approx(0.02, rel=1e-6)
    wide = solve(valve("PRV", 300.0))
    assert wide.pressure_m[2] == pytest.approx(wide.pressure_m[1], abs=1e-3)


def test_pressure_breaker_and_throttle() -> None:
    broken = solve(valve("PBV", 7.0))
    assert broken.head_m[1] - broken.head_m[2] == pytest.approx(7.0, abs=1e-6)
    throttled = solve(valve("TCV", 500.0))
    velocity = 0.02 / (np.pi * 0.01)
    assert throttled.head_m[1] - throttled.head_m[2] == pytest.approx(
        500.0 * velocity**2 / 19.63, rel=2e-3
    )


def test_flow_valve_limits_the_flow() -> None:
    net = with_links(valve("FCV", 0.005), pipe("2", "R", "B"))
    now = solve(net)
    assert now.flow_m3s[1] == pytest.approx(0.005, rel=1e-4)
    assert now.flow_m3s[2] == pytest.approx(0.015, rel=1e-4)


def test_general_valve_follows_its_curve() -> None:
    base = valve("TCV", 0.0)
    v = Valve(id="V", start="A", end="B", kind="GPV", diameter_m=0.2, curve="g")
    curve = Curve(id="g", points=((0.0, 0.0), (0.01, 1.0), (0.04, 9.0)), kind="headloss")
    now = solve(replace(with_links(base, v), curves={"g": curve}))
    assert now.head_m[1] - now.head_m[2] == pytest.approx(1.0 + 8.0 / 3.0, rel=1e-4)


def test_operator_sets_a_valve_and_a_pump() -> None:
    assert solve(valve("PRV", 30.0), changes=[SetStatus("V", 20.0)]).pressure_m[2] == pytest.approx(
        20.0, abs=1e-4
    )
    slow = solve(pumped_tank(), changes=[SetStatus("P", 0.9)])
    assert 0.0 < slow.flow_m3s[0] < solve(pumped_tank()).flow_m3s[0]


def test_a_check_valve_stays_shut_backwards() -> None:
    backwards = replace(pipe("1", "A", "R"), check_valve=True)
    now = solve(with_links(loop(), backwards, pipe("5", "R", "B")))
    assert now.status[0] == 0
    assert now.flow_m3s[0] == 0.0
    assert now.report.converged


def test_a_pump_too_weak_for_the_hill_stops() -> None:
    net = network(
        [Reservoir(id="R"), junction("A", 0.0, 1.0), Reservoir(id="H", elevation_m=90.0)],
        [Pump(id="P", start="R", end="A", head_curve="c"), pipe("1", "H", "A")],
        curves={"c": Curve(id="c", points=((0.03, 60.0),), kind="pump")},
    )
    now = solve(net)
    assert now.status[0] == 0
    assert now.flow_m3s[1] == pytest.approx(0.001, abs=1e-6)


def test_pressure_driven_demand_gives_what_the_pressure_allows() -> None:
    full = solve(loop(), demand_model="pda", required_pressure_m=20.0)
    assert full.demand_m3s[1:] == pytest.approx(0.01, rel=1e-4)
    short = solve(loop(), demand_model="pda", required_pressure_m=100.0, changes=[ScaleDemand(3.0)])
    wanted = 0.03 * np.sqrt(short.pressure_m[1:] / 100.0)
    np.testing.assert_allclose(short.demand_m3s[1:], wanted, atol=1e-5)
    assert (short.demand_m3s[1:] < 0.03).all()


def test_low_ground_pressure_is_named() -> None:
    now = solve(loop(), changes=[ScaleDemand(30.0)])
    assert set(now.report.negative_pressure) == {"A", "B", "C"}


@pytest.mark.parametrize("headloss", ["H-W", "D-W", "C-M"])
def test_every_friction_law_passes_the_independent_judge(headloss: str) -> None:
    rough = {"H-W": 120.0, "D-W": 2e-4, "C-M": 0.012}[headloss]
    net = loop()
    links = {k: replace(v, roughness=rough, minor_loss=2.0) for k, v in net.links.items()}  # type: ignore[call-arg]
    options = replace(net.options, headloss=headloss)  # type: ignore[arg-type]
    now = solve(replace(net, links=links, options=options))
    assert now.report.balance.energy_m < 1e-5
    assert 0.0 < now.pressure_m[1] < 50.0


def test_refusals_name_the_element() -> None:
    no_source = network([junction("A"), junction("B")], [pipe("1", "A", "B")])
    with pytest.raises(SolveError, match="no reservoir or tank"):
        solve(no_source)
    rising = Curve(id="c", points=((0.0, 10.0), (0.01, 20.0)), kind="pump")
    with pytest.raises(SolveError, match="pump P"):
        solve(replace(pumped_tank(), curves={"c": rising}))
    with pytest.raises(ValueError, match="link nowhere"):
        solve(loop(), changes=[CloseLink("nowhere")])
    bare = network(
        [Reservoir(id="R", elevation_m=60.0), junction("B")],
        [Valve(id="V", start="R", end="B", kind="PRV", diameter_m=0.2, setting=20.0)],
    )
    with pytest.raises(SolveError, match="PRV V touches the source R"):
        solve(bare)


def test_an_unbalanced_solve_says_so() -> None:
    net = loop()
    hasty = replace(net, options=replace(net.options, trials=1, accuracy=1e-9))
    assert not solve(hasty).report.converged


def test_emitter_follows_its_law() -> None:
    net = loop()
    leaky = Junction(
        id="B", elevation_m=12.0, demands=(Demand(base_m3s=0.01),), emitter_coefficient=1e-3
    )
    now = solve(replace(net, nodes={**net.nodes, "B": leaky}))
    assert now.demand_m3s[2] - 0.01 == pytest.approx(1e-3 * now.pressure_m[2] ** 0.5, rel=1e-4)


# ---- the live model's solver ----------------------------------------------------------------


def live() -> tuple[Network, SteadyWater]:
    net = pumped_tank()
    return net, SteadyWater(net)


def test_steady_water_equals_solve() -> None:
    net, model = live()
    boundary = model.boundary(0.0)
    now, once = model.solve(boundary), solve(net)
    np.testing.assert_allclose(now.head_m, once.head_m, atol=1e-6)
    assert boundary.fixed_head_m[2] == pytest.approx(53.0)
    assert np.isnan(boundary.fixed_head_m[1])


def test_steady_water_takes_levels_speeds_and_statuses() -> None:
    _, model = live()
    boundary = model.boundary(0.0)
    head = boundary.fixed_head_m.copy()
    head[2] = 55.0
    high = model.solve(replace(boundary, fixed_head_m=head))
    assert high.head_m[2] == pytest.approx(55.0)
    off = model.with_status(boundary, 0, is_open=False)
    assert model.solve(off).flow_m3s[0] == 0.0
    on = model.with_status(off, 0, is_open=True)
    assert model.solve(on).flow_m3s[0] == pytest.approx(model.solve(boundary).flow_m3s[0])


def test_warm_start_changes_only_the_work() -> None:
    _, model = live()
    boundary = model.boundary(0.0)
    cold = model.solve(boundary)
    warm = model.solve(boundary, warm=cold)
    np.testing.assert_allclose(warm.head_m, cold.head_m, atol=1e-6)
    assert warm.report.iterations <= cold.report.iterations


def test_steady_water_refuses_what_is_not_a_number() -> None:
    _, model = live()
    boundary = model.boundary(0.0)
    bad = boundary.demand_m3s.copy()
    bad[1] = np.nan
    with pytest.raises(ValueError, match="at A"):
        model.solve(replace(boundary, demand_m3s=bad))
    with pytest.raises(ValueError, match="one value a node"):
        model.solve(replace(boundary, demand_m3s=bad[:1]))


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="accuracy"):
        solve(loop(), accuracy=0.0)
    with pytest.raises(ValueError, match="demand_model"):
        solve(loop(), demand_model="both")  # type: ignore[arg-type]
    assert Options().accuracy == 1e-5
