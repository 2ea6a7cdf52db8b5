"""One iteration of all lanes: laws, linear system, heads, new flows (`hydraulics.newton`)."""

from __future__ import annotations

from hydraulics.batch.lane_laws import add_pipes, demand_laws, device_laws
from hydraulics.batch.lane_linear import factorise_lanes, substitute_lanes
from hydraulics.batch.lanes import Lanes, lane_work
from hydraulics.batch.plan import Plan
from hydraulics.batch.vector import WIDTH, larger, load, same, size, store
from hydraulics.coefficients import valve_law
from hydraulics.compiled import inner_kernel
from hydraulics.laws.outflow import emitter
from hydraulics.newton import ROUNDING
from hydraulics.tables import (
    ACTIVE,
    CLOSED,
    CONSTANT_POWER,
    FCV,
    GRADIENT_FLOOR,
    MISSING,
    PRV,
    PSV,
    PUMP,
    Settings,
    Tables,
    Work,
)

HOLD = 1e8
LARGEST_DEMAND_STEP = 0.4
DAMPING, SUM, MOVED, LARGEST = range(4)


@inner_kernel
def iterate(tables: Tables, plan: Plan, lanes: Lanes, settings: Settings, junctions: int) -> None:
    """One iteration; `lanes.change` and `lanes.singular` tell how it went in each lane."""
    if settings.pressure_driven:
        demand_laws(tables, lanes, settings, junctions)
    else:
        _begin_rows(lanes, junctions)
    add_pipes(tables, plan, lanes, settings, junctions)
    for lane in range(WIDTH):
        if lanes.slot[lane] >= 0:
            _assemble_lane(tables, plan, lanes, lane, settings, junctions)
    factorise_lanes(
        tables.first,
        tables.target,
        tables.row,
        lanes.diagonal,
        lanes.lower,
        lanes.right,
        lanes.singular,
    )
    substitute_lanes(tables.first, tables.row, lanes.lower, lanes.right, lanes.head)
    _update(tables, plan, lanes, settings, junctions)
    for lane in range(WIDTH):
        if lanes.slot[lane] >= 0:
            _update_lane(tables, plan, lanes, lane, settings, junctions)


@inner_kernel
def _begin_rows(lanes: Lanes, junctions: int) -> None:
    """The systems before any link: what is drawn, whatever the heads."""
    zero = same(0.0)
    for n in range(junctions):
        store(lanes.diagonal, n, zero)
        store(lanes.right, n, zero - load(lanes.delivered, n))


@inner_kernel
def _assemble_lane(
    tables: Tables, plan: Plan, lanes: Lanes, lane: int, settings: Settings, junctions: int
) -> None:
    """Pumps, valves, emitters and dead nodes of a lane."""
    if len(plan.devices) > 0:
        device_laws(tables, plan, lane_work(lanes, lane))
    diagonal, lower, right = lanes.diagonal, lanes.lower, lanes.right
    head, links = lanes.head, tables.links
    for k in plan.devices:
        p = lanes.inverse[k, lane]
        if p == 0.0:
            continue
        a = links[k].start
        b = links[k].end
        push = lanes.shift[k, lane] - lanes.flow[k, lane]
        lower[links[k].place, lane] -= p
        if a < junctions:
            diagonal[a, lane] += p
            right[a, lane] += push
        else:
            right[b, lane] += p * head[a, lane]
        if b < junctions:
            diagonal[b, lane] += p
            right[b, lane] -= push
        else:
            right[a, lane] += p * head[b, lane]
    for n in lanes.leaks[lane, : lanes.leak_count[lane]]:
        if lanes.dead[lane, n]:
            continue
        drop, gradient = emitter(
            lanes.emitted[lane, n],
            lanes.emitter[lane, n],
            settings.emitter_exponent,
            GRADIENT_FLOOR,
            lanes.backflow[lane] != 0,
        )
        diagonal[n, lane] += 1.0 / gradient
        right[n, lane] += (drop + tables.nodes[n].elevation) / gradient - lanes.emitted[lane, n]
    if len(tables.valves) > 0:
        _valves(tables, lane_work(lanes, lane))
    for n in lanes.gone[lane, : lanes.gone_count[lane]]:
        diagonal[n, lane] = 1.0
        right[n, lane] = 0.0
        lanes.need_inverse[n, lane] = 0.0
        lanes.need_shift[n, lane] = 0.0


@inner_kernel
def _excess(tables: Tables, work: Work, n: int) -> float:
    """Flow into node `n` less what is drawn there; links that hold a setting do not count."""
    total = -work.delivered[n] - work.emitted[n]
    for i in range(tables.near_first[n], tables.near_first[n + 1]):
        k = tables.near_link[i]
        if work.inverse[k] != 0.0:
            total += work.flow[k] if tables.links[k].end == n else -work.flow[k]
    return float(total)


@inner_kernel
def _valves(tables: Tables, work: Work) -> None:
    """Pressure and flow valves of a lane that obey a setting, in the file's order; see
    `hydraulics.assembly`."""
    links = tables.links
    for k in tables.valves:
        if links[k].kind in (PRV, PSV, FCV):
            work.excess[links[k].start] = _excess(tables, work, links[k].start)
            work.excess[links[k].end] = _excess(tables, work, links[k].end)
    for k in tables.valves:
        kind = links[k].kind
        setting = work.setting[k]
        if setting == MISSING or work.dead_link[k] or (kind not in (PRV, PSV, FCV)):
            continue
        a = links[k].start
        b = links[k].end
        if work.status[k] == ACTIVE:
            if kind == PRV:
                work.shift[k] = work.flow[k] + work.excess[b]
                work.right[b] += (tables.nodes[b].elevation + setting) * HOLD
                work.diagonal[b] += HOLD
                if work.excess[b] < 0.0:
                    work.right[a] += work.excess[b]
                continue
            if kind == PSV:
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


@inner_kernel
def _update(tables: Tables, plan: Plan, lanes: Lanes, settings: Settings, junctions: int) -> None:
    """New flows of pipes and pressure-driven demands."""
    head, flow, inverse, shift = lanes.head, lanes.flow, lanes.inverse, lanes.shift
    total, moved, largest = same(0.0), same(0.0), same(0.0)
    relax = load(lanes.change, DAMPING)
    for i in range(len(plan.link)):
        k = plan.link[i]
        drop = load(head, plan.start[i]) - load(head, plan.end[i])
        step = (load(shift, k) - load(inverse, k) * drop) * relax
        q = load(flow, k) - step
        store(flow, k, q)
        total = total + size(q)
        moved = moved + size(step)
        largest = larger(largest, size(step))
    if settings.pressure_driven:
        most = same(LARGEST_DEMAND_STEP)
        zero = same(0.0)
        least = same(settings.least_pressure)
        delivered = lanes.delivered
        for n in range(junctions):
            goal = same(tables.nodes[n].elevation) + least
            p = load(lanes.need_inverse, n)
            step = (load(lanes.need_shift, n) - p * (load(head, n) - goal)) * relax
            limit = most * size(load(lanes.demand, n))
            step = zero - larger(zero - larger(step, zero - limit), zero - limit)
            q = load(delivered, n) - step
            store(delivered, n, q)
            total = total + size(q)
            moved = moved + size(step)
            largest = larger(largest, size(step))
    store(lanes.change, SUM, total)
    store(lanes.change, MOVED, moved)
    store(lanes.change, LARGEST, largest)


@inner_kernel
def _update_lane(
    tables: Tables, plan: Plan, lanes: Lanes, lane: int, settings: Settings, junctions: int
) -> None:
    """New flows of a lane's pumps, valves and emitters; flows into its sources."""
    head, flows, links = lanes.head, lanes.flow, tables.links
    relax = lanes.change[DAMPING, lane]
    total, moved = lanes.change[SUM, lane], lanes.change[MOVED, lane]
    largest = lanes.change[LARGEST, lane]
    for k in plan.devices:
        drop = head[links[k].start, lane] - head[links[k].end, lane]
        step = (lanes.shift[k, lane] - lanes.inverse[k, lane] * drop) * relax
        if links[k].kind == PUMP and tables.pumps[links[k].extra].kind == CONSTANT_POWER:
            step = flows[k, lane] / 2.0 if step > flows[k, lane] + ROUNDING else step
        flows[k, lane] -= step
        total += abs(flows[k, lane])
        moved += abs(step)
        largest = max(largest, abs(step))
    for n in lanes.leaks[lane, : lanes.leak_count[lane]]:
        if lanes.dead[lane, n]:
            continue
        drop, gradient = emitter(
            lanes.emitted[lane, n],
            lanes.emitter[lane, n],
            settings.emitter_exponent,
            GRADIENT_FLOOR,
            lanes.backflow[lane] != 0,
        )
        step = (drop - (head[n, lane] - tables.nodes[n].elevation)) / gradient * relax
        lanes.emitted[lane, n] -= step
        total += abs(lanes.emitted[lane, n])
        moved += abs(step)
        largest = max(largest, abs(step))
    inflow = lanes.inflow[lane]
    inflow[junctions:] = 0.0
    for k in plan.beside:
        if lanes.status[k, lane] > CLOSED:
            a = links[k].start
            b = links[k].end
            if a >= junctions:
                inflow[a] -= flows[k, lane]
            if b >= junctions:
                inflow[b] += flows[k, lane]
    lanes.change[SUM, lane], lanes.change[MOVED, lane] = total, moved
    lanes.change[LARGEST, lane] = largest
