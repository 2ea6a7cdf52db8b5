"""Faults of heat networks: plants, pumps and stations without what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from network_models.elements import (
    BoosterPump,
    CirculationPump,
    HeatInlet,
    HeatJunction,
    HeatSource,
    Link,
    Node,
    PressureControl,
    Substation,
)
from network_models.network import Network
from network_models.validation.bounds import size_faults
from network_models.validation.fault import Fault, unknown_curve, unknown_pattern

_NEEDS = {
    "temperature_drop": ("temperature_drop_k",),
    "flow": ("flow_kgs",),
    "flow_and_drop": ("flow_kgs", "temperature_drop_k"),
    "flow_and_return": ("flow_kgs",),
    "heat_exchanger": ("exchanger_w_k", "secondary_return_k", "secondary_flow_kgs"),
}


def heat_faults(net: Network) -> Iterator[Fault]:
    """All faults of a heat network's elements, each for itself."""
    if net.medium != "heat":
        return
    elements: list[Node | Link] = [*net.nodes.values(), *net.links.values()]
    if net.links and not any(_keeps_pressure(element) for element in elements):
        expected = "a node, plant or pump that keeps one"
        yield Fault("network", "pressure", "", "kept nowhere", expected)
    for node in net.nodes.values():
        yield from size_faults(net, "node", node)
        if isinstance(node, HeatJunction | HeatInlet):
            yield from unknown_pattern(net, "node", node.id, "pattern", node.pattern)
        if isinstance(node, HeatInlet) and node.pressure_pa is None and node.temperature_k is None:
            expected = "a pressure, a temperature or both"
            yield Fault("node", node.id, "held", "nothing", expected)
    for link in net.links.values():
        yield from size_faults(net, "link", link)
        if isinstance(link, Substation):
            yield from unknown_pattern(net, "link", link.id, "pattern", link.pattern)
            for name in _NEEDS.get(link.control, ()):
                if getattr(link, name) is None:
                    expected = f"a number: its control is {link.control}"
                    yield Fault("link", link.id, name, "none", expected)
        elif isinstance(link, HeatSource):
            yield from unknown_curve(net, link.id, "temperature curve", link.temperature_curve)
        elif isinstance(link, CirculationPump):
            if (link.lift_pa is None) == (link.flow_kgs is None):
                found = "neither" if link.lift_pa is None else "both"
                yield Fault("link", link.id, "lift or flow", found, "one of the two")
        elif isinstance(link, PressureControl):
            node_id = link.controlled_node
            if node_id is not None and node_id not in net.nodes:
                yield Fault("link", link.id, "controlled node", node_id, "the id of a node")
        elif isinstance(link, BoosterPump) and not link.lift_pa:
            yield Fault("link", link.id, "lift_pa", "none", "at least one coefficient")


def _keeps_pressure(element: Node | Link) -> bool:
    """Whether an element sets the level of all pressures; flows alone leave it open."""
    if isinstance(element, HeatSource):
        return element.keeps_pressure
    return (
        isinstance(element, HeatInlet | CirculationPump | PressureControl)
        and getattr(element, "pressure_pa", 0.0) is not None
    )
