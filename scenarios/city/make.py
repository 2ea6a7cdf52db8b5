"""Makes the whole site folder of a city."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from network_models.formats.inp_write import write_inp
from network_models.formats.native import write_native
from scada.drivers.config import DriverConfig
from scenarios.city import names
from scenarios.city.customers import write_customers
from scenarios.city.gas import build_gas
from scenarios.city.heat import build_heat
from scenarios.city.people import settle
from scenarios.city.plan import CityPlan, plan_city
from scenarios.city.points_gas_heat import add_gas_points, add_heat_points
from scenarios.city.points_water import add_water_points
from scenarios.city.services import write_city_valves, write_fleet, write_roads
from scenarios.city.streets import lay_streets
from scenarios.city.water import build_water
from scenarios.limits import rule_limits
from scenarios.point_book import Device, PointBook
from scenarios.site_text import SiteText, write_site_toml

PROFILE = "jinan"
RULES_DAY = date(2025, 1, 1)
"""The day whose rules the point list's limits are taken from: the same for every making."""

DEVICES = (
    Device(name="plc-01", kind="opcua"),
    Device(name="rtu-01", kind="modbus_tcp", word_order="ABCD"),
    Device(name="rtu-02", kind="modbus_tcp", word_order="CDAB", area="ir"),
    Device(name="rtu-03", kind="modbus_tcp", number="int16", word_order="BADC"),
    Device(name="rtu-04", kind="modbus_tcp", word_order="DCBA"),
)
"""How the city's field devices hold their numbers: all word orders and both number formats."""


def make_city(
    folder: Path | str,
    *,
    seed: int = 1,
    elements: int = 3000,
    modbus_base_port: int = 15020,
    opcua_base_port: int = 14840,
    web_port: int = 8080,
    language: str = "zh",
) -> None:
    """Write a city's site folder: three networks, points, customers, valves, roads, fleet.

    `elements` is about the number of nodes and links of the three networks together, 200 to
    1,000,000 (ValueError otherwise). The same arguments give the same bytes.
    """
    folder = Path(folder)
    (folder / "networks").mkdir(parents=True, exist_ok=True)
    plan = plan_city(seed=seed, elements=elements)
    devices = {device.name: device for device in DEVICES}
    _write(folder, plan, devices)
    modbus = [device.name for device in DEVICES if device.kind == "modbus_tcp"]
    drivers = [
        DriverConfig(name=name, kind="modbus_tcp", port=modbus_base_port + i)
        for i, name in enumerate(modbus)
    ]
    drivers.append(
        DriverConfig(
            name="plc-01",
            kind="opcua",
            url=f"opc.tcp://127.0.0.1:{opcua_base_port}/ringmain/plc-01",
        )
    )
    write_site_toml(
        folder / "site.toml",
        SiteText(
            name_zh=names.CITY[0],
            name_en=names.CITY[1],
            language=language,
            profile=PROFILE,
            seed=seed,
            drivers=drivers,
            networks={utility: f"networks/{file}" for utility, file in FILES.items()},
            web_port=web_port,
        ),
    )


FILES = {"water": "water.inp", "gas": "gas.json", "heat": "heat.json"}


def _write(folder: Path, plan: CityPlan, devices: dict[str, Device]) -> None:
    # one stream a part: a change in one part leaves the others as they are
    def stream(part: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([plan.seed, part]))

    streets = lay_streets(plan, stream(1))
    people = settle(plan, streets, stream(2))
    water = build_water(plan, streets, people, stream(3))
    gas = build_gas(plan, streets, people)
    heat = build_heat(plan, streets, stream(4))
    networks = folder / "networks"
    write_inp(water.net, networks / FILES["water"])
    write_native(gas.net, networks / FILES["gas"])
    write_native(heat.net, networks / FILES["heat"])
    write_city_valves(folder / "valves.csv", water.net, stream(5))
    write_customers(folder / "customers.csv", plan, streets, people, water.ids, stream(6))
    write_roads(folder / "roads.csv", streets, stream(7))
    write_fleet(folder, streets, water.works, water.ids, int(people.people.sum()))
    limits = rule_limits(PROFILE, RULES_DAY)
    book = PointBook(devices)
    add_water_points(book, plan, streets, water, limits)
    add_gas_points(book, gas, limits)
    add_heat_points(book, heat)
    book.table().write(folder / "points.csv")
