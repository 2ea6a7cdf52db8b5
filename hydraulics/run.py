"""A whole run: the state at every report time of a file or of a caller's wish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.balance import flags_of
from hydraulics.energy import HOURS, LEAKED, PEAK_ALL, energy_report
from hydraulics.extended import ExtendedPeriod
from hydraulics.records import new_records
from hydraulics.remarks import remarks
from hydraulics.state import Report, Run
from hydraulics.tables import CLOSED
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network

STRETCHES = 50
"""In how many stretches a run goes, between which progress is told and Ctrl-C acts."""


def simulate(
    net: Network,
    *,
    hours: float | None = None,
    step_s: float | None = None,
    changes: Sequence[Change] = (),
    demand_model: Literal["dda", "pda"] | None = None,
    required_pressure_m: float | None = None,
    accuracy: float | None = None,
    progress: Callable[[float], None] | None = None,
    arrays: NetworkArrays | None = None,
) -> Run:
    """Run `net` over its file's duration (or `hours`), reporting at its report times.

    `step_s` is the report step. `progress` is called with the share done. `arrays` of this very
    network save compiling it again. Raises SolveError.

    The results are the states at the report times: the file's STATISTIC is not applied. A solve
    that ends without balance does not end the run, whatever the file's UNBALANCED says; such times
    stand in the report. Its `warnings` tell in words all that EPANET warns of.
    """
    times = report_times(net, hours, step_s)
    run = ExtendedPeriod(
        net,
        changes=changes,
        demand_model=demand_model,
        required_pressure_m=required_pressure_m,
        accuracy=accuracy,
        arrays=arrays,
    )
    engine = run.engine
    a = engine.arrays
    records = new_records(len(times), len(a.node_ids), len(a.link_ids))
    for stops in np.array_split(np.round(times, 3), min(len(times), STRETCHES)):
        done = int(np.searchsorted(times, stops[0] - 5e-4))
        run.report(stops, records, done)
        if progress is not None:
            progress((done + len(stops)) / len(times))
    unbalanced = times[records.ends == 2].tolist()
    low, cut = np.flatnonzero(records.low), np.flatnonzero(records.cut)
    balance = engine.balance()
    ledger = engine.witness.ledger
    if len(times) == 1 and times[0] == 0.0:
        engine.count(0.0, 3600.0)
    hours = float(ledger.total[HOURS])
    peak_kw = float(ledger.total[PEAK_ALL])
    report = Report(
        converged=not unbalanced,
        iterations=engine.iterations,
        solves=engine.solves,
        relative_change=engine.outcome.change,
        balance=balance,
        unsupplied=tuple(a.node_ids[i] for i in cut),
        negative_pressure=tuple(a.node_ids[i] for i in low),
        unbalanced_times_s=tuple(unbalanced),
        flags=() if engine.unbalanced == 0 else flags_of(balance),
        leakage_m3s=float(ledger.total[LEAKED]) * a.m3s_per_cfs / 3600.0 / hours if hours else 0.0,
        energy=energy_report(a.pump_ids, ledger, a.m3s_per_cfs),
        peak_kw=peak_kw,
        demand_charge=peak_kw * net.energy.demand_charge,
        warnings=(
            *run.warnings,
            *remarks(
                a,
                times,
                head_m=records.head,
                demand_m3s=records.demand,
                flow_m3s=records.flow,
                status=records.kernel_status,
                setting=records.setting,
                ends=records.ends,
                stops=net.options.unbalanced_continue is None,
            ),
            *_between(engine.unbalanced - len(unbalanced)),
        ),
    )
    return Run(
        times_s=times,
        node_ids=a.node_ids,
        link_ids=a.link_ids,
        head_m=records.head,
        demand_m3s=records.demand,
        flow_m3s=records.flow,
        is_open=records.kernel_status > CLOSED,
        elevation_m=a.elevation_m,
        area_m2=a.area_m2,
        report=report,
    )


def _between(count: int) -> tuple[str, ...]:
    if count <= 0:
        return ()
    return (f"{count} solves between report times ended without balance",)


def report_times(net: Network, hours: float | None, step_s: float | None) -> F64:
    """Instants a run reports, seconds from start: report start, then every report step."""
    duration = net.times.duration_s if hours is None else hours * 3600.0
    step = float(net.times.report_step_s) if step_s is None else float(step_s)
    if step_s is None and step <= 0.0:
        step = float(net.times.pattern_step_s) or 3600.0
    if not step > 0.0 or not duration >= 0.0:
        raise ValueError("hours is zero or more, step_s above zero")
    start = float(net.times.report_start_s)
    if start > duration:
        start = 0.0
    count = int((duration - start) / step + 1e-9) + 1
    times: F64 = start + step * np.arange(count, dtype=np.float64)
    return times
