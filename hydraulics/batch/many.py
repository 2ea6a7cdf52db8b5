"""Many cases of one network: `simulate_many` over time, `solve_many` at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from hydraulics.arrays import compile_network
from hydraulics.batch.options import BatchOptions
from hydraulics.batch.serial import simulate_alone, solve_alone
from hydraulics.changes import check_changes
from hydraulics.run import report_times
from hydraulics.state import Run, Solution
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
    `threads` (all cores by default). `progress` is called with the number of cases done.

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
    report_times(net, hours, step_s)
    _check(net, cases)

    def runs() -> Iterator[tuple[int, Run]]:
        arrays = compile_network(net)
        for number, changes in enumerate(cases):
            run = simulate_alone(net, arrays, changes, options)
            if progress is not None:
                progress(number + 1)
            yield number, run

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
        arrays = compile_network(net)
        for number, changes in enumerate(cases):
            solution = solve_alone(net, arrays, changes, options, time_s)
            if progress is not None:
                progress(number + 1)
            yield number, solution

    return solutions()


def _check(net: Network, cases: Iterable[Sequence[Change]]) -> None:
    if isinstance(cases, Sequence):
        for changes in cases:
            check_changes(net, changes)
