"""The solved state on the bus: one header and five arrays, latest wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydraulics.state import Solution

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StateFrame:
    """State of every element: (N,) heads, pressures and demands, (L,) flows and statuses."""

    head_m: F64
    pressure_m: F64
    demand_m3s: F64
    flow_m3s: F64
    status: F64

    @classmethod
    def of(cls, solution: Solution) -> StateFrame:
        """The frame of a solution."""
        return cls(
            solution.head_m,
            solution.pressure_m,
            solution.demand_m3s,
            solution.flow_m3s,
            np.asarray(solution.status, dtype=np.float64),
        )

    def payload(self) -> bytes:
        """The arrays one after another, little-endian float64."""
        arrays = (self.head_m, self.pressure_m, self.demand_m3s, self.flow_m3s, self.status)
        return b"".join(np.asarray(a, dtype="<f8").tobytes() for a in arrays)

    @classmethod
    def from_message(cls, header: dict[str, Any], payload: bytes) -> StateFrame:
        """The frame in a message; ValueError when its length does not fit the header's counts."""
        n, m = int(header["n_nodes"]), int(header["n_links"])
        if len(payload) != 8 * (3 * n + 2 * m):
            raise ValueError(f"{len(payload)} bytes are not a state of {n} nodes and {m} links")
        ends = np.cumsum([n, n, n, m, m])
        parts = np.split(np.frombuffer(payload, "<f8"), ends[:-1])
        return cls(*parts)
