"""What every node and every link of every medium has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LinkStatus = Literal["open", "closed", "active"]
"""Initial status of a link; `active` means a valve obeys its setting."""

SourceKind = Literal["CONCEN", "MASS", "FLOWPACED", "SETPOINT"]

Point2 = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySource:
    """Where a water-quality constituent enters; `strength` keeps the file's unit."""

    kind: SourceKind
    strength: float
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMass:
    """A store at a node that a file knows by its mass only; its charging is in the node's demand.

    `maximum_kg` None is without limit.
    """

    mass_kg: float = 0.0
    minimum_kg: float = 0.0
    maximum_kg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has."""

    id: str
    elevation_m: float = 0.0
    position: Point2 | None = None
    tag: str = ""
    comment: str = ""
    initial_quality: float = 0.0
    quality_source: QualitySource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What every link has."""

    id: str
    start: str
    end: str
    vertices: tuple[Point2, ...] = ()
    tag: str = ""
    comment: str = ""
