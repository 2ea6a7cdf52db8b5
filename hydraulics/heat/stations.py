"""Heat stations: the flow each asks for at its supply temperature, and what it does to the water.

What holds, by control: the return temperature, the drop, the flow, or the heat through an exchanger
whose effectiveness is that of counter flow (Kays and London, Compact Heat Exchangers, 1984).
"""

from __future__ import annotations

import math

from hydraulics.compiled import inner_kernel, lean_kernel
from hydraulics.graph.structure import Structure
from hydraulics.heat.fluid import FluidTable, enthalpy_at, lookup
from hydraulics.heat.kinds import (
    BY_DROP,
    BY_FLOW,
    BY_RETURN,
    EXCHANGER,
    FLOW_AND_DROP,
    GIVEN,
    LEAST_DROP_K,
    STATION,
    VALVE,
)
from hydraulics.heat.outlets import DROP, HOLD, PASS, TAKE
from hydraulics.heat.tables import LinkTable
from hydraulics.heat.work import HeatBoundary, HeatWork
from hydraulics.types import I64

MOST_CAPACITY_RATIO = 10.0
"""An exchanger's valve opens no wider than ten times the secondary side's capacity flow."""


@inner_kernel
def exchanged(links: LinkTable, f: FluidTable, k: int, flow: float, entering_k: float) -> float:
    """Heat (W) through a station's exchanger at a flow (kg/s) of `entering_k`."""
    hot = flow * lookup(f.temperature, f.capacity, entering_k)
    cold = links.secondary_wk[k]
    least, most = min(hot, cold), max(hot, cold)
    if least <= 0.0:
        return 0.0
    units, ratio = links.exchanger[k] / least, least / most
    if ratio > 1.0 - 1e-9:
        share = units / (1.0 + units)
    else:
        fading = math.exp(-units * (1.0 - ratio))
        share = (1.0 - fading) / (1.0 - ratio * fading)
    return float(share * least * (entering_k - links.secondary_k[k]))


@inner_kernel
def _by_exchanger(
    links: LinkTable, f: FluidTable, k: int, wanted: float, entering_k: float
) -> float:
    """The flow that brings the heat, by halving; the widest if none does."""
    low = 0.0
    high = (
        MOST_CAPACITY_RATIO * links.secondary_wk[k] / lookup(f.temperature, f.capacity, entering_k)
    )
    if exchanged(links, f, k, high, entering_k) < wanted:
        return float(high)
    for _ in range(50):
        middle = 0.5 * (low + high)
        if exchanged(links, f, k, middle, entering_k) < wanted:
            low = middle
        else:
            high = middle
    return float(high)


@inner_kernel
def wanted_flow(
    links: LinkTable, b: HeatBoundary, f: FluidTable, k: int, entering_k: float, limited: bool
) -> float:
    """kg/s that station `k` asks for with water of `entering_k`; `limited` never more than what it
    needs at `LEAST_DROP_K`."""
    control, heat = links.control[k], b.wanted[k]
    if control == BY_DROP:
        h = enthalpy_at(f, entering_k) - enthalpy_at(f, entering_k - links.return_k[k])
        return float(heat / h)
    if control == BY_RETURN:
        drop = entering_k - links.return_k[k]
        if limited:
            drop = max(drop, LEAST_DROP_K)
        elif drop <= 0.0:
            return 0.0
        return float(
            heat / (enthalpy_at(f, links.return_k[k] + drop) - enthalpy_at(f, links.return_k[k]))
        )
    if control == EXCHANGER:
        return float(_by_exchanger(links, f, k, heat, entering_k)) if heat > 0.0 else 0.0
    return float(b.given[k])


@inner_kernel
def ask(
    s: Structure,
    stations: I64,
    links: LinkTable,
    b: HeatBoundary,
    w: HeatWork,
    f: FluidTable,
    own_laws: bool,
) -> None:
    """Set `want` of all stations, and the flow of those that get it."""
    for i in range(len(stations)):
        k = stations[i]
        w.want[k] = wanted_flow(links, b, f, k, w.node_k[s.start[k]], own_laws)
        if w.state[k] == GIVEN:
            w.flow[k] = w.want[k]


@lean_kernel
def set_outlets(
    s: Structure, links: LinkTable, b: HeatBoundary, w: HeatWork, f: FluidTable, carried: bool
) -> None:
    """What each link does to its water. A station that gets less flow than it asks for delivers
    what its return temperature or drop leaves; the difference is unmet heat.

    `carried`: for plugs, whose temperature moves within a step. There a station that gets its flow
    takes its heat, but cools no further than its return temperature.
    """
    o = w.outlets
    for k in range(len(w.flow)):
        o.heat[k] = b.wanted[k]
        o.mode[k] = PASS
        o.least[k] = -math.inf
        if links.kind[k] == VALVE and b.wanted[k] != 0.0:
            o.mode[k] = TAKE
        if links.kind[k] != STATION:
            continue
        control = links.control[k]
        starved = w.state[k] != GIVEN
        o.held[k] = links.return_k[k]
        if control == BY_FLOW:
            o.mode[k] = TAKE
        elif control == BY_DROP:
            o.mode[k] = DROP if starved or not carried else TAKE
        elif control == FLOW_AND_DROP:
            o.mode[k] = DROP
        elif control == EXCHANGER:
            o.mode[k] = TAKE
            o.heat[k] = min(
                b.wanted[k], exchanged(links, f, k, abs(w.flow[k]), w.node_k[s.start[k]])
            )
        elif control == BY_RETURN and carried and not starved:
            o.mode[k] = TAKE
            o.least[k] = enthalpy_at(f, links.return_k[k])
        else:
            o.mode[k] = HOLD
