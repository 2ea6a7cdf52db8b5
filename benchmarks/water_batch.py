"""Many cases of one network beside EPANET: every pipe of a city broken once.

    python benchmarks/water_batch.py [--cases N] [--hours-cases M] [--every K] [FILE.inp]

One pressure-driven instant a pipe break (required pressure 20 m), and M breaks over 24 h. EPANET's
project is opened once and solves case after case in one process: cold from its own first flows, or
warm from the flows of the case before; and the same in two processes at once. Times are wall times
with results in memory; the ratio is EPANET's time over ours, above 1 we are faster. Every K-th case
is compared at tight accuracy.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from epanet import toolkit as en

from hydraulics import simulate_many, solve_many
from hydraulics.changes import break_coefficient
from hydraulics.types import F64
from network_models import BreakPipe, read_network
from network_models.elements import Junction, Pipe
from network_models.network import Network
from network_models.operation import Options

REQUIRED_M = 20.0
TIGHT = 1e-6


def city() -> Path:
    """BWSN network 2, as the epyt package ships it."""
    spec = importlib.util.find_spec("epyt")
    if spec is None or spec.origin is None:
        raise SystemExit("the epyt package is not installed: name a file")
    return Path(spec.origin).parent / "networks" / "asce-tf-wdst" / "BWSN_Network_2.inp"


class Peer:
    """EPANET with one project, pressure-driven, emitters without backflow."""

    def __init__(self, path: Path, net: Network, accuracy: float) -> None:
        self._net = net
        self._folder = tempfile.TemporaryDirectory()
        self.project = en.createproject()
        en.open(self.project, str(path), str(Path(self._folder.name) / "r.rpt"), "")
        metric = net.options.flow_unit in ("LPS", "LPM", "MLD", "CMH", "CMD", "CMS")
        self._metre = 1.0 if metric else 0.3048
        psi = 1.0 if metric else 0.3048 / 0.4333
        en.setdemandmodel(self.project, en.PDA, 0.0, REQUIRED_M / psi, 0.5)
        en.setoption(self.project, en.ACCURACY, accuracy)
        en.setoption(self.project, en.EMITBACKFLOW, 0)
        self._psi = psi
        per = {"GPM": 15850.323, "LPS": 1e3, "CMH": 3600.0}.get(net.options.flow_unit)
        if per is None:
            raise SystemExit(
                f"flow unit {net.options.flow_unit}: this benchmark knows GPM, LPS, CMH"
            )
        self._per = per
        self._rows = [en.getnodeindex(self.project, id_) - 1 for id_ in net.nodes]
        self._values = en.doubleArray(len(self._rows))
        en.openH(self.project)
        en.initH(self.project, 10)
        en.runH(self.project)

    @property
    def heads(self) -> F64:
        """Of the last solve, m, in the file's order."""
        return np.array([self._values[i] for i in self._rows]) * self._metre

    def solve(self, id_: str, *, warm: bool, hours: float = 0.0) -> int:
        """One break; solves made."""
        p = self.project
        link = en.getlinkindex(p, id_)
        pipe = self._net.links[id_]
        assert isinstance(pipe, Pipe)
        coefficient = break_coefficient(pipe) * self._per * self._psi**0.5
        ends = [
            en.getnodeindex(p, end)
            for end in (pipe.start, pipe.end)
            if isinstance(self._net.nodes[end], Junction)
        ]
        before = [en.getnodevalue(p, n, en.EMITTER) for n in ends]
        status = en.getlinkvalue(p, link, en.INITSTATUS)
        en.setlinkvalue(p, link, en.INITSTATUS, 0)
        for n, old in zip(ends, before, strict=True):
            en.setnodevalue(p, n, en.EMITTER, old + coefficient)
        en.initH(p, 0 if warm else 10)
        solves = 1
        en.runH(p)
        while hours and en.nextH(p) > 0:
            if en.runH(p) >= hours * 3600.0:
                break
            solves += 1
        en.getnodevalues(p, en.HEAD, self._values)
        en.setlinkvalue(p, link, en.INITSTATUS, status)
        for n, old in zip(ends, before, strict=True):
            en.setnodevalue(p, n, en.EMITTER, old)
        return solves


def peer_seconds(path: Path, net: Network, ids: Sequence[str], warm: bool, hours: float) -> float:
    """Wall seconds of all cases in this process."""
    peer = Peer(path, net, net.options.accuracy)
    begin = time.perf_counter()
    for id_ in ids:
        peer.solve(id_, warm=warm, hours=hours)
    return time.perf_counter() - begin


def _share(job: tuple[Path, list[str], bool, float]) -> float:
    path, ids, warm, hours = job
    return peer_seconds(path, read_network(path, epanet_constants=True), ids, warm, hours)


def our_seconds(net: Network, ids: Sequence[str], threads: int, hours: float) -> tuple[float, int]:
    """Wall seconds of all cases with what they cost to set up, and unproved cases."""
    cases = [[BreakPipe(id_)] for id_ in ids]
    flagged = 0
    begin = time.perf_counter()
    if hours:
        for _, run in simulate_many(
            net,
            cases,
            hours=hours,
            demand_model="pda",
            required_pressure_m=REQUIRED_M,
            threads=threads,
        ):
            flagged += not run.report.converged
    else:
        for _, state in solve_many(
            net, cases, demand_model="pda", required_pressure_m=REQUIRED_M, threads=threads
        ):
            flagged += not state.report.converged
    return time.perf_counter() - begin, flagged


def table(path: Path, net: Network, ids: list[str], hours: float) -> None:
    """Rows of times and ratios."""
    ours: dict[int, float] = {}
    for threads in (1, 2):
        our_seconds(net, ids[:1], threads, hours)
        ours[threads], flagged = our_seconds(net, ids, threads, hours)
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        print(
            f"  ours, {threads} threads{'':<8}{1e3 * ours[threads] / len(ids):>10.3f} ms a case"
            f"{len(ids) / ours[threads]:>10.0f} cases/s   {flagged} flagged, {size:.0f} MB at most"
        )
    sample = ids[:: max(len(ids) // 200, 1)] if not hours else ids[:16]
    for name, warm in (("cold", False), ("warm", True)):
        theirs = peer_seconds(path, net, sample, warm, hours) / len(sample)
        each = ours[1] / len(ids), ours[2] / len(ids)
        print(
            f"  EPANET {name}, 1 process {1e3 * theirs:>9.3f} ms a case   "
            f"{theirs / each[0]:.1f} x ours on 1 thread, {theirs / each[1]:.1f} x on 2"
        )
        jobs = [(path, sample[i::2], warm, hours) for i in range(2)]
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            both = max(pool.map(_share, jobs)) / len(sample)
        print(
            f"  EPANET {name}, 2 processes {1e3 * both:>7.3f} ms a case   "
            f"{both / each[1]:.1f} x ours on 2 threads"
        )


def compare(path: Path, net: Network, ids: list[str]) -> None:
    """Heads of the chosen cases against EPANET, both at a tight accuracy."""
    peer = Peer(path, net, TIGHT)
    worst: list[tuple[float, str]] = []
    rows = solve_many(
        net,
        [[BreakPipe(id_)] for id_ in ids],
        demand_model="pda",
        required_pressure_m=REQUIRED_M,
        accuracy=TIGHT,
    )
    for number, state in rows:
        peer.solve(ids[number], warm=False)
        gap = np.nanmax(np.abs(state.head_m - peer.heads))
        worst.append((float(gap), ids[number]))
    worst.sort(reverse=True)
    print(f"  {len(ids)} cases compared: median {np.median([g for g, _ in worst]):.1e} m, worst")
    for gap, id_ in worst[:5]:
        print(f"    {id_:<16}{gap:.3e} m")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--hours-cases", type=int, default=256)
    parser.add_argument("--every", type=int, default=50)
    given = parser.parse_args()
    path = given.file or city()
    net = read_network(path, epanet_constants=True)
    options: Options = net.options
    net = replace(net, options=replace(options, demand_model="PDA"))
    ids = [k for k, v in net.links.items() if isinstance(v, Pipe)]
    if given.cases:
        ids = ids[:: max(len(ids) // given.cases, 1)][: given.cases]
    print(f"{path.name}: {len(ids)} pipe breaks, one pressure-driven instant each")
    table(path, net, ids, 0.0)
    compare(path, net, ids[:: given.every])
    if given.hours_cases:
        few = ids[:: max(len(ids) // given.hours_cases, 1)][: given.hours_cases]
        print(f"{path.name}: {len(few)} pipe breaks over 24 h")
        table(path, net, few, 24.0)


if __name__ == "__main__":
    main()
