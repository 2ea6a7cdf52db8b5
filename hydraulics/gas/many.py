"""Many cases of one gas network: compiled once, each case from the solution without changes.

A case has the same bits alone and in any batch: it starts from the base state and nothing of
another case. Threads each have work arrays of their own; the kernel gives up the interpreter's
lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hydraulics.changes import check_changes
from hydraulics.gas.boundary import case_of
from hydraulics.gas.compile import GasArrays, compile_gas
from hydraulics.gas.model import REQUIRED_PA, GasModel
from hydraulics.gas.run import simulate
from hydraulics.gas.state import GasRun, GasSolution
from hydraulics.spread import Progress, in_turn, spread
from hydraulics.types import F64, U8
from network_models.changes import Change
from network_models.elements import GasPipe
from network_models.network import Network


@dataclass(frozen=True, slots=True)
class _Base:
    """The state without changes, from which every case starts."""

    flow: F64
    potential: F64
    demand: F64
    state: U8


class _Worker:
    """A model of its own, brought back to the base before every case."""

    def __init__(self, net: Network, arrays: GasArrays, options: dict[str, Any]) -> None:
        self.model = GasModel(net, arrays=arrays, **options)

    def base(self, time_s: float) -> _Base:
        """Solve the network as it is."""
        work = self.model.work
        self.model.solve(time_s=time_s, cold=True)
        return _Base(work.flow.copy(), work.potential.copy(), work.demand.copy(), work.state.copy())

    def solve(self, base: _Base, time_s: float, changes: Sequence[Change]) -> GasSolution:
        """One case at an instant."""
        model, work = self.model, self.model.work
        case = case_of(model.arrays, changes)
        work.flow[:] = base.flow
        work.potential[:] = base.potential
        work.demand[:] = base.demand
        work.delivered[:] = 0.0
        model.tables = model.arrays.tables
        model.set_case(case)
        kept = case.state == model.arrays.first
        work.state[kept] = base.state[kept]
        return model.solve(time_s=time_s)


def solve_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    time_s: float = 0.0,
    accuracy: float | None = None,
    required_pressure_pa: float = REQUIRED_PA,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[int, GasSolution]]:
    """Solve `net` once a case, each with its own changes; yields (case number, solution) in order.

    `cases` may be endless. Raises ValueError for ids the network does not have: of a sequence
    before anything is solved. All cores by default.
    """
    arrays = compile_gas(net)
    if isinstance(cases, Sequence):
        for changes in cases:
            check_changes(arrays.network, changes, GasPipe)
    options = {"accuracy": accuracy, "required_pressure_pa": required_pressure_pa}
    count = (os.cpu_count() or 1) if threads is None else max(1, threads)

    workers = [_Worker(net, arrays, options) for _ in range(count)]
    base = workers[0].base(time_s)
    return spread(cases, [partial(worker.solve, base, time_s) for worker in workers], progress)


def simulate_many(
    net: Network,
    cases: Iterable[Sequence[Change]],
    *,
    hours: float | None = None,
    step_s: float | None = None,
    accuracy: float | None = None,
    required_pressure_pa: float = REQUIRED_PA,
    line_pack: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[int, GasRun]]:
    """Run `net` once a case, as `hydraulics.gas.run.simulate`; yields (case number, run)."""
    arrays = compile_gas(net)
    if isinstance(cases, Sequence):
        for changes in cases:
            check_changes(arrays.network, changes, GasPipe)

    def run(changes: Sequence[Change]) -> GasRun:
        return simulate(
            net,
            changes=changes,
            hours=hours,
            step_s=step_s,
            accuracy=accuracy,
            required_pressure_pa=required_pressure_pa,
            line_pack=line_pack,
            arrays=arrays,
        )

    return in_turn(cases, run, progress)
