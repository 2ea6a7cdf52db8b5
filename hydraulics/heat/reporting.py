"""From the state of a solve to a solution: results in the file's order, and their judgement.

The balances are found apart from the solver's matrix: mass at every node from the flows, each open
link's law at its flow, and the heat of the whole network from enthalpies.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hydraulics.heat import kinds
from hydraulics.heat import water_properties as water
from hydraulics.heat.fluid import enthalpy_at
from hydraulics.heat.results import HeatReport, HeatSolution, Shortfall
from hydraulics.heat.settle import Outcome, judge
from hydraulics.heat.tables import HeatArrays
from hydraulics.heat.work import HeatBoundary, HeatWork
from hydraulics.types import F64, I64

MASS_KGS, PRESSURE_PA, HEAT_SHARE = 1e-6, 1.0, 1e-6
"""A solution is converged if no node misses more mass, no link more pressure, and the network not
more than this share of its heat."""
UNMET_SHARE = 1e-3
"""A station lacks heat if it misses more than this share."""


def solution_of(
    a: HeatArrays, b: HeatBoundary, w: HeatWork, outcome: Outcome, mode: str
) -> HeatSolution:
    """The solution in the file's order."""
    s = a.structure
    start, end = s.start.astype(np.int64), s.end.astype(np.int64)
    reached = w.reached.astype(bool)
    live = reached[start] & reached[end]
    pressure = np.where(reached, w.potential - a.ambient_pa, math.nan)
    temperature = np.where(reached, w.node_k, math.nan)
    heat = _heat(a, w, mode)
    height = w.density * a.settings.gravity * a.links.drop_height
    available = np.where(live, w.potential[start] - w.potential[end] + height, math.nan)
    available[a.links.kind != kinds.STATION] = math.nan
    margin = w.potential - water.saturation_pressure_pa(w.node_k)
    margin[~reached] = math.nan
    area = 0.25 * math.pi * a.links.diameter**2
    with np.errstate(divide="ignore", invalid="ignore"):
        velocity = np.where(area > 0.0, np.abs(w.flow) / (w.density * area), math.nan)
    wanted = np.where(a.links.kind == kinds.STATION, b.wanted, 0.0)
    report = _report(
        a, b, w, outcome, mode, live=live, heat=heat, available=available, margin=margin
    )
    slot, row = s.slot_of, s.row_of
    return HeatSolution(
        node_ids=a.node_ids,
        link_ids=a.link_ids,
        pressure_pa=pressure[row],
        temperature_k=temperature[row],
        flow_kgs=w.flow[slot].copy(),
        velocity_ms=velocity[slot],
        outlet_k=np.where(live, w.out_k, math.nan)[slot],
        heat_w=heat[slot],
        wanted_w=wanted[slot],
        available_pa=available[slot],
        boiling_margin_pa=margin[row],
        status=(w.state[slot] != kinds.SHUT).astype(np.int64),
        report=report,
    )


def present(
    a: HeatArrays, b: HeatBoundary, w: HeatWork, outcome: Outcome, heat: F64, lost_w: float
) -> HeatSolution:
    """A state of a run over time, whose links took `heat` (L,) W by slot and lost `lost_w`."""
    found = solution_of(a, b, w, outcome, "hydraulics")
    s = a.structure
    kind, slot = a.links.kind, s.slot_of
    plants = kind == kinds.PLANT
    taken = (kind == kinds.STATION) | (kind == kinds.VALVE)
    reached = w.reached.astype(bool)
    live = reached[s.start] & reached[s.end]
    available = np.empty(len(heat))
    available[slot] = found.available_pa
    report = replace(
        found.report,
        plant_w=float(-heat[plants].sum()),
        delivered_w=float(heat[taken].sum()),
        lost_w=lost_w,
        wet_w=wet_loss(a, b, w.node_h),
        shortfalls=shortfalls(a, b, w, heat, available, live),
    )
    return replace(found, heat_w=heat[slot], report=report)


def _heat(a: HeatArrays, w: HeatWork, mode: str) -> F64:
    """W that each link takes out of its water: flow times what its enthalpy falls."""
    if mode == "hydraulics":
        return np.zeros(len(w.flow))
    s = a.structure
    entering = np.where(w.flow >= 0.0, w.node_h[s.start], w.node_h[s.end])
    heat: F64 = np.abs(w.flow) * (entering - w.out_h)
    heat[np.abs(w.flow) < kinds.STILL_KGS] = 0.0
    return heat


def _report(
    a: HeatArrays,
    b: HeatBoundary,
    w: HeatWork,
    outcome: Outcome,
    mode: str,
    *,
    live: np.ndarray,
    heat: F64,
    available: F64,
    margin: F64,
) -> HeatReport:
    s = a.structure
    kind = a.links.kind
    reached = w.reached.astype(bool)
    mass, pressure, made_up = misses(a, b, w)
    plants = kind == kinds.PLANT
    taken = (kind == kinds.STATION) | (kind == kinds.VALVE)
    plant_w, delivered = float(-heat[plants].sum()), float(heat[taken].sum())
    missing = 0.0 if mode == "hydraulics" else _heat_gap(a, w)
    short = shortfalls(a, b, w, heat, available, live) if mode == "coupled" else ()
    nodes = a.node_ids
    worst = _least(available, a.link_ids, s.link)
    coldest = _least(margin, nodes, s.node)
    low = tuple(nodes[int(s.node[i])] for i in np.flatnonzero(reached & (w.potential <= 0.0)))
    return HeatReport(
        converged=outcome.converged
        and balanced(a, w, mass, pressure)
        and missing <= HEAT_SHARE * max(abs(plant_w), abs(delivered), 1.0)
        and not low,
        iterations=outcome.iterations,
        solves=1,
        mass_kgs=float(mass),
        pressure_pa=float(pressure),
        heat_w=missing,
        plant_w=plant_w,
        delivered_w=delivered,
        lost_w=float(heat[~plants & ~taken].sum()),
        wet_w=0.0 if mode == "hydraulics" else wet_loss(a, b, w.node_h),
        critical=worst[0],
        critical_pa=worst[1],
        boiling=coldest[0],
        boiling_margin_pa=coldest[1],
        make_up_kgs=made_up,
        shortfalls=short,
        unsupplied=tuple(nodes[int(i)] for i in s.node[~reached]),
        negative_pressure=low,
        warnings=_warnings(a, w, outcome, low, coldest, worst, made_up, mode),
    )


def balanced(a: HeatArrays, w: HeatWork, mass_kgs: float, pressure_pa: float) -> bool:
    """Whether a state's imbalances are within what a converged one may have."""
    most = max(1.0, float(np.abs(w.flow).max(initial=0.0)))
    return mass_kgs <= MASS_KGS * most and pressure_pa <= PRESSURE_PA


def wet_loss(a: HeatArrays, b: HeatBoundary, node_h: F64) -> float:
    """W that leave with the water that demands take, above water as cold as the ground."""
    out = np.maximum(b.demand, 0.0)
    if not a.settings.own_laws or not out.any():
        return 0.0
    cold = enthalpy_at(a.fluid, a.settings.ambient_k)
    return float((out * (node_h - cold)).sum())


def _least(values: F64, names: tuple[str, ...], place: I64) -> tuple[str, float]:
    if not len(values):
        return "", math.nan
    i = int(np.where(np.isnan(values), math.inf, values).argmin())
    if math.isnan(values[i]):
        return "", math.nan
    return names[int(place[i])], float(values[i])


def misses(
    a: HeatArrays, b: HeatBoundary, w: HeatWork
) -> tuple[float, float, tuple[tuple[str, float], ...]]:
    """The greatest imbalances of a node (kg/s) and of a link's law (Pa), and what the pressure
    keeping of plants feeds in, kg/s (below 0: lets out)."""
    fed = np.zeros(len(a.plants))
    mass, pressure = judge(a.structure, a.links, a.settings, a.plants, b, w, fed)
    made_up = tuple(
        (a.link_ids[int(a.structure.link[a.plants[i]])], float(fed[i]))
        for i in np.flatnonzero(np.abs(fed) > 1e-6)
    )
    return mass, pressure, made_up


def _heat_gap(a: HeatArrays, w: HeatWork) -> float:
    """W by which the mixing of a node misses, summed by size over all nodes."""
    s, i = a.structure, w.inject
    to = np.where(w.still >= 0.0, s.end, s.start)
    brought = np.abs(w.still) * (w.out_h - w.node_h[to])
    node = i.mass * (i.enthalpy - w.node_h)
    node += np.bincount(to, weights=brought, minlength=len(node))
    return float(np.abs(node).sum())


def shortfalls(
    a: HeatArrays, b: HeatBoundary, w: HeatWork, heat: F64, available: F64, live: np.ndarray
) -> tuple[Shortfall, ...]:
    """The stations that lack heat, those that lack most first."""
    wanted = b.wanted[a.stations]
    lacking = (wanted > 0.0) & (heat[a.stations] < wanted * (1.0 - UNMET_SHARE))
    found = []
    for k in a.stations[lacking]:
        if not b.is_open[k]:
            binds = "shut"
        elif not live[k]:
            binds = "cut off"
        else:
            binds = "temperature" if w.state[k] == kinds.GIVEN else "pressure"
        found.append(
            Shortfall(
                station=a.link_ids[int(a.structure.link[k])],
                wanted_w=float(b.wanted[k]),
                delivered_w=float(heat[k]),
                available_pa=float(available[k]),
                binds=binds,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.unmet_w, one.station)))


def _warnings(
    a: HeatArrays,
    w: HeatWork,
    outcome: Outcome,
    low: tuple[str, ...],
    boiling: tuple[str, float],
    critical: tuple[str, float],
    made_up: tuple[tuple[str, float], ...],
    mode: str,
) -> tuple[str, ...]:
    said = []
    if not outcome.converged:
        said.append(f"no balance after {outcome.iterations} iterations")
    if low:
        said.append(f"no state with water: absolute pressure is negative at {', '.join(low[:5])}")
    said += remarks(critical, boiling, boils=not low and mode != "hydraulics")
    for name, flow in made_up:
        way = "feeds in" if flow > 0.0 else "lets out"
        said.append(f"the pressure keeping of {name} {way} {abs(flow):.4g} kg/s")
    backwards = [
        a.link_ids[int(a.structure.link[k])] for k in a.plants if w.flow[k] < -kinds.STILL_KGS
    ]
    if backwards:
        said.append(f"flow goes backwards through {', '.join(backwards[:5])}")
    return tuple(said)


def remarks(critical: tuple[str, float], boiling: tuple[str, float], *, boils: bool) -> list[str]:
    """What to say of the critical station and of the node nearest to boiling (if it `boils`)."""
    said = []
    if boils and boiling[1] < 0.0:
        said.append(f"water boils at {boiling[0]}: {-boiling[1] / 1e5:.2f} bar are missing")
    if critical[1] < 0.0:
        said.append(
            f"station {critical[0]} has its return above its supply by {-critical[1] / 1e5:.3f} bar"
        )
    return said
