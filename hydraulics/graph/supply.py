"""Which rows a source reaches: one that none reaches has no potential and spoils no other."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.graph.structure import Structure
from hydraulics.types import U8, U32


@lean_kernel
def reach(structure: Structure, source: U8, conducts: U8, reached: U8, queue: U32) -> int:
    """Mark in `reached` (N,) the rows that a row of `source` (N,) reaches; how many there are.

    `conducts` (L,) tells by slot whether a link carries: 0 not at all, 1 both ways, 2 only from
    its start to its end, 3 only from its end to its start. `queue` (N,) is work space.
    """
    start, near_first = structure.start, structure.near_first
    near_link, near_row = structure.near_link, structure.near_row
    waiting = 0
    for r in range(len(source)):
        reached[r] = 1 if source[r] != 0 else 0
        if reached[r]:
            queue[waiting] = r
            waiting += 1
    at = 0
    while at < waiting:
        r = queue[at]
        at += 1
        for i in range(near_first[r], near_first[r + 1]):
            other = near_row[i]
            k = near_link[i]
            way = conducts[k]
            if reached[other] or way == 0:
                continue
            if (way == 2 and start[k] != r) or (way == 3 and start[k] == r):
                continue
            reached[other] = 1
            queue[waiting] = other
            waiting += 1
    return waiting
