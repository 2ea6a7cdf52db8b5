"""Many cases of one heat network: compiled once, a model a thread.

A case has the same bits alone and in any batch: each starts cold, from nothing of another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from hydraulics.errors import SolveError
from hydraulics.heat.boundary import check_heat_changes
from hydraulics.heat.results import HeatRun, HeatSolution
from hydraulics.heat.run import simulate
from hydraulics.heat.solver import Mode, SteadyHeat
from hydraulics.heat.tables import compile_heat
from hydraulics.spread import Progress, in_turn, spread
from network_models.changes import Change
from network_models.network import Network


def solve_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    time_s: float = 0.0,
    outdoor_k: float | None = None,
    mode: Mode = "coupled",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, HeatSolution | SolveError]]:
    """Solve `net` once a case, each with its own changes; yields (case number, solution) in order.

    A case without any solution yields its SolveError instead, and the others go on. Raises
    ValueError for ids the network does not have: of a sequence before anything is solved. `cases`
    may be endless. All cores by default.
    """
    if isinstance(cases, Sequence):
        for changes in cases:
            check_heat_changes(net, changes)
    arrays = compile_heat(net)

    def worker() -> Callable[[Sequence[Change]], HeatSolution | SolveError]:
        model = SteadyHeat(net, arrays=arrays)

        def one(changes: Sequence[Change]) -> HeatSolution | SolveError:
            boundary = model.boundary(time_s, outdoor_k=outdoor_k, changes=changes)
            try:
                return model.solve(boundary, mode=mode)
            except SolveError as error:
                return error

        return one

    count = (os.cpu_count() or 1) if threads is None else max(1, threads)
    return spread(cases, [worker() for _ in range(count)], progress)


def simulate_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    hours: float | None = None,
    step_s: float | None = None,
    outdoor_k: float | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, HeatRun]]:
    """Run `net` once a case, as `hydraulics.heat.run.simulate`; yields (case number, run)."""
    if isinstance(cases, Sequence):
        for changes in cases:
            check_heat_changes(net, changes)

    def run(changes: Sequence[Change]) -> HeatRun:
        return simulate(net, hours=hours, step_s=step_s, outdoor_k=outdoor_k, changes=changes)

    return in_turn(cases, run, progress)
