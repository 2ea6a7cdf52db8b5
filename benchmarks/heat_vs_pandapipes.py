"""District heat beside pandapipes with numba: a coupled solve, a day of 96 steps, many cases.

    python benchmarks/heat_vs_pandapipes.py [--repeat N]

The network is schutterwald_heat of the pandapipes package (488 junctions, supply and return), by
pandapipes' own laws. "coupled" is its bidirectional mode against ours from a cold start, both with
the network already in memory; the whole answer is counted on both sides: pandapipes' result tables,
our solution with its report. "day" is 96 steps of 15 minutes with the consumers' heat changed at
each: pandapipes' transient mode (implicit upwind) step by step, ours a coupled run by plug flow.
CPU seconds of this process, the best of some repeats. "cases" are 1,000 with a pipe shut each, on
all cores, beside pandapipes in a loop: seconds by the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandapipes

from hydraulics import SolveError, solve_many
from hydraulics.heat.run import HeatPeriod, simulate
from hydraulics.heat.solver import SteadyHeat
from hydraulics.warming import warmup
from network_models import Network, read_network
from network_models.changes import CloseLink
from network_models.elements import HeatPipe, Substation

FILE = Path(pandapipes.__file__).parent / "networks" / "network_files" / "sw_heat.json"
STEPS, STEP_S = 96, 900.0
CASES, PEER_CASES = 1000, 40
FACTORS = 0.85 + 0.15 * np.cos(2.0 * np.pi * (np.arange(STEPS) - 24.0) / STEPS)


def best(call: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The least CPU seconds of some calls, and what the last gave."""
    times, found = [], None
    for _ in range(repeat):
        began = time.process_time()
        found = call()
        times.append(time.process_time() - began)
    return min(times), found


def peer_day(net: Any) -> np.ndarray:
    """pandapipes' transient mode, step by step; temperatures of junctions (T, N)."""
    heat = net.heat_consumer.qext_w.to_numpy().copy()
    found = []
    pandapipes.pipeflow(net, mode="bidirectional", max_iter_bidirect=50)
    for step, factor in enumerate(FACTORS):
        net.heat_consumer["qext_w"] = heat * factor
        pandapipes.pipeflow(
            net,
            mode="bidirectional",
            transient=True,
            dt=STEP_S,
            simulation_time_step=step,
            max_iter_bidirect=50,
        )
        found.append(net.res_junction.t_k.to_numpy().copy())
    net.heat_consumer["qext_w"] = heat
    return np.array(found)


def main() -> None:
    """Print both, and the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    warmup()
    net = read_network(FILE)
    theirs = pandapipes.from_json(str(FILE))
    pandapipes.pipeflow(theirs, mode="bidirectional", max_iter_bidirect=50)  # compiles
    model = SteadyHeat(net)
    boundary = model.boundary()
    solution = model.solve(boundary)
    gap = np.abs(solution.temperature_k - theirs.res_junction.t_k.to_numpy()).max()
    print(f"schutterwald_heat: {len(net.nodes)} nodes, {len(net.links)} links")
    print(f"coupled: greatest difference {gap:.4f} K")

    def ask_peer() -> None:
        pandapipes.pipeflow(theirs, mode="bidirectional", max_iter_bidirect=50)

    peer, _ = best(ask_peer, repeat)
    ours, _ = best(lambda: [model.solve(boundary) for _ in range(20)], repeat)
    cold = ours / 20
    print(f"  pandapipes {peer * 1e3:8.2f} ms   ours {cold * 1e3:7.3f} ms   {peer / cold:6.0f} x")
    fresh, _ = best(lambda: SteadyHeat(net).solve(boundary), repeat)
    print(f"  with compiling the network's graph: {fresh * 1e3:.2f} ms   {peer / fresh:6.0f} x")

    base = {k: link.heat_w for k, link in net.links.items() if isinstance(link, Substation)}
    slots = [int(model.arrays.structure.slot_of[net.link_ids.index(name)]) for name in base]
    heats = np.array(list(base.values()))

    def day() -> np.ndarray:
        period = HeatPeriod(net, model=model)
        found = []
        for factor in FACTORS:
            b = model.boundary(period.time_s)
            b.wanted[slots] = heats * factor
            period.advance(STEP_S, boundary=b)
            found.append(model.work.node_k[model.arrays.structure.row_of])
        return np.array(found)

    steps, mine = best(day, repeat)
    began = time.process_time()
    try:
        other = peer_day(theirs)
        peer = time.process_time() - began
        late = np.abs(mine - other)[-1]
        print(f"day of {STEPS} steps, consumers' heat changing at each:")
        print(f"  pandapipes {peer:8.2f} s    ours {steps * 1e3:7.1f} ms   {peer / steps:6.0f} x")
        print(f"  median difference at the end {np.median(late):.2f} K (plugs against upwind)")
    except pandapipes.pf.pipeflow_setup.PipeflowNotConverged as error:
        print(f"day: pandapipes does not get through: {error}")
    whole, run = best(lambda: simulate(net, hours=24.0, step_s=STEP_S), repeat)
    report = run.report
    print(
        f"  a day of simulate() with all results and its report: {whole * 1e3:.1f} ms; "
        f"heat closes to {report.heat_w:.1e} W of {report.plant_w:.3g}"
    )
    many(net, theirs)


def many(net: Network, theirs: Any) -> None:
    """A thousand cases with a pipe shut each."""
    pipes = [name for name, link in net.links.items() if isinstance(link, HeatPipe)]
    chosen = np.random.default_rng(7).choice(pipes, CASES)
    began = time.perf_counter()
    answers = [s for _, s in solve_many(net, [[CloseLink(str(name))] for name in chosen])]
    mine = time.perf_counter() - began
    lost = sum(isinstance(s, SolveError) or not s.report.converged for s in answers)
    began = time.perf_counter()
    through = 0
    for row in range(PEER_CASES):
        theirs.pipe.loc[theirs.pipe.index[row], "in_service"] = False
        with contextlib.suppress(Exception):  # it does not get through where stations are cut off
            pandapipes.pipeflow(theirs, mode="bidirectional", max_iter_bidirect=50)
            through += 1
        theirs.pipe.loc[theirs.pipe.index[row], "in_service"] = True
    peer = (time.perf_counter() - began) / PEER_CASES
    print(
        f"cases: ours {CASES / mine:.0f} a second on {os.cpu_count()} cores, {lost} of {CASES} "
        f"without a state; pandapipes in a loop {1.0 / peer:.1f}, {through} of {PEER_CASES} got "
        f"through; {CASES / mine * peer:.0f} x"
    )


if __name__ == "__main__":
    main()
