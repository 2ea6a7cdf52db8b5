"""The water solver beside EPANET's C engine: the same file, the same accuracy, one thread each.

    python benchmarks/water_vs_epanet.py [FILE.inp ...]

Two tables. *Solve loop*: both sides start from a file that is read; ours is all `simulate` does
after compiling the network to arrays, with every result of every report time and with the proof of
every solve; EPANET's is openH, initH, runH, nextH, closeH without fetching results. Where EPANET
ends early (UNBALANCED STOP) we run as far as it did. *Whole process*: a fresh process of `ringmain
simulate --json` beside a fresh one that lets EPANET read, solve and write its report.

Times are CPU times: the least of the repeats (by turns) for the loop, the median for processes. A
ratio is EPANET's time over ours: above 1 we are faster. Net3 is shown but does not count for the
mean.
"""

from __future__ import annotations

import importlib.util
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from epanet import toolkit as en

from hydraulics import simulate, warmup
from hydraulics.arrays import compile_network
from network_models import read_network

LOOPS, PROCESSES = 7, 3
SHORT_S, MOST_LOOPS = 0.4, 50
"""Runs of a millisecond are repeated for this long: the least of seven is chance."""
NOT_COUNTED = "Net3"
PEER = """
import sys
from epanet import toolkit as en
project = en.createproject()
en.runproject(project, sys.argv[1], sys.argv[2], "", None)
"""


def default_files() -> list[Path]:
    """Files that ship with the packages of the test environment."""
    roots = {}
    for name in ("wntr", "epyt"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            roots[name] = Path(spec.origin).parent
    cases = roots["epyt"] / "networks" / "asce-tf-wdst"
    return [
        roots["wntr"] / "library" / "networks" / "Net3.inp",
        roots["wntr"] / "library" / "networks" / "Net6.inp",
        roots["epyt"] / "networks" / "L-TOWN.inp",
        cases / "BWSN_Network_2.inp",
        cases / "MICROPOLIS_v1.inp",
        cases / "ky12.inp",
        cases / "KL.inp",
    ]


def epanet_loop(path: Path, *, iterations: bool = False) -> tuple[float, float, int, int]:
    """CPU seconds of one hydraulic run, the time it ends at, its solves and iterations."""
    solves, count, reached = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        project = en.createproject()
        en.open(project, str(path), str(Path(folder) / "r.rpt"), "")
        begin = time.process_time()
        en.openH(project)
        en.initH(project, 0)
        while True:
            reached = float(en.runH(project))
            solves += 1
            if iterations:
                count += int(en.getstatistic(project, en.ITERATIONS))
            if en.nextH(project) <= 0:
                break
        en.closeH(project)
        seconds = time.process_time() - begin
        en.close(project)
        en.deleteproject(project)
    return seconds, reached, solves, count


def process_seconds(command: list[str]) -> float:
    """CPU seconds of a fresh process, user and system; -1 where it fails."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    one["PYTHONDONTWRITEBYTECODE"] = ""  # as installed: modules are compiled to bytecode once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **one})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        return -1.0
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def loops(files: list[Path]) -> None:
    """Print a row a file: the solve loops."""
    titles = ("nodes", "solves", "iter.", "ours ms", "EP solves", "EP iter.", "EPANET ms", "ratio")
    print(f"{'solve loop':<18}" + "".join(f"{title:>11}" for title in titles))
    ratios = []
    for path in files:
        net = read_network(path)
        arrays = compile_network(net)
        _, reached, solves, count = epanet_loop(path, iterations=True)
        hours = reached / 3600.0
        ours, theirs = [], []
        while len(ours) < LOOPS or (sum(ours) < SHORT_S and len(ours) < MOST_LOOPS):
            begin = time.process_time()
            run = simulate(net, arrays=arrays, hours=hours)
            ours.append(time.process_time() - begin)
            theirs.append(epanet_loop(path)[0])
        a, b = min(ours), min(theirs)
        if path.stem != NOT_COUNTED:
            ratios.append(b / a)
        r = run.report
        print(
            f"{path.stem:<18}{len(net.nodes):>11}{r.solves:>11}{r.iterations:>11}{1e3 * a:>11.2f}"
            f"{solves:>11}{count:>11}{1e3 * b:>11.2f}{b / a:>11.2f}",
            flush=True,
        )
    _mean(ratios)


def processes(files: list[Path]) -> None:
    """Print a row a file: whole processes."""
    print(f"{'whole process':<18}" + "".join(f"{t:>11}" for t in ("ours s", "EPANET s", "ratio")))
    ours_command = [sys.executable, "-c", "from hmi.cli import main; main()", "simulate"]
    ratios = []
    for path in files:
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            report = str(Path(folder) / "r.rpt")
            for _ in range(PROCESSES):
                ours.append(process_seconds([*ours_command, "--json", str(path)]))
                theirs.append(process_seconds([sys.executable, "-c", PEER, str(path), report]))
        a, b = statistics.median(ours), statistics.median(theirs)
        if path.stem != NOT_COUNTED:
            ratios.append(b / a)
        print(f"{path.stem:<18}{a:>11.2f}{b:>11.2f}{b / a:>11.2f}", flush=True)
    _mean(ratios)


def _mean(ratios: list[float]) -> None:
    if ratios:
        mean = math.exp(sum(math.log(r) for r in ratios) / len(ratios))
        print(f"geometric mean {mean:.2f}, least {min(ratios):.2f}\n", flush=True)


def main(files: list[Path]) -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    warmup()
    loops(files)
    processes(files)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or default_files())
