"""GasLib networks, nominations and compressor stations."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from network_models import NetworkError, Problem, read_native, read_network, write_native
from network_models.elements import (
    Compressor,
    GasJunction,
    GasPipe,
    GasSource,
    Regulator,
    Resistor,
)
from network_models.formats.gaslib.read import read_gaslib

DATA = Path(__file__).parents[3] / "shared" / "data" / "gaslib"
public = pytest.mark.skipif(
    not DATA.is_dir(), reason="the GasLib files (CC BY 3.0) are not beside the repository"
)

NET = """<?xml version="1.0" encoding="UTF-8"?>
<network xmlns="http://gaslib.zib.de/Gas" xmlns:framework="http://gaslib.zib.de/Framework">
  <framework:information><framework:title>small</framework:title></framework:information>
  <framework:nodes>
    <source id="S" x="1" y="2">
      <height value="10" unit="m"/>
      <pressureMin value="21.01325" unit="bar"/>
      <pressureMax value="70" unit="barg"/>
      <flowMin value="0" unit="1000m_cube_per_hour"/>
      <flowMax value="36" unit="1000m_cube_per_hour"/>
      <gasTemperature value="10" unit="Celsius"/>
      <calorificValue value="36" unit="MJ_per_m_cube"/>
      <normDensity value="0.8" unit="kg_per_m_cube"/>
      <molarMass value="18" unit="kg_per_kmol"/>
      <pseudocriticalPressure value="45" unit="bar"/>
      <pseudocriticalTemperature value="188" unit="K"/>
    </source>
    <innode id="N"><height value="0"/></innode>
    <sink id="T"><height value="1" unit="km"/></sink>
  </framework:nodes>
  <framework:connections>
    <pipe id="P" from="S" to="N">
      <length value="2" unit="km"/>
      <diameter value="500" unit="mm"/>
      <roughness value="0.1" unit="mm"/>
    </pipe>
    <compressorStation id="C" from="N" to="T">
      <pressureInMin value="30" unit="bar"/>
      <pressureOutMax value="60" unit="bar"/>
    </compressorStation>
  </framework:connections>
</network>
"""
SCN = """<boundaryValue xmlns="http://gaslib.zib.de/Gas"><scenario id="day">
  <node type="entry" id="S"><flow bound="both" value="18" unit="1000m_cube_per_hour"/></node>
  <node type="exit" id="T">
    <flow bound="lower" value="18" unit="1000m_cube_per_hour"/>
    <flow bound="upper" value="18" unit="1000m_cube_per_hour"/>
    <pressure bound="lower" value="5" unit="barg"/>
  </node>
  <pipe id="P"><soilTemperature value="281" unit="K"/></pipe>
</scenario></boundaryValue>
"""


def written(folder: Path, net: str = NET, **others: str) -> Path:
    for suffix, text in others.items():
        (folder / f"small.{suffix}").write_text(text, encoding="utf-8")
    path = folder / "small.net"
    path.write_text(net, encoding="utf-8")
    return path


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(NetworkError) as caught:
        read_network(path)
    return caught.value.problems


def test_values_become_si_by_their_own_units(tmp_path: Path) -> None:
    net = read_network(written(tmp_path, scn=SCN))
    source, exit_, pipe = net.nodes["S"], net.nodes["T"], net.links["P"]
    assert (net.medium, net.title) == ("gas", "small")
    assert isinstance(source, GasSource)
    assert source.control == "flow"
    assert source.position == (1.0, 2.0)
    assert source.pressure_min_pa == pytest.approx(20e5)  # absolute in the file
    assert source.pressure_max_pa == 70e5  # gauge in the file
    assert source.temperature_k == 283.15
    assert source.flow_kgs == pytest.approx(18000 / 3600 * 0.8)
    assert source.flow_max_kgs == pytest.approx(36000 / 3600 * 0.8)
    assert isinstance(exit_, GasJunction)
    assert exit_.elevation_m == 1000.0
    assert exit_.demand_kgs == source.flow_kgs
    assert isinstance(pipe, GasPipe)
    assert (pipe.length_m, pipe.diameter_m) == (2000.0, 0.5)
    assert pipe.roughness_m == pytest.approx(1e-4)
    assert pipe.ambient_temperature_k == 281.0
    bounds = {(b.node, b.quantity): (b.lower, b.upper) for b in net.scenarios["day"].bounds}
    assert bounds["T", "pressure"] == (5e5, None)
    (gas,) = net.fluids.values()
    assert gas.molar_mass_kgmol == pytest.approx(0.018)
    assert gas.critical_pressure_pa == 45e5
    assert net.physics.fluid == source.gas == gas.id


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    stations = (
        '<compressorStations><compressorStation id="C"><compressors><turboCompressor id="a"/>'
        '</compressors></compressorStation><compressorStation id="D"/></compressorStations>'
    )
    (unknown,) = problems_of(written(tmp_path, scn=SCN, cs=stations))
    assert (unknown.file, unknown.found) == (str(tmp_path / "small.cs"), "D")
    (tmp_path / "small.cs").write_text(
        stations.replace('<compressorStation id="D"/>', ""), encoding="utf-8"
    )
    assert any("1 compressors" in note for note in read_network(tmp_path / "small.net").notes)
    (tmp_path / "small.scn").unlink()
    assert any("no nomination" in note for note in read_network(tmp_path / "small.net").notes)


def test_a_nomination_that_does_not_balance_is_told(tmp_path: Path) -> None:
    net = read_network(written(tmp_path, scn=SCN.replace('"both" value="18"', '"both" value="9"')))
    assert any("entries feed -2 kg/s more" in note for note in net.notes)


def test_every_fault_has_its_file_and_line(tmp_path: Path) -> None:
    net = (
        NET.replace('"500" unit="mm"', '"500" unit="inch"')
        .replace('<roughness value="0.1" unit="mm"/>', "<colour/>")
        .replace('value="36" unit="1000m', 'value="much" unit="1000m')
        .replace('<sink id="T">', '<sink id="N">')
        .replace("<innode", '<lake id="L"/><innode')
        .replace('"C" from="N"', '"C"')
    )
    scn = SCN.replace('"exit" id="T"', '"exit" id="Q"').replace(
        '"lower" value="5"', '"l" value="5"'
    )
    found = problems_of(written(tmp_path, net, scn=scn))
    text = (tmp_path / "small.net").read_text(encoding="utf-8").splitlines()
    assert [(Path(p.file).name, p.field, p.found) for p in found] == [
        ("small.net", "source S flowMax", "'much'"),
        ("small.net", "nodes", "<lake>"),
        ("small.net", "sink id", "N"),
        ("small.net", "pipe P roughness", "none"),
        ("small.net", "pipe P diameter unit", "'inch'"),
        ("small.net", "pipe P", "<colour>"),
        ("small.net", "compressorStation C from", "none"),
        ("small.scn", "exit node", "Q"),
        ("small.scn", "node Q", "<pressure> l"),
    ]
    for problem in (*found[:3], found[4]):
        assert problem.line is not None
        assert problem.found.strip("'<>") in text[problem.line - 1]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("<network>", "XML"),
        ("<other/>", "root element"),
        ('<!DOCTYPE network [<!ENTITY a "b">]><network/>', "XML"),
        ("<network/>", "nodes"),
        ("", "XML"),
    ],
)
def test_what_is_no_gaslib_file(tmp_path: Path, text: str, field: str) -> None:
    assert problems_of(written(tmp_path, text))[0].field == field


def test_the_whole_is_judged_with_lines(tmp_path: Path) -> None:
    found = problems_of(written(tmp_path, NET.replace('from="N" to="T"', 'from="N" to="X"')))
    assert [p.field for p in found] == ["node T links", "link C end node"]
    assert [p.line for p in found] == [19, 27]


EXPECTED = {
    "11/GasLib-11.net": (11, Counter(GasPipe=8, GasValve=1, Compressor=2)),
    "24/GasLib-24.net": (
        24,
        Counter(GasPipe=19, Compressor=3, Regulator=1, Resistor=1, ShortPipe=1),
    ),
    "40/GasLib-40.net": (40, Counter(GasPipe=39, Compressor=6)),
    "134/GasLib-134-v2.net": (134, Counter(GasPipe=86, ShortPipe=45, Compressor=1, Regulator=1)),
    "135/GasLib-135.net": (135, Counter(GasPipe=141, Compressor=29)),
}


@public
@pytest.mark.parametrize("name", EXPECTED)
def test_public_networks(name: str, tmp_path: Path) -> None:
    path = DATA / name
    scenario = DATA / "134" / "2016-02-13.scn" if name.startswith("134") else None
    net = read_gaslib(path, scenario=scenario)
    nodes, links = EXPECTED[name]
    assert len(net.nodes) == nodes
    assert Counter(type(link).__name__ for link in net.links.values()) == links
    fed = sum(n.flow_kgs for n in net.nodes.values() if isinstance(n, GasSource))
    taken = sum(n.demand_kgs for n in net.nodes.values() if isinstance(n, GasJunction))
    assert fed > 0.0
    assert fed == pytest.approx(taken, rel=1e-5)
    for link in net.links.values():
        if isinstance(link, Compressor | Regulator):
            assert link.inlet_min_pa is not None
            assert -1.0 <= link.inlet_min_pa < 100e5
    write_native(net, tmp_path / "net.json")
    assert read_native(tmp_path / "net.json") == net


@public
def test_a_public_network_in_detail() -> None:
    net = read_network(DATA / "24" / "GasLib-24.net")
    resistor, valve, station = net.links["re01"], net.links["CV01"], net.links["CS1"]
    assert isinstance(resistor, Resistor)
    assert resistor.drag_factor == pytest.approx(5.41)
    assert resistor.diameter_m == pytest.approx(0.9)
    assert isinstance(valve, Regulator)
    assert valve.setting_pa == pytest.approx(80e5 - 101325)
    assert valve.drop_max_pa == 10e5
    assert isinstance(station, Compressor)
    assert station.outlet_diameter_m == 0.9
    assert station.inlet_diameter_m == pytest.approx(0.9)
    assert station.control == "free"
    source = net.nodes["entry01"]
    assert isinstance(source, GasSource)
    assert source.flow_kgs == pytest.approx(226.614e3 / 3600 * 0.785)
    assert net.links["L101"].ambient_temperature_k == 311.0  # type: ignore[attr-defined]
