"""One thing wrong with a network, before the file and line of its element are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from network_models.network import Network

FaultKind = Literal[
    "network",
    "node",
    "link",
    "pattern",
    "curve",
    "curve point",
    "demand",
    "source",
    "control",
    "rule",
    "option",
    "energy",
]


class Fault(NamedTuple):
    """What is wrong with the element `id` of a kind.

    A control's id is its number from 0, a curve point's the curve's id and its number from 0.
    """

    kind: FaultKind
    id: str
    field: str
    found: str
    expected: str


def unknown_pattern(
    net: Network, kind: FaultKind, name: str, field: str, pattern: str | None
) -> Iterator[Fault]:
    """A fault if an element names a pattern that does not exist."""
    if pattern is not None and pattern not in net.patterns:
        yield Fault(kind, name, field, pattern, "the id of a pattern")


def unknown_curve(net: Network, name: str, field: str, curve: str | None) -> Iterator[Fault]:
    """A fault if a node or link names a curve that does not exist."""
    if curve is not None and curve not in net.curves:
        yield Fault(
            "link" if name in net.links else "node", name, field, curve, "the id of a curve"
        )


def out_of_range(
    kind: FaultKind, name: str, field: str, value: float, *, above: float | None = None
) -> Iterator[Fault]:
    """A fault if a value is not above a limit, or negative when there is no limit."""
    if above is not None and not value > above:
        yield Fault(kind, name, field, f"{value:g}", f"more than {above:g}")
    elif above is None and not value >= 0.0:
        yield Fault(kind, name, field, f"{value:g}", "at least 0")
