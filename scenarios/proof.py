"""What is wrong with a solve or a run by its own report: what keeps it from being relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydraulics.state import Report
    from network_models.network import Network

MASS_M3S = 1e-4
"""A node may miss this much of its balance, 0.1 L/s."""
ENERGY_M = 0.05
"""A link may miss this much of its law."""
ACCURACY = 1e-5
"""Relative change of flows that ends a solve, where a file asks for less."""
NAMED = 5


def accuracy_for(net: Network, given: float | None = None) -> float:
    """The accuracy to solve with: what is given, else the file's or ours, the tighter."""
    return min(net.options.accuracy, ACCURACY) if given is None else given


def faults(report: Report) -> list[str]:
    """Why the results are not proved, in words; empty when they are."""
    found = []
    if not report.converged:
        times = report.unbalanced_times_s
        where = f" at {len(times)} report times, first {clock(times[0])}" if times else ""
        found.append(f"the solver ended without balance{where}")
    found.extend(getattr(report, "flags", ()))
    balance = report.balance
    if not balance.mass_m3s <= MASS_M3S:
        amount = f"{balance.mass_m3s * 1e3:.3g} L/s"
        found.append(f"mass is not in balance: {amount} at node {balance.mass_node}")
    if not balance.energy_m <= ENERGY_M:
        amount = f"{balance.energy_m:.3g} m"
        found.append(f"energy is not in balance: {amount} in link {balance.energy_link}")
    if balance.inconsistent:
        names = ", ".join(balance.inconsistent[:NAMED])
        more = len(balance.inconsistent) - NAMED
        names += f" and {more} more" if more > 0 else ""
        found.append(f"status contradicts heads and flow: {names}")
    return found


def clock(seconds: float) -> str:
    """Hours and minutes since the start of a run, such as 47:30."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}"
