"""Heated areas behind stations, estimated from their heat, and what a stop leaves without it."""

from __future__ import annotations

from dispatch.medium_isolation import isolate_medium, valves_of
from dispatch.room_run import Homes, day_heat_w
from network_models.elements.heat import Substation
from network_models.network import Network
from network_models.problems import InputError


def station_areas_m2(net: Network, homes: Homes | None = None) -> dict[str, float]:
    """The heated area behind each station that takes heat, by its link."""
    index = (homes or Homes()).heat_index_w_m2
    return {
        name: day_heat_w(net, name) / index
        for name, link in net.links.items()
        if isinstance(link, Substation) and link.heat_w > 0.0
    }


def area_without_heat_m2(net: Network, element: str, areas_m2: dict[str, float]) -> float | None:
    """The area behind the stations that shutting an element off leaves without heat.

    None for an element that the network does not have.
    """
    try:
        shut = isolate_medium(net, element, valves_of(net, ())[0])
    except InputError:
        return None
    nodes = frozenset(shut.cut_off_nodes)
    return sum(
        area
        for name, area in areas_m2.items()
        if net.links[name].start in nodes or net.links[name].end in nodes
    )
