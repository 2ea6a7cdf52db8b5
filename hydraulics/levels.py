"""The columns of L sorted by their height in the elimination tree and by their number of entries.

Any order in which a column comes before its parent gives the same factor. In this one columns that
lie side by side do not wait for each other, and most of them stand in long runs with one, two or
three entries, for which the factorisation has straight code (`hydraulics.linear`).
"""

from __future__ import annotations

import numpy as np

from hydraulics.compiled import kernel
from hydraulics.types import I64, U32


def by_levels(first: I64, row: U32) -> tuple[I64, U32, U32, U32]:
    """Which column comes where, and the pattern in that order.

    Returns `chosen` (new column j is old column chosen[j]), `first`, `row` and `runs`: columns
    runs[i] .. runs[i + 1] - 1 have equally many entries.
    """
    size = len(first) - 1
    counts: I64 = first[1:] - first[:-1]
    chosen = np.lexsort((counts, _heights(first, row)))
    position = np.empty(size, dtype=np.int64)
    position[chosen] = np.arange(size)
    counts = counts[chosen]
    begin = np.zeros(size + 1, dtype=np.int64)
    begin[1:] = np.cumsum(counts)
    entry = np.repeat(first[:-1][chosen] - begin[:-1], counts)
    entry += np.arange(len(row))
    runs = np.unique(np.concatenate(([0], np.flatnonzero(np.diff(counts)) + 1, [size])))
    moved = position[row[entry].astype(np.int64)]
    return chosen, begin.astype(np.uint32), moved.astype(np.uint32), runs.astype(np.uint32)


@kernel
def _heights(first: I64, row: U32) -> I64:
    """Longest way down to a leaf of the elimination tree; a column's parent is its first row."""
    height = np.zeros(len(first) - 1, dtype=np.int64)
    for j in range(len(height)):
        if first[j + 1] > first[j]:
            parent = row[first[j]]
            height[parent] = max(height[parent], height[j] + 1)
    return height
