"""The linear system of one iteration: nodal balance of the linearised links, A h = f.

Todini and Pilati's global gradient algorithm with the flows eliminated: A is a weighted Laplacian,
symmetric positive definite; valves that hold a pressure put a large term on one diagonal.
"""

from __future__ import annotations

from hydraulics.coefficients import valve_law
from hydraulics.compiled import lean_kernel
from hydraulics.laws.outflow import emitter, pressure_demand
from hydraulics.leakage import assemble_leaks
from hydraulics.pipes import assemble_pipes
from hydraulics.tables import ACTIVE, FCV, GRADIENT_FLOOR, MISSING, PRV, PSV, Settings, Tables, Work

HOLD = 1e8
"""Weight of a held head on the diagonal."""


@lean_kernel
def assemble(tables: Tables, work: Work, settings: Settings, junctions: int, emitters: int) -> None:
    """Fill `diagonal`, `lower` and `right` from the coefficients of links and outflows.

    A dead node keeps head 0: nothing flows there, its diagonal is 1.
    """
    work.lower[:] = 0.0
    right, delivered = work.right, work.delivered
    diagonal, dead = work.diagonal, work.dead
    for n in range(junctions):
        right[n] = -delivered[n]
        diagonal[n] = dead[n]
    right[junctions:] = 0.0
    assemble_pipes(
        tables.pipes,
        work.pipe_flow,
        work.pipe_inverse,
        work.pipe_shift,
        work.diagonal,
        work.lower,
        right,
    )
    _links(tables, work, junctions)
    for i in range(emitters):
        _emitter(tables, work, settings, work.emitting[i])
    if settings.pressure_driven:
        _demands(tables, work, settings, junctions)
    if len(tables.leaks) > 0:
        assemble_leaks(tables, work)
    if len(tables.valves) > 0:
        _control_valves(tables, work)


@lean_kernel
def _links(tables: Tables, work: Work, junctions: int) -> None:
    head = work.head
    flows = work.flow
    inverse = work.inverse
    shift = work.shift
    diagonal = work.diagonal
    lower = work.lower
    right = work.right
    links = tables.links
    for k in tables.others:
        p = inverse[k]
        if p == 0.0:
            continue
        a = links[k].start
        b = links[k].end
        push = shift[k] - flows[k]
        lower[links[k].place] -= p
        if a < junctions:
            diagonal[a] += p
            right[a] += push
        else:
            right[b] += p * head[a]
        if b < junctions:
            diagonal[b] += p
            right[b] -= push
        else:
            right[a] += p * head[b]


@lean_kernel
def _excess(tables: Tables, work: Work, n: int) -> float:
    """Flow into node `n` less what is drawn there; links that hold a setting do not count."""
    pipes = tables.pipes
    total = -work.delivered[n] - work.emitted[n] - work.leaked[n]
    for i in range(tables.near_first[n], tables.near_first[n + 1]):
        k = tables.near_link[i]
        p = pipes.slot[k]
        if p >= 0:
            flow = work.pipe_flow[p]
        elif work.inverse[k] != 0.0:
            flow = work.flow[k]
        else:
            continue
        total += flow if tables.links[k].end == n else -flow
    return float(total)


@lean_kernel
def _emitter(tables: Tables, work: Work, settings: Settings, n: int) -> None:
    drop, gradient = emitter(
        work.emitted[n],
        work.emitter[n],
        settings.emitter_exponent,
        GRADIENT_FLOOR,
        settings.backflow,
    )
    work.diagonal[n] += 1.0 / gradient
    work.right[n] += (drop + tables.nodes[n].elevation) / gradient - work.emitted[n]


@lean_kernel
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


@lean_kernel
def _control_valves(tables: Tables, work: Work) -> None:
    """Pressure and flow valves that obey a setting; their order is the file's."""
    links = tables.links
    for k in tables.valves:
        if work.status[k] == ACTIVE and not work.dead_link[k] and work.setting[k] != MISSING:
            if links[k].kind == PRV:
                work.excess[links[k].end] = _excess(tables, work, links[k].end)
            elif links[k].kind == PSV:
                work.excess[links[k].start] = _excess(tables, work, links[k].start)
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
