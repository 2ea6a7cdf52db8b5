"""Where zones touch: the few streets with a pipe across a zone's edge; the others have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.city.graph import I64, Bool
from scenarios.city.streets import Streets
from scenarios.city.zones import HIGH, METERED, REDUCED


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Street section `edge` carries the supply of `zone` from `outer` to `inner`."""

    zone: int
    edge: int
    outer: int
    inner: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """`piped` (e,): sections with a plain water pipe; the rest by zone kind."""

    piped: Bool
    boosters: tuple[Crossing, ...]
    reducers: tuple[Crossing, ...]
    meters: tuple[Crossing, ...]


def find_crossings(streets: Streets) -> Crossings:
    """One booster a high zone, one reducing valve a reduced zone, two meters a metered area."""
    zone, kind = streets.zones.zone, streets.zones.kind
    za, zb = zone[streets.a], zone[streets.b]
    inside = za == zb
    piped = inside.copy()
    boosters: list[Crossing] = []
    reducers: list[Crossing] = []
    meters: list[Crossing] = []
    low = int(np.flatnonzero(kind == 0)[0])
    border = np.flatnonzero((za != zb) & ((za == low) | (zb == low)))
    inner_zone = np.where(za[border] == low, zb[border], za[border])
    order = np.lexsort((border, inner_zone))
    starts = np.searchsorted(inner_zone[order], np.arange(len(kind)), side="left")
    ends = np.searchsorted(inner_zone[order], np.arange(len(kind)), side="right")
    for number in range(len(kind)):
        candidates = border[order[starts[number] : ends[number]]]
        if number == low or not len(candidates):
            continue
        best = _best(streets, candidates, low)
        if kind[number] == HIGH:
            boosters.append(_crossing(streets, number, best, low))
        elif kind[number] == REDUCED:
            reducers.append(_crossing(streets, number, best, low))
        elif kind[number] == METERED:
            for edge in dict.fromkeys((best, _farthest(streets, candidates, best))):
                meters.append(_crossing(streets, number, edge, low))
                piped[edge] = True
    return Crossings(
        piped=piped, boosters=tuple(boosters), reducers=tuple(reducers), meters=tuple(meters)
    )


def _best(streets: Streets, candidates: I64, low: int) -> int:
    """The largest street from a large street; the first of equals."""
    outer = np.where(
        streets.zones.zone[streets.a[candidates]] == low,
        streets.a[candidates],
        streets.b[candidates],
    )
    score = 4 * np.minimum(streets.rank[outer], 2) + streets.kind[candidates]
    return int(candidates[int(np.argmax(score))])


def _farthest(streets: Streets, candidates: I64, best: int) -> int:
    """The best street among those farthest from the first inlet."""
    mains = candidates[streets.kind[candidates] > 0]
    pool = mains if len(mains) > 1 else candidates
    middle_x = 0.5 * (streets.x[streets.a[pool]] + streets.x[streets.b[pool]])
    middle_y = 0.5 * (streets.y[streets.a[pool]] + streets.y[streets.b[pool]])
    x = 0.5 * (streets.x[streets.a[best]] + streets.x[streets.b[best]])
    y = 0.5 * (streets.y[streets.a[best]] + streets.y[streets.b[best]])
    return int(pool[int(np.argmax(np.round(np.hypot(middle_x - x, middle_y - y), 2)))])


def _crossing(streets: Streets, zone: int, edge: int, low: int) -> Crossing:
    a, b = int(streets.a[edge]), int(streets.b[edge])
    outer, inner = (a, b) if streets.zones.zone[a] == low else (b, a)
    return Crossing(zone=zone, edge=edge, outer=outer, inner=inner)
