"""Heat through the commands: simulate, comply, whatif heat-outage."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from network_models import read_network, write_native
from network_models.elements import Substation
from scenarios.city import make_city
from tests.hmi.command import Command


@pytest.fixture(scope="module")
def heat_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    make_city(folder, elements=600, utilities=("water", "heat"))
    return folder


@pytest.fixture(scope="module")
def heat_file(heat_site: Path) -> Path:
    return heat_site / "networks" / "heat.json"


def test_simulate_a_day_and_write_it(ringmain: Command, heat_file: Path, tmp_path: Path) -> None:
    found = ringmain.json("simulate", heat_file, "--csv", tmp_path, "--plot", tmp_path / "day.png")
    assert found["schema"] == "ringmain/simulate-heat/1"
    report = found["report"]
    assert found["solved"] and report["mass_kgs"] < 1e-9
    assert found["report_times"] == 25
    assert report["heat_w"] < 1e-6 * report["plant_w"]
    # What the plants gave and nobody took stands in the pipes.
    gave = report["delivered_w"] + report["lost_w"]
    assert report["plant_w"] == pytest.approx(gave, rel=2e-3)
    assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "temperature_k.csv").open() as file:
        assert len(list(csv.reader(file))) == 26
    code, out, err = ringmain(
        "simulate", heat_file, "--hours", "0", "--plot", tmp_path / "instant.png"
    )
    assert code == 0 and "wrote" in err
    assert (tmp_path / "instant.png").stat().st_size > 30_000
    assert "Least pressure between supply and return" in out


def test_a_pandapipes_file_by_its_own_laws(ringmain: Command) -> None:
    spec = find_spec("pandapipes")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "networks" / "network_files"
    found = ringmain.json("simulate", folder / "sw_heat.json")
    assert found["plants"][0]["return_k"] == pytest.approx(304.993, abs=0.02)


def test_options_of_water_are_refused(ringmain: Command, heat_file: Path) -> None:
    wrong = ("--pda", "--quality", "age")
    assert set(ringmain.problems("simulate", heat_file, *wrong)) == {"--pda", "--quality"}
    for command in ("simulate", "comply"):
        assert set(ringmain.problems(command, heat_file, "--outdoor", "nan")) == {"--outdoor"}


def test_comply_judges_rooms(ringmain: Command, heat_file: Path, tmp_path: Path) -> None:
    good = ringmain.json("comply", heat_file, "--hours", "6")
    assert good["schema"] == "ringmain/comply-heat/1"
    assert good["verdict"] == good["ends"]["verdict"] == "pass"
    assert good["ends"]["findings"][0]["lowest_pa"] > 50e3
    net = read_network(heat_file)
    name = next(k for k, link in net.links.items() if isinstance(link, Substation))
    throttled = replace(net.links[name], kv_m3h=0.5, available_head_pa=9e6)
    assert isinstance(throttled, Substation)
    write_native(replace(net, links={**net.links, name: throttled}), tmp_path / "heat.json")
    code, out, _ = ringmain("comply", tmp_path / "heat.json", "--hours", "24")
    assert code == 1
    assert f"violation  {name}" in out and "(pressure)" in out
    assert "9000.0 needed" in out


def test_ten_hours_without_heat_at_minus_ten(ringmain: Command, heat_site: Path) -> None:
    found = ringmain.json("whatif", "heat-outage", heat_site, "--watch", "14", code=1)
    assert found["schema"] == "ringmain/whatif-heat-outage/1"
    assert found["households_below"]["18"] == found["households"]
    first = found["stations"][0]
    assert first["falls_h"]["18"] == pytest.approx(4.13, abs=0.1)
    assert first["falls_h"]["16"] == pytest.approx(8.57, abs=0.1)
    assert first["falls_h"]["12"] is None
    assert first["refunds"] == [{"day": 0, "percent": 50.0}]
    short = ringmain.json("whatif", "heat-outage", heat_site, "--hours", "3", "--watch", "4")
    assert short["verdict"] == "pass"


def test_wrong_wishes_are_named(ringmain: Command, heat_site: Path) -> None:
    wrong = ("--outdoor", "30", "--wall-share", "2", "--at", "inf")
    assert {"--outdoor", "--wall-share", "--at"} == set(
        ringmain.problems("whatif", "heat-outage", heat_site, *wrong)
    )
    assert set(ringmain.problems("whatif", "heat-outage", heat_site, "--plant", "nobody")) == {
        "--plant"
    }
