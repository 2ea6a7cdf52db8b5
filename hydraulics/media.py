"""Solving a network of any medium: each has its own solver behind the same names.

Water gives `Solution` and `Run`, gas `GasSolution` and `GasRun`, heat `HeatSolution` and `HeatRun`;
options a medium does not know are refused by it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hydraulics.errors import SolveError
from network_models.network import Network

_HOMES = {
    ("water", "solve"): "hydraulics.steady",
    ("water", "simulate"): "hydraulics.run",
    ("water", "solve_many"): "hydraulics.batch.many",
    ("water", "simulate_many"): "hydraulics.batch.many",
    ("gas", "solve"): "hydraulics.gas.run",
    ("gas", "simulate"): "hydraulics.gas.run",
    ("gas", "solve_many"): "hydraulics.gas.many",
    ("gas", "simulate_many"): "hydraulics.gas.many",
    ("heat", "solve"): "hydraulics.heat.run",
    ("heat", "simulate"): "hydraulics.heat.run",
    ("heat", "solve_many"): "hydraulics.heat.many",
    ("heat", "simulate_many"): "hydraulics.heat.many",
}


def solve(net: Network, **options: Any) -> Any:
    """One instant: see `hydraulics.steady.solve` (water), `hydraulics.gas.run.solve`,
    `hydraulics.heat.run.solve`."""
    return _of(net, "solve")(net, **options)


def simulate(net: Network, **options: Any) -> Any:
    """A run: see `hydraulics.run.simulate` (water), `hydraulics.gas.run.simulate`,
    `hydraulics.heat.run.simulate`."""
    return _of(net, "simulate")(net, **options)


def solve_many(net: Network, cases: Any, **options: Any) -> Any:
    """Many cases at one instant: see `hydraulics.batch.many`, `hydraulics.gas.many`,
    `hydraulics.heat.many`."""
    return _of(net, "solve_many")(net, cases, **options)


def simulate_many(net: Network, cases: Any, **options: Any) -> Any:
    """Many cases over time: see `hydraulics.batch.many`, `hydraulics.gas.many`,
    `hydraulics.heat.many`."""
    return _of(net, "simulate_many")(net, cases, **options)


def _of(net: Network, name: str) -> Any:
    home = _HOMES.get((net.medium, name))
    if home is None:
        raise SolveError(f"{name}: {net.medium} networks are not solved that way yet")
    return getattr(import_module(home), name)
