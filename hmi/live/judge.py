"""Where the live model judges network-end pressure, and by which limit of today."""

from __future__ import annotations

from datetime import UTC, datetime

from dispatch.rulebook import RuleBook, RuleSet

END_LIMIT_RULE = "WATER-PRESSURE-END-MIN"


def rules_today(profile: str) -> RuleSet:
    """The rules in force today in a profile."""
    return RuleBook.load().on(datetime.now(UTC).date(), profile)
