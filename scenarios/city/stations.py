"""Water works, elevated tanks, booster stations and reducing valves: records of each station."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi, sqrt

from network_models.elements import Junction, Link, Node, Pipe, Pump, Reservoir, Tank, Valve
from network_models.operation import Control, Curve
from scenarios.city.links import Crossing
from scenarios.city.streets import Streets
from scenarios.city.terrain import LOW_ZONE_TOP_M
from scenarios.city.water_pipes import between, joint, place
from scenarios.city.works import Works

SERVICE_HEAD_M = 23.0
"""An elevated tank's floor stands so far above the highest ground it serves."""
TANK_LEVELS_M = (0.5, 3.2, 6.0)
"""Lowest, first and highest level."""
DUTY_SHARES = (0.62, 0.62, 0.62)
"""Design flow of each duty pump as a share of the mean demand."""
TANK_DAY_SHARE = 0.16
HIGH_TANK_DAY_SHARE = 0.22
OUTLET_LOSS_M = 3.0
"""Head lost between a works and its tank at mean flow."""


@dataclass(slots=True)
class Stations:
    """What is added to the pipes under the streets."""

    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)

    def add(self, *elements: Node | Link) -> None:
        """Take elements in."""
        for element in elements:
            if isinstance(element, Node):
                self.nodes[element.id] = element
            else:
                self.links[element.id] = element

    def switch(self, pump: str, tank: str, on_below: float, off_above: float) -> None:
        """Let a tank's level start and stop a pump."""
        self.controls += [
            Control(link=pump, status="open", trigger="below", node=tank, threshold_m=on_below),
            Control(link=pump, status="closed", trigger="above", node=tank, threshold_m=off_above),
        ]


def add_works(
    stations: Stations, streets: Streets, ids: list[str], number: int, works: Works
) -> None:
    """Works `number` (from 1): clear-water reservoir, four pumps in parallel, outlet main, tank."""
    name = f"W{number}"
    x, y = place(streets, works.node)
    ground = float(streets.elevation[works.node])
    dx = -170.0 if x < 0.5 * streets.terrain.extent[0] else 170.0
    water = round(ground + 3.0, 2)
    reservoir = Reservoir(id=f"R{number}", elevation_m=water, position=(round(x + 1.3 * dx, 1), y))
    outlet = joint(f"{name}-OUT", round(x + 0.5 * dx, 1), y, round(ground, 2), "works outlet")
    floor = round(LOW_ZONE_TOP_M + SERVICE_HEAD_M, 1)
    lift = floor + TANK_LEVELS_M[1] + OUTLET_LOSS_M - water
    stations.add(reservoir, outlet)
    tank = _add_tank(
        stations, streets, ids, f"T{number}", works.tank_node, floor,
        TANK_DAY_SHARE * 24.0 * works.mean_m3h, main_mm=_main_mm(1.2 * works.mean_m3h),
    )  # fmt: skip
    for pump, share in enumerate((*DUTY_SHARES, DUTY_SHARES[-1]), start=1):
        curve = f"{name}-C{pump}"
        stations.curves[curve] = _one_point(curve, share * works.mean_m3h, lift)
        stations.add(
            Pump(
                id=f"{name}-PU{pump}", start=reservoir.id, end=outlet.id, head_curve=curve,
                status="open" if pump <= 2 else "closed",
            )
        )  # fmt: skip
    stations.add(
        Pipe(
            id=f"{name}-MAIN", start=outlet.id, end=ids[works.node], length_m=abs(0.5 * dx),
            diameter_m=_main_mm(2.0 * works.mean_m3h) / 1000.0, roughness=125.0, tag="trunk",
        )
    )  # fmt: skip
    # two pumps carry the mean day; the third helps in the evening, one rests at night
    for pump, on_below, off_above in ((1, 5.0, 5.7), (2, 3.9, 5.1), (3, 3.0, 4.3)):
        stations.switch(f"{name}-PU{pump}", tank, on_below, off_above)


def add_high_zone(
    stations: Stations, streets: Streets, ids: list[str], number: int, crossing: Crossing,
    tank_node: int, top_m: float, mean_m3h: float, main_mm: int,
) -> None:  # fmt: skip
    """Booster station `number` (from 1) with two pumps, and the high zone's tank."""
    name = f"B{number}"
    sx, sy, sz = between(streets, crossing.outer, crossing.inner, 0.42)
    ex, ey, ez = between(streets, crossing.outer, crossing.inner, 0.58)
    stations.add(
        joint(f"{name}-IN", sx, sy, sz, "booster inlet"),
        joint(f"{name}-OUT", ex, ey, ez, "booster outlet"),
    )
    floor = round(top_m + SERVICE_HEAD_M, 1)
    half = round(0.42 * float(streets.length[crossing.edge]), 1)
    lift = floor + TANK_LEVELS_M[1] + 2.5 - (LOW_ZONE_TOP_M + SERVICE_HEAD_M + 1.0)
    tank = _add_tank(
        stations, streets, ids, f"BT{number}", tank_node, floor,
        HIGH_TANK_DAY_SHARE * 24.0 * mean_m3h, main_mm=_main_mm(1.3 * mean_m3h),
    )  # fmt: skip
    for end, start, stop in (
        ("A", ids[crossing.outer], f"{name}-IN"),
        ("B", f"{name}-OUT", ids[crossing.inner]),
    ):
        stations.add(
            Pipe(
                id=f"{name}-{end}", start=start, end=stop, length_m=half,
                diameter_m=max(main_mm, _main_mm(1.8 * mean_m3h)) / 1000.0, roughness=122.0,
                tag="main",
            )
        )  # fmt: skip
    for pump in (1, 2):
        curve = f"{name}-C{pump}"
        stations.curves[curve] = _one_point(curve, 1.45 * mean_m3h, lift)
        stations.add(
            Pump(
                id=f"{name}-PU{pump}", start=f"{name}-IN", end=f"{name}-OUT", head_curve=curve,
                status="open" if pump == 1 else "closed",
            )
        )  # fmt: skip
    stations.switch(f"{name}-PU1", tank, 2.6, 5.0)
    stations.switch(f"{name}-PU2", tank, 1.4, 3.2)


def add_reducer(
    stations: Stations, streets: Streets, ids: list[str], number: int, crossing: Crossing,
    head_m: float, main_mm: int,
) -> None:  # fmt: skip
    """Reducing valve `number` (from 1) that holds the head `head_m` behind it."""
    name = f"V{number}"
    half = round(0.42 * float(streets.length[crossing.edge]), 1)
    joints: list[Junction] = []
    for side, share in (("IN", 0.45), ("OUT", 0.55)):
        x, y, z = between(streets, crossing.outer, crossing.inner, share)
        joints.append(joint(f"{name}-{side}", x, y, z, "reducing valve"))
    inlet, outlet = joints
    stations.add(
        inlet,
        outlet,
        Pipe(
            id=f"{name}-A", start=ids[crossing.outer], end=inlet.id, length_m=half,
            diameter_m=main_mm / 1000.0, roughness=122.0, tag="main",
        ),
        Pipe(
            id=f"{name}-B", start=outlet.id, end=ids[crossing.inner], length_m=half,
            diameter_m=main_mm / 1000.0, roughness=122.0, tag="main",
        ),
        Valve(
            id=name, start=inlet.id, end=outlet.id, kind="PRV", diameter_m=main_mm / 1000.0,
            setting=round(head_m - outlet.elevation_m, 1),
        ),
    )  # fmt: skip


def _add_tank(
    stations: Stations, streets: Streets, ids: list[str], tank: str, node: int, floor: float,
    volume_m3: float, *, main_mm: int,
) -> str:  # fmt: skip
    x, y = place(streets, node)
    low, first, high = TANK_LEVELS_M
    diameter = round(max(6.0, sqrt(4.0 * volume_m3 / (pi * (high - low)))), 1)
    stations.add(
        Tank(
            id=tank, elevation_m=floor, position=(round(x + 55.0, 1), round(y + 55.0, 1)),
            initial_level_m=first, minimum_level_m=low, maximum_level_m=high, diameter_m=diameter,
        ),
        Pipe(
            id=f"{tank}-MAIN", start=ids[node], end=tank, length_m=80.0,
            diameter_m=main_mm / 1000.0, roughness=125.0, tag="main" if main_mm < 600 else "trunk",
        ),
    )  # fmt: skip
    return tank


def _one_point(name: str, design_m3h: float, lift_m: float) -> Curve:
    """The head curve through one design point: shut-off head 4/3 of it, twice its flow at none."""
    return Curve(id=name, kind="pump", points=((round(design_m3h, 1) / 3600.0, round(lift_m, 1)),))


def _main_mm(flow_m3h: float) -> int:
    """The nominal diameter that carries a flow at 1.1 m/s or less."""
    for dn in (200, 300, 400, 500, 600, 800, 1000, 1200, 1400, 1600):
        if flow_m3h / 3600.0 <= 1.1 * pi / 4.0 * (dn / 1000.0) ** 2:
            return dn
    return 2000
