"""Points chosen for a bare network, and how a point book places them on devices."""

from __future__ import annotations

import pytest

from network_models.elements import (
    Demand,
    GasSource,
    Junction,
    Link,
    Node,
    Pipe,
    Pump,
    Reservoir,
    Tank,
    Valve,
)
from network_models.network import Network
from scada.point_table import raw_to_si
from scenarios.limits import RuleLimits
from scenarios.point_book import Device, PointBook
from scenarios.points_for import choose_points

NO_RULES = RuleLimits(end_mpa={}, gas_pa={})


def network(*, placed: bool) -> Network:
    """A source, a pump, a tank, a line of ten junctions with a reducing valve in the middle."""
    nodes: list[Node] = [
        Reservoir(id="R", elevation_m=10.0),
        Tank(id="T", elevation_m=50.0, initial_level_m=2.0, minimum_level_m=0.0,
             maximum_level_m=4.0, diameter_m=10.0),
    ]  # fmt: skip
    nodes += [
        Junction(id=f"J{i}", elevation_m=float(i), demands=(Demand(base_m3s=1e-3),),
                 position=(100.0 * i, 0.0) if placed else None)
        for i in range(10)
    ]  # fmt: skip
    links: list[Link] = [
        Pump(id="PU", start="R", end="J0", power_w=1000.0),
        Pipe(id="PT", start="J0", end="T", length_m=10.0, diameter_m=0.3, roughness=120.0),
    ]
    for i in range(9):
        if i == 4:
            links.append(
                Valve(id="V", start="J4", end="J5", kind="PRV", diameter_m=0.2, setting=30.0)
            )
        else:
            links.append(
                Pipe(id=f"P{i}", start=f"J{i}", end=f"J{i + 1}", length_m=100.0,
                     diameter_m=0.3 if i < 3 else 0.1, roughness=120.0)
            )  # fmt: skip
    return Network(nodes={n.id: n for n in nodes}, links={link.id: link for link in links})


@pytest.mark.parametrize("placed", [True, False])
def test_all_that_can_be_moved_or_matters_has_points(placed: bool) -> None:
    table = choose_points(network(placed=placed), NO_RULES, test_points=6)
    ids = {point.id for point in table}
    assert {"PU-ST", "PU-N", "PU-Q", "T-L", "R-H", "V-SP", "V-IN-P", "V-OUT-P", "V-Q"} <= ids
    assert "J9-P" in ids, "the highest and farthest place"
    pressures = [p.element for p in table if p.quantity == "pressure" and p.element[:5] == "node:"]
    assert len(pressures) == len(set(pressures))
    assert len(pressures) == 2 + 6


def test_the_source_behind_a_pump_is_not_metered_twice() -> None:
    table = choose_points(network(placed=True), NO_RULES)
    assert [p.id for p in table if p.quantity == "flow" and p.element == "link:PU"] == ["PU-Q"]


def test_a_rule_gives_ends_their_limit_and_no_rule_gives_none() -> None:
    with_rule = choose_points(network(placed=True), RuleLimits(end_mpa={"low": 0.2}, gas_pa={}))
    ends = [p for p in with_rule if p.end_point]
    assert ends
    assert all(p.limits.low == pytest.approx(0.2e6) and p.rule for p in ends)
    without = choose_points(network(placed=True), NO_RULES)
    assert all(p.limits.low is None and not p.rule for p in without if p.end_point)


def test_only_water() -> None:
    gas = Network(medium="gas", nodes={"S": GasSource(id="S", pressure_pa=1e5)})
    with pytest.raises(ValueError, match="gas"):
        choose_points(gas, NO_RULES)


def test_devices_hold_numbers_their_own_way() -> None:
    book = PointBook(
        {
            "a": Device(name="a", kind="modbus_tcp", number="int16", word_order="BADC"),
            "b": Device(name="b", kind="modbus_tcp", word_order="CDAB", area="ir"),
            "c": Device(name="c", kind="opcua"),
        }
    )
    text = ("压力", "pressure")
    for device in "abc":
        book.add(f"{device}1", device, "water", "pressure", "MPa", "", text)
        book.add(f"{device}2", device, "water", "pressure", "MPa", "", text, writable=True)
        book.add(f"{device}3", device, "water", "status", "on/off", "", text)
        book.add(f"{device}4", device, "water", "status", "on/off", "", text, writable=True)
        book.add(f"{device}5", device, "water", "pressure", "MPa", "", text)
    places = {point.id: (point.address, point.type) for point in book.table()}
    assert places == {
        "a1": ("hr:0", "int16"),
        "a2": ("hr:1", "float32"),
        "a3": ("di:0", "bool"),
        "a4": ("co:0", "bool"),
        "a5": ("hr:3", "int16"),
        "b1": ("ir:0", "float32"),
        "b2": ("hr:0", "float32"),
        "b3": ("di:0", "bool"),
        "b4": ("co:0", "bool"),
        "b5": ("ir:2", "float32"),
        "c1": ("ns=2;s=c1", "float64"),
        "c2": ("ns=2;s=c2", "float64"),
        "c3": ("ns=2;s=c3", "bool"),
        "c4": ("ns=2;s=c4", "bool"),
        "c5": ("ns=2;s=c5", "float64"),
    }
    scale, offset = raw_to_si(book.table().point("a1"))
    assert (3000 * scale + offset) == pytest.approx(0.3e6)
