"""The city's water over days, by EPANET's own engine: the ordinary day must be a healthy one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from epanet import toolkit as en

from hydraulics import simulate
from network_models.elements import Junction
from scenarios.city import make_city
from scenarios.site import load_site

DAY_S = 86400
LEAST_M, MOST_M = 18.0, 60.0


@dataclass
class Week:
    """Lowest and highest pressure by node, and tank levels by tank over all steps."""

    lowest: dict[str, float]
    highest: dict[str, float]
    levels: dict[str, list[float]]
    warnings: list[str]


def run(inp: Path, folder: Path, days: int) -> Week:
    project = en.createproject()
    en.open(project, str(inp), str(folder / "run.rpt"), str(folder / "run.out"))
    en.settimeparam(project, en.DURATION, days * DAY_S)
    count = en.getcount(project, en.NODECOUNT)
    ids = [en.getnodeid(project, i) for i in range(1, count + 1)]
    tanks = [i for i in range(1, count + 1) if en.getnodetype(project, i) == en.TANK]
    week = Week(
        dict.fromkeys(ids, np.inf), dict.fromkeys(ids, -np.inf), {ids[i - 1]: [] for i in tanks}, []
    )
    en.openH(project)
    en.initH(project, en.NOSAVE)
    left = 1
    while left > 0:
        try:
            en.runH(project)
        except Warning as warning:
            week.warnings.append(str(warning))
        for i, id_ in enumerate(ids, start=1):
            pressure = en.getnodevalue(project, i, en.PRESSURE)
            week.lowest[id_] = min(week.lowest[id_], pressure)
            week.highest[id_] = max(week.highest[id_], pressure)
        for i in tanks:
            week.levels[ids[i - 1]].append(en.getnodevalue(project, i, en.PRESSURE))
        left = en.nextH(project)
    en.closeH(project)
    en.close(project)
    en.deleteproject(project)
    report = (folder / "run.rpt").read_text(errors="replace")
    week.warnings += [line for line in report.splitlines() if "WARNING" in line]
    return week


@pytest.mark.parametrize(
    ("seed", "elements", "days"), [(1, 4800, 7), (2, 3000, 2), (5, 200, 7), (3, 1000, 2)]
)
def test_a_week_is_healthy(tmp_path: Path, seed: int, elements: int, days: int) -> None:
    make_city(tmp_path / "city", seed=seed, elements=elements)
    net = load_site(tmp_path / "city").networks["water"]
    week = run(tmp_path / "city" / "networks" / "water.inp", tmp_path, days)
    assert week.warnings == []
    customers = [n.id for n in net.nodes.values() if isinstance(n, Junction) and n.demands]
    assert min(week.lowest[id_] for id_ in customers) > LEAST_M
    assert max(week.highest[id_] for id_ in customers) < MOST_M
    for levels in week.levels.values():
        assert min(levels) > 1.5, "a tank runs low on an ordinary day"
        assert max(levels) - min(levels) > 0.8, "a tank does not work"


def test_our_own_engine_sees_the_same_day(tmp_path: Path) -> None:
    make_city(tmp_path / "city", seed=1, elements=1000)
    net = load_site(tmp_path / "city").networks["water"]
    week = run(tmp_path / "city" / "networks" / "water.inp", tmp_path, 1)
    own = simulate(net)
    assert own.report.converged
    lowest = dict(zip(own.node_ids, own.pressure_m.min(axis=0), strict=True))
    customers = [n.id for n in net.nodes.values() if isinstance(n, Junction) and n.demands]
    # EPANET is looked at in every step, our own run at the full hours
    assert all(lowest[id_] > week.lowest[id_] - 0.05 for id_ in customers)
    assert min(lowest[id_] for id_ in customers) > LEAST_M
