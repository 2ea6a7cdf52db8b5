"""Sizes of a city: how many intersections, how far apart, how often a main or a trunk runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

LEAST_ELEMENTS = 200
MOST_ELEMENTS = 1_000_000
ELEMENTS_PER_INTERSECTION = ((200, 4.5), (3000, 4.4), (100_000, 3.91), (1_000_000, 3.78))
"""Nodes and links of the three networks together for one street intersection, by city size."""

MAIN_SPACING_M = 600.0
"""Between two distribution mains; every other one is a trunk main."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPlan:
    """What a city is drawn from.

    A larger city is finer as well as wider: a model of a metropolis has its lanes, one of a small
    town its streets only.
    """

    seed: int
    elements: int
    intersections: int
    spacing_m: float
    main_every: int

    @property
    def trunk_every(self) -> int:
        """Streets between two trunk mains."""
        return 2 * self.main_every

    @property
    def first_trunk(self) -> int:
        """The first row and column with a trunk main."""
        return self.main_every // 2 + 1

    @property
    def area_km2(self) -> float:
        """Built-up area, about."""
        return self.intersections * self.spacing_m**2 * 1e-6


def plan_city(*, seed: int, elements: int) -> CityPlan:
    """The plan for about `elements` elements; ValueError outside 200 to 1,000,000."""
    if not LEAST_ELEMENTS <= elements <= MOST_ELEMENTS:
        raise ValueError(f"elements must be {LEAST_ELEMENTS} to {MOST_ELEMENTS:,}, not {elements}")
    count = max(36, round(elements / _each(elements)))
    spacing = round(min(210.0, 200.0 * (count / 750.0) ** -0.2), 1)
    return CityPlan(
        seed=seed,
        elements=elements,
        intersections=count,
        spacing_m=spacing,
        main_every=max(2, round(MAIN_SPACING_M / spacing)),
    )


def _each(elements: int) -> float:
    """Elements an intersection, between the sizes that were counted."""
    for (small, more), (large, fewer) in pairwise(ELEMENTS_PER_INTERSECTION):
        if elements <= large:
            share = math.log(elements / small) / math.log(large / small)
            return more + share * (fewer - more)
    return ELEMENTS_PER_INTERSECTION[-1][1]
