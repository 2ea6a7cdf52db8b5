"""One run of one compiled network: its work arrays, and the calls into the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from hydraulics.arrays import NetworkArrays, emitter_coefficient
from hydraulics.balance import balance_of, flags_of, new_witness
from hydraulics.controls import apply_controls, apply_patterns
from hydraulics.energy import add_energy
from hydraulics.errors import SolveError
from hydraulics.leakage import first_leaks, leakage_m3s
from hydraulics.link_rows import setting_from_si
from hydraulics.proof.solving import solve_proved
from hydraulics.proof.tables import Verdict
from hydraulics.records import Place, Records, new_records
from hydraulics.state import Balance, Report, Solution
from hydraulics.stepping import run_reports
from hydraulics.tables import (
    ACTIVE,
    CLOSED,
    FCV,
    GPV,
    MISSING,
    OPEN,
    PIPE,
    PRV,
    PSV,
    PUMP,
    STILL,
    Settings,
    new_work,
)
from hydraulics.types import B1, F64, U8
from hydraulics.us_units import FOOT_M

UNBOUNDED = 1 << 62
LinkState = Literal["open", "closed"]


@dataclass(slots=True)
class Outcome:
    """How the last solve ended."""

    iterations: int = 0
    change: float = 0.0
    converged: bool = True


class Record(NamedTuple):
    """A state in the kernels' order and units: heads and outflows of nodes, flows of links."""

    head: F64
    taken: F64
    flow: F64
    status: U8
    setting: F64


class Engine:
    """The state of a run and what can be done to it. Not shared between threads."""

    def __init__(self, arrays: NetworkArrays, settings: Settings) -> None:
        self.arrays = arrays
        self.settings = settings
        self.work = new_work(arrays.tables)
        self.outcome = Outcome()
        self.witness = new_witness(arrays, settings)
        self._place = Place(arrays.row_of_node, arrays.elevation_m, arrays.m3s_per_cfs)
        self._no_records = new_records(0, len(arrays.node_ids), len(arrays.link_ids))
        self.solves = 0
        self.iterations = 0
        self.unbalanced = 0
        self.reset()

    def reset(self) -> None:
        """Back to the file's initial state. Hands, demand factors and emitters stay."""
        work, tables = self.work, self.arrays.tables
        links = tables.links
        first = self.arrays.junctions
        work.status[:] = links["status"]
        work.setting[:] = links["setting"]
        kinds = links["kind"]
        obeys = np.isin(kinds, (PRV, PSV, FCV)) & (work.setting != MISSING)
        work.status[obeys] = ACTIVE
        work.head[first:] = tables.sources["head"]
        work.volume[:] = tables.sources["volume"]
        work.inflow[:] = 0.0
        work.delivered[:] = 0.0
        work.emitted[:] = np.where(work.emitter > 0.0, 1.0, 0.0)
        first_leaks(tables, work)
        self.reset_flows()

    def reset_flows(self) -> None:
        """Flows to where iteration starts, by the present statuses."""
        work, tables = self.work, self.arrays.tables
        work.flow[:] = math.pi * tables.links["diameter"] ** 2 / 4.0
        pumps = tables.pumps
        work.flow[pumps["link"]] = work.setting[pumps["link"]] * pumps["design"]
        work.flow[work.status <= CLOSED] = STILL

    def initial_flow(self, k: int) -> float:
        """Where iteration starts: 1 ft/s, a pump's design flow, nothing if closed."""
        row = self.arrays.tables.links[k]
        if self.work.status[k] <= CLOSED:
            return STILL
        if row["kind"] == PUMP:
            design = self.arrays.tables.pumps[row["extra"]]["design"]
            return float(self.work.setting[k] * design)
        return math.pi * float(row["diameter"]) ** 2 / 4.0

    # ---- boundary ------------------------------------------------------------------------

    def hold(self, k: int, status: LinkState | None, setting: float | None) -> None:
        """Put a hand on link `k`: status, setting (SI) or both; controls leave it alone."""
        work = self.work
        kind = int(self.arrays.tables.links[k]["kind"])
        work.held[k] = 1
        was_closed = work.status[k] <= CLOSED
        if setting is not None and kind > PIPE:
            value = setting_from_si(kind, setting, self.arrays.m3s_per_cfs)
            work.setting[k] = value
            if kind == PUMP:
                work.status[k] = OPEN if value > 0.0 else CLOSED
            elif kind in (PRV, PSV, FCV) or status is None:
                work.status[k] = ACTIVE
        if status == "closed":
            work.status[k] = CLOSED
            if kind > PUMP and kind != GPV:
                work.setting[k] = MISSING
        elif status == "open" and setting is None:
            work.status[k] = OPEN
            if kind == PUMP and work.setting[k] <= 0.0:
                work.setting[k] = 1.0
            elif kind > PUMP and kind != GPV:
                work.setting[k] = MISSING
        if was_closed and work.status[k] > CLOSED:
            work.flow[k] = self.initial_flow(k)

    def release(self, k: int) -> None:
        """Take the hand off. A link that controls govern stays as it is until they act; others
        return to the file's status and setting."""
        work, tables = self.work, self.arrays.tables
        if not work.held[k]:
            return
        work.held[k] = 0
        net = self.arrays.network
        id_ = self.arrays.link_ids[k]
        ruled = any(a.link == id_ for r in net.rules for a in (*r.then, *r.otherwise))
        if ruled or any(c.link == id_ for c in net.controls):
            return
        was_closed = work.status[k] <= CLOSED
        work.status[k] = tables.links[k]["status"]
        work.setting[k] = tables.links[k]["setting"]
        if was_closed and work.status[k] > CLOSED:
            work.flow[k] = self.initial_flow(k)

    def set_emitter(self, n: int, coefficient: float) -> None:
        """Give node `n` (file order) an emitter, m3/s a m**n; 0 takes it away."""
        if not coefficient >= 0.0:
            raise ValueError(f"an emitter's coefficient is zero or more, not {coefficient}")
        row = int(self.arrays.row_of_node[n])
        if row >= self.arrays.junctions:
            raise ValueError(
                f"node {self.arrays.node_ids[n]} is a source: emitters are at junctions"
            )
        had = self.work.emitter[row] > 0.0
        self.witness.proof.emitter[row] = coefficient
        self.work.emitter[row] = emitter_coefficient(
            coefficient, 1.0 / self.settings.emitter_exponent, self.arrays.m3s_per_cfs
        )
        if coefficient == 0.0:
            self.work.emitted[row] = 0.0
        elif not had:
            self.work.emitted[row] = 1.0

    # ---- running -------------------------------------------------------------------------

    def apply(self, time_s: float) -> None:
        """Patterns and simple controls at an instant."""
        a = self.arrays
        apply_patterns(a.tables, self.work, self.settings, a.junctions, time_s)
        apply_controls(a.tables, self.work, self.settings, a.junctions, time_s)

    def solve(self, time_s: float) -> None:
        """Heads and flows for the present boundary. SolveError if they cannot be found."""
        a = self.arrays
        iterations, change, singular, proved = solve_proved(
            a.tables, self.work, self.settings, a.junctions, self.witness
        )
        self.solves += 1
        self.iterations += iterations
        self.unbalanced += not proved
        self._end(time_s, iterations, change, singular, proved)

    def run(self, time_s: float, stop_s: float, most: int = UNBOUNDED) -> float:
        """Through all events to `stop_s`, or the `most` next ones; the time there."""
        return self.report(time_s, np.array([stop_s]), self._no_records, 0, most)

    def report(
        self, time_s: float, stops_s: F64, records: Records, row: int, most: int = UNBOUNDED
    ) -> float:
        """Through all events to the last of `stops_s`, each written to `records` from `row` on."""
        a = self.arrays
        records.ended[0] = self._code()
        time_s, solves, total, unbalanced, iterations, change, singular, proved = run_reports(
            a.tables,
            self.work,
            self.settings,
            a.junctions,
            self.witness,
            time_s,
            stops_s,
            most,
            records,
            row,
            self._place,
        )
        self.solves += solves
        self.iterations += total
        self.unbalanced += unbalanced
        if solves > 0:
            self._end(time_s, iterations, change, singular, proved)
        return float(time_s)

    def _code(self) -> int:
        """How the last solve ended, as in `Records.ends`."""
        if not self.outcome.converged:
            return 2
        return 1 if self.outcome.iterations > self.settings.trials else 0

    def _end(
        self, time_s: float, iterations: int, change: float, singular: int, proved: bool
    ) -> None:
        a = self.arrays
        if singular >= 0:
            node = a.node_ids[a.node_of_row[singular]]
            raise SolveError(
                f"at {time_s:g} s the system is singular at node {node}: "
                "check the valves and pumps beside it",
                elements=(node,),
                time_s=time_s,
            )
        if not np.isfinite(change):
            raise SolveError(
                f"at {time_s:g} s the iteration ran away: look for extreme roughness, diameter or "
                "demand values",
                time_s=time_s,
            )
        self.outcome = Outcome(iterations, change, proved)

    def count(self, time_s: float, seconds: float) -> None:
        """Add the energy of the state last solved, which began at `time_s`, to the ledger."""
        tables, ledger = self.arrays.tables, self.witness.ledger
        add_energy(tables, self.work, self.settings, ledger, time_s, float(seconds))

    # ---- results -------------------------------------------------------------------------

    def solution(self, warnings: tuple[str, ...] = ()) -> Solution:
        """The present state with its report."""
        a = self.arrays
        record = self.record()
        heads, demands, flows, is_open = self.convert(record)
        pressure = heads - a.elevation_m
        negative = np.flatnonzero(pressure < -1e-3)
        junction = a.row_of_node < a.junctions
        balance = self.balance(self.witness.state)
        report = Report(
            converged=self.outcome.converged,
            iterations=self.outcome.iterations,
            solves=1,
            relative_change=self.outcome.change,
            balance=balance,
            unsupplied=tuple(a.node_ids[i] for i in np.flatnonzero(np.isnan(heads))),
            negative_pressure=tuple(a.node_ids[i] for i in negative if junction[i]),
            warnings=warnings,
            flags=() if self.outcome.converged else flags_of(balance),
            leakage_m3s=leakage_m3s(self.work.leaked, a.m3s_per_cfs),
        )
        return Solution(
            node_ids=a.node_ids,
            link_ids=a.link_ids,
            head_m=heads,
            demand_m3s=demands,
            flow_m3s=flows,
            is_open=is_open,
            elevation_m=a.elevation_m,
            area_m2=a.area_m2,
            report=report,
        )

    def results(self) -> tuple[F64, F64, F64, B1]:
        """Heads (NaN unsupplied), demands, flows in SI, and who is open, in file order."""
        return self.convert(self.record())

    def record(self) -> Record:
        """A copy of the present state in the kernels' order and units."""
        work = self.work
        first = self.arrays.junctions
        taken = np.where(work.dead == 1, 0.0, work.delivered + work.emitted + work.leaked)
        taken[first:] = work.inflow[first:]
        return Record(
            head=np.where(work.reached == 1, work.head, np.nan),
            taken=taken,
            flow=np.where(work.dead_link == 0, work.flow, 0.0),
            status=work.status.copy(),
            setting=work.setting.copy(),
        )

    def convert(self, record: Record) -> tuple[F64, F64, F64, B1]:
        """As `results`, of one record or of stacked ones (leading time axis)."""
        a = self.arrays
        rows = a.row_of_node
        is_open = record.status > CLOSED
        heads: F64 = (record.head * FOOT_M)[..., rows]
        demands: F64 = (record.taken * a.m3s_per_cfs)[..., rows]
        flows: F64 = np.where(is_open, record.flow, 0.0) * a.m3s_per_cfs
        return heads, demands, flows, is_open

    def balance(self, verdict: Verdict | None = None) -> Balance:
        """The worst residuals of all states solved so far, or of one."""
        a = self.arrays
        verdict = self.witness.total if verdict is None else verdict
        return balance_of(a.network, a.node_ids, a.link_ids, verdict, a.node_of_row)
