"""The laws of all lanes: pipes and pressure-driven demands in vectors, the others one by one."""

from __future__ import annotations

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
    PIPE,
    PRV,
    PSV,
    PUMP,
    Settings,
    Tables,
    Work,
)
from hydraulics.types import U32

BARRIER = 1e9
SOFTNESS = 1e-6
FAR = 1e-4
"""cfs: (BARRIER * FAR)**2 + SOFTNESS is (BARRIER * FAR)**2 to the last bit."""
BLOCK = 64
"""Pipes whose powers are made at a time."""
CLOSED_INVERSE = 1.0 / CLOSED_GRADIENT


@inner_kernel
def pipe_laws(tables: Tables, plan: Plan, lanes: Lanes, settings: Settings) -> None:
    """`inverse` and `shift` of all pipes as if they were open; see `laws.friction.power_law`.

    The powers are made for a few pipes at a time in one straight loop over a small buffer.
    """
    if settings.law == DARCY_WEISBACH:
        _darcy_pipes(tables, plan, lanes)
        return
    flows, inverse, shift, buffer = lanes.flow, lanes.inverse, lanes.shift, lanes.buffer
    flat = buffer.reshape(buffer.size)
    less = settings.exponent - 1.0
    floor, share = same(GRADIENT_FLOOR), same(1.0 / settings.exponent)
    least, one, two = floor * share, same(1.0), same(2.0)
    links, resistance, minors = plan.link, plan.resistance, plan.minor
    for begin in range(0, len(links), BLOCK):
        count = min(BLOCK, len(links) - begin)
        for i in range(count):
            store(buffer, i, size(load(flows, links[begin + i])))
        for i in range(count * WIDTH):
            flat[i] = power(flat[i], less)
        for i in range(count):
            k = links[begin + i]
            flow = load(flows, k)
            steep = same(settings.exponent * resistance[begin + i]) * load(buffer, i)
            secant = if_less(steep, floor, least, steep * share)
            gradient = if_less(steep, floor, least, steep)
            loss = same(minors[begin + i]) * size(flow)
            p = one / (gradient + two * loss)
            store(inverse, k, p)
            store(shift, k, flow * ((secant + loss) * p))


@inner_kernel
def shut_pipes(tables: Tables, plan: Plan, lanes: Lanes, lane: int, hands: U32) -> None:
    """Pipes of a lane that are closed pass next to nothing, dead ones nothing."""
    for k in plan.fickle_pipes:
        if lanes.status[k, lane] <= CLOSED:
            lanes.inverse[k, lane] = CLOSED_INVERSE
            lanes.shift[k, lane] = lanes.flow[k, lane]
    for k in hands:
        if tables.links[k].kind <= PIPE and lanes.status[k, lane] <= CLOSED:
            lanes.inverse[k, lane] = CLOSED_INVERSE
            lanes.shift[k, lane] = lanes.flow[k, lane]
    for n in lanes.gone[lane, : lanes.gone_count[lane]]:
        for j in range(tables.near_first[n], tables.near_first[n + 1]):
            k = tables.near_link[j]
            lanes.inverse[k, lane] = 0.0
            lanes.shift[k, lane] = 0.0


@inner_kernel
def _darcy_pipes(tables: Tables, plan: Plan, lanes: Lanes) -> None:
    links = tables.links
    for k in plan.link:
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

    See `hydraulics.laws.outflow.pressure_demand`. Far from empty the lower barrier adds exactly
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
        over = one / safe
        part = size(flow) * over
        if not straight:
            store(buffer, 0, part)
            for lane in range(WIDTH):
                buffer[0, lane] = power(buffer[0, lane], less)
            part = load(buffer, 0)
        gradient = span * part * over
        drop = gradient * flow * share
        if not all_positive(flow - far):
            a = barrier * flow
            b = root(a * a + soft)
            drop = drop + (a - b) * half
            gradient = gradient + steep * (one - a / b)
        a = barrier * (flow - safe)
        b = root(a * a + soft)
        drop = drop + (a + b) * half
        gradient = gradient + steep * (one + a / b)
        p = one / gradient
        p = if_less(zero, full, p, zero)
        moved = if_less(zero, full, drop * p, zero)
        store(inverse, n, p)
        store(shift, n, moved)
        store(diagonal, n, p)
        store(right, n, moved + p * (same(tables.nodes[n].elevation) + least) - flow)
