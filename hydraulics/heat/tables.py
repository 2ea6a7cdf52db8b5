"""A heat network compiled once: what its kernels read, in rows and slots of the common graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.graph.structure import Structure, compile_structure
from hydraulics.heat import kinds
from hydraulics.heat.fluid import FluidTable, fluid_of
from hydraulics.types import F64, I64, U8
from network_models.elements import (
    BoosterPump,
    Bypass,
    CirculationPump,
    FlowControl,
    HeatExchanger,
    HeatInlet,
    HeatJunction,
    HeatPipe,
    HeatSource,
    HeatValve,
    Link,
    PressureControl,
    Substation,
)
from network_models.network import Network

_FRICTION = {
    "nikuradse": kinds.NIKURADSE,
    "colebrook": kinds.COLEBROOK_ALONE,
    "swamee-jain": kinds.SWAMEE_JAIN,
}
_PIPE_SPEED_MS = 0.1
"""Flows that a cold start begins with."""


class LinkTable(NamedTuple):
    """Links by slot (L,), SI; what a kind does not use is 0."""

    kind: U8
    length: F64
    diameter: F64
    roughness: F64
    minor: F64
    kv: F64
    """m3/h at 1 bar; 0 is no limit."""
    rise: F64
    """Pa: a plant's pressure rise at most, or what a holder keeps at its end."""
    drop_height: F64
    """m: height of the start above the end."""
    conductance: F64
    """W/K of a pipe to the ground."""
    ground: F64
    """K around a pipe."""
    control: U8
    return_k: F64
    """K a station returns, or the drop it holds."""
    exchanger: F64
    """W/K"""
    secondary_k: F64
    secondary_wk: F64
    """W/K: flow times heat capacity on a station's other side."""
    heat_most: F64
    """W of a plant; inf without a limit."""
    speed: F64
    first: I64
    """A pump's coefficients are lift[first : end]."""
    end: I64
    lift: F64


class NodeTable(NamedTuple):
    """Nodes by row (N,)."""

    inlet_k: F64
    """K of what comes in where the pressure is held, or where a negative demand feeds in; NaN: as
    warm as the node."""
    held: U8
    """1 where a node holds its pressure whatever the links do."""
    height: F64


class HeatSettings(NamedTuple):
    """Numbers of a solve."""

    gravity: float
    friction: int
    ambient_k: float
    """Where nothing flows in the steady state, water is as warm as the ground."""
    own_laws: bool
    """Stations and plants have limits and checks; else pandapipes' laws: none."""
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatArrays:
    """A compiled network, shared by all runs of it; `pressure` (N,) by row where nodes hold one."""

    net: Network
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    structure: Structure
    links: LinkTable
    nodes: NodeTable
    fluid: FluidTable
    settings: HeatSettings
    pressure: F64
    demand: F64
    ambient_pa: F64
    """(N,) absolute pressure of the air at each row's height."""
    start_flow: F64
    stations: I64
    """Slots."""
    plants: I64
    holders: I64


def compile_heat(net: Network) -> HeatArrays:
    """Compile; SolveError for what the solver cannot do."""
    if net.medium != "heat":
        raise SolveError(f"this is a {net.medium} network, not one of heat")
    index = {name: i for i, name in enumerate(net.nodes)}
    links = list(net.links.values())
    start = np.array([index[k.start] for k in links], dtype=np.int64)
    end = np.array([index[k.end] for k in links], dtype=np.int64)
    held = np.array([getattr(n, "pressure_pa", None) is not None for n in net.nodes.values()])
    structure = compile_structure(start, end, ~held)
    fluid = fluid_of(net)
    order = structure.link
    table = _links(net, [links[int(k)] for k in order])
    nodes = [list(net.nodes.values())[int(i)] for i in structure.node]
    height = np.array([n.elevation_m for n in nodes])
    table = table._replace(
        drop_height=height[structure.start.astype(np.int64)]
        - height[structure.end.astype(np.int64)]
    )
    kind = table.kind
    own = net.physics.laws != "pandapipes"
    settings = HeatSettings(
        gravity=net.physics.gravity_ms2,
        friction=_friction(net, own=own),
        ambient_k=net.physics.ambient_temperature_k,
        own_laws=own,
        accuracy=1e-8,
    )
    return HeatArrays(
        net=net,
        node_ids=net.node_ids,
        link_ids=net.link_ids,
        structure=structure,
        links=table,
        nodes=NodeTable(
            inlet_k=np.array([_inlet_k(n) for n in nodes]),
            held=held[structure.node].astype(np.uint8),
            height=height,
        ),
        fluid=fluid,
        settings=settings,
        pressure=np.array([getattr(n, "pressure_pa", None) or 0.0 for n in nodes]),
        demand=np.array([getattr(n, "demand_kgs", 0.0) for n in nodes]),
        ambient_pa=_air_pa(net, height),
        start_flow=_start_flow(table, fluid),
        stations=np.flatnonzero(kind == kinds.STATION),
        plants=np.flatnonzero(kind == kinds.PLANT),
        holders=np.flatnonzero((kind == kinds.PLANT) | (kind == kinds.HOLDER)),
    )


def _friction(net: Network, *, own: bool) -> int:
    if own and net.physics.friction == "colebrook":
        return kinds.COLEBROOK
    code = _FRICTION.get(net.physics.friction)
    if code is None:
        allowed = ", ".join(_FRICTION)
        raise SolveError(f"friction {net.physics.friction} is a gas law; heat has {allowed}")
    return code


def _inlet_k(node: object) -> float:
    given = getattr(node, "temperature_k", None)
    if isinstance(node, HeatJunction | HeatInlet) and given is not None:
        return float(given)
    return math.nan


def _air_pa(net: Network, height: F64) -> F64:
    """International standard atmosphere, counted from the network's pressure at height 0."""
    ground = net.physics.ambient_pressure_pa
    if not net.physics.ambient_by_height:
        return np.full(len(height), ground)
    air: F64 = ground * (1.0 - 0.0065 * height / 288.15) ** 5.255
    return air


def _start_flow(table: LinkTable, fluid: FluidTable) -> F64:
    area = 0.25 * math.pi * table.diameter**2
    density = float(np.interp(323.15, fluid.temperature, fluid.density))
    flow: F64 = np.where(table.diameter > 0.0, _PIPE_SPEED_MS * density * area, 1.0)
    return flow


def _links(net: Network, links: list[Link]) -> LinkTable:
    count = len(links)
    names = [name for name in LinkTable._fields if name not in ("kind", "control", "first", "end")]
    columns = {name: np.zeros(count) for name in names}
    columns["heat_most"][:] = math.inf
    columns["speed"][:] = 1.0
    kind, control = np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=np.uint8)
    first, end = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    lift: list[float] = []
    for k, link in enumerate(links):
        row, code = _row(net, link)
        kind[k] = code
        for name, value in row.items():
            columns[name][k] = value
        if isinstance(link, BoosterPump):
            first[k] = len(lift)
            lift.extend(link.lift_pa)
            end[k] = len(lift)
        elif isinstance(link, Substation):
            control[k] = kinds.CONTROLS[link.control]
    columns["lift"] = np.array(lift or [0.0])
    return LinkTable(kind=kind, control=control, first=first, end=end, **columns)


def _row(net: Network, link: Link) -> tuple[dict[str, float], int]:
    """A link's numbers and its kind."""
    if isinstance(link, HeatPipe):
        ground = link.ambient_temperature_k
        return {
            "length": link.length_m,
            "diameter": link.diameter_m,
            "roughness": link.roughness_m,
            "minor": link.minor_loss,
            "conductance": link.loss_w_mk * link.length_m,
            "ground": net.physics.ambient_temperature_k if ground is None else ground,
        }, kinds.PIPE
    if isinstance(link, HeatValve | HeatExchanger):
        return {"diameter": link.diameter_m, "minor": link.minor_loss}, kinds.VALVE
    if isinstance(link, Bypass):
        return {"kv": link.kv_m3h}, kinds.THROTTLE
    if isinstance(link, BoosterPump):
        return {"speed": link.speed}, kinds.LIFT
    if isinstance(link, FlowControl):
        return {"diameter": 0.1}, kinds.FLOW
    if isinstance(link, PressureControl):
        if link.controlled_node not in (None, link.end):
            raise SolveError(
                f"{link.id} holds the pressure at {link.controlled_node}, not at its own end "
                f"{link.end}: give it the node behind it",
                elements=(link.id,),
            )
        return {
            "diameter": link.diameter_m,
            "minor": link.minor_loss,
            "rise": link.setting_pa,
        }, kinds.HOLDER
    if isinstance(link, HeatSource):
        return {
            "rise": link.pressure_rise_pa,
            "heat_most": math.inf if link.heat_max_w is None else link.heat_max_w,
        }, kinds.PLANT
    if isinstance(link, CirculationPump):
        return {"rise": math.inf if link.lift_pa is None else link.lift_pa}, kinds.PLANT
    if isinstance(link, Substation):
        drop = link.temperature_drop_k
        by_drop = link.control in ("temperature_drop", "flow_and_drop")
        return {
            "kv": link.kv_m3h or 0.0,
            "return_k": (drop or 0.0) if by_drop else link.return_temperature_k,
            "exchanger": link.exchanger_w_k or 0.0,
            "secondary_k": link.secondary_return_k or 0.0,
            "secondary_wk": (link.secondary_flow_kgs or 0.0) * 4187.0,
        }, kinds.STATION
    raise SolveError(f"{link.id} is a {type(link).__name__}, which no heat network has")
