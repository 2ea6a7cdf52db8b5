"""The city's gas network: city gates, medium-pressure mains, district regulators, low pressure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from network_models.elements import GasJunction, GasPipe, GasSource, Link, Node, Regulator
from network_models.network import Network
from network_models.operation import Pattern, Times
from network_models.physics import Fluid, Physics
from scenarios.city.gas_districts import District, find_districts
from scenarios.city.graph import F64, nearest_root, upstream_sums
from scenarios.city.mains import TrunkStreets, size_mm, trunk_streets
from scenarios.city.people import People
from scenarios.city.plan import CityPlan
from scenarios.city.streets import Streets
from scenarios.city.water_pipes import numbered
from scenarios.spreading import spread

GATE_PA = 0.35e6
DISTRICT_PA = 2500.0
GATE_AREA_KM2 = 20.0
PEAK_KGS_PER_PERSON = 4.2e-6
"""About 0.05 m3/h a household at the hour of the highest use, all together."""
FACTORY_KGS = 0.012
MEDIUM_KGM3, LOW_KGM3 = 2.7, 0.77
MEDIUM_GRADE_PAM, LOW_GRADE_PAM = 8.0, 0.35
MEDIUM_MM = np.array([110, 160, 200, 250, 315, 400, 500, 630, 800])
LOW_MM = np.array([63, 90, 110, 160, 200, 250, 315, 400, 500, 630])

GAS_PATTERN = Pattern(id="GAS", comment="share of the peak hour / 高峰小时系数", multipliers=(
    0.30, 0.25, 0.24, 0.24, 0.28, 0.45, 0.80, 0.88, 0.62, 0.52, 0.66, 0.98,
    0.90, 0.55, 0.45, 0.48, 0.66, 0.95, 1.00, 0.85, 0.68, 0.58, 0.46, 0.36,
))  # fmt: skip

GAS = Fluid(
    id="natural gas",
    fractions=(
        ("methane", 0.92),
        ("ethane", 0.04),
        ("nitrogen", 0.02),
        ("carbon dioxide", 0.01),
        ("propane", 0.01),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GasCity:
    """The network, its gates and districts (`ends` are the last users of each district)."""

    net: Network
    gates: tuple[str, ...]
    districts: tuple[District, ...]
    ends: tuple[str, ...]


def build_gas(plan: CityPlan, streets: Streets, people: People) -> GasCity:
    """Lay the gas mains and size them for the peak hour."""
    trunk = trunk_streets(streets)
    medium = {int(node): f"GM{i:04d}" for i, node in enumerate(trunk.node, start=1)}
    districts = find_districts(plan, streets, people, medium)
    nodes: dict[str, Node] = {}
    links: dict[str, Link] = {}
    demand = _medium_demand(streets, people, trunk, districts)
    for place, (node, id_) in enumerate(medium.items()):
        nodes[id_] = GasJunction(
            id=id_, elevation_m=_z(streets, node), position=_xy(streets, node), level="medium",
            demand_kgs=round(float(demand.own[place]), 6), pattern=GAS_PATTERN.id,
        )  # fmt: skip
    gates = _add_medium(plan, streets, trunk, demand.total, list(medium.values()), nodes, links)
    ends = tuple(_add_district(streets, d, number, medium, nodes, links)
                 for number, d in enumerate(districts, start=1))  # fmt: skip
    net = Network(
        medium="gas",
        title="Ringmain example city, gas",
        nodes=nodes,
        links=links,
        patterns={GAS_PATTERN.id: GAS_PATTERN},
        times=Times(duration_s=86400),
        fluids={GAS.id: GAS},
        # a manometer counts from the air beside it, and the hills are higher than a band is wide
        physics=Physics(fluid=GAS.id, ambient_by_height=True),
    )
    return GasCity(net=net, gates=gates, districts=districts, ends=ends)


@dataclass(frozen=True, slots=True)
class _Demand:
    own: F64
    total: F64


def _medium_demand(
    streets: Streets, people: People, trunk: TrunkStreets, districts: tuple[District, ...]
) -> _Demand:
    """Factories at the mains themselves, and with the districts behind them."""
    own = np.where(people.land[trunk.node] == 2, FACTORY_KGS, 0.0)
    total = own.copy()
    number = {int(node): i for i, node in enumerate(trunk.node)}
    for district in districts:
        total[number[district.feeder]] += district.people * PEAK_KGS_PER_PERSON
    return _Demand(own, total)


def _add_medium(
    plan: CityPlan, streets: Streets, trunk: TrunkStreets, demand: F64, ids: list[str],
    nodes: dict[str, Node], links: dict[str, Link],
) -> tuple[str, ...]:  # fmt: skip
    x, y = streets.x[trunk.node], streets.y[trunk.node]
    first = int(np.argmax(np.round(np.hypot(x - x.mean(), y - y.mean()), 2)))
    wanted = max(1, round(plan.area_km2 / GATE_AREA_KM2))
    roots = spread(x, y, wanted if len(ids) < 60 else max(2, wanted), first)
    distance, previous, which = nearest_root(len(ids), trunk.a, trunk.b, trunk.length, roots)
    flow = upstream_sums(distance, previous, demand)
    a, b = trunk.a, trunk.b
    carried = np.where(previous[a] == b, flow[a], np.where(previous[b] == a, flow[b], 0.0))
    dn = size_mm(carried, MEDIUM_KGM3, MEDIUM_GRADE_PAM, MEDIUM_MM)
    for name, i in zip(numbered("GP", len(a)), range(len(a)), strict=True):
        links[name] = GasPipe(
            id=name, start=ids[a[i]], end=ids[b[i]], length_m=round(float(trunk.length[i]), 1),
            diameter_m=int(dn[i]) / 1000.0,
        )  # fmt: skip
    gates = []
    for number, root in enumerate(roots, start=1):
        gate, node = f"GS{number}", int(trunk.node[root])
        px, py = _xy(streets, node)
        aside = -250.0 if px < 0.5 * streets.terrain.extent[0] else 250.0
        own = float(demand[which == number - 1].sum())
        nodes[gate] = GasSource(
            id=gate, elevation_m=_z(streets, node), position=(round(px + aside, 1), py),
            pressure_pa=GATE_PA,
        )  # fmt: skip
        links[f"{gate}-MAIN"] = GasPipe(
            id=f"{gate}-MAIN", start=gate, end=ids[int(root)], length_m=250.0,
            diameter_m=int(size_mm(np.array([own]), MEDIUM_KGM3, MEDIUM_GRADE_PAM, MEDIUM_MM)[0])
            / 1000.0,
        )  # fmt: skip
        gates.append(gate)
    return tuple(gates)


def _add_district(
    streets: Streets, district: District, number: int, medium: dict[int, str],
    nodes: dict[str, Node], links: dict[str, Link],
) -> str:  # fmt: skip
    """Add a regulator station and the low-pressure tree behind it; returns its last user."""
    name = f"RG{number}"
    feeder, root = district.feeder, int(district.node[0])
    (fx, fy), (rx, ry) = _xy(streets, feeder), _xy(streets, root)
    z = _z(streets, feeder)
    ids = [f"GL{number:03d}-{i}" for i in range(1, len(district.node) + 1)]
    each = district.people * PEAK_KGS_PER_PERSON / len(ids)
    for side, share in (("IN", 0.2), ("OUT", 0.25)):
        nodes[f"{name}-{side}"] = GasJunction(
            id=f"{name}-{side}", elevation_m=z, level="medium" if side == "IN" else "low",
            position=(round(fx + share * (rx - fx), 1), round(fy + share * (ry - fy), 1)),
        )  # fmt: skip
    for id_, node in zip(ids, district.node.tolist(), strict=True):
        nodes[id_] = GasJunction(
            id=id_, elevation_m=_z(streets, node), position=_xy(streets, node), level="low",
            demand_kgs=round(each, 6), pattern=GAS_PATTERN.id,
        )  # fmt: skip
    flow = upstream_sums(district.distance, district.previous, np.full(len(ids), each))
    dn = size_mm(flow, LOW_KGM3, LOW_GRADE_PAM, LOW_MM)
    way = float(np.hypot(fx - rx, fy - ry))
    whole = int(size_mm(flow[:1], MEDIUM_KGM3, MEDIUM_GRADE_PAM, MEDIUM_MM)[0])
    links[f"{name}-A"] = GasPipe(
        id=f"{name}-A", start=medium[feeder], end=f"{name}-IN", length_m=round(0.2 * way, 1),
        diameter_m=whole / 1000.0,
    )  # fmt: skip
    links[name] = Regulator(id=name, start=f"{name}-IN", end=f"{name}-OUT", setting_pa=DISTRICT_PA)
    links[f"{name}-B"] = GasPipe(
        id=f"{name}-B", start=f"{name}-OUT", end=ids[0], length_m=round(0.75 * way, 1),
        diameter_m=int(dn[0]) / 1000.0,
    )  # fmt: skip
    for i in range(1, len(ids)):
        before = int(district.previous[i])
        pipe = f"GQ{number:03d}-{i}"
        links[pipe] = GasPipe(
            id=pipe, start=ids[before], end=ids[i], diameter_m=int(dn[i]) / 1000.0,
            length_m=round(float(district.distance[i] - district.distance[before]), 1),
        )  # fmt: skip
    return ids[int(np.argmax(district.distance))]


def _xy(streets: Streets, node: int) -> tuple[float, float]:
    """Gas lies on the other side of the street than water."""
    return round(float(streets.x[node]) + 12.0, 1), round(float(streets.y[node]) + 12.0, 1)


def _z(streets: Streets, node: int) -> float:
    return float(streets.elevation[node])
