"""What a run says about itself: EPANET's six warnings, with names and times."""

from __future__ import annotations

from dataclasses import replace

from small import junction, loop, network, pipe, pumped_tank, valve

from hydraulics import simulate
from network_models.elements import Pump, Reservoir
from network_models.network import Network
from network_models.operation import Curve, Options, Times


def said(net: Network, word: str) -> str:
    """The warnings with a word, joined."""
    run = simulate(net, hours=5.0)
    return " | ".join(line for line in run.report.warnings if word in line)


def test_a_sound_run_says_nothing() -> None:
    assert simulate(loop(), hours=5.0).report.warnings == ()


def test_a_valve_that_cannot_hold_its_setting_is_named() -> None:
    assert "FCV V is open but cannot deliver its flow" in said(valve("FCV", 0.5), "V")
    assert said(valve("FCV", 0.01), "cannot deliver") == ""


def test_a_pump_outside_its_curve_is_named() -> None:
    thirsty = network(
        [Reservoir(id="R", elevation_m=0.0), junction("A", -90.0, 70.0)],
        [Pump(id="P", start="R", end="A", head_curve="c")],
        curves={"c": Curve(id="c", points=((0.03, 60.0),), kind="pump")},
    )
    assert "at 0:00, 1:00, 2:00 and 3 more: pump P runs beyond" in said(thirsty, "P")
    weak = network(
        [
            Reservoir(id="R", elevation_m=0.0),
            junction("A", 0.0, 1.0),
            Reservoir(id="H", elevation_m=90.0),
        ],
        [Pump(id="P", start="R", end="A", head_curve="c"), pipe("1", "A", "H")],
        curves={"c": Curve(id="c", points=((0.03, 60.0),), kind="pump")},
    )
    assert "pump P cannot deliver the head" in said(weak, "P")
    assert said(pumped_tank(), "pump") == ""


def test_cut_off_nodes_and_low_pressures_are_named() -> None:
    dry = network(
        [Reservoir(id="R", elevation_m=60.0), junction("A", 70.0, 5.0), junction("B", 0.0, 5.0)],
        [pipe("1", "R", "A"), replace(pipe("2", "A", "B"), status="closed")],
    )
    assert "node B is without a source" in said(dry, "B")
    assert "node A is below zero pressure" in said(dry, "A")


def test_a_solve_without_balance_is_told_with_its_times_and_what_epanet_would_do() -> None:
    options = Options(flow_unit="LPS", accuracy=1e-9, trials=1)
    hasty = replace(loop(), options=options, times=Times(duration_s=7200))
    run = simulate(hasty)
    if run.report.converged:  # the judge proved what few trials gave
        assert run.report.balance.mass_m3s < 1e-6
    else:
        assert any("without balance (UNBALANCED STOP" in line for line in run.report.warnings)
