"""What a network is: its elements and operation, files, validity, graph questions and changes.

Readers and graph questions load numpy at their first use, so that records stay light to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from network_models.changes import (
    BreakPipe,
    Change,
    CloseLink,
    LoseSource,
    ScaleDemand,
    SetStatus,
)
from network_models.network import Network
from network_models.problems import InputError, NetworkError, Problem
from network_models.valves import IsolationValve

if TYPE_CHECKING:
    from network_models.formats.gaslib.read import read_gaslib
    from network_models.formats.inp_write import write_inp
    from network_models.formats.native import read_native, write_native
    from network_models.formats.pandapipes.read import read_pandapipes
    from network_models.formats.valves_csv import read_valves, write_valves
    from network_models.read import read_network
    from network_models.validation.whole import validate
    from network_models.valve_placing import ValveRule, place_valves

__all__ = [
    "BreakPipe",
    "Change",
    "CloseLink",
    "InputError",
    "IsolationValve",
    "LoseSource",
    "Network",
    "NetworkError",
    "Problem",
    "ScaleDemand",
    "SetStatus",
    "ValveRule",
    "place_valves",
    "read_gaslib",
    "read_native",
    "read_network",
    "read_pandapipes",
    "read_valves",
    "validate",
    "write_inp",
    "write_native",
    "write_valves",
]

_HOMES = {
    "ValveRule": "network_models.valve_placing",
    "place_valves": "network_models.valve_placing",
    "read_gaslib": "network_models.formats.gaslib.read",
    "read_native": "network_models.formats.native",
    "read_network": "network_models.read",
    "read_pandapipes": "network_models.formats.pandapipes.read",
    "read_valves": "network_models.formats.valves_csv",
    "validate": "network_models.validation.whole",
    "write_inp": "network_models.formats.inp_write",
    "write_native": "network_models.formats.native",
    "write_valves": "network_models.formats.valves_csv",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
