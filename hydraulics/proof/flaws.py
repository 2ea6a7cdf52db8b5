"""Whether the status of a link fits the heads and the flow beside it: rules of the judge.

Each rule answers with a place in `REASONS`, 0 for "fits". Heads in m, flows in m3/s.
"""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.proof.tables import Limits, Proof
from hydraulics.tables import (
    ACTIVE,
    CHECK_VALVE,
    CONSTANT_POWER,
    FCV,
    MISSING,
    PRV,
    PSV,
    PUMP,
    TEMPORARILY_CLOSED,
    XHEAD,
    XPRESSURE,
)
from hydraulics.us_units import FOOT_M

REASONS = (
    "",
    "water passes backwards",
    "is closed, but water passes",
    "is closed, but nothing holds it closed",
    "is open, but should hold its setting",
    "holds its setting without the head for it",
    "fills a full tank",
    "draws from an empty tank",
    "is open between a node with a source and one without",
)
BACKWARDS, LEAKS, IDLE, UNHELD, POWERLESS, OVERFILLS, DRAINS, SPLIT = range(1, 9)
FLOW = 1e-5
"""m3/s that count as none."""
LEAK = 1e-4
"""m3/s a closed link may pass before it is named; less shows as missing mass."""
HEAD = 2e-3
"""m a full or empty tank may be from its limit."""


@lean_kernel
def closed_flaw(
    proof: Proof,
    k: int,
    status: int,
    setting: float,
    held: int,
    h1: float,
    h2: float,
    flow: float,
    limits: Limits,
) -> int:
    """A closed link between nodes with a source."""
    if abs(flow) > LEAK:
        return LEAKS
    if held:
        return 0
    slack = limits.energy
    kind = proof.kind[k]
    drop = h1 - h2
    if kind == PUMP:
        if status == XHEAD and setting > 0.0:
            p = proof.pump_row[k]
            if -drop < setting * setting * proof.pump[p, 0] - slack:
                return IDLE
        if status == TEMPORARILY_CLOSED and proof.pump_kind[proof.pump_row[k]] != CONSTANT_POWER:
            return 0 if _at_limit(proof, k, h1, h2) else IDLE
        return 0
    if status == TEMPORARILY_CLOSED:
        return 0 if _at_limit(proof, k, h1, h2) else IDLE
    if kind == CHECK_VALVE:
        return IDLE if drop > slack else 0
    if setting == MISSING or drop <= slack:
        return 0
    if kind == PRV:
        return IDLE if h2 < proof.elevation[proof.end[k]] + setting * FOOT_M - slack else 0
    if kind == PSV:
        return IDLE if h1 > proof.elevation[proof.start[k]] + setting * FOOT_M + slack else 0
    return 0


@lean_kernel
def _at_limit(proof: Proof, k: int, h1: float, h2: float) -> bool:
    """Whether a tank at an end of the link is full or empty."""
    a, b = proof.start[k], proof.end[k]
    return bool(
        h1 <= proof.lowest[a] + HEAD
        or h1 >= proof.highest[a] - HEAD
        or h2 <= proof.lowest[b] + HEAD
        or h2 >= proof.highest[b] - HEAD
    )


@lean_kernel
def tank_flaw(proof: Proof, k: int, h1: float, h2: float, flow: float) -> int:
    """An open link at a tank: no way into a full one or out of an empty one."""
    a, b = proof.start[k], proof.end[k]
    if (h2 >= proof.highest[b] and flow > FLOW) or (h1 >= proof.highest[a] and flow < -FLOW):
        return OVERFILLS
    if (h1 <= proof.lowest[a] and flow > FLOW) or (h2 <= proof.lowest[b] and flow < -FLOW):
        return DRAINS
    return 0


@lean_kernel
def open_flaw(
    proof: Proof,
    k: int,
    status: int,
    setting_si: float,
    h1: float,
    h2: float,
    flow: float,
    limits: Limits,
) -> int:
    """An open or active link; `setting_si` is MISSING where a valve is just open.

    A PSV forced open (XPRESSURE) lets its pressure fall: holding it would cut off what is behind.
    """
    slack = limits.energy
    kind = proof.kind[k]
    if flow < -FLOW and (kind in (CHECK_VALVE, PUMP, PRV, PSV)):
        return BACKWARDS
    if setting_si == MISSING or kind not in (PRV, PSV, FCV):
        return 0
    drop = h1 - h2
    if status == ACTIVE:
        if kind == FCV and flow < -FLOW:
            return BACKWARDS
        return POWERLESS if drop < proof.minor[k] * flow * flow - slack else 0
    if kind == PRV:
        return UNHELD if h2 > proof.elevation[proof.end[k]] + setting_si + slack else 0
    if kind == PSV:
        low = h1 < proof.elevation[proof.start[k]] + setting_si - slack
        return UNHELD if low and status != XPRESSURE else 0
    return UNHELD if flow > setting_si + 10.0 * FLOW else 0
