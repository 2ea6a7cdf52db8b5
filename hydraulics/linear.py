"""Symmetric positive definite systems of one pattern, factorised many times: A = L D L^T.

The order of elimination and the places of L's entries are found once (`hydraulics.ordering`); the
list of update targets makes the numeric factorisation a straight walk through memory.
"""

from __future__ import annotations

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.types import F64, U32


@lean_kernel
def factorise(
    first: U32, target: U32, row: U32, runs: U32, diagonal: F64, lower: F64, right: F64
) -> int:
    """Overwrite `lower` with L and `right` with the solution of L D z = right.

    Returns -1, or the row that is not positive.
    """
    one, two, three = np.uint32(1), np.uint32(2), np.uint32(3)
    at = np.uint32(0)
    a = np.uint32(0)
    for i in range(len(runs) - 1):
        begin, end = runs[i], runs[i + 1]
        count = first[begin + one] - first[begin]
        for j in range(begin, end):
            pivot = diagonal[j]
            if not pivot > 0.0:
                return int(np.int64(j))
            inverse = 1.0 / pivot
            x = right[j]
            right[j] = x * inverse
            if count == 1:
                raw = lower[a]
                scaled = raw * inverse
                n = row[a]
                diagonal[n] -= scaled * raw
                right[n] -= scaled * x
                lower[a] = scaled
                a += one
            elif count == 2:
                raw0, raw1 = lower[a], lower[a + one]
                scaled0, scaled1 = raw0 * inverse, raw1 * inverse
                n0, n1 = row[a], row[a + one]
                diagonal[n0] -= scaled0 * raw0
                diagonal[n1] -= scaled1 * raw1
                lower[target[at]] -= scaled0 * raw1
                right[n0] -= scaled0 * x
                right[n1] -= scaled1 * x
                lower[a] = scaled0
                lower[a + one] = scaled1
                a += two
                at += one
            elif count == 3:
                raw0, raw1, raw2 = lower[a], lower[a + one], lower[a + two]
                scaled0, scaled1, scaled2 = raw0 * inverse, raw1 * inverse, raw2 * inverse
                n0, n1, n2 = row[a], row[a + one], row[a + two]
                diagonal[n0] -= scaled0 * raw0
                diagonal[n1] -= scaled1 * raw1
                diagonal[n2] -= scaled2 * raw2
                lower[target[at]] -= scaled0 * raw1
                lower[target[at + one]] -= scaled0 * raw2
                lower[target[at + two]] -= scaled1 * raw2
                right[n0] -= scaled0 * x
                right[n1] -= scaled1 * x
                right[n2] -= scaled2 * x
                lower[a] = scaled0
                lower[a + one] = scaled1
                lower[a + two] = scaled2
                a += three
                at += three
            else:
                stop = a + count
                while a < stop:
                    raw = lower[a]
                    scaled = raw * inverse
                    n = row[a]
                    diagonal[n] -= scaled * raw
                    right[n] -= scaled * x
                    b = a + one
                    while b < stop:
                        lower[target[at]] -= scaled * lower[b]
                        at += one
                        b += one
                    lower[a] = scaled
                    a += one
    return -1


@lean_kernel
def substitute(first: U32, row: U32, runs: U32, lower: F64, right: F64) -> None:
    """Overwrite z, which `factorise` left in `right`, with the solution of L^T h = z."""
    one, two = np.uint32(1), np.uint32(2)
    for i in range(len(runs) - 2, -1, -1):
        begin, end = runs[i], runs[i + 1]
        count = first[begin + one] - first[begin]
        for back in range(np.uint32(0), end - begin):
            j = end - one - back
            a = first[j]
            if count == 1:
                right[j] -= lower[a] * right[row[a]]
            elif count == 2:
                right[j] -= lower[a] * right[row[a]] + lower[a + one] * right[row[a + one]]
            elif count == 3:
                x = lower[a] * right[row[a]] + lower[a + one] * right[row[a + one]]
                right[j] -= x + lower[a + two] * right[row[a + two]]
            else:
                x = right[j]
                for b in range(a, first[j + one]):
                    x -= lower[b] * right[row[b]]
                right[j] = x
