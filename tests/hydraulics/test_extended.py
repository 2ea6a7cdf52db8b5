"""Runs over time: tanks, controls, rules, hands, exact repetition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import controlled, loop, pumped_tank

from hydraulics import simulate
from hydraulics.extended import ExtendedPeriod
from network_models import CloseLink
from network_models.elements import Demand, Junction
from network_models.operation import Control, ControlRule, Pattern, Premise, RuleAction, Times


def test_what_flows_into_a_tank_is_there_afterwards() -> None:
    run = ExtendedPeriod(pumped_tank())
    inflow = run.solution.demand_m3s[2]
    before = run.tank_level_m["T"]
    run.advance(60.0)
    rise = run.tank_level_m["T"] - before
    assert rise == pytest.approx(60.0 * inflow / (np.pi * 36.0), rel=1e-5)


def test_level_controls_keep_the_tank_between() -> None:
    run = simulate(controlled(), hours=96)
    level = run.head_m[:, 2] - 50.0
    assert level.min() > 1.2
    assert level.max() < 5.2
    assert set(run.status[:, 0].tolist()) == {0, 1}


def test_a_full_tank_takes_no_more() -> None:
    run = simulate(pumped_tank(), hours=48)
    assert run.head_m[-1, 2] == pytest.approx(56.0)
    assert run.demand_m3s[-1, 2] == pytest.approx(0.0, abs=1e-6)
    assert run.flow_m3s[-1, 0] == pytest.approx(0.015, rel=1e-3)


def test_an_empty_tank_leaves_its_users_without() -> None:
    run = simulate(pumped_tank(), hours=48, changes=[CloseLink("P")])
    assert np.isfinite(run.head_m[0]).all()
    assert np.isnan(run.head_m[-1, 1])
    assert run.head_m[-1, 2] == pytest.approx(50.5, abs=1e-3)
    assert "A" in run.report.unsupplied
    assert run.demand_m3s[-1, 1] == 0.0


def test_patterns_wrap_for_ever() -> None:
    net = replace(
        loop(),
        patterns={"1": Pattern(id="1", multipliers=(0.5, 1.5))},
        times=Times(duration_s=3600, pattern_step_s=3600),
    )
    run = ExtendedPeriod(net)
    day = [run.advance(1800.0).demand_m3s[1] for _ in range(8)]
    assert day == pytest.approx([0.005, 0.015, 0.015, 0.005, 0.005, 0.015, 0.015, 0.005])


def test_small_steps_reach_the_same_state_as_one() -> None:
    fine, coarse = ExtendedPeriod(controlled()), ExtendedPeriod(controlled())
    for _ in range(600):
        fine.advance(2.5)
    coarse.advance(1500.0)
    assert fine.time_s == coarse.time_s == 1500.0
    assert fine.tank_level_m["T"] == pytest.approx(coarse.tank_level_m["T"], abs=0.01)


def test_a_run_repeats_bit_by_bit() -> None:
    one, other = simulate(controlled(), hours=24), simulate(controlled(), hours=24)
    assert np.array_equal(one.head_m, other.head_m)
    assert np.array_equal(one.flow_m3s, other.flow_m3s)


def test_an_operators_hand_beats_controls_until_released() -> None:
    run = ExtendedPeriod(controlled())
    run.hold("P", status="closed")
    run.advance(60.0)
    assert run.solution.status[0] == 0
    run.set_tank_level("T", 1.0)
    assert run.advance(60.0).status[0] == 0
    run.release("P")
    assert run.advance(1.0).status[0] == 1


def test_a_shut_pipe_isolates_and_opens_again() -> None:
    run = ExtendedPeriod(loop())
    run.hold("1", status="closed")
    dark = run.advance(5.0)
    assert dark.report.unsupplied == ("A", "B", "C")
    run.release("1")
    assert run.advance(5.0).report.unsupplied == ()


def test_leaks_demands_and_sources_by_hand() -> None:
    run = ExtendedPeriod(loop())
    base = run.solution.head_m.copy()
    run.extra_demand_m3s[2] = 0.02
    assert run.advance(1.0).demand_m3s[2] == pytest.approx(0.03)
    run.extra_demand_m3s[2] = 0.0
    run.demand_factor[2] = 0.0
    assert run.advance(1.0).demand_m3s[2] == pytest.approx(0.0, abs=1e-12)
    run.demand_factor[2] = 1.0
    run.set_emitter("B", 1e-3)
    assert run.advance(1.0).demand_m3s[2] > 0.011
    run.set_emitter("B", 0.0)
    run.set_source_head("R", 70.0)
    assert run.advance(1.0).head_m[2] == pytest.approx(base[2] + 10.0, abs=1e-4)


def test_a_time_control_acts_on_the_second() -> None:
    net = replace(
        loop(),
        controls=(Control(link="3", status="closed", trigger="time", time_s=1000.0),),
    )
    run = ExtendedPeriod(net)
    assert run.advance(999.0).status[2] == 1
    assert run.advance(1.0).status[2] == 0


def test_a_pressure_control_acts_within_the_solve() -> None:
    net = replace(
        loop(),
        controls=(Control(link="3", status="closed", trigger="above", node="B", threshold_m=1.0),),
    )
    assert ExtendedPeriod(net).solution.status[2] == 0


def test_rules_act_at_rule_steps() -> None:
    rule = ControlRule(
        id="night",
        premises=(
            Premise(
                conjunction="IF", object="node", id="T", attribute="level", relation=">", value=3.2
            ),
        ),
        then=(RuleAction(link="P", attribute="status", value="closed"),),
        otherwise=(RuleAction(link="P", attribute="status", value="open"),),
        priority=1.0,
    )
    run = simulate(replace(pumped_tank(), rules=(rule,)), hours=24, step_s=600)
    level = run.head_m[:, 2] - 50.0
    assert 2.5 < level[20:].min() < level.max() < 3.7
    assert set(run.status[:, 0].tolist()) == {0, 1}


def test_wrong_names_are_refused() -> None:
    run = ExtendedPeriod(loop())
    with pytest.raises(ValueError, match="no link x"):
        run.hold("x", status="closed")
    with pytest.raises(ValueError, match="not a tank"):
        run.set_tank_level("A", 1.0)
    with pytest.raises(ValueError, match="not a reservoir"):
        run.set_source_head("A", 1.0)
    with pytest.raises(ValueError, match="forward"):
        run.advance(-1.0)


def test_report_step_and_hours_are_the_callers() -> None:
    run = simulate(loop(), hours=2, step_s=900)
    assert run.times_s.tolist() == [900.0 * i for i in range(9)]
    assert run.head_m.shape == (9, 4)
    assert run.flow_m3s.shape == (9, 4)


def test_demand_categories_add_up() -> None:
    net = replace(
        loop(),
        patterns={"p": Pattern(id="p", multipliers=(2.0,))},
    )
    two = Junction(id="B", demands=(Demand(base_m3s=0.001), Demand(base_m3s=0.002, pattern="p")))
    run = ExtendedPeriod(replace(net, nodes={**net.nodes, "B": two}))
    assert run.solution.demand_m3s[2] == pytest.approx(0.005)
