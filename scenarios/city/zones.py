"""Pressure zones and metered areas: which intersections are supplied together.

Zone 0 is the low zone that the works feed. A hill above it makes a high zone of its own, and some
cells between trunk mains are metered areas (DMA), the lowest of them behind a reducing valve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.city.graph import F64, I64, Bool, components
from scenarios.city.plan import CityPlan
from scenarios.city.terrain import LOW_ZONE_TOP_M

LOW, HIGH, METERED, REDUCED = 0, 1, 2, 3
METERED_SHARE = 0.5
REDUCED_SHARE = 0.22
REDUCED_TOP_M = 33.0
"""Ground above this is too high to be put behind a reducing valve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """`zone` (n,) numbers each intersection's zone; `kind` (z,) says what each zone is."""

    zone: I64
    kind: I64

    def of_kind(self, kind: int) -> I64:
        """Zone numbers of a kind."""
        return np.flatnonzero(self.kind == kind)


def find_zones(
    plan: CityPlan,
    random: np.random.Generator,
    row: I64,
    col: I64,
    ground: F64,
    hill: I64,
    rank: I64,
    a: I64,
    b: I64,
) -> tuple[Zones, F64]:
    """Zones of the intersections; knolls too small for a zone are levelled in the elevations."""
    label, ground = _high_zones(plan, ground, hill, a, b)
    cell = _cells(plan, row, col, rank)
    label, reduced = _metered(random, label, cell, ground, rank)
    for _ in range(6):
        settled = _reachable(_whole(label, a, b), a, b)
        if (settled == label).all():
            break
        label = settled
    numbers = np.unique(label)
    zone = np.searchsorted(numbers, label).astype(np.int64)
    what = np.where(numbers == 0, LOW, np.where(numbers < _CELLS, HIGH, METERED))
    what[np.isin(numbers, reduced)] = REDUCED
    # a zone that took in high ground cannot be behind a reducing valve any more
    top = np.zeros(len(numbers))
    np.maximum.at(top, zone, ground)
    what[(what == REDUCED) & (top > REDUCED_TOP_M + 3.0)] = METERED
    # a corner of low ground inside a high zone is filled up: its pressure would be too high
    filled = np.maximum(ground, LOW_ZONE_TOP_M - 4.0)
    ground = np.where(what[zone] == HIGH, filled, np.minimum(ground, LOW_ZONE_TOP_M))
    return Zones(zone=zone, kind=what.astype(np.int64)), ground


_HILLS = 4096
_CELLS = 1 << 32
"""Labels from here on are cells."""


def _high_zones(plan: CityPlan, ground: F64, hill: I64, a: I64, b: I64) -> tuple[I64, F64]:
    """Label 0 below, a number from 1 on for each hill large enough.

    Hills that have grown together are told apart by the summit that is nearest, so that no high
    zone becomes wider than one pumping station and one tank can serve.
    """
    high = ground > LOW_ZONE_TOP_M
    inside = high[a] & high[b]
    part = components(len(ground), a[inside], b[inside])
    size = np.bincount(part, weights=high.astype(np.float64))
    least = max(4.0, 0.3e6 / plan.spacing_m**2)
    zone = high & (size[part] >= least)
    where = np.flatnonzero(zone)
    shares, piece, count = np.unique(
        part[where] * _HILLS + hill[where], return_inverse=True, return_counts=True
    )
    # a hill's small share of what has grown together stays with the largest share
    whole = shares // _HILLS
    order = np.lexsort((count, whole))
    _, owner = np.unique(whole[order][::-1], return_index=True)
    largest = order[::-1][owner][np.searchsorted(np.unique(whole), whole)]
    share = np.where(count >= 3.0 * least, np.arange(len(shares)), largest)
    label = np.zeros(len(ground), dtype=np.int64)
    label[where] = share[piece] + 1
    return label, np.where(high & ~zone, LOW_ZONE_TOP_M, ground)


def _cells(plan: CityPlan, row: I64, col: I64, rank: I64) -> I64:
    """A number for each cell between trunk mains; -1 on the trunk mains themselves."""
    down = (row - plan.first_trunk) // plan.trunk_every
    right = (col - plan.first_trunk) // plan.trunk_every
    return np.where(rank == 2, -1, (down + 1) * 100_000 + right + 1).astype(np.int64)


def _metered(
    random: np.random.Generator, label: I64, cell: I64, ground: F64, rank: I64
) -> tuple[I64, I64]:
    """Make some cells metered areas; also the labels of those behind a reducing valve."""
    free = (label == 0) & (cell >= 0)
    names, member, size = np.unique(cell[free], return_inverse=True, return_counts=True)
    mains = np.bincount(member, weights=(rank[free] == 1).astype(np.float64))
    sound = np.flatnonzero((size >= 0.6 * size.max(initial=1)) & (mains > 0))
    top = np.zeros(len(names))
    np.maximum.at(top, member, ground[free])
    by_height = sound[np.argsort(np.round(top[sound], 2), kind="stable")]
    most = max(1, round(REDUCED_SHARE * len(sound)))
    reduced = by_height[:most][top[by_height[:most]] <= REDUCED_TOP_M]
    lot = random.random(len(names))
    metered = sound[(lot[sound] < METERED_SHARE) | np.isin(sound, reduced)]
    chosen = np.isin(member, metered)
    where = np.flatnonzero(free)[chosen]
    out = label.copy()
    out[where] = _CELLS + names[member[chosen]]
    return out, _CELLS + names[reduced]


def _whole(label: I64, a: I64, b: I64) -> I64:
    """Give the fragments of a zone to a neighbour, until every zone is one piece."""
    label = label.copy()
    for _ in range(8):
        inside = label[a] == label[b]
        part = components(len(label), a[inside], b[inside])
        core = _cores(label, part)
        if core.all():
            return label
        # a fragment joins the neighbour of the lowest label that is a core
        best = np.full(int(part.max()) + 1, np.iinfo(np.int64).max)
        for here, there in ((a, b), (b, a)):
            touching = ~core[here] & core[there]
            np.minimum.at(best, part[here[touching]], label[there[touching]])
        joined = ~core & (best[part] < np.iinfo(np.int64).max)
        label[joined] = best[part[joined]]
    return label


def _cores(label: I64, part: I64) -> Bool:
    """Whether a node is in the largest piece of its zone."""
    size = np.bincount(part)[part]
    order = np.lexsort((part, -size, label))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = label[order][1:] != label[order][:-1]
    core_part = part[order[first]]
    return np.isin(part, core_part)


def _reachable(label: I64, a: I64, b: I64) -> I64:
    """Let every zone touch the low zone, which feeds it.

    A metered area in the way of a hill is given to the low zone; what touches neither (the city's
    edge may cut it off) goes to its neighbour.
    """
    label = label.copy()
    for _ in range(8):
        lost = ~np.isin(label, [0, *_beside(label, label == 0, a, b)])
        if not lost.any():
            break
        hill = lost & (label < _CELLS)
        in_the_way = [n for n in _beside(label, hill, a, b) if n >= _CELLS]
        if in_the_way:
            label[np.isin(label, in_the_way)] = 0
            continue
        for number in np.unique(label[lost]).tolist():
            label[label == number] = min(_beside(label, label == number, a, b), default=0)
    return label


def _beside(label: I64, inside: Bool, a: I64, b: I64) -> list[int]:
    """Labels that touch the nodes `inside` and are not theirs, in order."""
    found: set[int] = set()
    for here, there in ((a, b), (b, a)):
        touching = inside[here] & ~inside[there]
        found |= set(label[there[touching]].tolist())
    return sorted(found)
