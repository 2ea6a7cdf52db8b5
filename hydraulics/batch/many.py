"""Many cases of one network: `simulate_many` over time, `solve_many` at one instant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Literal

import numpy as np

from hydraulics.arrays import compile_network, settings_of
from hydraulics.batch.block import Block
from hydraulics.batch.options import BatchOptions
from hydraulics.batch.records import DONE, Out
from hydraulics.batch.results import Results
from hydraulics.batch.serial import simulate_alone, solve_alone
from hydraulics.changes import apply_changes, check_changes
from hydraulics.options import with_overrides
from hydraulics.run import report_times
from hydraulics.state import Run, Solution
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network

Progress = Callable[[int], None]


def simulate_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    hours: float | None = None,
    step_s: float | None = None,
    demand_model: Literal["dda", "pda"] | None = None,
    required_pressure_m: float | None = None,
    accuracy: float | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, Run]]:
    """Run `net` once a case, each with its own changes; yields (case number, Run) in their order.

    `cases` may be endless: they are taken as they are needed, and memory does not grow with their
    number. A case that cannot be solved yields NaN with `report.converged` False and the reason in
    `report.warnings`. The same case gives the same bits alone, in any batch and on any number of
    `threads`, all cores by default. `progress` is called
    with the number of cases done.

    Cases are solved side by side (`hydraulics.batch.lane_run`), each from the solution without
    changes. One that cannot be proved that way, and every case of a network with leaking pipes or
    a limit on head errors, is left to `simulate`. Arrays of a result are views of its chunk's:
    copy what is kept for long.

    Raises ValueError for ids the network does not have: of a sequence before anything is solved,
    of another iterable when the case is taken. Raises SolveError where the network itself cannot
    be compiled.
    """
    options = BatchOptions(
        hours=hours,
        step_s=step_s,
        demand_model=demand_model,
        required_pressure_m=required_pressure_m,
        accuracy=accuracy,
    )
    times_s = report_times(net, hours, step_s)
    _check(net, cases)

    def runs() -> Iterator[tuple[int, Run]]:
        block, results = _ready(net, options, times_s, 0.0, threads)
        for number, changes, out, at in _solved(block, cases, progress):
            if out is None or not out.counts[at, DONE]:
                yield number, simulate_alone(net, block.arrays, changes, options)
            else:
                yield number, results.run(out, at)

    return runs()


def solve_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    time_s: float = 0.0,
    demand_model: Literal["dda", "pda"] | None = None,
    required_pressure_m: float | None = None,
    accuracy: float | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, Solution]]:
    """As `simulate_many` at one instant of the patterns, with tanks at their initial levels."""
    options = BatchOptions(
        demand_model=demand_model, required_pressure_m=required_pressure_m, accuracy=accuracy
    )
    _check(net, cases)

    def solutions() -> Iterator[tuple[int, Solution]]:
        block, results = _ready(net, options, np.array([time_s]), time_s, threads)
        for number, changes, out, at in _solved(block, cases, progress):
            if out is None or not out.counts[at, DONE]:
                yield number, solve_alone(net, block.arrays, changes, options, time_s)
            else:
                yield number, results.solution(out, at)

    return solutions()


def _ready(
    net: Network, options: BatchOptions, times_s: F64, start_s: float, threads: int | None
) -> tuple[Block, Results]:
    workers = (os.cpu_count() or 1) if threads is None else max(1, threads)
    arrays = compile_network(net)
    chosen = with_overrides(
        net.options, options.demand_model, options.required_pressure_m, options.accuracy
    )
    settings = settings_of(chosen, net.times, arrays.m3s_per_cfs)
    block = Block(arrays, settings, times_s, start_s, workers)
    return block, Results(arrays, times_s, block.ledger, apply_changes(net, ()).warnings)


def _solved(
    block: Block, cases: Iterable[Sequence[Change]], progress: Progress | None
) -> Iterator[tuple[int, Sequence[Change], Out | None, int]]:
    """Case number, changes, results of its chunk (None: not by lanes) and its place there."""
    done = 0
    for chunk, out in _chunks(block, iter(cases)):
        for at, changes in enumerate(chunk):
            done += 1
            if progress is not None:
                progress(done)
            yield done - 1, changes, out, at


def _chunks(
    block: Block, waiting: Iterator[Sequence[Change]]
) -> Iterator[tuple[list[Sequence[Change]], Out | None]]:
    """Chunks with their results. With several threads the next chunk is solved while one is read:
    its cases are taken that much earlier."""
    chunk = list(islice(waiting, block.first_chunk))
    if not block.by_lanes or block.threads == 1:
        while chunk:
            yield chunk, block.solve(chunk) if block.by_lanes else None
            chunk = list(islice(waiting, block.chunk))
        return
    if not chunk:
        return
    with ThreadPoolExecutor(1) as ahead:
        solving = ahead.submit(block.solve, chunk)
        while chunk:
            following = list(islice(waiting, block.chunk))
            out = solving.result()
            if following:
                solving = ahead.submit(block.solve, following)
            yield chunk, out
            chunk = following


def _check(net: Network, cases: Iterable[Sequence[Change]]) -> None:
    if isinstance(cases, Sequence):
        for changes in cases:
            check_changes(net, changes)
