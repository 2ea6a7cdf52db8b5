"""Where the live model judges network-end pressure, and by which limit.

By the source a network end is a node on a main of the diameter that `WATER-DEF-END` names; a site
adds its marked test points.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dispatch.rulebook import RuleBook
from scada.point import Point

END_LIMIT_RULE = "WATER-PRESSURE-END-MIN"


def end_limit_pa(book: RuleBook, profile: str) -> float | None:
    """The least pressure at a network end today, Pa; None where the profile has no such rule."""
    return book.on(datetime.now(UTC).date(), profile).limit_si(END_LIMIT_RULE)


def marked_ends(points: Sequence[Point], utility: str = "water") -> tuple[str, ...]:
    """The nodes that the site's test points mark as network ends."""
    return tuple(
        dict.fromkeys(
            p.element.removeprefix("node:")
            for p in points
            if p.end_point and p.utility == utility and p.element.startswith("node:")
        )
    )
