"""The order of elimination: L's pattern against dense elimination, on graphs of every shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydraulics.ordering import Pattern, analyse, elimination_tree, neighbours, postorder
from hydraulics.types import I64

Edges = list[tuple[int, int]]


def ends(edges: Edges) -> tuple[I64, I64]:
    both = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def dense_pattern(size: int, edges: Edges, order: I64) -> list[list[int]]:
    """Rows of each column of L by eliminating a dense matrix of truth values."""
    filled = np.zeros((size, size), dtype=bool)
    for i, j in edges:
        filled[i, j] = filled[j, i] = i != j
    filled = filled[np.ix_(order, order)]
    columns = []
    for j in range(size):
        rows = np.flatnonzero(filled[:, j])
        rows = rows[rows > j]
        columns.append(rows.tolist())
        filled[np.ix_(rows, rows)] = True
        np.fill_diagonal(filled, val=False)
    return columns


def check(size: int, edges: Edges) -> Pattern:
    """Analyse a graph and compare all of its pattern with dense elimination."""
    pattern = analyse(size, *ends(edges))
    order = pattern.order.astype(np.int64)
    assert sorted(order.tolist()) == list(range(size))
    columns = dense_pattern(size, edges, order)
    assert [len(c) for c in columns] == np.diff(pattern.first).tolist()
    assert [i for c in columns for i in c] == pattern.row.tolist()
    pairs = [(c[a], c[b]) for c in columns for a in range(len(c)) for b in range(a + 1, len(c))]
    column = np.repeat(np.arange(size), np.diff(pattern.first))
    reached = [(int(column[p]), int(pattern.row[p])) for p in pattern.target]
    assert reached == pairs
    return pattern


def grid(side: int) -> Edges:
    at = np.arange(side * side).reshape(side, side)
    across = np.stack((at[:, :-1].ravel(), at[:, 1:].ravel()), axis=1)
    down = np.stack((at[:-1].ravel(), at[1:].ravel()), axis=1)
    return [(int(i), int(j)) for i, j in np.concatenate((across, down))]


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 30), density=st.floats(0.0, 3.0), seed=st.integers(0, 10_000))
def test_random_graphs(size: int, density: float, seed: int) -> None:
    """Also with islands, parallel links and links from a node to itself."""
    random = np.random.default_rng(seed)
    edges = random.integers(0, size, (int(density * size), 2))
    check(size, [(int(i), int(j)) for i, j in edges])


@pytest.mark.parametrize(
    ("size", "edges", "entries"),
    [
        (0, [], 0),
        (1, [], 0),
        (5, [], 0),
        (2, [(0, 1), (1, 0), (0, 1)], 1),
        (2, [(0, 1), (0, 0)], 1),
        (6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], 5),
        (6, [(3, 0), (3, 1), (3, 2), (3, 4), (3, 5)], 5),
        (6, [(0, 1), (1, 2), (3, 4), (4, 5)], 4),
        (4, [(0, 1), (1, 2), (2, 3), (3, 0)], 5),
        (4, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], 6),
    ],
    ids=["nothing", "one", "no-links", "parallel", "loop", "path", "star", "islands", "ring", "k4"],
)
def test_small_graphs(size: int, edges: Edges, entries: int) -> None:
    """Trees fill nothing in, a ring one entry."""
    assert len(check(size, edges).row) == entries


def test_grid() -> None:
    pattern = check(64, grid(8))
    assert len(pattern.row) < 350, "the order does not keep the factor sparse"


def test_places_are_those_of_the_entries() -> None:
    edges = grid(5)
    pattern = check(25, edges)
    position = np.empty(25, dtype=np.int64)
    position[pattern.order] = np.arange(25)
    one, other = (position[side] for side in ends(edges))
    places = pattern.places(one, other)
    column = np.repeat(np.arange(25), np.diff(pattern.first))
    assert column[places].tolist() == np.minimum(one, other).tolist()
    assert pattern.row[places].tolist() == np.maximum(one, other).tolist()


def test_a_place_that_is_not_there() -> None:
    pattern = analyse(3, *ends([(0, 1)]))
    position = np.empty(3, dtype=np.int64)
    position[pattern.order] = np.arange(3)
    with pytest.raises(KeyError):
        pattern.places(position[:1], position[2:])


def test_postorder_keeps_every_subtree_in_one_piece() -> None:
    parent = np.array([3, 5, 3, 6, 5, 6, -1, 8, -1], dtype=np.int64)
    order = postorder(parent)
    assert order.tolist() == [0, 2, 3, 1, 4, 5, 6, 7, 8]


def test_elimination_tree_of_a_path_eliminated_from_its_ends() -> None:
    begin, near = neighbours(5, *ends([(0, 1), (1, 2), (2, 3), (3, 4)]))
    parent = elimination_tree(begin, near, np.array([0, 4, 1, 3, 2], dtype=np.int64))
    assert parent.tolist() == [2, 3, 4, 4, -1]
