"""The linear system of one iteration: nodal balance of the linearised links, A h = f.

Todini and Pilati's global gradient algorithm with the flows eliminated: A is a weighted Laplacian,
symmetric positive definite; valves that hold a pressure put a large term on one diagonal.
"""

from __future__ import annotations

from hydraulics.coefficients import valve_law
from hydraulics.compiled import kernel
from hydraulics.laws.outflow import emitter, pressure_demand
from hydraulics.tables import ACTIVE, FCV, GRADIENT_FLOOR, MISSING, PRV, PSV, Settings, Tables, Work

HOLD = 1e8
"""Weight of a held head on the diagonal."""


@kernel
def assemble(tables: Tables, work: Work, settings: Settings, junctions: int) -> None:
    """Fill `diagonal`, `lower` and `right` from the coefficients of links and outflows."""
    work.diagonal[:] = 0.0
    work.lower[:] = 0.0
    work.right[:] = 0.0
    work.excess[:] = 0.0
    _links(tables, work, junctions)
    emitters = work.emitter
    for n in range(junctions):
        if emitters[n] != 0.0 and not work.dead[n]:
            _emitter(tables, work, settings, n)
    if settings.pressure_driven:
        _demands(tables, work, settings, junctions)
    dead, excess, right = work.dead, work.excess, work.right
    delivered = work.delivered
    for n in range(junctions):
        if dead[n]:
            work.diagonal[n] = 1.0
            right[n] = 0.0
            excess[n] = 0.0
        else:
            excess[n] -= delivered[n]
            right[n] += excess[n]
    _control_valves(tables, work)


@kernel
def _links(tables: Tables, work: Work, junctions: int) -> None:
    head = work.head
    flows = work.flow
    inverse = work.inverse
    shift = work.shift
    excess = work.excess
    diagonal = work.diagonal
    lower = work.lower
    right = work.right
    links = tables.links
    for k in range(len(links)):
        p = inverse[k]
        if p == 0.0:
            continue
        a = links[k].start
        b = links[k].end
        flow = flows[k]
        y = shift[k]
        excess[a] -= flow
        excess[b] += flow
        lower[links[k].place] -= p
        if a < junctions:
            diagonal[a] += p
            right[a] += y
        else:
            right[b] += p * head[a]
        if b < junctions:
            diagonal[b] += p
            right[b] -= y
        else:
            right[a] += p * head[b]


@kernel
def _emitter(tables: Tables, work: Work, settings: Settings, n: int) -> None:
    drop, gradient = emitter(
        work.emitted[n],
        work.emitter[n],
        settings.emitter_exponent,
        GRADIENT_FLOOR,
        settings.backflow,
    )
    work.diagonal[n] += 1.0 / gradient
    work.right[n] += (drop + tables.nodes[n].elevation) / gradient
    work.excess[n] -= work.emitted[n]


@kernel
def _demands(tables: Tables, work: Work, settings: Settings, junctions: int) -> None:
    span = settings.required_pressure - settings.least_pressure
    for n in range(junctions):
        if work.demand[n] <= 0.0 or work.dead[n]:
            continue
        drop, gradient = pressure_demand(
            work.delivered[n], work.demand[n], span, 1.0 / settings.demand_exponent
        )
        work.diagonal[n] += 1.0 / gradient
        work.right[n] += (drop + tables.nodes[n].elevation + settings.least_pressure) / gradient


@kernel
def _control_valves(tables: Tables, work: Work) -> None:
    """Pressure and flow valves that obey a setting; their order is the file's."""
    links = tables.links
    for k in tables.valves:
        setting = work.setting[k]
        if setting == MISSING or work.dead_link[k]:
            continue
        kind = links[k].kind
        if kind not in (PRV, PSV, FCV):
            continue
        a = links[k].start
        b = links[k].end
        if work.status[k] == ACTIVE:
            if kind == PRV:
                work.inverse[k] = 0.0
                work.shift[k] = work.flow[k] + work.excess[b]
                work.right[b] += (tables.nodes[b].elevation + setting) * HOLD
                work.diagonal[b] += HOLD
                if work.excess[b] < 0.0:
                    work.right[a] += work.excess[b]
                continue
            if kind == PSV:
                work.inverse[k] = 0.0
                work.shift[k] = work.flow[k] - work.excess[a]
                work.right[a] += (tables.nodes[a].elevation + setting) * HOLD
                work.diagonal[a] += HOLD
                if work.excess[a] > 0.0:
                    work.right[b] += work.excess[a]
                work.lower[links[k].place] -= 1.0 / HOLD
                work.diagonal[b] += 1.0 / HOLD
                continue
            work.excess[a] -= setting
            work.excess[b] += setting
            work.right[a] -= setting
            work.right[b] += setting
            p = 1.0 / HOLD
            work.shift[k] = work.flow[k] - setting
        else:
            drop, gradient = valve_law(tables, work, k)
            p = 1.0 / gradient
            work.shift[k] = drop / gradient
            work.right[a] += work.shift[k] - work.flow[k]
            work.right[b] -= work.shift[k] - work.flow[k]
        work.inverse[k] = p
        work.lower[links[k].place] -= p
        work.diagonal[a] += p
        work.diagonal[b] += p
