"""The native network file: exact for all media, and every fault at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from small_networks import networks

from network_models import (
    Network,
    NetworkError,
    Problem,
    read_native,
    read_network,
    write_native,
)
from network_models.elements import (
    GasJunction,
    GasPipe,
    GasSource,
    HeatJunction,
    HeatPipe,
    HeatSource,
    Regulator,
    Substation,
)
from network_models.operation import Options, Pattern

SAVED = Path(__file__).parents[1] / "saved_files"
GAS = Network(
    medium="gas",
    title="燃气",
    nodes={
        "G": GasSource(id="G", pressure_pa=4e5, position=(1.5, -2.0)),
        "M": GasJunction(id="M", level="medium"),
        "L": GasJunction(id="L", demand_kgs=0.1, pattern="day", level="low", elevation_m=0.1),
    },
    links={
        "P": GasPipe(id="P", start="G", end="M", length_m=100.0, diameter_m=0.2),
        "R": Regulator(id="R", start="M", end="L", setting_pa=3000.0),
    },
    patterns={"day": Pattern(id="day", multipliers=(1.0, 0.1 + 0.2))},
)
HEAT = Network(
    medium="heat",
    nodes={
        "S1": HeatJunction(id="S1", side="supply"),
        "S2": HeatJunction(id="S2", side="supply"),
        "R1": HeatJunction(id="R1", side="return"),
    },
    links={
        "Q": HeatSource(
            id="Q", start="R1", end="S1", supply_temperature_k=353.15, pressure_rise_pa=2e5
        ),
        "P": HeatPipe(id="P", start="S1", end="S2", length_m=50.0, diameter_m=0.1),
        "U": Substation(id="U", start="S2", end="R1", heat_w=1e5),
    },
)


@pytest.mark.parametrize("net", [GAS, HEAT], ids=["gas", "heat"])
def test_gas_and_heat_come_back_equal(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    write_native(net, path)
    assert read_network(path) == net
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == "ringmain/network/1"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(net=networks())
def test_water_comes_back_equal(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    write_native(net, path)
    assert read_native(path) == net


@pytest.mark.parametrize(("name", "net"), [("gas", GAS), ("heat", HEAT)])
def test_files_of_the_first_version_are_read(name: str, net: Network) -> None:
    then = Options(accuracy=1e-3, required_pressure_m=0.07)  # the defaults of that version
    assert read_network(SAVED / f"network_1_{name}.json") == replace(net, options=then)


def test_elements_stand_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    write_native(GAS, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum('"element": "Gas' in line for line in lines) == 4


def test_numbers_that_json_has_not_cannot_be_written(tmp_path: Path) -> None:
    net = Network(medium="gas", nodes={"G": GasSource(id="G", pressure_pa=float("nan"))})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_native(net, tmp_path / "net.json")


def problems_of(tmp_path: Path, content: str | dict[str, Any]) -> list[Problem]:
    path = tmp_path / "net.json"
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NetworkError) as caught:
        read_native(path)
    return caught.value.problems


def test_every_fault_is_listed_with_its_path(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        {
            "schema": "ringmain/network/1",
            "medium": "steam",
            "title": 5,
            "colour": "red",
            "nodes": [
                {"element": "GasSource", "id": "G"},
                {"element": "GasSource", "id": "H", "pressure_pa": "high", "size": 1},
                {"element": "Lake", "id": "X"},
                {"element": "GasJunction", "id": "J", "level": "middle", "demand_kgs": True},
                {"element": "GasJunction", "id": "K", "position": [1.0]},
                {"element": "GasJunction", "id": "L"},
                {"element": "GasJunction", "id": "L"},
                7,
            ],
            "links": {},
            "patterns": [{"id": "p", "multipliers": [1, None]}],
            "rules": [{"id": "r", "premises": [{"conjunction": "IF"}], "then": []}],
            "times": {"duration_s": 1.5},
        },
    )
    assert [p.field for p in found] == [
        "colour",
        "medium",
        "title",
        "nodes[0].pressure_pa",
        "nodes[1].pressure_pa",
        "nodes[1].size",
        "nodes[2].element",
        "nodes[3].level",
        "nodes[3].demand_kgs",
        "nodes[4].position",
        "nodes[6].id",
        "nodes[7]",
        "links",
        "patterns[0].multipliers[1]",
        "rules[0].premises[0].object",
        "rules[0].premises[0].id",
        "rules[0].premises[0].attribute",
        "rules[0].premises[0].relation",
        "rules[0].premises[0].value",
        "times.duration_s",
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"schema": ', "column 12"),
        ("[]", "file"),
        ("{}", "schema"),
        ('{"schema": "ringmain/network/99"}', "schema"),
        ('{"schema": "ringmain/network/1", "title": NaN}', "value"),
        ("[" * 100_000, "file"),
        ('{"schema": 1, "schema": 2}', "schema"),
    ],
)
def test_what_is_no_native_file(tmp_path: Path, text: str, field: str) -> None:
    assert problems_of(tmp_path, text)[0].field == field


def test_the_whole_is_judged_too(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        {
            "schema": "ringmain/network/1",
            "medium": "gas",
            "nodes": [
                {"element": "GasSource", "id": "G", "pressure_pa": 1e999},
                {"element": "GasJunction", "id": "J"},
            ],
        },
    )
    assert [p.field for p in found] == ["value"]
    found = problems_of(
        tmp_path,
        {
            "schema": "ringmain/network/1",
            "medium": "gas",
            "nodes": [
                {"element": "GasSource", "id": "G", "pressure_pa": 4e5},
                {"element": "Junction", "id": "J"},
            ],
        },
    )
    assert [(p.field, p.found) for p in found] == [
        ("node J kind", "a Junction"),
        ("node G links", "none"),
        ("node J links", "none"),
    ]
