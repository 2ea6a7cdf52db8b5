"""EPANET's engine as reference: heads and flows of a file at given times, in SI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from epanet import toolkit as en
from numpy.typing import NDArray

from hydraulics.us_units import FOOT_M, PER_CFS, m3s_per_cfs
from network_models.network import Network

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """(T, N) heads in m and demands, (T, L) flows in m3/s, in the order of the ids."""

    head_m: F64
    demand_m3s: F64
    flow_m3s: F64


@contextmanager
def opened(path: Path, folder: Path) -> Iterator[Any]:
    """An EPANET project on a file."""
    project = en.createproject()
    en.open(project, str(path), str(folder / "epanet.rpt"), "")
    try:
        yield project
    finally:
        en.close(project)
        en.deleteproject(project)


def run_epanet(
    net: Network,
    path: Path,
    folder: Path,
    times: F64,
    *,
    accuracy: float = 1e-6,
    prepare: Callable[[Any], None] | None = None,
) -> Reference:
    """Run EPANET on `path`, taking states at `times`; `prepare` may change the project first."""
    with opened(path, folder) as project:
        en.setoption(project, en.ACCURACY, accuracy)
        if prepare is not None:
            prepare(project)
        unit = net.options.flow_unit
        flow = m3s_per_cfs(unit) / PER_CFS[unit]
        metric = unit in ("LPS", "LPM", "MLD", "CMH", "CMD", "CMS")
        length = 1.0 if metric else FOOT_M
        nodes = [en.getnodeindex(project, id_) for id_ in net.nodes]
        links = [en.getlinkindex(project, id_) for id_ in net.links]
        wanted = {int(t): i for i, t in enumerate(times)}
        head = np.full((len(times), len(nodes)), np.nan)
        demand, flows = head.copy(), np.full((len(times), len(links)), np.nan)
        en.openH(project)
        en.initH(project, 0)
        while True:
            t = en.runH(project)
            if t in wanted:
                i = wanted[t]
                head[i] = [en.getnodevalue(project, n, en.HEAD) * length for n in nodes]
                demand[i] = [en.getnodevalue(project, n, en.DEMAND) * flow for n in nodes]
                flows[i] = [en.getlinkvalue(project, k, en.FLOW) * flow for k in links]
            if en.nextH(project) <= 0:
                break
        en.closeH(project)
    return Reference(head_m=head, demand_m3s=demand, flow_m3s=flows)
