"""Faults of nodes: names, patterns, curves, tank levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from network_models.elements import (
    GasJunction,
    GasSource,
    HeatInlet,
    HeatJunction,
    Junction,
    Node,
    Reservoir,
    Tank,
)
from network_models.network import Network
from network_models.validation.fault import Fault, out_of_range, unknown_curve, unknown_pattern

_NODES_OF = {
    "water": (Junction, Reservoir, Tank),
    "gas": (GasJunction, GasSource),
    "heat": (HeatJunction, HeatInlet),
}
_LEVEL_TOLERANCE_M = 1e-6


def node_faults(net: Network, judged: Iterable[str]) -> Iterator[Fault]:
    """All faults of the nodes of these ids, each node for itself."""
    patterns, water = {None, *net.patterns}, net.medium == "water"
    for key in judged:
        node = net.nodes[key]
        # Sound junctions, which most nodes are, are passed by at one look.
        if (
            water
            and type(node) is Junction
            and node.id == key
            and node.emitter_coefficient >= 0.0
            and node.quality_source is None
        ):
            for demand in node.demands:
                if demand.pattern not in patterns:
                    break
            else:
                continue
        if node.id != key:
            yield Fault("node", key, "id", node.id, f"the id it is filed under, {key}")
        if not isinstance(node, _NODES_OF[net.medium]):
            found = f"a {type(node).__name__}"
            yield Fault("node", key, "kind", found, f"a node of a {net.medium} network")
        if node.quality_source is not None:
            pattern = node.quality_source.pattern
            yield from unknown_pattern(net, "source", key, "source pattern", pattern)
        yield from _faults_of(net, node)


def _faults_of(net: Network, node: Node) -> Iterator[Fault]:
    if isinstance(node, Junction):
        for demand in node.demands:
            yield from unknown_pattern(net, "demand", node.id, "demand pattern", demand.pattern)
        coefficient = node.emitter_coefficient
        yield from out_of_range("node", node.id, "emitter coefficient", coefficient)
    elif isinstance(node, Reservoir):
        yield from unknown_pattern(net, "node", node.id, "pattern", node.pattern)
    elif isinstance(node, Tank):
        yield from _tank_faults(net, node)


def _tank_faults(net: Network, tank: Tank) -> Iterator[Fault]:
    yield from out_of_range("node", tank.id, "diameter", tank.diameter_m, above=0.0)
    yield from unknown_curve(net, tank.id, "volume curve", tank.volume_curve)
    low, high = tank.minimum_level_m, tank.maximum_level_m
    if not low <= high:
        yield Fault(
            "node", tank.id, "minimum level", f"{low:g} m", f"at most {high:g} m, the maximum"
        )
    elif not low <= tank.initial_level_m <= high:
        found = f"{tank.initial_level_m:g} m"
        expected = f"between its levels {low:g} m and {high:g} m"
        yield Fault("node", tank.id, "initial level", found, expected)
    curve = net.curves.get(tank.volume_curve or "")
    if curve is not None and curve.points:
        first, last = curve.points[0][0], curve.points[-1][0]
        if low < first - _LEVEL_TOLERANCE_M or high > last + _LEVEL_TOLERANCE_M:
            found = f"{curve.id} from {first:g} m to {last:g} m"
            expected = f"a curve over the levels {low:g} m to {high:g} m"
            yield Fault("node", tank.id, "volume curve", found, expected)
