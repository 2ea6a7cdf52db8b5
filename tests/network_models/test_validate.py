"""Judging whole networks: each fault alone, and sound networks without one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from small_networks import networks

from network_models import Network, validate
from network_models.elements import (
    Demand,
    Junction,
    Link,
    Node,
    Pipe,
    Pump,
    Reservoir,
    Tank,
    Valve,
    ValveKind,
)
from network_models.operation import (
    Control,
    ControlRule,
    Curve,
    EnergyOptions,
    Options,
    Pattern,
    Premise,
    RuleAction,
    Times,
)


def pipe(name: str, start: str, end: str) -> Pipe:
    return Pipe(id=name, start=start, end=end, length_m=10.0, diameter_m=0.1, roughness=100.0)


def valve(name: str, start: str, end: str, kind: ValveKind = "PRV") -> Valve:
    return Valve(id=name, start=start, end=end, kind=kind, diameter_m=0.1, setting=10.0)


def tank(**changes: float | str) -> Tank:
    levels = {"initial_level_m": 2.0, "minimum_level_m": 1.0, "maximum_level_m": 3.0}
    return Tank(id="T", **{"diameter_m": 5.0, **levels, **changes})  # type: ignore[arg-type]


BASE = Network(
    nodes={
        "R": Reservoir(id="R"),
        "T": tank(),
        **{name: Junction(id=name) for name in ("A", "B", "C", "D")},
    },
    links={
        name: pipe(name, *ends)
        for name, ends in {"1": "RA", "2": "AB", "3": "BC", "4": "CD", "5": "DT"}.items()
    },
    curves={
        "pump": Curve(id="pump", points=((0.01, 30.0),), kind="pump"),
        "flat": Curve(id="flat", points=((0.0, 30.0), (0.01, 30.0)), kind="pump"),
        "short": Curve(id="short", points=((0.0, 0.0), (2.0, 40.0)), kind="volume"),
    },
    patterns={"day": Pattern(id="day", multipliers=(1.0,))},
)


def with_nodes(*nodes: Node) -> Network:
    return replace(BASE, nodes=BASE.nodes | {node.id: node for node in nodes})


def with_links(*links: Link) -> Network:
    return replace(BASE, links=BASE.links | {link.id: link for link in links})


def rule(**changes: object) -> Network:
    premise = Premise(
        conjunction="IF", object="node", id="A", attribute="pressure", relation="<", value=1.0
    )
    action = RuleAction(link="1", attribute="status", value="open")
    values: dict[str, object] = {"premises": (premise,), "then": (action,), **changes}
    return replace(BASE, rules=(ControlRule(id="r", **values),))  # type: ignore[arg-type]


def control(**changes: object) -> Network:
    values: dict[str, object] = {
        "link": "1", "status": "open", "trigger": "time", "time_s": 0.0, **changes,
    }  # fmt: skip
    return replace(BASE, controls=(Control(**values),))  # type: ignore[arg-type]


def test_the_base_is_sound() -> None:
    assert validate(BASE) == []
    assert validate(rule()) == []
    assert validate(control()) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(net=networks())
def test_generated_networks_are_sound(net: Network) -> None:
    assert validate(net) == []


@pytest.mark.parametrize(
    ("net", "field", "found"),
    [
        (with_links(pipe("9", "A", "Z")), "link 9 end node", "Z"),
        (with_links(pipe("9", "A", "A")), "link 9 end node", "A"),
        (with_links(replace(pipe("9", "A", "B"), length_m=0.0)), "link 9 length_m", "0"),
        (with_links(replace(pipe("9", "A", "B"), diameter_m=-1.0)), "link 9 diameter_m", "-1"),
        (
            with_links(replace(pipe("9", "A", "B"), length_m=float("nan"))),
            "link 9 length_m",
            "nan",
        ),
        (with_links(Pump(id="9", start="A", end="B")), "link 9 head curve", "neither"),
        (with_links(Pump(id="9", start="A", end="B", power_w=0.0)), "link 9 power", "0"),
        (with_links(Pump(id="9", start="A", end="B", head_curve="x")), "link 9 head curve", "x"),
        (
            with_links(Pump(id="9", start="A", end="B", head_curve="flat")),
            "link 9 head curve",
            "flat with 30 m",
        ),
        (
            with_links(Pump(id="9", start="A", end="B", head_curve="pump", speed_pattern="x")),
            "link 9 speed pattern",
            "x",
        ),
        (with_links(valve("9", "R", "A")), "link 9 nodes", "R, a tank"),
        (with_links(valve("9", "D", "T", "FCV")), "link 9 nodes", "T, a tank"),
        (with_links(valve("9", "A", "B", "GPV")), "link 9 curve", "a GPV without one"),
        (
            with_links(valve("8", "A", "B"), valve("9", "B", "C")),
            "link 9 nodes",
            "PRV beside PRV 8",
        ),
        (
            with_links(valve("8", "A", "C"), valve("9", "B", "C")),
            "link 9 nodes",
            "PRV beside PRV 8",
        ),
        (
            with_links(valve("8", "A", "B", "PSV"), valve("9", "A", "C", "PSV")),
            "link 9 nodes",
            "PSV beside PSV 8",
        ),
        (
            with_links(valve("8", "A", "B", "FCV"), valve("9", "B", "C", "PSV")),
            "link 9 nodes",
            "PSV beside FCV 8",
        ),
        (with_nodes(Junction(id="X")), "node X links", "none"),
        (
            replace(with_links(pipe("9", "X", "Y")), nodes={
                **BASE.nodes, "X": Junction(id="X"), "Y": Junction(id="Y"),
            }),
            "node X source",
            "no path of links from X, Y",
        ),
        (
            with_nodes(Junction(id="A", demands=(Demand(base_m3s=1.0, pattern="x"),))),
            "demand A demand pattern",
            "x",
        ),
        (with_nodes(Reservoir(id="R", pattern="x")), "node R pattern", "x"),
        (with_nodes(tank(initial_level_m=4.0)), "node T initial level", "4 m"),
        (with_nodes(tank(minimum_level_m=9.0)), "node T minimum level", "9 m"),
        (with_nodes(tank(diameter_m=0.0)), "node T diameter", "0"),
        (with_nodes(tank(volume_curve="x")), "node T volume curve", "x"),
        (with_nodes(tank(volume_curve="short")), "node T volume curve", "short from 0 m to 2 m"),
        (replace(BASE, nodes=BASE.nodes | {"A": BASE.nodes["B"]}), "node A id", "B"),
        (replace(BASE, patterns={"p": Pattern(id="p", multipliers=())}), "pattern p", "none"),
        (replace(BASE, curves={"c": Curve(id="c", points=())}), "curve c points", "none"),
        (
            replace(BASE, curves={"c": Curve(id="c", points=((1.0, 1.0), (1.0, 2.0)))}),
            "curve point c 1 x",
            "1 after 1",
        ),
        (control(link="x"), "control 0 link", "x"),
        (control(status=None), "control 0 action", "neither"),
        (control(status=None, setting=1.0), "control 0 setting", "a number for 1"),
        (control(trigger="above", node="x", threshold_m=1.0), "control 0 node", "x"),
        (control(trigger="above", node="A"), "control 0 threshold", "none"),
        (control(time_s=None), "control 0 time", "none"),
        (rule(then=()), "rule r clauses", "an IF or THEN clause is missing"),
        (
            rule(then=(RuleAction(link="x", attribute="status", value="open"),)),
            "rule r link",
            "x",
        ),
        (replace(BASE, options=Options(trace_node="x")), "option trace node", "x"),
        (replace(BASE, energy=EnergyOptions(price_pattern="x")), "energy pattern", "x"),
        (replace(BASE, times=Times(pattern_step_s=0)), "network times pattern_step_s", "0"),
        (Network(), "network nodes", "0"),
        (
            Network(
                nodes={n: Junction(id=n) for n in "AB"}, links={"1": pipe("1", "A", "B")}
            ),
            "network source",
            "none",
        ),
    ],
)  # fmt: skip
def test_one_fault_is_one_problem(net: Network, field: str, found: str) -> None:
    (problem,) = validate(net, "some.inp")
    assert problem.field.startswith(field)
    assert problem.found.startswith(found)
    assert problem.file == "some.inp"


def test_valves_that_do_not_fight_are_accepted() -> None:
    net = with_links(valve("8", "A", "B"), valve("9", "A", "C"), valve("7", "A", "D", "PSV"))
    assert validate(net) == []


def test_lines_come_from_the_map() -> None:
    net = with_nodes(Junction(id="A", demands=(Demand(base_m3s=1.0, pattern="x"),)))
    assert validate(net, lines={("node", "A"): 7})[0].line == 7
    assert validate(net, lines={("node", "A"): 7, ("demand", "A"): 9})[0].line == 9
