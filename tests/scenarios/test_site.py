"""A site folder is read whole, or every problem of every file is named at once."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from network_models.problems import InputError, Problem
from scenarios.city import make_city
from scenarios.site import load_site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_city(tmp_path / "site", seed=1, elements=200)
    return tmp_path / "site"


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        load_site(folder)
    return caught.value.problems


def brief(folder: Path) -> list[tuple[str, str]]:
    return [(Path(p.file).name, p.field) for p in problems(folder)]


def test_a_sound_site(folder: Path) -> None:
    site = load_site(folder)
    assert site.name_en == "Chengting City"
    assert site.data == (folder / "data").resolve()
    assert site.scan == {"fast": 1.0, "normal": 2.0, "slow": 10.0}
    assert site.large_scope_households is None
    assert site.litres_source
    assert {d.name for d in site.drivers} >= {"plc-01", "rtu-02"}


def test_the_hours_in_which_homes_get_no_gas_back(folder: Path) -> None:
    replace(folder / "site.toml", "# gas_night_ban", "gas_night_ban")
    assert load_site(folder).gas_night_ban == (time(22), time(6))
    for wrong in ("22:00-24:00", "22:00-22:00", "22-6"):
        text = (folder / "site.toml").read_text("utf-8")
        (folder / "site.toml").write_text(text.replace("22:00-06:00", wrong), "utf-8")
        assert brief(folder) == [("site.toml", "outage.gas_night_ban")]
        (folder / "site.toml").write_text(text, "utf-8")


def test_every_problem_of_every_file_at_once(folder: Path) -> None:
    replace(folder / "site.toml", 'language = "zh"', 'language = "xx"')
    replace(folder / "site.toml", "Asia/Shanghai", "Asia/Nowhere")
    replace(folder / "site.toml", 'profile = "jinan"', 'profile = "mars"')
    replace(folder / "site.toml", "seed = 1", 'seed = "one"\ncolour = "red"')
    replace(folder / "site.toml", "slow = 10.0", "slow = -1")
    replace(folder / "points.csv", "node:W1-OUT", "node:GONE")
    replace(folder / "customers.csv", "node:J0001", "node:J9999")
    replace(folder / "valves.csv", ",start,", ",middle,")
    replace(folder / "fleet.csv", "D1", "D77")
    replace(folder / "fill_points.csv", "node:J", "node:X")
    (folder / "roads.csv").unlink()
    assert sorted(brief(folder)) == [
        ("customers.csv", "element"),
        ("fill_points.csv", "F1.element"),
        ("fleet.csv", "depot"),
        ("points.csv", "element"),
        ("roads.csv", "file"),
        ("site.toml", "colour"),
        ("site.toml", "language"),
        ("site.toml", "profile"),
        ("site.toml", "scan.slow"),
        ("site.toml", "seed"),
        ("site.toml", "timezone"),
        ("valves.csv", "side"),
    ]


def test_problems_carry_their_lines(folder: Path) -> None:
    replace(folder / "site.toml", 'language = "zh"', 'language = "xx"')
    replace(folder / "site.toml", "port = 15021", "port = 99999")
    text = (folder / "site.toml").read_text("utf-8").splitlines()
    lines = {p.field: p.line for p in problems(folder)}
    at = text.index("port = 99999")
    driver = text[:at].count("[[drivers]]")
    assert lines == {
        "language": text.index('language = "xx"') + 1,
        f"drivers.{driver}.port": at + 1,
    }


def test_broken_toml_is_named_with_its_line(folder: Path) -> None:
    replace(folder / "site.toml", "seed = 1", "seed = = 1")
    (problem,) = [p for p in problems(folder) if p.field == "TOML"]
    assert problem.line == 6


def test_no_site_toml_and_no_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "site.toml").unlink()
    assert ("site.toml", "file") in brief(folder)
    assert brief(tmp_path / "nowhere") == [("nowhere", "site")]


def test_a_missing_network_does_not_blame_every_row(folder: Path) -> None:
    (folder / "networks" / "water.inp").unlink()
    assert brief(folder) == [("water.inp", "file")]


def test_a_faulty_driver_does_not_blame_its_points(folder: Path) -> None:
    replace(folder / "site.toml", "timeout_s = 1.0", "timeout_s = 1000.0")
    assert [field for _, field in brief(folder)] == ["drivers.1.timeout_s"]


def test_a_network_of_another_medium(folder: Path) -> None:
    replace(folder / "site.toml", "networks/gas.json", "networks/heat.json")
    assert ("heat.json", "medium") in brief(folder)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("port = 8080", "port = 15022", "port"),
        ("14840", "15022", "url"),
        ("port = 15023", "port = 15022", "port"),
    ],
)
def test_two_listeners_on_one_port(folder: Path, old: str, new: str, field: str) -> None:
    replace(folder / "site.toml", old, new)
    (problem,) = problems(folder)
    assert problem.field.startswith("drivers.")
    assert problem.field.endswith(field)
    assert "15022" in problem.found


def test_units_behind_one_port_are_no_clash(folder: Path) -> None:
    replace(folder / "site.toml", "port = 15023\nunit = 1", "port = 15022\nunit = 2")
    assert load_site(folder)


def test_keys_that_are_missing_or_unknown(folder: Path) -> None:
    replace(folder / "site.toml", 'name_zh = "澄汀市"\n', "")
    replace(folder / "site.toml", "cycle_s = 5.0", "cycle = 5.0")
    replace(folder / "site.toml", "[networks]", "[networks]\nsteam = 'x.inp'")
    replace(folder / "site.toml", "[web]", "[web]\nhost = 7")
    replace(folder / "site.toml", 'host = "127.0.0.1"\nport = 8080', "port = 8080")
    assert sorted(field for _, field in brief(folder)) == [
        "live.cycle",
        "name_zh",
        "networks.steam",
        "web.host",
    ]
