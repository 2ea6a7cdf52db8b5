"""Makes a site folder to edit: the example city, or a network file of one's own.

For a file of one's own, what it does not tell is derived by plain rules and says so: isolation
valves by the N - 1 rule, customers estimated from demands, streets along the pipes.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from network_models.formats.valves_csv import write_valves
from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.read import read_network
from network_models.valve_placing import place_valves
from scada.point_table import PointTable
from scenarios.city import make_city
from scenarios.derived import write_customers, write_fleet, write_roads
from scenarios.devices import Ports, driver_configs, free_ports
from scenarios.limits import rule_limits
from scenarios.points_for import choose_points
from scenarios.site_text import SiteText, write_site_toml

Example = Literal["city", "water", "empty"]
PROFILE = "jinan"


def init_site(
    folder: Path | str,
    *,
    example: Example = "city",
    network_file: Path | str | None = None,
    seed: int = 1,
    elements: int = 4800,
) -> None:
    """Write a new site folder.

    `example`: `city` has water, gas and heat, `water` the same city's water alone, `empty` nothing
    but the files. With `network_file` the site is made for that network instead. Ports are chosen
    among those free now. InputError when the folder is not empty or the file cannot be used.
    """
    folder = Path(folder)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        found = "a file" if folder.is_file() else "a folder with files in it"
        raise InputError([_problem(folder, "folder", found, "a new or an empty folder")])
    if network_file is not None:
        network = read_network(network_file)
        _make_for(folder, network, Path(network_file), seed)
    elif example == "empty":
        _make_for(folder, None, None, seed)
    else:
        ports = free_ports(folder)
        try:
            make_city(
                folder,
                seed=seed,
                elements=elements,
                modbus_base_port=ports.modbus,
                opcua_base_port=ports.opcua,
                web_port=ports.web,
                utilities=("water", "gas", "heat") if example == "city" else ("water",),
            )
        except ValueError as error:
            raise InputError([_problem(folder, "elements", str(elements), str(error))]) from error


def _make_for(folder: Path, network: Network | None, file: Path | None, seed: int) -> None:
    """A site for one network, or for none."""
    (folder / "networks").mkdir(parents=True, exist_ok=True)
    ports: Ports = free_ports(folder)
    points = PointTable()
    water = network if network is not None and network.medium == "water" else None
    files: dict[str, str] = {}
    if network is not None and file is not None:
        files[network.medium] = f"networks/{network.medium}{file.suffix.lower()}"
        shutil.copyfile(file, folder / files[network.medium])
    if water is not None:
        points = choose_points(water, rule_limits(PROFILE, datetime.now(UTC).date()))
    points.write(folder / "points.csv")
    write_valves(place_valves(water) if water is not None else (), folder / "valves.csv")
    people = write_customers(folder / "customers.csv", water)
    write_roads(folder / "roads.csv", water)
    write_fleet(folder, water, people)
    name = "新站点" if file is None else file.stem
    write_site_toml(
        folder / "site.toml",
        SiteText(
            name_zh=name,
            name_en="New site" if file is None else file.stem,
            profile=PROFILE,
            seed=seed,
            drivers=driver_configs(points, ports),
            networks=files,
            web_port=ports.web,
        ),
    )


def _problem(folder: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(folder), line=None, field=field, found=found, expected=expected)
