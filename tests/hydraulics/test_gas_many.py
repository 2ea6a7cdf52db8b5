"""Many gas cases: each has the bits it has alone."""

from __future__ import annotations

import numpy as np
import pytest
from gas_small import gas_network, pipe, regulator, source, user

from hydraulics import simulate_many, solve, solve_many
from network_models.changes import Change, CloseLink, LoseSource, ScaleDemand
from network_models.network import Network


def ladder() -> Network:
    nodes = [source("S", 3e5), source("T", 3e5), user("R1-OUT", level="low")]
    links = [regulator("R1", "N3", "R1-OUT", 2500.0), pipe("low", "R1-OUT", "N8", 100.0, 0.2)]
    nodes += [user(f"N{i}", 0.01) for i in range(8)]
    nodes.append(user("N8", 0.01))
    links += [pipe(f"p{i}", f"N{i}", f"N{i + 1}", 500.0) for i in range(7)]
    links += [pipe("s", "S", "N0", 100.0), pipe("t", "T", "N7", 100.0), pipe("x", "N1", "N6")]
    return gas_network(nodes, links)


CASES: list[list[Change]] = [
    [],
    *([CloseLink(f"p{i}")] for i in range(7)),
    [LoseSource("S")],
    [LoseSource("T")],
    [LoseSource("S"), LoseSource("T")],
    [ScaleDemand(3.0)],
]


@pytest.mark.parametrize("threads", [1, 3])
def test_cases_are_what_they_are_alone(threads: int) -> None:
    net = ladder()
    found = dict(solve_many(net, CASES, threads=threads))
    assert list(found) == list(range(len(CASES)))
    for number, changes in enumerate(CASES):
        (_, alone), *_ = solve_many(net, [changes], threads=1)
        np.testing.assert_array_equal(found[number].pressure_pa, alone.pressure_pa)
        np.testing.assert_array_equal(found[number].flow_kgs, alone.flow_kgs)
        cold = solve(net, changes=changes)
        np.testing.assert_allclose(found[number].flow_kgs, cold.flow_kgs, atol=1e-8)
        assert found[number].report.unsupplied == cold.report.unsupplied
    assert len(found[10].report.unsupplied) == len(net.nodes)
    assert len(found[10].report.shortfalls) == 9


def test_runs_and_unknown_ids() -> None:
    net = ladder()
    runs = dict(simulate_many(net, [[], [LoseSource("S")]], hours=1, line_pack=True))
    assert runs[1].pressure_pa[-1, 3] < runs[0].pressure_pa[-1, 3]
    with pytest.raises(ValueError, match="link nope"):
        solve_many(net, [[CloseLink("nope")]])
