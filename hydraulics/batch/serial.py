"""One case after the other on the single engine, with one compiled network for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.batch.options import BatchOptions
from hydraulics.errors import SolveError
from hydraulics.run import report_times, simulate
from hydraulics.state import Balance, Report, Run, Solution
from hydraulics.steady import solve
from hydraulics.types import F64, U8
from network_models.changes import Change
from network_models.network import Network


def simulate_alone(
    net: Network, arrays: NetworkArrays, changes: Sequence[Change], options: BatchOptions
) -> Run:
    """One case as a run; a case that cannot be solved is a run of NaN that says why."""
    try:
        return simulate(
            net,
            changes=changes,
            hours=options.hours,
            step_s=options.step_s,
            demand_model=options.demand_model,
            required_pressure_m=options.required_pressure_m,
            accuracy=options.accuracy,
            arrays=arrays,
        )
    except SolveError as error:
        return failed_run(arrays, report_times(net, options.hours, options.step_s), str(error))


def solve_alone(
    net: Network,
    arrays: NetworkArrays,
    changes: Sequence[Change],
    options: BatchOptions,
    time_s: float,
) -> Solution:
    """One case at one instant; a case that cannot be solved is NaN and says why."""
    try:
        return solve(
            net,
            time_s=time_s,
            changes=changes,
            demand_model=options.demand_model,
            required_pressure_m=options.required_pressure_m,
            accuracy=options.accuracy,
            arrays=arrays,
        )
    except SolveError as error:
        return failed_solution(arrays, str(error))


def failed_run(arrays: NetworkArrays, times_s: F64, why: str) -> Run:
    """NaN everywhere, not converged."""
    node, link, shut = _nothing(arrays, len(times_s))
    return Run(
        times_s=times_s,
        node_ids=arrays.node_ids,
        link_ids=arrays.link_ids,
        head_m=node,
        demand_m3s=node,
        flow_m3s=link,
        is_open=shut,
        elevation_m=arrays.elevation_m,
        area_m2=arrays.area_m2,
        report=_failed(why, tuple(times_s.tolist())),
    )


def failed_solution(arrays: NetworkArrays, why: str) -> Solution:
    """As `failed_run`, of one instant."""
    node, link, shut = _nothing(arrays, 1)
    return Solution(
        node_ids=arrays.node_ids,
        link_ids=arrays.link_ids,
        head_m=node[0],
        demand_m3s=node[0],
        flow_m3s=link[0],
        is_open=shut[0],
        elevation_m=arrays.elevation_m,
        area_m2=arrays.area_m2,
        report=_failed(why, ()),
    )


def _nothing(arrays: NetworkArrays, times: int) -> tuple[F64, F64, U8]:
    nodes, links = len(arrays.node_ids), len(arrays.link_ids)
    return (
        np.full((times, nodes), np.nan),
        np.full((times, links), np.nan),
        np.zeros((times, links), dtype=np.uint8),
    )


def _failed(why: str, times_s: tuple[float, ...]) -> Report:
    return Report(
        converged=False,
        iterations=0,
        solves=0,
        relative_change=float("nan"),
        balance=Balance(mass_m3s=float("nan"), energy_m=float("nan")),
        unbalanced_times_s=times_s,
        warnings=(why,),
    )
