"""Reading networks beside EPANET and WNTR, and a city of a million elements from file to state.

    python benchmarks/reader_and_scale.py [--elements 1000000] [--files-only | --city-only]

First table: EPANET's `open`, our `read_network` (which checks the whole file and the whole
network), WNTR's `WaterNetworkModel`, and our writer, in one run by turns; CPU times, the median of
the repeats (WNTR is read once). A ratio is the time over EPANET's.

Second table: the example city's three networks are made, and its water network is read, checked,
compiled and solved once at 0 h, each in a process of its own so that the greatest memory is the
stage's (with all it needs: solving includes reading and compiling). `elements` counts nodes and
links of the water, gas and heat networks together.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import wntr
from epanet import toolkit as en

from hydraulics import warmup
from hydraulics.arrays import compile_network
from hydraulics.extended import ExtendedPeriod
from network_models import read_network, write_inp, write_native
from network_models.formats.native import read_native
from scenarios.city import make_city

REPEATS = 9
NAMES = ("BWSN_Network_2", "Net6", "ky10", "ky8", "ky4", "L-TOWN", "MICROPOLIS_v1", "Net3")


def find_files() -> list[Path]:
    """Files that ship with the packages of the test environment."""
    found: dict[str, Path] = {}
    for name in ("wntr", "epyt"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            for path in sorted(Path(spec.origin).parent.rglob("*.inp")):
                found.setdefault(path.stem, path)
    return [found[name] for name in NAMES if name in found]


def seconds(run: Callable[[], object]) -> float:
    """CPU time of a call, with throwing away what it made."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


def epanet_open(path: Path, folder: Path) -> None:
    """EPANET's own reading of a file."""
    project = en.createproject()
    en.open(project, str(path), str(folder / "r.rpt"), "")
    en.close(project)
    en.deleteproject(project)


def compare(path: Path, folder: Path) -> None:
    """A line of the first table."""
    net = read_network(path)
    copy = folder / "copy.inp"
    theirs, ours, writes = [], [], []
    for _ in range(REPEATS):
        theirs.append(seconds(lambda: epanet_open(path, folder)))
        ours.append(seconds(lambda: read_network(path)))
        writes.append(seconds(lambda: write_inp(net, copy)))
    try:
        peer = seconds(lambda: wntr.network.WaterNetworkModel(str(path)))
    except ValueError:  # some sound files it cannot read
        peer = math.nan
    write_native(net, folder / "copy.json")
    same = read_network(copy) == net and read_native(folder / "copy.json") == net
    base, own, wrote = (statistics.median(times) for times in (theirs, ours, writes))
    print(
        f"{path.stem:16} {len(net.nodes) + len(net.links):8} {1e3 * base:9.1f} {1e3 * own:9.1f} "
        f"{own / base:7.1f} {1e3 * peer:9.0f} {peer / base:7.0f} {1e3 * wrote:9.1f}  "
        f"{'equal' if same else 'NOT EQUAL'}",
        flush=True,
    )


def make(folder: Path, elements: int) -> str:
    """The city's site folder with its three networks."""
    make_city(folder, seed=1, elements=elements)
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    return f"{size / 1e6:.0f} MB of files"


def read_water(folder: Path, _: int) -> str:
    """The water network, every check made."""
    net = read_network(folder / "networks" / "water.inp")
    return f"{len(net.nodes)} nodes, {len(net.links)} links"


def read_others(folder: Path, _: int) -> str:
    """The gas and the heat network, every check made."""
    nets = [read_network(folder / "networks" / f"{name}.json") for name in ("gas", "heat")]
    return f"{sum(len(n.nodes) + len(n.links) for n in nets)} elements"


def write_water(folder: Path, _: int) -> str:
    """The water network written, read again and compared; the time is that of writing."""
    net = read_network(folder / "networks" / "water.inp")
    Stage.begin()
    write_inp(net, folder / "copy.inp")
    Stage.end()
    return "reads back equal" if read_network(folder / "copy.inp") == net else "NOT EQUAL"


def compile_water(folder: Path, _: int) -> str:
    """Order of elimination, pattern of the factor, tables of all elements."""
    warmup()
    net = read_network(folder / "networks" / "water.inp")
    Stage.begin()
    arrays = compile_network(net)
    return f"factor of {len(arrays.pattern.row)} entries, {len(arrays.pattern.target)} updates"


def solve_water(folder: Path, _: int) -> str:
    """The state at 0 h with the judge's residuals; the time is without reading and compiling."""
    warmup()
    net = read_network(folder / "networks" / "water.inp")
    arrays = compile_network(net)
    Stage.begin()
    report = ExtendedPeriod(net, arrays=arrays).solution.report
    Stage.end()
    return (
        f"{report.iterations} iterations, converged {report.converged}, worst residuals "
        f"{report.balance.mass_m3s:.1e} m3/s, {report.balance.energy_m:.1e} m, "
        f"proved {report.balance.proved}"
    )


class Stage:
    """What part of a stage's process is timed: all, or from `begin` to `end`."""

    first = 0.0
    last: float | None = None

    @classmethod
    def begin(cls) -> None:
        """The timed part begins."""
        cls.first = time.process_time()

    @classmethod
    def end(cls) -> None:
        """The timed part ends."""
        cls.last = time.process_time()


STAGES = (make, read_water, read_others, write_water, compile_water, solve_water)


def run_stage(number: int, folder: Path, elements: int) -> None:
    """One stage, in a process of its own."""
    stage = STAGES[number]
    Stage.begin()
    said = stage(folder, elements)
    last = Stage.last if Stage.last is not None else time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"{stage.__name__:14} {last - Stage.first:8.2f} {peak:8.0f}  {said}", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--elements", type=int, default=1_000_000)
    parser.add_argument("--files-only", action="store_true")
    parser.add_argument("--city-only", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not asked.city_only:
            print(
                "file             elements  open ms   ours ms   ratio   WNTR ms   ratio  write ms"
            )
            for path in find_files():
                compare(path, folder)
        if not asked.files_only:
            print(f"\ncity of {asked.elements} elements\nstage          CPU s    peak MB")
            for number in range(len(STAGES)):
                context = multiprocessing.get_context("spawn")
                process = context.Process(
                    target=run_stage, args=(number, folder / "city", asked.elements)
                )
                process.start()
                process.join()


if __name__ == "__main__":
    main()
