"""Streets: a bent grid cut by a river, with trunk roads, main roads and lanes that end.

The pipes of all three networks lie under these streets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.city.graph import F64, I64, Bool, components, largest, spanning_tree
from scenarios.city.plan import CityPlan
from scenarios.city.terrain import RIVER_WIDTH_M, Terrain, make_terrain
from scenarios.city.zones import Zones, find_zones

LANE, MAIN, TRUNK = 0, 1, 2
CLOSED_LANES = 0.2
"""Share of the lanes that need not be there and are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streets:
    """Intersections (n,) and street sections (e,), in grid order."""

    terrain: Terrain
    row: I64
    col: I64
    x: F64
    y: F64
    elevation: F64
    rank: I64
    """Highest rank of the lines through an intersection: LANE, MAIN or TRUNK."""
    zones: Zones
    a: I64
    b: I64
    kind: I64
    length: F64
    bridge: Bool

    @property
    def count(self) -> int:
        """Number of intersections."""
        return len(self.x)


def lay_streets(plan: CityPlan, random: np.random.Generator) -> Streets:
    """The streets of a city; the number of intersections is the plan's, or a few less."""
    rows, cols = _grid_size(plan)
    x_line = _line_positions(random, cols, plan.spacing_m)
    y_line = _line_positions(random, rows, plan.spacing_m)
    terrain = make_terrain(random, float(x_line[-1]), float(y_line[-1]))
    row, col = (part.ravel() for part in np.mgrid[0:rows, 0:cols])
    x, y, north = _bend(random, plan, terrain, x_line[col], y_line[row])
    order = np.argsort(terrain.edge(x_line[col], y_line[row]), kind="stable")
    keep = np.zeros(rows * cols, dtype=np.bool_)
    keep[order[: plan.intersections]] = True
    a, b = _grid_edges(rows, cols)
    rank_row, rank_col = _ranks(plan, row), _ranks(plan, col)
    kind = np.where(row[a] == row[b], rank_row[a], rank_col[a])
    bridge = north[a] != north[b]
    there = keep[a] & keep[b] & (~bridge | (kind == TRUNK))
    a, b, kind, bridge = a[there], b[there], kind[there], bridge[there]
    keep &= largest(components(rows * cols, a, b))
    number = np.cumsum(keep) - 1
    inside = keep[a] & keep[b]
    a, b, kind, bridge = number[a[inside]], number[b[inside]], kind[inside], bridge[inside]
    x, y, row, col = np.round(x[keep], 1), np.round(y[keep], 1), row[keep], col[keep]
    rank = np.maximum(rank_row, rank_col)[keep]
    ground = np.round(terrain.elevation(x, y), 2)
    zones, ground = find_zones(plan, random, row, col, ground, terrain.hill_of(x, y), rank, a, b)
    streets = Streets(
        terrain=terrain, row=row, col=col, x=x, y=y, elevation=ground, rank=rank, zones=zones,
        a=a, b=b, kind=kind, length=np.hypot(x[a] - x[b], y[a] - y[b]), bridge=bridge,
    )  # fmt: skip
    return _close_lanes(streets, random)


def _grid_size(plan: CityPlan) -> tuple[int, int]:
    """A grid a little wider than high, large enough for the outline and the parks."""
    cells = plan.intersections / 0.74
    rows = max(6, int(np.sqrt(cells / 1.25)))
    return rows, max(7, int(np.ceil(cells / rows)))


def _line_positions(random: np.random.Generator, count: int, spacing: float) -> F64:
    steps = spacing * (0.75 + 0.5 * random.random(count))
    return np.asarray(np.cumsum(steps) - steps[0])


def _bend(
    random: np.random.Generator, plan: CityPlan, terrain: Terrain, x: F64, y: F64
) -> tuple[F64, F64, Bool]:
    """Streets that bend and make room for the river; also which bank a place is on."""
    phase = 2 * np.pi * random.random(4)
    jitter = 0.16 * plan.spacing_m * (random.random((2, len(x))) - 0.5)
    gap = y - terrain.river_y(x)
    north = gap > 0.0
    push = 0.5 * RIVER_WIDTH_M * np.exp(-np.abs(gap) / 500.0)
    bent_x = x + 110.0 * np.sin(y / 1500.0 + phase[0]) + 45.0 * np.sin(y / 520.0 + phase[1])
    bent_y = y + 90.0 * np.sin(x / 1700.0 + phase[2]) + 40.0 * np.sin(x / 610.0 + phase[3])
    return bent_x + jitter[0], bent_y + jitter[1] + np.where(north, push, -push), north


def _grid_edges(rows: int, cols: int) -> tuple[I64, I64]:
    """West-east edges, then south-north edges, as node numbers."""
    number = np.arange(rows * cols, dtype=np.int64).reshape(rows, cols)
    a = np.concatenate([number[:, :-1].ravel(), number[:-1, :].ravel()])
    b = np.concatenate([number[:, 1:].ravel(), number[1:, :].ravel()])
    return a, b


def _ranks(plan: CityPlan, line: NDArray[np.int64]) -> I64:
    """What runs along a row or column."""
    place = (line - plan.first_trunk) % plan.trunk_every
    rank = np.where(place == 0, TRUNK, np.where(place == plan.main_every, MAIN, LANE))
    return rank.astype(np.int64)


def _close_lanes(streets: Streets, random: np.random.Generator) -> Streets:
    """Leave some lanes out; every zone stays connected, and so does the city."""
    zone = streets.zones.zone
    across = zone[streets.a] != zone[streets.b]
    chance = random.random(len(streets.a))
    weight = np.where(across, 10.0, 0.0) + (TRUNK - streets.kind) * 2.0 + chance
    tree = spanning_tree(streets.count, streets.a, streets.b, weight)
    gone = (streets.kind == LANE) & ~tree & ~across & (chance < CLOSED_LANES)
    keep = ~gone
    return replace(
        streets,
        a=streets.a[keep],
        b=streets.b[keep],
        kind=streets.kind[keep],
        length=streets.length[keep],
        bridge=streets.bridge[keep],
    )
