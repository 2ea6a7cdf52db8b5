"""What is wrong with a solve or a run by its own report: what keeps it from being relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydraulics.state import Report
    from network_models.network import Network

ACCURACY = 1e-5
"""Relative change of flows that ends a solve, where a file asks for less."""
NAMED = 5


def accuracy_for(net: Network, given: float | None = None) -> float:
    """The accuracy to solve with: what is given, else the file's or ours, the tighter."""
    return min(net.options.accuracy, ACCURACY) if given is None else given


def faults(report: Report) -> list[str]:
    """Why the results are not proved, in words, the judge's worst first; empty when they are."""
    found = []
    if not report.converged:
        times = report.unbalanced_times_s
        where = f" at {len(times)} times, first {clock(times[0])}" if times else ""
        found.append(f"no state in balance and proved{where}")
    found += report.flags[:NAMED]
    if len(report.flags) > NAMED:
        found.append(f"and {len(report.flags) - NAMED} more flags of the judge (see --json)")
    balance = report.balance
    if not balance.proved and not report.flags:
        found.append(
            f"the judge finds {balance.mass_m3s * 1e3:.3g} L/s missing at {balance.mass_node}, "
            f"{balance.energy_m:.3g} m in {balance.energy_link}, "
            f"{balance.outflow_m3s * 1e3:.3g} L/s of outflow at {balance.outflow_node}"
        )
    return found


def clock(seconds: float) -> str:
    """Hours and minutes since the start of a run, such as 47:30."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}"
