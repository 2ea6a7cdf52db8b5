"""What is shut for an element, in a network of any medium, by its valves."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.isolation import Isolation, isolate
from dispatch.isolation_steps import heat_pair
from network_models.network import Network
from network_models.valve_placing import place_valves
from network_models.valves import IsolationValve


def valves_of(
    net: Network, known: Sequence[IsolationValve]
) -> tuple[Sequence[IsolationValve], bool]:
    """The network's valves, and whether they were placed by rule because no file names any."""
    own = [valve for valve in known if valve.link in net.links]
    return (own, False) if own else (place_valves(net), True)


def isolate_medium(net: Network, element: str, valves: Sequence[IsolationValve]) -> Isolation:
    """What to shut; in a heat network a pipe goes with the one of the other side beside it.

    InputError for an element that the network does not have.
    """
    name = element.rpartition("link:")[2] if "link:" in element else ""
    pair = heat_pair(net, name) if net.medium == "heat" and name in net.links else None
    return isolate(net, valves, [element] if pair is None else [element, f"link:{pair}"])
