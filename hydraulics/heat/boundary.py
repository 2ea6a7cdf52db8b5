"""The boundary of a heat network at an instant: loads, temperatures of plants, what is shut."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hydraulics.heat.tables import HeatArrays
from hydraulics.heat.work import KEEPS_END, KEEPS_NONE, KEEPS_START, HeatBoundary
from hydraulics.types import F64
from network_models.changes import BreakPipe, Change, CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.elements import (
    CirculationPump,
    FlowControl,
    HeatExchanger,
    HeatPipe,
    HeatSource,
    Link,
    PressureControl,
    Substation,
)
from network_models.network import Network


def boundary_at(
    a: HeatArrays,
    time_s: float = 0.0,
    *,
    outdoor_k: float | None = None,
    changes: Sequence[Change] = (),
) -> HeatBoundary:
    """What the network's records give at `time_s` of their patterns, with `changes` carried out.

    `outdoor_k` sets the plants that have a curve of supply temperature by outdoor temperature;
    without it they hold their own supply temperature. ValueError names ids that are not there.
    """
    check_heat_changes(a.net, changes)
    links = [list(a.net.links.values())[int(k)] for k in a.structure.link]
    count = len(links)
    wanted, given, plant_k = np.zeros(count), np.full(count, math.nan), np.full(count, math.nan)
    keeps, keeps_pa = np.zeros(count, dtype=np.uint8), np.zeros(count)
    is_open = np.ones(count, dtype=np.uint8)
    for k, link in enumerate(links):
        is_open[k] = getattr(link, "status", "open") != "closed"
        factor = pattern_factor(a.net, getattr(link, "pattern", None), time_s)
        if isinstance(link, Substation):
            wanted[k] = link.heat_w * factor
            if link.flow_kgs is not None and link.control.startswith("flow"):
                given[k] = link.flow_kgs * (1.0 if link.control == "flow" else factor)
        elif isinstance(link, HeatExchanger):
            wanted[k] = link.heat_w
        elif isinstance(link, HeatPipe):
            wanted[k] = link.extracted_w
        elif isinstance(link, FlowControl):
            given[k] = link.flow_kgs if link.status == "active" else math.nan
        else:
            _plant(a, k, link, outdoor_k, given, plant_k, keeps, keeps_pa)
    demand = a.demand * _node_factors(a, time_s)
    boundary = HeatBoundary(
        demand=demand,
        held=a.nodes.held.copy(),
        level=a.pressure + a.ambient_pa,
        is_open=is_open,
        wanted=wanted,
        given=given,
        plant_k=plant_k,
        keeps=keeps,
        keeps_pa=keeps_pa,
    )
    _change(a, boundary, changes)
    return boundary


def _plant(
    a: HeatArrays,
    k: int,
    link: Link,
    outdoor_k: float | None,
    given: F64,
    plant_k: F64,
    keeps: np.ndarray,
    keeps_pa: F64,
) -> None:
    """What a plant or holder keeps and gives."""
    start, end = int(a.structure.start[k]), int(a.structure.end[k])
    if isinstance(link, HeatSource):
        plant_k[k] = supply_k(a.net, link, outdoor_k)
        if link.flow_kgs is not None:
            given[k] = link.flow_kgs
        if link.keeps_pressure:
            keeps[k] = KEEPS_START
            keeps_pa[k] = link.return_pressure_pa + a.ambient_pa[start]
    elif isinstance(link, CirculationPump):
        if link.temperature_k is not None:
            plant_k[k] = link.temperature_k
        if link.flow_kgs is not None:
            given[k] = link.flow_kgs
        if link.pressure_pa is not None:
            keeps[k] = KEEPS_END
            keeps_pa[k] = link.pressure_pa + a.ambient_pa[end]
    elif isinstance(link, PressureControl):
        keeps[k] = KEEPS_END if link.status == "active" else KEEPS_NONE
        keeps_pa[k] = link.setting_pa + a.ambient_pa[end]


def supply_k(net: Network, plant: HeatSource, outdoor_k: float | None) -> float:
    """The supply temperature a plant is set to: of its curve at `outdoor_k`, or its own."""
    curve = net.curves.get(plant.temperature_curve or "")
    if curve is None or outdoor_k is None:
        return plant.supply_temperature_k
    x, y = zip(*curve.points, strict=True)
    return float(np.interp(outdoor_k, x, y))


def pattern_factor(net: Network, name: str | None, time_s: float) -> float:
    """A pattern's multiplier at a time; 1 without a pattern."""
    pattern = net.patterns.get(name or "")
    if pattern is None:
        return 1.0
    period = math.floor((time_s + net.times.pattern_start_s) / net.times.pattern_step_s + 1e-9)
    return pattern.multipliers[period % len(pattern.multipliers)]


def _node_factors(a: HeatArrays, time_s: float) -> F64:
    nodes = list(a.net.nodes.values())
    return np.array(
        [
            pattern_factor(a.net, getattr(nodes[int(i)], "pattern", None), time_s)
            for i in a.structure.node
        ]
    )


def check_heat_changes(net: Network, changes: Sequence[Change]) -> None:
    """ValueError naming ids the network does not have, or what no heat network can do."""
    bad: list[str] = []
    for change in changes:
        match change:
            case CloseLink(id=id_) | SetStatus(id=id_) | BreakPipe(id=id_):
                if id_ not in net.links:
                    bad.append(f"link {id_}")
            case LoseSource(id=id_):
                if id_ not in net.links and id_ not in net.nodes:
                    bad.append(f"plant or node {id_}")
            case ScaleDemand(nodes=chosen):
                bad += [f"station or node {i}" for i in chosen or () if not _takes(net, i)]
    if bad:
        raise ValueError("the network does not have " + ", ".join(bad))


def _takes(net: Network, name: str) -> bool:
    return name in net.nodes or isinstance(net.links.get(name), Substation)


def _change(a: HeatArrays, b: HeatBoundary, changes: Sequence[Change]) -> None:
    """Carry out changes. A broken pipe is shut off at both ends; a lost plant is shut, a lost
    inlet holds no pressure; demand is that of stations and of nodes."""
    link_slot = {name: int(k) for name, k in zip(a.net.links, a.structure.slot_of, strict=True)}
    node_row = {name: int(i) for name, i in zip(a.net.nodes, a.structure.row_of, strict=True)}
    for change in changes:
        match change:
            case CloseLink(id=id_) | BreakPipe(id=id_):
                b.is_open[link_slot[id_]] = 0
            case SetStatus(id=id_, value="open" | "closed" as word):
                b.is_open[link_slot[id_]] = word == "open"
            case SetStatus(id=id_, value=value):
                _set(a, b, link_slot[id_], a.net.links[id_], float(value))
            case LoseSource(id=id_):
                if id_ in link_slot:
                    b.is_open[link_slot[id_]] = 0
                else:
                    row = node_row[id_]
                    touching = (a.structure.start == row) | (a.structure.end == row)
                    b.is_open[touching] = 0
            case ScaleDemand(factor=factor, nodes=None):
                b.demand[:] *= factor
                b.wanted[a.stations] *= factor
            case ScaleDemand(factor=factor, nodes=chosen):
                for name in chosen or ():
                    if name in link_slot:
                        b.wanted[link_slot[name]] *= factor
                    else:
                        b.demand[node_row[name]] *= factor


def _set(a: HeatArrays, b: HeatBoundary, k: int, link: Link, value: float) -> None:
    """A new setting: a plant's supply temperature (K), a control's flow, a holder's pressure, a
    station's heat (W)."""
    if isinstance(link, HeatSource | CirculationPump):
        b.plant_k[k] = value
    elif isinstance(link, FlowControl):
        b.given[k] = value
    elif isinstance(link, PressureControl):
        b.keeps_pa[k] = value + a.ambient_pa[int(a.structure.end[k])]
    elif isinstance(link, Substation | HeatExchanger):
        b.wanted[k] = value
    else:
        raise ValueError(f"link {link.id}: a {type(link).__name__} has no setting")
