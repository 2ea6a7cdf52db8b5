"""The valve file: read, written, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_models import InputError, IsolationValve, Network, read_valves, write_valves
from network_models.elements import Junction, Pipe, Reservoir

NET = Network(
    nodes={"R": Reservoir(id="R"), "J": Junction(id="J")},
    links={"P": Pipe(id="P", start="R", end="J", length_m=1.0, diameter_m=1.0, roughness=1.0)},
)


def test_valves_come_back_equal(tmp_path: Path) -> None:
    valves = (
        IsolationValve(id="阀1", link="P", side="start", dn_mm=300.0, position=(0.1, -5.25)),
        IsolationValve(id="V,2", link="P", side="end", operable=False, remote=True, turns=12.5),
    )
    path = tmp_path / "valves.csv"
    write_valves(valves, path)
    assert read_valves(path, NET) == valves


def test_every_fault_of_a_valve_file(tmp_path: Path) -> None:
    path = tmp_path / "valves.csv"
    path.write_text(
        "id,link,side,dn_mm,operable,x,y\n"
        "a,Q,start,300,yes,,\n"
        "b,P,middle,300,maybe,,\n"
        "a,P,start,300,yes,,\n"
        "c,P,end,0,yes,1,\n"
        "d,P,end,300,yes,1,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_valves(path, NET)
    assert [(p.line, p.field) for p in caught.value.problems] == [
        (2, "link"),
        (3, "side"),
        (3, "operable"),
        (4, "id"),
        (5, "dn_mm"),
        (6, "y"),
    ]
