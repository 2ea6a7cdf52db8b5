"""Writes the sections about pictures and paper, and the title."""

from __future__ import annotations

from network_models.formats.inp.lines import Lines, number
from network_models.network import Network


def write_title(net: Network, out: Lines) -> None:
    """The title's lines as they are."""
    for line in net.title.split("\n") if net.title else ():
        text = line.strip(" \t")
        if not text or text[0] == ";" or text.lstrip('"')[:1] == "[" or "\r" in text:
            out.unable("title", repr(line), "lines of text that do not begin with [ or ;")
        out.text.append(line)


def write_report(net: Network, out: Lines) -> None:
    """The report's lines as they were read."""
    for words in net.report.lines:
        out.row(*out.ids(words))


def write_tags(net: Network, out: Lines) -> None:
    """Tags of nodes and links."""
    for node in net.nodes.values():
        if node.tag:
            out.row("NODE", out.id(node.id), out.id(node.tag))
    for link in net.links.values():
        if link.tag:
            out.row("LINK", out.id(link.id), out.id(link.tag))


def write_coordinates(net: Network, out: Lines) -> None:
    """Positions of nodes."""
    for node in net.nodes.values():
        if node.position is not None:
            out.row(out.id(node.id), *map(number, node.position))


def write_vertices(net: Network, out: Lines) -> None:
    """Points along links."""
    for link in net.links.values():
        for point in link.vertices:
            out.row(out.id(link.id), *map(number, point))


def write_labels(net: Network, out: Lines) -> None:
    """Texts on the plan."""
    for label in net.labels:
        anchor = out.ids([label.anchor] if label.anchor else [])
        out.row(*map(number, label.position), out.id(label.text), *anchor)


def write_backdrop(net: Network, out: Lines) -> None:
    """The plan's frame and picture."""
    backdrop = net.backdrop
    if backdrop.dimensions is not None:
        out.row("DIMENSIONS", *map(number, backdrop.dimensions))
    if backdrop.unit:
        out.row("UNITS", out.id(backdrop.unit))
    if backdrop.file:
        out.row("FILE", out.id(backdrop.file))
    if backdrop.offset is not None:
        out.row("OFFSET", *map(number, backdrop.offset))
