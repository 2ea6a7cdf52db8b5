"""An incident and what was done about it, step by step. Steps are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from dispatch.request import elapsed
from network_models.problems import InputError, Problem

Kind = Literal[
    "burst", "water-leak", "low-pressure", "gas-leak", "no-gas", "heat-fault", "cold-room"
]
Source = Literal["alarm", "hotline", "patrol"]
STEPS = (
    "dispatched",
    "arrived",
    "response-started",
    "controlled",
    "stopped",
    "users-told",
    "media-told",
    "authority-told",
    "sampled",
    "measured",
    "repaired",
    "restored",
    "meter-closed",
    "site-cleared",
    "road-told",
)
"""What may be done; a step is taken once, a correction of it is a note."""

STOPS_THE_CLOCK = frozenset({"traffic", "road", "obstacle", "no-working-conditions"})
FORCE_MAJEURE = "force-majeure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Why a clock does not count, with the evidence for it."""

    reason: str
    evidence: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What happened, where, when it was reported to the enterprise, and the steps since.

    `hotline_at` is when 12319 took the call, which may be earlier: the enterprise is judged from
    its own receipt. `people`, `households`, `expected_h` are the estimate of now. `pressure_pa`
    (gauge) and `room_c` are what was measured on site, `liable` is whose cause a cold room is.
    `texts` are what people write for the report: cause, measures, improvement, prevention.
    """

    id: str
    kind: Kind
    element: str
    reported: datetime
    source: Source
    place: tuple[float, float] | None = None
    hotline_at: datetime | None = None
    dn_mm: float | None = None
    people: int = 0
    households: int = 0
    priority_users: int = 0
    expected_h: float = 0.0
    cause: str = "ordinary"
    crew: str = ""
    planned_outage: bool = False
    steps: Mapping[str, datetime] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    script: tuple[str, ...] = ()
    site_measures: tuple[str, ...] = ()
    pressure_pa: float | None = None
    room_c: float | None = None
    liable: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    excuses: Mapping[str, Excuse] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def at(self, step: str) -> datetime | None:
        """When a step was taken; `reported` is one too."""
        return self.reported if step == "reported" else self.steps.get(step)

    @property
    def duration(self) -> timedelta:
        """How long supply was, or may be, away."""
        restored = self.at("restored")
        expected = timedelta(hours=self.expected_h)
        return expected if restored is None else elapsed(self.reported, restored)


def take(
    incident: Incident,
    step: str,
    at: datetime,
    by: str,
    *,
    now: datetime,
    **changes: Any,
) -> Incident:
    """The incident with a step taken. InputError for one unknown, taken before, or out of time.

    `changes` are new estimates or facts: people, expected_h, cause, crew.
    """
    problems = []
    if step not in STEPS:
        problems.append(_problem("step", step, "one of " + ", ".join(STEPS)))
    if step in incident.steps:
        problems.append(_problem("step", step, "a step that was not taken yet"))
    if at.tzinfo is None:
        problems.append(_problem("at", at.isoformat(), "a time with its offset"))
    elif at < incident.reported or at > now:
        problems.append(_problem("at", at.isoformat(), "a time between the report and now"))
    if problems:
        raise InputError(problems)
    return replace(
        incident, steps={**incident.steps, step: at}, by={**incident.by, step: by}, **changes
    )


def excuse(
    incident: Incident, clock: str, reason: str, evidence: str, by: str, at: datetime
) -> Incident:
    """The incident with a clock excused. InputError for a reason the law does not know, or no
    evidence."""
    problems = []
    known = STOPS_THE_CLOCK | {FORCE_MAJEURE}
    if reason not in known:
        problems.append(_problem("reason", reason, "one of " + ", ".join(sorted(known))))
    if not evidence.strip():
        problems.append(_problem("evidence", "nothing", "what shows it"))
    if problems:
        raise InputError(problems)
    found = Excuse(reason=reason, evidence=evidence, by=by, at=at)
    return replace(incident, excuses={**incident.excuses, clock: found})


def _problem(field_name: str, found: str, expected: str) -> Problem:
    return Problem(file="incident", line=None, field=field_name, found=found, expected=expected)
