"""A network made ready for many cases: plan, judge and base, and the call into the lanes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.batch.case_rows import CaseMaker
from hydraulics.batch.lane_run import work_off
from hydraulics.batch.plan import plan_of
from hydraulics.batch.records import Base, Geometry, Out, new_out
from hydraulics.batch.vector import WIDTH
from hydraulics.energy import new_ledger
from hydraulics.engine import Engine
from hydraulics.errors import SolveError
from hydraulics.proof.tables import limits_of, with_settings
from hydraulics.tables import Settings
from hydraulics.types import F64
from network_models.changes import Change

CHUNK_BYTES = 64_000_000
"""Results that are in memory at once, about."""
BASE_ACCURACY = 1e-6
"""The base is solved at least this finely: every case starts from it."""


class Block:
    """Solves chunks of cases; what it holds does not grow with their number."""

    def __init__(
        self, arrays: NetworkArrays, settings: Settings, times_s: F64, start_s: float, threads: int
    ) -> None:
        self.arrays = arrays
        self.settings = settings
        self.times_s = times_s
        self.threads = threads
        engine = Engine(arrays, settings)
        self._maker = CaseMaker(arrays, engine)
        self._plan = plan_of(arrays)
        self._proof = with_settings(arrays.proof, settings)
        self._limits = limits_of(settings.accuracy)
        self.ledger = new_ledger(arrays.network, arrays.pump_ids)
        self._geometry = Geometry(
            row_of_node=arrays.row_of_node,
            elevation=arrays.elevation_m,
            m3s_per_cfs=arrays.m3s_per_cfs,
            times=times_s,
            start=start_s,
        )
        self._base, self._strict = _base(arrays, settings, start_s)

    @property
    def by_lanes(self) -> bool:
        """Whether the lanes know all of this network: they know no leakage of pipes and no test
        of head errors, which the single engine does case by case."""
        return len(self.arrays.tables.leaks) == 0 and self.settings.head_error <= 0.0

    @property
    def first_chunk(self) -> int:
        """Cases of the first chunk: one a lane, so that results come early."""
        return WIDTH * self.threads

    @property
    def chunk(self) -> int:
        """Cases of a chunk that keep all lanes busy and memory within bounds."""
        nodes, links = len(self.arrays.node_ids), len(self.arrays.link_ids)
        size = (16 * nodes + 9 * links) * len(self.times_s)
        return min(max(CHUNK_BYTES // max(size, 1), self.first_chunk), 64 * self.first_chunk)

    def solve(self, cases: Sequence[Sequence[Change]]) -> Out:
        """The results of a chunk."""
        a = self.arrays
        out = new_out(
            len(cases), len(self.times_s), len(a.node_ids), len(a.link_ids), len(a.tables.pumps)
        )
        rows = self._maker.rows(cases)

        def work(first: int) -> None:
            work_off(
                a.tables,
                self._plan,
                self.settings,
                a.junctions,
                self._base,
                rows,
                self._geometry,
                self._proof,
                self._limits,
                self.ledger,
                self._strict,
                first,
                self.threads,
                out,
            )

        if self.threads == 1:
            work(0)
        else:
            # Every thread has its own lanes and writes its own cases; kernels run without the lock.
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(work, range(self.threads)))
        return out


def _base(arrays: NetworkArrays, settings: Settings, start_s: float) -> tuple[Base, bool]:
    """The network without changes at its first instant, and whether its state is proved."""
    strict = False
    try:
        engine = Engine(arrays, settings)
        engine.apply(start_s)
        engine.solve(start_s)
        strict = engine.outcome.converged
    except SolveError:
        pass
    fine = settings._replace(accuracy=min(settings.accuracy, BASE_ACCURACY))
    engine = Engine(arrays, fine)
    work, tables = engine.work, arrays.tables
    status, setting = work.status.copy(), work.setting.copy()
    start_head = work.head[arrays.junctions :].copy()
    engine.apply(start_s)
    given_status, given_setting = work.status.copy(), work.setting.copy()
    guess = math.pi * tables.links["diameter"] ** 2 / 4.0
    pumps = tables.pumps
    guess[pumps["link"]] = np.where(work.setting[pumps["link"]] > 0.0, 1.0, 0.0) * pumps["design"]
    guess = np.where(guess > 0.0, guess, 1.0)
    try:
        engine.solve(start_s)
    except SolveError:
        engine = Engine(arrays, fine)
        engine.apply(start_s)
        work = engine.work
    return Base(
        status=status,
        setting=setting,
        given_status=given_status,
        given_setting=given_setting,
        solved_status=work.status.copy(),
        solved_setting=work.setting.copy(),
        flow=work.flow.copy(),
        guess=guess,
        head=work.head.copy(),
        share=np.divide(
            work.delivered, work.demand, out=np.ones(len(work.demand)), where=work.demand > 0.0
        ),
        emitted=work.emitted.copy(),
        start_head=start_head,
    ), strict
