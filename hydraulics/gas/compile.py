"""From gas records to the arrays of the kernels, once a network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.gas.bases import Links, node_temperatures
from hydraulics.gas.gas import USUAL_GAS, Gas, gas_of, gases_of
from hydraulics.gas.supply import first_state
from hydraulics.gas.tables import COMPRESSOR, REGULATOR, SHUT, GasTables
from hydraulics.graph.structure import Structure, compile_structure
from hydraulics.types import F64, I64, U8
from network_models.elements import GasJunction, GasPipe, GasSource
from network_models.network import Network

HEADROOM = 1.6
"""The Z table goes this far beyond the highest pressure that any record names."""
LAPSE_KPM, SEA_LEVEL_K, BAROMETRIC = 0.0065, 288.15, 5.255
"""International standard atmosphere (ISO 2533)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GasArrays:
    """A compiled gas network; arrays of nodes and links are in the file's order unless said.

    `source` (N,) 1 where a pressure is held; `ceiling_pa` absolute, infinite without; `first` (L,)
    the state each link begins with, `setting`, `ratio`, `slam_high`, `slam_low` as in `GasWork`
    (all four by slot). `base_kgs` (N,) is demand and `fed_kgs` the given flow of feeds by row at
    pattern 1; `pattern_of_row` the index of `patterns`, the last being 1. `per_speed` (L,) by slot
    is kg/s a m/s at 1 Pa and Z = 1. `settings` says by which laws it is solved.
    """

    network: Network
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    node_index: dict[str, int]
    link_index: dict[str, int]
    structure: Structure
    tables: GasTables
    gases: tuple[Gas, ...]
    gas_of_node: I64
    ambient_pa: F64
    temperature_k: F64
    source: U8
    held_pa: F64
    ceiling_pa: F64
    patterns: tuple[F64, ...]
    first: U8
    setting: F64
    ratio: F64
    slam_high: F64
    slam_low: F64
    area_m2: F64
    per_speed: F64
    base_kgs: F64
    fed_kgs: F64
    pattern_of_row: I64
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def gas(self) -> Gas:
        """The gas that fills the network."""
        return self.gases[0]


def compile_gas(net: Network) -> GasArrays:
    """Arrays of a gas network. SolveError without any source, or for what gas cannot have."""
    if net.medium != "gas":
        raise SolveError(f"a {net.medium} network is not a gas network")
    nodes = list(net.nodes.values())
    notes: list[str] = []
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    elevation = np.array([n.elevation_m for n in nodes])
    ambient = ambient_pressures(net, elevation)
    temperature = node_temperatures(net)
    source, held, ceiling, feed = _sources(net, ambient, notes)
    structure = compile_structure(
        np.array([index[k.start] for k in net.links.values()], dtype=np.int64),
        np.array([index[k.end] for k in net.links.values()], dtype=np.int64),
        np.ones(len(nodes), dtype=bool),
    )
    foreign = net.physics.laws == "pandapipes"
    highest = HEADROOM * _highest(net, held, ceiling, ambient)
    fluids = gases_of(net)
    if USUAL_GAS.id in fluids and USUAL_GAS.id not in net.fluids:
        notes.append("the file names no gas: it is taken to be natural gas (92 % methane)")
    mean_k = float(temperature.mean())
    gases = tuple(gas_of(f, mean_k, highest, foreign=foreign) for f in fluids.values())
    links = Links(net, structure, gases[0], ambient, temperature, elevation, index)
    gas_number = {name: i for i, name in enumerate(fluids)}
    patterns = {name: i for i, name in enumerate(net.patterns)}
    gas = gases[0]
    scale = np.ones(len(nodes))
    if not foreign:
        reference = float(links.z_reference)
        exponent = 2.0 * net.physics.gravity_ms2 * (elevation - elevation.mean())
        scale = np.exp(exponent / (reference * gas.constant * mean_k))
    volume = _volumes(net, index)
    row = structure.node
    tables = GasTables(
        **links.columns(),
        ambient=ambient[row],
        temperature=temperature[row],
        scale=scale[row],
        mass_per_pa=(volume / (gas.constant * temperature))[row],
        z=gas.z,
        z_step=gas.z_step,
        z_slope=gas.z_slope,
        foreign=foreign,
    )
    first = links.state.copy()
    for k in range(len(first)):
        if first[k] != SHUT and tables.kind[k] in (REGULATOR, COMPRESSOR):
            working = k in links.controlling
            first[k] = first_state(tables, k, False) if working else first[k]
    diameter = np.array([getattr(k, "diameter_m", None) or 0.0 for k in net.links.values()])
    area = np.pi * diameter**2 / 4.0
    return GasArrays(
        network=net,
        node_ids=net.node_ids,
        link_ids=net.link_ids,
        node_index=index,
        link_index={id_: i for i, id_ in enumerate(net.links)},
        structure=structure,
        tables=tables,
        gases=gases,
        gas_of_node=np.array(
            [gas_number.get(getattr(n, "gas", None) or "", 0) for n in nodes], dtype=np.int64
        ),
        ambient_pa=ambient,
        temperature_k=temperature,
        source=source,
        held_pa=held,
        ceiling_pa=ceiling,
        patterns=(
            *(np.array(p.multipliers, dtype=np.float64) for p in net.patterns.values()),
            np.ones(1),
        ),
        first=first,
        setting=links.setting,
        ratio=links.ratio,
        slam_high=links.slam_high,
        slam_low=links.slam_low,
        area_m2=area,
        per_speed=area[structure.link] / (gas.constant * mean_k),
        base_kgs=np.array([getattr(n, "demand_kgs", 0.0) for n in nodes])[row],
        fed_kgs=feed[row],
        pattern_of_row=np.array(
            [patterns.get(getattr(n, "pattern", None) or "", len(patterns)) for n in nodes],
            dtype=np.int64,
        )[row],
        settings=_settings(net, gas, mean_k),
        notes=(*notes, *links.notes),
    )


def ambient_pressures(net: Network, elevation_m: F64) -> F64:
    """The air pressure from which gauge pressures count at each node, Pa."""
    here = np.full(len(elevation_m), net.physics.ambient_pressure_pa)
    if net.physics.ambient_by_height:
        here *= (1.0 - elevation_m * LAPSE_KPM / SEA_LEVEL_K) ** BAROMETRIC
    return here


def _sources(net: Network, ambient: F64, notes: list[str]) -> tuple[U8, F64, F64, F64]:
    """Which nodes hold a pressure, that pressure, the ceiling of feeds, their flow."""
    count = len(net.nodes)
    source = np.zeros(count, dtype=np.uint8)
    held, ceiling, feed = np.zeros(count), np.full(count, np.inf), np.zeros(count)
    for i, node in enumerate(net.nodes.values()):
        if isinstance(node, GasSource):
            if node.control == "pressure":
                source[i] = 1
                held[i] = node.pressure_pa + ambient[i]
            else:
                ceiling[i] = node.pressure_pa + ambient[i]
                feed[i] = node.flow_kgs
        elif not isinstance(node, GasJunction):
            raise SolveError(
                f"node {node.id} is a {type(node).__name__}, which a gas network cannot have",
                elements=(node.id,),
            )
    if not source.any():
        if not np.isfinite(ceiling).any():
            raise SolveError("the network has no source: add one that holds a pressure")
        chosen = int(np.argmax(np.where(np.isfinite(ceiling), feed, -1.0)))
        source[chosen], held[chosen] = 1, ceiling[chosen]
        ceiling[chosen], feed[chosen] = math.inf, 0.0
        notes.append(
            f"no source holds a pressure: {list(net.nodes)[chosen]}, the largest feed, is taken to "
            f"hold its greatest pressure, {(held[chosen] - ambient[chosen]) / 1e5:.4g} bar"
        )
    return source, held, ceiling, feed


def _settings(net: Network, gas: Gas, mean_k: float) -> tuple[tuple[str, str], ...]:
    """By which laws a network is solved, for people."""
    physics = net.physics
    return (
        ("laws", physics.laws),
        ("friction", physics.friction),
        ("gas", gas.id),
        ("normal_density_kgm3", f"{gas.normal_density:.5g}"),
        ("z", gas.z_way),
        ("temperature_k", f"{mean_k:.2f}"),
        (
            "gauge",
            "from the air at each height" if physics.ambient_by_height else "from one air pressure",
        ),
    )


def _highest(net: Network, held: F64, ceiling: F64, ambient: F64) -> float:
    found = max(float(held.max()), float(ambient.max()))
    finite = ceiling[np.isfinite(ceiling)]
    if len(finite):
        found = max(found, float(finite.max()))
    for link in net.links.values():
        for name in ("setting_pa", "outlet_pa", "outlet_max_pa"):
            found = max(found, (getattr(link, name, None) or 0.0) + float(ambient.max()))
        found *= min(max(getattr(link, "ratio", None) or 1.0, 1.0), 3.0)
    return min(found, 50e6)


def _volumes(net: Network, index: dict[str, int]) -> F64:
    """Line pack volume at each node: half of each pipe at either end, and the node's own."""
    volume = np.array([getattr(n, "volume_m3", 0.0) for n in net.nodes.values()])
    for link in net.links.values():
        if isinstance(link, GasPipe):
            half = math.pi * link.diameter_m**2 / 8.0 * link.length_m
            volume[index[link.start]] += half
            volume[index[link.end]] += half
    return volume
