"""The laws of all lanes: pipes and pressure-driven demands in vectors, the others one by one."""

from __future__ import annotations

import numpy as np

from hydraulics.batch.lanes import Lanes
from hydraulics.batch.plan import Plan
from hydraulics.batch.vector import WIDTH, all_positive, if_less, load, root, same, size, store
from hydraulics.coefficients import pump_law, valve_law
from hydraulics.compiled import inner_kernel
from hydraulics.laws.friction import darcy_weisbach
from hydraulics.laws.power import power
from hydraulics.tables import (
    CLOSED,
    CLOSED_GRADIENT,
    DARCY_WEISBACH,
    FCV,
    GRADIENT_FLOOR,
    MISSING,
    OPEN,
    PRV,
    PSV,
    PUMP,
    Settings,
    Tables,
    Work,
)

BARRIER = 1e9
SOFTNESS = 1e-6
FAR = 1e-4
"""cfs: (BARRIER * FAR)**2 + SOFTNESS is (BARRIER * FAR)**2 to the last bit."""
BLOCK = 64
"""Pipes whose powers are made at a time."""
CLOSED_INVERSE = 1.0 / CLOSED_GRADIENT
NONE, ALL_OPEN = np.uint64(0), np.uint64(0x0101010101010101 * OPEN)
"""The eight states of a link in one word: no lane has it dead, all have it open."""


@inner_kernel
def add_pipes(tables: Tables, plan: Plan, lanes: Lanes, settings: Settings, junctions: int) -> None:
    """`inverse` and `shift` of all pipes, and their terms in the linear systems.

    A few pipes at a time: what the laws wrote is still at hand when it is added.
    """
    for begin in range(0, len(plan.link), BLOCK):
        end = min(begin + BLOCK, len(plan.link))
        if settings.law == DARCY_WEISBACH:
            _darcy_pipes(tables, plan, lanes, begin, end)
        else:
            _power_pipes(plan, lanes, settings, begin, end)
        _add(plan, lanes, junctions, begin, end)


@inner_kernel
def _power_pipes(plan: Plan, lanes: Lanes, settings: Settings, begin: int, end: int) -> None:
    """As if all were open; see `laws.friction.power_law`. The powers are made in one straight loop
    over a small buffer."""
    flows, inverse, shift, buffer = lanes.flow, lanes.inverse, lanes.shift, lanes.buffer
    flat = buffer.reshape(buffer.size)
    less = settings.exponent - 1.0
    floor, share = same(GRADIENT_FLOOR), same(1.0 / settings.exponent)
    least, one, two = floor * share, same(1.0), same(2.0)
    links, resistance, minors = plan.link, plan.resistance, plan.minor
    for i in range(begin, end):
        store(buffer, i - begin, size(load(flows, links[i])))
    for i in range((end - begin) * WIDTH):
        flat[i] = power(flat[i], less)
    for i in range(begin, end):
        k = links[i]
        flow = load(flows, k)
        steep = same(settings.exponent * resistance[i]) * load(buffer, i - begin)
        secant = if_less(steep, floor, least, steep * share)
        gradient = if_less(steep, floor, least, steep)
        loss = same(minors[i]) * size(flow)
        p = one / (gradient + two * loss)
        store(inverse, k, p)
        store(shift, k, flow * ((secant + loss) * p))


@inner_kernel
def _darcy_pipes(tables: Tables, plan: Plan, lanes: Lanes, begin: int, end: int) -> None:
    links = tables.links
    for k in plan.link[begin:end]:
        for lane in range(WIDTH):
            flow = lanes.flow[k, lane]
            drop, gradient = darcy_weisbach(
                flow,
                links[k].resistance,
                links[k].roughness,
                links[k].scale,
                links[k].minor,
            )
            lanes.inverse[k, lane] = 1.0 / gradient
            lanes.shift[k, lane] = drop / gradient


@inner_kernel
def _add(plan: Plan, lanes: Lanes, junctions: int, begin: int, end: int) -> None:
    head, flow, inverse, shift = lanes.head, lanes.flow, lanes.inverse, lanes.shift
    diagonal, lower, right = lanes.diagonal, lanes.lower, lanes.right
    statuses, dead = lanes.status.view(np.uint64), lanes.dead_link.view(np.uint64)
    for i in range(begin, end):
        k = plan.link[i]
        if statuses[k, 0] != ALL_OPEN or dead[k, 0] != NONE:
            _shut(lanes, k)
        a = plan.start[i]
        b = plan.end[i]
        p = load(inverse, k)
        push = load(shift, k) - load(flow, k)
        if a < junctions:
            store(diagonal, a, load(diagonal, a) + p)
            store(right, a, load(right, a) + push)
        else:
            store(right, b, load(right, b) + p * load(head, a))
        if b < junctions:
            store(diagonal, b, load(diagonal, b) + p)
            store(right, b, load(right, b) - push)
        else:
            store(right, a, load(right, a) + p * load(head, b))
        place = plan.place[i]
        store(lower, place, load(lower, place) - p)


@inner_kernel
def _shut(lanes: Lanes, k: int) -> None:
    """Where the pipe is closed it passes next to nothing, where it is dead nothing."""
    for lane in range(WIDTH):
        if lanes.dead_link[k, lane]:
            lanes.inverse[k, lane] = 0.0
            lanes.shift[k, lane] = 0.0
        elif lanes.status[k, lane] <= CLOSED:
            lanes.inverse[k, lane] = CLOSED_INVERSE
            lanes.shift[k, lane] = lanes.flow[k, lane]


@inner_kernel
def device_laws(tables: Tables, plan: Plan, work: Work) -> None:
    """`inverse` and `shift` of one lane's pumps and valves, as `link_coefficients` sets them."""
    links = tables.links
    for k in plan.devices:
        kind = links[k].kind
        work.inverse[k] = 0.0
        work.shift[k] = 0.0
        if work.dead_link[k]:
            continue
        if kind == PUMP:
            drop, gradient = pump_law(
                tables.pumps,
                links[k].extra,
                work.status[k],
                work.setting[k],
                work.flow[k],
                tables.curve_first,
                tables.curve_x,
                tables.curve_y,
            )
        elif kind in (PRV, PSV, FCV) and work.setting[k] != MISSING:
            continue
        else:
            drop, gradient = valve_law(tables, work, k)
        work.inverse[k] = 1.0 / gradient
        work.shift[k] = drop / gradient


@inner_kernel
def demand_laws(tables: Tables, lanes: Lanes, settings: Settings, junctions: int) -> None:
    """`need_inverse` and `need_shift` of pressure-driven demands, 0 where nothing is drawn, and
    their terms as the first ones in `diagonal` and `right`.

    See `hydraulics.laws.outflow.pressure_demand`. Inverse and shift come from one division:
    with G the gradient of Wagner's law and S(1 + a/b) of the barrier at the full demand,
    1 / (G + S(1 + a/b)) = b / (G b + S(a + b)). Far from empty the lower barrier adds exactly
    nothing; where that is so in all lanes it is left out.
    """
    exponent = 1.0 / settings.demand_exponent
    less = exponent - 1.0
    straight = less == 1.0
    span = same(exponent * (settings.required_pressure - settings.least_pressure))
    share, barrier, soft = same(1.0 / exponent), same(BARRIER), same(SOFTNESS)
    zero, half, one = same(0.0), same(0.5), same(1.0)
    steep, far = same(BARRIER / 2.0), same(FAR)
    least = same(settings.least_pressure)
    demand, delivered = lanes.demand, lanes.delivered
    diagonal, right = lanes.diagonal, lanes.right
    inverse, shift, buffer = lanes.need_inverse, lanes.need_shift, lanes.buffer
    for n in range(junctions):
        full = load(demand, n)
        flow = load(delivered, n)
        safe = if_less(zero, full, full, one)
        below, slope = zero, zero
        if not all_positive(flow - far):
            a = barrier * flow
            b = root(a * a + soft)
            below = (a - b) * half
            slope = steep * (one - a / b)
        if straight:
            pull = span * size(flow)
            square = safe * safe
        else:
            over = one / safe
            store(buffer, 0, size(flow) * over)
            for lane in range(WIDTH):
                buffer[0, lane] = power(buffer[0, lane], less)
            pull = span * load(buffer, 0) * over
            square = one
        a = barrier * (flow - safe)
        b = root(a * a + soft)
        above = a + b
        pull = pull * b
        shared = one / (pull + (steep * above + slope * b) * square)
        p = if_less(zero, full, b * square * shared, zero)
        moved = pull * shared * flow * share + p * (above * half + below)
        moved = if_less(zero, full, moved, zero)
        store(inverse, n, p)
        store(shift, n, moved)
        store(diagonal, n, p)
        store(right, n, moved + p * (same(tables.nodes[n].elevation) + least) - flow)
