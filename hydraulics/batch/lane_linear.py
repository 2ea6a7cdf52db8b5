"""The linear systems of all lanes at once: A = L D L^T and its solution, as `hydraulics.linear`."""

from __future__ import annotations

import numpy as np

from hydraulics.batch.vector import WIDTH, all_positive, load, or_one, same, store
from hydraulics.compiled import inner_kernel
from hydraulics.types import F64, I64, U32


@inner_kernel
def factorise_lanes(
    first: U32, target: U32, row: U32, diagonal: F64, lower: F64, right: F64, singular: I64
) -> None:
    """Overwrite `lower` with L and `right` (N, WIDTH) with the solution of L D z = right.

    `singular` (WIDTH,) gets -1, or the row that is not positive in a lane; the others go on.
    """
    singular[:] = -1
    one = same(1.0)
    at = np.uint32(0)
    for j in range(len(first) - 1):
        pivot = load(diagonal, j)
        if not all_positive(pivot):
            for lane in range(WIDTH):
                if not diagonal[j, lane] > 0.0 and singular[lane] < 0:
                    singular[lane] = j
            pivot = or_one(pivot)
        inverse = one / pivot
        x = load(right, j)
        store(right, j, x * inverse)
        begin = first[j]
        end = first[j + 1]
        for a in range(begin, end):
            raw = load(lower, a)
            scaled = raw * inverse
            r = row[a]
            store(diagonal, r, load(diagonal, r) - scaled * raw)
            store(right, r, load(right, r) - scaled * x)
            for b in range(a + np.uint32(1), end):
                t = target[at]
                store(lower, t, load(lower, t) - scaled * load(lower, b))
                at += np.uint32(1)
            store(lower, a, scaled)


@inner_kernel
def substitute_lanes(first: U32, row: U32, lower: F64, right: F64, head: F64) -> None:
    """The solution `head` (N, WIDTH) of L^T h = z, which `factorise_lanes` left in `right`.

    `lower` is all 0 after it, while its rows are at hand: the next systems are added up there.
    """
    zero = same(0.0)
    for j in range(len(first) - 2, -1, -1):
        x = load(right, j)
        for a in range(first[j], first[j + 1]):
            x = x - load(lower, a) * load(head, row[a])
            store(lower, a, zero)
        store(head, j, x)
