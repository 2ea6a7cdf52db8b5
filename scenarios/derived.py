"""Tables of a site whose network file is all that is known: estimates, and labelled as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from network_models.elements import Junction, Node, Pipe, Point2
from network_models.network import Network
from network_models.operation import Pattern
from scenarios.spreading import spread
from scenarios.tables import (
    CUSTOMER_HEADER,
    DEPOT_HEADER,
    FILL_HEADER,
    FLEET_HEADER,
    ROAD_HEADER,
    write_table,
    yes_no,
)

USE_M3_DAY = 0.18
"""A person's use by which customers are estimated from demands."""
PEOPLE_PER_HOUSEHOLD = 2.7
AREA_M = 700.0
"""Width of the squares that stand for communities."""
STREET_KMH = 30
PEOPLE_PER_TRUCK = 10_000
MOST_TRUCKS = 60


def write_customers(path: Path, net: Network | None) -> int:
    """Write customers.csv with people estimated from each node's mean demand; the people in all."""
    rows = [] if net is None else list(_customers(net))
    width = max(4, len(str(len(rows))))
    write_table(
        path, CUSTOMER_HEADER, ((f"C{i:0{width}d}", *row) for i, row in enumerate(rows, start=1))
    )
    return sum(int(str(row[2])) for row in rows)


def _customers(net: Network) -> Iterator[tuple[object, ...]]:
    areas: dict[tuple[int, int], int] = {}
    for node in net.nodes.values():
        if not isinstance(node, Junction):
            continue
        people = round(mean_demand_m3s(node, net) * 86400.0 / USE_M3_DAY)
        if people < 1:
            continue
        x, y = node.position or (0.0, 0.0)
        square = (int(x // AREA_M), int(y // AREA_M)) if node.position else (0, 0)
        area = areas.setdefault(square, len(areas) + 1)
        yield (
            f"node:{node.id}", max(1, round(people / PEOPLE_PER_HOUSEHOLD)), people, "residential",
            f"估算片区{area}", f"节点{node.id}用户（估算）",
            f"Customers at {node.id} (estimated)", round(x, 2), round(y, 2),
        )  # fmt: skip


def mean_demand_m3s(junction: Junction, net: Network) -> float:
    """A junction's mean demand over its patterns, m3/s."""
    total = 0.0
    for demand in junction.demands:
        name = demand.pattern or net.options.default_pattern
        total += demand.base_m3s * _mean(net.patterns, name)
    return total * net.options.demand_multiplier


def _mean(patterns: Mapping[str, Pattern], name: str | None) -> float:
    pattern = patterns.get(name) if name is not None else None
    if pattern is None or not pattern.multipliers:
        return 1.0
    return sum(pattern.multipliers) / len(pattern.multipliers)


def write_roads(path: Path, net: Network | None) -> None:
    """Write roads.csv: a street along every link whose ends have a place."""
    write_table(path, ROAD_HEADER, [] if net is None else _roads(net))


def _roads(net: Network) -> Iterator[tuple[object, ...]]:
    for link in net.links.values():
        start, end = net.nodes[link.start].position, net.nodes[link.end].position
        if start is None or end is None:
            continue
        line = [start, *link.vertices, end]
        drawn = float(np.hypot(*np.diff(np.array(line), axis=0).T).sum())
        length = max(drawn, link.length_m if isinstance(link, Pipe) else 0.0, 1.0)
        yield (
            f"S-{link.id}", link.start, link.end, *_rounded(start), *_rounded(end),
            round(length, 1), STREET_KMH, yes_no(False),
        )  # fmt: skip


def write_fleet(folder: Path, net: Network | None, people: int) -> None:
    """Write depots.csv, fleet.csv and fill_points.csv: a usual fleet in the middle of the plan."""
    nodes = [] if net is None else [n for n in net.nodes.values() if n.position is not None]
    trucks = 0 if not nodes else min(MOST_TRUCKS, max(4, round(people / PEOPLE_PER_TRUCK)))
    middle = _middle(nodes)
    depots = [] if middle is None else [("D1", "抢修基地", "Depot", *_place(middle))]
    write_table(folder / "depots.csv", DEPOT_HEADER, depots)
    write_table(
        folder / "fleet.csv",
        FLEET_HEADER,
        ((f"T{i:02d}", "D1", (5, 8, 10)[i % 3], 10, 25, 10, "yes") for i in range(1, trucks + 1)),
    )
    write_table(
        folder / "fill_points.csv",
        FILL_HEADER,
        (
            (
                f"F{i}", f"{node.id}取水点", f"Fill point at {node.id}", *_place(node),
                f"node:{node.id}", 40,
            )
            for i, node in enumerate(_hydrants(nodes, trucks), start=1)
        ),
    )  # fmt: skip


def _middle(nodes: list[Node]) -> Node | None:
    """The node nearest to the middle of all."""
    if not nodes:
        return None
    places = np.array([_place(node) for node in nodes])
    return nodes[int(np.argmin(np.hypot(*(places - places.mean(axis=0)).T).round(3)))]


def _hydrants(nodes: list[Node], trucks: int) -> list[Node]:
    junctions = [node for node in nodes if isinstance(node, Junction)]
    if not junctions or not trucks:
        return []
    x, y = np.array([_place(node) for node in junctions]).T
    return [junctions[int(i)] for i in spread(x, y, max(2, trucks // 3), 0)]


def _place(node: Node) -> Point2:
    return _rounded(node.position or (0.0, 0.0))


def _rounded(place: Point2) -> Point2:
    return round(place[0], 2), round(place[1], 2)
