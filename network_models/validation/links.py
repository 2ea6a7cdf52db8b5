"""Faults of links: their ends, sizes, pumps without a drive, valves in places they cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from network_models.elements import (
    BoosterPump,
    Bypass,
    CirculationPump,
    Compressor,
    FlowControl,
    GasPipe,
    GasValve,
    HeatExchanger,
    HeatPipe,
    HeatSource,
    HeatValve,
    Link,
    Pipe,
    PressureControl,
    Pump,
    Regulator,
    Reservoir,
    Resistor,
    ShortPipe,
    Substation,
    Tank,
    Valve,
)
from network_models.network import Network
from network_models.topology import LinkEnds
from network_models.validation.fault import Fault, out_of_range, unknown_curve, unknown_pattern

_LINKS_OF = {
    "water": (Pipe, Pump, Valve),
    "gas": (
        GasPipe,
        Regulator,
        Compressor,
        GasValve,
        Resistor,
        ShortPipe,
        BoosterPump,
        FlowControl,
    ),
    "heat": (
        HeatPipe,
        HeatSource,
        Substation,
        CirculationPump,
        BoosterPump,
        FlowControl,
        PressureControl,
        HeatValve,
        Bypass,
        HeatExchanger,
    ),
}
_HOLDING = ("PRV", "PSV", "FCV")
"""Valves that hold something at a node, which therefore must be free to move."""


def link_faults(net: Network, ends: LinkEnds | None, judged: Iterable[str]) -> Iterator[Fault]:
    """All faults of the links: those of these ids each for itself, valves against neighbours.

    `ends` is None when some link has an end that does not exist. Ends are judged of all links.
    """
    sound_ends = ends is not None and not (ends.start == ends.end).any()
    nodes, water = net.nodes, net.medium == "water"
    for key in judged if sound_ends else net.links:
        link = net.links[key]
        # Sound pipes, which most links are, are passed by at one look instead of ten questions.
        if (
            water
            and type(link) is Pipe
            and link.id == key
            and (sound_ends or (link.start in nodes and link.end in nodes))
            and (sound_ends or link.start != link.end)
            and link.length_m > 0.0
            and link.diameter_m > 0.0
            and link.roughness > 0.0
            and link.minor_loss >= 0.0
            and link.leak_area_mm2_per_100m >= 0.0
            and link.leak_expansion_mm2_per_m >= 0.0
        ):
            continue
        if link.id != key:
            yield Fault("link", key, "id", link.id, f"the id it is filed under, {key}")
        if not isinstance(link, _LINKS_OF[net.medium]):
            found = f"a {type(link).__name__}"
            yield Fault("link", key, "kind", found, f"a link of a {net.medium} network")
        yield from _end_faults(net, link)
        if isinstance(link, Pump):
            yield from _pump_faults(net, link)
        elif isinstance(link, Valve):
            yield from _valve_faults(net, link)
        elif isinstance(link, Pipe):
            yield from _pipe_faults(link)
    yield from _neighbour_faults(net)


def _end_faults(net: Network, link: Link) -> Iterator[Fault]:
    for end, node in (("start", link.start), ("end", link.end)):
        if node not in net.nodes:
            yield Fault("link", link.id, f"{end} node", node, "the id of a node")
    if link.start == link.end:
        yield Fault("link", link.id, "end node", link.end, "another node than the start node")


def _pipe_faults(pipe: Pipe) -> Iterator[Fault]:
    for field in ("length_m", "diameter_m", "roughness"):
        yield from out_of_range("link", pipe.id, field, getattr(pipe, field), above=0.0)
    for field in ("minor_loss", "leak_area_mm2_per_100m", "leak_expansion_mm2_per_m"):
        yield from out_of_range("link", pipe.id, field, getattr(pipe, field))


def _pump_faults(net: Network, pump: Pump) -> Iterator[Fault]:
    yield from unknown_curve(net, pump.id, "head curve", pump.head_curve)
    yield from unknown_curve(net, pump.id, "efficiency curve", pump.efficiency_curve)
    yield from unknown_pattern(net, "link", pump.id, "speed pattern", pump.speed_pattern)
    yield from unknown_pattern(net, "link", pump.id, "price pattern", pump.price_pattern)
    yield from out_of_range("link", pump.id, "speed", pump.speed)
    if pump.head_curve is None and pump.power_w is None:
        yield Fault("link", pump.id, "head curve", "neither a curve nor a power", "one of the two")
    elif pump.head_curve is None and pump.power_w is not None:
        yield from out_of_range("link", pump.id, "power", pump.power_w, above=0.0)
    curve = net.curves.get(pump.head_curve or "")
    if curve is not None and curve.points:
        yield from _head_curve_faults(pump, curve.id, curve.points)


def _head_curve_faults(
    pump: Pump, name: str, points: tuple[tuple[float, float], ...]
) -> Iterator[Fault]:
    """One point needs flow and head; more need heads that fall as the flow grows."""
    if len(points) == 1:
        flow, head = points[0]
        if not (flow > 0.0 and head > 0.0):
            found = f"{name} with the point {flow:g} m3/s, {head:g} m"
            yield Fault("link", pump.id, "head curve", found, "a flow and a head above 0")
        return
    for (_, before), (flow, head) in pairwise(points):
        if not head < before:
            found = f"{name} with {head:g} m at {flow:g} m3/s after {before:g} m"
            yield Fault("link", pump.id, "head curve", found, "a head that falls with the flow")
            return


def _valve_faults(net: Network, valve: Valve) -> Iterator[Fault]:
    yield from out_of_range("link", valve.id, "diameter", valve.diameter_m, above=0.0)
    yield from out_of_range("link", valve.id, "minor loss", valve.minor_loss)
    yield from unknown_curve(net, valve.id, "curve", valve.curve)
    if valve.kind == "GPV" and valve.curve is None:
        yield Fault("link", valve.id, "curve", "a GPV without one", "the id of a head loss curve")
    if valve.kind in _HOLDING:
        for node in (valve.start, valve.end):
            if isinstance(net.nodes.get(node), Reservoir | Tank):
                found = f"{node}, a tank or reservoir"
                yield Fault(
                    "link", valve.id, "nodes", found, f"junctions at both ends of a {valve.kind}"
                )


def _neighbour_faults(net: Network) -> Iterator[Fault]:
    """Valves that would fight over a node: EPANET's rules of which may not meet."""
    valves = [v for v in net.links.values() if isinstance(v, Valve) and v.kind in _HOLDING]
    by_node: dict[str, list[Valve]] = {}
    for valve in valves:
        neighbours = {
            other.id: other for node in (valve.start, valve.end) for other in by_node.get(node, [])
        }
        for other in neighbours.values():
            if _fight(valve, other) or _fight(other, valve):
                found = f"{valve.kind} beside {other.kind} {other.id}"
                expected = "valves that do not hold the same node or stand in series"
                yield Fault("link", valve.id, "nodes", found, expected)
                break
        for node in (valve.start, valve.end):
            by_node.setdefault(node, []).append(valve)


def _fight(first: Valve, second: Valve) -> bool:
    in_series = first.end == second.start
    kinds = (first.kind, second.kind)
    if kinds == ("PRV", "PRV"):
        return in_series or first.end == second.end
    if kinds == ("PSV", "PSV"):
        return in_series or first.start == second.start
    return in_series and kinds in (("PRV", "PSV"), ("FCV", "PSV"), ("PRV", "FCV"))
