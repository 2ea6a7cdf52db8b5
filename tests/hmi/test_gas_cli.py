"""Gas through the commands: simulate, comply, whatif gas-loss."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from network_models import Network, read_network, write_native
from network_models.elements import GasJunction, GasPipe, GasSource
from scenarios.city import make_city
from tests.hmi.command import Command


@pytest.fixture(scope="module")
def gas_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    make_city(folder, elements=600, utilities=("water", "gas"))
    return folder / "networks" / "gas.json"


def test_simulate_a_day_and_write_it(ringmain: Command, gas_file: Path, tmp_path: Path) -> None:
    found = ringmain.json("simulate", gas_file, "--csv", tmp_path)
    assert found["schema"] == "ringmain/simulate-gas/1"
    assert found["solved"] and found["report"]["mass_kgs"] < 1e-9
    assert found["report_times"] == 25
    assert set(found["report"]["controls"].values()) == {"control"}
    with (tmp_path / "pressure_pa.csv").open() as file:
        assert len(list(csv.reader(file))) == 26
    code, out, _ = ringmain("simulate", gas_file, "--hours", "1", "--line-pack")
    assert code == 0
    assert "Line pack:" in out and "Lowest pressures" in out


def test_a_pandapipes_file_by_its_own_laws(ringmain: Command) -> None:
    spec = find_spec("pandapipes")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "networks" / "network_files"
    found = ringmain.json("simulate", folder / "gas_net_schutterwald_1bar.json")
    assert found["report"]["settings"]["laws"] == "pandapipes"
    assert found["lowest_users"][0]["pressure_pa"] == pytest.approx(97851.0, abs=5.0)


def test_options_of_water_are_refused(ringmain: Command, gas_file: Path) -> None:
    wrong = ("--pda", "--quality", "age")
    assert set(ringmain.problems("simulate", gas_file, *wrong)) == {"--pda", "--quality"}


@pytest.mark.parametrize("hours", ["0", "3"])
def test_the_picture_shows_users_sources_and_band(
    ringmain: Command, gas_file: Path, tmp_path: Path, hours: str
) -> None:
    picture = tmp_path / "run.png"
    run = ("simulate", gas_file, "--hours", hours, "--plot", picture)
    assert f"wrote {picture}" in ringmain(*run)[2]
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 30_000


def test_a_network_without_places_and_users_of_low_pressure_has_a_picture_too(
    ringmain: Command, tmp_path: Path
) -> None:
    net = Network(
        medium="gas",
        nodes={
            "S": GasSource(id="S", pressure_pa=4e5),
            "A": GasJunction(id="A", demand_kgs=0.2, level="medium"),
            "CUT": GasJunction(id="CUT", demand_kgs=0.1, level="medium"),
        },
        links={
            "P": GasPipe(id="P", start="S", end="A", length_m=900.0, diameter_m=0.1),
            "Q": GasPipe(
                id="Q", start="A", end="CUT", length_m=9.0, diameter_m=0.1, status="closed"
            ),
        },
    )
    write_native(net, tmp_path / "plain.json")
    picture = tmp_path / "plain.png"
    ringmain("simulate", tmp_path / "plain.json", "--hours", "0", "--plot", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_comply_finds_users_outside_their_band(
    ringmain: Command, gas_file: Path, tmp_path: Path
) -> None:
    good = ringmain.json("comply", gas_file)
    assert (good["verdict"], good["outside"]) == ("pass", 0)
    net = read_network(gas_file)
    links = {
        k: replace(link, setting_pa=1450.0) if k == "RG1" else link for k, link in net.links.items()
    }
    write_native(replace(net, links=links), tmp_path / "low.json")
    bad = ringmain.json("comply", tmp_path / "low.json", code=1)
    assert bad["verdict"] == "violation" and bad["outside"] > 0
    assert all(f["node"].startswith("GL001") for f in bad["findings"][: bad["outside"]])
    code, out, _ = ringmain("comply", tmp_path / "low.json")
    assert code == 1 and "VIOLATION" in out


def test_a_lost_gate_is_survived_for_a_while(ringmain: Command, gas_file: Path) -> None:
    gates = [n for n in read_network(gas_file).nodes if n.startswith("GS")]
    lost = [word for gate in gates for word in ("--source", gate)]
    found = ringmain.json("whatif", "gas-loss", gas_file, *lost, "--at", "17")
    assert found["settled"]
    assert 60.0 < found["first"]["falls_s"] < 86400.0
    assert len(found["falls"]) == found["users"]
    night = ringmain.json("whatif", "gas-loss", gas_file, *lost, "--at", "1")
    assert night["first"]["falls_s"] > found["first"]["falls_s"]
    one = ringmain.json("whatif", "gas-loss", gas_file, "--source", gates[0], "--hours", "2")
    assert one["first"] is None or len(gates) == 1
    assert set(ringmain.problems("whatif", "gas-loss", gas_file, "--source", "no")) == {"--source"}
    assert ringmain.problems("whatif", "gas-loss", gas_file)
