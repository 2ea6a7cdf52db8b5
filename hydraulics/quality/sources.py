"""Where a substance enters: at nodes, as a concentration, a set point, flow-paced or by mass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.quality.tables import JUNCTION, RESERVOIR
from hydraulics.types import F64, I64
from network_models.network import Network

CONCENTRATION, MASS, SET_POINT, FLOW_PACED = range(4)
_KINDS = {"CONCEN": CONCENTRATION, "MASS": MASS, "SETPOINT": SET_POINT, "FLOWPACED": FLOW_PACED}

STILL_OUT_M3S = 3.154e-7
"""A node that gives less (EPANET's 0.005 gpm) adds nothing."""


class Sources(NamedTuple):
    """`of_node` (N,): row of the node's source, or -1; kinds and present strengths (S,)."""

    of_node: I64
    kind: I64
    strength: F64
    """mg/L; MASS: g/s."""


def sources_of(net: Network) -> tuple[Sources, list[tuple[float, tuple[float, ...]]]]:
    """The sources of a file, with the base strength and the pattern of each."""
    of_node = np.full(len(net.nodes), -1, dtype=np.int64)
    kinds: list[int] = []
    bases: list[tuple[float, tuple[float, ...]]] = []
    for n, node in enumerate(net.nodes.values()):
        source = node.quality_source
        if source is None:
            continue
        of_node[n] = len(kinds)
        kinds.append(_KINDS[source.kind])
        # A file gives MASS in mg a minute.
        unit = 1e-3 / 60.0 if source.kind == "MASS" else 1.0
        pattern = net.patterns[source.pattern].multipliers if source.pattern else (1.0,)
        bases.append((source.strength * unit, pattern))
    return Sources(of_node, np.array(kinds, dtype=np.int64), np.zeros(len(kinds))), bases


@lean_kernel
def added(
    s: Sources, i: int, kind: int, demand: float, present: float, out: float, seconds: float
) -> float:
    """What source `i` adds to the quality of the water that leaves its node.

    `kind` of the node; `demand` m3/s; `present` the quality without it; `out` m3 leaving.
    """
    strength = s.strength[i]
    if strength == 0.0 or out <= STILL_OUT_M3S * seconds:
        return 0.0
    if s.kind[i] == CONCENTRATION:
        if kind != JUNCTION:
            return float(strength)
        # At a junction it is the concentration of an external inflow, a negative demand.
        return float(strength * max(0.0, -demand) * seconds / out)
    if s.kind[i] == MASS:
        return float(strength * seconds / out)
    if s.kind[i] == SET_POINT:
        # All of it at a reservoir, whose own quality it takes the place of.
        return float(max(strength, present) if kind == RESERVOIR else max(strength - present, 0.0))
    return float(strength)
