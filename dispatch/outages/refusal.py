"""Why a step was refused: every reason at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """A gate that is not passed; `rule` is the id of the law behind it, if any."""

    gate: str
    text_en: str
    text_zh: str
    rule: str = ""
    clause: str = ""
    deadline: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        record = asdict(self)
        record["deadline"] = None if self.deadline is None else self.deadline.isoformat()
        return record


class RefusedStepError(Exception):
    """The step may not be taken; nothing has changed."""

    def __init__(self, reasons: Sequence[Unmet]) -> None:
        super().__init__("; ".join(reason.text_en for reason in reasons))
        self.reasons = tuple(reasons)
