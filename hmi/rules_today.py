"""The rules in force today."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet


def rules_today(profile: str | None = None) -> RuleSet:
    """The rulebook's rules of a profile, the usual one if left out, in force today."""
    from dispatch.rulebook import RuleBook
    from scenarios.subject import USUAL_PROFILE

    return RuleBook.load().on(datetime.now(UTC).date(), profile or USUAL_PROFILE)
