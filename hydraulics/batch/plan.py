"""What all cases of a network share beside its tables: who is solved how, and a tree of supply."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.tables import CHECK_VALVE, CLOSED, PIPE, PUMP, Tables
from hydraulics.types import F64, I64, U8, U32


class Plan(NamedTuple):
    """Links by treatment (rows of links unless said otherwise) and a tree of supply.

    The tree spans all nodes that any links join to a source, open or not. A node is supplied if
    its way down the tree is open; only where a tree link is shut others are searched.
    """

    link: U32  # pipes and check valves, solved in vectors, by their place in the matrix
    start: U32
    end: U32
    place: U32
    resistance: F64
    minor: F64
    devices: U32  # pumps and valves, solved lane by lane
    beside: U32  # links that touch a source
    fickle: U32  # links whose status something other than a hand may change
    is_fickle: U8  # (L,)
    watched: U32  # of them, those in the tree
    emitters: U32  # nodes with an emitter in the file
    child: I64  # (L,) the node a tree link leads to, -1 of other links
    enter: I64  # (N,) numbers of nodes on a walk through the tree ...
    leave: I64  # ... and the first number after all nodes beyond
    orphans: U32  # nodes that no link joins to a source


def plan_of(arrays: NetworkArrays) -> Plan:
    """The plan of a compiled network."""
    tables, junctions = arrays.tables, arrays.junctions
    links = tables.links
    kinds = links["kind"]
    touching = (links["start"] >= junctions) | (links["end"] >= junctions)
    fickle = (kinds != PIPE) | touching | (links["status"] <= CLOSED)
    fickle[tables.controls["link"]] = True
    net = arrays.network
    for rule in net.rules:
        for action in (*rule.then, *rule.otherwise):
            fickle[arrays.link_index[action.link]] = True
    pipes = np.flatnonzero((kinds == PIPE) | (kinds == CHECK_VALVE))
    pipes = pipes[np.argsort(links["place"][pipes], kind="stable")]
    parent, child, orphans = _tree(tables, junctions, fickle)
    enter, leave = _walk(parent)
    return Plan(
        link=pipes.astype(np.uint32),
        start=links["start"][pipes].copy(),
        end=links["end"][pipes].copy(),
        place=links["place"][pipes].copy(),
        resistance=links["resistance"][pipes].copy(),
        minor=links["minor"][pipes].copy(),
        devices=np.flatnonzero(kinds >= PUMP).astype(np.uint32),
        beside=np.flatnonzero(touching).astype(np.uint32),
        fickle=np.flatnonzero(fickle).astype(np.uint32),
        is_fickle=fickle.astype(np.uint8),
        watched=np.flatnonzero(fickle & (child >= 0)).astype(np.uint32),
        emitters=np.flatnonzero(tables.nodes["emitter"] > 0.0).astype(np.uint32),
        child=child,
        enter=enter,
        leave=leave,
        orphans=orphans.astype(np.uint32),
    )


def _tree(tables: Tables, junctions: int, fickle: np.ndarray) -> tuple[I64, I64, I64]:
    """Parent of each node (-1 sources and orphans), child of each link, orphans.

    Breadth first from all sources, over steadfast links as far as they lead and over fickle ones
    only to what they alone reach, so that few tree links have to be watched.
    """
    nodes = len(tables.nodes)
    links = tables.links
    starts, ends = links["start"].tolist(), links["end"].tolist()
    shaky = fickle.tolist()
    first, near = tables.near_first.tolist(), tables.near_link.tolist()
    parent = np.full(nodes, -1, dtype=np.int64)
    child = np.full(len(links), -1, dtype=np.int64)
    seen = np.zeros(nodes, dtype=bool)
    seen[junctions:] = True
    queue = list(range(junctions, nodes))
    later: list[tuple[int, int]] = []
    at = late = 0
    while at < len(queue) or late < len(later):
        if at < len(queue):
            n = queue[at]
            at += 1
            for k in near[first[n] : first[n + 1]]:
                other = ends[k] if starts[k] == n else starts[k]
                if seen[other]:
                    continue
                if shaky[k]:
                    later.append((n, k))
                    continue
                seen[other] = True
                parent[other], child[k] = n, other
                queue.append(other)
        else:
            n, k = later[late]
            late += 1
            other = ends[k] if starts[k] == n else starts[k]
            if not seen[other]:
                seen[other] = True
                parent[other], child[k] = n, other
                queue.append(other)
    return parent, child, np.flatnonzero(~seen)


def _walk(parent: I64) -> tuple[I64, I64]:
    below: list[list[int]] = [[] for _ in range(len(parent))]
    roots: list[int] = []
    for n, p in enumerate(parent.tolist()):
        (roots if p < 0 else below[p]).append(n)
    enter = np.zeros(len(parent), dtype=np.int64)
    leave = np.zeros(len(parent), dtype=np.int64)
    number = 0
    stack = [(n, False) for n in reversed(roots)]
    while stack:
        n, done = stack.pop()
        if done:
            leave[n] = number
            continue
        enter[n] = number
        number += 1
        stack.append((n, True))
        stack.extend((m, False) for m in below[n])
    return enter, leave
