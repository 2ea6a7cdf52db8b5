"""The city's heat network: plants, paired supply and return mains, heat stations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from network_models.elements import HeatJunction, HeatPipe, HeatSource, Link, Node, Substation
from network_models.network import Network
from network_models.operation import Pattern, Times
from scenarios.city.graph import F64, I64, nearest_root, upstream_sums
from scenarios.city.mains import TrunkStreets, size_mm, trunk_streets
from scenarios.city.plan import CityPlan
from scenarios.city.streets import Streets
from scenarios.spreading import spread

PLANT_AREA_KM2 = 16.0
REACH_SHARE = 0.1
"""Places on the heat mains, as a share of all intersections."""
STATION_W = 3.6e6
SUPPLY_K, RETURN_K = 383.15, 323.15
RISE_PA, FILL_PA = 6.5e5, 3.0e5
AVAILABLE_HEAD_PA = 5e4
"""What each station's contract says its users need: a plate exchanger with its valve and meter."""
WATER_KGM3, HEAT_CAPACITY = 960.0, 4200.0
GRADE_PAM = 55.0
SIZES_MM = np.array([150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1000, 1200])

HEAT_PATTERN = Pattern(id="HEAT", comment="share of the design day / 热负荷系数", multipliers=(
    0.94, 0.94, 0.95, 0.96, 0.98, 1.00, 1.00, 0.99, 0.97, 0.95, 0.93, 0.92,
    0.91, 0.90, 0.90, 0.91, 0.93, 0.95, 0.97, 0.98, 0.98, 0.97, 0.96, 0.95,
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCity:
    """The network, its plants and its stations with their supply junctions."""

    net: Network
    plants: tuple[str, ...]
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """Mains as trees from the plants: places (t,) among the trunk streets, nearest first."""

    place: list[int]
    previous: list[int]
    distance: F64
    roots: list[int]


def build_heat(plan: CityPlan, streets: Streets, random: np.random.Generator) -> HeatCity:
    """Lay supply and return pipes from the plants along the trunk streets."""
    trunk = trunk_streets(streets)
    tree = _tree(plan, streets, trunk)
    degree = np.bincount(np.array([p for p in tree.previous if p >= 0]), minlength=len(tree.place))
    regular = np.arange(len(tree.place)) % 4 == 2
    has = (degree == 0) | (degree > 1) | regular
    has[[i for i, p in enumerate(tree.previous) if p < 0]] = False
    heat = np.where(has, np.round(STATION_W * (0.6 + 0.8 * random.random(len(has))), -4), 0.0)
    nodes: dict[str, Node] = {}
    links: dict[str, Link] = {}
    names = [f"{i:04d}" for i in range(1, len(tree.place) + 1)]
    for name, place in zip(names, tree.place, strict=True):
        node = int(trunk.node[place])
        for letter, side, shift in (("S", "supply", -14.0), ("R", "return", -26.0)):
            nodes[f"H{letter}{name}"] = HeatJunction(
                id=f"H{letter}{name}",
                elevation_m=float(streets.elevation[node]),
                position=(
                    round(float(streets.x[node]) + shift, 1),
                    round(float(streets.y[node]) + shift, 1),
                ),
                side="supply" if side == "supply" else "return",
            )
    previous = np.array(tree.previous)
    flow = upstream_sums(tree.distance, previous, heat / (HEAT_CAPACITY * (SUPPLY_K - RETURN_K)))
    dn = size_mm(flow, WATER_KGM3, GRADE_PAM, SIZES_MM)
    _add_pipes(tree, names, dn, links)
    stations = _add_stations(names, heat, links)
    plants = []
    for number, root in enumerate(i for i, p in enumerate(tree.previous) if p < 0):
        plant = f"HP{number + 1}"
        links[plant] = HeatSource(
            id=plant, start=f"HR{names[root]}", end=f"HS{names[root]}",
            supply_temperature_k=SUPPLY_K, pressure_rise_pa=RISE_PA, return_pressure_pa=FILL_PA,
        )  # fmt: skip
        plants.append(plant)
    net = Network(
        medium="heat",
        title="Ringmain example city, heat",
        nodes=nodes,
        links=links,
        patterns={HEAT_PATTERN.id: HEAT_PATTERN},
        times=Times(duration_s=86400),
    )
    return HeatCity(net=net, plants=tuple(plants), stations=stations)


def _tree(plan: CityPlan, streets: Streets, trunk: TrunkStreets) -> _Tree:
    """The places nearest to the plants along the trunk streets, as trees."""
    x, y = streets.x[trunk.node], streets.y[trunk.node]
    first = int(np.argmin(np.round(np.hypot(x - 0.62 * x.max(), y - 0.66 * y.max()), 2)))
    roots = spread(x, y, max(1, round(plan.area_km2 / PLANT_AREA_KM2)), first)
    distance, previous, _ = nearest_root(len(x), trunk.a, trunk.b, trunk.length, roots)
    wanted = max(6, round(REACH_SHARE * plan.intersections))
    order = np.argsort(distance, kind="stable")[:wanted]
    number = {int(place): i for i, place in enumerate(order)}
    return _Tree(
        place=order.tolist(),
        previous=[number.get(int(previous[place]), -1) for place in order],
        distance=distance[order],
        roots=roots.tolist(),
    )


def _add_pipes(tree: _Tree, names: list[str], dn: I64, links: dict[str, Link]) -> None:
    for i, before in enumerate(tree.previous):
        if before < 0:
            continue
        length = round(float(tree.distance[i] - tree.distance[before]), 1)
        size = int(dn[i]) / 1000.0
        for letter, start, end in (("S", before, i), ("R", i, before)):
            pipe = f"HP{letter}{names[i]}"
            links[pipe] = HeatPipe(
                id=pipe, start=f"H{letter}{names[start]}", end=f"H{letter}{names[end]}",
                length_m=length, diameter_m=size,
            )  # fmt: skip


def _add_stations(names: list[str], heat: F64, links: dict[str, Link]) -> tuple[str, ...]:
    stations: list[str] = []
    for i, name in enumerate(names):
        if heat[i] > 0.0:
            station = f"HX{len(stations) + 1}"
            links[station] = Substation(
                id=station, start=f"HS{name}", end=f"HR{name}", heat_w=float(heat[i]),
                return_temperature_k=RETURN_K, pattern=HEAT_PATTERN.id,
                available_head_pa=AVAILABLE_HEAD_PA,
            )  # fmt: skip
            stations.append(station)
    return tuple(stations)
