"""Faults of gas networks: sources, regulators and compressors without what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from network_models.elements import Compressor, GasJunction, GasSource, Regulator
from network_models.gas_mixture import COMPONENTS
from network_models.network import Network
from network_models.validation.bounds import size_faults
from network_models.validation.fault import Fault, out_of_range, unknown_pattern

_HELD = {"ratio": "ratio", "outlet": "outlet_pa", "flow": "flow_kgs"}


def gas_faults(net: Network) -> Iterator[Fault]:
    """All faults of a gas network's elements, each for itself, and of its scenarios."""
    if net.medium != "gas":
        return
    for node in net.nodes.values():
        yield from size_faults(net, "node", node)
        if isinstance(node, GasJunction | GasSource):
            yield from unknown_pattern(net, "node", node.id, "pattern", node.pattern)
        if isinstance(node, GasSource):
            if node.control == "pressure":
                yield from out_of_range("node", node.id, "pressure", node.pressure_pa, above=0.0)
            if node.gas is not None and node.gas not in net.fluids:
                yield Fault("node", node.id, "gas", node.gas, "the id of a fluid")
    for link in net.links.values():
        yield from size_faults(net, "link", link)
        if isinstance(link, Regulator):
            yield from out_of_range("link", link.id, "setting_pa", link.setting_pa, above=0.0)
            yield from _controlled(net, link.id, link.controlled_node)
        elif isinstance(link, Compressor):
            yield from _compressor_faults(link)


def _controlled(net: Network, name: str, node: str | None) -> Iterator[Fault]:
    if node is not None and node not in net.nodes:
        yield Fault("link", name, "controlled node", node, "the id of a node")


def _compressor_faults(link: Compressor) -> Iterator[Fault]:
    held = _HELD.get(link.control)
    if held is not None and getattr(link, held) is None:
        yield Fault("link", link.id, held, "none", f"a number: its control is {link.control}")
    if link.ratio is not None and 0.0 < link.ratio < 1.0:
        yield Fault("link", link.id, "ratio", f"{link.ratio:g}", "at least 1")


def fluid_faults(net: Network) -> Iterator[Fault]:
    """Fluids and scenarios that name what is not there, or fractions that do not add up."""
    fluid = net.physics.fluid
    if fluid is not None and fluid not in net.fluids:
        yield Fault("network", "physics", "fluid", fluid, "the id of a fluid")
    for name, gas in net.fluids.items():
        for component, _ in gas.fractions:
            if component not in COMPONENTS:
                expected = "one of " + ", ".join(COMPONENTS)
                yield Fault("network", f"fluid {name}", "component", component, expected)
        total = sum(share for _, share in gas.fractions)
        if gas.fractions and not (
            abs(total - 1.0) < 1e-6 and all(share >= 0.0 for _, share in gas.fractions)
        ):
            found, expected = f"a sum of {total:g}", "mole fractions that add up to 1"
            yield Fault("network", f"fluid {name}", "fractions", found, expected)
    for name, scenario in net.scenarios.items():
        for bound in scenario.bounds:
            place = f"scenario {name}"
            if bound.node not in net.nodes:
                yield Fault("network", place, "node", bound.node, "the id of a node")
            if None not in (bound.lower, bound.upper) and not bound.lower <= bound.upper:  # type: ignore[operator]
                found, most = f"{bound.lower:g} at {bound.node}", f"at most {bound.upper:g}"
                yield Fault("network", place, bound.quantity, found, most)
