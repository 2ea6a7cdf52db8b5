"""What a network does: solved states and runs. Importing this does not load the compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydraulics.errors import SolveError

if TYPE_CHECKING:
    from hydraulics.run import simulate
    from hydraulics.state import Run, Solution
    from hydraulics.steady import solve
    from hydraulics.warming import warmup

__all__ = ["Run", "Solution", "SolveError", "simulate", "solve", "warmup"]

_HOMES = {
    "Run": "hydraulics.state",
    "Solution": "hydraulics.state",
    "simulate": "hydraulics.run",
    "solve": "hydraulics.steady",
    "warmup": "hydraulics.warming",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
