"""Gas beside pandapipes in one run: one network cold and warm, meshes, a day of steps, many cases.

    python benchmarks/gas_vs_pandapipes.py [--quick] [--peer-cases N]

pandapipes runs as it comes (numba on, its own tolerances) and with all its tables made; ours is
timed on a compiled network, `compile` says what compiling costs beside. Medians of processor time;
the differences in pressure are those of the two at pandapipes' tolerances tightened to 1e-10.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandapipes  # type: ignore[import-untyped]
import pandas  # type: ignore[import-untyped]
from pandapipes import networks
from pandapipes.timeseries import run_timeseries  # type: ignore[import-untyped]
from pandapower.control import ConstControl  # type: ignore[import-untyped]
from pandapower.timeseries import DFData, OutputWriter  # type: ignore[import-untyped]

from hydraulics.gas.many import solve_many
from hydraulics.gas.model import GasModel
from hydraulics.gas.warming import warm_gas
from network_models import Network, read_network
from network_models.changes import Change, CloseLink, LoseSource, ScaleDemand

TIGHT = {"tol_p": 1e-10, "tol_m": 1e-10, "tol_res": 1e-9, "max_iter_hyd": 100}
STEPS = 96


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without meshes")
    parser.add_argument("--peer-cases", type=int, default=20, help="cases pandapipes solves")
    wish = parser.parse_args()
    warm_gas()
    town = networks.schutterwald_gas()
    one_network("schutterwald_gas", town)
    for side in () if wish.quick else (100, 200):
        one_network(f"mesh {side}x{side}", mesh(side), runs=3)
    day(town)
    batch(town, wish.peer_cases)


def ours(net: Any) -> Network:
    """The network as our reader has it from pandapipes' file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.json"
        pandapipes.to_json(net, os.fspath(file))
        return read_network(file)


def timed(work: Callable[[], object], runs: int) -> float:
    """Median processor time of a call, seconds."""
    found = []
    for _ in range(runs):
        start = process_time()
        work()
        found.append(process_time() - start)
    return float(np.median(found))


def one_network(name: str, net: Any, runs: int = 7) -> None:
    """Cold and warm solves of one network by both."""
    read = ours(net)
    start = process_time()
    model = GasModel(read)
    compiling = process_time() - start
    solution = model.solve(cold=True)
    cold, warm = timed(lambda: model.solve(cold=True), 5 * runs), timed(model.solve, 5 * runs)
    pandapipes.pipeflow(net)
    theirs = timed(lambda: pandapipes.pipeflow(net), runs)
    pandapipes.pipeflow(net, **TIGHT)
    bar = net.res_junction.p_bar.to_numpy(dtype=float)
    miss = float(np.nanmax(np.abs(solution.pressure_pa[: len(bar)] / 1e5 - bar)))
    print(
        f"{name}: {len(read.nodes)} nodes, {len(read.links)} links; pandapipes "
        f"{theirs * 1e3:.1f} ms, ours cold {cold * 1e3:.2f} ms ({theirs / cold:.0f}x), warm "
        f"{warm * 1e3:.2f} ms ({theirs / warm:.0f}x), compile {compiling * 1e3:.0f} ms; "
        f"{solution.report.iterations} iterations, difference {miss:.1e} bar"
    )


def mesh(side: int) -> Any:
    """A square of streets fed at two corners, a sink at every junction."""
    net = pandapipes.create_empty_network(fluid="lgas")
    count = side * side
    pandapipes.create_junctions(net, count, pn_bar=1.0, tfluid_k=283.15)
    grid = np.arange(count).reshape(side, side)
    start = np.concatenate((grid[:, :-1].ravel(), grid[:-1].ravel()))
    end = np.concatenate((grid[:, 1:].ravel(), grid[1:].ravel()))
    random = np.random.default_rng(1)
    pandapipes.create_pipes_from_parameters(
        net,
        start,
        end,
        length_km=random.uniform(0.05, 0.15, len(start)),
        inner_diameter_mm=random.choice([150.0, 200.0, 300.0], len(start)),
        k_mm=0.1,
    )
    for corner in (0, count - 1):
        pandapipes.create_ext_grid(net, corner, p_bar=1.0, t_k=283.15)
    sinks = random.uniform(0.5, 1.5, count) * 1.5 / count
    pandapipes.create_sinks(net, np.arange(count), mdot_kg_per_s=sinks)
    return net


def day(net: Any) -> None:
    """A day of 96 steps, the demands following a curve: beside pandapipes' time series with its
    output writer, and beside a bare loop of its pipeflow."""
    curve = 0.6 + 0.4 * np.sin(np.linspace(0.0, 2.0 * np.pi, STEPS))
    model = GasModel(ours(net))
    model.solve(cold=True)

    def run() -> None:
        for factor in curve:
            model.case.factor[:] = factor
            model.solve()

    mine = timed(run, 5)
    base = net.sink.mdot_kg_per_s.to_numpy(dtype=float).copy()
    start = process_time()
    for factor in curve:
        net.sink["mdot_kg_per_s"] = base * factor
        pandapipes.pipeflow(net)
    loop = process_time() - start
    net.sink["mdot_kg_per_s"] = base
    profiles = DFData(pandas.DataFrame(np.outer(curve, base), columns=net.sink.index.astype(str)))
    ConstControl(
        net,
        element="sink",
        variable="mdot_kg_per_s",
        element_index=net.sink.index,
        profile_name=net.sink.index.astype(str),
        data_source=profiles,
    )
    OutputWriter(net, range(STEPS), output_path=None, log_variables=[("res_junction", "p_bar")])
    start = process_time()
    run_timeseries(net, range(STEPS), verbose=False)
    series = process_time() - start
    net.controller.drop(net.controller.index, inplace=True)
    net.sink["mdot_kg_per_s"] = base
    print(
        f"day of {STEPS} steps, schutterwald_gas: pandapipes run_timeseries {series:.2f} s, "
        f"pipeflow in a loop {loop:.2f} s, ours {mine * 1e3:.0f} ms "
        f"({series / mine:.0f}x, {loop / mine:.0f}x)"
    )


def batch(net: Any, peer_cases: int) -> None:
    """A thousand cases: a pipe closed each, the source lost in one, demands scaled in some."""
    read = ours(net)
    links = list(read.links)
    random = np.random.default_rng(7)
    cases: list[list[Change]] = [[CloseLink(k)] for k in random.choice(links, 900, replace=False)]
    cases += [[ScaleDemand(float(f))] for f in np.linspace(0.2, 1.5, 99)]
    cases.append([LoseSource(next(n for n in read.nodes if hasattr(read.nodes[n], "control")))])
    start = perf_counter()
    bad = sum(not s.report.converged for _, s in solve_many(read, cases))
    mine = perf_counter() - start
    start = perf_counter()
    for change in cases[:peer_cases]:
        (close,) = change
        assert isinstance(close, CloseLink)
        row = links.index(close.id)
        net.pipe.loc[net.pipe.index[row], "in_service"] = False
        try:
            pandapipes.pipeflow(net)
        finally:
            net.pipe.loc[net.pipe.index[row], "in_service"] = True
    theirs = (perf_counter() - start) / peer_cases
    print(
        f"{len(cases)} cases of schutterwald_gas: ours {len(cases) / mine:.0f} a second on "
        f"{os.cpu_count()} cores ({bad} without balance), pandapipes in a loop "
        f"{1.0 / theirs:.1f} ({len(cases) / mine * theirs:.0f}x)"
    )


if __name__ == "__main__":
    main()
