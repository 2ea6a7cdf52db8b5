"""A network's graph compiled once: the order of elimination, places in the factor, neighbours.

The same for every medium: what flows and by which law is told by the arrays of a solve
(`hydraulics.graph.step`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.ordering import analyse
from hydraulics.types import F64, I64, U32


class Structure(NamedTuple):
    """Nodes in rows, links in slots; kernels know nothing else. Arrays only: numba takes it.

    `node` (N,) is the node of each row in the caller's order, `row_of` its inverse; the first
    `free` rows are those that may be unknown. `link` (L,) is the link of each slot, `slot_of` its
    inverse; slots are sorted so that neighbours in memory are neighbours in the factor. `start`,
    `end` (L,) are rows, `place` (L,) where a link's entry stands in `lower`; links at a row that is
    never free share the place behind the last. `first`, `row`, `target`, `runs` are those of
    `hydraulics.ordering.Pattern`. `near_link` from near_first[r] to
    near_first[r + 1] are the slots at row r, `near_row` what lies at their other ends.
    """

    node: I64
    row_of: I64
    link: I64
    slot_of: I64
    start: U32
    end: U32
    place: U32
    first: U32
    row: U32
    target: U32
    runs: U32
    near_first: U32
    near_link: U32
    near_row: U32

    @property
    def free(self) -> int:
        """How many rows may be unknown."""
        return len(self.first) - 1

    @property
    def entries(self) -> int:
        """The length of `lower`: the factor's entries and the place that nobody reads."""
        return len(self.row) + 1


def compile_structure(start: I64, end: I64, free: np.ndarray) -> Structure:
    """The structure of a graph of `len(free)` nodes with links from `start` to `end` (L,).

    `free` (N,) bool tells the nodes whose potential may ever be unknown; a node that is held now
    and then is free here and marked in `held` of a solve. Links may be parallel or loops.
    """
    count = len(free)
    start, end = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
    unknown = np.flatnonzero(free)
    number = np.full(count, -1, dtype=np.int64)
    number[unknown] = np.arange(len(unknown))
    inner = (number[start] >= 0) & (number[end] >= 0) & (start != end)
    pattern = analyse(len(unknown), number[start[inner]], number[end[inner]])
    node = np.concatenate((unknown[pattern.order.astype(np.int64)], np.flatnonzero(~free)))
    row_of = np.empty(count, dtype=np.int64)
    row_of[node] = np.arange(count)
    link = np.argsort(np.minimum(row_of[start], row_of[end]), kind="stable")
    slot_of = np.empty(len(link), dtype=np.int64)
    slot_of[link] = np.arange(len(link))
    a, b = row_of[start[link]], row_of[end[link]]
    place = np.full(len(link), len(pattern.row), dtype=np.int64)
    stored = inner[link]
    place[stored] = pattern.places(a[stored], b[stored])
    near_first, near_link, near_row = adjacency(count, a, b)
    return Structure(
        node=node,
        row_of=row_of,
        link=link,
        slot_of=slot_of,
        start=a.astype(np.uint32),
        end=b.astype(np.uint32),
        place=place.astype(np.uint32),
        first=pattern.first,
        row=pattern.row,
        target=pattern.target,
        runs=pattern.runs,
        near_first=near_first,
        near_link=near_link,
        near_row=near_row,
    )


def adjacency(nodes: int, start: I64, end: I64) -> tuple[U32, U32, U32]:
    """First places (nodes + 1,), and the links and other ends that stand there."""
    both = np.concatenate((start, end))
    order = np.argsort(both, kind="stable")
    first = np.zeros(nodes + 1, dtype=np.uint32)
    first[1:] = np.cumsum(np.bincount(both, minlength=nodes))
    other = np.concatenate((end, start))[order].astype(np.uint32)
    return first, (order % max(len(start), 1)).astype(np.uint32), other


class System(NamedTuple):
    """The work arrays of Newton's step: diagonal and right side by row (N,), `lower` (entries,)."""

    diagonal: F64
    right: F64
    lower: F64


def new_system(structure: Structure) -> System:
    """Work arrays of one solve."""
    count = len(structure.node)
    return System(np.zeros(count), np.zeros(count), np.zeros(structure.entries))
