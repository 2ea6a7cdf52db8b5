"""Where the water comes from: works with their service reservoirs, by place and by size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.city.graph import F64, I64, nearest_root
from scenarios.city.plan import CityPlan
from scenarios.city.streets import TRUNK, Streets
from scenarios.city.zones import LOW
from scenarios.spreading import spread

WORKS_AREA_KM2 = 14.0
"""What one works supplies, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """One works: it feeds in at intersection `node`, its elevated tank floats at `tank_node`."""

    node: int
    tank_node: int
    mean_m3h: float
    """Mean demand of the ground it supplies, high zones included."""


def place_works(plan: CityPlan, streets: Streets, demand_m3h: F64) -> tuple[tuple[Works, ...], I64]:
    """The works, and which of them each intersection is nearest to along the streets."""
    zones = streets.zones
    trunk = np.flatnonzero((streets.rank == TRUNK) & (zones.kind[zones.zone] == LOW))
    width, height = streets.terrain.extent
    far = np.hypot(streets.x[trunk] / width - 0.5, streets.y[trunk] / height - 0.5)
    # water comes from the river: the first works is low and at the city's edge
    first = int(np.argmax(np.round(far - 0.02 * (streets.elevation[trunk] - 22.0), 6)))
    count = max(1, round(plan.area_km2 / WORKS_AREA_KM2))
    nodes = trunk[spread(streets.x[trunk], streets.y[trunk], count, first)]
    distance, _, nearest = nearest_root(streets.count, streets.a, streets.b, streets.length, nodes)
    works = []
    for number, node in enumerate(nodes):
        own = trunk[nearest[trunk] == number]
        reach = max(float(distance[own].max()), 1.0)
        # a tank at the far side of the works, on high ground
        merit = distance[own] / reach + streets.elevation[own] / 60.0
        merit[own == node] = -1.0
        mean = float(demand_m3h[nearest == number].sum())
        works.append(
            Works(
                node=int(node),
                tank_node=int(own[int(np.argmax(np.round(merit, 6)))]),
                mean_m3h=round(mean, 1),
            )
        )
    return tuple(works), nearest
