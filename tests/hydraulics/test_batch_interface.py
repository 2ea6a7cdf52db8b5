"""What callers of many cases rely on: order, streaming, failures that do not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import numpy as np
import pytest
from small import loop, pumped_tank

from hydraulics import simulate, simulate_many, solve, solve_many
from network_models import BreakPipe, CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.changes import Change

CASES: list[list[Change]] = [
    [],
    [CloseLink("2")],
    [BreakPipe("3")],
    [BreakPipe("3", outflow=False), ScaleDemand(1.5)],
    [ScaleDemand(0.5, ("A", "B")), SetStatus("4", "closed")],
    [LoseSource("R")],
    [CloseLink("2"), CloseLink("4")],
]


def test_each_case_is_what_solve_says() -> None:
    net = loop()
    found = dict(solve_many(net, CASES))
    assert list(found) == list(range(len(CASES)))
    for number, changes in enumerate(CASES):
        alone = solve(net, changes=changes)
        many = found[number]
        np.testing.assert_allclose(many.head_m, alone.head_m, atol=1e-6, rtol=0)
        np.testing.assert_allclose(many.demand_m3s, alone.demand_m3s, atol=1e-7, rtol=0)
        np.testing.assert_allclose(many.flow_m3s, alone.flow_m3s, atol=1e-7, rtol=0)
        assert (many.status == alone.status).all()
        assert many.report.unsupplied == alone.report.unsupplied
        assert many.report.negative_pressure == alone.report.negative_pressure


def test_each_case_is_what_simulate_says() -> None:
    net = pumped_tank()
    cases: list[list[Change]] = [[], [CloseLink("P")], [SetStatus("P", 0.9)], [ScaleDemand(2.0)]]
    for number, many in simulate_many(net, cases, hours=48):
        alone = simulate(net, changes=cases[number], hours=48)
        np.testing.assert_allclose(many.head_m, alone.head_m, atol=1e-6, rtol=0)
        np.testing.assert_allclose(many.demand_m3s, alone.demand_m3s, atol=1e-8, rtol=0)
        assert (many.times_s == alone.times_s).all()
        assert (many.status == alone.status).all()
        assert many.report.unsupplied == alone.report.unsupplied


def test_unknown_ids_are_named_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="link nowhere"):
        solve_many(loop(), [[], [CloseLink("nowhere")]])
    with pytest.raises(ValueError, match="node nowhere"):
        simulate_many(loop(), [[LoseSource("nowhere")]])
    with pytest.raises(ValueError, match="only pipes break"):
        simulate_many(pumped_tank(), [[BreakPipe("P")]])


def test_no_cases_give_no_results() -> None:
    assert list(solve_many(loop(), [])) == []
    assert list(simulate_many(loop(), iter(()))) == []


def test_endless_cases_are_taken_as_needed() -> None:
    def endless() -> Iterator[list[Change]]:
        for i in count(1):
            yield [ScaleDemand(1.0 / i)]

    first = list(islice(solve_many(loop(), endless()), 5))
    assert [number for number, _ in first] == [0, 1, 2, 3, 4]
    assert first[3][1].demand_m3s[1] == pytest.approx(0.0025)


def test_progress_counts_cases() -> None:
    seen: list[int] = []
    list(solve_many(loop(), CASES, progress=seen.append))
    assert seen[-1] == len(CASES)
    assert seen == sorted(seen)


def test_a_case_that_runs_away_does_not_stop_the_others() -> None:
    cases: list[list[Change]] = [[], [ScaleDemand(1e200)], [CloseLink("2")]]
    found = [solution for _, solution in solve_many(loop(), cases)]
    assert not found[1].report.converged
    assert np.isnan(found[1].head_m).all()
    assert found[1].report.warnings
    for number in (0, 2):
        assert found[number].report.converged
        alone = solve(loop(), changes=cases[number])
        np.testing.assert_allclose(found[number].head_m, alone.head_m, atol=1e-6, rtol=0)
