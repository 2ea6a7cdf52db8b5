"""The city's water network: pipes under the streets, stations, demands, controls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from network_models.elements import Demand, Junction, Link, Node
from network_models.network import Network
from network_models.operation import Options, Times
from scenarios.city.graph import F64, I64
from scenarios.city.links import Crossings, find_crossings
from scenarios.city.people import PATTERNS, People
from scenarios.city.plan import CityPlan
from scenarios.city.stations import Stations, add_high_zone, add_reducer, add_works
from scenarios.city.streets import LANE, Streets
from scenarios.city.water_pipes import (
    MAIN_DN,
    diameters_mm,
    numbered,
    place,
    roughness,
    street_pipes,
)
from scenarios.city.works import Works, place_works

TANK_FLOW_SHARE = 0.6
"""What a tank takes or gives at most, as a share of the mean demand of what it serves."""
REDUCED_HEAD_ABOVE_M = 27.0
"""A reducing valve holds this much above the highest ground behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterCity:
    """The network with what the point list and the tables need to know of its making.

    `ids` are the junction ids of the intersections; `dn_mm` (e,) the pipe under each street.
    """

    net: Network
    ids: tuple[str, ...]
    crossings: Crossings
    works: tuple[Works, ...]
    dn_mm: I64


def build_water(
    plan: CityPlan, streets: Streets, people: People, random: np.random.Generator
) -> WaterCity:
    """Lay the pipes, size the stations, set the controls."""
    crossings = find_crossings(streets)
    works, _ = place_works(plan, streets, people.mean_m3h)
    ids = numbered("J", streets.count)
    zone_mean: F64 = np.bincount(
        streets.zones.zone, weights=people.mean_m3h, minlength=len(streets.zones.kind)
    ).astype(np.float64)
    summits = [_summit(streets, crossing.zone) for crossing in crossings.boosters]
    # tanks fill and empty through the pipes that supply the people beside them
    carried = people.mean_m3h.copy()
    for each in works:
        carried[each.tank_node] += TANK_FLOW_SHARE * each.mean_m3h
    for crossing, summit in zip(crossings.boosters, summits, strict=True):
        carried[summit] += TANK_FLOW_SHARE * zone_mean[crossing.zone]
    dn = diameters_mm(streets, crossings, works, carried, random)
    pipes = street_pipes(streets, crossings, ids, dn, roughness(dn, random))
    stations = Stations()
    for number, each in enumerate(works, start=1):
        add_works(stations, streets, ids, number, each)
    _add_zones(stations, streets, ids, crossings, summits, zone_mean, dn)
    nodes: dict[str, Node] = {j.id: j for j in _junctions(streets, ids, people)}
    links: dict[str, Link] = dict(pipes)
    net = Network(
        medium="water",
        title="Ringmain example city, water",
        nodes=nodes | stations.nodes,
        links=links | stations.links,
        patterns={p.id: p for p in PATTERNS},
        curves=stations.curves,
        controls=tuple(stations.controls),
        options=Options(
            flow_unit="CMH", default_pattern=None, accuracy=1e-4, required_pressure_m=16.0
        ),
        times=Times(
            duration_s=86400, hydraulic_step_s=900, pattern_step_s=3600, report_step_s=3600
        ),
    )
    return WaterCity(net=net, ids=tuple(ids), crossings=crossings, works=works, dn_mm=dn)


def _summit(streets: Streets, zone: int) -> int:
    """The highest intersection of a zone that a main reaches: its tank stands there."""
    own = np.flatnonzero(streets.zones.zone == zone)
    lines = own[streets.rank[own] > LANE]
    sites = lines if len(lines) else own
    return int(sites[int(np.argmax(streets.elevation[sites]))])


def _add_zones(
    stations: Stations, streets: Streets, ids: list[str], crossings: Crossings,
    summits: list[int], zone_mean: F64, dn: I64,
) -> None:  # fmt: skip
    zone = streets.zones.zone
    for number, (crossing, summit) in enumerate(
        zip(crossings.boosters, summits, strict=True), start=1
    ):
        add_high_zone(
            stations, streets, ids, number, crossing, summit,
            float(streets.elevation[zone == crossing.zone].max()),
            float(zone_mean[crossing.zone]), int(dn[crossing.edge]),
        )  # fmt: skip
    for number, crossing in enumerate(crossings.reducers, start=1):
        top = float(streets.elevation[zone == crossing.zone].max())
        add_reducer(
            stations, streets, ids, number, crossing, top + REDUCED_HEAD_ABOVE_M,
            max(int(dn[crossing.edge]), MAIN_DN),
        )  # fmt: skip


def _junctions(streets: Streets, ids: list[str], people: People) -> list[Junction]:
    classes = (
        ("RES", "residential", people.home_m3h.tolist()),
        ("COM", "commercial", people.shop_m3h.tolist()),
        ("IND", "industry", people.factory_m3h.tolist()),
    )
    elevation = streets.elevation.tolist()
    return [
        Junction(
            id=id_,
            elevation_m=elevation[i],
            position=place(streets, i),
            demands=tuple(
                Demand(base_m3s=values[i] / 3600.0, pattern=pattern, category=name)
                for pattern, name, values in classes
                if values[i] > 0.0
            ),
        )
        for i, id_ in enumerate(ids)
    ]
