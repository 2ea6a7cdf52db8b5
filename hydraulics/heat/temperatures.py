"""Steady temperatures along the solved flows.

T_out = T_ground + (T_in - T_ground) exp(-U L / (m cp)); nodes mix enthalpies. One sweep along the
flow is exact but for what goes round: a plant's outlet is a boundary, and whether its power is
enough is told by the inlet of the sweep before.
"""

from __future__ import annotations

import math

from hydraulics.compiled import inner_kernel, lean_kernel
from hydraulics.graph.step import excess
from hydraulics.graph.structure import Structure
from hydraulics.heat.fluid import FluidTable, enthalpy_at, lookup, temperature_at
from hydraulics.heat.kinds import PIPE, PLANT, STILL_KGS
from hydraulics.heat.outlets import outlet
from hydraulics.heat.tables import HeatSettings, LinkTable, NodeTable
from hydraulics.heat.work import KEEPS_START, HeatBoundary, HeatWork
from hydraulics.types import I64


@lean_kernel
def moving(links: LinkTable, w: HeatWork) -> None:
    """The flows that the order of the nodes follows: none through plants, none where still."""
    for k in range(len(w.flow)):
        q = w.flow[k]
        w.still[k] = 0.0 if links.kind[k] == PLANT or abs(q) < STILL_KGS else q


@lean_kernel
def let_in(
    s: Structure,
    plants: I64,
    links: LinkTable,
    nodes: NodeTable,
    b: HeatBoundary,
    w: HeatWork,
    f: FluidTable,
    settings: HeatSettings,
) -> None:
    """What enters and leaves the graph at its nodes: by plants, by inlets, by demands.

    What a plant makes up in its return comes in as cold as the ground.
    """
    inject = w.inject
    for i in range(len(inject.mass)):
        inject.mass[i] = 0.0
        inject.enthalpy[i] = 0.0
        inject.drawn[i] = b.demand[i]
    for k in range(len(w.flow)):
        if b.held[s.start[k]]:
            inject.drawn[s.start[k]] -= w.flow[k]
        if b.held[s.end[k]]:
            inject.drawn[s.end[k]] += w.flow[k]
    for i in range(len(inject.mass)):
        warm = nodes.inlet_k[i]
        feeds = b.held[i] or settings.own_laws
        if feeds and inject.drawn[i] < -STILL_KGS and not math.isnan(warm):
            inject.mass[i] = -inject.drawn[i]
            inject.enthalpy[i] = enthalpy_at(f, warm)
            inject.drawn[i] = 0.0
    for i in range(len(plants)):
        k = plants[i]
        q = w.flow[k]
        if q < STILL_KGS:
            continue
        a, e = s.start[k], s.end[k]
        if settings.own_laws and b.keeps[k] == KEEPS_START and w.held[a] and not b.held[a]:
            made_up = q + b.demand[a] - _arrives(s, w, a, k)
            if made_up > STILL_KGS:
                inject.mass[a] = made_up
                inject.enthalpy[a] = enthalpy_at(f, settings.ambient_k)
        w.out_h[k] = _behind(links, b, w, f, k, q, w.node_h[a])
        w.out_k[k] = temperature_at(f, w.out_h[k])
        if not b.held[a]:
            inject.drawn[a] += q
        total = inject.mass[e] + q
        inject.enthalpy[e] += (w.out_h[k] - inject.enthalpy[e]) * q / total
        inject.mass[e] = total


@inner_kernel
def _arrives(s: Structure, w: HeatWork, row: int, plant: int) -> float:
    """kg/s that come to a plant's start by all other links."""
    return float(excess(s, w.flow, row) + w.flow[plant])


@inner_kernel
def _behind(
    links: LinkTable, b: HeatBoundary, w: HeatWork, f: FluidTable, k: int, q: float, entering: float
) -> float:
    """Enthalpy behind a plant: what it is set to, as far as its power goes."""
    if math.isnan(b.plant_k[k]):
        return entering
    wanted = enthalpy_at(f, b.plant_k[k])
    if wanted > entering:
        wanted = min(wanted, entering + links.heat_most[k] / q)
    return float(wanted)


@inner_kernel
def sweep(
    s: Structure, links: LinkTable, w: HeatWork, f: FluidTable, settings: HeatSettings
) -> float:
    """Temperatures of all nodes and links once along the flow; the greatest change of a node, K."""
    c = w.course
    ground_h = enthalpy_at(f, settings.ambient_k)
    changed = 0.0
    for k in range(len(w.flow)):
        if w.still[k] == 0.0 and links.kind[k] != PLANT:
            w.out_k[k] = settings.ambient_k
            w.out_h[k] = ground_h
    for i in range(len(c.node)):
        n = c.node[i]
        mass = w.inject.mass[n]
        energy = mass * w.inject.enthalpy[n]
        for j in range(c.into_first[i], c.into_first[i + 1]):
            k = c.into[j]
            m = abs(w.still[k])
            mass += m
            energy += m * w.out_h[k]
        h = energy / mass if mass > 0.0 else ground_h
        w.node_h[n] = h
        t = temperature_at(f, h)
        changed = max(changed, abs(t - w.node_k[n]))
        w.node_k[n] = t
        for j in range(c.out_first[i], c.out_first[i + 1]):
            k = c.out[j]
            _along(links, w, f, k, abs(w.still[k]), t, h)
    return changed


@inner_kernel
def _along(
    links: LinkTable, w: HeatWork, f: FluidTable, k: int, q: float, t: float, h: float
) -> None:
    """Temperature behind a link that water of temperature t, enthalpy h enters."""
    if links.kind[k] != PIPE:
        w.out_h[k] = outlet(w.outlets, f, k, q, h)
        w.out_k[k] = temperature_at(f, w.out_h[k])
        return
    entering = lookup(f.temperature, f.capacity, t)
    ground = links.ground[k]
    out = w.out_k[k]
    for _ in range(2):  # the next sweep goes on from here
        capacity = 0.5 * (entering + lookup(f.temperature, f.capacity, out)) * q
        new = ground + (t - ground) * math.exp(-links.conductance[k] / capacity)
        new -= w.outlets.heat[k] / capacity
        done = abs(new - out) < 1e-7
        out = new
        if done:
            break
    w.out_k[k] = out
    w.out_h[k] = enthalpy_at(f, out)


@inner_kernel
def properties(s: Structure, w: HeatWork, f: FluidTable) -> None:
    """Density of each link's water as the mean of its ends', viscosity at its mean temperature."""
    for k in range(len(w.flow)):
        enters = w.node_k[s.start[k] if w.flow[k] > -STILL_KGS else s.end[k]]
        out = w.out_k[k]
        w.density[k] = 0.5 * (
            lookup(f.temperature, f.density, enters) + lookup(f.temperature, f.density, out)
        )
        w.viscosity[k] = lookup(f.temperature, f.viscosity, 0.5 * (enters + out))
