"""Results of a chunk as Run and Solution."""

from __future__ import annotations

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.balance import balance_of, flags_of
from hydraulics.batch.records import CUT, ITERATIONS, LAST, LOW, SOLVES, UNPROVED, Out
from hydraulics.energy import PEAK_ALL, Ledger, energy_report
from hydraulics.proof.tables import Verdict
from hydraulics.state import Balance, PumpEnergy, Report, Run, Solution
from hydraulics.types import F64, U8


class Results:
    """Makes records of arrays; `warnings` hold for every case."""

    def __init__(
        self, arrays: NetworkArrays, times_s: F64, ledger: Ledger, warnings: tuple[str, ...]
    ) -> None:
        self._arrays = arrays
        self._times_s = times_s
        self._ledger = ledger
        self._warnings = warnings
        self._nodes = np.array(arrays.node_ids, dtype=object)

    def run(self, out: Out, case: int) -> Run:
        """All report times of a case."""
        a = self._arrays
        unproved = np.flatnonzero(out.unproved[case])
        between = int(out.counts[case, UNPROVED]) - len(unproved)
        warnings = self._warnings
        if between > 0:
            text = f"{between} solves between report times ended without balance"
            warnings = (*warnings, text)
        balance = self._balance(out, case)
        energy, peak_kw = self._energy(out, case)
        return Run(
            times_s=self._times_s,
            node_ids=a.node_ids,
            link_ids=a.link_ids,
            head_m=out.head[case],
            demand_m3s=out.demand[case],
            flow_m3s=out.flow[case],
            is_open=out.status[case],
            elevation_m=a.elevation_m,
            area_m2=a.area_m2,
            report=Report(
                converged=len(unproved) == 0,
                iterations=int(out.counts[case, ITERATIONS]),
                solves=int(out.counts[case, SOLVES]),
                relative_change=float(out.change[case]),
                balance=balance,
                flags=() if out.counts[case, UNPROVED] == 0 else flags_of(balance),
                energy=energy,
                peak_kw=peak_kw,
                demand_charge=peak_kw * a.network.energy.demand_charge,
                unsupplied=self._named(out.cut[case], int(out.counts[case, CUT])),
                negative_pressure=self._named(out.low[case], int(out.counts[case, LOW])),
                unbalanced_times_s=tuple(self._times_s[unproved].tolist()),
                warnings=warnings,
            ),
        )

    def solution(self, out: Out, case: int) -> Solution:
        """The one instant of a case."""
        a = self._arrays
        balance = self._balance(out, case)
        return Solution(
            node_ids=a.node_ids,
            link_ids=a.link_ids,
            head_m=out.head[case, 0],
            demand_m3s=out.demand[case, 0],
            flow_m3s=out.flow[case, 0],
            is_open=out.status[case, 0],
            elevation_m=a.elevation_m,
            area_m2=a.area_m2,
            report=Report(
                converged=not out.unproved[case, 0],
                iterations=int(out.counts[case, LAST]),
                solves=1,
                relative_change=float(out.change[case]),
                balance=balance,
                flags=() if not out.unproved[case, 0] else flags_of(balance),
                unsupplied=self._named(out.cut[case], int(out.counts[case, CUT])),
                negative_pressure=self._named(out.low[case], int(out.counts[case, LOW])),
                warnings=self._warnings,
            ),
        )

    def _energy(self, out: Out, case: int) -> tuple[tuple[PumpEnergy, ...], float]:
        """A record a pump, and the greatest power of all together."""
        ledger = self._ledger._replace(
            now=out.power[case], used=out.used[case], total=out.total[case]
        )
        a = self._arrays
        return energy_report(a.pump_ids, ledger, a.m3s_per_cfs), float(ledger.total[PEAK_ALL])

    def _named(self, marks: U8, count: int) -> tuple[str, ...]:
        return tuple(self._nodes[np.flatnonzero(marks)].tolist()) if count else ()

    def _balance(self, out: Out, case: int) -> Balance:
        return balance_of(
            self._arrays.network,
            self._arrays.node_ids,
            self._arrays.link_ids,
            Verdict(
                worst=out.worst[case],
                where=out.where[case],
                failed=out.failed[case],
                flaw=out.flaw[case],
                net=out.worst[case],
                power=out.worst[case],
                bits=out.where[case],
            ),
            self._arrays.node_of_row,
        )
