"""Who lives and works where, and how much water that takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from network_models.operation import Pattern
from scenarios.city.graph import F64, I64
from scenarios.city.plan import CityPlan
from scenarios.city.streets import Streets

RESIDENTIAL, COMMERCIAL, INDUSTRIAL = 0, 1, 2
CLASS_NAMES = ("residential", "commercial", "industry")
PEOPLE_PER_HOUSEHOLD = 2.7
HOME_M3_DAY = 0.16
"""A person's use at home, with the leakage that goes with it."""
SHOP_M3_DAY_HA = 32.0
FACTORY_M3_DAY_HA = 38.0
"""Use of a hectare of shops and offices, of works."""

PATTERNS = (
    Pattern(id="RES", comment="residential / 居民", multipliers=(
        0.48, 0.42, 0.40, 0.40, 0.46, 0.72, 1.18, 1.46, 1.38, 1.20, 1.12, 1.14,
        1.18, 1.06, 0.96, 0.94, 1.02, 1.22, 1.44, 1.50, 1.38, 1.18, 0.94, 0.82,
    )),
    Pattern(id="COM", comment="commercial and public / 商业与公共", multipliers=(
        0.38, 0.35, 0.34, 0.34, 0.40, 0.55, 0.80, 1.10, 1.38, 1.48, 1.52, 1.56,
        1.52, 1.46, 1.42, 1.40, 1.38, 1.34, 1.30, 1.24, 1.10, 0.82, 0.46, 0.36,
    )),
    Pattern(id="IND", comment="industry / 工业", multipliers=(
        0.78, 0.76, 0.75, 0.75, 0.76, 0.80, 0.92, 1.10, 1.25, 1.28, 1.28, 1.20,
        1.14, 1.24, 1.26, 1.24, 1.18, 1.08, 0.98, 0.92, 0.88, 0.84, 0.82, 0.80,
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Per intersection: what its land is, people, shop hectares and mean demand by class (m3/h)."""

    land: I64
    people: I64
    home_m3h: F64
    shop_m3h: F64
    factory_m3h: F64

    @property
    def mean_m3h(self) -> F64:
        """Mean demand of every intersection."""
        return np.asarray(self.home_m3h + self.shop_m3h + self.factory_m3h)


def settle(plan: CityPlan, streets: Streets, random: np.random.Generator) -> People:
    """People and firms: dense in the middle, factories mostly along one edge."""
    width, height = streets.terrain.extent
    u = 2.0 * streets.x / width - 1.0
    v = 2.0 * streets.y / height - 1.0
    wind = 2 * np.pi * random.random()
    outward = u * np.cos(wind) + v * np.sin(wind)
    far = np.hypot(u, v)
    hectares = plan.spacing_m**2 * 1e-4
    lot = random.random((3, streets.count))
    industrial = (outward > 0.62) & (lot[0] < 0.7) | (lot[0] < 0.015)
    commercial = ~industrial & (lot[1] < 0.32 * np.exp(-3.0 * far**2) + 0.04)
    land = np.where(industrial, INDUSTRIAL, np.where(commercial, COMMERCIAL, RESIDENTIAL))
    density = (45.0 + 95.0 * np.exp(-2.2 * far**2)) * (0.6 + 0.8 * lot[2])
    share = np.where(land == RESIDENTIAL, 1.0, np.where(land == COMMERCIAL, 0.35, 0.0))
    people = np.round(density * hectares * share).astype(np.int64)
    home = people * HOME_M3_DAY / 24.0
    shop = np.where(land == COMMERCIAL, SHOP_M3_DAY_HA * hectares / 24.0, 0.0)
    factory = np.where(land == INDUSTRIAL, FACTORY_M3_DAY_HA * hectares / 24.0, 0.0)
    return People(
        land=land.astype(np.int64),
        people=people,
        home_m3h=np.round(home, 3),
        shop_m3h=np.round(shop * (0.6 + 0.8 * lot[2]), 3),
        factory_m3h=np.round(factory * (0.5 + lot[2]), 3),
    )
