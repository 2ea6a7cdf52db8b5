"""Where the live model judges network-end pressure, and by which limit of today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dispatch.rulebook import RuleBook, RuleSet
from scada.point import Point

END_LIMIT_RULE = "WATER-PRESSURE-END-MIN"


def rules_today(profile: str) -> RuleSet:
    """The rules in force today in a profile."""
    return RuleBook.load().on(datetime.now(UTC).date(), profile)


def marked_ends(points: Sequence[Point], utility: str = "water") -> tuple[str, ...]:
    """The nodes that the site's test points mark as network ends."""
    return tuple(
        dict.fromkeys(
            p.element.removeprefix("node:")
            for p in points
            if p.end_point and p.utility == utility and p.element.startswith("node:")
        )
    )
