"""Symmetric positive definite systems of one pattern, factorised many times: A = L D L^T.

The order of elimination and the places of L's entries are found once (`hydraulics.ordering`); the
list of update targets makes the numeric factorisation a straight walk through memory.
"""

from __future__ import annotations

import numpy as np

from hydraulics.compiled import kernel
from hydraulics.types import F64, U32


@kernel
def factorise(first: U32, target: U32, row: U32, diagonal: F64, lower: F64) -> int:
    """Overwrite `diagonal` and `lower` with D and L; -1, or the row that is not positive."""
    at = np.uint32(0)
    for j in range(len(first) - 1):
        pivot = diagonal[j]
        if not pivot > 0.0:
            return j
        inverse = 1.0 / pivot
        begin = first[j]
        end = first[j + 1]
        for a in range(begin, end):
            raw = lower[a]
            scaled = raw * inverse
            diagonal[row[a]] -= scaled * raw
            for b in range(a + np.uint32(1), end):
                lower[target[at]] -= scaled * lower[b]
                at += np.uint32(1)
            lower[a] = scaled
    return -1


@kernel
def substitute(first: U32, row: U32, diagonal: F64, lower: F64, right: F64) -> None:
    """Overwrite the right-hand side with the solution."""
    size = len(first) - 1
    for j in range(size):
        x = right[j]
        for a in range(first[j], first[j + 1]):
            right[row[a]] -= lower[a] * x
    for j in range(size - 1, -1, -1):
        x = right[j] / diagonal[j]
        for a in range(first[j], first[j + 1]):
            x -= lower[a] * right[row[a]]
        right[j] = x
