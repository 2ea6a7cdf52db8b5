"""What all cases of a batch have in common beside the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """Overrides of the file's options; None leaves the file's. Hours, s, m of pressure."""

    hours: float | None = None
    step_s: float | None = None
    demand_model: Literal["dda", "pda"] | None = None
    required_pressure_m: float | None = None
    accuracy: float | None = None
