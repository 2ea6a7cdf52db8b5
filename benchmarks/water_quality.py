"""Water age and source trace beside EPANET: differences and transport time, one thread each.

    python benchmarks/water_quality.py [--hours H] [FILE.inp ...]

Hydraulics run first on both sides (accuracy 1e-6) and are not timed: EPANET's time is its quality
loop over saved hydraulics, ours the same transport over recorded flows, CPU seconds. Differences
are over nodes with a source of water at all report times, in h and in per cent of the trace;
"within" is the share of nodes and times that differ by at most the quality tolerance.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from epanet import toolkit as en

from hydraulics import warmup
from hydraulics.extended import ExtendedPeriod
from hydraulics.quality.run import Transport
from hydraulics.run import report_times
from network_models import read_network
from network_models.elements import Reservoir
from network_models.network import Network

ACCURACY = 1e-6


def default_files() -> list[Path]:
    """Files that ship with the packages of the test environment."""
    roots = {}
    for name in ("wntr", "epyt"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            roots[name] = Path(spec.origin).parent
    return [
        roots["wntr"] / "library" / "networks" / "Net3.inp",
        roots["epyt"] / "networks" / "L-TOWN.inp",
        roots["wntr"] / "library" / "networks" / "Net6.inp",
        roots["epyt"] / "networks" / "asce-tf-wdst" / "BWSN_Network_2.inp",
    ]


def epanet(
    net: Network, path: Path, kind: str, source: str, times: Any, step_s: float
) -> tuple[Any, float]:
    """Quality of nodes at `times`, and CPU seconds of the loop."""
    found = np.full((len(times), len(net.nodes)), np.nan)
    at = {int(t): i for i, t in enumerate(times)}
    with tempfile.TemporaryDirectory() as folder:
        project = en.createproject()
        en.open(project, str(path), str(Path(folder) / "r.rpt"), "")
        en.setoption(project, en.ACCURACY, ACCURACY)
        en.setoption(project, en.UNBALANCED, 10)  # its own file would stop it where trials run out
        en.settimeparam(project, en.DURATION, int(times[-1]))
        en.settimeparam(project, en.QUALSTEP, int(step_s))
        chosen = en.AGE if kind == "age" else en.TRACE
        en.setqualtype(project, chosen, "", "", source)
        en.solveH(project)
        nodes = [en.getnodeindex(project, id_) for id_ in net.nodes]
        seconds = 0.0
        begin = time.process_time()
        en.openQ(project)
        en.initQ(project, 0)
        while True:
            t = en.runQ(project)
            if t in at:
                seconds += time.process_time() - begin
                found[at[t]] = [en.getnodevalue(project, n, en.QUALITY) for n in nodes]
                begin = time.process_time()
            if en.nextQ(project) <= 0:
                break
        en.closeQ(project)
        seconds += time.process_time() - begin
        en.close(project)
        en.deleteproject(project)
    return found, seconds


def recorded(net: Network, times: Any) -> tuple[ExtendedPeriod, list[tuple[Any, ...]]]:
    """The run, and (flow, demand, time, seconds, report row or -1) of every hydraulic step."""
    run = ExtendedPeriod(net, accuracy=ACCURACY)
    steps: list[tuple[Any, ...]] = []
    for i, t in enumerate(times):
        while run.time_s < t:
            _, demand, flow, _ = run.engine.results()
            begin = run.time_s
            gone = run.step(float(t) - begin)
            steps.append((flow, demand, begin, gone, i if run.time_s >= t else -1))
    return run, steps


def main() -> None:
    """Print a row a file and kind."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--hours", type=float)
    given = parser.parse_args()
    warmup()
    titles = (
        "kind",
        "hours",
        "steps",
        "within %",
        "max diff",
        "mean diff",
        "balance",
        "EPANET s",
        "ours s",
        "ratio",
    )
    print(f"{'file':<18}" + "".join(f"{t:>11}" for t in titles))
    for path in given.files or default_files():
        net = read_network(path)
        times = report_times(net, given.hours, None)
        run, steps = recorded(net, times)
        source = next(n.id for n in net.nodes.values() if isinstance(n, Reservoir))
        for kind in ("age", "trace"):
            ours = np.full((len(times), len(net.nodes)), np.nan)
            links = np.empty(len(net.links))
            seconds = []
            for _ in range(3):
                transport = Transport(run.engine.arrays, kind, trace_node=source)  # type: ignore[arg-type]
                begin = time.process_time()
                for flow, demand, since, gone, _row in steps:
                    transport.move(flow, demand, since, gone)
                seconds.append(time.process_time() - begin)
            transport = Transport(run.engine.arrays, kind, trace_node=source)  # type: ignore[arg-type]
            stored = 0.0
            for flow, demand, since, gone, row in steps:
                transport.move(flow, demand, since, gone)
                if row >= 0:
                    stored = transport.read(ours[row], links)[1]
            theirs, peer = epanet(net, path, kind, source, times, transport.step_s)
            wet = np.isfinite(run.solution.head_m)
            gap = np.abs(ours - theirs)[1:, wet]
            print(
                f"{path.stem:<18}{kind:>11}{times[-1] / 3600:>11.0f}{len(steps):>11}"
                f"{100.0 * np.mean(gap <= transport.tolerance):>11.2f}"
                f"{np.nanmax(gap):>11.4f}{np.nanmean(gap):>11.6f}"
                f"{transport.report(stored).relative_error:>11.1e}"
                f"{peer:>11.3f}{min(seconds):>11.3f}{peer / min(seconds):>11.2f}"
            )


if __name__ == "__main__":
    main()
