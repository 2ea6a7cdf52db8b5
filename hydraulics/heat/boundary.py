"""The boundary of a heat network at an instant: loads, temperatures of plants, what is shut."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hydraulics.heat.tables import HeatArrays
from hydraulics.heat.work import KEEPS_END, KEEPS_NONE, KEEPS_START, HeatBoundary
from hydraulics.types import I64
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


class Boundaries:
    """What a network's records give at any time, read once."""

    def __init__(self, a: HeatArrays) -> None:
        self._arrays = a
        links = [list(a.net.links.values())[int(k)] for k in a.structure.link]
        nodes = [list(a.net.nodes.values())[int(i)] for i in a.structure.node]
        count = len(links)
        self._base = HeatBoundary(
            demand=a.demand,
            held=a.nodes.held,
            level=a.pressure + a.ambient_pa,
            is_open=np.array(
                [getattr(k, "status", "open") != "closed" for k in links], dtype=np.uint8
            ),
            wanted=np.zeros(count),
            given=np.full(count, math.nan),
            plant_k=np.full(count, math.nan),
            keeps=np.zeros(count, dtype=np.uint8),
            keeps_pa=np.zeros(count),
        )
        self._curved = [
            (k, link)
            for k, link in enumerate(links)
            if isinstance(link, HeatSource) and link.temperature_curve is not None
        ]
        for k, link in enumerate(links):
            _read(a, self._base, k, link)
        self._link_patterns = _patterned(links, a.net)
        self._node_patterns = _patterned(nodes, a.net)
        self._scaled = np.array(
            [getattr(k, "control", "") in ("flow_and_drop", "flow_and_return") for k in links]
        )

    def at(
        self,
        time_s: float = 0.0,
        *,
        outdoor_k: float | None = None,
        changes: Sequence[Change] = (),
    ) -> HeatBoundary:
        """The boundary at `time_s` of the patterns, with `changes` carried out.

        `outdoor_k` sets the plants that have a curve of supply temperature by outdoor temperature;
        without it they hold their own supply temperature. ValueError names ids that are not there.
        """
        a, base = self._arrays, self._base
        boundary = HeatBoundary._make(values.copy() for values in base)
        for name, places in self._link_patterns:
            factor = pattern_factor(a.net, name, time_s)
            boundary.wanted[places] *= factor
            flows = places[self._scaled[places]]
            boundary.given[flows] *= factor
        for name, places in self._node_patterns:
            boundary.demand[places] *= pattern_factor(a.net, name, time_s)
        for k, plant in self._curved:
            boundary.plant_k[k] = supply_k(a.net, plant, outdoor_k)
        if changes:
            check_heat_changes(a.net, changes)
            _change(a, boundary, changes)
        return boundary


def _patterned(elements: Sequence[object], net: Network) -> list[tuple[str, I64]]:
    """The places of each pattern's elements."""
    places: dict[str, list[int]] = {}
    for k, element in enumerate(elements):
        name = getattr(element, "pattern", None)
        if name in net.patterns:
            places.setdefault(name, []).append(k)
    return [(name, np.array(found, dtype=np.int64)) for name, found in places.items()]


def _read(a: HeatArrays, b: HeatBoundary, k: int, link: Link) -> None:
    """What link `k` is given at the base of its pattern."""
    if isinstance(link, Substation):
        b.wanted[k] = link.heat_w
        if link.flow_kgs is not None and link.control.startswith("flow"):
            b.given[k] = link.flow_kgs
    elif isinstance(link, HeatExchanger):
        b.wanted[k] = link.heat_w
    elif isinstance(link, HeatPipe):
        b.wanted[k] = link.extracted_w
    elif isinstance(link, FlowControl):
        b.given[k] = link.flow_kgs if link.status == "active" else math.nan
    else:
        _plant(a, k, link, b)


def _plant(a: HeatArrays, k: int, link: Link, b: HeatBoundary) -> None:
    """What a plant or holder keeps and gives."""
    start, end = int(a.structure.start[k]), int(a.structure.end[k])
    if isinstance(link, HeatSource):
        b.plant_k[k] = link.supply_temperature_k
        if link.flow_kgs is not None:
            b.given[k] = link.flow_kgs
        if link.keeps_pressure:
            b.keeps[k] = KEEPS_START
            b.keeps_pa[k] = link.return_pressure_pa + a.ambient_pa[start]
    elif isinstance(link, CirculationPump):
        if link.temperature_k is not None:
            b.plant_k[k] = link.temperature_k
        if link.flow_kgs is not None:
            b.given[k] = link.flow_kgs
        if link.pressure_pa is not None:
            b.keeps[k] = KEEPS_END
            b.keeps_pa[k] = link.pressure_pa + a.ambient_pa[end]
    elif isinstance(link, PressureControl):
        b.keeps[k] = KEEPS_END if link.status == "active" else KEEPS_NONE
        b.keeps_pa[k] = link.setting_pa + a.ambient_pa[end]


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
