"""What a network does: solved states and runs. Importing this does not load the compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydraulics.errors import SolveError

if TYPE_CHECKING:
    from hydraulics.media import simulate, simulate_many, solve, solve_many
    from hydraulics.quality.run import QualityRun, simulate_quality
    from hydraulics.snapshot import Snapshot
    from hydraulics.state import Run, Solution
    from hydraulics.warming import warmup

__all__ = [
    "QualityRun",
    "Run",
    "Snapshot",
    "Solution",
    "SolveError",
    "simulate",
    "simulate_many",
    "simulate_quality",
    "solve",
    "solve_many",
    "warmup",
]

_HOMES = {
    "QualityRun": "hydraulics.quality.run",
    "Run": "hydraulics.state",
    "Snapshot": "hydraulics.snapshot",
    "Solution": "hydraulics.state",
    "simulate": "hydraulics.media",
    "simulate_many": "hydraulics.media",
    "simulate_quality": "hydraulics.quality.run",
    "solve": "hydraulics.media",
    "solve_many": "hydraulics.media",
    "warmup": "hydraulics.warming",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
