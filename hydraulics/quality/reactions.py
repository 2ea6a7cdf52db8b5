"""What becomes of a substance on its way: growth or decay in the bulk and at the wall.

L. Rossman, R. Clark, W. Grayman, Modeling chlorine residuals in drinking-water distribution
systems, J. Environ. Eng. ASCE 120 (1994); coefficients as in the EPANET 2.2 User Manual, 12.4.
First-order decay is exact within a step, other orders go by explicit steps.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.quality.segments import NONE, Segments
from hydraulics.quality.tables import TANK, QualityTables
from hydraulics.types import F64
from network_models.elements import Pipe, Tank
from network_models.network import Network

DAY = 86400.0
DIFFUSIVITY_M2S = 1.3e-8 * 0.3048**2
"""Of chlorine in water at 20 C."""
VISCOSITY_M2S = 1.1e-5 * 0.3048**2


class Reactions(NamedTuple):
    """Rates a second. Bulk (L,), tanks (T,): 1/s (mg/L)**(1 - order). Wall (L,): m/s, or
    mg/m2/s over 1000 for order 0."""

    bulk: F64
    wall: F64
    tank: F64
    bulk_order: float
    tank_order: float
    wall_order: float
    limit: float
    diameter: F64
    length: F64
    viscosity: float
    diffusivity: float
    wall_rate: F64
    """(L,) scratch: 1/s of first order, or the mass transfer limit of order 0."""


def reactions_of(net: Network) -> Reactions:
    """The reactions a network's file asks for, in SI."""
    r, options = net.reactions, net.options
    us = options.flow_unit in ("CFS", "GPM", "MGD", "IMGD", "AFD")
    foot = 0.3048 if us else 1.0
    # An order 0 wall coefficient is a mass an area: mg/ft2/day is 1 / 0.3048**2 mg/m2/day.
    wall_unit = foot if r.wall_order > 0.0 else foot**-2 / 1000.0
    links = list(net.links.values())
    bulk, wall = np.zeros(len(links)), np.zeros(len(links))
    diameter, length = np.ones(len(links)), np.ones(len(links))
    for k, pipe in enumerate(links):
        if not isinstance(pipe, Pipe):
            continue
        diameter[k], length[k] = pipe.diameter_m, pipe.length_m
        bulk[k] = r.global_bulk if pipe.bulk_coefficient is None else pipe.bulk_coefficient
        wall[k] = _wall(net, pipe) if pipe.wall_coefficient is None else pipe.wall_coefficient
    tanks = [n for n in net.nodes.values() if isinstance(n, Tank)]
    return Reactions(
        bulk=bulk / DAY,
        wall=wall * wall_unit / DAY,
        tank=np.array(
            [r.global_bulk if n.bulk_coefficient is None else n.bulk_coefficient for n in tanks]
        )
        / DAY,
        bulk_order=r.bulk_order,
        tank_order=r.tank_order,
        wall_order=r.wall_order,
        limit=r.limiting_potential,
        diameter=diameter,
        length=length,
        viscosity=VISCOSITY_M2S * options.viscosity_relative,
        diffusivity=DIFFUSIVITY_M2S * options.diffusivity_relative,
        wall_rate=np.zeros(len(links)),
    )


def _wall(net: Network, pipe: Pipe) -> float:
    """The global wall coefficient, or the one that follows from the pipe's roughness."""
    factor = net.reactions.roughness_correlation
    if factor == 0.0:
        return net.reactions.global_wall
    if net.options.headloss == "H-W":
        return factor / pipe.roughness
    if net.options.headloss == "D-W":
        return factor / abs(math.log(pipe.roughness / pipe.diameter_m))
    return factor * pipe.roughness


@lean_kernel
def set_wall_rates(r: Reactions, flow: F64) -> None:
    """Rates at the wall by the mass transfer that the present flows (L,) allow."""
    for k in range(len(flow)):
        r.wall_rate[k] = 0.0
        if r.wall[k] == 0.0:
            continue
        d = r.diameter[k]
        if r.diffusivity <= 0.0:
            r.wall_rate[k] = r.wall[k] * 4.0 / d if r.wall_order > 0.0 else math.inf
            continue
        velocity = abs(flow[k]) / (math.pi * d * d / 4.0)
        reynolds = velocity * d / r.viscosity
        schmidt = r.viscosity / r.diffusivity
        if reynolds < 1.0:
            sherwood = 2.0
        elif reynolds >= 2300.0:
            sherwood = 0.0149 * reynolds**0.88 * schmidt**0.333
        else:
            y = d / r.length[k] * reynolds * schmidt
            sherwood = 3.65 + 0.0668 * y / (1.0 + 0.04 * y**0.667)
        transfer = sherwood * r.diffusivity / d
        if r.wall_order > 0.0:
            r.wall_rate[k] = 4.0 / d * r.wall[k] * transfer / (transfer + abs(r.wall[k]))
        else:
            r.wall_rate[k] = 4.0 / d * transfer


@lean_kernel
def react(t: QualityTables, s: Segments, r: Reactions, seconds: float) -> float:
    """Let every segment react for a step; the mass that came into being (m3 mg/L)."""
    links = len(t.volume)
    made = 0.0
    for k in range(links):
        if r.bulk[k] == 0.0 and r.wall[k] == 0.0:
            continue
        zero = r.wall_order == 0.0
        wall = 0.0 if zero else r.wall_rate[k]
        plain = r.bulk_order == 1.0 and r.limit == 0.0 and (not zero or r.wall[k] == 0.0)
        factor = math.exp((r.bulk[k] + wall) * seconds)
        i = s.first[k]
        while i != NONE:
            value = s.value[i]
            if plain:
                new = value * factor
            else:
                rate = bulk_rate(value, r.bulk[k], r.bulk_order, r.limit) + wall * value
                if zero and r.wall[k] != 0.0:
                    rate += _limited(r.wall[k] * 4.0 / r.diameter[k], r.wall_rate[k] * value)
                new = max(0.0, value + rate * seconds)
            made += s.volume[i] * (new - value)
            s.value[i] = new
            i = s.behind[i]
    for n in range(len(t.tank)):
        if t.kind[n] != TANK or r.tank[t.tank[n]] == 0.0:
            continue
        k = t.tank[n]
        i = s.first[links + k]
        while i != NONE:
            value = s.value[i]
            if r.tank_order == 1.0 and r.limit == 0.0:
                new = value * math.exp(r.tank[k] * seconds)
            else:
                rate = bulk_rate(value, r.tank[k], r.tank_order, r.limit)
                new = max(0.0, value + rate * seconds)
            made += s.volume[i] * (new - value)
            s.value[i] = new
            i = s.behind[i]
    return made


@lean_kernel
def _limited(rate: float, transfer: float) -> float:
    """An order 0 wall rate, at most what diffusion brings to the wall."""
    size = min(abs(rate), abs(transfer))
    return size if rate > 0.0 else -size


@lean_kernel
def bulk_rate(value: float, coefficient: float, order: float, limit: float) -> float:
    """Rate of change in mg/L a second; a negative order is Michaelis and Menten's law."""
    if order == 0.0:
        return coefficient
    if order < 0.0:
        room = limit + value if coefficient > 0.0 else limit - value
        if abs(room) < 1e-6:
            room = math.copysign(1e-6, room)
        return coefficient * max(0.0, value / room)
    if limit == 0.0:
        base = value
    else:
        base = max(0.0, limit - value if coefficient > 0.0 else value - limit)
    if order == 1.0:
        return coefficient * base
    if limit == 0.0:
        return float(coefficient * value**order)
    return float(coefficient * base * value ** (order - 1.0))
