"""Where the end pressure of the network is judged."""

from __future__ import annotations

from collections.abc import Iterable

from dispatch.quantity import Quantity, exact
from dispatch.rulebook import RuleSet
from network_models.elements import Junction, Pipe
from network_models.network import Network
from network_models.units import UNITS

END_RULE = "WATER-DEF-END"


def end_nodes(net: Network, rules: RuleSet, marked: Iterable[str] = ()) -> tuple[str, ...]:
    """The junctions on pipes of the diameter that makes a network end, and those `marked`.

    In the network's order. Without the rule only the marked ones.
    """
    wanted = set(marked)
    diameters: dict[float, bool] = {}
    for link in net.links.values():
        if not isinstance(link, Pipe):
            continue
        if link.diameter_m not in diameters:
            millimetres = exact(link.diameter_m) / exact(UNITS["mm"].factor)
            finding = rules.evaluate(END_RULE, Quantity("number", millimetres, "mm"))
            diameters[link.diameter_m] = finding.result == "yes"
        if diameters[link.diameter_m]:
            wanted.update((link.start, link.end))
    return tuple(n.id for n in net.nodes.values() if n.id in wanted and isinstance(n, Junction))
