"""The lanes against the single engine: every kind of change, device, control and outflow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import junction, network, pipe, pumped_tank, valve, with_links

from hydraulics import simulate, simulate_many, solve, solve_many
from hydraulics.batch.lanes import Lanes
from hydraulics.state import Run, Solution
from hydraulics.tables import Work
from network_models import BreakPipe, CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.changes import Change
from network_models.elements import Pipe, Reservoir
from network_models.network import Network
from network_models.operation import Control, Options, Pattern, Times


def grid(**more: object) -> Network:
    """Three by three junctions between two reservoirs, demands that follow a pattern."""
    names = [f"{row}{column}" for row in "ABC" for column in "123"]
    nodes = [junction(name, 2.0 * i, 6.0 + i) for i, name in enumerate(names)]
    links = [pipe("in", "R", "A1", 0.4), pipe("out", "C3", "S", 0.3)]
    for i, name in enumerate(names):
        if i % 3 < 2:
            links.append(pipe(f"h{name}", name, names[i + 1], 0.15 + 0.02 * i))
        if i < 6:
            links.append(pipe(f"v{name}", name, names[i + 3], 0.2))
    ends = [Reservoir(id="R", elevation_m=70.0), Reservoir(id="S", elevation_m=62.0)]
    return network(
        [*ends, *nodes],
        links,
        patterns={"1": Pattern(id="1", multipliers=(0.6, 1.4, 1.0))},
        options=Options(flow_unit="LPS", accuracy=1e-8, default_pattern="1"),
        times=Times(duration_s=4 * 3600),
        **more,
    )


CASES: list[list[Change]] = [
    [],
    *([BreakPipe(id_)] for id_ in ("hA1", "hB2", "vA2", "vB3", "in")),
    *([CloseLink(id_)] for id_ in ("hC1", "out", "in")),
    [CloseLink("hA1"), CloseLink("vA1")],
    [CloseLink("hA2"), CloseLink("vA3")],
    [BreakPipe("hB1"), BreakPipe("vB1"), ScaleDemand(1.3)],
    [BreakPipe("vA2", outflow=False)],
    [LoseSource("S")],
    [LoseSource("R"), LoseSource("S")],
    [ScaleDemand(0.0)],
    [ScaleDemand(2.0, ("B2", "C3")), SetStatus("hB1", "closed")],
]


def same_numbers(many: Run | Solution, alone: Run | Solution) -> None:
    np.testing.assert_allclose(many.head_m, alone.head_m, atol=1e-6, rtol=0)
    np.testing.assert_allclose(many.pressure_m, alone.pressure_m, atol=1e-6, rtol=0)
    np.testing.assert_allclose(many.flow_m3s, alone.flow_m3s, atol=1e-7, rtol=0)
    np.testing.assert_allclose(many.demand_m3s, alone.demand_m3s, atol=1e-7, rtol=0)
    np.testing.assert_allclose(many.velocity_ms, alone.velocity_ms, atol=1e-5, rtol=0)
    assert (many.status == alone.status).all()
    assert many.report.converged == alone.report.converged
    assert many.report.unsupplied == alone.report.unsupplied
    assert many.report.balance.proved == alone.report.balance.proved


def same_bits(one: Run | Solution, other: Run | Solution) -> bool:
    names = ("head_m", "pressure_m", "demand_m3s", "flow_m3s", "velocity_ms", "status")
    return all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in names)


@pytest.mark.parametrize("model", ["dda", "pda"])
def test_instants_are_those_of_solve(model: str) -> None:
    net = grid()
    for number, many in solve_many(net, CASES, demand_model=model, required_pressure_m=25.0):  # type: ignore[arg-type]
        same_numbers(
            many,
            solve(
                net,
                changes=CASES[number],
                demand_model=model,  # type: ignore[arg-type]
                required_pressure_m=25.0,
            ),
        )


@pytest.mark.parametrize("exponent", [0.5, 0.7])
def test_pressure_driven_runs_are_those_of_simulate(exponent: float) -> None:
    net = grid()
    net = replace(net, options=replace(net.options, pressure_exponent=exponent))
    for number, many in simulate_many(net, CASES, demand_model="pda", required_pressure_m=30.0):
        alone = simulate(net, changes=CASES[number], demand_model="pda", required_pressure_m=30.0)
        same_numbers(many, alone)


def test_a_case_has_the_same_bits_alone_in_a_batch_and_on_any_number_of_threads() -> None:
    net = grid()
    one = dict(solve_many(net, CASES * 3, threads=1))
    two = dict(solve_many(net, iter(CASES * 3), threads=2))
    for number in range(len(CASES)):
        alone = next(solve_many(net, [CASES[number]], threads=1))[1]
        assert same_bits(one[number], alone)
        assert same_bits(one[number + len(CASES)], alone)
        assert same_bits(two[number + 2 * len(CASES)], alone)


def test_tanks_pumps_and_controls_part_and_rejoin() -> None:
    net = replace(
        pumped_tank(),
        controls=(
            Control(link="P", status="open", trigger="below", node="T", threshold_m=1.5),
            Control(link="P", status="closed", trigger="above", node="T", threshold_m=5.0),
        ),
    )
    cases: list[list[Change]] = [[], [CloseLink("P")], [SetStatus("P", 0.9)], [ScaleDemand(0.2)]]
    found = dict(simulate_many(net, cases, hours=48))
    assert len({found[i].status[:, 0].tobytes() for i in found}) > 2
    for number, many in found.items():
        alone = simulate(net, changes=cases[number], hours=48)
        same_numbers(many, alone)
        assert many.report.energy[0].kwh == pytest.approx(alone.report.energy[0].kwh, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("PRV", 30.0), ("PSV", 40.0), ("FCV", 0.015), ("PBV", 5.0), ("TCV", 20.0)],
)
def test_valves_are_those_of_solve(kind: str, setting: float) -> None:
    net = with_links(valve(kind, setting), pipe("by", "A", "B", 0.08))
    cases: list[list[Change]] = [
        [],
        [BreakPipe("by")],
        [CloseLink("V")],
        [SetStatus("V", "open")],
        [SetStatus("V", 0.6 * setting)],
        [ScaleDemand(3.0)],
    ]
    for number, many in solve_many(net, cases):
        same_numbers(many, solve(net, changes=cases[number]))


def test_check_valves_darcy_and_manning() -> None:
    for law, roughness in (("D-W", 2e-4), ("C-M", 0.012)):
        net = grid()
        links = {
            k: replace(v, roughness=roughness, check_valve=k == "hB1")
            for k, v in net.links.items()
            if isinstance(v, Pipe)
        }
        net = replace(net, links=links, options=replace(net.options, headloss=law))  # type: ignore[arg-type]
        for number, many in solve_many(net, CASES):
            same_numbers(many, solve(net, changes=CASES[number]))


def test_leaking_networks_are_solved_too() -> None:
    net = grid()
    links = dict(net.links)
    links["hB1"] = replace(links["hB1"], leak_area_mm2_per_100m=40.0)  # type: ignore[type-var]
    net = replace(net, links=links)
    for number, many in solve_many(net, CASES[:3]):
        same_numbers(many, solve(net, changes=CASES[number]))


def test_a_lane_has_room_for_all_of_a_run() -> None:
    shared = set(Work._fields) & set(Lanes._fields)
    assert {"head", "flow", "status", "setting", "held", "inflow", "leaked"} <= shared
