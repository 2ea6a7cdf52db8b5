"""The city's services: roads, the fleet of water trucks with fill points and depots, valves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from network_models.formats.valves_csv import write_valves
from network_models.network import Network
from network_models.valve_placing import place_valves
from scenarios.city import names
from scenarios.city.graph import spanning_tree
from scenarios.city.streets import TRUNK, Streets
from scenarios.city.works import Works
from scenarios.spreading import spread
from scenarios.tables import (
    CREW_HEADER,
    DEPOT_HEADER,
    FILL_HEADER,
    FLEET_HEADER,
    ROAD_HEADER,
    write_table,
    yes_no,
)

SPEED_KMH = (25, 35, 45)
"""Of a truck on a lane, a main road and an avenue."""
PEOPLE_PER_TRUCK = 13_000
PEOPLE_PER_CREW = 40_000
CAPACITIES_M3 = (5, 6, 8, 8, 10)
STUCK_SHARE = 0.04
REMOTE_SHARE = 0.25
"""Of the valves of DN600 and more."""


def write_roads(path: Path, streets: Streets, random: np.random.Generator) -> None:
    """Write roads.csv: every street section, a few lanes one-way."""
    width = max(4, len(str(max(streets.count, len(streets.a)))))
    x, y = streets.x.tolist(), streets.y.tolist()
    kind, length = streets.kind.tolist(), np.round(streets.length, 1).tolist()
    # the two-way streets reach everything by themselves
    tree = spanning_tree(streets.count, streets.a, streets.b, np.arange(len(kind), dtype=float))
    oneway = ((streets.kind == 0) & ~tree & (random.random(len(kind)) < 0.06)).tolist()
    write_table(
        path,
        ROAD_HEADER,
        (
            (
                f"S{i + 1:0{width}d}", f"N{a + 1:0{width}d}", f"N{b + 1:0{width}d}",
                x[a], y[a], x[b], y[b], length[i], SPEED_KMH[kind[i]], yes_no(oneway[i]),
            )
            for i, (a, b) in enumerate(zip(streets.a.tolist(), streets.b.tolist(), strict=True))
        ),
    )  # fmt: skip


def write_fleet(folder: Path, streets: Streets, works: Sequence[Works], ids: Sequence[str],
                people: int) -> None:  # fmt: skip
    """Write depots.csv, fleet.csv and fill_points.csv."""
    trunk = np.flatnonzero(streets.rank == TRUNK)
    middle = int(
        np.argmin(np.hypot(streets.x - streets.x.mean(), streets.y - streets.y.mean()).round(3))
    )
    count = max(6, round(people / PEOPLE_PER_TRUCK))
    depots = [middle, *(each.node for each in works)][: max(2, round(count / 10))]
    write_table(
        folder / "depots.csv",
        DEPOT_HEADER,
        (
            (
                f"D{i}", f"{names.side(i + 3).zh}区抢修基地", f"{names.side(i + 3).en} Depot",
                round(float(streets.x[node]) + 40.0, 1), float(streets.y[node]),
            )
            for i, node in enumerate(depots, start=1)
        ),
    )  # fmt: skip
    write_table(
        folder / "fleet.csv",
        FLEET_HEADER,
        (
            (
                f"T{i + 1:02d}", f"D{i % len(depots) + 1}", CAPACITIES_M3[i % 5], 10,
                (20, 25, 30)[i % 3], 10, yes_no(i % 8 != 7),
            )
            for i in range(count)
        ),
    )  # fmt: skip
    hydrants = trunk[spread(streets.x[trunk], streets.y[trunk], max(3, round(count / 3)), 0)]
    places = [(each.node, names.works(i), 90) for i, each in enumerate(works, start=1)]
    places += [(int(node), names.street(int(node) % 40, 2), 40) for node in hydrants]
    write_table(
        folder / "fill_points.csv",
        FILL_HEADER,
        (
            (
                f"F{i}", f"{name.zh}取水点", f"{name.en} fill point", float(streets.x[node]),
                float(streets.y[node]), f"node:{ids[node]}", flow,
            )
            for i, (node, name, flow) in enumerate(places, start=1)
        ),
    )  # fmt: skip


def write_crews(path: Path, streets: Streets, people: int, media: Sequence[str]) -> None:
    """Write crews.csv: repair and duty crews around the city, by day, by night and always."""
    trunk = np.flatnonzero(streets.rank == TRUNK)
    count = max(2 * len(media), round(people / PEOPLE_PER_CREW))
    places = trunk[spread(streets.x[trunk], streets.y[trunk], count, 0)].tolist()
    trades = [*((medium,) for medium in media), tuple(media)]
    write_table(
        path,
        CREW_HEADER,
        (
            (
                f"C{i + 1:02d}", f"{names.street(node % 40, 2).zh}班组",
                f"{names.street(node % 40, 2).en} crew", float(streets.x[node]),
                float(streets.y[node]), " ".join(trades[i % len(trades)]),
                ("repair valves visit", "repair valves", "valves visit")[i % 3],
                ("抢修车", "工程车", "巡查车")[i % 3],
                ("", "08:00-20:00", "20:00-08:00")[i // len(trades) % 3], yes_no(i % 12 != 11),
            )
            for i, node in enumerate(places)
        ),
    )  # fmt: skip


def write_city_valves(path: Path, net: Network, random: np.random.Generator) -> None:
    """Write valves.csv: placed by rule; some are stuck, some of the large ones are driven."""
    valves = place_valves(net)
    lot = random.random((2, len(valves)))
    write_valves(
        (
            replace(
                valve,
                operable=bool(lot[0, i] >= STUCK_SHARE),
                remote=bool((valve.dn_mm or 0.0) >= 600.0 and lot[1, i] < REMOTE_SHARE),
                turns=round((valve.dn_mm or 100.0) / 8.0 + 3.0),
                position=None
                if valve.position is None
                else (round(valve.position[0], 1), round(valve.position[1], 1)),
            )
            for i, valve in enumerate(valves)
        ),
        path,
    )
