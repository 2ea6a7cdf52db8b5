"""The static factorisation: right answers, and one small case for each thing that can go wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydraulics.linear import factorise, substitute
from hydraulics.ordering import analyse
from hydraulics.types import F64, I64


def solve(dense: F64, right: F64) -> tuple[int, F64]:
    """Solve with the pattern of `dense`; (-1 or singular row, solution in the given order)."""
    size = len(dense)
    one, other = np.nonzero(np.tril(dense, -1))
    pattern = analyse(size, one.astype(np.int64), other.astype(np.int64))
    order = pattern.order.astype(np.int64)
    position = np.empty(size, dtype=np.int64)
    position[order] = np.arange(size)
    diagonal = dense[order, order].astype(float)
    lower = np.zeros(len(pattern.row) + 1)
    lower[pattern.places(position[one], position[other])] = dense[one, other]
    answer = right[order].astype(float)
    p = pattern
    singular = factorise(p.first, p.target, p.row, p.runs, diagonal, lower, answer)
    if singular < 0:
        substitute(p.first, p.row, p.runs, lower, answer)
    out = np.empty(size)
    out[order] = answer
    return (int(order[singular]) if singular >= 0 else -1), out


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 25), seed=st.integers(0, 10_000))
def test_random_laplacians(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    dense = np.zeros((size, size))
    for _ in range(2 * size):
        i, j = random.integers(0, size, 2)
        if i != j:
            w = 10.0 ** random.uniform(-3, 3)
            dense[i, j] -= w
            dense[j, i] -= w
            dense[i, i] += w
            dense[j, j] += w
    dense[np.diag_indices(size)] += 0.1
    right = random.normal(size=size)
    singular, answer = solve(dense, right)
    assert singular == -1
    np.testing.assert_allclose(dense @ answer, right, atol=1e-7 * np.abs(dense).max())


def test_no_unknowns() -> None:
    none: I64 = np.zeros(0, dtype=np.int64)
    assert len(analyse(0, none, none).order) == 0


def test_one_unknown() -> None:
    singular, answer = solve(np.array([[4.0]]), np.array([2.0]))
    assert singular == -1
    assert answer[0] == 0.5


def test_parallel_links_share_a_place() -> None:
    pattern = analyse(2, np.array([0, 1, 0]), np.array([1, 0, 1]))
    assert len(pattern.row) == 1


def test_a_link_to_itself_has_no_place() -> None:
    pattern = analyse(2, np.array([0, 1]), np.array([0, 0]))
    assert len(pattern.row) == 1


def test_fill_in_is_foreseen() -> None:
    """A ring of four makes one entry that the matrix does not have."""
    pattern = analyse(4, np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0]))
    assert len(pattern.row) == 5


def test_two_parts_without_connection() -> None:
    dense = np.array([[2.0, -1.0, 0, 0], [-1.0, 2.0, 0, 0], [0, 0, 3.0, -1.0], [0, 0, -1.0, 3.0]])
    singular, answer = solve(dense, np.ones(4))
    assert singular == -1
    np.testing.assert_allclose(dense @ answer, 1.0)


def test_singular_matrix_names_a_row() -> None:
    singular, _ = solve(np.array([[1.0, -1.0], [-1.0, 1.0]]), np.ones(2))
    assert singular in (0, 1)


def test_negative_diagonal_is_refused() -> None:
    assert solve(np.array([[-1.0]]), np.ones(1))[0] == 0


def test_not_a_number_is_refused() -> None:
    assert solve(np.array([[np.nan]]), np.ones(1))[0] == 0


def test_very_different_sizes() -> None:
    dense = np.array([[1e8 + 1e-8, -1e-8], [-1e-8, 2e-8]])
    singular, answer = solve(dense, np.array([1e8, 1e-8]))
    assert singular == -1
    assert answer[0] == pytest.approx(1.0, rel=1e-12)
    assert answer[1] == pytest.approx(1.0, rel=1e-9)
