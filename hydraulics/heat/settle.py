"""The loop that settles flows, pressures, temperatures and states together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import inner_kernel, kernel, lean_kernel
from hydraulics.graph.step import add_links, advance, begin, move_flows
from hydraulics.graph.structure import Structure
from hydraulics.heat.fluid import FluidTable
from hydraulics.heat.kinds import (
    GIVEN,
    LAW,
    LIFT,
    NEAR_NOTHING,
    PIPE,
    PLANT,
    STATION,
    THROTTLE,
)
from hydraulics.heat.laws import minor_loss, pipe_loss, pump_lift, throttle_loss
from hydraulics.heat.states import fill, hold, turn
from hydraulics.heat.stations import ask, set_outlets
from hydraulics.heat.tables import HeatSettings, LinkTable, NodeTable
from hydraulics.heat.temperatures import let_in, moving, properties, sweep
from hydraulics.heat.work import KEEPS_NONE, KEEPS_START, HeatBoundary, HeatWork
from hydraulics.quality.order import follow
from hydraulics.types import F64, I64

COUPLED, HYDRAULICS, HEAT = range(3)
"""Flows and temperatures together; flows at the temperatures that are; temperatures alone."""
TRIALS = 200
CALM_K = 1e-7
"""Temperatures that move less have settled."""


class Outcome(NamedTuple):
    """How a loop ended."""

    iterations: int
    converged: bool
    singular: int
    """A row without a pressure, -1."""
    moved: float
    """Summed change of flows over summed flow."""
    heated: float
    """Greatest change of a temperature in the last iteration, K."""


@kernel
def settle(
    s: Structure,
    links: LinkTable,
    nodes: NodeTable,
    f: FluidTable,
    settings: HeatSettings,
    stations: I64,
    plants: I64,
    holders: I64,
    b: HeatBoundary,
    w: HeatWork,
    mode: int,
    fresh: bool,
) -> Outcome:
    """Iterate from the present flows, states and temperatures. `fresh`: their order is unknown."""
    moved, heated, total = np.inf, 0.0, 0.0
    properties(s, w, f)
    search = True
    hold(s, holders, links, b, w, settings.gravity, search)
    for trial in range(TRIALS):
        if mode != HYDRAULICS:
            moving(links, w)
            follow(w.tables, w.course, w.segments, w.still, fresh)
            fresh = False
            set_outlets(s, links, b, w, f, False)
            let_in(s, plants, links, nodes, b, w, f, settings)
            heated = sweep(s, links, w, f, settings)
            if mode == HEAT:
                if heated < CALM_K:
                    return Outcome(trial + 1, True, -1, 0.0, heated)
                continue
            properties(s, w, f)
        ask(s, stations, links, b, w, f, settings.own_laws)
        hold(s, holders, links, b, w, settings.gravity, search)
        search = False
        _linearise(s, links, b, w, settings)
        begin(s, w.system)
        for i in range(len(w.held)):
            w.system.right[i] = -b.demand[i]
        add_links(s, w.held, w.rise, w.inverse, w.shift, w.flow, w.system)
        bad = advance(s, w.system)
        if bad >= 0:
            return Outcome(trial + 1, False, bad, moved, heated)
        share = 1.0 if trial < 40 else 0.6
        change, total = move_flows(s, w.system, w.inverse, w.shift, w.flow, share)
        change += fill(s, holders, links, b, w)
        pressed = 0.0
        for i in range(len(w.held)):
            pressed = max(pressed, abs(w.system.right[i]))
            w.potential[i] += w.system.right[i]
        moved = change / total if total > 0.0 else 0.0
        calm = moved <= settings.accuracy and heated < CALM_K * 10.0 and pressed < 1e-2
        if calm and trial > 0:
            if turn(s, links, b, w, settings) == 0:
                return Outcome(trial + 1, True, -1, moved, heated)
            search = True
        elif trial > 2 and trial % 4 == 3 and moved < 0.05:
            search = turn(s, links, b, w, settings) > 0
    return Outcome(TRIALS, False, -1, moved, heated)


@lean_kernel
def _linearise(
    s: Structure, links: LinkTable, b: HeatBoundary, w: HeatWork, settings: HeatSettings
) -> None:
    """Coefficients of all links at their flow: inverse = 1 / gradient, shift = miss / gradient.

    The step's unknowns are changes of pressures: `shift` is what the law misses at the present
    ones. So rounding of pressures (1e-10 of a megapascal) is no flow that comes from nowhere, which
    in wide pipes would be a milligram a second and carry heat into dead ends.
    """
    for k in range(len(w.flow)):
        w.inverse[k] = 0.0
        w.shift[k] = 0.0
        if not w.reached[s.start[k]] or not w.reached[s.end[k]]:
            w.flow[k] = 0.0
            continue
        state = w.state[k]
        if state == GIVEN:
            if links.kind[k] != STATION:
                w.flow[k] = b.given[k]
            continue
        if state != LAW:
            continue
        drop, gradient = law(links, w, k, settings)
        drop -= w.density[k] * settings.gravity * links.drop_height[k]
        drop -= w.potential[s.start[k]] - w.potential[s.end[k]]
        w.inverse[k] = 1.0 / gradient
        w.shift[k] = drop / gradient


@inner_kernel
def law(links: LinkTable, w: HeatWork, k: int, settings: HeatSettings) -> tuple[float, float]:
    """Drop (Pa) of link `k` at its flow, less what it lifts, and its gradient."""
    kind, q, density = links.kind[k], w.flow[k], w.density[k]
    if kind == PIPE:
        return pipe_loss(
            q,
            links.length[k],
            links.diameter[k],
            links.roughness[k],
            links.minor[k],
            density,
            w.viscosity[k],
            settings.friction,
        )
    if kind == THROTTLE or (kind == STATION and links.kv[k] > 0.0):
        return throttle_loss(q, links.kv[k], density)
    if kind == LIFT:
        lift, slope = pump_lift(
            q, links.lift, links.first[k], links.end[k], density, links.speed[k]
        )
        return NEAR_NOTHING * q - lift, NEAR_NOTHING + max(-slope, 0.0)
    if kind == PLANT:
        return NEAR_NOTHING * q - links.rise[k], NEAR_NOTHING
    if kind == STATION:
        return NEAR_NOTHING * q, NEAR_NOTHING
    return minor_loss(q, links.diameter[k], links.minor[k], density)


@lean_kernel
def judge(
    s: Structure,
    links: LinkTable,
    settings: HeatSettings,
    plants: I64,
    b: HeatBoundary,
    w: HeatWork,
    made_up: F64,
) -> tuple[float, float]:
    """What a state misses: the greatest imbalance of a node (kg/s), and of an open link's pressure
    drop and its law (Pa). Writes what each plant's pressure keeping feeds in, kg/s (plants,).

    A node whose pressure an inlet or a plant keeps is balanced by it.
    """
    return _mass_gap(s, plants, b, w, made_up), _law_gap(s, links, w, settings)


@inner_kernel
def _law_gap(s: Structure, links: LinkTable, w: HeatWork, settings: HeatSettings) -> float:
    worst = 0.0
    for k in range(len(w.flow)):
        a, e = s.start[k], s.end[k]
        if w.state[k] != LAW or not w.reached[a] or not w.reached[e]:
            continue
        drop, _ = law(links, w, k, settings)
        lift = w.density[k] * settings.gravity * links.drop_height[k]
        worst = max(worst, abs(w.potential[a] - w.potential[e] + lift - drop))
    return worst


@inner_kernel
def _mass_gap(s: Structure, plants: I64, b: HeatBoundary, w: HeatWork, made_up: F64) -> float:
    balance = w.system.right
    for row in range(len(w.held)):
        balance[row] = -b.demand[row]
    for k in range(len(w.flow)):
        balance[s.end[k]] += w.flow[k]
        balance[s.start[k]] -= w.flow[k]
    for i in range(len(plants)):
        k = plants[i]
        made_up[i] = 0.0
        if not b.is_open[k] or b.keeps[k] == KEEPS_NONE:
            continue
        keeper = s.start[k] if b.keeps[k] == KEEPS_START else s.end[k]
        if not b.held[keeper]:
            made_up[i] = -balance[keeper]
            balance[keeper] = 0.0
    worst = 0.0
    for row in range(len(w.held)):
        if w.reached[row] and not b.held[row]:
            worst = max(worst, abs(balance[row]))
    return worst
