"""What goes into a solve and what comes out, in SI and in the file's order of elements."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hydraulics.types import B1, F64, I64, U8

CLOSED_LINK, OPEN_LINK, ACTIVE_LINK = 0, 1, 2
"""Codes of `Boundary.status`: held shut, open, or a valve that obeys its setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """What is given at an instant.

    `demand_m3s` (N,); `fixed_head_m` (N,), NaN where the head is free; `status` (L,) of
    CLOSED_LINK, OPEN_LINK, ACTIVE_LINK; `setting` (L,): a pump's relative speed, a valve's setting
    in SI (m of pressure head or drop, m3/s, loss coefficient, per cent), NaN where there is none.
    """

    demand_m3s: F64
    fixed_head_m: F64
    status: I64
    setting: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How far a solution is from the physics, found apart from the solver.

    Mass: the worst difference of inflow and demand at a node. Energy: the worst difference
    of the head drop over an open link and its law at its flow. Outflow: the worst difference of
    what a junction gives off (demand, emitter, leakage) and its law at its pressure.
    `inconsistent` names links whose status contradicts their heads and flow, with the reason: "PRV
    V1 is open, but should hold its setting". `proved` is true when all of this is within the
    limits of the accuracy (`hydraulics.proof.tables.limits_of`).
    """

    mass_m3s: float = 0.0
    mass_node: str = ""
    energy_m: float = 0.0
    energy_link: str = ""
    outflow_m3s: float = 0.0
    outflow_node: str = ""
    proved: bool = True
    inconsistent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpEnergy:
    """What a pump used over a run.

    `utilisation_percent` is the share of the run it was on; efficiency, specific energy and
    average power are means over the time it was on. `cost` is in the currency of the file's
    prices.
    """

    pump: str
    utilisation_percent: float
    efficiency_percent: float
    kwh_per_m3: float
    average_kw: float
    peak_kw: float
    kwh: float
    cost: float
    cost_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a solve or a run went; never silent.

    `unsupplied` nodes have no way to a source (head NaN); `negative_pressure` names nodes below
    zero pressure. For a run these are all that were so at a reported time, `iterations` and
    `solves` are sums, `balance` is the worst, and `unbalanced_times_s` are the instants whose
    solve ended without balance or proof. `flags` says, the worst first, what a state that is not
    proved misses. `leakage_m3s` is the mean leakage of a run (the present one of a solution).
    `energy` has a record a pump; `peak_kw` is the greatest power of all pumps together and
    `demand_charge` what it costs.
    """

    converged: bool
    iterations: int
    solves: int
    relative_change: float
    balance: Balance
    unsupplied: tuple[str, ...] = ()
    negative_pressure: tuple[str, ...] = ()
    unbalanced_times_s: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    leakage_m3s: float = 0.0
    energy: tuple[PumpEnergy, ...] = ()
    peak_kw: float = 0.0
    demand_charge: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class _States:
    """Heads and flows with what follows from them, which is made when it is first asked for:
    thousands of cases are often asked for their pressures only."""

    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    head_m: F64
    demand_m3s: F64
    flow_m3s: F64
    is_open: U8 | B1
    elevation_m: F64
    area_m2: F64
    report: Report

    @cached_property
    def pressure_m(self) -> F64:
        """Head above the node, m."""
        return self.head_m - self.elevation_m

    @cached_property
    def velocity_ms(self) -> F64:
        """Mean velocity in the link, m/s, without sign; 0 in links without a diameter."""
        speed = np.abs(self.flow_m3s)
        speed /= np.where(self.area_m2 > 0.0, self.area_m2, np.inf)
        return speed

    @cached_property
    def status(self) -> I64:
        """0 closed, 1 open."""
        return self.is_open.astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Solution(_States):
    """The network at one instant.

    Heads and pressures (N,) are NaN where no source reaches. `demand_m3s` (N,) is what a junction
    takes (emitters and breaks included) and the net inflow of a tank or reservoir. `flow_m3s`
    (L,) is positive from a link's start to its end; `velocity_ms` (L,) its size by `area_m2`;
    `status` (L,) 0 closed, 1 open.
    """


@dataclass(frozen=True, kw_only=True)
class Run(_States):
    """A network over time: the fields of `Solution` with a leading axis of report times (T,),
    but for `elevation_m` and `area_m2`, which stay as they are."""

    times_s: F64
