"""Isolation valves: what crews shut to take a part of the network out of service.

They are not hydraulic elements: a network file knows none, a valve file lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements import Point2

Side = Literal["start", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationValve:
    """A valve in a link, near its start or its end node.

    `operable` is false for a valve known to be stuck or buried; `remote` for one driven from the
    control room; `turns` from open to shut; `dn_mm` nominal diameter in millimetres.
    """

    id: str
    link: str
    side: Side
    dn_mm: float | None = None
    operable: bool = True
    remote: bool = False
    turns: float | None = None
    position: Point2 | None = None
