"""Writes the sections about nodes and links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from network_models.elements import Junction, Link, Node, Pipe, Pump, Reservoir, Tank, Valve
from network_models.formats.inp.lines import Lines, number
from network_models.formats.inp.links import setting_ratio
from network_models.formats.inp.units import Ratio
from network_models.network import Network

N = TypeVar("N", bound=Node)
L = TypeVar("L", bound=Link)


def _nodes(net: Network, kind: type[N]) -> Iterator[N]:
    return (node for node in net.nodes.values() if isinstance(node, kind))


def _links(net: Network, kind: type[L]) -> Iterator[L]:
    return (link for link in net.links.values() if isinstance(link, kind))


def write_junctions(net: Network, out: Lines) -> None:
    """Ids and elevations; demands go to [DEMANDS]."""
    for node in _nodes(net, Junction):
        out.row(out.id(node.id), out.units.length.words(node.elevation_m), comment=node.comment)


def write_reservoirs(net: Network, out: Lines) -> None:
    """Ids, heads and head patterns."""
    for node in _nodes(net, Reservoir):
        pattern = out.reference(node.pattern)
        head = out.units.length.words(node.elevation_m)
        out.row(out.id(node.id), head, *pattern, comment=node.comment)


def write_tanks(net: Network, out: Lines) -> None:
    """All of a tank but its mixing and reaction."""
    length = out.units.length
    for tank in _nodes(net, Tank):
        words = [
            out.id(tank.id),
            length.words(tank.elevation_m),
            length.words(tank.initial_level_m),
            length.words(tank.minimum_level_m),
            length.words(tank.maximum_level_m),
            length.words(tank.diameter_m),
            out.units.volume.words(tank.minimum_volume_m3),
        ]
        words += out.reference(tank.volume_curve)
        if tank.overflow:
            words += ["YES"] if tank.volume_curve is not None else ["*", "YES"]
        out.row(*words, comment=tank.comment)


def write_pipes(net: Network, out: Lines) -> None:
    """Pipes with their initial status."""
    units = out.units
    for pipe in _links(net, Pipe):
        closed = pipe.status == "closed"
        if pipe.check_valve and closed:
            out.unable(f"link {pipe.id} status", "a closed check valve", "one or the other")
        status = "CV" if pipe.check_valve else "CLOSED" if closed else "OPEN"
        out.row(
            *out.ids((pipe.id, pipe.start, pipe.end)),
            units.length.words(pipe.length_m),
            units.diameter.words(pipe.diameter_m),
            units.roughness.words(pipe.roughness),
            number(pipe.minor_loss),
            status,
            comment=pipe.comment,
        )


def write_pumps(net: Network, out: Lines) -> None:
    """Pumps with curve or power, speed and speed pattern."""
    for pump in _links(net, Pump):
        words = out.ids((pump.id, pump.start, pump.end))
        if pump.head_curve is not None:
            words += ["HEAD", out.id(pump.head_curve)]
        if pump.power_w is not None:
            words += ["POWER", out.units.power.words(pump.power_w)]
        if pump.speed != 1.0:
            words += ["SPEED", number(pump.speed)]
        if pump.speed_pattern is not None:
            words += ["PATTERN", out.id(pump.speed_pattern)]
        out.row(*words, comment=pump.comment)


def write_valves(net: Network, out: Lines) -> None:
    """Valves with their settings."""
    for valve in _links(net, Valve):
        words = out.ids((valve.id, valve.start, valve.end))
        words += [out.units.diameter.words(valve.diameter_m), valve.kind]
        if valve.kind == "GPV":
            if valve.curve is None:
                out.unable(f"link {valve.id} curve", "a GPV without one", "a head loss curve")
            words += out.reference(valve.curve)
        else:
            words.append(setting_ratio(out.units, valve.kind).words(valve.setting))
        words.append(number(valve.minor_loss))
        if valve.kind == "PCV":
            words += out.reference(valve.curve)
        out.row(*words, comment=valve.comment)


def write_status(net: Network, out: Lines) -> None:
    """Pumps that are off, and valves that do not obey their setting."""
    for link in net.links.values():
        if isinstance(link, Pump) and link.status == "closed":
            out.row(out.id(link.id), "CLOSED")
        elif isinstance(link, Valve) and link.status != "active":
            out.row(out.id(link.id), link.status.upper())


def write_demands(net: Network, out: Lines) -> None:
    """Every demand category, a line each."""
    for node in _nodes(net, Junction):
        for demand in node.demands:
            pattern = out.reference(demand.pattern)
            base = out.units.flow.words(demand.base_m3s)
            out.row(out.id(node.id), base, *pattern, comment=demand.category)


def write_emitters(net: Network, out: Lines) -> None:
    """Emitter coefficients other than zero."""
    for node in _nodes(net, Junction):
        if node.emitter_coefficient != 0.0:
            out.row(out.id(node.id), out.units.emitter.words(node.emitter_coefficient))


def write_leakage(net: Network, out: Lines) -> None:
    """Leakage of pipes that leak."""
    a_metre = Ratio(out.units.length.denominator, out.units.length.numerator)
    for pipe in _links(net, Pipe):
        area, expansion = pipe.leak_area_mm2_per_100m, pipe.leak_expansion_mm2_per_m
        if area != 0.0 or expansion != 0.0:
            out.row(out.id(pipe.id), a_metre.words(area), a_metre.words(expansion))


def write_quality(net: Network, out: Lines) -> None:
    """Initial quality other than zero."""
    for node in net.nodes.values():
        if node.initial_quality != 0.0:
            out.row(out.id(node.id), number(node.initial_quality))


def write_sources(net: Network, out: Lines) -> None:
    """Quality sources."""
    for node in net.nodes.values():
        source = node.quality_source
        if source is not None:
            pattern = out.reference(source.pattern)
            out.row(out.id(node.id), source.kind, number(source.strength), *pattern)


def write_mixing(net: Network, out: Lines) -> None:
    """Tanks that are not mixed through."""
    for tank in _nodes(net, Tank):
        if tank.mixing != "MIXED":
            fraction = [number(tank.mixing_fraction)] if tank.mixing == "2COMP" else []
            out.row(out.id(tank.id), tank.mixing, *fraction)
