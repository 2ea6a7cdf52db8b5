"""Every EPANET file in the installed peers: read, judged against EPANET, written, read again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from epanet import toolkit as en

from network_models import (
    Network,
    NetworkError,
    read_native,
    read_network,
    write_inp,
    write_native,
)
from network_models.elements import Junction, Pipe, Pump, Tank, Valve
from network_models.formats.inp.units import file_units

pytestmark = pytest.mark.filterwarnings("ignore:WARNING")  # EPANET tells of low pressures

REFUSED = {
    "Net1broken.inp": "the id 2 stands in [RESERVOIRS] twice and in [TANKS] again",
    "bad_syntax.inp": "a section [FOO] that EPANET does not know",
    "bad_times.inp": "a time of four parts, 0:00:00:00; EPANET drops the fourth without a word",
    "bad_values.inp": "a pipe that starts at a node that does not exist",
}


def _files() -> list[Path]:
    folders = []
    for package in ("wntr", "epyt"):
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            folders.append(Path(spec.origin).parent)
    return sorted(file for folder in folders for file in folder.rglob("*.inp"))


FILES = _files()
SOUND = [file for file in FILES if file.name not in REFUSED]


@contextmanager
def _epanet(file: Path, folder: Path) -> Iterator[Any]:
    project = en.createproject()
    try:
        en.open(project, str(file), str(folder / "r.rpt"), str(folder / "r.out"))
        yield project
        en.close(project)
    finally:
        en.deleteproject(project)


def test_the_peers_ship_their_networks() -> None:
    assert len(FILES) == 85
    assert len(SOUND) == 81


@pytest.mark.parametrize("file", [f for f in FILES if f.name in REFUSED], ids=lambda f: f.name)
def test_broken_files_are_refused_with_lines(file: Path) -> None:
    with pytest.raises(NetworkError) as caught:
        read_network(file)
    assert all(problem.line is not None for problem in caught.value.problems)


@pytest.mark.parametrize("file", SOUND, ids=lambda f: f"{f.parent.name}-{f.name}")
def test_read_write_read(file: Path, tmp_path: Path) -> None:
    net = read_network(file)
    with _epanet(file, tmp_path) as project:
        _same_as_epanet(net, project)
        heads = _first_heads(project)
    again = tmp_path / "again.inp"
    write_inp(net, again)
    assert read_network(again) == net
    with _epanet(again, tmp_path) as project:
        assert _first_heads(project) == pytest.approx(heads, rel=1e-6, abs=1e-3)
    native = tmp_path / "again.json"
    write_native(net, native)
    assert read_native(native) == net


def _first_heads(project: Any) -> dict[str, float]:
    en.setoption(project, en.ACCURACY, 1e-6)  # a file without one gets our tighter default
    en.openH(project)
    en.initH(project, en.NOSAVE)
    en.runH(project)
    count = en.getcount(project, en.NODECOUNT)
    heads = {
        en.getnodeid(project, i): en.getnodevalue(project, i, en.HEAD) for i in range(1, count + 1)
    }
    en.closeH(project)
    return heads


def _same_as_epanet(net: Network, project: Any) -> None:
    """Ids, sizes, demands and initial states as EPANET's own reader understood the file."""
    nodes = {en.getnodeid(project, i): i for i in range(1, en.getcount(project, en.NODECOUNT) + 1)}
    links = {en.getlinkid(project, i): i for i in range(1, en.getcount(project, en.LINKCOUNT) + 1)}
    assert set(nodes) == set(net.nodes)
    assert set(links) == set(net.links)
    units = file_units(net.options)
    for name, index in nodes.items():
        node = net.nodes[name]

        def value(code: int, at: int = index) -> float:
            return float(en.getnodevalue(project, at, code))

        assert units.length.to_si(value(en.ELEVATION)) == pytest.approx(node.elevation_m, abs=1e-6)
        if isinstance(node, Tank):
            assert units.length.to_si(value(en.MAXLEVEL)) == pytest.approx(node.maximum_level_m)
            assert units.length.to_si(value(en.TANKLEVEL)) == pytest.approx(node.initial_level_m)
        if isinstance(node, Junction):
            bases = [
                en.getbasedemand(project, index, d)
                for d in range(1, en.getnumdemands(project, index) + 1)
            ]
            ours = [demand.base_m3s for demand in node.demands] or [0.0]
            assert [units.flow.to_si(b) for b in bases] == pytest.approx(ours, rel=1e-5, abs=1e-12)
    for name, index in links.items():
        link = net.links[name]

        def value(code: int, at: int = index) -> float:
            return float(en.getlinkvalue(project, at, code))

        if isinstance(link, Pipe):
            assert units.length.to_si(value(en.LENGTH)) == pytest.approx(link.length_m)
            assert units.diameter.to_si(value(en.DIAMETER)) == pytest.approx(link.diameter_m)
            assert units.roughness.to_si(value(en.ROUGHNESS)) == pytest.approx(link.roughness)
            assert value(en.MINORLOSS) == pytest.approx(link.minor_loss, abs=1e-9)
            assert (value(en.INITSTATUS) == 0) == (link.status == "closed")
        elif isinstance(link, Pump):
            assert (value(en.INITSTATUS) == 0) == (link.status == "closed")
        elif isinstance(link, Valve) and link.kind in ("PRV", "PSV", "PBV"):
            setting = units.pressure.to_si(value(en.INITSETTING))
            assert setting == pytest.approx(link.setting, rel=1e-6)
