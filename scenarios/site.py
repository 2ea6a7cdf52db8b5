"""A site: everything its folder says, read and checked together.

site = load_site("city")         # InputError lists every problem of every file
site.networks["water"], site.points, site.drivers, site.customers, ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TypeVar

from dispatch.crew_file import read_crews
from dispatch.crews import Crew
from dispatch.customers import Customer, read_customers
from dispatch.element import element_name
from dispatch.fleet import Depot, FillPoint, Truck, read_depots, read_fill_points, read_fleet
from dispatch.roads import Road, read_roads
from network_models.formats.valves_csv import read_valves
from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.read import read_network
from network_models.valves import IsolationValve
from scada.alarm_setting import AlarmSetting
from scada.alarm_table import read_alarms
from scada.point_table import PointTable, read_points
from scenarios.site_settings import SiteSettings, read_settings

T = TypeVar("T")

TABLES = (
    "points.csv",
    "valves.csv",
    "customers.csv",
    "roads.csv",
    "fleet.csv",
    "fill_points.csv",
    "depots.csv",
)
"""Every table of a site folder; one without rows still has its header."""

ALARMS = "alarms.csv"
"""What the site decides of its alarms; may be missing."""
CREWS = "crews.csv"
"""Who can be sent out; may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(SiteSettings):
    """A site as its folder describes it: its settings, and what the files it names hold.

    `networks` and `network_files` are by utility. `valves`, `customers` and `fill_points` belong to
    the water network. `data` is where a running room keeps its stores.
    """

    path: Path
    networks: Mapping[str, Network]
    network_files: Mapping[str, Path]
    points: PointTable
    valves: tuple[IsolationValve, ...]
    customers: tuple[Customer, ...]
    roads: tuple[Road, ...]
    fleet: tuple[Truck, ...]
    fill_points: tuple[FillPoint, ...]
    depots: tuple[Depot, ...]
    data: Path
    fire_fleet: tuple[Truck, ...] = ()
    crews: tuple[Crew, ...] = ()
    web_certificate: Path | None = None
    web_key: Path | None = None
    alarms: Mapping[str, AlarmSetting] = field(default_factory=dict)


def load_site(path: Path | str) -> Site:
    """Read a site folder; InputError lists every problem of every file at once."""
    folder = Path(path)
    if not folder.is_dir():
        raise InputError([_problem(folder, "site", "no such folder", "a site folder")])
    settings, problems = read_settings(folder / "site.toml")
    problems = list(problems)

    def one(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)
            return None

    def rows(read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        return one(read) or ()

    files = {utility: folder / file for utility, file in settings.network_names.items()}
    read = {utility: one(partial(_network, utility, file)) for utility, file in files.items()}
    networks = {utility: network for utility, network in read.items() if network is not None}
    # an unread network is one problem, not one more for every row that names its elements
    water = read["water"] if "water" in files else Network()
    depots = rows(lambda: read_depots(folder / "depots.csv"))
    points = one(lambda: _points(folder, settings, files, networks)) or PointTable()
    alarms: Mapping[str, AlarmSetting] = {}
    if (folder / ALARMS).exists() and len(points):
        alarms = one(lambda: read_alarms(folder / ALARMS, points)) or {}
    valves = rows(lambda: _valves(folder, water))
    customers = rows(lambda: _customers(folder, water))
    roads = rows(lambda: read_roads(folder / "roads.csv"))
    fleet = rows(lambda: _fleet(folder, depots))
    fire_fleet = rows(lambda: _fire_fleet(folder, depots, fleet))
    fill_points = rows(lambda: _fill_points(folder, water))
    crews = rows(lambda: read_crews(folder / CREWS)) if (folder / CREWS).exists() else ()
    if problems:
        raise InputError(problems)
    return Site(
        **{each.name: getattr(settings, each.name) for each in fields(settings)},
        path=folder.resolve(),
        networks=networks,
        network_files={utility: file.resolve() for utility, file in files.items()},
        points=points,
        valves=valves,
        customers=customers,
        roads=roads,
        fleet=fleet,
        fire_fleet=fire_fleet,
        crews=crews,
        fill_points=fill_points,
        depots=depots,
        web_certificate=folder / settings.certificate_name if settings.certificate_name else None,
        web_key=folder / settings.key_name if settings.key_name else None,
        alarms=alarms,
        data=(folder / settings.data_folder).resolve(),
    )


class _Anything(Collection[str]):
    """Stands for the elements of a network that could not be read: nothing is judged by it."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _network(utility: str, file: Path) -> Network:
    network = read_network(file)
    if network.medium != utility:
        raise InputError([_problem(file, "medium", network.medium, utility)])
    return network


def _points(
    folder: Path,
    settings: SiteSettings,
    files: Mapping[str, Path],
    networks: Mapping[str, Network],
) -> PointTable:
    elements: dict[str, Collection[str]] = {utility: _Anything() for utility in files}
    for utility, network in networks.items():
        names = {f"node:{id_}" for id_ in network.nodes}
        elements[utility] = names | {f"link:{id_}" for id_ in network.links}
    return read_points(
        folder / "points.csv",
        drivers=settings.driver_kinds,
        elements=elements,
        scan_classes=settings.scan,
    )


def _valves(folder: Path, water: Network | None) -> tuple[IsolationValve, ...]:
    return () if water is None else read_valves(folder / "valves.csv", water)


def _customers(folder: Path, water: Network | None) -> tuple[Customer, ...]:
    file = folder / "customers.csv"
    if water is None:
        return read_customers(file)
    return read_customers(file, nodes=water.nodes, links=water.links)


def _fleet(folder: Path, depots: tuple[Depot, ...]) -> tuple[Truck, ...]:
    return read_fleet(folder / "fleet.csv", depots=[depot.id for depot in depots])


def _fire_fleet(
    folder: Path, depots: tuple[Depot, ...], fleet: tuple[Truck, ...]
) -> tuple[Truck, ...]:
    """Trucks that an agreement with the fire service gives; the file is there if there is one."""
    file = folder / "fire_fleet.csv"
    if not file.exists():
        return ()
    trucks = read_fleet(file, depots=[depot.id for depot in depots])
    own = {truck.id for truck in fleet}
    wrong = [
        _problem(file, f"{truck.id}.id", truck.id, "an id no truck of fleet.csv has")
        for truck in trucks
        if truck.id in own
    ]
    if wrong:
        raise InputError(wrong)
    return trucks


def _fill_points(folder: Path, water: Network | None) -> tuple[FillPoint, ...]:
    file = folder / "fill_points.csv"
    points = read_fill_points(file)
    nodes: Collection[str] = _Anything() if water is None else water.nodes
    wrong = [
        _problem(file, f"{point.id}.element", point.element, "a node of the water network, or none")
        for point in points
        if point.element and element_name(point.element).id not in nodes
    ]
    if wrong:
        raise InputError(wrong)
    return points


def _problem(file: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(file), line=None, field=field, found=found, expected=expected)
