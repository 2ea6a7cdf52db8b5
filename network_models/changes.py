"""Changes to a network or its boundary: the alphabet of what-ifs, outages and drills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Close a link for the whole run; controls do not open it again."""

    id: str


@dataclass(frozen=True, slots=True)
class BreakPipe:
    """A broken pipe: shut off at both ends, or with free outflow at the break."""

    id: str
    outflow: bool = True


@dataclass(frozen=True, slots=True)
class ScaleDemand:
    """Multiply the demand of all nodes, or of the named ones."""

    factor: float
    nodes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class LoseSource:
    """Take a reservoir, tank or other source out of service: all its links are closed."""

    id: str


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Hold a link open or closed, or give it a new setting (SI)."""

    id: str
    value: float | Literal["open", "closed"]


Change = CloseLink | BreakPipe | ScaleDemand | LoseSource | SetStatus
