"""Many heat cases: each has the bits it has alone."""

from __future__ import annotations

import numpy as np
import pytest
from heat_networks import line

from hydraulics import simulate_many, solve, solve_many
from hydraulics.heat.results import HeatSolution
from network_models.changes import BreakPipe, Change, CloseLink, LoseSource, ScaleDemand

CASES: list[list[Change]] = [
    [],
    *([CloseLink(f"s{i}")] for i in range(3)),
    [CloseLink("X2")],
    [ScaleDemand(1.4)],
    [ScaleDemand(0.3, nodes=("X1",))],
    [BreakPipe("r1")],
    [LoseSource("plant")],
]


@pytest.mark.parametrize("threads", [1, 3])
def test_cases_are_what_they_are_alone(threads: int) -> None:
    net = line()
    counted: list[int] = []
    found = dict(solve_many(net, CASES, threads=threads, progress=counted.append))
    assert list(found) == list(range(len(CASES)))
    assert counted == list(range(1, len(CASES) + 1))
    for number, changes in enumerate(CASES):
        (_, alone), *_ = solve_many(net, [changes], threads=1)
        here = found[number]
        assert isinstance(here, HeatSolution) and isinstance(alone, HeatSolution)
        for name in ("pressure_pa", "temperature_k", "flow_kgs", "heat_w"):
            np.testing.assert_array_equal(getattr(here, name), getattr(alone, name))
        once = solve(net, changes=changes)
        np.testing.assert_array_equal(here.flow_kgs, once.flow_kgs)
        assert here.report.unsupplied == once.report.unsupplied


def test_runs_and_unknown_ids() -> None:
    net = line()
    runs = dict(simulate_many(net, [[], [CloseLink("s1")]], hours=1))
    assert runs[1].heat_w[-1].sum() != runs[0].heat_w[-1].sum()
    for many in (solve_many, simulate_many):
        with pytest.raises(ValueError, match="link nope"):
            many(net, [[CloseLink("nope")]])
