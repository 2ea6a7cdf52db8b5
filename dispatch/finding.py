"""What a rule says about a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Verdict = Literal[
    "pass",
    "violation",
    "advice",
    "gap",
    "blocked",
    "required",
    "computed",
    "no-rule",
    "not-applicable",
]
Scalar = float | str | bool | tuple[float | str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's verdict with what it rests on; value and limit are in `unit`.

    `result` is what a computing rule gives, and otherwise one word for the comparison.
    `text_zh`, `text_en` say the rule's duty.
    """

    rule: str
    profile: str
    verdict: Verdict
    value: Scalar = None
    result: Scalar = None
    effect: str = "none"
    limit: Scalar = None
    unit: str = ""
    deadline: datetime | None = None
    clause: str = ""
    text_zh: str = ""
    text_en: str = ""

    @property
    def stops(self) -> bool:
        """Whether the finding keeps an outage from being published."""
        return self.verdict in {"blocked", "required"}

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values; the deadline as ISO 8601 with its offset."""
        record = asdict(self)
        record["deadline"] = None if self.deadline is None else self.deadline.isoformat()
        return {k: list(v) if isinstance(v, tuple) else v for k, v in record.items()}
