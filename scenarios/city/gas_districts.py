"""Low-pressure gas districts: the cells between trunk mains, each behind one regulator."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np

from scenarios.city.graph import F64, I64, components, nearest_root
from scenarios.city.people import People
from scenarios.city.plan import CityPlan
from scenarios.city.streets import MAIN, TRUNK, Streets


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A tree of low-pressure pipes: its intersections `node` (k,), the root first.

    `previous` (k,) and `distance` (k,) are the tree of shortest ways from the root; `feeder` is
    the intersection of the medium main beside the root; `people` are all of the cell.
    """

    feeder: int
    node: I64
    previous: I64
    distance: F64
    people: int


def find_districts(
    plan: CityPlan, streets: Streets, people: People, medium: Container[int]
) -> tuple[District, ...]:
    """The districts of a city; cells without a way to a medium main (`medium`) have none."""
    down = (streets.row - plan.first_trunk) // plan.trunk_every
    right = (streets.col - plan.first_trunk) // plan.trunk_every
    cell = np.where(streets.rank == TRUNK, -1, (down + 1) * 100_000 + right + 1)
    a, b = streets.a, streets.b
    low = (
        (streets.kind == MAIN) & (cell[a] == cell[b]) & (cell[a] >= 0)
    )  # pipes inside one cell, under its main streets
    label = components(streets.count, a[low], b[low])
    entry = (streets.kind == MAIN) & ((cell[a] < 0) != (cell[b] < 0))
    outer = np.where(cell[a] < 0, a, b)[entry].tolist()
    inner = np.where(cell[a] < 0, b, a)[entry].tolist()
    roots: dict[int, tuple[int, int]] = {}
    for feeder, root in zip(outer, inner, strict=True):
        if feeder in medium:
            roots.setdefault(int(label[root]), (feeder, root))
    # one district a cell: the largest of its pieces
    size = np.bincount(label)
    best: dict[int, tuple[int, int, int]] = {}
    for part, (feeder, root) in roots.items():
        known = best.get(int(cell[root]))
        if known is None or size[part] > size[known[0]]:
            best[int(cell[root])] = (part, feeder, root)
    if not best:
        return ()
    start = np.array([root for _, _, root in best.values()], dtype=np.int64)
    distance, previous, which = nearest_root(
        streets.count, a[low], b[low], streets.length[low], start
    )
    inhabitants = dict(zip(*_sums(cell, people.people), strict=True))
    return tuple(
        _district(feeder, np.flatnonzero(which == number), distance, previous, inhabitants[name])
        for number, (name, (_, feeder, _)) in enumerate(best.items())
    )


def _sums(cell: I64, value: I64) -> tuple[list[int], list[int]]:
    names, member = np.unique(cell, return_inverse=True)
    return names.tolist(), np.bincount(member, weights=value).astype(np.int64).tolist()


def _district(feeder: int, own: I64, distance: F64, previous: I64, people: int) -> District:
    order = own[np.argsort(distance[own], kind="stable")]
    number = {int(node): i for i, node in enumerate(order)}
    return District(
        feeder=feeder,
        node=order,
        previous=np.array([number.get(int(previous[n]), -1) for n in order], dtype=np.int64),
        distance=distance[order],
        people=people,
    )
