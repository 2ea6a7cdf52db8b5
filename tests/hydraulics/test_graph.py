"""The graph that all media share, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from hydraulics.graph.step import add_links, advance, begin, excess, move_flows
from hydraulics.graph.structure import compile_structure, new_system
from hydraulics.graph.supply import reach


@pytest.mark.parametrize("seed", range(4))
def test_one_step_of_linear_links_is_the_solution(seed: int) -> None:
    random = np.random.default_rng(seed)
    count, links = 30, 70
    start = np.concatenate((np.arange(count - 1), random.integers(0, count, links - count + 1)))
    end = np.concatenate((np.arange(1, count), random.integers(0, count, links - count + 1)))
    free = np.ones(count, dtype=bool)
    free[[0, 7]] = False
    s = compile_structure(start, end, free)
    conductance = random.uniform(0.5, 3.0, links)
    drawn = random.uniform(0.0, 1.0, count)
    held = (~free[s.node]).astype(np.uint8)
    held[s.row_of[15]] = 1  # held in this solve only
    potential = np.zeros(count)
    potential[s.row_of[[0, 7, 15]]] = 10.0, 8.0, 9.0
    system, flow = new_system(s), np.zeros(links)
    inverse = conductance[s.link]
    begin(s, system)
    system.right[:] -= drawn[s.node]
    add_links(s, held, potential, inverse, np.zeros(links), flow, system)
    assert advance(s, system) == -1
    move_flows(s, system, inverse, np.zeros(links), flow, 1.0)

    matrix, right = np.zeros((count, count)), -drawn.copy()
    for a, b, c in zip(start, end, conductance, strict=True):
        matrix[a, a] += c
        matrix[b, b] += c
        matrix[a, b] -= c
        matrix[b, a] -= c
    for node, value in ((0, 10.0), (7, 8.0), (15, 9.0)):
        matrix[node] = 0.0
        matrix[node, node] = 1.0
        right[node] = value
    expected = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(system.right[s.row_of], expected, rtol=1e-12)
    heads = expected[start] - expected[end]
    np.testing.assert_allclose(flow[s.slot_of], conductance * heads, atol=1e-11)
    for node in set(range(count)) - {0, 7, 15}:
        assert excess(s, flow, int(s.row_of[node])) == pytest.approx(drawn[node], abs=1e-10)


def test_sources_reach_along_links_that_carry() -> None:
    start, end = np.array([0, 1, 2, 3, 5]), np.array([1, 2, 3, 4, 4])
    s = compile_structure(start, end, np.array([False, True, True, True, True, True]))
    source = (s.node == 0).astype(np.uint8)
    reached, queue = np.zeros(6, dtype=np.uint8), np.zeros(6, dtype=np.uint32)

    def nodes(*conducts: int) -> list[int]:
        reach(s, source, np.array(conducts, dtype=np.uint8)[s.link], reached, queue)
        return sorted(s.node[reached == 1].tolist())

    assert nodes(1, 1, 1, 1, 1) == [0, 1, 2, 3, 4, 5]
    assert nodes(1, 2, 0, 1, 1) == [0, 1, 2]
    assert nodes(2, 3, 1, 1, 1) == [0, 1]
    assert nodes(1, 1, 1, 1, 2) == [0, 1, 2, 3, 4]
