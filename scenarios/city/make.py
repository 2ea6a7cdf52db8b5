"""Makes the whole site folder of a city."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import numpy as np

from network_models.formats.inp_write import write_inp
from network_models.formats.native import write_native
from scada.point_table import PointTable
from scenarios.city import names
from scenarios.city.alarms import write_alarms
from scenarios.city.customers import write_customers
from scenarios.city.gas import build_gas
from scenarios.city.heat import build_heat
from scenarios.city.metered import write_zones
from scenarios.city.people import settle
from scenarios.city.plan import CityPlan, plan_city
from scenarios.city.points_gas_heat import add_gas_points, add_heat_points
from scenarios.city.points_water import add_water_points
from scenarios.city.services import write_city_valves, write_crews, write_fleet, write_roads
from scenarios.city.streets import lay_streets
from scenarios.city.water import build_water
from scenarios.devices import DEVICES, Ports, driver_configs
from scenarios.limits import rule_limits
from scenarios.point_book import PointBook
from scenarios.site_text import SiteText, write_site_toml

PROFILE = "jinan"
FILES = {"water": "water.inp", "gas": "gas.json", "heat": "heat.json"}
RULES_DAY = date(2025, 1, 1)
"""The day whose rules the point list's limits are taken from: the same for every making."""


def make_city(
    folder: Path | str,
    *,
    seed: int = 1,
    elements: int = 4800,
    modbus_base_port: int = 15020,
    opcua_base_port: int = 14840,
    web_port: int = 8080,
    language: str = "zh",
    utilities: Collection[str] = ("water", "gas", "heat"),
) -> None:
    """Write a city's site folder: three networks, points, customers, valves, roads, fleet.

    `elements` is about the number of nodes and links of the three networks together, 200 to
    1,000,000 (ValueError otherwise); `utilities` are the networks to lay, water always being one.
    The same arguments give the same bytes.
    """
    folder = Path(folder)
    (folder / "networks").mkdir(parents=True, exist_ok=True)
    plan = plan_city(seed=seed, elements=elements)
    ports = Ports(modbus=modbus_base_port, opcua=opcua_base_port, web=web_port)
    files = {utility: file for utility, file in FILES.items() if utility in utilities}
    points = _write(folder, plan, files)
    points.write(folder / "points.csv")
    write_alarms(folder / "alarms.csv", points)
    write_site_toml(
        folder / "site.toml",
        SiteText(
            name_zh=names.CITY[0],
            name_en=names.CITY[1],
            language=language,
            profile=PROFILE,
            seed=seed,
            drivers=driver_configs(points, ports),
            networks={utility: f"networks/{file}" for utility, file in files.items()},
            web_port=web_port,
        ),
    )


def _write(folder: Path, plan: CityPlan, files: Mapping[str, str]) -> PointTable:
    # one stream a part: a change in one part leaves the others as they are
    def stream(part: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([plan.seed, part]))

    networks = folder / "networks"
    limits = rule_limits(PROFILE, RULES_DAY)
    book = PointBook({device.name: device for device in DEVICES})
    streets = lay_streets(plan, stream(1))
    people = settle(plan, streets, stream(2))
    water = build_water(plan, streets, people, stream(3))
    write_inp(water.net, networks / FILES["water"])
    add_water_points(book, plan, streets, water, limits)
    if "gas" in files:
        gas = build_gas(plan, streets, people)
        write_native(gas.net, networks / FILES["gas"])
        add_gas_points(book, gas, limits)
    if "heat" in files:
        heat = build_heat(plan, streets, stream(4))
        write_native(heat.net, networks / FILES["heat"])
        add_heat_points(book, heat, limits)
    write_city_valves(folder / "valves.csv", water.net, stream(5))
    write_customers(folder / "customers.csv", plan, streets, people, water.ids, stream(6))
    write_roads(folder / "roads.csv", streets, stream(7))
    count = int(people.people.sum())
    write_fleet(folder, streets, water.works, water.ids, count)
    write_zones(folder / "zones.csv", streets, water)
    write_crews(folder / "crews.csv", streets, count, list(files))
    return book.table()
