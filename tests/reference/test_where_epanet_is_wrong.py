"""Cases in which EPANET 2.3.5 gives a wrong answer without a word, rebuilt from public reports.

Each test shows that EPANET's answer fails the judge, and that ours passes it.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from epanet import toolkit as en
from epanet_run import opened, run_epanet
from random_networks import epanet_states

from hydraulics import simulate
from hydraulics.balance import Judge
from hydraulics.state import Balance
from hydraulics.types import F64
from hydraulics.us_units import FOOT_M, m3s_per_cfs
from network_models import Network, read_network

SUSTAINED = """[JUNCTIONS]
J1 180 0
J2 180 0
J3 180 0
J4 180 27.8
[RESERVOIRS]
R 250
[PIPES]
1 R J1 400 250 100 0 Open
2 J1 J2 400 250 100 0 Open
3 J3 J4 400 250 100 0 Open
[VALVES]
V J2 J3 250 PSV 70 0
[OPTIONS]
Units LPS
Headloss H-W
[TIMES]
Duration 0
[END]
"""
IN_SERIES = """[JUNCTIONS]
A 0 0
B 0 0
C 0 0
D 0 0
[RESERVOIRS]
R 100
S 30
[PIPES]
1 R A 2000 100 100 0 Open
2 B C 500 100 100 0 Open
3 D S 500 100 100 0 Open
[VALVES]
P A B 100 PSV 80 0
Q C D 100 PRV 60 0
[OPTIONS]
Units LPS
Headloss H-W
[TIMES]
Duration 0
[END]
"""
POWERED = """[JUNCTIONS]
A 0 0
B 0 0.2
C 0 0.5
[RESERVOIRS]
R 30
[TANKS]
T 100 2 0 5 3 0
[PIPES]
1 A B 500 50 100 0 Open
2 B T 1000 50 100 0 CV
3 B C 100 50 100 0 Open
[PUMPS]
P R A POWER 2
[PATTERNS]
1 0 0.5 0 0.05 0.5 0
[CONTROLS]
LINK P CLOSED IF NODE T ABOVE 4
LINK P OPEN IF NODE T BELOW 1.5
[OPTIONS]
Units GPM
Headloss H-W
Accuracy 0.01
[TIMES]
Duration 24:00
[END]
"""
KILOWATTS = """[JUNCTIONS]
A 0 20
[RESERVOIRS]
R 10
[TANKS]
T 30 2 0 5 20 0
[PIPES]
1 A T 500 200 110 0 Open
[PUMPS]
P R A POWER 5
[OPTIONS]
Units LPS
Headloss H-W
Accuracy 0.000001
[TIMES]
Duration 0
[END]
"""


def written(text: str, folder: Path) -> tuple[Path, Network]:
    """The file and the network in it."""
    path = folder / "case.inp"
    path.write_text(text)
    return path, read_network(path)


def judged(net: Network, path: Path, folder: Path) -> tuple[F64, F64, Balance]:
    """EPANET's heads and flows at the first instant (metric files), and the judge's verdict."""
    _, head, demand, flow, status, setting = epanet_states(net, path, folder)[0]
    factor = m3s_per_cfs("LPS")
    return head, flow, Judge(net).judge(head, demand, flow, status, setting, factor)


def test_a_psv_that_cuts_off_the_demand_behind_it(tmp_path: Path) -> None:
    """OpenWaterAnalytics/EPANET issue 892: heads of minus thirty million metres, accepted."""
    path, net = written(SUSTAINED, tmp_path)
    head, _, verdict = judged(net, path, tmp_path)
    assert head.min() < -1e6
    assert not verdict.proved
    run = simulate(net)
    assert run.report.converged
    assert run.report.balance.proved
    np.testing.assert_allclose(run.flow_m3s[0], 0.0278, rtol=1e-4)
    inlet = dict(zip(run.node_ids, run.pressure_m[0], strict=True))["J2"]
    assert 65.0 < inlet < 70.0


@pytest.mark.parametrize(("upper", "lower"), itertools.product((58, 80, 95), (35, 60, 75)))
def test_a_prv_behind_a_psv(upper: int, lower: int, tmp_path: Path) -> None:
    """OpenWaterAnalytics/EPANET issue 692: both valves at once cut the middle off."""
    text = IN_SERIES.replace("PSV 80", f"PSV {upper}").replace("PRV 60", f"PRV {lower}")
    path, net = written(text, tmp_path)
    run = simulate(net, accuracy=1e-6)
    assert run.report.converged
    assert run.report.balance.proved
    assert not run.report.balance.inconsistent
    head, _, verdict = judged(net, path, tmp_path)
    if verdict.proved:
        np.testing.assert_allclose(run.head_m[0], head, atol=0.02)


def test_a_large_head_error_is_not_accepted(tmp_path: Path) -> None:
    """OpenWaterAnalytics/EPANET issue 661: converged by flows, kilometres off by heads."""
    path, net = written(POWERED, tmp_path)
    errors = []
    with opened(path, tmp_path) as project:
        en.openH(project)
        en.initH(project, 0)
        while True:
            en.runH(project)
            converged = en.getstatistic(project, en.RELATIVEERROR) <= 0.01
            errors.append(en.getstatistic(project, en.MAXHEADERROR) * FOOT_M * converged)
            if en.nextH(project) <= 0:
                break
        en.closeH(project)
    assert max(errors) > 1000.0
    run = simulate(net)
    assert run.report.converged
    assert run.report.balance.proved
    assert run.report.balance.energy_m < 1.0


def test_a_metric_pump_of_constant_power_has_the_power_the_file_says(tmp_path: Path) -> None:
    """EPANET 2.3.5 turns kW into hp twice: a pump of 5 kW lifts as if it had 6.7."""
    path, net = written(KILOWATTS, tmp_path)
    head, flow, verdict = judged(net, path, tmp_path)
    assert not verdict.proved
    assert verdict.energy_link == "P"
    nodes, links = list(net.nodes), list(net.links)
    r, a, p = nodes.index("R"), nodes.index("A"), links.index("P")
    assert 9.81 * flow[p] * (head[a] - head[r]) == pytest.approx(5.0 / 0.7457, rel=0.01)
    run = simulate(net)
    assert run.report.balance.proved
    ours = 9.81 * run.flow_m3s[0, p] * (run.head_m[0, a] - run.head_m[0, r])
    assert ours == pytest.approx(5.0, rel=0.01)


def test_a_study_repeated_gives_the_same_bits(tmp_path: Path) -> None:
    """OpenWaterAnalytics/EPANET issue 870: a project run again goes on from its last flows."""
    text = POWERED.replace("POWER 2", "POWER 40").replace("Duration 24:00", "Duration 6:00")
    path, net = written(text, tmp_path)
    again: list[list[float]] = []
    with opened(path, tmp_path) as project:
        en.openH(project)
        for _ in range(2):
            en.initH(project, 0)
            rows: list[float] = []
            while True:
                en.runH(project)
                rows += [en.getlinkvalue(project, k, en.FLOW) for k in range(1, len(net.links) + 1)]
                if en.nextH(project) <= 0:
                    break
            again.append(rows)
        en.closeH(project)
    assert again[0] != again[1]
    first, second = simulate(net), simulate(net)
    np.testing.assert_array_equal(first.head_m, second.head_m)
    np.testing.assert_array_equal(first.flow_m3s, second.flow_m3s)


def test_the_reference_run_is_epanets_own(tmp_path: Path) -> None:
    """The states judged here are those of the parity tests."""
    path, net = written(IN_SERIES, tmp_path)
    head, flow, _ = judged(net, path, tmp_path)
    reference = run_epanet(net, path, tmp_path, np.zeros(1))
    np.testing.assert_allclose(reference.head_m[0], head)
    np.testing.assert_allclose(reference.flow_m3s[0], flow)
