"""An outage as an order, and the steps that move it. All moments carry an offset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from dispatch.request import elapsed

Medium = Literal["water", "gas", "heat"]
Kind = Literal["planned", "unplanned"]
Work = Literal["ordinary", "pressure-reduction", "secondary", "overhaul", "filling"]
State = Literal[
    "study",
    "requested",
    "approved",
    "published",
    "underway",
    "restoring",
    "restored",
    "closed",
    "rejected",
    "cancelled",
    "discarded",
]
Role = Literal["planner", "dispatcher", "leader", "crew"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A notice that went out: when, for which window, and the items it had."""

    at: datetime
    start: datetime
    end: datetime
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something done on site, by whom and when: `flushed`, `leak-test`, `vented`."""

    name: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageOrder:
    """Where an outage stands; made only by `open_outage` and `take_step`.

    `start`, `end` are the window as it is wanted now; what the public was told stands in
    `publications`. `authority` is the number of the authority's approval and `authority_until` the
    end it was given for. `size` is the scope class of a water notice. `version` counts the steps.
    """

    id: str
    medium: Medium
    kind: Kind
    state: State
    version: int
    element: str
    start: datetime
    end: datetime
    requester: str
    reason: str = ""
    scope: str = ""
    work: Work = "ordinary"
    size: Literal["large", "small"] = "large"
    people: int = 0
    households: int = 0
    residential: bool = True
    proposal: str = ""
    approver: str = ""
    authority: str = ""
    authority_until: datetime | None = None
    delivery_plan: bool | None = None
    publications: tuple[Publication, ...] = ()
    facts: tuple[Fact, ...] = ()
    started: datetime | None = None
    work_done: datetime | None = None
    restored: datetime | None = None
    last_at: datetime | None = None

    @property
    def duration(self) -> timedelta:
        """Elapsed time of the window."""
        return elapsed(self.start, self.end)

    @property
    def announced(self) -> Publication | None:
        """The last notice."""
        return self.publications[-1] if self.publications else None

    @property
    def notice_items(self) -> tuple[str, ...]:
        """The items a notice written from this order would have."""
        items = [("reason", self.reason), ("scope", self.scope)]
        return (*(name for name, text in items if text.strip()), "start", "restoration")

    def has(self, fact: str) -> bool:
        """Whether a fact is on record."""
        return any(known.name == fact for known in self.facts)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        record: dict[str, Any] = msgspec.to_builtins(self)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> OutageOrder:
        """The order of `as_dict`'s values. msgspec.ValidationError for anything else."""
        return msgspec.convert(dict(record), cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing somebody does: `action` of the table, `at` the moment it was or is done.

    `details` hold what the action needs: `end` of an extension, `fact`, `number` of an approval.
    """

    action: str
    at: datetime
    user: str
    role: Role
    details: Mapping[str, Any] = field(default_factory=dict)
