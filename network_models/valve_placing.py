"""Where isolation valves would stand, for networks that come without a valve file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from network_models.elements import (
    GasJunction,
    GasPipe,
    HeatJunction,
    HeatPipe,
    Junction,
    Link,
    Pipe,
    Point2,
)
from network_models.network import Network
from network_models.valves import IsolationValve, Side

_NEAR_END = 0.1
"""How far from its node a placed valve is drawn, as a part of the pipe's first stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValveRule:
    """How valves are placed.

    Mains, pipes of at least `mains_dn_mm`, get a valve at both ends. At a junction where three or
    more links meet, every smaller pipe gets one but the thickest pipe of all (the N - 1 rule: a
    burst in any other is cut off at the junction). A pipe at a tank, reservoir or other source
    gets one there. Where just two pipes meet, a bend of one line, mains get one valve for the
    joint and smaller pipes none; dead ends of smaller pipes get none.
    """

    mains_dn_mm: float = 300.0


_PIPES = (Pipe, GasPipe, HeatPipe)
_JUNCTIONS = (Junction, GasJunction, HeatJunction)


def place_valves(net: Network, rule: ValveRule | None = None) -> tuple[IsolationValve, ...]:
    """Isolation valves by rule, all operable by hand; ids are the pipe's with -A (start) or -B."""
    rule = rule or ValveRule()
    at_node: dict[str, list[Link]] = {name: [] for name in net.nodes}
    for link in net.links.values():
        at_node[link.start].append(link)
        at_node[link.end].append(link)
    taken: set[str] = set()
    valves = []
    for link in net.links.values():
        if isinstance(link, _PIPES):
            for side, node in _ends(link):
                if _wanted(net, rule, link, node, at_node[node], side):
                    valves.append(_valve(net, link, side, taken))
    return tuple(valves)


def _ends(link: Link) -> Iterator[tuple[Side, str]]:
    yield "start", link.start
    yield "end", link.end


def _dn_mm(link: Link) -> float:
    return float(getattr(link, "diameter_m", 0.0)) * 1000.0 if isinstance(link, _PIPES) else 0.0


def _wanted(
    net: Network, rule: ValveRule, link: Link, node: str, meeting: list[Link], side: Side
) -> bool:
    if not isinstance(net.nodes[node], _JUNCTIONS):
        return True
    main = _dn_mm(link) >= rule.mains_dn_mm
    if len(meeting) == 2:
        other = meeting[0] if meeting[1] is link else meeting[1]
        other_is_main = _dn_mm(other) >= rule.mains_dn_mm
        # One valve for the joint of two mains: on the line that was listed first.
        return main and not (other_is_main and link is meeting[1])
    if main:
        return True
    if len(meeting) < 2:
        return False
    thickest = max(meeting, key=_dn_mm)
    return link is not thickest


def _valve(net: Network, link: Link, side: Side, taken: set[str]) -> IsolationValve:
    name = f"{link.id}-{'A' if side == 'start' else 'B'}"
    while name in taken:
        name += "'"
    taken.add(name)
    return IsolationValve(
        id=name,
        link=link.id,
        side=side,
        dn_mm=round(_dn_mm(link), 6),
        position=_position(net, link, side),
    )


def _position(net: Network, link: Link, side: Side) -> Point2 | None:
    start, end = net.nodes[link.start].position, net.nodes[link.end].position
    if start is None or end is None:
        return None
    points = (start, *link.vertices, end)
    first, second = points[:2] if side == "start" else points[:-3:-1]
    return (
        first[0] + _NEAR_END * (second[0] - first[0]),
        first[1] + _NEAR_END * (second[1] - first[1]),
    )
