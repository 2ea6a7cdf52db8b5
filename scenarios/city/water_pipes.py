"""The water pipes under the streets: where they lie, how wide and how rough they are."""

from __future__ import annotations

import numpy as np

from network_models.elements import Junction, Pipe
from scenarios.city.graph import F64, I64, nearest_root, upstream_sums
from scenarios.city.links import Crossings
from scenarios.city.streets import LANE, MAIN, TRUNK, Streets
from scenarios.city.works import Works

MAIN_DN = 300
LANE_DN = np.array([100, 150, 150, 200])
SIZES_MM = np.array([0, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1200, 1400])
DESIGN_SPEED_MS = np.where(SIZES_MM < MAIN_DN, 0.3, 0.65)
"""Speed of the mean flow each size is made for; the evening has 1.5 times as much."""
TRUNK_STEPS = ((900.0, 1000), (2600.0, 800), (np.inf, 600))
"""Diameter of a trunk main by its distance from the nearest works, m and mm."""
SMALL_TOWN_DN = {1000: 500, 800: 500, 600: 400}
SMALL_TOWN_M3H = 700.0


def numbered(letter: str, count: int) -> list[str]:
    """Ids such as J0001, wide enough for `count`."""
    width = max(4, len(str(count)))
    return [f"{letter}{i:0{width}d}" for i in range(1, count + 1)]


def diameters_mm(
    streets: Streets,
    crossings: Crossings,
    works: tuple[Works, ...],
    mean_m3h: F64,
    random: np.random.Generator,
) -> I64:
    """Nominal diameter of the water pipe under every street section.

    By the street's rank, and wider where the shortest ways from the works carry more.
    """
    middle_x = 0.5 * (streets.x[streets.a] + streets.x[streets.b])
    middle_y = 0.5 * (streets.y[streets.a] + streets.y[streets.b])
    away = np.full(len(middle_x), np.inf)
    for each in works:
        x, y = streets.x[each.node], streets.y[each.node]
        away = np.minimum(away, np.hypot(middle_x - x, middle_y - y))
    small = sum(each.mean_m3h for each in works) < SMALL_TOWN_M3H
    trunk = np.zeros(len(away), dtype=np.int64)
    for reach, dn in reversed(TRUNK_STEPS):
        trunk[away <= reach] = SMALL_TOWN_DN[dn] if small else dn
    lane = LANE_DN[random.integers(0, len(LANE_DN), len(away))]
    usual = np.where(streets.kind == TRUNK, trunk, np.where(streets.kind == MAIN, MAIN_DN, lane))
    return np.maximum(usual, _needed_mm(streets, crossings, works, mean_m3h)).astype(np.int64)


def _needed_mm(
    streets: Streets, crossings: Crossings, works: tuple[Works, ...], mean_m3h: F64
) -> I64:
    """The diameter that carries the mean flow of a tree of shortest ways."""
    across = [c.edge for c in (*crossings.boosters, *crossings.reducers)]
    edges = np.sort(np.concatenate([np.flatnonzero(crossings.piped), np.array(across, np.int64)]))
    a, b = streets.a[edges], streets.b[edges]
    # wide streets are preferred even where they are a detour
    way = streets.length[edges] * np.array([1.0, 0.5, 0.25])[streets.kind[edges]]
    roots = np.array([each.node for each in works], dtype=np.int64)
    distance, previous, _ = nearest_root(streets.count, a, b, way, roots)
    flow = upstream_sums(distance, previous, mean_m3h)
    carried = np.where(previous[a] == b, flow[a], np.where(previous[b] == a, flow[b], 0.0))
    capacity = 3600.0 * DESIGN_SPEED_MS * np.pi / 4.0 * (SIZES_MM / 1000.0) ** 2
    step = np.searchsorted(capacity, carried)
    needed = np.zeros(len(streets.a), dtype=np.int64)
    needed[edges] = SIZES_MM[np.minimum(step, len(SIZES_MM) - 1)]
    return needed


def roughness(dn: I64, random: np.random.Generator) -> F64:
    """Hazen-Williams C: older and smaller pipes are rougher."""
    spread = random.random(len(dn))
    return np.asarray(np.round(np.where(dn >= MAIN_DN, 112.0, 100.0) + 24.0 * spread))


def street_pipes(
    streets: Streets, crossings: Crossings, ids: list[str], dn: I64, rough: F64
) -> dict[str, Pipe]:
    """A pipe for every piped section, in the streets' order."""
    piped = np.flatnonzero(crossings.piped)
    names = numbered("P", len(piped))
    length = np.round(np.maximum(streets.length, 5.0), 1)
    meters = {crossing.edge: crossing for crossing in crossings.meters}
    pipes: dict[str, Pipe] = {}
    a, b = streets.a.tolist(), streets.b.tolist()
    for name, edge in zip(names, piped.tolist(), strict=True):
        start, end = a[edge], b[edge]
        if edge in meters:
            start, end = meters[edge].outer, meters[edge].inner
        pipes[name] = Pipe(
            id=name,
            start=ids[start],
            end=ids[end],
            length_m=float(length[edge]),
            diameter_m=int(dn[edge]) / 1000.0,
            roughness=float(rough[edge]),
            tag=_tag(int(streets.kind[edge])),
        )
    return pipes


def _tag(kind: int) -> str:
    return {LANE: "lane", MAIN: "main", TRUNK: "trunk"}[kind]


def place(streets: Streets, number: int) -> tuple[float, float]:
    """Position of an intersection."""
    return float(streets.x[number]), float(streets.y[number])


def between(streets: Streets, one: int, other: int, share: float) -> tuple[float, float, float]:
    """x, y and elevation of a place on the way from one intersection to another."""
    x, y = streets.x, streets.y
    return (
        round(float(x[one] + share * (x[other] - x[one])), 1),
        round(float(y[one] + share * (y[other] - y[one])), 1),
        round(
            float(
                streets.elevation[one] + share * (streets.elevation[other] - streets.elevation[one])
            ),
            2,
        ),
    )


def joint(id_: str, x: float, y: float, elevation: float, tag: str) -> Junction:
    """A junction without demand."""
    return Junction(id=id_, elevation_m=elevation, position=(x, y), tag=tag)
