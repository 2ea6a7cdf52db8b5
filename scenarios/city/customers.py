"""Customers of the city: homes gathered in communities, and the places that need water first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from scenarios.city import names
from scenarios.city.people import (
    CLASS_NAMES,
    COMMERCIAL,
    INDUSTRIAL,
    PEOPLE_PER_HOUSEHOLD,
    RESIDENTIAL,
    People,
)
from scenarios.city.plan import CityPlan
from scenarios.city.streets import Streets
from scenarios.tables import CUSTOMER_HEADER, write_table

COMMUNITY_M = 600.0
"""Width of a community: a thousand households or more where the city is dense."""
PEOPLE_PER_HOSPITAL = 45_000
PEOPLE_PER_DIALYSIS = 90_000
PEOPLE_PER_SCHOOL = 7_000
PEOPLE_PER_PUBLIC = 18_000

Row = tuple[object, ...]


def write_customers(
    path: Path, plan: CityPlan, streets: Streets, people: People, ids: Sequence[str],
    random: np.random.Generator,
) -> None:  # fmt: skip
    """Write customers.csv: homes and firms by intersection, then the priority users."""
    rows = [*_homes_and_firms(plan, streets, people, ids), *_places(streets, people, ids, random)]
    width = max(5, len(str(len(rows))))
    write_table(
        path, CUSTOMER_HEADER, ((f"C{i:0{width}d}", *row) for i, row in enumerate(rows, start=1))
    )


def _homes_and_firms(
    plan: CityPlan, streets: Streets, people: People, ids: Sequence[str]
) -> Iterator[Row]:
    block = max(2, round(COMMUNITY_M / plan.spacing_m))
    part = (streets.row // block) * 10_000 + streets.col // block
    _, community = np.unique(part, return_inverse=True)
    x, y = streets.x.tolist(), streets.y.tolist()
    firms = 0
    building: dict[int, int] = {}
    for i, id_ in enumerate(ids):
        count = int(people.people[i])
        land = int(people.land[i])
        where = int(community[i])
        if count:
            building[where] = building.get(where, 0) + 1
            name = names.community(where)
            yield (
                f"node:{id_}", max(1, round(count / PEOPLE_PER_HOUSEHOLD)), count,
                CLASS_NAMES[RESIDENTIAL], f"{name.zh}", f"{name.zh}{building[where]}区",
                f"{name.en}, block {building[where]}", x[i], y[i],
            )  # fmt: skip
        if land in (COMMERCIAL, INDUSTRIAL):
            firm = names.shop(firms) if land == COMMERCIAL else names.firm(firms)
            firms += 1
            yield (
                f"node:{id_}", 0, 0, CLASS_NAMES[land], "", firm.zh, firm.en,
                round(x[i] + 20.0, 1), round(y[i] - 20.0, 1),
            )  # fmt: skip


def _places(
    streets: Streets, people: People, ids: Sequence[str], random: np.random.Generator
) -> Iterator[Row]:
    """Hospitals, dialysis centres, schools and public places among the homes.

    Who is inside a hospital or a school needs water there.
    """
    homes = np.flatnonzero(people.land == RESIDENTIAL)
    order = homes[np.argsort(random.random(len(homes)), kind="stable")].tolist()
    total = int(people.people.sum())
    taken = 0
    for kind, name_of, per, inside in (
        ("hospital", names.hospital, PEOPLE_PER_HOSPITAL, 450),
        ("dialysis", names.dialysis, PEOPLE_PER_DIALYSIS, 60),
        ("school", names.school, PEOPLE_PER_SCHOOL, 900),
        ("public", names.public, PEOPLE_PER_PUBLIC, 0),
    ):
        for number in range(max(1, round(total / per))):
            node = order[taken % len(order)]
            taken += 1
            name = name_of(number)
            yield (
                f"node:{ids[node]}", 0, inside, kind, "", name.zh, name.en,
                round(float(streets.x[node]) - 25.0, 1), round(float(streets.y[node]) + 25.0, 1),
            )  # fmt: skip
