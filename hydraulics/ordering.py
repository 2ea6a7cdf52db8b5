"""The order of elimination of a symmetric matrix, and where its factor L has entries.

Found once a network and used by every factorisation (`hydraulics.linear`). The work is that of the
size of L: the elimination tree (Liu 1986) gives the rows of L one after the other. The tree is
postordered and then sorted by `hydraulics.levels`, so that columns are done in long equal runs and
neighbours in a run are neighbours in the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_matrix
from scipy.sparse.linalg import spilu

from hydraulics.compiled import kernel
from hydraulics.levels import by_levels
from hydraulics.types import I64, U32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Where L has entries. Rows and columns are numbered in the order of elimination.

    `order` tells which original row each is. Column j's entries are first[j] .. first[j + 1] - 1
    with rows `row`, growing. `target` lists, in the order the factorisation makes them, the places
    of its updates.
    """

    order: U32
    first: U32
    row: U32
    target: U32
    runs: U32
    """Columns runs[i] .. runs[i + 1] - 1 have equally many entries (`hydraulics.levels`)."""

    def places(self, one: I64, other: I64) -> I64:
        """Where the entries (one[k], other[k]) off the diagonal are stored; KeyError without."""
        found: I64 = _find(self.first, self.row, one, other)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            raise KeyError((int(one[missing[0]]), int(other[missing[0]])))
        return found


def analyse(size: int, one: I64, other: I64) -> Pattern:
    """The pattern of a `size` x `size` matrix with off-diagonal entries (one[k], other[k])."""
    begin, near = neighbours(size, one, other)
    order = _minimum_degree(size, one, other)
    parent = elimination_tree(begin, near, order)
    post = postorder(parent)
    order = order[post]
    renumbered = np.empty(size + 1, dtype=np.int64)
    renumbered[post] = np.arange(size)
    renumbered[-1] = -1
    parent = renumbered[parent[post]]
    first, row = _columns(begin, near, order, parent)
    counts = np.diff(first)
    target = np.empty(int((counts * (counts - 1) // 2).sum()), dtype=np.uint32)
    chosen, begins, row, runs = by_levels(first, row)
    _targets(begins, row, target)
    return Pattern(
        order=order[chosen].astype(np.uint32), first=begins, row=row, target=target, runs=runs
    )


def _minimum_degree(size: int, one: I64, other: I64) -> I64:
    """SuperLU's minimum degree order of the graph; its numbers of entries are within 2 % of AMD.

    Asked of the incomplete factorisation, which finds the same order and then drops all it can:
    half the time of a full one. 265,000 junctions of a city take 0.4 s and 10 entries a junction.
    """
    if size == 0 or len(one) == 0:
        return np.arange(size, dtype=np.int64)
    keep = one != other
    rows = np.concatenate((one[keep], other[keep], np.arange(size)))
    cols = np.concatenate((other[keep], one[keep], np.arange(size)))
    graph = coo_array((np.ones(len(rows)), (rows, cols)), shape=(size, size)).tocsc()
    graph.data[:] = -1.0
    graph.setdiag(np.diff(graph.indptr).astype(np.float64))
    factor = spilu(
        csc_matrix(graph),
        drop_tol=1.0,
        fill_factor=1.0,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    order = np.empty(size, dtype=np.int64)
    order[factor.perm_c] = np.arange(size)
    return order


@kernel
def neighbours(size: int, one: I64, other: I64) -> tuple[I64, I64]:
    """The graph as first places (size + 1,) and neighbours; entries of the diagonal are left out.

    Two rows that share several entries are neighbours several times.
    """
    first = np.zeros(size + 1, dtype=np.int64)
    for k in range(len(one)):
        if one[k] != other[k]:
            first[one[k] + 1] += 1
            first[other[k] + 1] += 1
    for i in range(size):
        first[i + 1] += first[i]
    at = first[:-1].copy()
    near = np.empty(first[size], dtype=np.int64)
    for k in range(len(one)):
        i, j = one[k], other[k]
        if i != j:
            near[at[i]] = j
            at[i] += 1
            near[at[j]] = i
            at[j] += 1
    return first, near


@kernel
def elimination_tree(begin: I64, near: I64, order: I64) -> I64:
    """The parent of every column in elimination order: the first row of it in L; -1 at a root."""
    size = len(order)
    position = np.empty(size, dtype=np.int64)
    for i in range(size):
        position[order[i]] = i
    parent = np.full(size, -1, dtype=np.int64)
    shortcut = np.full(size, -1, dtype=np.int64)  # towards the root, as far as known
    for i in range(size):
        v = order[i]
        for p in range(begin[v], begin[v + 1]):
            j = position[near[p]]
            while 0 <= j < i:
                following = shortcut[j]
                shortcut[j] = i
                if following < 0:
                    parent[j] = i
                j = following
    return parent


@kernel
def postorder(parent: I64) -> I64:
    """The nodes of a forest so that each stands behind all of its subtree, which is one piece."""
    size = len(parent)
    child = np.full(size, -1, dtype=np.int64)
    sibling = np.full(size, -1, dtype=np.int64)
    for j in range(size - 1, -1, -1):
        if parent[j] >= 0:
            sibling[j] = child[parent[j]]
            child[parent[j]] = j
    order = np.empty(size, dtype=np.int64)
    at = 0
    for root in range(size):
        if parent[root] >= 0:
            continue
        j = root
        while j >= 0:
            while child[j] >= 0:  # down to the first leaf
                j = child[j]
            order[at] = j
            at += 1
            while j != root and sibling[j] < 0:  # up through those whose subtree is done
                j = parent[j]
                order[at] = j
                at += 1
            j = -1 if j == root else sibling[j]
    return order


@kernel
def _columns(begin: I64, near: I64, order: I64, parent: I64) -> tuple[I64, U32]:
    """First places and rows of L's columns. Row i has entries on the ways from its neighbours
    towards i in the tree; taking rows in turn leaves every column sorted."""
    size = len(order)
    position = np.empty(size, dtype=np.int64)
    for i in range(size):
        position[order[i]] = i
    first = np.zeros(size + 1, dtype=np.int64)
    seen = np.full(size, -1, dtype=np.int64)
    for i in range(size):
        seen[i] = i
        for p in range(begin[order[i]], begin[order[i] + 1]):
            j = position[near[p]]
            while j < i and seen[j] != i:
                seen[j] = i
                first[j + 1] += 1
                j = parent[j]
    for j in range(size):
        first[j + 1] += first[j]
    at = first[:-1].copy()
    row = np.empty(first[size], dtype=np.uint32)
    seen[:] = -1
    for i in range(size):
        seen[i] = i
        for p in range(begin[order[i]], begin[order[i] + 1]):
            j = position[near[p]]
            while j < i and seen[j] != i:
                seen[j] = i
                row[at[j]] = i
                at[j] += 1
                j = parent[j]
    return first, row


@kernel
def _targets(first: U32, row: U32, target: U32) -> None:
    """Fill the places of entry (row[b], row[a]) for all pairs a < b of each column."""
    at = 0
    for j in range(len(first) - 1):
        end = first[j + 1]
        for a in range(first[j], end):
            p = first[row[a]]
            for b in range(a + 1, end):
                while row[p] != row[b]:
                    p += 1
                target[at] = p
                at += 1


@kernel
def _find(first: U32, row: U32, one: I64, other: I64) -> I64:
    """Place of each entry by bisection of its column; -1 where there is none."""
    found = np.full(len(one), -1, dtype=np.int64)
    for k in range(len(one)):
        high, low = max(one[k], other[k]), min(one[k], other[k])
        begin, end = np.int64(first[low]), np.int64(first[low + 1])
        last = end
        while begin < end:
            middle = (begin + end) // 2
            if row[middle] < high:
                begin = middle + 1
            else:
                end = middle
        if begin < last and row[begin] == high:
            found[k] = begin
    return found
