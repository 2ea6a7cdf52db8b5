"""New site folders: from the city, from a network file of one's own, or empty."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest

from network_models.problems import InputError
from scenarios.devices import Ports, driver_configs, free_ports
from scenarios.init_site import init_site
from scenarios.site import load_site


def l_town() -> Path:
    spec = importlib.util.find_spec("epyt")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the epyt wheel with its example networks is not installed")
    return Path(spec.submodule_search_locations[0]) / "networks" / "L-TOWN.inp"


def test_a_city_with_water_alone(tmp_path: Path) -> None:
    init_site(tmp_path / "site", example="water", elements=300, seed=4)
    site = load_site(tmp_path / "site")
    assert set(site.networks) == {"water"}
    assert {point.utility for point in site.points} == {"water"}


def test_an_empty_site_is_in_order(tmp_path: Path) -> None:
    init_site(tmp_path / "site", example="empty")
    site = load_site(tmp_path / "site")
    assert not site.networks
    assert len(site.points) == 0


def test_a_site_for_l_town(tmp_path: Path) -> None:
    file = l_town()
    init_site(tmp_path / "site", network_file=file)
    site = load_site(tmp_path / "site")
    assert site.network_files["water"].read_bytes() == file.read_bytes()
    assert 40 <= len(site.points) <= 80
    assert {"pressure", "flow", "level", "status", "head"} <= {p.quantity for p in site.points}
    set_points = [p for p in site.points if p.id.endswith("-SP")]
    assert len(set_points) == 3
    assert all(p.writable for p in set_points)
    assert any(p.end_point and p.rule for p in site.points)
    assert site.valves
    assert site.roads
    assert site.fleet
    assert site.fill_points
    assert all("estimated" in c.name_en and "估算" in c.name_zh for c in site.customers)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="files in it"):
        init_site(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_bad_network_file_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.inp").write_text("[JUNCTIONS]\nJ1 high\n")
    with pytest.raises(InputError):
        init_site(tmp_path / "site", network_file=tmp_path / "bad.inp")
    assert not (tmp_path / "site").exists()


def test_a_size_out_of_range_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="elements"):
        init_site(tmp_path / "site", elements=10)


def test_a_port_in_use_is_not_chosen(tmp_path: Path) -> None:
    first = free_ports(tmp_path / "site")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.modbus + 1))
        assert not set(free_ports(tmp_path / "site").all) & set(first.all)


def test_two_folders_start_from_different_ports(tmp_path: Path) -> None:
    chosen = {free_ports(tmp_path / name).web for name in ("a", "b", "c", "d")}
    assert len(chosen) >= 3


def test_ports_of_a_site_do_not_overlap() -> None:
    ports = Ports()
    assert len(set(ports.all)) == len(ports.all)


def test_devices_without_points_are_left_out(tmp_path: Path) -> None:
    init_site(tmp_path / "site", example="water", elements=200)
    points = load_site(tmp_path / "site").points
    used = {point.driver for point in points} - {"model"}
    assert {driver.name for driver in driver_configs(points, Ports())} == used
