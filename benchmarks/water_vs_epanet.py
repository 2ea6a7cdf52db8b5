"""The water solver beside EPANET's C engine: the same file, the same accuracy, one thread each.

    python benchmarks/water_vs_epanet.py [FILE.inp ...]

Both sides start from a file that is read already; results are taken from memory at every report
time on our side, EPANET only steps (its results are not even fetched). Times are CPU times, the
median of five, ours with compiling the network to arrays and judging the balance. The ratio is
EPANET's time over ours: above 1 we are faster.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path

from epanet import toolkit as en

from hydraulics import simulate, warmup
from network_models import read_network

REPEATS = 5


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


def epanet_seconds(path: Path) -> float:
    """One hydraulic run of EPANET, without opening and reading."""
    with tempfile.TemporaryDirectory() as folder:
        project = en.createproject()
        en.open(project, str(path), str(Path(folder) / "r.rpt"), "")
        begin = time.process_time()
        en.openH(project)
        en.initH(project, 0)
        while True:
            en.runH(project)
            if en.nextH(project) <= 0:
                break
        en.closeH(project)
        seconds = time.process_time() - begin
        en.close(project)
        en.deleteproject(project)
    return seconds


def main(files: list[Path]) -> None:
    """Print a row a file."""
    warmup()
    titles = ("nodes", "solves", "iterations", "ours ms", "EPANET ms", "ratio")
    print(f"{'file':<20}" + "".join(f"{title:>11}" for title in titles))
    for path in files:
        net = read_network(path)
        ours, theirs = [], []
        for _ in range(REPEATS):
            begin = time.process_time()
            run = simulate(net)
            ours.append(time.process_time() - begin)
            theirs.append(epanet_seconds(path))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(
            f"{path.stem:<20}{len(net.nodes):>11}{run.report.solves:>11}{run.report.iterations:>11}"
            f"{1e3 * a:>11.1f}{1e3 * b:>11.1f}{b / a:>11.2f}"
        )


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or default_files())
