"""Which valves take an element out of service, and what else that takes with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.element import element_name
from dispatch.note import Note
from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.topology import (
    Segments,
    initially_closed,
    link_mask,
    segments,
    source_nodes,
    supplied,
)
from network_models.valves import IsolationValve

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The valves to shut for an element and the piece of network they shut off.

    `valves` are in the order of closing; `already_closed` bound the piece too but stand on links
    that are closed anyway; `stuck` cannot be shut, so the piece goes on behind them.
    `extra_cut_off_nodes` lie outside the piece and lose their last source by it.
    `closed_links` are the links through which nothing flows while the valves are shut.
    """

    element: str
    valves: tuple[IsolationValve, ...]
    already_closed: tuple[IsolationValve, ...]
    stuck: tuple[IsolationValve, ...]
    segment_nodes: tuple[str, ...]
    segment_links: tuple[str, ...]
    extra_cut_off_nodes: tuple[str, ...]
    closed_links: tuple[str, ...]
    sources_lost: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def cut_off_nodes(self) -> tuple[str, ...]:
        """Every node without water while the valves are shut."""
        return (*self.segment_nodes, *self.extra_cut_off_nodes)


def isolate(
    net: Network, valves: Sequence[IsolationValve], element: str | Sequence[str]
) -> Isolation:
    """How to take a link or node, or several, out of service, in a network of any medium.

    The piece is the elements' segments (see `network_models.topology.segments`) of the valves that
    can be shut; where one cannot, the segment behind it joins. Valves between two pieces that are
    both out stay open. InputError for elements that the network does not have.
    """
    elements = [element] if isinstance(element, str) else list(element)
    links = np.array(net.link_ids)
    nodes = np.array(net.node_ids)
    known = [valve for valve in valves if valve.link in net.links]
    operable = [valve for valve in known if valve.operable]
    by_id = {valve.id: valve for valve in known}
    places = [_place(net, name) for name in elements]

    piece = segments(net, operable)
    out = _segments_of(piece, places)
    inside_nodes = np.flatnonzero(np.isin(piece.node, out))
    inside_links = np.flatnonzero(np.isin(piece.link, out))
    wanted = segments(net, known)
    first = _segments_of(wanted, places)
    stuck = _stuck(net, [v for v in known if not v.operable], inside_nodes, inside_links)

    closed_before = initially_closed(net)
    closed_ids = frozenset(links[closed_before].tolist())
    # A valve between two pieces that are out stands in both boundaries.
    counts = Counter(name for segment in out for name in piece.boundary[segment])
    bounds = [by_id[name] for name, count in counts.items() if count == 1]
    to_close = sorted((v for v in bounds if v.link not in closed_ids), key=_closing_order)
    closed_already = tuple(v for v in bounds if v.link in closed_ids)

    shut = link_mask(net, {v.link for v in bounds})
    shut[inside_links] = True
    inside = np.zeros(len(nodes), dtype=np.bool_)
    inside[inside_nodes] = True
    sources = tuple(str(nodes[i]) for i in source_nodes(net) if inside[i])
    before = supplied(net, closed_before)
    after = supplied(net, closed_before | shut, without=sources)
    extra = before & ~after & ~inside
    grown = len(inside_nodes) - int(np.isin(wanted.node, first).sum())
    return Isolation(
        element=", ".join(elements),
        valves=tuple(to_close),
        already_closed=closed_already,
        stuck=stuck,
        segment_nodes=tuple(nodes[inside_nodes].tolist()),
        segment_links=tuple(links[inside_links].tolist()),
        extra_cut_off_nodes=tuple(nodes[extra].tolist()),
        closed_links=tuple(links[shut].tolist()),
        sources_lost=sources,
        notes=tuple(
            _notes(to_close, closed_already, stuck, grown, int(extra.sum()), sources, inside_nodes)
        ),
    )


def _segments_of(piece: Segments, places: Sequence[tuple[str, int]]) -> list[int]:
    numbers = {int((piece.node if kind == "node" else piece.link)[n]) for kind, n in places}
    return sorted(numbers)


def _place(net: Network, element: str) -> tuple[str, int]:
    """Whether the name means a node or a link, and its number."""
    name = element_name(element)
    if name.kind != "node" and name.id in net.links:
        return "link", net.link_ids.index(name.id)
    if name.kind != "link" and name.id in net.nodes:
        return "node", net.node_ids.index(name.id)
    expected = "a link or node of the network"
    raise InputError(
        [Problem(file="request", line=None, field="element", found=element, expected=expected)]
    )


def _stuck(
    net: Network,
    inoperable: Sequence[IsolationValve],
    inside_nodes: NDArray[np.int64],
    inside_links: NDArray[np.int64],
) -> tuple[IsolationValve, ...]:
    """The valves that would have helped but cannot be shut: those inside the piece."""
    node_ids, link_ids = net.node_ids, net.link_ids
    nodes = {node_ids[i] for i in inside_nodes}
    links = {link_ids[i] for i in inside_links}
    return tuple(
        valve
        for valve in inoperable
        if valve.link in links and getattr(net.links[valve.link], valve.side) in nodes
    )


def _closing_order(valve: IsolationValve) -> tuple[bool, float, str]:
    """Remote ones first, at once; then the large ones, which take longest to turn."""
    return (not valve.remote, -(valve.dn_mm or 0.0), valve.id)


def _notes(
    to_close: Sequence[IsolationValve],
    closed_already: Sequence[IsolationValve],
    stuck: Sequence[IsolationValve],
    grown: int,
    extra: int,
    sources: Collection[str],
    inside_nodes: NDArray[np.int64],
) -> list[Note]:
    notes: list[Note] = []
    if stuck:
        names = ", ".join(valve.id for valve in stuck)
        notes.append(
            Note(
                f"无法关闭：{names}；改关其外侧阀门，另有{grown}个节点停水",
                f"cannot be shut: {names}; the next valves are taken, "
                f"and {grown} more nodes lose water",
            )
        )
    if closed_already:
        names = ", ".join(valve.id for valve in closed_already)
        notes.append(Note(f"已处于关闭，须保持：{names}", f"already closed, keep closed: {names}"))
    if not to_close and not closed_already:
        notes.append(
            Note(
                "该管段与其余管网之间没有阀门：整片停水",
                "no valve stands between this element and the rest: the whole piece is cut",
            )
        )
    if sources:
        names = ", ".join(sources)
        notes.append(Note(f"随之停用的水源：{names}", f"sources taken out with the piece: {names}"))
    if extra:
        notes.append(
            Note(
                f"阀门之外另有{extra}个节点失去全部水源",
                f"{extra} nodes outside the valves lose their last source too",
            )
        )
    if not len(inside_nodes):
        notes.append(
            Note(
                "所关阀门之间没有节点：沿管接出的用户须在用户表中写明管段才会计入",
                "the valves hold no node between them: customers connected along the pipe itself "
                "count only if the customer table names the link",
            )
        )
    notes.append(
        Note(
            "关阀顺序：先远程阀，后人工阀，口径大者先关",
            "order of closing: remote valves first, then by hand, the largest first",
        )
    )
    return notes
