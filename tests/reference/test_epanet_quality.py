"""Age, trace and chlorine beside EPANET on one small network, both on EPANET's own flows.

A branch with a loop, a tank that fills and empties and a dead end; every law, source and mixing
model in turn. Where EPANET errs, the test says how and holds our answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from epanet import toolkit as en
from epanet_run import F64, opened

from hydraulics.arrays import compile_network
from hydraulics.quality.run import QualityReport, Transport
from hydraulics.quality.tables import Kind
from network_models import read_network

FILE = """[JUNCTIONS]
A 10 0
B 10 8
C 10 4
D 10 {end_demand}
[RESERVOIRS]
R 60 {head_pattern}
[TANKS]
T 40 {level} 0 {full} 8 0 * {overflow}
[PIPES]
1 {first} 900 200 120 0 Open
2 A B 700 150 120 0 {second}
3 B C 500 150 120 0 Open
4 A C 800 150 120 0 Open
5 C T 300 150 120 0 Open
6 C D 200 80 120 0 Open
[PATTERNS]
P 1.2 0.9 1.0 0.7 1.1 1.3
H 1 1 0.9 0.8 1 0.85 1 0.7
S 1 0.5 0.8
[QUALITY]
{quality}
[SOURCES]
{source}
[REACTIONS]
{reactions}
[MIXING]
{mixing}
[TIMES]
Duration {hours}:00
Hydraulic Timestep 1:00
Quality Timestep 0:05
Pattern Timestep 1:00
[OPTIONS]
Units LPS
Headloss H-W
Pattern P
Accuracy 0.000001
Quality Chlorine mg/L
Tolerance 0.0001
[END]
"""
USUAL = {
    "end_demand": "2",
    "head_pattern": "",
    "level": "4",
    "full": "10",
    "overflow": "NO",
    "first": "R A",
    "second": "Open",
    "quality": "R 1",
    "source": "",
    "reactions": "",
    "mixing": "",
    "hours": "48",
}
TURNING = {"head_pattern": "H", "level": "2"}
"""The reservoir's level swings, so that the tank feeds the network half of the time."""
RESTING = {"head_pattern": "H", "level": "3"}
"""As TURNING, but flow in some pipes comes to rest before it turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """(T, N) quality after each hydraulic step, ours and EPANET's, and our account."""

    ours: F64
    theirs: F64
    report: QualityReport
    nodes: list[str]


@pytest.fixture
def both(tmp_path: Path) -> Callable[..., Both]:
    """Run one case on both sides."""

    def run(kind: Kind = "chemical", trace_node: str | None = None, **case: str) -> Both:
        path = tmp_path / "case.inp"
        path.write_text(FILE.format(**{**USUAL, **case}))
        net = read_network(path)
        transport = Transport(compile_network(net), kind, trace_node=trace_node)
        links = np.empty(len(net.links))
        ours, theirs, stored = [], [], 0.0
        with opened(path, tmp_path) as project:
            if kind != "chemical":
                code = en.AGE if kind == "age" else en.TRACE
                en.setqualtype(project, code, "", "", trace_node or "")
            nodes = [en.getnodeindex(project, id_) for id_ in net.nodes]
            for time_s, seconds, flow, demand in steps(project, list(net.links), nodes):
                transport.move(flow, demand, time_s, seconds)
                ours.append(np.empty(len(nodes)))
                stored = transport.read(ours[-1], links)[1]
            en.openQ(project)
            en.initQ(project, 0)
            en.runQ(project)
            while en.nextQ(project) > 0:
                en.runQ(project)
                theirs.append([en.getnodevalue(project, n, en.QUALITY) for n in nodes])
            en.closeQ(project)
        return Both(
            ours=np.array(ours),
            theirs=np.array(theirs),
            report=transport.report(stored),
            nodes=list(net.nodes),
        )

    return run


def steps(project: Any, links: list[str], nodes: list[int]) -> list[tuple[float, float, F64, F64]]:
    """Time, length, flows and demands in m3/s of EPANET's hydraulic steps."""
    found = []
    numbers = [en.getlinkindex(project, id_) for id_ in links]
    en.openH(project)
    en.initH(project, 1)
    while True:
        time_s = float(en.runH(project))
        flow = 1e-3 * np.array([en.getlinkvalue(project, k, en.FLOW) for k in numbers])
        demand = 1e-3 * np.array([en.getnodevalue(project, n, en.DEMAND) for n in nodes])
        seconds = float(en.nextH(project))
        if seconds <= 0.0:
            break
        found.append((time_s, seconds, flow, demand))
    en.closeH(project)
    return found


ALIKE: dict[str, dict[str, Any]] = {
    "age": {"kind": "age", "quality": ""},
    "age, not zero at first": {"kind": "age", "quality": "T 5\nA 2"},
    "trace of the source": {"kind": "trace", "trace_node": "R"},
    "trace of the tank": {"kind": "trace", "trace_node": "T", **TURNING},
    "trace, pipe drawn against the flow": {"kind": "trace", "trace_node": "R", "first": "A R"},
    "age of a trickle": {"kind": "age", "quality": "", "end_demand": "0.0002"},
    "age in a tank that overflows": {
        "kind": "age",
        "quality": "",
        "full": "5",
        "level": "4.8",
        "overflow": "YES",
    },
    "inert": TURNING,
    "standing water": {"quality": "R 1\nD 0.4", "end_demand": "0"},
    "bulk": {"reactions": "Global Bulk -1\nTank T -0.5\nBulk 2 -2"},
    "bulk, order 2": {"reactions": "Order Bulk 2\nOrder Tank 2\nGlobal Bulk -1"},
    "bulk, order 0": {"reactions": "Order Bulk 0\nOrder Tank 0\nGlobal Bulk -0.2"},
    "bulk to a limit": {"reactions": "Global Bulk -2\nLimiting Potential 0.4"},
    "growth to a limit": {"reactions": "Global Bulk 2\nLimiting Potential 3"},
    "Michaelis and Menten": {
        "reactions": "Order Bulk -1\nOrder Tank -1\nGlobal Bulk -1\nLimiting Potential 0.5"
    },
    "wall": {"reactions": "Global Wall -0.1"},
    "wall by roughness": {"reactions": "Roughness Correlation -8"},
    "wall, order 0": {"reactions": "Order Wall 0\nGlobal Wall -50"},
    "wall, order 0, weak": {"reactions": "Order Wall 0\nGlobal Wall -1"},
    "concentration": {"quality": "", "source": "R CONCEN 2 S"},
    "concentration of an inflow": {"end_demand": "-3", "source": "D CONCEN 2"},
    "concentration at a tank": {**TURNING, "source": "T CONCEN 2"},
    "mass": {"source": "B MASS 300 S"},
    "flow paced": {"source": "A FLOWPACED 0.5"},
    "set point": {"quality": "R 0.3", "source": "A SETPOINT 1.2 S"},
    "two compartments": {**TURNING, "mixing": "T 2COMP 0.3"},
    "first in first out": {**TURNING, "mixing": "T FIFO"},
    "last in first out": {**TURNING, "mixing": "T LIFO"},
}


@pytest.mark.parametrize("case", ALIKE.values(), ids=ALIKE.keys())
def test_equal_to_epanet(both: Callable[..., Both], case: dict[str, Any]) -> None:
    """To a thousandth of the greatest value: EPANET decays by explicit steps, we exactly."""
    found = both(**case)
    scale = np.abs(found.theirs).max()
    assert scale > 0.1
    np.testing.assert_allclose(found.ours, found.theirs, rtol=0.0, atol=2e-3 * scale)
    assert abs(found.report.relative_error) < 1e-6


def test_water_that_rests_keeps_its_order(both: Callable[..., Both]) -> None:
    """EPANET does not turn a pipe's segments round if flow rests before it comes back, so water
    leaves at the end it did not stand at."""
    found = both("age", quality="", **RESTING)
    gap = np.abs(found.ours - found.theirs)
    assert gap.max() > 0.01
    assert abs(found.report.relative_error) < 1e-6


def test_a_pipe_with_a_check_valve_holds_water(both: Callable[..., Both]) -> None:
    """EPANET gives such a pipe no volume: what enters leaves in the same instant."""
    plain = both("age", quality="")
    valve = both("age", quality="", second="CV")
    np.testing.assert_allclose(valve.ours, plain.ours, atol=1e-3)
    b = valve.nodes.index("B")
    assert (valve.theirs[24:, b] < plain.theirs[24:, b] - 0.1).any()


def test_a_set_point_at_a_reservoir_is_kept(both: Callable[..., Both]) -> None:
    """EPANET swings between the set point less its own quality and the rest of it."""
    found = both(quality="R 0.3", source="R SETPOINT 1")
    r = found.nodes.index("R")
    np.testing.assert_allclose(found.ours[:, r], 1.0)
    assert found.theirs[:, r].max() < 0.9
