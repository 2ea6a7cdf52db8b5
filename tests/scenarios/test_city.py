"""The example city: repeatable to the byte, whole, of the size asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from dispatch.roads import RoadGraph
from network_models.elements import GasJunction, HeatPipe, Junction, Pipe, Tank
from scada.point import Point
from scenarios.city import make_city
from scenarios.city.graph import components
from scenarios.site import Site, load_site


def digest(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("city")
    make_city(folder, seed=1, elements=3000)
    return load_site(folder)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    make_city(tmp_path / "a", seed=7, elements=600)
    make_city(tmp_path / "b", seed=7, elements=600)
    make_city(tmp_path / "c", seed=8, elements=600)
    first, second, other = (digest(tmp_path / name) for name in "abc")
    assert first == second
    assert set(first) == set(other)
    same = {name for name in first if first[name] == other[name]}
    assert not same & {"networks/water.inp", "points.csv", "customers.csv", "roads.csv"}


@pytest.mark.parametrize("elements", [200, 1000, 3000, 20_000])
def test_any_size_is_a_sound_site_of_about_that_size(tmp_path: Path, elements: int) -> None:
    make_city(tmp_path, seed=3, elements=elements)
    site = load_site(tmp_path)
    count = sum(len(net.nodes) + len(net.links) for net in site.networks.values())
    assert count == pytest.approx(elements, rel=0.1)
    assert set(site.networks) == {"water", "gas", "heat"}


@pytest.mark.parametrize("elements", [199, 1_000_001])
def test_sizes_outside_the_range_are_refused(tmp_path: Path, elements: int) -> None:
    with pytest.raises(ValueError, match="elements must be"):
        make_city(tmp_path, elements=elements)


def test_every_network_is_one_piece_with_its_sources(city: Site) -> None:
    for utility in ("water", "gas"):
        net = city.networks[utility]
        index = {id_: i for i, id_ in enumerate(net.nodes)}
        a = np.array([index[link.start] for link in net.links.values()])
        b = np.array([index[link.end] for link in net.links.values()])
        assert len(np.unique(components(len(index), a, b))) == 1


def test_supply_and_return_pipes_come_in_pairs(city: Site) -> None:
    pipes = [link for link in city.networks["heat"].links.values() if isinstance(link, HeatPipe)]
    supply = {
        (p.start[2:], p.end[2:], p.length_m, p.diameter_m) for p in pipes if p.start[1] == "S"
    }
    back = {(p.end[2:], p.start[2:], p.length_m, p.diameter_m) for p in pipes if p.start[1] == "R"}
    assert supply
    assert supply == back


def test_what_a_city_has(city: Site) -> None:
    water = city.networks["water"]
    diameters = {
        round(1000 * link.diameter_m) for link in water.links.values() if isinstance(link, Pipe)
    }
    assert {100, 150, 200, 300, 600, 800, 1000} <= diameters
    assert sum(isinstance(node, Tank) for node in water.nodes.values()) >= 3
    junctions = [node for node in water.nodes.values() if isinstance(node, Junction)]
    classes = {demand.category for node in junctions for demand in node.demands}
    assert classes == {"residential", "commercial", "industry"}
    levels = {n.level for n in city.networks["gas"].nodes.values() if isinstance(n, GasJunction)}
    assert levels == {"medium", "low"}
    households: dict[str, int] = {}
    for customer in city.customers:
        if customer.community:
            households[customer.community] = (
                households.get(customer.community, 0) + customer.households
            )
    assert max(households.values()) >= 1000
    kinds = {customer.kind for customer in city.customers}
    assert {"residential", "hospital", "dialysis", "school", "industry", "commercial"} <= kinds
    assert len(city.fleet) == 15
    assert {5.0, 10.0} <= {truck.capacity_m3 for truck in city.fleet}
    assert any(not valve.operable for valve in city.valves)
    assert any(valve.remote for valve in city.valves)


def test_every_street_can_be_reached_and_left(city: Site) -> None:
    graph = RoadGraph(city.roads)
    sample = list(range(0, len(graph.nodes), 25))
    assert np.isfinite(graph.travel_times_s(sample)).all()


def test_the_point_list_uses_the_whole_field(city: Site) -> None:
    points = list(city.points)
    assert 300 <= len(points) <= 420
    assert {p.word_order for p in points if p.driver.startswith("rtu")} \
        == {"ABCD", "CDAB", "BADC", "DCBA"}  # fmt: skip
    assert {p.type for p in points} >= {"bool", "int16", "float32"}
    assert {p.address for p in points if p.driver == "model"} == {
        "end_min_pressure",
        "end_below_count",
        "residual_max",
        "unsupplied_nodes",
        "gas_user_min_pressure",
        "gas_user_max_pressure",
        "gas_users_outside",
        "gas_unsupplied_nodes",
        "gas_user_residual_max",
        "gas_residual_max",
        "heat_end_min_differential",
        "heat_stations_short",
        "heat_room_min_temperature",
        "heat_unsupplied_nodes",
        "heat_temperature_residual_max",
        "heat_pressure_residual_max",
    }
    assert all(p.text_zh and p.text_en for p in points)
    assert len({p.text_zh for p in points}) == len(points), "two points read the same"
    assert all(p.writable for p in points if p.quantity in ("status", "speed"))


def test_network_ends_carry_the_rules_limit(city: Site) -> None:
    ends: list[Point] = [p for p in city.points if p.end_point and p.utility == "water"]
    assert len(ends) >= 20
    assert {p.rule for p in ends} == {"WATER-PRESSURE-END-MIN"}
    assert [p.limits.low for p in ends] == [pytest.approx(0.14e6)] * len(ends)
    users = [p for p in city.points if p.end_point and p.utility == "gas"]
    assert {(p.limits.low, p.limits.high) for p in users} == {(1500.0, 3000.0)}


def test_network_ends_lie_on_dn300_mains(city: Site) -> None:
    water = city.networks["water"]
    on_main = {
        node
        for link in water.links.values()
        if isinstance(link, Pipe) and link.diameter_m == 0.3
        for node in (link.start, link.end)
    }
    ends = {
        p.element.removeprefix("node:") for p in city.points if p.end_point and p.utility == "water"
    }
    assert ends <= on_main
