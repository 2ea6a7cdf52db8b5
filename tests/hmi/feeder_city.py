"""A made-up city on a street grid: three networks, points, valves and customers."""

from __future__ import annotations

import math

from dispatch.customers import Customer
from hmi.api.site_view import SiteView
from network_models.elements import (
    Demand,
    GasJunction,
    GasPipe,
    GasSource,
    HeatJunction,
    HeatPipe,
    HeatSource,
    Junction,
    Link,
    Node,
    Pipe,
    Reservoir,
    Tank,
)
from network_models.network import Medium, Network
from network_models.valves import IsolationValve
from scada.point import Limits, Point

STREET_M = 180.0


def _grid(side: int, medium: Medium, shift: float) -> tuple[dict[str, Node], dict[str, Link]]:
    nodes: dict[str, Node] = {}
    links: dict[str, Link] = {}
    for i in range(side):
        for j in range(side):
            id_ = f"J{i * side + j + 1}"
            bend = 40.0 * math.sin(0.9 * i) + 25.0 * math.cos(0.7 * j)
            place = (STREET_M * j + bend + shift, STREET_M * i + 0.6 * bend + shift)
            height = 20.0 + 0.012 * place[0]
            if medium == "water":
                nodes[id_] = Junction(
                    id=id_, position=place, elevation_m=height, demands=(Demand(base_m3s=1e-3),)
                )
            elif medium == "gas":
                nodes[id_] = GasJunction(id=id_, position=place, demand_kgs=0.01)
            else:
                nodes[id_] = HeatJunction(id=id_, position=place, side="supply")
    number = 0
    for i in range(side):
        for j in range(side):
            here = f"J{i * side + j + 1}"
            for di, dj in ((0, 1), (1, 0)):
                a, b = i + di, j + dj
                if a >= side or b >= side or (i * 7 + j * 3 + di) % 5 == 4:
                    continue
                number += 1
                size = 0.6 if i == side // 2 or j == side // 2 else (0.3 if (i + j) % 3 else 0.15)
                there, id_ = f"J{a * side + b + 1}", f"P{number}"
                if medium == "water":
                    links[id_] = Pipe(
                        id=id_, start=here, end=there, length_m=180, diameter_m=size, roughness=120
                    )
                elif medium == "gas":
                    links[id_] = GasPipe(
                        id=id_, start=here, end=there, length_m=180, diameter_m=size
                    )
                else:
                    links[id_] = HeatPipe(
                        id=id_, start=here, end=there, length_m=180, diameter_m=size
                    )
    return nodes, links


def _networks(side: int) -> dict[str, Network]:
    far = STREET_M * side
    middle = f"J{(side // 2) * side + side // 2 + 1}"
    nodes, links = _grid(side, "water", 0.0)
    nodes["R1"] = Reservoir(id="R1", position=(-300.0, far / 2), elevation_m=75.0)
    nodes["T1"] = Tank(
        id="T1",
        position=(far + 100.0, far * 0.7),
        elevation_m=62.0,
        initial_level_m=3.0,
        minimum_level_m=0.5,
        maximum_level_m=5.0,
        diameter_m=20.0,
    )
    links["M1"] = Pipe(
        id="M1",
        start="R1",
        end=f"J{(side // 2) * side + 1}",
        length_m=400,
        diameter_m=0.9,
        roughness=130,
        vertices=((-200.0, far / 2 + 60.0), (-100.0, far / 2 + 60.0)),
    )
    links["M2"] = Pipe(id="M2", start=middle, end="T1", length_m=900, diameter_m=0.5, roughness=130)
    water = Network(medium="water", nodes=nodes, links=links)
    nodes, links = _grid(side, "gas", 45.0)
    nodes["G1"] = GasSource(id="G1", position=(far / 2, -250.0), pressure_pa=3.5e5)
    links["GM1"] = GasPipe(id="GM1", start="G1", end="J7", length_m=300, diameter_m=0.3)
    gas = Network(medium="gas", nodes=nodes, links=links)
    nodes, links = _grid(max(4, side // 2), "heat", 90.0)
    nodes["HR"] = HeatJunction(id="HR", position=(-150.0, -150.0), side="return")
    links["H1"] = HeatSource(
        id="H1", start="HR", end="J1", supply_temperature_k=363.0, pressure_rise_pa=3e5
    )
    heat = Network(medium="heat", nodes=nodes, links=links)
    return {"water": water, "gas": gas, "heat": heat}


def pressures(net: Network) -> dict[str, float]:
    """A smooth made-up pressure of every node, Pa: high at the left, low at the far corner."""
    far = max(n.position[0] for n in net.nodes.values() if n.position) or 1.0
    field = {}
    for id_, node in net.nodes.items():
        x, y = node.position or (0.0, 0.0)
        field[id_] = 4.1e5 - 2.0e5 * (x / far) - 0.8e5 * (y / far) + 1e4 * math.sin(x / 500)
    return field


def _points(networks: dict[str, Network]) -> list[Point]:
    points: list[Point] = []
    drivers = {"water": ("rtu-01", "rtu-02", "rtu-03"), "gas": ("rtu-04",), "heat": ("plc-01",)}
    for utility, net in networks.items():
        assert utility in ("water", "gas", "heat")
        names = [id_ for id_ in net.nodes if id_.startswith("J")]
        for k, id_ in enumerate(names[:: 3 if utility == "water" else 7]):
            end = utility == "water" and k % 3 == 0
            points.append(
                Point(
                    id=f"{utility[0].upper()}-P-{id_}",
                    utility=utility,
                    quantity="pressure",
                    unit="MPa" if utility == "water" else "kPa",
                    element=f"node:{id_}",
                    driver=drivers[utility][k % len(drivers[utility])],
                    address=f"ir:{2 * k}",
                    limits=Limits(low=1.4e5 if end else 1.0e5, high=4.6e5, deadband=2e3),
                    priority="urgent" if end else "medium",
                    rule="WATER-PRESSURE-END-MIN" if end else "",
                    end_point=end,
                    text_zh=f"{id_} 管网{'末梢' if end else '测点'}压力",
                    text_en=f"{id_} {'network end' if end else 'test point'} pressure",
                )
            )
        for k, id_ in enumerate(list(net.links)[::25]):
            points.append(
                Point(
                    id=f"{utility[0].upper()}-F-{id_}",
                    utility=utility,
                    quantity="flow",
                    unit="m3/h",
                    element=f"link:{id_}",
                    driver=drivers[utility][0],
                    address=f"ir:{1000 + 2 * k}",
                    text_zh=f"{id_} 流量",
                    text_en=f"{id_} flow",
                )
            )
    points.append(
        Point(
            id="W-L-T1",
            utility="water",
            quantity="level",
            unit="m",
            element="node:T1",
            driver="rtu-01",
            address="ir:2000",
            limits=Limits(low_low=0.8, low=1.5, high=4.5, high_high=4.9),
            priority="high",
            text_zh="T1 清水池水位",
            text_en="T1 tank level",
        )
    )
    points.append(
        Point(
            id="W-S-PRV1",
            utility="water",
            quantity="pressure",
            unit="MPa",
            element="link:M1",
            driver="rtu-01",
            address="hr:10",
            writable=True,
            text_zh="出厂压力设定",
            text_en="Plant outlet pressure set point",
        )
    )
    return points


def city(side: int = 14) -> SiteView:
    """A site with side x side street corners."""
    networks = _networks(side)
    water = networks["water"]
    valves = [
        IsolationValve(
            id=f"V{k}",
            link=id_,
            side="start",
            dn_mm=300.0,
            remote=k % 5 == 0,
            position=water.nodes[link.start].position,
        )
        for k, (id_, link) in enumerate(list(water.links.items())[::2])
    ]
    kinds = ("residential", "residential", "residential", "hospital", "school", "commercial")
    customers = []
    for k, (id_, node) in enumerate(list(water.nodes.items())[::2]):
        x, y = node.position or (0.0, 0.0)
        kind = kinds[k % len(kinds)]
        customers.append(
            Customer(
                id=f"C{k}",
                element=f"node:{id_}",
                households=80 if kind == "residential" else 0,
                people=240 if kind == "residential" else 150,
                kind=kind,
                community=f"里仁{k // 12 + 1}区" if kind == "residential" else "",
                name_zh=f"用户{k}",
                name_en=f"Customer {k}",
                x=x + 20,
                y=y + 20,
            )
        )
    return SiteView(
        name_zh="泉城示范市",
        name_en="Springs Example City",
        language="zh",
        timezone="Asia/Shanghai",
        version="0.1.0",
        points=_points(networks),
        networks=networks,
        valves=valves,
        customers=customers,
        end_limit_pa=1.4e5,
        end_rule="WATER-PRESSURE-END-MIN",
        drivers=("rtu-01", "rtu-02", "rtu-03", "rtu-04", "plc-01"),
    )
