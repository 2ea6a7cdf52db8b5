"""The network: elements by id, with everything a file says about running it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from network_models.elements import Link, Node
from network_models.operation import (
    Backdrop,
    Control,
    ControlRule,
    Curve,
    EnergyOptions,
    MapLabel,
    Options,
    Pattern,
    ReactionOptions,
    ReportOptions,
    Times,
)
from network_models.physics import Fluid, Physics, Scenario

Medium = Literal["water", "gas", "heat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network of one medium. Dictionaries keep the file's order; treat them as read-only.

    Solvers do not read this class in their loops: `hydraulics` compiles it to arrays once.
    """

    medium: Medium = "water"
    title: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    rules: tuple[ControlRule, ...] = ()
    options: Options = field(default_factory=Options)
    times: Times = field(default_factory=Times)
    energy: EnergyOptions = field(default_factory=EnergyOptions)
    reactions: ReactionOptions = field(default_factory=ReactionOptions)
    report: ReportOptions = field(default_factory=ReportOptions)
    labels: tuple[MapLabel, ...] = ()
    backdrop: Backdrop = field(default_factory=Backdrop)
    fluids: dict[str, Fluid] = field(default_factory=dict)
    physics: Physics = field(default_factory=Physics)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the file's reader reduced or left out, for people."""

    @property
    def node_ids(self) -> tuple[str, ...]:
        """Node ids in the file's order: the order of every (…, N) result."""
        return tuple(self.nodes)

    @property
    def link_ids(self) -> tuple[str, ...]:
        """Link ids in the file's order: the order of every (…, L) result."""
        return tuple(self.links)
