"""The iteration: linearise, solve, update flows, judge statuses, until nothing moves."""

from __future__ import annotations

from hydraulics.assembly import assemble
from hydraulics.coefficients import link_coefficients
from hydraulics.compiled import lean_kernel
from hydraulics.controls import pressure_controls
from hydraulics.laws.outflow import emitter, pressure_demand
from hydraulics.leakage import leaks_settled, sum_leaks, update_leaks
from hydraulics.linear import factorise, substitute
from hydraulics.pipes import CLOSED_INVERSE, friction_darcy, friction_power, update_pipes
from hydraulics.status import check_links, check_pressure_valves
from hydraulics.supply import after_solve, before_solve, forget, mark_dead
from hydraulics.tables import (
    ACTIVE,
    CLOSED,
    CONSTANT_POWER,
    DARCY_WEISBACH,
    FCV,
    FLOW_TOLERANCE,
    GRADIENT_FLOOR,
    PRV,
    PSV,
    PUMP,
    XFCV,
    XPRESSURE,
    Settings,
    Tables,
    Work,
)

DAMPING = 0.6
ROUNDING = 1e-9
"""A constant-power pump's flow is halved if it would turn back, but not for so little (cfs)."""
LARGEST_DEMAND_STEP = 0.4
LEAST_SPAN = 0.1
PASSES = 4
"""How often a solve is repeated because an empty tank or a shut pump left nodes without supply."""


@lean_kernel
def balance_network(
    tables: Tables, work: Work, settings: Settings, junctions: int
) -> tuple[int, float, int]:
    """Solve for heads and flows at the present boundary.

    Returns iterations, relative flow change of the last, and -1 or the node row at which the
    system is singular. Dead nodes are left out and keep head 0.
    """
    before_solve(tables, work, junctions)
    total = 0
    error = 0.0
    singular = -1
    for _ in range(PASSES):
        sum_leaks(tables, work)
        count, error, singular = _iterate(tables, work, settings, junctions)
        total += count
        if singular >= 0 or after_solve(tables, work, junctions) == 0:
            break
        mark_dead(tables, work, junctions, True)
    return total, error, singular


@lean_kernel
def _take_pipes(tables: Tables, work: Work) -> int:
    """Bring the plain pipes' flows into their own order; how many are closed or dead."""
    link = tables.pipes.link
    flow, pipe_flow, odd = work.flow, work.pipe_flow, work.pipe_odd
    status, dead_link = work.status, work.dead_link
    count = 0
    for i in range(len(link)):
        k = link[i]
        pipe_flow[i] = flow[k]
        if status[k] <= CLOSED or dead_link[k]:
            odd[count] = i
            count += 1
    return count


@lean_kernel
def _return_pipes(tables: Tables, work: Work) -> None:
    """Bring the plain pipes' flows back to file order."""
    link = tables.pipes.link
    flow, pipe_flow = work.flow, work.pipe_flow
    for i in range(len(link)):
        flow[link[i]] = pipe_flow[i]


@lean_kernel
def _take_emitters(work: Work, junctions: int) -> int:
    """List the nodes whose emitters may flow; their number."""
    emitter, dead, emitting = work.emitter, work.dead, work.emitting
    count = 0
    for n in range(junctions):
        if emitter[n] != 0.0 and not dead[n]:
            emitting[count] = n
            count += 1
    return count


@lean_kernel
def _coefficients(tables: Tables, work: Work, settings: Settings, odd: int) -> None:
    """The laws of all links; `odd` plain pipes are closed or dead."""
    inverse, shift = work.pipe_inverse, work.pipe_shift
    if settings.law == DARCY_WEISBACH:
        friction_darcy(tables.pipes, work.pipe_flow, inverse, shift)
    else:
        friction_power(
            tables.pipes, work.pipe_flow, settings.exponent, GRADIENT_FLOOR, inverse, shift
        )
    for i in work.pipe_odd[:odd]:
        alive = not work.dead_link[tables.pipes.link[i]]
        inverse[i] = CLOSED_INVERSE if alive else 0.0
        shift[i] = work.pipe_flow[i] if alive else 0.0
    link_coefficients(tables, work, settings)


@lean_kernel
def _iterate(
    tables: Tables, work: Work, settings: Settings, junctions: int
) -> tuple[int, float, int]:
    next_check = settings.check_frequency
    relax = 1.0
    error = 0.0
    iteration = 1
    last = settings.trials + settings.more_trials
    repairs = 0
    singular = -1
    odd = _take_pipes(tables, work)
    emitters = _take_emitters(work, junctions)
    head, right = work.head, work.right
    while iteration <= last:
        _coefficients(tables, work, settings, odd)
        assemble(tables, work, settings, junctions, emitters)
        singular = factorise(
            tables.first, tables.target, tables.row, tables.runs, work.diagonal, work.lower, right
        )
        if singular >= 0:
            if repairs < len(tables.valves) and _force_open(tables, work, singular):
                repairs += 1
                continue
            break
        substitute(tables.first, tables.row, tables.runs, work.lower, right)
        for n in range(junctions):
            head[n] = right[n]
        error, largest = _update_flows(tables, work, settings, junctions, relax, emitters)
        relax = 1.0
        changed = False
        if settings.damp_limit > 0.0:
            if error <= settings.damp_limit:
                relax = DAMPING
                changed = check_pressure_valves(tables, work)
        else:
            changed = check_pressure_valves(tables, work)
        if _converged(tables, work, settings, junctions, error, largest, odd):
            if iteration > settings.trials:
                break
            if check_links(tables, work, junctions):
                changed = True
            if pressure_controls(tables, work, junctions):
                _return_pipes(tables, work)
                mark_dead(tables, work, junctions, False)
                forget(work)
                odd = _take_pipes(tables, work)
                emitters = _take_emitters(work, junctions)
                changed = True
            if not changed:
                break
            next_check = iteration + settings.check_frequency
        elif iteration <= settings.maximum_check and iteration == next_check:
            check_links(tables, work, junctions)
            next_check += settings.check_frequency
        iteration += 1
    _return_pipes(tables, work)
    return min(iteration, last), error, singular


@lean_kernel
def _force_open(tables: Tables, work: Work, n: int) -> bool:
    """Open the active valve at the singular node, as a last resort."""
    for k in tables.valves:
        if tables.links[k].start == n or tables.links[k].end == n:
            kind = tables.links[k].kind
            if work.status[k] == ACTIVE and (kind in (PRV, PSV, FCV)):
                work.status[k] = XFCV if kind == FCV else XPRESSURE
                return True
    return False


@lean_kernel
def _update_flows(
    tables: Tables, work: Work, settings: Settings, junctions: int, relax: float, emitters: int
) -> tuple[float, float]:
    """New flows of links, emitters and demands; their summed relative and largest change."""
    links = tables.links
    head, flows, inflow = work.head, work.flow, work.inflow
    shift, inverse, status = work.shift, work.inverse, work.status
    total, moved, largest = update_pipes(
        tables.pipes, work.pipe_flow, work.pipe_inverse, work.pipe_shift, head, relax
    )
    inflow[junctions:] = 0.0
    for k in tables.others:
        a = links[k].start
        b = links[k].end
        step = shift[k] - inverse[k] * (head[a] - head[b])
        step *= relax
        if links[k].kind == PUMP and tables.pumps[links[k].extra].kind == CONSTANT_POWER:
            step = flows[k] / 2.0 if step > flows[k] + ROUNDING else step
        flow = flows[k] - step
        flows[k] = flow
        total += abs(flow)
        moved += abs(step)
        largest = max(largest, abs(step))
        if status[k] > CLOSED:
            if a >= junctions:
                inflow[a] -= flow
            if b >= junctions:
                inflow[b] += flow
    for n in work.emitting[:emitters]:
        drop, gradient = emitter(
            work.emitted[n],
            work.emitter[n],
            settings.emitter_exponent,
            GRADIENT_FLOOR,
            settings.backflow,
        )
        step = (drop - (work.head[n] - tables.nodes[n].elevation)) / gradient * relax
        work.emitted[n] -= step
        total += abs(work.emitted[n])
        moved += abs(step)
        largest = max(largest, abs(step))
    if settings.pressure_driven:
        span = max(settings.required_pressure - settings.least_pressure, LEAST_SPAN)
        for n in range(junctions):
            full = work.demand[n]
            if full <= 0.0 or work.dead[n]:
                continue
            drop, gradient = pressure_demand(
                work.delivered[n], full, span, 1.0 / settings.demand_exponent
            )
            head = work.head[n] - tables.nodes[n].elevation - settings.least_pressure
            step = (drop - head) / gradient * relax
            if abs(step) > LARGEST_DEMAND_STEP * full:
                step = LARGEST_DEMAND_STEP * full * (1.0 if step > 0.0 else -1.0)
            work.delivered[n] -= step
            total += abs(work.delivered[n])
            moved += abs(step)
            largest = max(largest, abs(step))
    if len(tables.leaks) > 0:
        leak_total, leak_moved, leak_largest = update_leaks(tables, work, relax)
        total += leak_total
        moved += leak_moved
        largest = max(largest, leak_largest)
    if total > settings.accuracy:
        return moved / total, largest
    return moved, largest


@lean_kernel
def _converged(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    error: float,
    largest: float,
    odd: int,
) -> bool:
    links = tables.links
    nodes = tables.nodes
    head = work.head
    status = work.status
    inverse = work.inverse
    shift = work.shift
    dead = work.dead
    delivered = work.delivered
    demand = work.demand
    if not error <= settings.accuracy:
        return False
    if not leaks_settled(tables, work):
        return False
    if settings.flow_change > 0.0 and largest > settings.flow_change:
        return False
    if settings.head_error > 0.0:
        _coefficients(tables, work, settings, odd)
        pipes = tables.pipes
        for i in range(len(pipes.link)):
            p = work.pipe_inverse[i]
            if status[pipes.link[i]] > CLOSED and p != 0.0:
                drop = head[pipes.start[i]] - head[pipes.end[i]]
                if abs(drop - work.pipe_shift[i] / p) > settings.head_error:
                    return False
        for k in tables.others:
            if status[k] <= CLOSED or inverse[k] == 0.0:
                continue
            drop = head[links[k].start] - head[links[k].end]
            if abs(drop - shift[k] / inverse[k]) > settings.head_error:
                return False
    if settings.pressure_driven:
        span = settings.required_pressure - settings.least_pressure
        for n in range(junctions):
            full = demand[n]
            if full <= 0.0 or dead[n]:
                continue
            pressure = head[n] - nodes[n].elevation - settings.least_pressure
            if pressure <= 0.0:
                want = 0.0
            elif pressure >= span:
                want = full
            else:
                want = full * (pressure / span) ** settings.demand_exponent
            if abs(want - delivered[n]) > FLOW_TOLERANCE:
                return False
    return True
