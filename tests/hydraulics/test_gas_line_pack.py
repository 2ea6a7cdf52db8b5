"""Line pack: mass is kept, the long run is the steady state, and a lost source is survived."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gas_small import gas_network, pipe, regulator, source, user

from hydraulics import simulate, solve
from hydraulics.gas.gas import gas_of
from hydraulics.gas.survival import survival
from network_models.changes import CloseLink, LoseSource, ScaleDemand
from network_models.operation import Pattern, Times
from network_models.physics import Fluid

AIR = 101325.0


def town(**more: Any) -> Any:
    nodes = [
        source("S", 4e5), user("IN"), user("F", 0.1), user("OUT", level="low"),
        user("A", 0.02, level="low"), user("B", 0.03, level="low"),
    ]  # fmt: skip
    links = [
        pipe("m", "S", "IN", 4000.0, 0.3),
        pipe("n", "IN", "F", 2000.0, 0.2),
        regulator("R", "IN", "OUT", 2500.0),
        pipe("1", "OUT", "A", 400.0, 0.2),
        pipe("2", "A", "B", 400.0, 0.2),
        pipe("3", "OUT", "B", 500.0, 0.2),
    ]
    return gas_network(nodes, links, **more)


def test_nothing_happens_when_nothing_changes() -> None:
    run = simulate(town(), hours=3, step_s=900, line_pack=True)
    steady = solve(town())
    assert run.report.converged
    np.testing.assert_allclose(run.pressure_pa[-1], steady.pressure_pa, rtol=1e-8)
    assert run.line_pack_kg is not None
    assert np.ptp(run.line_pack_kg) < 1e-9 * run.line_pack_kg[0]


def test_the_long_run_is_the_steady_state_and_mass_closes() -> None:
    changes = [ScaleDemand(3.0), CloseLink("3")]
    run = simulate(town(), hours=12, step_s=1800, line_pack=True, changes=changes)
    steady = solve(town(), changes=changes)
    np.testing.assert_allclose(run.pressure_pa[-1], steady.pressure_pa, rtol=1e-7)
    np.testing.assert_allclose(run.flow_kgs[-1], steady.flow_kgs, atol=1e-8)
    assert run.line_pack_kg is not None and run.stored_error_kg is not None
    assert abs(run.stored_error_kg) < 1e-9 * run.line_pack_kg[0]
    assert run.line_pack_kg[-1] < run.line_pack_kg[0]


def test_a_day_of_patterns_lags_behind_the_steady_states() -> None:
    times = Times(duration_s=86400, report_step_s=3600)
    day = Pattern(id="D", multipliers=(0.2,) * 6 + (2.5,) * 6 + (0.5,) * 12)
    net = town(times=times, patterns={"D": day})
    nodes = {k: replace(n, pattern="D") if k in "FAB" else n for k, n in net.nodes.items()}
    net = replace(net, nodes=nodes)
    packed, steady = simulate(net, line_pack=True), simulate(net)
    assert packed.report.converged and steady.report.converged
    assert packed.line_pack_kg is not None and packed.stored_error_kg is not None
    assert abs(packed.stored_error_kg) < 1e-9 * packed.line_pack_kg[0]
    fed = -packed.demand_kgs[:, 0]
    assert fed[6] < -steady.demand_kgs[6, 0]  # the pack gives at the peak
    assert fed[12] > -steady.demand_kgs[12, 0]  # and takes after it
    assert packed.flow_kgs.min() > -1.0


def test_a_closed_pipe_empties_at_the_rate_of_its_demand() -> None:
    """V dp / (Z R T) = q t, by hand."""
    gas = Fluid(id="ideal", molar_mass_kgmol=0.0167)
    net = gas_network(
        [source("S", 3e5), user("A"), user("U", 0.05)],
        [pipe("s", "S", "A", 10.0, 0.5), pipe("1", "A", "U", 1000.0, 0.5)],
        fluids={"ideal": gas},
        physics={"fluid": "ideal"},
    )
    limit = 1e5
    found = survival(net, [CloseLink("s")], {"U": limit}, hours=5.0, step_s=10.0)
    constant = gas_of(gas, 288.15, 5e5, foreign=False).constant
    volume = np.pi * 0.25**2 * (1000.0 + 5.0)
    expected = volume * (3e5 - limit) / (constant * 288.15) / 0.05
    assert found.first is not None and found.first[0] == "U"
    assert found.first[1] == pytest.approx(expected, rel=0.005)
    assert found.settled


def test_survival_after_the_gate_is_lost() -> None:
    limits = {"A": 1500.0, "B": 1500.0}
    found = survival(town(), [LoseSource("S")], limits, hours=24.0)
    assert found.first is not None and found.settled
    longer = survival(town(), [LoseSource("S"), ScaleDemand(0.5)], limits, hours=24.0)
    assert longer.first is not None
    assert longer.first[1] == pytest.approx(2.0 * found.first[1], rel=0.1)
    finer = survival(town(), [LoseSource("S")], limits, hours=24.0, step_s=10.0)
    assert finer.first is not None
    assert finer.first[1] == pytest.approx(found.first[1], rel=0.02)
    calm = survival(town(), [], limits, hours=1.0)
    assert calm.first is None


def test_users_on_hills_that_get_nothing_feed_nothing() -> None:
    """Below the air's pressure a user takes nothing, and gives nothing either."""
    nodes = [source("S", 3000.0), user("A", 0.3), user("H", 0.1, elevation_m=500.0)]
    links = [pipe("1", "S", "A", 3000.0), pipe("2", "A", "H", 100.0)]
    now = solve(gas_network(nodes, links))
    assert now.report.converged and now.report.mass_kgs < 1e-9
    assert now.demand_kgs[2] == 0.0 and now.flow_kgs[1] == pytest.approx(0.0, abs=1e-9)
    assert 0.0 < now.demand_kgs[1] < 0.3
    assert {s.node for s in now.report.shortfalls} == {"A", "H"}


def test_an_emptied_network_has_no_pressure_below_the_air() -> None:
    run = simulate(town(), hours=10, step_s=600, line_pack=True, changes=[LoseSource("S")])
    assert run.report.converged, run.report.flags
    assert run.report.mass_kgs < 1e-9
    lowest = np.nanmin(run.pressure_pa)
    assert lowest > -1.0
    assert run.demand_kgs[-1, 2:].sum() < 1e-3
    assert run.line_pack_kg is not None and run.stored_error_kg is not None
    assert abs(run.stored_error_kg) < 1e-9 * run.line_pack_kg[0]
    assert {s.node for s in run.report.shortfalls} == {"F", "A", "B"}
