"""A small town: a loop of DN300 mains, a branch to a hospital and a tower beyond a valve.

R ==M0== A ==M1== B        all mains DN300 with a valve at both ends
         |        |
         M3       M2
         |        |
         D ==M4== C --P5-- E --P6-- F      branch DN150 (valves at the starts)
                  |
                  P7
                  |
                  G --P8-- T (tank)
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from dispatch.customers import Customer
from dispatch.fleet import Depot, FillPoint, Truck
from dispatch.outage import OutageSettings, PlanningContext, SiteNames
from dispatch.roads import Road, RoadGraph
from dispatch.rulebook import RuleBook
from network_models.elements import Demand, Junction, Pipe, Reservoir, Tank
from network_models.network import Network
from network_models.operation import Options, Pattern, Times
from network_models.valves import IsolationValve

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLACES = {
    "R": (-1000.0, 0.0),
    "A": (0.0, 0.0),
    "B": (1000.0, 0.0),
    "C": (1000.0, 1000.0),
    "D": (0.0, 1000.0),
    "E": (2000.0, 1000.0),
    "F": (3000.0, 1000.0),
    "G": (1000.0, 2000.0),
    "T": (1000.0, 3000.0),
}
DEMAND_LS = {"A": 5.0, "B": 20.0, "C": 20.0, "D": 10.0, "E": 4.0, "F": 3.0, "G": 3.0}
PIPES = {
    "M0": ("R", "A", 0.5),
    "M1": ("A", "B", 0.3),
    "M2": ("B", "C", 0.3),
    "M3": ("A", "D", 0.3),
    "M4": ("D", "C", 0.3),
    "P5": ("C", "E", 0.15),
    "P6": ("E", "F", 0.15),
    "P7": ("C", "G", 0.15),
    "P8": ("G", "T", 0.15),
}


@pytest.fixture(scope="session")
def town() -> Network:
    """The network; twice the demand from 6 to 9 in the morning."""
    nodes = {
        "R": Reservoir(id="R", elevation_m=40.0, position=PLACES["R"]),
        "T": Tank(
            id="T",
            elevation_m=22.0,
            position=PLACES["T"],
            initial_level_m=3.0,
            minimum_level_m=0.0,
            maximum_level_m=5.0,
            diameter_m=6.0,
        ),
    }
    for name, litres in DEMAND_LS.items():
        nodes[name] = Junction(
            id=name,
            elevation_m=5.0,
            position=PLACES[name],
            demands=(Demand(base_m3s=litres * 1e-3, pattern="day"),),
        )
    links = {
        name: Pipe(
            id=name, start=start, end=end, length_m=1000.0, diameter_m=diameter, roughness=110.0
        )
        for name, (start, end, diameter) in PIPES.items()
    }
    multipliers = tuple(2.0 if 6 <= hour < 9 else 0.8 for hour in range(24))
    return Network(
        nodes=nodes,
        links=links,
        patterns={"day": Pattern(id="day", multipliers=multipliers)},
        options=Options(default_pattern=None),
        times=Times(duration_s=86400),
    )


@pytest.fixture(scope="session")
def valves() -> tuple[IsolationValve, ...]:
    """Both ends of every main, the start of every branch pipe."""
    found = []
    for name, (_, _, diameter) in PIPES.items():
        sides = ("start", "end") if name.startswith("M") else ("start",)
        for side in sides:
            found.append(
                IsolationValve(id=f"V-{name}-{side}", link=name, side=side, dn_mm=diameter * 1000.0)
            )
    return tuple(found)


def customer(name: str, node: str, people: int, kind: str = "residential", **more: str) -> Customer:
    x, y = PLACES[node]
    return Customer(
        id=name,
        element=f"water/node:{node}",
        households=people // 3 if kind == "residential" else 0,
        people=people,
        kind=kind,
        community=more.get("community", ""),
        name_zh=more.get("zh", name),
        name_en=more.get("en", name),
        x=x,
        y=y,
    )


@pytest.fixture(scope="session")
def customers() -> tuple[Customer, ...]:
    """Homes everywhere, a hospital and a school at the end of the branch, a factory at D."""
    return (
        customer("C-B", "B", 3600, community="east"),
        customer("C-C", "C", 3000, community="east"),
        customer("C-D", "D", 900, community="north"),
        customer("C-E", "E", 600, community="river"),
        customer("C-F", "F", 300, community="river"),
        customer("H-1", "F", 200, "hospital", zh="市第一医院", en="First Hospital"),
        customer("S-1", "E", 400, "school", community="river", zh="滨河小学", en="River School"),
        customer("W-1", "D", 50, "industry", zh="机械厂", en="Machine Works"),
        customer("C-G", "G", 450, community="hill"),
    )


@pytest.fixture(scope="session")
def roads() -> RoadGraph:
    """A street along every pipe, both ways at 36 km/h."""
    streets = []
    for name, (start, end, _) in PIPES.items():
        (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
        streets.append(
            Road(
                id=name,
                start=start,
                end=end,
                x1=x1,
                y1=y1,
                x2=x2,
                y2=y2,
                length_m=1000.0,
                speed_ms=10.0,
            )
        )
    return RoadGraph(streets)


def truck(name: str, **changes: float | bool | str) -> Truck:
    base = Truck(
        id=name,
        depot="Y",
        capacity_m3=8.0,
        shift_s=8 * 3600.0,
        discharge_m3s=0.005,
        setup_s=600.0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def context(
    town: Network,
    valves: tuple[IsolationValve, ...],
    customers: tuple[Customer, ...],
    roads: RoadGraph,
) -> PlanningContext:
    """The town's desk, in Shanghai's zone under the complete profile."""
    return PlanningContext(
        network=town,
        valves=valves,
        customers=customers,
        roads=roads,
        fleet=tuple(truck(f"T{i}") for i in range(1, 5)),
        fill_points=(
            FillPoint(
                id="F1",
                name_zh="一号取水栓",
                name_en="Hydrant 1",
                x=0.0,
                y=0.0,
                element="water/node:A",
                flow_m3s=0.01,
            ),
            FillPoint(
                id="F2",
                name_zh="二号取水栓",
                name_en="Hydrant 2",
                x=2000.0,
                y=1000.0,
                element="water/node:E",
                flow_m3s=0.02,
            ),
        ),
        depots=(Depot(id="Y", name_zh="车场", name_en="Yard", x=0.0, y=1000.0),),
        rulebook=RuleBook.load(),
        timezone=SHANGHAI,
        names=SiteNames(
            zh="示范市",
            en="Model City",
            communities={
                "east": ("东苑小区", "East Court"),
                "river": ("滨河小区", "Riverside"),
                "north": ("北园小区", "North Park"),
                "hill": ("山语小区", "Hillside"),
            },
        ),
        settings=OutageSettings(truck_iterations=300),
    )
