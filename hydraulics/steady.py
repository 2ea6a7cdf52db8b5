"""One instant of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hydraulics.arrays import NetworkArrays
from hydraulics.extended import ExtendedPeriod
from hydraulics.state import Solution
from network_models.changes import Change
from network_models.network import Network


def solve(
    net: Network,
    *,
    time_s: float = 0.0,
    changes: Sequence[Change] = (),
    demand_model: Literal["dda", "pda"] | None = None,
    required_pressure_m: float | None = None,
    accuracy: float | None = None,
    arrays: NetworkArrays | None = None,
) -> Solution:
    """The network at `time_s` of its patterns, with tanks at their initial levels.

    Simple controls that are due at that instant act. `arrays` of this very network save
    compiling it again. Raises SolveError.
    """
    return ExtendedPeriod(
        net,
        changes=changes,
        demand_model=demand_model,
        required_pressure_m=required_pressure_m,
        accuracy=accuracy,
        start_s=time_s,
        arrays=arrays,
    ).solution
